//! Pictures of the store for people: one file per screen. They read rows and lay them out; they decide nothing.

mod board;
mod cold;
mod cold_day;
mod cold_pdf;
mod cold_report;
mod counting;
mod devices;
mod fence;
pub mod figures;
pub mod handheld;
mod link;
mod order;
mod stock;
