//! Bytes of changes and documents, at rest and on the wire. A *slim* change is automerge's change chunk without what
//! both sides can work out: the magic, the header, and all but 8 bytes of each 32-byte dependency hash (the reader has
//! those changes and looks the hash up). The first 4 bytes of the change's own SHA-256 stay, so a wrong guess is found.
//!
//! ```text
//! slim   0x01  leb(length)  deps:u8  deps x 8 bytes  checksum:4  rest of automerge's change body
//! whole  0x02  leb(length)  zstd(automerge document)
//! ```

use automerge::{Change, ChangeHash};
use sha2::{Digest, Sha256};

use super::DocError;

const SLIM: u8 = 1;
const WHOLE: u8 = 2;
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE_TYPE: u8 = 1;
/// zstd level of whole documents: written once an hour.
const LEVEL: i32 = 19;
/// The largest document in bytes before compression; more is a mistake or an attack.
const MAX_DOCUMENT: usize = 64 * 1024 * 1024;

/// The first 8 bytes of a change's hash.
pub(crate) type Prefix = [u8; 8];

/// One chunk, its lengths checked, its content not yet.
#[derive(Debug, Clone)]
pub(crate) enum Chunk<'a> {
    Slim(Slim<'a>),
    Whole(&'a [u8]),
}

/// A slim change as it stands in the bytes.
#[derive(Debug, Clone)]
pub(crate) struct Slim<'a> {
    pub(crate) deps: Vec<Prefix>,
    checksum: [u8; 4],
    rest: &'a [u8],
}

pub(crate) fn prefix(hash: &ChangeHash) -> Prefix {
    let mut out = [0; 8];
    for (to, from) in out.iter_mut().zip(hash.0) {
        *to = from;
    }
    out
}

/// The slim form of a change.
pub(crate) fn slim(change: &Change) -> Result<Vec<u8>, DocError> {
    let broken = || DocError::Broken { what: "automerge wrote a change of an unknown form".into() };
    let raw = change.raw_bytes();
    let (header, after) = raw.split_at_checked(9).ok_or_else(broken)?;
    let (_, body) = read_leb(after).ok_or_else(broken)?;
    let (count, after_count) = read_leb(body).ok_or_else(broken)?;
    let skip = usize::try_from(count).ok().and_then(|n| n.checked_mul(32)).ok_or_else(broken)?;
    let rest = after_count.get(skip..).ok_or_else(broken)?;
    let count = u8::try_from(count).map_err(|_| broken())?;
    let mut inner = vec![count];
    for dep in change.deps() {
        inner.extend(prefix(dep));
    }
    inner.extend(&header[4..8]);
    inner.extend(rest);
    Ok(framed(SLIM, &inner))
}

/// A whole document, compressed.
pub(crate) fn whole(document: &[u8]) -> Result<Vec<u8>, DocError> {
    let packed =
        zstd::bulk::compress(document, LEVEL).map_err(|e| DocError::Broken { what: format!("zstd: {e}") })?;
    Ok(framed(WHOLE, &packed))
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
    let (len, after) = read_leb(after).ok_or_else(cut)?;
    let len = usize::try_from(len).map_err(|_| cut())?;
    let (inner, rest) = after.split_at_checked(len).ok_or_else(cut)?;
    match kind {
        SLIM => Ok((Chunk::Slim(parse_slim(inner).ok_or_else(cut)?), rest)),
        WHOLE => Ok((Chunk::Whole(inner), rest)),
        other => Err(DocError::poisoned(format!("a chunk of unknown kind {other}"))),
    }
}

fn parse_slim(inner: &[u8]) -> Option<Slim<'_>> {
    let (&count, mut after) = inner.split_first()?;
    let mut deps = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let (dep, rest) = after.split_first_chunk::<8>()?;
        deps.push(*dep);
        after = rest;
    }
    let (checksum, rest) = after.split_first_chunk::<4>()?;
    Some(Slim { deps, checksum: *checksum, rest })
}

impl Slim<'_> {
    /// The automerge change, given the full hashes of `deps` in the same order.
    pub(crate) fn expand(&self, deps: &[ChangeHash]) -> Result<Change, DocError> {
        let mut body = Vec::with_capacity(self.rest.len() + deps.len() * 32 + 2);
        write_leb(&mut body, deps.len() as u64);
        for dep in deps {
            body.extend(dep.0);
        }
        body.extend(self.rest);
        let mut typed = vec![CHANGE_TYPE];
        write_leb(&mut typed, body.len() as u64);
        typed.extend(&body);
        let hash: [u8; 32] = Sha256::digest(&typed).into();
        if hash[..4] != self.checksum {
            return Err(DocError::poisoned("a change whose checksum is wrong"));
        }
        let mut raw = Vec::with_capacity(typed.len() + 8);
        raw.extend(MAGIC);
        raw.extend(self.checksum);
        raw.extend(typed);
        Change::from_bytes(raw).map_err(|e| DocError::poisoned(format!("a change that does not parse: {e}")))
    }
}

fn framed(kind: u8, inner: &[u8]) -> Vec<u8> {
    let mut out = vec![kind];
    write_leb(&mut out, inner.len() as u64);
    out.extend(inner);
    out
}

fn write_leb(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn read_leb(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (i, byte) in bytes.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return bytes.get(i + 1..).map(|rest| (value, rest));
        }
    }
    None
}
