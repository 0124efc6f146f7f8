//! Automerge actor ids, explicit and never reused: side, store and boot number. A forged one cannot be cut out of a
//! document afterwards, so the id is checked before a change is applied.

use automerge::ActorId;
use model::id::StoreId;
use model::order::Owner;
use sha2::{Digest, Sha256};

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

const HUB: u8 = b'h';
const STORE: u8 = b's';
/// Bytes of the store's digest inside an actor id.
const DIGEST: usize = 4;

impl DocActor {
    /// The id: side, four bytes of the store id's SHA-256, boot number without leading zeros.
    pub(crate) fn id(&self) -> ActorId {
        let mut bytes = vec![match self.side {
            Owner::Hub => HUB,
            Owner::Store => STORE,
        }];
        bytes.extend(store_digest(&self.store));
        bytes.extend(self.boot.to_be_bytes().into_iter().skip_while(|b| *b == 0));
        ActorId::from(bytes)
    }
}

/// The side that an actor id speaks for, if it is one of this store's.
pub(crate) fn side_of(actor: &ActorId, store: &StoreId) -> Option<Owner> {
    let bytes = actor.to_bytes();
    let (&side, rest) = bytes.split_first()?;
    let (digest, boot) = rest.split_at_checked(DIGEST)?;
    if digest != store_digest(store) || boot.len() > 4 || boot.first() == Some(&0) {
        return None;
    }
    match side {
        HUB => Some(Owner::Hub),
        STORE => Some(Owner::Store),
        _ => None,
    }
}

fn store_digest(store: &StoreId) -> [u8; DIGEST] {
    let hash: [u8; 32] = Sha256::digest(store.as_str().as_bytes()).into();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The actor of every document's first change: neither side.
pub(crate) fn genesis() -> ActorId {
    ActorId::from([0u8].as_slice())
}
