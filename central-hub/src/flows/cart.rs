//! The cart (REQ-60): one line per product, kept until it is bought.

use super::{Cx, Flow};
use crate::command::Answer;
use crate::db::HubTx;
use crate::refusal::Refusal;
use model::order_doc::LINES_MAX;
use model::{CustomerId, Qty, SkuId};

/// The most of one product in one cart.
pub const QTY_MAX: u32 = 50;

/// Sets a line; nought takes it out.
pub fn set_line(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    customer: &CustomerId,
    sku: &SkuId,
    qty: Qty,
) -> Flow<Answer> {
    if qty.get() > QTY_MAX {
        let want = format!("0 to {QTY_MAX} of one product");
        return Err(Refusal::BadValue { field: "qty".to_owned(), want }.into());
    }
    if !qty.is_zero() {
        let sold = tx.product(sku)?.filter(|product| product.active);
        sold.ok_or_else(|| Refusal::UnknownSku { sku: sku.clone() })?;
        let cart = tx.cart(customer)?;
        if cart.len() >= LINES_MAX && !cart.iter().any(|(known, _)| known == sku) {
            return Err(Refusal::CartFull.into());
        }
    }
    tx.set_cart_line(customer, sku, qty, cx.now)?;
    Ok(Answer::Done)
}
