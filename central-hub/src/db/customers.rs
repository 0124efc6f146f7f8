//! Customers, their addresses, one-time passwords and sessions; staff; messages sent to phones.

use super::Db;
use model::api::hub::{Address, InboxMessage};
use model::{AddressId, CustomerId, Role, Timestamp};

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRow {
    /// Id.
    pub id: CustomerId,
    /// E.164.
    pub phone: String,
    /// First name or empty.
    pub name: String,
}

/// A one-time password that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtpRow {
    /// Place in the table.
    pub seq: i64,
    /// Keyed hash of the code.
    pub code_hash: String,
    /// Age, tries, use.
    pub state: hub_core::otp::OtpState,
}

/// A session; tokens are kept as keyed hashes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Of the access token.
    pub access_hash: String,
    /// Of the refresh token.
    pub refresh_hash: String,
    /// Role of the person.
    pub role: Role,
    /// Customer or rider id, or the phone of staff.
    pub subject: String,
    /// End of the access token.
    pub access_until: Timestamp,
    /// End of the refresh token.
    pub refresh_until: Timestamp,
    /// The refresh token was used.
    pub refreshed: bool,
}

/// The customers aggregate.
pub trait Customers {
    /// By phone.
    fn customer_by_phone(&self, phone: &str) -> Db<Option<CustomerRow>>;
    /// By id.
    fn customer(&self, id: &CustomerId) -> Db<Option<CustomerRow>>;
    /// A new one.
    fn add_customer(&mut self, row: &CustomerRow, now: Timestamp) -> Db<()>;
    /// Another first name.
    fn set_customer_name(&mut self, id: &CustomerId, name: &str) -> Db<()>;
    /// Addresses, newest first (the newest is the primary one).
    fn addresses(&self, customer: &CustomerId) -> Db<Vec<Address>>;
    /// One of the customer's own addresses.
    fn address(&self, customer: &CustomerId, id: &AddressId) -> Db<Option<Address>>;
    /// A new one.
    fn add_address(&mut self, customer: &CustomerId, address: &Address, now: Timestamp) -> Db<()>;
    /// A new or changed one; one of another customer stays as it is.
    fn put_address(&mut self, customer: &CustomerId, address: &Address, now: Timestamp) -> Db<()>;
    /// It is one no more.
    fn drop_address(&mut self, customer: &CustomerId, id: &AddressId) -> Db<()>;
    /// Role and name of staff.
    fn staff(&self, phone: &str) -> Db<Option<(Role, String)>>;
    /// New or changed staff.
    fn put_staff(&mut self, phone: &str, role: Role, name: &str) -> Db<()>;
    /// The newest password of a phone.
    fn last_otp(&self, phone: &str) -> Db<Option<OtpRow>>;
    /// Passwords sent to a phone after `since`.
    fn otps_since(&self, phone: &str, since: Timestamp) -> Db<u32>;
    /// A new one.
    fn add_otp(&mut self, phone: &str, code_hash: &str, at: Timestamp) -> Db<()>;
    /// Tries and use.
    fn set_otp(&mut self, seq: i64, wrong: u32, used: bool) -> Db<()>;
    /// By the access token's hash.
    fn session_by_access(&self, hash: &str) -> Db<Option<SessionRow>>;
    /// By the refresh token's hash.
    fn session_by_refresh(&self, hash: &str) -> Db<Option<SessionRow>>;
    /// A new one.
    fn add_session(&mut self, row: &SessionRow) -> Db<()>;
    /// Its refresh token is used up, its access token ends.
    fn end_session(&mut self, access_hash: &str, now: Timestamp) -> Db<()>;
    /// A message went to a phone.
    fn add_message(&mut self, phone: &str, at: Timestamp, text: &str) -> Db<()>;
    /// Messages of a phone, newest first.
    fn messages(&self, phone: &str, limit: u32) -> Db<Vec<InboxMessage>>;
}
