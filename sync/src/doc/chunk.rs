//! Bytes of changes and documents, at rest and on the wire. A *slim* change is automerge's change chunk without what the
//! reader can work out: magic and header, the 32-byte hashes of what it builds on (named by author and number instead),
//! the store's part of actor ids, and the column layout that most changes share (`squeeze`). The first 4 bytes of the
//! change's own SHA-256 stay, so a wrong guess is found. A moment takes about 40 bytes instead of 110.
//!
//! ```text
//! slim   0x01  leb(length)  leb(author) leb(seq)  deps:u8 { leb(author) leb(seq) }*  checksum:4  squeezed rest
//! whole  0x02  leb(length)  zstd(automerge document)
//! ```
//! The high bit of `deps` says that the author's own change before is among them.

pub(crate) mod leb;
mod squeeze;
mod weight;

use automerge::{Automerge, Change, ChangeHash};
use sha2::{Digest, Sha256};

use super::actor::{Author, StoreDigest};
use super::{DocError, guard};

const SLIM: u8 = 1;
const WHOLE: u8 = 2;
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE_TYPE: u8 = 1;
const OWN_BEFORE: u8 = 0x80;
/// zstd level of whole documents: written once an hour.
const LEVEL: i32 = 19;
/// The largest document in bytes before compression; more is a mistake or an attack.
const MAX_DOCUMENT: usize = 64 * 1024 * 1024;

/// A change's place: its author and the author's running number.
pub(crate) type Place = (Author, u64);

/// One chunk, its lengths checked, its content not yet.
#[derive(Debug, Clone)]
pub(crate) enum Chunk<'a> {
    Slim(Slim<'a>),
    Whole(&'a [u8]),
}

/// A slim change as it stands in the bytes.
#[derive(Debug, Clone)]
pub(crate) struct Slim<'a> {
    pub(crate) place: Place,
    pub(crate) deps: Vec<Place>,
    checksum: [u8; 4],
    rest: &'a [u8],
}

/// The place of a change, if its author is one of this store's.
pub(crate) fn place(change: &Change, store: StoreDigest) -> Option<Place> {
    Author::of(change.actor_id(), store).map(|author| (author, change.seq()))
}

/// The slim form of an own change whose dependencies stand at `deps`.
pub(crate) fn slim(change: &Change, deps: &[Place], store: StoreDigest) -> Result<Vec<u8>, DocError> {
    let broken = || DocError::Broken { what: "automerge wrote a change of an unknown form".into() };
    let (author, seq) = place(change, store).ok_or_else(broken)?;
    let rest = after_seq(change.raw_bytes()).ok_or_else(broken)?;
    let before = (author, seq.saturating_sub(1));
    let others: Vec<&Place> = deps.iter().filter(|dep| **dep != before).collect();
    let count = u8::try_from(others.len()).ok().filter(|n| *n < OWN_BEFORE).ok_or_else(broken)?;
    let own = if others.len() < deps.len() { OWN_BEFORE } else { 0 };
    let mut inner = Vec::new();
    leb::write(&mut inner, author.code());
    leb::write(&mut inner, seq);
    inner.push(count | own);
    for (author, seq) in others {
        leb::write(&mut inner, author.code());
        leb::write(&mut inner, *seq);
    }
    inner.extend(checksum(&change.hash()));
    inner.extend(squeeze::squeeze(rest, store));
    Ok(framed(SLIM, &inner))
}

/// A whole document, compressed.
pub(crate) fn whole(document: &[u8]) -> Result<Vec<u8>, DocError> {
    let packed =
        zstd::bulk::compress(document, LEVEL).map_err(|e| DocError::Broken { what: format!("zstd: {e}") })?;
    Ok(framed(WHOLE, &packed))
}

/// The changes of a document that the other side has saved.
pub(crate) fn changes_of(document: &[u8]) -> Result<Vec<Change>, DocError> {
    if !weight::document_is_honest(document) {
        return Err(DocError::poisoned("a whole document that claims more rows than it has bytes for"));
    }
    guard::guarded("a whole document", || {
        let other = Automerge::load(document)
            .map_err(|error| DocError::poisoned(format!("a whole document: {error}")))?;
        Ok(other.get_changes(&[]))
    })
}

/// The automerge document in a whole chunk.
pub(crate) fn unpack_whole(packed: &[u8]) -> Result<Vec<u8>, DocError> {
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().unwrap_or(u64::MAX);
    match usize::try_from(size) {
        Ok(size) if size <= MAX_DOCUMENT => zstd::bulk::decompress(packed, size)
            .map_err(|_| DocError::poisoned("a whole document that does not unpack")),
        Ok(_) | Err(_) => Err(DocError::poisoned("a whole document over 64 MB, or of no size")),
    }
}

/// The next chunk and the bytes after it.
pub(crate) fn next(bytes: &[u8]) -> Result<(Chunk<'_>, &[u8]), DocError> {
    let cut = || DocError::poisoned("a chunk that is cut short");
    let (&kind, after) = bytes.split_first().ok_or_else(cut)?;
    let (len, after) = leb::read(after).ok_or_else(cut)?;
    let len = usize::try_from(len).map_err(|_| cut())?;
    let (inner, rest) = after.split_at_checked(len).ok_or_else(cut)?;
    match kind {
        SLIM => Ok((Chunk::Slim(parse_slim(inner).ok_or_else(cut)?), rest)),
        WHOLE => Ok((Chunk::Whole(inner), rest)),
        other => Err(DocError::poisoned(format!("a chunk of unknown kind {other}"))),
    }
}

fn parse_slim(inner: &[u8]) -> Option<Slim<'_>> {
    let (place, after) = parse_place(inner)?;
    let (&count, mut after) = after.split_first()?;
    let mut deps = Vec::new();
    if count & OWN_BEFORE != 0 {
        deps.push((place.0, place.1.checked_sub(1)?));
    }
    for _ in 0..count & !OWN_BEFORE {
        let (dep, rest) = parse_place(after)?;
        deps.push(dep);
        after = rest;
    }
    let (checksum, rest) = after.split_first_chunk::<4>()?;
    Some(Slim { place, deps, checksum: *checksum, rest })
}

fn parse_place(bytes: &[u8]) -> Option<(Place, &[u8])> {
    let (author, after) = leb::read(bytes)?;
    let (seq, after) = leb::read(after)?;
    Some(((Author::from_code(author)?, seq), after))
}

fn checksum(hash: &ChangeHash) -> [u8; 4] {
    std::array::from_fn(|i| hash.0[i])
}

/// What follows actor and number in automerge's change chunk.
fn after_seq(raw: &[u8]) -> Option<&[u8]> {
    let (_, body) = leb::read(raw.get(9..)?)?;
    body_after_seq(body)
}

fn body_after_seq(body: &[u8]) -> Option<&[u8]> {
    let (deps, after) = leb::read(body)?;
    let after = after.get(usize::try_from(deps).ok()?.checked_mul(32)?..)?;
    let (actor, after) = leb::read(after)?;
    let after = after.get(usize::try_from(actor).ok()?..)?;
    leb::read(after).map(|(_, rest)| rest)
}

impl Slim<'_> {
    /// Whether `hash` is this change's.
    pub(crate) fn is(&self, hash: &ChangeHash) -> bool {
        checksum(hash) == self.checksum
    }

    /// The automerge change, given the full hashes of `deps`.
    pub(crate) fn expand(&self, mut deps: Vec<ChangeHash>, store: StoreDigest) -> Result<Change, DocError> {
        let rest = squeeze::unfold(self.rest, store)
            .ok_or_else(|| DocError::poisoned("a change that does not unfold"))?;
        if !weight::change_is_honest(&rest) {
            return Err(DocError::poisoned("a change that claims more operations than it has bytes for"));
        }
        let (author, seq) = self.place;
        deps.sort_unstable();
        let mut body = Vec::with_capacity(rest.len() + deps.len() * 32 + 16);
        leb::write(&mut body, deps.len() as u64);
        for dep in deps {
            body.extend(dep.0);
        }
        let actor = author.id(store);
        leb::write(&mut body, actor.to_bytes().len() as u64);
        body.extend(actor.to_bytes());
        leb::write(&mut body, seq);
        body.extend(&rest);
        let mut typed = vec![CHANGE_TYPE];
        leb::write(&mut typed, body.len() as u64);
        typed.extend(&body);
        let hash: [u8; 32] = Sha256::digest(&typed).into();
        if hash[..4] != self.checksum {
            return Err(DocError::poisoned("a change whose checksum is wrong"));
        }
        let mut raw = Vec::with_capacity(typed.len() + 8);
        raw.extend(MAGIC);
        raw.extend(self.checksum);
        raw.extend(typed);
        guard::guarded("a change", || {
            Change::from_bytes(raw)
                .map_err(|e| DocError::poisoned(format!("a change that does not parse: {e}")))
        })
    }
}

fn framed(kind: u8, inner: &[u8]) -> Vec<u8> {
    let mut out = vec![kind];
    leb::write(&mut out, inner.len() as u64);
    out.extend(inner);
    out
}
