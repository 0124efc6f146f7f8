//! What the flows may ask of the store of data: one trait per aggregate, together [`HubTx`] (ARCHITECTURE, decision 9).
//! Words of the house only; SQL stands in `db/sqlite/`, and `db/postgres/` will stand beside it behind the same traits.

pub mod alarms;
pub mod carts;
pub mod catalogue;
pub mod chains;
pub mod commands;
pub mod customers;
pub mod feed;
pub mod globals;
pub mod hours;
pub mod instruments;
pub mod listing;
pub mod orders;
pub mod payments;
pub mod quotas;
pub mod riders;
pub mod shelf;
pub mod sqlite;
pub mod stores;
pub mod sync;
pub mod terms;

pub use alarms::Alarms;
pub use carts::Carts;
pub use catalogue::Catalogue;
pub use chains::Chains;
pub use commands::Commands;
pub use customers::Customers;
pub use globals::Globals;
pub use hours::Hours;
pub use instruments::Instruments;
pub use listing::Listings;
pub use orders::Orders;
pub use payments::Payments;
pub use quotas::Quotas;
pub use riders::Riders;
pub use shelf::Shelf;
pub use stores::Stores;
pub use sync::SyncLog;
pub use terms::Terms;

use figures::Writing;

/// Why the store of data failed. Not a refusal: nobody outside can do anything about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbFault {
    /// The engine below says no: disk, lock, broken file.
    #[error("storage: {0}")]
    Storage(String),
    /// A rule of the schema was about to be broken.
    #[error("a rule of the schema was about to be broken: {0}")]
    Rule(String),
    /// A stored value cannot be true.
    #[error("a stored value cannot be true: {0}")]
    Corrupt(String),
}

/// What an access gives.
pub type Db<T> = Result<T, DbFault>;

/// Everything a flow may read and write, inside its transaction.
pub trait HubTx:
    Commands
    + Customers
    + Carts
    + Catalogue
    + Stores
    + Quotas
    + Orders
    + Payments
    + Riders
    + SyncLog
    + Hours
    + Terms
    + Chains
    + Globals
    + Instruments
    + Shelf
    + Alarms
    + Listings
{
}

impl<T> HubTx for T where
    T: Commands
        + Customers
        + Carts
        + Catalogue
        + Stores
        + Quotas
        + Orders
        + Payments
        + Riders
        + SyncLog
        + Hours
        + Terms
        + Chains
        + Globals
        + Instruments
        + Shelf
        + Alarms
        + Listings
{
}

/// A store of data that the engine owns: transactions around what flows do.
pub trait HubDb: HubTx + Send {
    /// Begins the transaction of a batch.
    ///
    /// # Errors
    /// [`DbFault`].
    fn begin(&mut self) -> Db<()>;
    /// Makes the batch durable.
    ///
    /// # Errors
    /// [`DbFault`]: nothing of the batch happened.
    fn commit(&mut self) -> Db<()>;
    /// Forgets the batch.
    ///
    /// # Errors
    /// [`DbFault`].
    fn rollback(&mut self) -> Db<()>;
    /// Marks the beginning of one command.
    ///
    /// # Errors
    /// [`DbFault`].
    fn mark(&mut self) -> Db<()>;
    /// Keeps what was done since the mark.
    ///
    /// # Errors
    /// [`DbFault`].
    fn keep(&mut self) -> Db<()>;
    /// Undoes what was done since the mark.
    ///
    /// # Errors
    /// [`DbFault`].
    fn undo(&mut self) -> Db<()>;
    /// Rows changed since it was opened: the same number before and after means that nothing was written in between.
    fn changes(&self) -> u64;
    /// What commits have cost since it was opened.
    fn writing(&self) -> &Writing;
    /// A second access, which only reads.
    ///
    /// # Errors
    /// [`DbFault`].
    fn reader(&self) -> Db<Box<dyn HubReader>>;
    /// Moves the write-ahead log into the database file, at a stop.
    ///
    /// # Errors
    /// [`DbFault`].
    fn checkpoint(&mut self) -> Db<()>;
}

/// An access that only reads, and never waits for the writer.
pub trait HubReader: Send {
    /// Everything that `ask` reads is of one moment.
    ///
    /// # Errors
    /// [`DbFault`].
    fn snapshot(&self, ask: &mut dyn FnMut(&dyn HubTx)) -> Db<()>;
    /// Moves what it can of the write-ahead log into the file, without waiting for anybody.
    ///
    /// # Errors
    /// [`DbFault`].
    fn relieve(&self) -> Db<()>;
}
