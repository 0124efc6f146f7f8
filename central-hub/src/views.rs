//! What people see: shapes of `model::api::hub`, put together from the data. Reads only, no decisions that last; a reader's
//! connection and the simulation use the same functions.

pub mod cart;
pub mod catalogue;
pub mod figures;
pub mod ops;
pub mod order;
pub mod place;
pub mod replication;
pub mod rider;
pub mod shelf;
pub mod stops;
pub mod tracking;

use crate::rules::Rules;
use model::Timestamp;

/// What a view knows besides the data.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Now.
    pub now: Timestamp,
    /// The numbers flows decide by.
    pub rules: &'a Rules,
}
