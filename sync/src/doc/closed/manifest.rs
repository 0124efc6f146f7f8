//! What both sides hold of closed hours, compared on connect. Judgement only.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::doc::DocKey;

/// The most entries that one manifest carries: the newest, five days of full hours.
pub const MANIFEST_MAX: usize = 128;

/// One closed document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestEntry {
    /// Which one.
    pub doc: DocKey,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
    /// Bytes of its blob at the speaker's (the compressor may differ).
    pub length: u32,
}

/// A document on which two manifests do not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// Closed here, not there: normal for minutes, later a blob to be given to the other side.
    NotThere(DocKey),
    /// Closed there, not here: to be asked for.
    NotHere(DocKey),
    /// Closed at both, with different content: a person must look, nothing is overwritten.
    Differs(DocKey),
}

/// Hours that both have closed with the same content.
pub fn same_hours(mine: &[ManifestEntry], theirs: &[ManifestEntry]) -> Vec<i64> {
    let mine: BTreeMap<DocKey, [u8; 32]> = mine.iter().map(|entry| (entry.doc, entry.sha256)).collect();
    let same = theirs.iter().filter(|entry| mine.get(&entry.doc) == Some(&entry.sha256));
    same.filter_map(|entry| match entry.doc {
        DocKey::Orders { hour } => Some(hour),
        DocKey::Quota { .. } | DocKey::Stock { .. } | DocKey::Catalogue { .. } | DocKey::Alarms { .. } => {
            None
        }
    })
    .collect()
}

/// Compares two manifests. Hours older than the oldest entry of either are not judged: the other side has cut its list.
pub fn compare(mine: &[ManifestEntry], theirs: &[ManifestEntry]) -> Vec<Difference> {
    let floor = |list: &[ManifestEntry]| {
        if list.len() < MANIFEST_MAX { None } else { list.iter().map(|entry| entry.doc).min() }
    };
    let from = floor(mine).max(floor(theirs));
    let by_doc = |list: &[ManifestEntry]| -> BTreeMap<DocKey, [u8; 32]> {
        list.iter().filter(|e| from.is_none_or(|from| e.doc >= from)).map(|e| (e.doc, e.sha256)).collect()
    };
    let (mine, theirs) = (by_doc(mine), by_doc(theirs));
    let mut out = Vec::new();
    for (doc, sha) in &mine {
        match theirs.get(doc) {
            None => out.push(Difference::NotThere(*doc)),
            Some(other) if other != sha => out.push(Difference::Differs(*doc)),
            Some(_) => {}
        }
    }
    out.extend(theirs.keys().filter(|doc| !mine.contains_key(doc)).map(|doc| Difference::NotHere(*doc)));
    out
}
