//! New hardware for a dead store, and a hub out of its backup, with real processes (REQ-52): a store sells, is backed up and
//! killed -9; another machine becomes it, is counted and sells; the old one, switched on again with its old database, is shut
//! out and says why. And the same from a file with the hub out of reach, with a database that was set back, and for the hub.
//! Beside them, two cities whose hubs run apart.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

mod certified;
mod cities;
mod closed_hours;
mod global_city;
mod new_hub;
mod new_machine;
mod set_back;
mod world;
