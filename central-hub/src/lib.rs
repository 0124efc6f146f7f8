//! The central hub: customers, payments, riders, and one session per store.
//!
//! The core (`hub-core`) decides, `db` remembers, a flow does one thing in one transaction, the rest translates.

pub mod command;
pub mod db;
pub mod engine;
pub mod flows;
pub mod mutation;
pub mod refusal;
pub mod rules;
pub mod views;

#[cfg(test)]
mod testkit;
