//! The same order id with another content (SYNC.md): the first stands, the hub hears "no" at once, and both contents are kept for
//! a person. Nothing of the order is changed here.

use super::accept_order::head_sha;
use crate::command::AcceptOrder;
use crate::db::outbox::{self, Facts};
use crate::db::{DbResult, Tx, docs, orders};
use model::Timestamp;
use model::fact::Fact;
use model::order_doc::{OrderHead, OtherContent};
use serde::Serialize;

/// Both contents, as they are kept for a person.
#[derive(Debug, Serialize)]
struct Both<'a> {
    stands: &'a OrderHead,
    came: &'a OrderHead,
}

/// Refuses what came, if it is another content than that which stands; the same is refused once.
///
/// # Errors
/// A fault of the database.
pub fn refuse(tx: &Tx<'_>, now: Timestamp, came: &AcceptOrder, (origin, doc): (&str, &str)) -> DbResult<()> {
    let order = came.order;
    let refused = head_sha(&came.head)?;
    let (Some(first), Some(stands)) = (orders::head(tx, &order)?, orders::head_sha(tx, &order)?) else {
        return Ok(());
    };
    if stands == refused {
        return Ok(());
    }
    let short = |sha: &[u8; 32]| sha.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>();
    let reason = format!(
        "order {order} came again with another content: {} stands here, {} was refused",
        short(&stands),
        short(&refused)
    );
    if docs::is_set_aside(tx, &reason)? {
        return Ok(());
    }
    let both = serde_json::to_vec(&Both { stands: &first, came: &came.head })?;
    docs::quarantine(tx, now, origin, doc, &both, &reason)?;
    let mut facts = Facts::default();
    let refused = OtherContent { stands, came: refused };
    facts.add(&Fact::Refused { order, hour: came.hour, refused })?;
    outbox::push(tx, now, facts)
}
