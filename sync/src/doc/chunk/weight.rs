//! How many rows the columns of a change or a document unfold to, counted before automerge unfolds them. Its columns are run
//! lengths, so a hundred bytes may claim 2^60 operations, and a reader that walks them stands still for ever. Every value
//! that Larder writes has a key and mostly bytes of its own, so honest rows stay below a few a byte. Reads, decides; builds
//! nothing.

use super::{CHANGE_TYPE, MAGIC, leb};

/// Rows that a column may have for each byte of the whole.
const ROWS_PER_BYTE: u64 = 8;
/// Rows that are always fine.
const ROWS_FREE: u64 = 1_024;
/// The kind of a whole document's chunk.
const DOCUMENT_TYPE: u8 = 0;
/// The bit of a column that is deflated.
const DEFLATED: u64 = 0b1000;

/// What a column is made of, by the lower bits of its specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// How many rows of other columns belong to each row: runs of numbers.
    Group,
    /// Runs of unsigned numbers.
    Number,
    /// Runs of signed numbers.
    Delta,
    /// Turns between no and yes.
    Boolean,
    /// Runs of texts.
    Text,
    /// Bytes whose lengths stand in another column.
    Raw,
}

impl Kind {
    const fn of(spec: u64) -> Self {
        match spec & 0b111 {
            0 => Self::Group,
            3 => Self::Delta,
            4 => Self::Boolean,
            5 => Self::Text,
            7 => Self::Raw,
            _ => Self::Number,
        }
    }
}

/// Whether a change has no more rows than its bytes can honestly say; `rest` is what follows actor and number in its chunk.
pub(super) fn change_is_honest(rest: &[u8]) -> bool {
    after_head(rest).and_then(|columns| honest(columns, 1, most(rest))).is_some()
}

/// The same of a document as automerge saves it uncompressed: a document, and whole changes that wait beside it.
pub(super) fn document_is_honest(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let Some((kind, body, after)) = chunk(bytes) else { return false };
        let fine = match kind {
            DOCUMENT_TYPE => {
                after_actors_and_heads(body).and_then(|rest| honest(rest, 2, most(body))).is_some()
            }
            CHANGE_TYPE => super::body_after_seq(body).is_some_and(change_is_honest),
            _ => false,
        };
        if !fine {
            return false;
        }
        bytes = after;
    }
    true
}

fn most(bytes: &[u8]) -> u64 {
    (bytes.len() as u64).saturating_mul(ROWS_PER_BYTE).saturating_add(ROWS_FREE)
}

/// Kind, body and what follows.
fn chunk(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let after = bytes.strip_prefix(&MAGIC)?.get(4..)?;
    let (&kind, after) = after.split_first()?;
    let (len, after) = leb::read(after)?;
    let (body, after) = after.split_at_checked(usize::try_from(len).ok()?)?;
    Some((kind, body, after))
}

/// Past first operation, time, message and the other actors.
fn after_head(rest: &[u8]) -> Option<&[u8]> {
    let after = skip_number(skip_number(rest)?)?;
    let after = skip_text(after)?;
    let (actors, after) = leb::read(after)?;
    skip_texts(actors, after)
}

fn after_actors_and_heads(body: &[u8]) -> Option<&[u8]> {
    let (actors, after) = leb::read(body)?;
    let (heads, after) = leb::read(skip_texts(actors, after)?)?;
    after.get(usize::try_from(heads).ok()?.checked_mul(32)?..)
}

/// Goes through as many sets of columns as the chunk has: first all that say what they are, then their bytes.
fn honest(mut bytes: &[u8], sets: usize, most: u64) -> Option<()> {
    let mut columns = Vec::new();
    for _ in 0..sets {
        let (count, after) = leb::read(bytes)?;
        bytes = after;
        for _ in 0..count {
            let (spec, after) = leb::read(bytes)?;
            let (len, after) = leb::read(after)?;
            // None of ours is: nobody knows what it would inflate to.
            if spec & DEFLATED != 0 {
                return None;
            }
            columns.push((Kind::of(spec), usize::try_from(len).ok()?));
            bytes = after;
        }
    }
    for (kind, len) in columns {
        let (column, after) = bytes.split_at_checked(len)?;
        (rows(kind, column)? <= most).then_some(())?;
        bytes = after;
    }
    Some(())
}

/// The rows of a column; of a group those that it gives to others, where these are more.
fn rows(kind: Kind, mut bytes: &[u8]) -> Option<u64> {
    let (mut rows, mut given) = (0_u64, 0_u64);
    while !bytes.is_empty() {
        match kind {
            Kind::Raw => return Some(0),
            Kind::Boolean => {
                let (run, after) = unsigned(bytes)?;
                rows = rows.saturating_add(run);
                bytes = after;
            }
            Kind::Group | Kind::Number | Kind::Delta | Kind::Text => {
                let (run, after) = signed(bytes)?;
                if run == 0 {
                    let (nulls, after) = unsigned(after)?;
                    rows = rows.saturating_add(nulls);
                    bytes = after;
                    continue;
                }
                let (values, each) = if run > 0 { (1, run.unsigned_abs()) } else { (run.unsigned_abs(), 1) };
                bytes = after;
                for _ in 0..values {
                    let (value, after) = value(kind, bytes)?;
                    rows = rows.saturating_add(each);
                    given = given.saturating_add(value.saturating_mul(each));
                    bytes = after;
                }
            }
        }
    }
    Some(if kind == Kind::Group { rows.max(given) } else { rows })
}

/// A value of a run, as far as it counts, and what follows it.
fn value(kind: Kind, bytes: &[u8]) -> Option<(u64, &[u8])> {
    match kind {
        Kind::Group | Kind::Number => unsigned(bytes),
        Kind::Delta => signed(bytes).map(|(_, after)| (0, after)),
        Kind::Text => skip_text(bytes).map(|after| (0, after)),
        Kind::Boolean | Kind::Raw => None,
    }
}

fn skip_texts(count: u64, mut bytes: &[u8]) -> Option<&[u8]> {
    for _ in 0..count {
        bytes = skip_text(bytes)?;
    }
    Some(bytes)
}

fn skip_text(bytes: &[u8]) -> Option<&[u8]> {
    let (len, after) = leb::read(bytes)?;
    after.get(usize::try_from(len).ok()?..)
}

fn skip_number(bytes: &[u8]) -> Option<&[u8]> {
    signed(bytes).map(|(_, after)| after)
}

/// A number of up to 64 bits, and what follows.
fn unsigned(bytes: &[u8]) -> Option<(u64, &[u8])> {
    raw(bytes).map(|(value, _, after)| (value, after))
}

fn signed(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (value, bits, after) = raw(bytes)?;
    let unused = 64_u32.saturating_sub(bits);
    Some(((value << unused).cast_signed() >> unused, after))
}

/// The bits as they stand, how many there are, and what follows.
fn raw(bytes: &[u8]) -> Option<(u64, u32, &[u8])> {
    let (mut value, mut bits) = (0_u64, 0_u32);
    for (at, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << bits;
        bits += 7;
        if byte & 0x80 == 0 {
            return bytes.get(at + 1..).map(|after| (value, bits.min(64), after));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::{Slim, squeeze};
    use super::*;
    use crate::doc::actor::{Author, StoreDigest};
    use sha2::{Digest, Sha256};

    const STORE: StoreDigest = [1, 2, 3, 4];

    /// Runs of `n` times this value.
    fn run(n: i64, value: u8) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = n;
        loop {
            let low = (rest & 0x7f) as u8;
            rest >>= 7;
            if rest == 0 && low & 0x40 == 0 {
                out.push(low);
                break;
            }
            out.push(low | 0x80);
        }
        out.push(value);
        out
    }

    #[test]
    fn numbers_read_as_they_were_written() {
        for (bytes, want) in [
            (&[0x7f][..], -1),
            (&[0x3f], 63),
            (&[0x40], -64),
            (&[0xff, 0x00], 127),
            (&[0x80, 0x7f], -128),
            (&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f], i64::MIN),
        ] {
            assert_eq!(signed(bytes), Some((want, &[][..])), "{bytes:?}");
        }
        assert_eq!(unsigned(&[0xe5, 0x8e, 0x26, 9]), Some((624_485, &[9][..])));
        assert_eq!(unsigned(&[0x80; 11]), None);
        assert_eq!(signed(&[]), None);
    }

    #[test]
    fn every_kind_of_column_is_counted() {
        assert_eq!(rows(Kind::Number, &run(1 << 60, 1)), Some(1 << 60));
        assert_eq!(rows(Kind::Number, &[0x7d, 1, 2, 3]), Some(3), "three that differ");
        assert_eq!(rows(Kind::Delta, &[0x7e, 0x7f, 0x80, 0x01]), Some(2));
        assert_eq!(rows(Kind::Text, &[0x7f, 2, b'q', b'r']), Some(1));
        assert_eq!(rows(Kind::Text, &[0x00, 0x85, 0x01]), Some(133), "as many without a value");
        assert_eq!(rows(Kind::Boolean, &[3, 0xff, 0x01]), Some(258));
        assert_eq!(rows(Kind::Group, &[2, 0xff, 0x7f]), Some(2 * 16_383), "rows of others");
        assert_eq!(rows(Kind::Raw, &[1, 2, 3]), Some(0));
        for cut in [&[0x7d, 1][..], &[5], &[0x7f, 9, b'q'], &[0x80]] {
            assert_eq!(rows(Kind::Text, cut), None, "{cut:?}");
        }
        let endless = [run(i64::MAX, 1), run(i64::MAX, 1), run(i64::MAX, 1)].concat();
        assert_eq!(rows(Kind::Number, &endless), Some(u64::MAX));
    }

    /// A change with this many operations that all put null under one key, signed like any other.
    fn uniform(operations: i64) -> (Vec<u8>, Slim<'static>) {
        let (mut no, mut key) = (run(operations, 0), run(operations, 1));
        no.truncate(no.len() - 1);
        key.push(b'k');
        let put = run(operations, 1);
        let null = run(operations, 0);
        let columns = [(0x15, key), (0x34, no), (0x42, put), (0x56, null.clone()), (0x70, null)];
        let mut rest = vec![1, 0, 0, 0, columns.len() as u8];
        rest.extend(columns.iter().flat_map(|(spec, bytes)| [*spec, bytes.len() as u8]));
        rest.extend(columns.iter().flat_map(|(_, bytes)| bytes.clone()));

        let author = Author::from_code(6).unwrap();
        let actor = author.id(STORE);
        let mut body = vec![0, actor.to_bytes().len() as u8];
        body.extend(actor.to_bytes());
        body.push(1);
        body.extend(&rest);
        let mut typed = vec![CHANGE_TYPE, body.len() as u8];
        typed.extend(&body);
        let hash: [u8; 32] = Sha256::digest(&typed).into();
        let squeezed = squeeze::squeeze(&rest, STORE).leak();
        let slim = Slim {
            place: (author, 1),
            deps: Vec::new(),
            checksum: hash[..4].try_into().unwrap(),
            rest: squeezed,
        };
        (rest, slim)
    }

    #[test]
    fn a_hundred_bytes_that_claim_endless_operations_are_refused_unwalked() {
        let (rest, honest) = uniform(50);
        assert!(rest.len() < 100);
        assert_eq!(
            honest.expand(Vec::new(), STORE).unwrap().len(),
            50,
            "what is weighed is what automerge reads"
        );
        let (rest, bomb) = uniform(1 << 60);
        assert!(rest.len() < 100);
        let error = bomb.expand(Vec::new(), STORE).unwrap_err().to_string();
        assert!(error.contains("more operations than it has bytes for"), "{error}");
    }
}
