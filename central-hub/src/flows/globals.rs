//! What comes by the global feed, and what was told to it. Naturally idempotent: the feed's number goes with what it brought.
//! The city's own orders, stock and riders are never touched by it.

use super::{Cx, Flow, Stop, import, me};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::customers::CustomerRow;
use hub_core::{card, geo, otp, proof};
use model::CustomerId;
use model::api::global::{self, Did, GlobalFact, PersonFact};

/// Takes facts in, in their order; known ones change nothing. One that cannot stand here is named and passed over, so that the
/// rest goes on.
pub fn take(tx: &mut dyn HubTx, cx: &Cx<'_>, facts: &[(u64, GlobalFact)]) -> Flow<Answer> {
    let before = tx.global_upto()?;
    let mut upto = before;
    let mut count = 0;
    for (seq, fact) in facts.iter().filter(|(seq, _)| *seq > before) {
        match fact {
            GlobalFact::Product { product } => match import::products(tx, std::slice::from_ref(&**product)) {
                Ok(_) => {}
                Err(Stop::Refused(refusal)) => {
                    tracing::warn!(seq, why = refusal.problem().detail, "a global product is not taken");
                }
                Err(other) => return Err(other),
            },
            GlobalFact::PaymentMethods { gateway } => tx.set_offers_gateway(*gateway)?,
            GlobalFact::Person(fact) => take_person(tx, cx, fact)?,
        }
        upto = *seq;
        count += 1;
    }
    tx.set_global_upto(upto)?;
    Ok(Answer::Count { count })
}

/// What this city has to tell itself about the same thing, or of an erasure, holds unless it is older.
fn take_person(tx: &mut dyn HubTx, cx: &Cx<'_>, fact: &PersonFact) -> Flow<()> {
    let own = tx.to_be_told(&fact.thing())?;
    let end = tx.to_be_told(&global::whole(&fact.phone))?.filter(PersonFact::is_end);
    if !otp::is_phone(&fact.phone) || [own, end].into_iter().flatten().any(|own| own.at >= fact.at) {
        return Ok(());
    }
    match &fact.did {
        Did::Named { name } => {
            let row = known_or_new(tx, cx, &fact.phone)?;
            if row.name != *name && !name.is_empty() {
                tx.set_customer_name(&row.id, name)?;
            }
        }
        Did::Erased => {
            tx.tell_nothing_of(&fact.phone)?;
            if let Some(row) = tx.customer_by_phone(&fact.phone)? {
                me::leave(tx, &row.id)?;
            }
        }
        Did::Address { address } if geo::is_on_earth(address.at) => {
            let row = known_or_new(tx, cx, &fact.phone)?;
            tx.put_address(&row.id, address, fact.at)?;
        }
        Did::Address { .. } => tracing::warn!("an address of no place on earth is not taken"),
        Did::Instrument { instrument } if !card::holds_number(&instrument.token) => {
            let row = known_or_new(tx, cx, &fact.phone)?;
            tx.put_instrument(&row.id, instrument, fact.at)?;
        }
        Did::Instrument { .. } => tracing::warn!("a number of a card is no token: not taken"),
        Did::AddressGone { id } => {
            if let Some(row) = tx.customer_by_phone(&fact.phone)? {
                tx.drop_address(&row.id, id)?;
            }
        }
        Did::InstrumentGone { id } => {
            if let Some(row) = tx.customer_by_phone(&fact.phone)? {
                tx.drop_instrument(&row.id, id)?;
            }
        }
    }
    Ok(())
}

fn known_or_new(tx: &mut dyn HubTx, cx: &Cx<'_>, phone: &str) -> Flow<CustomerRow> {
    if let Some(row) = tx.customer_by_phone(phone)? {
        return Ok(row);
    }
    // A phone that comes again after its owner was erased is somebody else's data: another customer.
    let id = CustomerId::new(
        cx.now,
        proof::digest_u128(&[b"customer", phone.as_bytes(), &cx.now.ms().to_be_bytes()]),
    );
    let row = CustomerRow { id, phone: phone.to_owned(), name: String::new() };
    tx.add_customer(&row, cx.now)?;
    Ok(row)
}

/// These were told.
pub fn told(tx: &mut dyn HubTx, facts: &[PersonFact]) -> Flow<Answer> {
    for fact in facts {
        tx.was_told(fact)?;
    }
    Ok(Answer::Done)
}

/// Other cities have to hear what somebody did.
pub fn tell(tx: &mut dyn HubTx, cx: &Cx<'_>, phone: &str, did: Did) -> Flow<()> {
    if cx.rules.global {
        tx.tell(&PersonFact { phone: phone.to_owned(), at: cx.now, did })?;
    }
    Ok(())
}
