//! Epochs of stores, the hub's own generation, and the logs that begin anew with them (SYNC.md rules 5 and 6).

use super::Db;
use model::quota::{HubGeneration, StoreEpoch};
use model::{OrderId, StoreId, Timestamp};

/// Who this hub is, and since which restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The id of this installation; empty on one that was never restored.
    pub hub: String,
    /// G.
    pub generation: HubGeneration,
    /// Every order that was ever sold is here.
    pub log_whole: bool,
}

/// A store's epoch and the node that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// E.
    pub epoch: StoreEpoch,
    /// The public key of the node that it was minted for; empty for the first.
    pub node_key: String,
    /// The newest epoch the hub has given its word on.
    pub word: StoreEpoch,
}

/// The terms aggregate.
pub trait Terms {
    /// Who this hub is.
    fn installation(&self) -> Db<Installation>;
    /// The lives of this database since its generation began, those since this was first written down.
    fn lives(&self) -> Db<Vec<u32>>;
    /// Another one; the `first` of a generation ends the list of the one before.
    fn add_life(&mut self, life: u32, first: bool) -> Db<()>;
    /// A new generation of this installation.
    fn set_installation(&mut self, row: &Installation) -> Db<()>;
    /// Who holds a store's epoch.
    fn holder(&self, store: &StoreId) -> Db<Option<Holder>>;
    /// Another node, another epoch, a word that was given.
    fn set_holder(&mut self, store: &StoreId, row: &Holder) -> Db<()>;
    /// The log for a store, and the one from it, begin anew: the first records are the chunks of the open orders documents
    /// since an hour. Rights that were still to be said belong to the old terms and go.
    fn begin_log(&mut self, store: &StoreId, since_hour: i64) -> Db<()>;
    /// Orders that hold units, of one store or of all.
    fn holds(&self, store: Option<&StoreId>) -> Db<Vec<OrderId>>;
    /// Who has said that a generation's orders are all here.
    fn voices(&self, generation: HubGeneration) -> Db<Vec<String>>;
    /// A person says that a generation's orders are all here. Gives everybody who has.
    fn add_voice(&mut self, generation: HubGeneration, person: &str, at: Timestamp) -> Db<Vec<String>>;
}
