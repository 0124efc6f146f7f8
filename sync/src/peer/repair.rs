//! Whole documents in parts: asking until one has come, and putting the parts together. The session decides when.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::doc::DocKey;
use crate::wire::Frame;

/// Bytes of one part.
const PART: usize = 128 * 1024;
/// The largest whole document in bytes; an hour of a very busy store is under 1 MB.
const MAX_WHOLE: usize = 8 * 1024 * 1024;

/// Whole documents asked for.
#[derive(Debug, Default)]
pub(super) struct Repair {
    wanted: BTreeMap<DocKey, Parts>,
}

#[derive(Debug, Default)]
struct Parts {
    digest: [u8; 8],
    total: usize,
    have: BTreeMap<u32, Vec<u8>>,
    asked_at: i64,
}

impl Repair {
    /// Notes a wish. True when it is new.
    pub(super) fn want(&mut self, doc: DocKey, now_ms: i64) -> bool {
        let new = !self.wanted.contains_key(&doc);
        self.wanted.entry(doc).or_insert_with(|| Parts { asked_at: now_ms, ..Parts::default() });
        new
    }

    /// Forgets when it asked, so that all wishes are due: a new connection stands.
    pub(super) fn restart(&mut self) {
        for parts in self.wanted.values_mut() {
            parts.asked_at = i64::MIN;
        }
    }

    /// The next moment a wish must be repeated.
    pub(super) fn due_at(&self, wait_ms: u64) -> Option<i64> {
        self.wanted.values().map(|p| p.asked_at.saturating_add_unsigned(wait_ms)).min()
    }

    /// Wishes to repeat now.
    pub(super) fn again(&mut self, now_ms: i64, wait_ms: u64) -> Vec<DocKey> {
        let mut out = Vec::new();
        for (doc, parts) in &mut self.wanted {
            if parts.asked_at.saturating_add_unsigned(wait_ms) <= now_ms {
                parts.asked_at = now_ms;
                out.push(*doc);
            }
        }
        out
    }

    /// Takes a part; gives the whole when it is complete and its digest right. Parts nobody asked for are dropped.
    pub(super) fn take(
        &mut self,
        doc: DocKey,
        digest: [u8; 8],
        total: u32,
        (offset, bytes): (u32, Vec<u8>),
    ) -> Option<Vec<u8>> {
        let parts = self.wanted.get_mut(&doc)?;
        let total = usize::try_from(total).ok().filter(|n| *n <= MAX_WHOLE)?;
        if parts.digest != digest || parts.total != total {
            parts.digest = digest;
            parts.total = total;
            parts.have.clear();
        }
        let end = usize::try_from(offset).ok()?.checked_add(bytes.len())?;
        if end > total || usize::try_from(offset).ok()? % PART != 0 {
            return None;
        }
        parts.have.insert(offset, bytes);
        if parts.have.values().map(Vec::len).sum::<usize>() < total {
            return None;
        }
        let whole: Vec<u8> = parts.have.values().flatten().copied().collect();
        if digest_of(&whole) != digest {
            parts.have.clear();
            return None;
        }
        self.wanted.remove(&doc);
        Some(whole)
    }
}

/// The frames that carry a whole document; none when it is too large to be sent.
pub(super) fn frames(doc: DocKey, bytes: &[u8]) -> Vec<Frame> {
    if bytes.len() > MAX_WHOLE {
        return Vec::new();
    }
    let digest = digest_of(bytes);
    let (Ok(total), parts) = (u32::try_from(bytes.len()), bytes.chunks(PART)) else { return Vec::new() };
    let part = |(i, part): (usize, &[u8])| {
        let offset = u32::try_from(i * PART).unwrap_or(u32::MAX);
        Frame::Whole { doc, digest, total, offset, bytes: part.to_vec() }
    };
    parts.enumerate().map(part).collect()
}

fn digest_of(bytes: &[u8]) -> [u8; 8] {
    let full: [u8; 32] = Sha256::digest(bytes).into();
    std::array::from_fn(|i| full[i])
}
