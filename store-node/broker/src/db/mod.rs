//! The broker's only SQL.

pub mod retained;
