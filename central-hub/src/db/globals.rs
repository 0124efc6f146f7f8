//! What is the same in every city, as far as this hub has heard, and what it has to tell.

use super::Db;
use model::api::global::GlobalUser;

/// The global aggregate.
pub trait Globals {
    /// The last fact of the global feed that was taken in.
    fn global_upto(&self) -> Db<u64>;
    /// It is taken in up to here.
    fn set_global_upto(&mut self, upto: u64) -> Db<()>;
    /// Whether cards and UPI may be offered.
    fn offers_gateway(&self) -> Db<bool>;
    /// They may, or no more.
    fn set_offers_gateway(&mut self, offers: bool) -> Db<()>;
    /// A user that the other cities have to hear of.
    fn tell_user(&mut self, user: &GlobalUser) -> Db<()>;
    /// Users that are to be told.
    fn users_to_tell(&self, limit: u32) -> Db<Vec<GlobalUser>>;
    /// Whether a phone is among them.
    fn is_to_be_told(&self, phone: &str) -> Db<bool>;
    /// It was told, unless it has changed since.
    fn user_told(&mut self, user: &GlobalUser) -> Db<()>;
}
