//! Table `cart_line`.

use super::{Sqlite, row};
use crate::db::{Carts, Db};
use model::{CustomerId, Qty, SkuId, Timestamp};

impl Carts for Sqlite {
    fn cart(&self, customer: &CustomerId) -> Db<Vec<(SkuId, Qty)>> {
        self.all(
            "SELECT sku, qty FROM cart_line WHERE customer = ?1 ORDER BY added_at, sku",
            [customer.as_bytes()],
            |r| Ok((row::code(r, 0)?, row::qty(r, 1)?)),
        )
    }

    fn set_cart_line(&mut self, customer: &CustomerId, sku: &SkuId, qty: Qty, now: Timestamp) -> Db<()> {
        if qty.is_zero() {
            self.run(
                "DELETE FROM cart_line WHERE customer = ?1 AND sku = ?2",
                (customer.as_bytes(), sku.as_str()),
            )?;
            return Ok(());
        }
        self.run(
            "INSERT INTO cart_line (customer, sku, qty, added_at) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (customer, sku) DO UPDATE SET qty = excluded.qty",
            (customer.as_bytes(), sku.as_str(), qty.get(), now.ms()),
        )?;
        Ok(())
    }

    fn clear_cart(&mut self, customer: &CustomerId) -> Db<()> {
        self.run("DELETE FROM cart_line WHERE customer = ?1", [customer.as_bytes()]).map(drop)
    }
}
