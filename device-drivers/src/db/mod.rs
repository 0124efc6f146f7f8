//! The agent's own small memory. The only SQL of this package; the store's tables are elsewhere.

pub mod journal;

pub use journal::{Admission, JobState, Journal, JournalError, WaitingJob};
