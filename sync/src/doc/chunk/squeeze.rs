//! A tiny copy-or-literal coding against a fixed dictionary. Changes of some 50 bytes are too short for zstd, yet most of
//! each is the same column layout. The dictionary is part of the format: change it only under a new chunk kind.
//!
//! A token below 0x60 is followed by `token + 1` literal bytes; any other is followed by a place in the dictionary, from
//! which `token - 0x60 + 3` bytes are copied.

use super::super::actor::StoreDigest;

const COPY: u8 = 0x60;
const MIN_COPY: usize = 3;
const MAX_COPY: usize = (u8::MAX - COPY) as usize + MIN_COPY;
const MAX_LITERAL: usize = COPY as usize;
/// The most bytes a change may unfold to.
const MAX_CHANGE: usize = 1024 * 1024;

/// Layouts of the usual changes as automerge 0.12 writes them, between the parts that differ.
const LAYOUTS: &[&[u8]] = &[
    // one moment
    b"\x08\x01\x02\x02\x02\x03\x15\x04\x34\x01\x42\x02\x56\x02\x57\x03\x70\x02\x7f\x01\x7f",
    b"\x7f\x02",
    b"\x01\x7f\x01\x7f\x34",
    // two moments or more at once
    b"\x00\x00\x00\x08\x01\x02\x02\x03\x15\x07\x34\x01\x42\x02\x56\x02\x57\x06\x70\x02\x00\x02\x00\x02",
    b"\x7e\x02",
    b"\x02\x02\x02\x01\x02\x34",
    // a new order
    b"\x00\x00\x01\x00\x08\x01\x04\x02\x05\x15\x20\x34\x01\x42\x04\x56\x06\x57",
    b"\x70\x02\x7f\x01\x03\x00\x7f\x01\x03",
    b"\x7c\x16",
    b"\x02\x63\x66\x01\x68\x02\x70\x6c\x04\x7f\x00\x03\x01\x7c\x00\x34",
    // packed, with picks
    b"\x08\x01\x02\x02\x02\x03\x15\x06\x34\x01\x42\x02\x56\x04\x57\x2b",
    b"\x70\x02\x02\x01\x02",
    b"\x7e\x01\x70\x02\x70\x64\x02\x02\x01\x7e\x87\x05\x34\x01\x02\x06\x08\x21",
    // grants
    b"\x00\x00\x01\x01\x00\x0a\x01\x02\x02\x03\x15",
    b"\x15\x0b\x34\x01\x42\x02\x56\x02\x57\x01\x70\x02",
    b"\x70\x02\x71\x02\x73\x03\x7f\x01\x7f",
    b"\x7f\x01\x7f\x13",
    b"\x7f\x01\x7f\x00",
];

fn dictionary(store: StoreDigest) -> Vec<u8> {
    let mut out: Vec<u8> = LAYOUTS.concat();
    for side in [b'h', b's'] {
        out.extend([0, 0, 1, 6, side]);
        out.extend(store);
    }
    out
}

/// The short form.
pub(super) fn squeeze(rest: &[u8], store: StoreDigest) -> Vec<u8> {
    let dictionary = dictionary(store);
    let starts = starts(&dictionary);
    let mut out = Vec::with_capacity(rest.len());
    let (mut literal, mut at) = (0, 0);
    while let Some(left) = rest.get(at..).filter(|left| !left.is_empty()) {
        match longest(&dictionary, &starts, left) {
            Some((place, len)) => {
                put_literal(&mut out, rest.get(literal..at).unwrap_or_default());
                out.extend([COPY + (len - MIN_COPY) as u8, place]);
                at += len;
                literal = at;
            }
            None => at += 1,
        }
    }
    put_literal(&mut out, rest.get(literal..).unwrap_or_default());
    out
}

/// The full form; `None` for what no `squeeze` wrote.
pub(super) fn unfold(mut bytes: &[u8], store: StoreDigest) -> Option<Vec<u8>> {
    let dictionary = dictionary(store);
    let mut out = Vec::new();
    while let Some((&token, after)) = bytes.split_first() {
        if token < COPY {
            let (literal, after) = after.split_at_checked(usize::from(token) + 1)?;
            out.extend(literal);
            bytes = after;
        } else {
            let (&at, after) = after.split_first()?;
            let len = usize::from(token - COPY) + MIN_COPY;
            out.extend(dictionary.get(usize::from(at)..usize::from(at) + len)?);
            bytes = after;
        }
        if out.len() > MAX_CHANGE {
            return None;
        }
    }
    Some(out)
}

fn put_literal(out: &mut Vec<u8>, literal: &[u8]) {
    for run in literal.chunks(MAX_LITERAL) {
        out.push((run.len() - 1) as u8);
        out.extend(run);
    }
}

/// Every place of the dictionary that a copy can begin at, by the three bytes that stand there, then by place.
fn starts(dictionary: &[u8]) -> Vec<([u8; MIN_COPY], u8)> {
    let windows = dictionary.windows(MIN_COPY).zip(0_u8..=u8::MAX);
    let mut starts: Vec<_> =
        windows.filter_map(|(bytes, at)| bytes.try_into().ok().map(|bytes| (bytes, at))).collect();
    starts.sort_unstable();
    starts
}

/// The longest copy that the beginning of `left` allows; the first of several.
fn longest(dictionary: &[u8], starts: &[([u8; MIN_COPY], u8)], left: &[u8]) -> Option<(u8, usize)> {
    let begin: [u8; MIN_COPY] = *left.first_chunk()?;
    let from = starts.partition_point(|(bytes, _)| *bytes < begin);
    let mut best: Option<(u8, usize)> = None;
    for (_, at) in starts.get(from..)?.iter().take_while(|(bytes, _)| *bytes == begin) {
        let from = dictionary.get(usize::from(*at)..).unwrap_or_default();
        let len = from.iter().zip(left).take_while(|(a, b)| a == b).count().min(MAX_COPY);
        if best.is_none_or(|(_, most)| len > most) {
            best = Some((*at, len));
        }
    }
    best
}
