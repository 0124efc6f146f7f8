//! Products, their search index and the log of what people looked for.

use super::Db;
use model::catalogue::Product;
use model::{SkuId, StoreId, Timestamp};

/// A search, its words already cleaned: letters and digits only, lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchAsk {
    /// Each must be found; empty asks for the whole shelf.
    pub words: Vec<SearchWord>,
    /// Only this outermost category.
    pub category: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// One word of a search and the words that count as it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchWord {
    /// Prefixes, any of which will do.
    pub any: Vec<String>,
}

/// The catalogue aggregate.
pub trait Catalogue {
    /// By code.
    fn product(&self, sku: &SkuId) -> Db<Option<Product>>;
    /// New or changed, with its outermost category and the words that find it.
    fn put_product(&mut self, product: &Product, top_category: &str, search: &str) -> Db<()>;
    /// How many there are.
    fn product_count(&self) -> Db<u32>;
    /// Outermost categories with their sizes, by name.
    fn categories(&self) -> Db<Vec<(String, u32)>>;
    /// What matches, best first, and how many match in all.
    fn search(&self, ask: &SearchAsk) -> Db<(Vec<Product>, u32)>;
    /// Whether a word of the index begins so.
    fn has_prefix(&self, prefix: &str) -> Db<bool>;
    /// Words of the index by length in characters.
    fn words(&self, shortest: u32, longest: u32) -> Db<Vec<String>>;
    /// Notes what somebody looked for and how much was found (misses too).
    fn log_search(&mut self, at: Timestamp, query: &str, store: Option<&StoreId>, hits: u32) -> Db<()>;
}
