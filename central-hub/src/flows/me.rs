//! A customer's own data: first name, addresses, ways to pay that are kept, and leaving (REQ-56). The other cities hear of it.

use super::{Cx, Flow, globals};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::customers::CustomerRow;
use crate::refusal::Refusal;
use hub_core::{card, geo, proof};
use model::api::global::{Did, StoredInstrument};
use model::api::hub::{Address, InstrumentIn, Point};
use model::{AddressId, CustomerId, InstrumentId};

const NAME_SIGNS: usize = 60;
const ADDRESS_SIGNS: usize = 200;
const LABEL_SIGNS: usize = 40;
/// Digits of a label: the last ones of a card, by which its owner knows it.
const LABEL_DIGITS: usize = 4;
/// Signs of a gateway's token.
const TOKEN_SIGNS: usize = 100;
/// Ways to pay that one customer keeps.
const INSTRUMENTS_MAX: usize = 10;

fn text(field: &str, text: &str, least: usize, most: usize) -> Flow<String> {
    let text = text.trim();
    let signs = text.chars().count();
    if signs < least || signs > most || text.chars().any(model::sign::is_control) {
        return Err(bad(field, format!("{least} to {most} signs on one line, no control signs among them")));
    }
    Ok(text.to_owned())
}

fn bad(field: &str, want: String) -> super::Stop {
    Refusal::BadValue { field: field.to_owned(), want }.into()
}

fn who(tx: &dyn HubTx, customer: &CustomerId) -> Flow<CustomerRow> {
    Ok(tx.customer(customer)?.ok_or(Refusal::SessionOver)?)
}

/// A gateway's token and nothing else: what looks like a card's number is refused before it is kept anywhere.
pub fn token(field: &str, token: &str) -> Flow<()> {
    let plain = token.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if token.is_empty() || token.len() > TOKEN_SIGNS || !plain || card::holds_number(token) {
        let want = format!(
            "the gateway's token, 1 to {TOKEN_SIGNS} letters, digits, '_', '-' or '.', never the number of a card"
        );
        return Err(bad(field, want));
    }
    Ok(())
}

/// Another first name.
pub fn set_name(tx: &mut dyn HubTx, cx: &Cx<'_>, customer: &CustomerId, name: &str) -> Flow<Answer> {
    let name = text("name", name, 0, NAME_SIGNS)?;
    let row = who(tx, customer)?;
    tx.set_customer_name(customer, &name)?;
    globals::tell(tx, cx, &row.phone, Did::Named { name })?;
    Ok(Answer::Done)
}

/// A new address; it becomes the primary one.
pub fn add_address(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    customer: &CustomerId,
    line: &str,
    at: Point,
) -> Flow<Answer> {
    let line = text("text", line, 3, ADDRESS_SIGNS)?;
    if !geo::is_on_earth(at) {
        return Err(bad("at", "latitude -90 to 90, longitude -180 to 180".to_owned()));
    }
    let row = who(tx, customer)?;
    let id = AddressId::new(cx.now, proof::digest_u128(&[b"address", cx.id.as_bytes()]));
    let address = Address { id, text: line, at };
    tx.add_address(customer, &address, cx.now)?;
    globals::tell(tx, cx, &row.phone, Did::Address { address })?;
    Ok(Answer::Address { address: id })
}

/// An address no more. Orders that go there keep theirs.
pub fn drop_address(tx: &mut dyn HubTx, cx: &Cx<'_>, customer: &CustomerId, id: AddressId) -> Flow<Answer> {
    let row = who(tx, customer)?;
    tx.address(customer, &id)?.ok_or(Refusal::UnknownAddress)?;
    tx.drop_address(customer, &id)?;
    globals::tell(tx, cx, &row.phone, Did::AddressGone { id })?;
    Ok(Answer::Done)
}

/// Keeps a way to pay.
pub fn keep_instrument(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    customer: &CustomerId,
    new: &InstrumentIn,
) -> Flow<Answer> {
    let label = text("label", &new.label, 1, LABEL_SIGNS)?;
    if label.chars().filter(char::is_ascii_digit).count() > LABEL_DIGITS {
        return Err(bad("label", format!("at most {LABEL_DIGITS} digits")));
    }
    token("token", &new.token)?;
    if tx.instruments(customer)?.len() >= INSTRUMENTS_MAX {
        return Err(bad("instruments", format!("at most {INSTRUMENTS_MAX}; take one out first")));
    }
    let row = who(tx, customer)?;
    let id = InstrumentId::new(cx.now, proof::digest_u128(&[b"instrument", cx.id.as_bytes()]));
    let instrument = StoredInstrument { id, kind: new.kind, label, token: new.token.clone() };
    tx.put_instrument(customer, &instrument, cx.now)?;
    globals::tell(tx, cx, &row.phone, Did::Instrument { instrument })?;
    Ok(Answer::Instrument { instrument: id })
}

/// Keeps it no more.
pub fn drop_instrument(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    customer: &CustomerId,
    id: InstrumentId,
) -> Flow<Answer> {
    let row = who(tx, customer)?;
    tx.instrument(customer, &id)?.ok_or(Refusal::UnknownInstrument)?;
    tx.drop_instrument(customer, &id)?;
    globals::tell(tx, cx, &row.phone, Did::InstrumentGone { id })?;
    Ok(Answer::Done)
}

/// Forgets everything about the customer, here and in every other city.
pub fn erase(tx: &mut dyn HubTx, cx: &Cx<'_>, customer: &CustomerId) -> Flow<Answer> {
    let row = who(tx, customer)?;
    if let Some(number) = tx.open_order_of(customer)? {
        return Err(Refusal::OrderUnderWay { number }.into());
    }
    tx.erase_customer(customer)?;
    tx.tell_nothing_of(&row.phone)?;
    globals::tell(tx, cx, &row.phone, Did::Erased)?;
    Ok(Answer::Done)
}

/// Somebody was erased in another city: at once, or when the last order here is over.
pub fn leave(tx: &mut dyn HubTx, customer: &CustomerId) -> Flow<()> {
    if tx.open_order_of(customer)?.is_none() {
        tx.erase_customer(customer)?;
    } else {
        tx.set_leaving(customer, true)?;
        tx.end_sessions_of(customer)?;
    }
    Ok(())
}

/// Those who wait for the end of their last order.
pub fn let_go(tx: &mut dyn HubTx) -> Flow<u32> {
    let mut gone = 0;
    for customer in tx.leaving(u32::MAX)? {
        if tx.open_order_of(&customer)?.is_none() {
            tx.erase_customer(&customer)?;
            gone += 1;
        }
    }
    Ok(gone)
}
