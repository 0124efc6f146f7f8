//! What the hub tells every store of its city of what is sold: publications of one catalogue, read-only at the stores.

use crate::catalogue::Product;
use crate::quota::HubGeneration;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A publication of the city's catalogue, or a part of one: products that are new or changed since the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CataloguePart {
    /// Names the document, with the edition: a hub that was set back never continues what it has forgotten.
    pub generation: HubGeneration,
    /// Names the document; a fresh one takes the place of one that has grown.
    pub edition: u32,
    /// The publication's number in its edition, from 1.
    pub publication: u64,
    /// Which part of it this is, from 1.
    pub part: u32,
    /// When it was made, by the hub's clock.
    pub at: Timestamp,
    /// The products of this part.
    pub products: Vec<Product>,
    /// Products that the edition names once this publication is whole.
    pub named: u32,
    /// The publication ends with this part; before it nothing of it is taken over.
    pub whole: bool,
}
