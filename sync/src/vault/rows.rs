//! Rows of a database as a backup carries them: any table by its columns' names, and the ledger by itself, without its
//! hashes, which follow from its rows.

use serde::{Deserialize, Serialize};

/// A value of SQLite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// Rows of one table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    /// The table.
    pub table: String,
    /// Its columns, as the rows have them.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A row of the ledger without its number and hash: both follow from its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// When, milliseconds since 1970.
    pub at: i64,
    /// Kind, SKU, lot, bin, person, device, why, reference.
    pub words: [String; 8],
    /// Units; on hand, reserved and blocked, each before and after.
    pub numbers: [i64; 7],
    /// The command that caused it.
    pub command: Vec<u8>,
}

/// A run of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerPart {
    /// Number of the first row.
    pub first: i64,
    /// Hash of the row before it.
    pub before: [u8; 32],
    /// The rows.
    pub rows: Vec<LedgerRow>,
    /// Hashes that do not follow from the rows (a damaged ledger is carried as it is), by their place.
    pub odd: Vec<(u32, Vec<u8>)>,
}

/// What one object holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Pack {
    /// Rows of tables.
    Tables(Vec<Rows>),
    /// A run of the ledger.
    Ledger(LedgerPart),
    /// A part of a file: a whole database (the hub's) or a small file beside it.
    File {
        /// Which.
        name: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

impl Pack {
    /// As bytes.
    ///
    /// # Errors
    /// Never for values of this shape.
    pub fn encode(&self) -> Result<Vec<u8>, super::VaultError> {
        postcard::to_stdvec(self).map_err(|error| super::VaultError::Form(error.to_string()))
    }

    /// From bytes.
    ///
    /// # Errors
    /// [`super::VaultError::Form`].
    pub fn decode(bytes: &[u8]) -> Result<Self, super::VaultError> {
        postcard::from_bytes(bytes).map_err(|error| super::VaultError::Form(error.to_string()))
    }
}
