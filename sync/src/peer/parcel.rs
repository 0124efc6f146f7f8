//! What is larger than a record and goes out in parts: messages of a repair and whole documents. A part goes only while little
//! is on its way, of the lanes and of the parts together, and only what the bucket gives, so that an order never stands behind
//! more than a moment's worth of repair. A ping follows each part that others follow; its pong says that the part has come
//! through, at every version. Decides which part is next; the machine sends it.

use std::collections::VecDeque;
use std::mem::discriminant;

use super::repair::digest_of;
use crate::doc::DocKey;
use crate::wire::{Frame, REPAIR_SINCE};

/// Every part begins at a multiple of so many bytes, and most are so large.
pub(super) const PART: usize = 16 * 1024;
/// Bytes of a part for a reader of an older version, which takes them at multiples of this only.
const PART_OF_OLD: usize = 128 * 1024;
/// The largest whole document in bytes; an hour of a very busy store is under 1 MB.
pub(super) const MAX_WHOLE: usize = 8 * 1024 * 1024;
/// Bytes that may wait to go out. Who asks for more asks again later.
const WAITING_MAX: usize = MAX_WHOLE + 1024 * 1024;

/// What a parcel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole document.
    Whole,
    /// A message of a repair, the first of this side or a further one.
    Message {
        /// See [`Frame::Repair`].
        begins: bool,
    },
}

#[derive(Debug)]
struct Parcel {
    doc: DocKey,
    kind: Kind,
    digest: [u8; 8],
    bytes: Vec<u8>,
    sent: usize,
}

/// A part on its way, until its pong comes.
#[derive(Debug, Clone, Copy)]
struct Going {
    nonce: u32,
    bytes: usize,
    at_ms: i64,
}

/// What waits to go out, and what is on its way.
#[derive(Debug, Default)]
pub(super) struct Parcels {
    waiting: VecDeque<Parcel>,
    going: VecDeque<Going>,
}

impl Parcels {
    /// Puts something behind what waits. A parcel that is under way already is not begun anew, of one kind about one document
    /// only the newest waits, and what is too large is not sent at all.
    pub(super) fn put(&mut self, doc: DocKey, kind: Kind, bytes: Vec<u8>) {
        let alike = |parcel: &Parcel| parcel.doc == doc && discriminant(&parcel.kind) == discriminant(&kind);
        self.waiting.retain(|parcel| parcel.sent > 0 || !alike(parcel));
        let waiting: usize = self.waiting.iter().map(|parcel| parcel.bytes.len()).sum();
        let fits = bytes.len() <= MAX_WHOLE && waiting + bytes.len() <= WAITING_MAX;
        if bytes.is_empty() || !fits {
            return;
        }
        let digest = digest_of(&bytes);
        let under_way = |parcel: &Parcel| alike(parcel) && parcel.digest == digest;
        if !self.waiting.iter().any(under_way) {
            self.waiting.push_back(Parcel { doc, kind, digest, bytes, sent: 0 });
        }
    }

    /// The connection is over.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
        self.going.clear();
    }

    /// Bytes on their way.
    pub(super) fn in_flight(&self) -> usize {
        self.going.iter().map(|going| going.bytes).sum()
    }

    /// Bytes of the next part, if there is one.
    pub(super) fn next_len(&self, version: u8) -> Option<usize> {
        let parcel = self.waiting.front()?;
        Some((parcel.bytes.len() - parcel.sent).min(part_for(version)))
    }

    /// The next part, and whether others follow it: then `going` is to be told of the ping behind it.
    pub(super) fn next(&mut self, version: u8) -> Option<(Frame, bool)> {
        let parcel = self.waiting.front_mut()?;
        let rest = parcel.bytes.get(parcel.sent..).unwrap_or_default();
        let bytes = rest.get(..part_for(version)).unwrap_or(rest).to_vec();
        let (doc, digest) = (parcel.doc, parcel.digest);
        let total = u32::try_from(parcel.bytes.len()).ok()?;
        let offset = u32::try_from(parcel.sent).ok()?;
        parcel.sent += bytes.len();
        let frame = match parcel.kind {
            Kind::Whole => Frame::Whole { doc, digest, total, offset, bytes },
            Kind::Message { begins } => Frame::Repair { doc, begins, digest, total, offset, bytes },
        };
        if parcel.sent >= parcel.bytes.len() {
            self.waiting.pop_front();
        }
        Some((frame, !self.waiting.is_empty()))
    }

    /// A part has gone, and a ping behind it.
    pub(super) fn went(&mut self, nonce: u32, bytes: usize, at_ms: i64) {
        self.going.push_back(Going { nonce, bytes, at_ms });
    }

    /// A pong: its part and those before it have come through.
    pub(super) fn came(&mut self, nonce: u32) {
        if let Some(at) = self.going.iter().position(|going| going.nonce == nonce) {
            self.going.drain(..=at);
        }
    }

    /// What has had no pong for so long is lost; who misses it asks again.
    pub(super) fn lose(&mut self, now_ms: i64, wait_ms: u64) {
        self.going.retain(|going| going.at_ms.saturating_add_unsigned(wait_ms) > now_ms);
    }

    /// When something on its way counts as lost.
    pub(super) fn due_at(&self, wait_ms: u64) -> Option<i64> {
        self.going.front().map(|going| going.at_ms.saturating_add_unsigned(wait_ms))
    }
}

const fn part_for(version: u8) -> usize {
    if version < REPAIR_SINCE { PART_OF_OLD } else { PART }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::VERSION;

    fn doc(hour: i64) -> DocKey {
        DocKey::Orders { hour }
    }

    #[test]
    fn somebody_who_asks_without_end_fills_no_memory() {
        let mut parcels = Parcels::default();
        let message = |n: usize| vec![u8::try_from(n % 251).unwrap(); 60_000];
        for n in 0..1_000 {
            parcels.put(doc(1), Kind::Message { begins: n % 2 == 0 }, message(n));
        }
        assert_eq!(parcels.waiting.len(), 1, "the newest of one document");
        for n in 0..100 {
            parcels.put(doc(n), Kind::Message { begins: true }, message(0));
            parcels.put(doc(n), Kind::Whole, vec![1; MAX_WHOLE]);
        }
        let waiting: usize = parcels.waiting.iter().map(|parcel| parcel.bytes.len()).sum();
        assert!(waiting <= WAITING_MAX, "{waiting} bytes wait");
        parcels.put(doc(5_000), Kind::Whole, vec![1; MAX_WHOLE + 1]);
        assert!(parcels.waiting.iter().all(|parcel| parcel.doc != doc(5_000)));
    }

    #[test]
    fn what_has_begun_goes_on_to_its_end_and_what_is_lost_makes_room() {
        let mut parcels = Parcels::default();
        parcels.put(doc(1), Kind::Whole, vec![7; 3 * PART]);
        let mut offsets = Vec::new();
        for nonce in 1..=2 {
            let Some((Frame::Whole { offset, .. }, true)) = parcels.next(VERSION) else { panic!("a part") };
            offsets.push(offset as usize);
            parcels.went(nonce, PART, 0);
            // Asked again in its middle.
            parcels.put(doc(1), Kind::Whole, vec![7; 3 * PART]);
        }
        assert_eq!((offsets, parcels.in_flight()), (vec![0, PART], 2 * PART));
        parcels.came(2);
        assert_eq!(parcels.in_flight(), 0, "a later pong says that the earlier part has come too");
        parcels.went(3, PART, 10);
        parcels.lose(3_009, 3_000);
        assert_eq!(parcels.in_flight(), PART);
        parcels.lose(3_010, 3_000);
        assert_eq!(parcels.in_flight(), 0);
        assert!(matches!(parcels.next(VERSION), Some((Frame::Whole { .. }, false))));
        assert!(parcels.next(VERSION).is_none());
    }
}
