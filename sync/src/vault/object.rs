//! A sealed object: a short open head (what kind, which object came before), then what the key protects. Its name is the
//! SHA-256 of all its bytes, so whoever keeps it can check it without being able to read it.

use super::VaultError;
use super::key::DataKey;
use aws_lc_rs::aead::NONCE_LEN;
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The most bytes of an object.
pub const OBJECT_MAX: usize = 1024 * 1024;
/// The most bytes that an object unfolds to.
const PLAIN_MAX: usize = 16 * 1024 * 1024;
const MAGIC: &[u8; 4] = b"LDB1";
const HEAD: usize = MAGIC.len() + 1 + 32;
/// How hard zstd works: more costs a small machine more time than a link saves.
const LEVEL: i32 = 3;

/// An object's name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name(pub [u8; 32]);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Name {
    type Err = VaultError;
    fn from_str(text: &str) -> Result<Self, VaultError> {
        let bad = || {
            VaultError::Form(format!("{:?} is no object's name", text.chars().take(80).collect::<String>()))
        };
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(bad());
        }
        let mut name = [0; 32];
        for (at, byte) in name.iter_mut().enumerate() {
            let digits = text.get(at * 2..at * 2 + 2).ok_or_else(bad)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| bad())?;
        }
        Ok(Self(name))
    }
}

/// What an object is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Rows that a head lists.
    Listed,
    /// A link of the chain of old ledger and closed orders; the name of the one before it stands in it.
    Link(Option<Name>),
    /// What a head says to those who have the key.
    Manifest,
}

impl Kind {
    fn head(self) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        head[..MAGIC.len()].copy_from_slice(MAGIC);
        let (kind, before) = match self {
            Kind::Listed => (0, None),
            Kind::Link(before) => (1, before),
            Kind::Manifest => (2, None),
        };
        head[MAGIC.len()] = kind;
        if let Some(Name(before)) = before {
            head[MAGIC.len() + 1..].copy_from_slice(&before);
        }
        head
    }

    /// What stands open at the beginning of an object.
    ///
    /// # Errors
    /// [`VaultError::Form`].
    pub fn of(bytes: &[u8]) -> Result<Self, VaultError> {
        let form = || VaultError::Form("no object of a backup".to_owned());
        let head = bytes.get(..HEAD).ok_or_else(form)?;
        let before: [u8; 32] = head[MAGIC.len() + 1..].try_into().map_err(|_| form())?;
        match (head.starts_with(MAGIC), head[MAGIC.len()]) {
            (true, 0) => Ok(Kind::Listed),
            (true, 1) => Ok(Kind::Link((before != [0; 32]).then_some(Name(before)))),
            (true, 2) => Ok(Kind::Manifest),
            _ => Err(form()),
        }
    }
}

/// A sealed object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its name.
    pub name: Name,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Sealed {
    /// Packs and encrypts.
    ///
    /// # Errors
    /// [`VaultError::Large`] for content that would not fit.
    pub fn new(key: &DataKey, kind: Kind, plain: &[u8]) -> Result<Self, VaultError> {
        if plain.len() > PLAIN_MAX {
            return Err(VaultError::Large { size: plain.len(), most: PLAIN_MAX });
        }
        let packed =
            zstd::bulk::compress(plain, LEVEL).map_err(|error| VaultError::Form(error.to_string()))?;
        let head = kind.head();
        let (nonce, sealed) = key.seal(&head, &packed)?;
        let mut bytes = head.to_vec();
        bytes.extend(nonce);
        bytes.extend(sealed);
        if bytes.len() > OBJECT_MAX {
            return Err(VaultError::Large { size: bytes.len(), most: OBJECT_MAX });
        }
        Ok(Self { name: name_of(&bytes), bytes })
    }

    /// Decrypts and unfolds an object's bytes.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn open(key: &DataKey, bytes: &[u8]) -> Result<(Kind, Vec<u8>), VaultError> {
        let kind = Kind::of(bytes)?;
        let form = || VaultError::Form("an object is cut off".to_owned());
        let nonce: [u8; NONCE_LEN] =
            bytes.get(HEAD..HEAD + NONCE_LEN).and_then(|n| n.try_into().ok()).ok_or_else(form)?;
        let packed = key.open(nonce, &bytes[..HEAD], bytes.get(HEAD + NONCE_LEN..).ok_or_else(form)?)?;
        let plain = zstd::bulk::decompress(&packed, PLAIN_MAX)
            .map_err(|error| VaultError::Form(error.to_string()))?;
        Ok((kind, plain))
    }
}

/// The name that bytes have.
pub fn name_of(bytes: &[u8]) -> Name {
    let mut name = [0; 32];
    name.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    Name(name)
}
