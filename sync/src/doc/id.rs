//! Names of documents: `DocId` with its store, `DocKey` without it (inside a session that is bound to one store).
//! Further kinds are added at the end of both enums.

use std::fmt;
use std::str::FromStr;

use model::id::StoreId;
use model::quota::{HubGeneration, StoreEpoch};
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::DocError;

/// A document of one store, or of all of a city. Its text form is stable: `orders/s1/495312`, `quota/s1/3/1`,
/// `catalogue/1/4`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocId {
    /// The orders placed in one hour.
    Orders {
        /// The store that fulfils them.
        store: StoreId,
        /// [`Timestamp::hour`] of placement.
        hour: i64,
    },
    /// Grants and returns of one store epoch and hub generation.
    Quota {
        /// The store that grants.
        store: StoreId,
        /// E.
        epoch: StoreEpoch,
        /// G.
        generation: HubGeneration,
    },
    /// What is on the shelf and free, in one hour of one store epoch.
    Stock {
        /// The store that looks.
        store: StoreId,
        /// E.
        epoch: StoreEpoch,
        /// [`Timestamp::hour`] of the looks.
        hour: i64,
    },
    /// What is sold in a city, the same bytes for every store of it.
    Catalogue {
        /// G: a hub that was set back never continues what it has forgotten.
        generation: HubGeneration,
        /// Counted by the hub; the next one takes the place of one that has grown.
        edition: u32,
    },
    /// The alarms that stand, in one hour of one store epoch.
    Alarms {
        /// The store that looks.
        store: StoreId,
        /// E.
        epoch: StoreEpoch,
        /// [`Timestamp::hour`] of the looks.
        hour: i64,
    },
}

/// A document of the session's store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DocKey {
    /// See [`DocId::Orders`].
    Orders {
        /// Hour of placement.
        hour: i64,
    },
    /// See [`DocId::Quota`].
    Quota {
        /// E.
        epoch: StoreEpoch,
        /// G.
        generation: HubGeneration,
    },
    /// See [`DocId::Stock`].
    Stock {
        /// E.
        epoch: StoreEpoch,
        /// Hour of the looks.
        hour: i64,
    },
    /// See [`DocId::Catalogue`].
    Catalogue {
        /// G.
        generation: HubGeneration,
        /// Its number.
        edition: u32,
    },
    /// See [`DocId::Alarms`].
    Alarms {
        /// E.
        epoch: StoreEpoch,
        /// Hour of the looks.
        hour: i64,
    },
}

impl DocKey {
    /// The orders document for an order placed at `placed_at`.
    pub const fn orders_at(placed_at: Timestamp) -> Self {
        DocKey::Orders { hour: placed_at.hour() }
    }

    /// The full name of a store's document, or of the whole city's where there is no store; `None` where one is lacking.
    pub fn within(self, store: Option<&StoreId>) -> Option<DocId> {
        match (store, self) {
            (Some(store), key) => Some(key.of(store)),
            (None, DocKey::Catalogue { generation, edition }) => {
                Some(DocId::Catalogue { generation, edition })
            }
            (
                None,
                DocKey::Orders { .. } | DocKey::Quota { .. } | DocKey::Stock { .. } | DocKey::Alarms { .. },
            ) => None,
        }
    }

    /// The full name in a session with `store`.
    pub fn of(self, store: &StoreId) -> DocId {
        match self {
            DocKey::Orders { hour } => DocId::Orders { store: store.clone(), hour },
            DocKey::Quota { epoch, generation } => DocId::Quota { store: store.clone(), epoch, generation },
            DocKey::Stock { epoch, hour } => DocId::Stock { store: store.clone(), epoch, hour },
            DocKey::Catalogue { generation, edition } => DocId::Catalogue { generation, edition },
            DocKey::Alarms { epoch, hour } => DocId::Alarms { store: store.clone(), epoch, hour },
        }
    }
}

impl DocId {
    /// The store; none for what is a whole city's.
    pub const fn store(&self) -> Option<&StoreId> {
        match self {
            DocId::Orders { store, .. }
            | DocId::Quota { store, .. }
            | DocId::Stock { store, .. }
            | DocId::Alarms { store, .. } => Some(store),
            DocId::Catalogue { .. } => None,
        }
    }

    /// The name without the store, as frames carry it.
    pub const fn key(&self) -> DocKey {
        match self {
            DocId::Orders { hour, .. } => DocKey::Orders { hour: *hour },
            DocId::Quota { epoch, generation, .. } => {
                DocKey::Quota { epoch: *epoch, generation: *generation }
            }
            DocId::Stock { epoch, hour, .. } => DocKey::Stock { epoch: *epoch, hour: *hour },
            DocId::Alarms { epoch, hour, .. } => DocKey::Alarms { epoch: *epoch, hour: *hour },
            DocId::Catalogue { generation, edition } => {
                DocKey::Catalogue { generation: *generation, edition: *edition }
            }
        }
    }
}

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DocId::Orders { store, hour } => write!(f, "orders/{store}/{hour}"),
            DocId::Quota { store, epoch, generation } => {
                write!(f, "quota/{store}/{}/{}", epoch.0, generation.0)
            }
            DocId::Stock { store, epoch, hour } => write!(f, "stock/{store}/{}/{hour}", epoch.0),
            DocId::Alarms { store, epoch, hour } => write!(f, "alarms/{store}/{}/{hour}", epoch.0),
            DocId::Catalogue { generation, edition } => write!(f, "catalogue/{}/{edition}", generation.0),
        }
    }
}

impl FromStr for DocId {
    type Err = DocError;

    fn from_str(text: &str) -> Result<Self, DocError> {
        let bad = || DocError::BadId { text: text.chars().take(80).collect() };
        let parts: Vec<&str> = text.split('/').collect();
        let store = |text: &str| StoreId::new(text).map_err(|_| bad());
        let id = match parts.as_slice() {
            ["orders", at, hour] => {
                DocId::Orders { store: store(at)?, hour: hour.parse().map_err(|_| bad())? }
            }
            ["quota", at, epoch, generation] => DocId::Quota {
                store: store(at)?,
                epoch: StoreEpoch(epoch.parse().map_err(|_| bad())?),
                generation: HubGeneration(generation.parse().map_err(|_| bad())?),
            },
            ["stock", at, epoch, hour] => DocId::Stock {
                store: store(at)?,
                epoch: StoreEpoch(epoch.parse().map_err(|_| bad())?),
                hour: hour.parse().map_err(|_| bad())?,
            },
            ["alarms", at, epoch, hour] => DocId::Alarms {
                store: store(at)?,
                epoch: StoreEpoch(epoch.parse().map_err(|_| bad())?),
                hour: hour.parse().map_err(|_| bad())?,
            },
            ["catalogue", generation, edition] => DocId::Catalogue {
                generation: HubGeneration(generation.parse().map_err(|_| bad())?),
                edition: edition.parse().map_err(|_| bad())?,
            },
            _ => return Err(bad()),
        };
        if id.to_string() == text { Ok(id) } else { Err(bad()) }
    }
}
