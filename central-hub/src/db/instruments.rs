//! Ways to pay that customers keep, and customers who leave.

use super::Db;
use model::api::global::StoredInstrument;
use model::{CustomerId, InstrumentId, Timestamp};

/// The instruments aggregate.
pub trait Instruments {
    /// What a customer keeps, newest first.
    fn instruments(&self, customer: &CustomerId) -> Db<Vec<StoredInstrument>>;
    /// One of the customer's own.
    fn instrument(&self, customer: &CustomerId, id: &InstrumentId) -> Db<Option<StoredInstrument>>;
    /// A new or changed one.
    fn put_instrument(&mut self, customer: &CustomerId, kept: &StoredInstrument, now: Timestamp) -> Db<()>;
    /// It is kept no more.
    fn drop_instrument(&mut self, customer: &CustomerId, id: &InstrumentId) -> Db<()>;
    /// The number of an order of this customer that is not at its end.
    fn open_order_of(&self, customer: &CustomerId) -> Db<Option<String>>;
    /// Everything about a customer goes: name, phone, addresses, ways to pay, cart, codes, messages, sessions. Orders stay, and
    /// say of nobody where they went.
    fn erase_customer(&mut self, customer: &CustomerId) -> Db<()>;
    /// The customer's sessions end.
    fn end_sessions_of(&mut self, customer: &CustomerId) -> Db<()>;
    /// The customer is to be erased once no order is open; or (`false`) is not.
    fn set_leaving(&mut self, customer: &CustomerId, leaving: bool) -> Db<()>;
    /// Customers who are to be erased.
    fn leaving(&self, limit: u32) -> Db<Vec<CustomerId>>;
}
