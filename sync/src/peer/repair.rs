//! Documents that differ: which of them this side wants repaired, what automerge's protocol knows of each in this session, and
//! messages and whole documents that come in parts. How parts go out is `parcel`'s; the machine decides when.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::parcel::{MAX_WHOLE, PART};
use crate::doc::{DocKey, MAX_MESSAGE, Repairing};

/// Documents of which a session knows how far their repair has come; the one that was not spoken of for longest gives way.
const TALKS_MAX: usize = 8;
/// Messages that may be on their way in parts.
const COMING_MAX: usize = 8;
/// Times that a wish begins with messages, before the whole document is asked for. What is too much for messages is answered
/// by the whole at once; this is for a line that loses them, and for what the messages do not mend.
const BY_MESSAGES: u32 = 4;
/// Times that a wish is repeated on one connection. Who does not answer so often has nothing to give.
const TRIES_MAX: u32 = 12;

/// How a wish is to be said now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// Automerge's protocol begins.
    Messages,
    /// The whole document.
    Whole,
}

/// Everything this side knows of documents that differ.
#[derive(Debug, Default)]
pub(super) struct Repair {
    wanted: BTreeMap<DocKey, Wish>,
    talks: BTreeMap<DocKey, Talk>,
    coming: BTreeMap<DocKey, Parts>,
    clock: u64,
}

#[derive(Debug, Default)]
struct Wish {
    asked_at: i64,
    tries: u32,
    parts: Parts,
}

/// What is known of the other side's copy; nothing while the caller works on it.
#[derive(Debug, Default)]
struct Talk {
    so_far: Box<Repairing>,
    /// What is said next is the first word.
    begins: bool,
    /// The other side began: it wishes for this document.
    wished: bool,
    used: u64,
}

/// What has come of something that is larger than a frame.
#[derive(Debug, Default)]
struct Parts {
    digest: [u8; 8],
    total: usize,
    have: BTreeMap<u32, Vec<u8>>,
}

/// A part as a frame has it.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) digest: [u8; 8],
    pub(super) total: u32,
    pub(super) offset: u32,
    pub(super) bytes: Vec<u8>,
}

impl Parts {
    /// Takes a part; gives the whole when it is complete and its digest right.
    fn take(&mut self, part: Part, most: usize) -> Option<Vec<u8>> {
        let total = usize::try_from(part.total).ok().filter(|n| *n <= most)?;
        if self.digest != part.digest || self.total != total {
            *self = Self { digest: part.digest, total, have: BTreeMap::new() };
        }
        let offset = usize::try_from(part.offset).ok()?;
        if offset.checked_add(part.bytes.len())? > total || offset % PART != 0 {
            return None;
        }
        self.have.insert(part.offset, part.bytes);
        if self.have.values().map(Vec::len).sum::<usize>() < total {
            return None;
        }
        let whole: Vec<u8> = std::mem::take(&mut self.have).into_values().flatten().collect();
        (digest_of(&whole) == part.digest).then_some(whole)
    }
}

impl Repair {
    /// Notes a wish; a new one is due.
    pub(super) fn want(&mut self, doc: DocKey) {
        self.wanted.entry(doc).or_insert_with(|| Wish { asked_at: i64::MIN, ..Wish::default() });
    }

    /// A new connection stands: all wishes are due, and nothing is known of the other side's copies.
    pub(super) fn restart(&mut self) {
        self.forget();
        for wish in self.wanted.values_mut() {
            (wish.asked_at, wish.tries) = (i64::MIN, 0);
        }
    }

    /// The session is over: what belongs to it goes.
    pub(super) fn forget(&mut self) {
        self.talks.clear();
        self.coming.clear();
    }

    /// The next moment a wish must be repeated.
    pub(super) fn due_at(&self, wait_ms: u64) -> Option<i64> {
        self.wanted.values().map(|wish| wish.asked_at.saturating_add_unsigned(wait_ms)).min()
    }

    /// Wishes to say now, for the first time or again. One that was said too often is given up.
    pub(super) fn due(&mut self, now_ms: i64, wait_ms: u64, by_messages: bool) -> Vec<(DocKey, Ask)> {
        self.wanted.retain(|_, wish| {
            wish.tries < TRIES_MAX || wish.asked_at.saturating_add_unsigned(wait_ms) > now_ms
        });
        let mut out = Vec::new();
        for (doc, wish) in &mut self.wanted {
            if wish.asked_at.saturating_add_unsigned(wait_ms) <= now_ms {
                wish.asked_at = now_ms;
                wish.tries += 1;
                let messages = by_messages && wish.tries <= BY_MESSAGES;
                out.push((*doc, if messages { Ask::Messages } else { Ask::Whole }));
            }
        }
        out
    }

    /// This side begins to speak of a document.
    pub(super) fn begin(&mut self, doc: DocKey) {
        let wished = self.talks.get(&doc).is_some_and(|talk| talk.wished);
        self.keep(doc, Talk { begins: true, wished, ..Talk::default() });
    }

    /// A part of a message about a document. Gives what is known of it and the message, when it is complete.
    pub(super) fn hear(
        &mut self,
        now_ms: i64,
        (doc, begins): (DocKey, bool),
        part: Part,
    ) -> Option<(Box<Repairing>, Vec<u8>)> {
        self.progress(doc, now_ms);
        if !self.coming.contains_key(&doc) && self.coming.len() >= COMING_MAX {
            self.coming.pop_first();
        }
        let message = self.coming.entry(doc).or_default().take(part, MAX_MESSAGE)?;
        self.coming.remove(&doc);
        let known = self.talks.remove(&doc).filter(|_| !begins).unwrap_or_default();
        let wished = known.wished || begins;
        self.keep(doc, Talk { wished, ..Talk::default() });
        Some((known.so_far, message))
    }

    /// What is known now of a document. Gives whether what is said next begins, and whether the other side wishes for it.
    pub(super) fn heard(&mut self, doc: DocKey, so_far: Box<Repairing>, level: bool) -> (bool, bool) {
        if level {
            self.wanted.remove(&doc);
        }
        let talk = self.talks.remove(&doc).unwrap_or_default();
        let (begins, wished) = (talk.begins, talk.wished);
        self.keep(doc, Talk { so_far, begins: false, wished, used: 0 });
        (begins, wished)
    }

    fn keep(&mut self, doc: DocKey, talk: Talk) {
        self.clock += 1;
        self.talks.insert(doc, Talk { used: self.clock, ..talk });
        while self.talks.len() > TALKS_MAX {
            let oldest = self.talks.iter().min_by_key(|(_, talk)| talk.used).map(|(doc, _)| *doc);
            let Some(oldest) = oldest else { return };
            self.talks.remove(&oldest);
        }
    }

    /// Takes a part of a whole document; gives the whole when it is complete. Parts nobody asked for are dropped.
    pub(super) fn take_whole(&mut self, now_ms: i64, doc: DocKey, part: Part) -> Option<Vec<u8>> {
        self.progress(doc, now_ms);
        let whole = self.wanted.get_mut(&doc)?.parts.take(part, MAX_WHOLE)?;
        self.wanted.remove(&doc);
        Some(whole)
    }

    /// Something comes: no reason to ask again yet.
    fn progress(&mut self, doc: DocKey, now_ms: i64) {
        if let Some(wish) = self.wanted.get_mut(&doc) {
            wish.asked_at = wish.asked_at.max(now_ms);
        }
    }
}

/// First bytes of the SHA-256.
pub(super) fn digest_of(bytes: &[u8]) -> [u8; 8] {
    let full: [u8; 32] = Sha256::digest(bytes).into();
    std::array::from_fn(|i| full[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(bytes: &[u8]) -> Part {
        let total = u32::try_from(bytes.len()).unwrap();
        Part { digest: digest_of(bytes), total, offset: 0, bytes: bytes.to_vec() }
    }

    fn doc(hour: i64) -> DocKey {
        DocKey::Orders { hour }
    }

    #[test]
    fn a_session_knows_of_few_documents_and_of_none_when_it_is_over() {
        let mut repair = Repair::default();
        for hour in 0..100 {
            assert!(repair.hear(0, (doc(hour), true), part(b"said")).is_some());
            let (_, wished) = repair.heard(doc(hour), Box::default(), false);
            assert!(wished);
            let first_half = Part { bytes: vec![1; 4], total: 8, ..part(b"half") };
            assert!(repair.hear(0, (doc(1_000 + hour), false), first_half).is_none());
        }
        assert_eq!((repair.talks.len(), repair.coming.len()), (TALKS_MAX, COMING_MAX));
        assert!(
            repair.talks.contains_key(&doc(99)) && !repair.talks.contains_key(&doc(0)),
            "the newest stay"
        );
        repair.want(doc(5));
        repair.forget();
        assert_eq!((repair.talks.len(), repair.coming.len(), repair.wanted.len()), (0, 0, 1));
    }

    #[test]
    fn a_wish_that_nobody_answers_is_said_otherwise_and_then_given_up() {
        let mut repair = Repair::default();
        repair.want(doc(5));
        let mut said = Vec::new();
        for now in (0..200_000).step_by(500) {
            said.extend(repair.due(now, 3_000, true).into_iter().map(|(_, ask)| ask));
        }
        assert_eq!(said[..4], [Ask::Messages; BY_MESSAGES as usize]);
        assert!(said[4..].iter().all(|ask| *ask == Ask::Whole));
        assert_eq!(said.len(), TRIES_MAX as usize);
        repair.want(doc(5));
        assert_eq!(
            repair.due(300_000, 3_000, false),
            vec![(doc(5), Ask::Whole)],
            "a side that is too old for more"
        );
    }
}
