//! What is the same in every city (REQ-53): users with their addresses and stored ways to pay, payment methods and the master
//! catalogue go from the global service to the cities' hubs; what people do about themselves and counts come from the cities.
//! Facts are numbered and naturally idempotent: the newest about a thing holds. No order, no stock and no rider is ever one.
//! No browser sees these shapes.
//!
//! | route | shape |
//! |---|---|
//! | GET /global/v1/facts?after= | [`GlobalPage`] |
//! | POST /global/v1/facts | list of a city's [`GlobalFact`]s -> 204 |
//! | PUT /global/v1/hours | [`CityHour`] list -> 204 |
//! | GET /global/v1/hours | [`CityHours`] list |

use super::hub::{Address, InstrumentKind};
use crate::catalogue::Product;
use crate::id::{AddressId, InstrumentId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Facts of one page, and facts or hours of one call.
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
    /// How one may pay besides cash at the door.
    PaymentMethods {
        /// Cards and UPI are taken.
        gateway: bool,
    },
    /// What somebody did about herself in one of the cities.
    Person(PersonFact),
}

/// What somebody did about herself, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonFact {
    /// Who, E.164.
    pub phone: String,
    /// When, by the clock of the city.
    pub at: Timestamp,
    /// What.
    pub did: Did,
}

/// What somebody did about herself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Did {
    /// Registered, or is called otherwise.
    Named {
        /// First name or empty.
        name: String,
    },
    /// Had herself erased: everything else about her goes with it, everywhere.
    Erased,
    /// Has an address.
    Address {
        /// As it is.
        address: Address,
    },
    /// Has it no more.
    AddressGone {
        /// Which.
        id: AddressId,
    },
    /// Keeps a way to pay.
    Instrument {
        /// As it is: the gateway's token, never a card's number.
        instrument: StoredInstrument,
    },
    /// Keeps it no more.
    InstrumentGone {
        /// Which.
        id: InstrumentId,
    },
}

/// A way to pay that somebody keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredInstrument {
    /// Which.
    pub id: InstrumentId,
    /// Card or UPI.
    pub kind: InstrumentKind,
    /// What its owner calls it.
    pub label: String,
    /// The gateway's word for it.
    pub token: String,
}

impl GlobalFact {
    /// What it is about: of two facts about one thing the newer holds.
    pub fn thing(&self) -> String {
        match self {
            Self::Product { product } => format!("product {}", product.sku),
            Self::PaymentMethods { .. } => "payment methods".to_owned(),
            Self::Person(person) => person.thing(),
        }
    }
}

impl PersonFact {
    /// As [`GlobalFact::thing`].
    pub fn thing(&self) -> String {
        let phone = &self.phone;
        match &self.did {
            Did::Named { .. } | Did::Erased => whole(phone),
            Did::Address { address: Address { id, .. } } | Did::AddressGone { id } => {
                format!("{}address {id}", parts(phone))
            }
            Did::Instrument { instrument: StoredInstrument { id, .. } } | Did::InstrumentGone { id } => {
                format!("{}instrument {id}", parts(phone))
            }
        }
    }

    /// Whether everything else about this person goes.
    pub const fn is_end(&self) -> bool {
        matches!(self.did, Did::Erased)
    }
}

/// The thing that is a person as such.
pub fn whole(phone: &str) -> String {
    format!("user {phone}")
}

/// How every other thing about this person begins.
pub fn parts(phone: &str) -> String {
    format!("user {phone} ")
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
