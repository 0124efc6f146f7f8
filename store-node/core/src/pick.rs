//! A picker's decisions: which line a scan serves or why it serves none, what replaces goods that are not there, which
//! order is the most urgent, and whether a bag weighs what it should. Never here: stock changes, who is logged in.

pub mod pace;
pub mod scan;
pub mod substitute;
