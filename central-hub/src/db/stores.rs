//! Stores, their link and how far both logs have come; the hub's own generation and boot number.

use super::Db;
use ::sync::lane::{LaneSeq, LaneStates};
use model::api::hub::Point;
use model::quota::{HubGeneration, StoreEpoch};
use model::{StoreId, Timestamp};

/// What is configured about a store.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreSeed {
    /// Id.
    pub id: StoreId,
    /// Name for people.
    pub name: String,
    /// Where.
    pub at: Point,
    /// Service radius in metres by air.
    pub radius_m: u32,
    /// Open orders it can work on at once.
    pub capacity: u32,
}

/// A store as the hub knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreRow {
    /// What is configured.
    pub seed: StoreSeed,
    /// Closed by people.
    pub closed: bool,
    /// E.
    pub epoch: StoreEpoch,
    /// Last sign of life.
    pub heard_at: Option<Timestamp>,
    /// The session is up.
    pub online: bool,
}

/// The stores aggregate.
pub trait Stores {
    /// All, by id.
    fn stores(&self) -> Db<Vec<StoreRow>>;
    /// One.
    fn store(&self, id: &StoreId) -> Db<Option<StoreRow>>;
    /// New or changed configuration; link and logs stay.
    fn put_store(&mut self, seed: &StoreSeed) -> Db<()>;
    /// A sign of life, or the end of a session (`online` false leaves the time as it was).
    fn set_heard(&mut self, id: &StoreId, at: Timestamp, online: bool) -> Db<()>;
    /// How far both logs of each lane have come.
    fn lanes(&self, id: &StoreId) -> Db<LaneStates>;
    /// Its log is durable here up to this place.
    fn set_received(&mut self, id: &StoreId, upto: LaneSeq) -> Db<()>;
    /// The own log for it ends at this place.
    fn set_sent(&mut self, id: &StoreId, upto: LaneSeq) -> Db<()>;
    /// It has the own log up to this place; a lower one than before changes nothing.
    fn set_acked(&mut self, id: &StoreId, upto: LaneSeq) -> Db<()>;
    /// G.
    fn generation(&self) -> Db<HubGeneration>;
    /// The boot number of this process.
    fn boot(&self) -> Db<u32>;
    /// Sets it.
    fn set_boot(&mut self, boot: u32) -> Db<()>;
}
