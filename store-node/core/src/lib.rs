//! A store's decisions: stock, lots, routes, bags. No IO, no clock, no SQL, no async, no randomness.

pub mod bags;
pub mod import;
pub mod layout;
pub mod route;
