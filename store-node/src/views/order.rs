//! One order with everything about it: lines, bags, and what happened by whom at which device.

use super::board::card;
use crate::db::{Connection, DbResult, allocations, bags, catalogue, orders, pick_gaps};
use crate::reader::Reader;
use model::OrderId;
use model::api::store::{BagRow, HistoryRow, OrderDetail, OrderLineRow};

impl Reader {
    /// One order; `None` when it is not here.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn order(&mut self, order: OrderId) -> DbResult<Option<OrderDetail>> {
        self.snapshot(|conn, _| {
            let Some(row) = orders::find(conn, &order)? else { return Ok(None) };
            let bag = |bag: bags::Bag| BagRow {
                bag: bag.bag,
                n: bag.n,
                cold: bag.cold,
                weight: bag.weight,
                weighed: bag.weighed,
                handed_over: bag.handed_over_at.is_some(),
            };
            let happened = |event: orders::OrderEvent| HistoryRow {
                at: event.at,
                what: event.what,
                detail: event.detail,
                person: event.person,
                device: event.device,
            };
            Ok(Some(OrderDetail {
                card: card(conn, &row)?,
                lines: lines(conn, order)?,
                bags: bags::of(conn, order)?.into_iter().map(bag).collect(),
                history: orders::history(conn, &order)?.into_iter().map(happened).collect(),
            }))
        })
    }
}

fn lines(conn: &Connection, order: OrderId) -> DbResult<Vec<OrderLineRow>> {
    let held = allocations::of_order(conn, &order)?;
    let mut rows = Vec::new();
    for state in pick_gaps::lines(conn, order)? {
        let product = catalogue::must(conn, &state.sku)?.product;
        let other = held.iter().find(|a| a.line == state.line && a.place.sku != state.sku);
        let substitute = match other {
            Some(other) => Some(catalogue::must(conn, &other.place.sku)?.product.name),
            None => None,
        };
        rows.push(OrderLineRow {
            line: state.line,
            sku: state.sku,
            name: product.name,
            name_hi: product.name_hi,
            qty: state.qty,
            picked: state.picked,
            short: state.short,
            substitute,
        });
    }
    Ok(rows)
}
