//! Rows of tables that are chains of hashes (the ledger, temperatures), shipped in batches: no CRDT, nothing merges. A batch
//! says from which hash it goes on; the hub recomputes the chain and takes only what continues what it has, and says how far
//! it has come: that alone is where a store goes on, after any break. A gap or a wrong hash is set aside by name, never
//! hidden. Pure: rows come from and go to `db/`.

mod fold;
mod ledger;
mod message;
mod readings;

pub use fold::Fold;
pub use ledger::{Entry, Hash, first, next};
pub use message::{Batch, MAX_BATCH, ROWS_MAX};
pub use readings::Reading;

use model::Timestamp;
use serde::de::DeserializeOwned;
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

/// A row of such a table.
pub trait Row: Serialize + DeserializeOwned {
    /// Which table.
    const STREAM: Stream;
    /// Its place in the chain, from 1.
    fn place(&self) -> i64;
    /// When it was written.
    fn written(&self) -> Timestamp;
    /// Its hash, which covers the one before it.
    fn hash(&self, before: &Hash) -> Hash;
}

impl Stream {
    /// All.
    pub const ALL: [Stream; 2] = [Stream::Ledger, Stream::Temperatures];

    /// The hash before the first row: binds the chain to its store.
    pub fn first(self, store: &str) -> Hash {
        match self {
            Stream::Ledger => ledger::first(store),
            Stream::Temperatures => readings::first(store),
        }
    }

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
        Stream::ALL.into_iter().find(|stream| stream.word() == text).ok_or(())
    }
}

/// How far a chain is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its last row; 0 for none.
    pub upto: u64,
    /// That row's hash; the chain's first hash for none.
    pub hash: Hash,
}

/// What came of a batch at the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// How far the chain has come.
    pub head: Head,
    /// Why the batch is not in it.
    pub broken: Option<String>,
}

/// A SHA-256 from its hexadecimal digits.
pub fn hash_of(digits: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    let pairs =
        digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    if digits.len() != 2 * hash.len() {
        return None;
    }
    for (byte, digit) in hash.iter_mut().zip(pairs) {
        *byte = digit?;
    }
    Some(hash)
}

/// What is to be done with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It continues the chain: keep it.
    Take(Head),
    /// All of it is known.
    Known,
    /// It does not: set it aside for this reason, for people. The store goes on after what stands here.
    Broken(String),
}

/// Judges a batch of a stream by what stands here. Nothing of it is believed: all its rows are hashed anew.
pub fn judge(stream: Stream, head: Head, batch: &Batch) -> Verdict {
    if let Err(error) = batch.check(stream) {
        return Verdict::Broken(error.to_string());
    }
    if batch.last < head.upto || (batch.last == head.upto && batch.after == head.hash) {
        return Verdict::Known;
    }
    if batch.last == head.upto {
        return Verdict::Broken(format!("row {} is another one than the one that stands here", batch.last));
    }
    if batch.first != head.upto + 1 {
        return Verdict::Broken(format!(
            "rows {} to {} do not follow row {}: a gap",
            batch.first, batch.last, head.upto
        ));
    }
    if batch.before != head.hash {
        return Verdict::Broken(format!(
            "row {} builds on another row {} than the one that stands here",
            batch.first, head.upto
        ));
    }
    Verdict::Take(Head { upto: batch.last, hash: batch.after })
}

/// Why a batch does not read.
fn wrong(what: impl Into<String>) -> DocError {
    DocError::Poisoned { what: what.into() }
}

#[cfg(test)]
mod tests;
