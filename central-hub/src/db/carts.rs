//! Carts: what a customer has put in, in the order it was added.

use super::Db;
use model::{CustomerId, Qty, SkuId, Timestamp};

/// The carts aggregate.
pub trait Carts {
    /// The lines in the order they were added.
    fn cart(&self, customer: &CustomerId) -> Db<Vec<(SkuId, Qty)>>;
    /// Sets a line; nought takes it out.
    fn set_cart_line(&mut self, customer: &CustomerId, sku: &SkuId, qty: Qty, now: Timestamp) -> Db<()>;
    /// Takes everything out.
    fn clear_cart(&mut self, customer: &CustomerId) -> Db<()>;
}
