//! The catalogue on its way to the stores: what waits to be published, which edition is told, and how far each store has been
//! told it. Its products are `catalogue.rs`'s.

use super::Db;
use ::sync::doc::DocId;
use ::sync::lane::LaneSeq;
use model::catalogue::Product;
use model::fact::Fact;
use model::quota::HubGeneration;
use model::{StoreId, Timestamp};

/// The edition that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EditionRow {
    /// Of which generation of this hub.
    pub generation: HubGeneration,
    /// Its number.
    pub edition: u32,
    /// The publication under way, or the last one.
    pub publication: u64,
    /// Parts of it that were told.
    pub parts: u32,
    /// It is told to its end.
    pub whole: bool,
    /// Products told since the edition began, again and again.
    pub told: u64,
    /// When the last part was told.
    pub at: Timestamp,
}

impl EditionRow {
    /// Its document.
    pub const fn doc(&self) -> DocId {
        DocId::Catalogue { generation: self.generation, edition: self.edition }
    }
}

/// How far a store has been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldRow {
    /// Which.
    pub store: StoreId,
    /// The newest frame version that both sides know; 0 before its first session.
    pub reads: u8,
    /// All of the edition that stands in its document stands in the store's log.
    pub level: bool,
    /// Records of it that the store has not acknowledged.
    pub waiting: u64,
}

/// The aggregate.
pub trait Listings {
    /// Products that wait to be published, by code.
    fn due_products(&self, limit: u32) -> Db<Vec<Product>>;
    /// How many do.
    fn due_count(&self) -> Db<u64>;
    /// These are told.
    fn not_due(&mut self, products: &[Product]) -> Db<()>;
    /// Every product is to be told: a fresh edition begins.
    fn all_due(&mut self) -> Db<()>;
    /// The edition that is told; `None` before the first.
    fn edition(&self) -> Db<Option<EditionRow>>;
    /// Another edition, or another state of it.
    fn set_edition(&mut self, row: &EditionRow) -> Db<()>;
    /// Facts for the catalogue's document.
    fn add_city_facts(&mut self, facts: &[Fact]) -> Db<()>;
    /// Whether facts for the catalogue's document wait.
    fn city_facts_wait(&self) -> Db<bool>;
    /// How far one store, or every one, has been told.
    fn told(&self, store: Option<&StoreId>) -> Db<Vec<ToldRow>>;
    /// A store's session knows frames up to this version.
    fn set_reads(&mut self, store: &StoreId, version: u8) -> Db<()>;
    /// Stores that read this version, have acknowledged what they were told and lack chunks of a document.
    fn stores_behind(&self, doc: &DocId, version: u8, limit: u32) -> Db<Vec<StoreId>>;
    /// Puts the next chunks of a document, at most `limit`, at the end of a lane of a store's log. Gives its new end.
    fn spread(&mut self, store: &StoreId, doc: &DocId, end: LaneSeq, limit: u32) -> Db<LaneSeq>;
    /// Chunks of catalogues other than this one that stand in no log are of no use to anybody.
    fn drop_editions_before(&mut self, keep: &DocId) -> Db<()>;
}
