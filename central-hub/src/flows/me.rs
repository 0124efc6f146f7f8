//! A customer's own data: first name and addresses (REQ-56).

use super::{Cx, Flow, globals};
use crate::command::Answer;
use crate::db::HubTx;
use crate::refusal::Refusal;
use hub_core::{geo, proof};
use model::api::hub::{Address, Point};
use model::{AddressId, CustomerId};

const NAME_SIGNS: usize = 60;
const ADDRESS_SIGNS: usize = 200;

fn text(field: &str, text: &str, least: usize, most: usize) -> Flow<String> {
    let text = text.trim();
    let signs = text.chars().count();
    if signs < least || signs > most || text.chars().any(char::is_control) {
        let want = format!("{least} to {most} signs on one line");
        return Err(Refusal::BadValue { field: field.to_owned(), want }.into());
    }
    Ok(text.to_owned())
}

/// Another first name.
pub fn set_name(tx: &mut dyn HubTx, cx: &Cx<'_>, customer: &CustomerId, name: &str) -> Flow<Answer> {
    let name = text("name", name, 0, NAME_SIGNS)?;
    tx.set_customer_name(customer, &name)?;
    if let Some(row) = tx.customer(customer)? {
        globals::tell(tx, cx, &row.phone, &name)?;
    }
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
        let want = "latitude -90 to 90, longitude -180 to 180".to_owned();
        return Err(Refusal::BadValue { field: "at".to_owned(), want }.into());
    }
    let id = AddressId::new(cx.now, proof::digest_u128(&[b"address", cx.id.as_bytes()]));
    tx.add_address(customer, &Address { id, text: line, at }, cx.now)?;
    Ok(Answer::Address { address: id })
}
