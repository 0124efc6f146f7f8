//! A store's decisions: stock, lots, routes, bags. No IO, no clock, no SQL, no async, no randomness.

pub mod advice;
pub mod bags;
pub mod cold;
pub mod fefo;
pub mod layout;
pub mod movement;
pub mod pick;
pub mod reserve;
pub mod route;
pub mod trusted;
