//! Backups as both sides and a USB stick keep them: rows packed into sealed objects that are named by their own SHA-256, and
//! a head that says which objects together are one moment of a store. Bytes in, bytes out; never a file, socket or clock.
//!
//! What protects what: an object is encrypted with the store's *data key* (AES-256-GCM-SIV; the nonce comes from the content,
//! so equal content is an equal object and is sent once). The data key lies on the store's disk and, wrapped by the
//! *recovery key*, in every head. The recovery key is shown once and kept by the owner on paper: a thief of the hub's disk
//! or of a USB stick without it learns sizes and times, nothing else; a thief of the store's disk has the store's data anyhow.

pub mod head;
pub mod key;
pub mod object;
pub mod record;
pub mod rows;

pub use head::{Head, HubContents, Manifest, Note, StoreContents, StoredFile};
pub use key::{DataKey, Keys, RecoveryKey, Wrapped};
pub use object::{Kind, Name, OBJECT_MAX, Sealed};
pub use rows::{Cell, LedgerPart, LedgerRow, Pack, Rows};

#[cfg(test)]
mod tests;

/// Why bytes are no backup, or not ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Wrong key, or changed bytes: the seal cannot tell which.
    #[error("the seal does not open: another key, or the bytes were changed")]
    Seal,
    /// The bytes are not what is wanted here.
    #[error("no backup: {0}")]
    Form(String),
    /// A recovery key was mistyped.
    #[error(
        "this is no recovery key: {0}; it has 34 signs, such as ABCD-EFGH-JKMN-PQRS-TVWX-YZ01-2345-6789-AB"
    )]
    Recovery(&'static str),
    /// Larger than anything we make.
    #[error("{size} bytes, at most {most}")]
    Large {
        /// What was given.
        size: usize,
        /// The bound.
        most: usize,
    },
}
