//! Logging in by phone: asking for a one-time password, and trading it for a session (REQ-55).

use super::{Cx, Flow, Stop, globals, session};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::customers::CustomerRow;
use crate::refusal::Refusal;
use hub_core::otp::{self, Try};
use hub_core::proof;
use model::api::global::Did;
use model::{CustomerId, Role};

/// Sends a password; it is made from the command's id, so that a retry sends nothing new.
pub fn request(tx: &mut dyn HubTx, cx: &Cx<'_>, phone: &str) -> Flow<Answer> {
    if !otp::is_phone(phone) {
        return Err(Refusal::BadPhone.into());
    }
    if !cx.rules.demo {
        return Err(Refusal::NoMessenger.into());
    }
    if tx.otps_since(phone, cx.now.plus_ms(-otp::LIFE_MS))? >= otp::ASKS {
        return Err(Refusal::OtpTooOften.into());
    }
    let code = cx.rules.key.otp(cx.id, phone);
    tx.add_otp(phone, &cx.rules.key.keep(&code), cx.now)?;
    tx.add_message(phone, cx.now, &format!("{code} is your Larder code. It is good for 10 minutes."))?;
    Ok(Answer::Done)
}

/// Trades a password for a session. Riders and staff are known by their phones; everybody else is a customer.
pub fn verify(tx: &mut dyn HubTx, cx: &Cx<'_>, phone: &str, code: &str) -> Flow<Answer> {
    if !otp::is_phone(phone) {
        return Err(Refusal::BadPhone.into());
    }
    let last = tx.last_otp(phone)?.ok_or(Refusal::OtpOver)?;
    let matches = proof::same(&last.code_hash, &cx.rules.key.keep(code));
    match otp::judge(last.state, cx.now, matches) {
        Try::Right => tx.set_otp(last.seq, last.state.wrong, true)?,
        Try::Wrong { left } => {
            tx.set_otp(last.seq, last.state.wrong + 1, false)?;
            return Err(Stop::Counted(Refusal::OtpWrong { left }));
        }
        Try::Over => return Err(Refusal::OtpOver.into()),
        Try::Dead => return Err(Refusal::OtpDead.into()),
    }
    let (role, subject) = who(tx, cx, phone)?;
    session::open(tx, cx, role, subject)
}

fn who(tx: &mut dyn HubTx, cx: &Cx<'_>, phone: &str) -> Flow<(Role, String)> {
    if let Some(rider) = tx.rider_by_phone(phone)? {
        return Ok((Role::Rider, rider.id.to_string()));
    }
    if let Some((role, _)) = tx.staff(phone)? {
        return Ok((role, phone.to_owned()));
    }
    let named = |name: &str| Did::Named { name: name.to_owned() };
    if let Some(customer) = tx.customer_by_phone(phone)? {
        if tx.leaving(u32::MAX)?.contains(&customer.id) {
            // Erased elsewhere, and back before the last order here was over: a user again.
            tx.set_leaving(&customer.id, false)?;
            globals::tell(tx, cx, phone, named(&customer.name))?;
        }
        return Ok((Role::Customer, customer.id.to_string()));
    }
    let id = CustomerId::new(cx.now, proof::digest_u128(&[b"customer", cx.id.as_bytes()]));
    tx.add_customer(&CustomerRow { id, phone: phone.to_owned(), name: String::new() }, cx.now)?;
    globals::tell(tx, cx, phone, named(""))?;
    Ok((Role::Customer, id.to_string()))
}
