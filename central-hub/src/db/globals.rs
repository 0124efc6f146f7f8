//! What is the same in every city, as far as this hub has heard, and what it has to tell.

use super::Db;
use model::api::global::PersonFact;

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
    /// The other cities have to hear of it, instead of anything older about the same thing.
    fn tell(&mut self, fact: &PersonFact) -> Db<()>;
    /// What is to be told, the oldest first.
    fn facts_to_tell(&self, limit: u32) -> Db<Vec<PersonFact>>;
    /// What is to be told about a thing.
    fn to_be_told(&self, thing: &str) -> Db<Option<PersonFact>>;
    /// It was told, unless it has changed since.
    fn was_told(&mut self, fact: &PersonFact) -> Db<()>;
    /// Nothing about this person is told any more.
    fn tell_nothing_of(&mut self, phone: &str) -> Db<()>;
}
