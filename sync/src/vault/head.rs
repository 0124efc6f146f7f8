//! The head of a backup: what its keeper may know (whose, when, which objects) and what only the key opens. The sealed part
//! repeats the open one, so that a keeper who changes it is found out.

use super::key::{DataKey, Wrapped};
use super::object::{Kind, Name, Sealed};
use super::{OBJECT_MAX, VaultError};
use model::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The most bytes of a head: a list of some 20,000 names.
pub const HEAD_MAX: usize = OBJECT_MAX;
/// The form of heads; a reader refuses a later one.
const FORM: u16 = 1;

/// What the keeper of a backup may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// See [`FORM`].
    form: u16,
    /// Whose: a store's id, or `hub`.
    pub owner: String,
    /// The store's epoch E, or the hub's generation G: an older one may not publish.
    pub term: u64,
    /// Heads of one owner are numbered from 1.
    pub number: u64,
    /// The moment it shows.
    pub at: Timestamp,
    /// Objects that are needed to sell.
    pub first: Vec<Name>,
    /// Objects that may come afterwards.
    pub later: Vec<Name>,
    /// The newest link of the chain of history.
    pub link: Option<Name>,
    /// Links of the chain.
    pub links: u64,
    /// Bytes of everything listed; without the chain.
    pub bytes: u64,
}

impl Note {
    /// An empty note.
    pub const fn new(owner: String, term: u64, number: u64, at: Timestamp) -> Self {
        Self {
            form: FORM,
            owner,
            term,
            number,
            at,
            first: Vec::new(),
            later: Vec::new(),
            link: None,
            links: 0,
            bytes: 0,
        }
    }
}

/// A file that lies beside the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Its name within the data folder; `store.toml` is the store's own file.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What the head of a store's backup says to those who have the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreContents {
    /// Schema of the database.
    pub schema: i64,
    /// Rows of the ledger up to here are in the chain.
    pub ledger_linked: i64,
    /// Hash of that row.
    pub ledger_hash: [u8; 32],
    /// The ledger's last row and its hash.
    pub ledger_head: (i64, [u8; 32]),
    /// Order events up to here are in the chain, with their orders.
    pub events_linked: i64,
    /// Rows by table in the objects that come first: what a rehearsal must find.
    pub counts: Vec<(String, u64)>,
    /// store.toml and the secrets beside the database.
    pub files: Vec<StoredFile>,
}

/// What the head of a hub's backup says to those who have the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubContents {
    /// Bytes of the database.
    pub database_bytes: u64,
    /// SHA-256 of the database.
    pub database_sha256: [u8; 32],
    /// The hub's key and its configuration.
    pub files: Vec<StoredFile>,
}

/// A head that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest<T> {
    /// What stands open.
    pub note: Note,
    /// What was sealed.
    pub contents: T,
}

/// A head as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// What stands open.
    pub note: Note,
    wrapped: Vec<u8>,
    sealed: Vec<u8>,
}

impl Head {
    /// Seals a manifest.
    ///
    /// # Errors
    /// [`VaultError`] when it lists too much.
    pub fn seal<T: Serialize>(
        key: &DataKey,
        wrapped: &Wrapped,
        manifest: &Manifest<T>,
    ) -> Result<Self, VaultError> {
        let plain = postcard::to_stdvec(manifest).map_err(|error| VaultError::Form(error.to_string()))?;
        let sealed = Sealed::new(key, Kind::Manifest, &plain)?;
        Ok(Self { note: manifest.note.clone(), wrapped: wrapped.0.clone(), sealed: sealed.bytes })
    }

    /// Opens what was sealed.
    ///
    /// # Errors
    /// [`VaultError`]; also when the open part is not what was sealed.
    pub fn open<T: DeserializeOwned>(&self, key: &DataKey) -> Result<Manifest<T>, VaultError> {
        let (_, plain) = Sealed::open(key, &self.sealed)?;
        let manifest: Manifest<T> =
            postcard::from_bytes(&plain).map_err(|error| VaultError::Form(error.to_string()))?;
        if manifest.note == self.note { Ok(manifest) } else { Err(VaultError::Seal) }
    }

    /// The data key, for the recovery key.
    pub fn wrapped(&self) -> Wrapped {
        Wrapped(self.wrapped.clone())
    }

    /// As bytes.
    ///
    /// # Errors
    /// [`VaultError::Large`].
    pub fn encode(&self) -> Result<Vec<u8>, VaultError> {
        let bytes = postcard::to_stdvec(self).map_err(|error| VaultError::Form(error.to_string()))?;
        if bytes.len() > HEAD_MAX {
            return Err(VaultError::Large { size: bytes.len(), most: HEAD_MAX });
        }
        Ok(bytes)
    }

    /// From bytes.
    ///
    /// # Errors
    /// [`VaultError::Form`], also for a form that this program is too old for.
    pub fn decode(bytes: &[u8]) -> Result<Self, VaultError> {
        if bytes.len() > HEAD_MAX {
            return Err(VaultError::Large { size: bytes.len(), most: HEAD_MAX });
        }
        let head: Self = postcard::from_bytes(bytes).map_err(|error| VaultError::Form(error.to_string()))?;
        if head.note.form != FORM {
            return Err(VaultError::Form(format!(
                "it has form {}, this program reads {FORM}",
                head.note.form
            )));
        }
        Ok(head)
    }
}
