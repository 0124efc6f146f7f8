//! Rows into objects. A table is cut where a row's key says so, not after so many rows: a row that comes or goes changes its
//! own object and no other, so the rest is on the shelf already.

use super::{BackupError, PENDING_BYTES, Shelf};
use crate::db::Connection;
use crate::db::backup::{self, Part, Table};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use sync::vault::{Cell, DataKey, Kind, Name, Pack, Rows, Sealed};

/// Rows of an object on average; a power of two.
const ROWS: u64 = 512;
/// Rows of an object at most.
const ROWS_MAX: usize = 2_048;
/// Bytes of an object's rows at most, before they are packed.
const BYTES_MAX: usize = 512 * 1024;
/// Contents whose object is remembered; about 70 bytes each.
const REMEMBERED_MAX: usize = 50_000;

/// Which object a content became, and that the shelf has it: remembered between rounds.
#[derive(Debug, Default)]
pub struct Memory {
    names: BTreeMap<[u8; 32], (Name, u64)>,
    there: BTreeSet<Name>,
    /// Objects and bytes of whole days of tables that only grow: a day that is over is not read again.
    pub(super) days: BTreeMap<(String, i64), (Vec<Name>, u64)>,
}

/// Puts contents on a shelf and gives their names, each content once.
pub struct Packer<'a> {
    key: &'a DataKey,
    shelf: &'a mut dyn Shelf,
    pub(super) memory: &'a mut Memory,
    waiting: Vec<Sealed>,
    waiting_bytes: usize,
    /// Objects and bytes that were sent.
    pub sent: (u64, u64),
}

impl std::fmt::Debug for Packer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer").field("sent", &self.sent).finish_non_exhaustive()
    }
}

impl<'a> Packer<'a> {
    /// Nothing is sent yet.
    pub fn new(key: &'a DataKey, shelf: &'a mut dyn Shelf, memory: &'a mut Memory) -> Self {
        if memory.names.len() > REMEMBERED_MAX || memory.there.len() > REMEMBERED_MAX {
            *memory = Memory::default();
        }
        Self { key, shelf, memory, waiting: Vec::new(), waiting_bytes: 0, sent: (0, 0) }
    }

    /// An object for a content; its name and size.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn object(&mut self, kind: Kind, pack: &Pack) -> Result<(Name, u64), BackupError> {
        let plain = pack.encode()?;
        let hash: [u8; 32] = Sha256::digest(&plain).into();
        if kind == Kind::Listed
            && let Some((name, size)) = self.memory.names.get(&hash)
            && self.memory.there.contains(name)
        {
            return Ok((*name, *size));
        }
        let sealed = Sealed::new(self.key, kind, &plain)?;
        let (name, size) = (sealed.name, sealed.bytes.len() as u64);
        if kind == Kind::Listed {
            self.memory.names.insert(hash, (name, size));
        }
        self.waiting_bytes += sealed.bytes.len();
        self.waiting.push(sealed);
        if self.waiting_bytes > PENDING_BYTES {
            self.flush()?;
        }
        Ok((name, size))
    }

    /// Sends what waits and is not on the shelf yet.
    ///
    /// # Errors
    /// [`BackupError`]; what was sent stays there and is not sent again.
    pub fn flush(&mut self) -> Result<(), BackupError> {
        let names: Vec<Name> = self.waiting.iter().map(|sealed| sealed.name).collect();
        let missing: BTreeSet<Name> = if names.is_empty() {
            BTreeSet::new()
        } else {
            self.shelf.missing(&names)?.into_iter().collect()
        };
        for sealed in self.waiting.drain(..) {
            if missing.contains(&sealed.name) {
                self.shelf.put(&sealed)?;
                self.sent = (self.sent.0 + 1, self.sent.1 + sealed.bytes.len() as u64);
            }
            self.memory.there.insert(sealed.name);
        }
        self.waiting_bytes = 0;
        Ok(())
    }

    /// The objects of a part of a table; their names, sizes summed and rows.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn table(
        &mut self,
        conn: &Connection,
        table: &Table,
        part: Part<'_>,
    ) -> Result<(Vec<Name>, u64, u64), BackupError> {
        let (mut names, mut size, mut count) = (Vec::new(), 0, 0);
        let mut open = Vec::new();
        let mut bytes = 0;
        backup::read(conn, table, part, |row| {
            count += 1;
            bytes += row.iter().map(weight).sum::<usize>();
            let cut = is_cut(table, &row);
            open.push(row);
            if cut || open.len() >= ROWS_MAX || bytes >= BYTES_MAX {
                let (name, more) = self.object(Kind::Listed, &pack(table, std::mem::take(&mut open)))?;
                names.push(name);
                (bytes, size) = (0, size + more);
            }
            Ok::<(), BackupError>(())
        })?;
        if !open.is_empty() {
            let (name, more) = self.object(Kind::Listed, &pack(table, open))?;
            names.push(name);
            size += more;
        }
        Ok((names, size, count))
    }
}

/// Rows of a table as they are packed.
pub fn rows(table: &Table, rows: Vec<Vec<Cell>>) -> Rows {
    Rows { table: table.name.clone(), columns: table.columns.clone(), rows }
}

fn pack(table: &Table, open: Vec<Vec<Cell>>) -> Pack {
    Pack::Tables(vec![rows(table, open)])
}

fn weight(cell: &Cell) -> usize {
    match cell {
        Cell::Null => 1,
        Cell::Int(_) | Cell::Real(_) => 8,
        Cell::Text(text) => text.len() + 2,
        Cell::Blob(bytes) => bytes.len() + 2,
    }
}

/// Whether an object ends after this row: by the key alone, so that a changed row is cut as before.
fn is_cut(table: &Table, row: &[Cell]) -> bool {
    let mut hash = Fnv::default();
    for cell in table.key.iter().filter_map(|n| row.get(*n)) {
        match cell {
            Cell::Null => hash.take(b"-"),
            Cell::Int(n) => hash.take(&n.to_be_bytes()),
            Cell::Real(n) => hash.take(&n.to_be_bytes()),
            Cell::Text(text) => hash.take(text.as_bytes()),
            Cell::Blob(bytes) => hash.take(bytes),
        }
    }
    hash.end() % ROWS == 0
}

/// FNV-1a with a last mixing; spreads keys well enough to cut by.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    const fn end(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^ (mixed >> 33)
    }
}
