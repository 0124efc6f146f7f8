//! Fields one after the other, each of a known length, so that no two rows have the same bytes under a hash.

use super::Hash;
use sha2::{Digest, Sha256};

/// A hash that grows field by field.
#[derive(Debug)]
pub struct Fold(Sha256);

impl Fold {
    /// Begins with what it is a hash of.
    pub fn new(what: &str) -> Self {
        let mut fold = Self(Sha256::new());
        fold.text(what);
        fold
    }

    /// Bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A number.
    pub fn number(&mut self, number: i64) {
        self.0.update(number.to_be_bytes());
    }

    /// A number that may be missing.
    pub fn maybe(&mut self, number: Option<i64>) {
        self.0.update([u8::from(number.is_some())]);
        self.number(number.unwrap_or_default());
    }

    /// The hash.
    pub fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}
