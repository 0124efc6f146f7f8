//! GS1 syntax: check digits, dates and the element strings that our labels and common goods carry.
//! The full dictionary is a table to be put behind [`element::parse`]; nothing here knows stock or orders.

pub mod check;
pub mod date;
pub mod element;
pub mod gtin;

pub use element::{Elements, Gs1Error, Gs1Fault, parse};
pub use gtin::Gtin;
