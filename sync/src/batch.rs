//! Rows of tables that are chains of hashes (the ledger, later temperatures), shipped in batches: no CRDT, nothing merges.
//! A batch says from which hash it goes on; the hub recomputes the chain and takes only what continues what it has. A gap
//! or a wrong hash is set aside by name and asked for again, never hidden. Pure: rows come from and go to `db/`.

mod ledger;
mod message;

pub use ledger::{Entry, Hash, first, next};
pub use message::{Batch, MAX_BATCH, Message, ROWS_MAX};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use crate::doc::DocError;

/// A table that is a chain of hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stream {
    /// Every change of a balance.
    Ledger,
    /// Temperatures as they were measured.
    Temperatures,
}

impl Stream {
    /// The word in names and tables.
    pub const fn word(self) -> &'static str {
        match self {
            Stream::Ledger => "ledger",
            Stream::Temperatures => "temperatures",
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Stream {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Stream::Ledger, Stream::Temperatures].into_iter().find(|stream| stream.word() == text).ok_or(())
    }
}

/// How far a chain is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its last row; 0 for none.
    pub upto: u64,
    /// That row's hash; the chain's first hash for none.
    pub hash: Hash,
}

/// What is to be done with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It continues the chain: keep it.
    Take(Head),
    /// All of it is known.
    Known,
    /// It does not: set it aside for this reason, and ask for the rows after `after`.
    Again {
        /// The last row that stands here.
        after: u64,
        /// What is wrong, for people.
        why: String,
    },
}

/// Judges a batch of the ledger by what stands here.
pub fn judge(head: Head, batch: &Batch) -> Verdict {
    if batch.last <= head.upto && batch.first > 0 {
        return Verdict::Known;
    }
    let again = |why: String| Verdict::Again { after: head.upto, why };
    if batch.first != head.upto + 1 {
        return again(format!(
            "rows {} to {} do not follow row {}: a gap",
            batch.first, batch.last, head.upto
        ));
    }
    if batch.before != head.hash {
        return again(format!(
            "row {} builds on another row {} than the one that stands here",
            batch.first, head.upto
        ));
    }
    match batch.ledger() {
        Ok(_) => Verdict::Take(Head { upto: batch.last, hash: batch.after }),
        Err(error) => again(error.to_string()),
    }
}

/// Why a batch does not read.
fn wrong(what: impl Into<String>) -> DocError {
    DocError::Poisoned { what: what.into() }
}

#[cfg(test)]
mod tests;
