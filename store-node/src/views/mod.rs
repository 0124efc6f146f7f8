//! What screens show, read from the database in one snapshot. Nothing here decides, and nothing here changes a row.

pub mod handheld;
