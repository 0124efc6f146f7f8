//! The end of an order: delivered, and nothing owed in either direction.

use super::{Cx, Flow, order, pay};
use crate::db::HubTx;
use crate::db::orders::OrderRow;
use model::Moment;

/// Completes an order if it is delivered and its payment settled; else leaves it for later.
pub fn complete(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &mut OrderRow) -> Flow<()> {
    let moments = tx.moments(&row.id)?;
    let delivered = moments.get(Moment::Delivered).is_some() && moments.get(Moment::Returned).is_none();
    if delivered && pay::payment_of(tx, &row.id)?.state.is_settled() {
        order::reach(tx, cx, row, Moment::Completed, cx.now)?;
    }
    Ok(())
}
