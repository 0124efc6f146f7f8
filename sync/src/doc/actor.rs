//! Automerge actor ids, explicit and never reused: side, store and boot number. A forged one cannot be cut out of a
//! document afterwards, so the id is checked before a change is applied.

use automerge::ActorId;
use model::id::StoreId;
use model::order::Owner;
use sha2::{Digest, Sha256};

use super::DocId;

/// Who writes: one side of one store's documents, in one life of its process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocActor {
    /// Which side.
    pub side: Owner,
    /// Whose documents.
    pub store: StoreId,
    /// A number this side never used before.
    pub boot: u32,
}

/// An actor inside the documents of one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Author {
    /// The first change of every document: neither side.
    Genesis,
    /// One life of one side.
    Life(Owner, u32),
}

/// The first bytes of the store id's SHA-256: binds an actor to its store.
pub(crate) type StoreDigest = [u8; 4];

const HUB: u8 = b'h';
const STORE: u8 = b's';

impl Author {
    /// The id: side, store digest, boot number without leading zeros; one zero byte for the first change.
    pub(crate) fn id(self, store: StoreDigest) -> ActorId {
        let (side, boot) = match self {
            Author::Genesis => return ActorId::from([0u8].as_slice()),
            Author::Life(Owner::Hub, boot) => (HUB, boot),
            Author::Life(Owner::Store, boot) => (STORE, boot),
        };
        let mut bytes = vec![side];
        bytes.extend(store);
        bytes.extend(boot.to_be_bytes().into_iter().skip_while(|b| *b == 0));
        ActorId::from(bytes)
    }

    /// Whose id this is, if it is one of this store's documents'.
    pub(crate) fn of(actor: &ActorId, store: StoreDigest) -> Option<Self> {
        let bytes = actor.to_bytes();
        if bytes == [0] {
            return Some(Author::Genesis);
        }
        let (&side, rest) = bytes.split_first()?;
        let (digest, boot) = rest.split_first_chunk::<4>()?;
        if *digest != store || boot.len() > 4 || boot.first() == Some(&0) {
            return None;
        }
        let boot = boot.iter().fold(0u32, |n, b| n << 8 | u32::from(*b));
        match side {
            HUB => Some(Author::Life(Owner::Hub, boot)),
            STORE => Some(Author::Life(Owner::Store, boot)),
            _ => None,
        }
    }

    /// The side that writes; neither for the first change.
    pub(crate) const fn side(self) -> Option<Owner> {
        match self {
            Author::Genesis => None,
            Author::Life(side, _) => Some(side),
        }
    }

    /// As a small number: two bits of kind, then the boot number.
    pub(crate) const fn code(self) -> u64 {
        match self {
            Author::Genesis => 0,
            Author::Life(Owner::Hub, boot) => (boot as u64) << 2 | 1,
            Author::Life(Owner::Store, boot) => (boot as u64) << 2 | 2,
        }
    }

    /// Back from [`Author::code`].
    pub(crate) fn from_code(code: u64) -> Option<Self> {
        let boot = u32::try_from(code >> 2).ok()?;
        match code & 3 {
            0 if boot == 0 => Some(Author::Genesis),
            1 => Some(Author::Life(Owner::Hub, boot)),
            2 => Some(Author::Life(Owner::Store, boot)),
            _ => None,
        }
    }
}

/// The digest that authors of a document carry: of its store's name, or of a text that no store's name can be.
pub(crate) fn digest_of(doc: &DocId) -> StoreDigest {
    let name = doc.store().map_or("a whole city's", |store| store.as_str());
    let hash: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    [hash[0], hash[1], hash[2], hash[3]]
}
