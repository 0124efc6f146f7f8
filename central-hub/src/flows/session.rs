//! Sessions: opening and renewing. Tokens are made from the hub's key and the command's id; only keyed hashes are kept.

use super::{Cx, Flow};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::customers::SessionRow;
use crate::refusal::Refusal;
use model::Role;
use model::time::{DAY_MS, MINUTE_MS};

/// How long an access token is good.
pub const ACCESS_MS: i64 = 15 * MINUTE_MS;
/// How long a refresh token is good.
pub const REFRESH_MS: i64 = 30 * DAY_MS;

/// Opens a session.
pub fn open(tx: &mut dyn HubTx, cx: &Cx<'_>, role: Role, subject: String) -> Flow<Answer> {
    let key = &cx.rules.key;
    let until = cx.now.plus_ms(ACCESS_MS);
    tx.add_session(&SessionRow {
        access_hash: key.keep(&key.token("access", cx.id)),
        refresh_hash: key.keep(&key.token("refresh", cx.id)),
        role,
        subject: subject.clone(),
        access_until: until,
        refresh_until: cx.now.plus_ms(REFRESH_MS),
        refreshed: false,
    })?;
    Ok(Answer::Session { role, subject, until })
}

/// Renews a session: its refresh token is used up, both tokens are new.
pub fn refresh(tx: &mut dyn HubTx, cx: &Cx<'_>, refresh: &str) -> Flow<Answer> {
    let old = tx.session_by_refresh(&cx.rules.key.keep(refresh))?.ok_or(Refusal::SessionOver)?;
    if old.refreshed || cx.now > old.refresh_until {
        return Err(Refusal::SessionOver.into());
    }
    tx.end_session(&old.access_hash, cx.now)?;
    open(tx, cx, old.role, old.subject)
}
