//! The alarms that stand at stores. Read-only here: only their documents write it.

use super::Db;
use ::sync::doc::DocId;
use model::alarms::AlarmsTold;
use model::{StoreId, Timestamp};

/// What a store last said of its alarms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmsRow {
    /// The store's epoch.
    pub epoch: u32,
    /// The hour of its document.
    pub hour: i64,
    /// When the hub heard of it.
    pub as_of: Timestamp,
    /// What stands.
    pub told: AlarmsTold,
}

/// The aggregate.
pub trait Alarms {
    /// What a store last said; `None` before its first word.
    fn alarms(&self, store: &StoreId) -> Db<Option<AlarmsRow>>;
    /// A store said what stands.
    fn put_alarms(&mut self, store: &StoreId, row: &AlarmsRow) -> Db<()>;
    /// Chunks of a store's alarms documents other than this one are of no use to anybody.
    fn drop_alarms_but(&mut self, store: &StoreId, keep: &DocId) -> Db<()>;
}
