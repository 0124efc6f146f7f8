//! What is the same in every city (REQ-53): users, payment methods and the master catalogue go from the global service to the
//! cities' hubs, users and counts come from them. Facts are numbered and naturally idempotent: the newest about a thing holds.
//! No order, no stock and no rider is ever one. No browser sees these shapes.
//!
//! | route | shape |
//! |---|---|
//! | GET /global/v1/facts?after= | [`GlobalPage`] |
//! | POST /global/v1/users | [`GlobalUser`] list -> 204 |
//! | PUT /global/v1/hours | [`CityHour`] list -> 204 |
//! | GET /global/v1/hours | [`CityHours`] list |

use crate::catalogue::Product;
use serde::{Deserialize, Serialize};

/// Facts of one page, and users or hours of one call.
pub const PAGE_MAX: usize = 100;

/// One thing that holds everywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum GlobalFact {
    /// Of the master catalogue, new or changed.
    Product {
        /// As it is.
        product: Box<Product>,
    },
    /// Somebody who has registered in any city.
    User {
        /// Who.
        user: GlobalUser,
    },
    /// How one may pay besides cash at the door.
    PaymentMethods {
        /// Cards and UPI are taken.
        gateway: bool,
    },
}

/// A user by phone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalUser {
    /// E.164.
    pub phone: String,
    /// First name or empty.
    pub name: String,
}

/// Facts after a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GlobalPage {
    /// Each with its number, which grow.
    pub facts: Vec<(u64, GlobalFact)>,
    /// There are more.
    pub more: bool,
}

/// One hour of a city, for analytics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CityHour {
    /// Hours since 1970.
    pub hour: i64,
    /// Orders placed in it.
    pub placed: u32,
    /// Orders delivered in it.
    pub delivered: u32,
}

/// The hours that a city has told, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CityHours {
    /// Which.
    pub city: String,
    /// Its hours.
    pub hours: Vec<CityHour>,
}
