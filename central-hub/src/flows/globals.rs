//! What comes by the global feed, and what was told to it. Naturally idempotent: the feed's number goes with what it brought.
//! The city's own orders, stock and riders are never touched by it.

use super::{Cx, Flow, Stop, import};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::customers::CustomerRow;
use hub_core::{otp, proof};
use model::CustomerId;
use model::api::global::{GlobalFact, GlobalUser};

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
            GlobalFact::User { user } => take_user(tx, cx, user)?,
            GlobalFact::PaymentMethods { gateway } => tx.set_offers_gateway(*gateway)?,
        }
        upto = *seq;
        count += 1;
    }
    tx.set_global_upto(upto)?;
    Ok(Answer::Count { count })
}

/// What this city has to tell itself of a user is newer than what it hears.
fn take_user(tx: &mut dyn HubTx, cx: &Cx<'_>, user: &GlobalUser) -> Flow<()> {
    if !otp::is_phone(&user.phone) || tx.is_to_be_told(&user.phone)? {
        return Ok(());
    }
    match tx.customer_by_phone(&user.phone)? {
        Some(row) if row.name != user.name && !user.name.is_empty() => {
            tx.set_customer_name(&row.id, &user.name)?;
        }
        Some(_) => {}
        None => {
            let id = CustomerId::new(cx.now, proof::digest_u128(&[b"customer", user.phone.as_bytes()]));
            let row = CustomerRow { id, phone: user.phone.clone(), name: user.name.clone() };
            tx.add_customer(&row, cx.now)?;
        }
    }
    Ok(())
}

/// These were told.
pub fn told(tx: &mut dyn HubTx, users: &[GlobalUser]) -> Flow<Answer> {
    for user in users {
        tx.user_told(user)?;
    }
    Ok(Answer::Done)
}

/// Other cities have to hear of somebody.
pub fn tell(tx: &mut dyn HubTx, cx: &Cx<'_>, phone: &str, name: &str) -> Flow<()> {
    if cx.rules.global {
        tx.tell_user(&GlobalUser { phone: phone.to_owned(), name: name.to_owned() })?;
    }
    Ok(())
}
