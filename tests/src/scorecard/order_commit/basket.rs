//! What the benchmark's customers ask for: the same shelves and the same baskets for every system. Knows no system.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Kinds of goods on every system's shelves.
pub const SKUS: usize = 2_500;
/// Lines of an order.
pub const LINES: usize = 3;
/// Units of an ordinary product: never sold out during a run.
const PLENTY: u32 = 200_000;
/// The last products of the list are scarce, so that every run also meets the end of a shelf.
const SCARCE: usize = 20;
/// Units of a scarce product.
const FEW: u32 = 3;

/// Units of a product before the first order.
pub const fn stock_of(sku: usize) -> u32 {
    if sku + SCARCE >= SKUS { FEW } else { PLENTY }
}

/// A product's code.
pub fn code(sku: usize) -> String {
    format!("SKU-{sku:04}")
}

/// A product's price, paise.
pub fn price(sku: usize) -> i64 {
    1_000 + 50 * i64::try_from(sku % 400).unwrap_or(0)
}

/// One order, and the key that makes it idempotent.
#[derive(Debug, Clone)]
pub struct Basket {
    /// Random bits of the command's id.
    pub key: u128,
    /// Product and units; products differ and stand in rising order, so that row locks are always taken in one order.
    pub lines: [(usize, u32); LINES],
}

/// Makes baskets; a seed makes the same ones again.
#[derive(Debug)]
pub struct Baskets(SmallRng);

impl Baskets {
    /// The baskets of one client.
    pub fn new(seed: u64) -> Self {
        Self(SmallRng::seed_from_u64(seed))
    }

    /// The next order: three products, popular ones more often (the best seller is in about 6 % of all orders).
    pub fn draw(&mut self) -> Basket {
        let mut skus = std::collections::BTreeSet::new();
        while skus.len() < LINES {
            let lean: f64 = self.0.random();
            skus.insert(((lean * lean * SKUS as f64) as usize).min(SKUS - 1));
        }
        let mut lines = [(0, 0); LINES];
        for (line, sku) in lines.iter_mut().zip(skus) {
            *line = (sku, [1, 1, 1, 2][self.0.random_range(0..4)]);
        }
        Basket { key: self.0.random(), lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_baskets_and_their_products_differ() {
        let (mut a, mut b) = (Baskets::new(7), Baskets::new(7));
        for _ in 0..1_000 {
            let (x, y) = (a.draw(), b.draw());
            assert_eq!((x.key, x.lines), (y.key, y.lines));
            assert!(x.lines.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
