//! First answers by command id, so that a retry gets the same one (31 days).

use super::Db;
use model::{CommandId, Timestamp};

/// What was answered first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// SHA-256 of who asked for what.
    pub content: [u8; 32],
    /// The answer as JSON.
    pub answer: String,
}

/// The commands aggregate.
pub trait Commands {
    /// The first answer.
    fn answer_of(&self, id: &CommandId) -> Db<Option<Stored>>;
    /// Keeps the first answer.
    fn keep_answer(&mut self, id: &CommandId, stored: &Stored, at: Timestamp) -> Db<()>;
    /// Forgets answers older than `before`; says how many.
    fn forget_answers(&mut self, before: Timestamp) -> Db<usize>;
}
