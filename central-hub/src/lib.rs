//! The central hub: customers, payments, riders, and one session per store.
//!
//! The core (`hub-core`) decides, `db` remembers, a flow does one thing in one transaction, the rest translates.

pub mod backup;
pub mod backups;
pub mod calendar;
pub mod cashier;
pub mod clock;
pub mod command;
pub mod config;
pub mod db;
pub mod engine;
pub mod flows;
pub mod global;
pub mod http;
pub mod import;
pub mod inspect;
pub mod lock;
pub mod mutation;
pub mod ports;
pub mod readers;
pub mod refusal;
pub mod rules;
pub mod run;
pub mod signals;
pub mod stores;
pub mod system;
pub mod thinning;
pub mod tls;
pub mod views;
pub mod writer;

#[cfg(test)]
mod testkit;
