//! The store node: SQLite is the authority for local stock; HTTP, MQTT and the uplink translate.

pub mod answer;
pub mod backup;
pub mod broker;
pub mod chain;
pub mod check;
pub mod clock;
pub mod cold_chain;
pub mod command;
pub mod db;
pub mod derive;
pub mod doorkeeper;
pub mod effects;
pub mod engine;
pub mod flows;
pub mod http;
pub mod import;
pub mod inspect;
pub mod line;
pub mod manifest;
pub mod mqtt;
pub mod pdf;
pub mod pins;
pub mod reader;
pub mod reads;
pub mod refusal;
pub mod run;
pub mod secrets;
pub mod setup;
pub mod ship;
pub mod signals;
#[cfg(test)]
mod testbed;
pub mod timers;
pub mod uplink;
pub mod views;
pub mod writer;
