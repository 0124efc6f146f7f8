//! What one store is made of, and everything the machine needs to become that store.
mod fault;
mod read;
pub use fault::{Fault, Place};
