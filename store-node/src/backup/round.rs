//! One round: the chain grows by what has become history, what is needed to sell is compared with the shelf, and a head
//! names the moment. It continues from the shelf's own newest head, so the store keeps no memory of its backups.

use super::keys::Keys;
use super::packing::{Memory, Packer, rows};
use super::{BackupError, Cut, LIVE_MS, Shelf};
use crate::chain;
use crate::db::backup::{self, Orders, Part, Table};
use crate::db::{Connection, ReadDb, ledger};
use model::Timestamp;
use model::time::DAY_MS;
use sync::vault::{Head, Kind, Manifest, Name, Note, Pack, StoreContents, StoredFile};

/// Rows of the ledger in one object of those that come first; each begins at a multiple of it.
const LEDGER_STEP: u32 = 512;
/// Days that a table that is cut by days reaches back; what is older goes with the first.
const DAYS_MAX: i64 = 400;
/// Tables that are not backed up: the hub holds closed documents under the same hash, and a node of its own what it
/// still has to fetch.
const LEFT_OUT: [&str; 3] = ["doc_closed", "backfill", "backfill_later"];
/// Answers to commands of today and yesterday come first, so that a handheld's repeat finds its answer.
const ANSWERS_FIRST: &str = "command";

/// Whose round it is.
#[derive(Debug, Clone)]
pub struct Whose {
    /// The store's id.
    pub store: String,
    /// Its epoch.
    pub epoch: u64,
    /// store.toml and the secrets beside the database.
    pub files: Vec<StoredFile>,
    /// How its history is cut.
    pub cut: Cut,
}

/// What a round did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The head's number.
    pub number: u64,
    /// The moment it shows.
    pub at: Timestamp,
    /// Objects and bytes that were sent.
    pub sent: (u64, u64),
    /// Objects and bytes of everything the head lists, without the chain.
    pub listed: (u64, u64),
    /// Links of the chain.
    pub links: u64,
    /// History that has not found its way into the chain yet; the next round goes on.
    pub more: bool,
}

/// The chain as far as it goes.
struct Chain {
    link: Option<Name>,
    links: u64,
    ledger: (i64, chain::Hash),
    events: i64,
}

/// Puts one moment of the store on the shelf.
///
/// # Errors
/// [`BackupError`]; the shelf's heads stay as they were.
pub fn take(
    db: &mut ReadDb,
    keys: &Keys,
    shelf: &mut dyn Shelf,
    memory: &mut Memory,
    whose: &Whose,
    now: Timestamp,
) -> Result<Done, BackupError> {
    let (mut chain, number) = match shelf.head(None)? {
        None => (Chain::new(&whose.store), 1),
        Some(head) => (Chain::of(&head, keys, &whose.store)?, head.note.number + 1),
    };
    let mut packer = Packer::new(&keys.data, shelf, memory);
    let mut more = true;
    for made in 0.. {
        if made >= whose.cut.links && !db.snapshot(|conn| chain.is_far_behind(conn, whose))? {
            break;
        }
        let before = now.plus_ms(-LIVE_MS);
        let ledger = db.snapshot(|conn| chain.link_ledger(conn, &mut packer, before, whose.cut))?;
        let orders = db.snapshot(|conn| chain.link_orders(conn, &mut packer, before, whose.cut))?;
        more = ledger || orders;
        if !more {
            break;
        }
    }
    let mut note = Note::new(whose.store.clone(), whose.epoch, number, now);
    let contents = db.snapshot(|conn| list(conn, &mut packer, &chain, &mut note, whose))?;
    packer.flush()?;
    let sent = packer.sent;
    (note.link, note.links) = (chain.link, chain.links);
    let listed = ((note.first.len() + note.later.len()) as u64, note.bytes);
    let head = Head::seal(&keys.data, &keys.wrapped, &Manifest { note, contents })?;
    shelf.put_head(&head)?;
    Ok(Done { number, at: now, sent, listed, links: chain.links, more })
}

impl Chain {
    fn new(store: &str) -> Self {
        Self { link: None, links: 0, ledger: (0, chain::first(store)), events: 0 }
    }

    fn of(head: &Head, keys: &Keys, store: &str) -> Result<Self, BackupError> {
        if head.note.owner != store {
            let what =
                format!("it holds backups of {}, not of {store}: choose another file", head.note.owner);
            return Err(BackupError::Told(what));
        }
        let contents: StoreContents = head.open(&keys.data)?.contents;
        Ok(Self {
            link: head.note.link,
            links: head.note.links,
            ledger: (contents.ledger_linked, contents.ledger_hash),
            events: contents.events_linked,
        })
    }

    /// Whether more history is outside of the chain than a head can list.
    fn is_far_behind(&self, conn: &Connection, whose: &Whose) -> Result<bool, BackupError> {
        let ledger = ledger::head(conn, &whose.store)?.0 - self.ledger.0;
        let events = backup::last_event(conn)? - self.events;
        Ok(ledger.max(events) > whose.cut.unlinked)
    }

    fn add(&mut self, packer: &mut Packer<'_>, pack: &Pack) -> Result<(), BackupError> {
        let (name, _) = packer.object(Kind::Link(self.link), pack)?;
        (self.link, self.links) = (Some(name), self.links + 1);
        Ok(())
    }

    /// A full run of the ledger that has become history; whether there was one.
    fn link_ledger(
        &mut self,
        conn: &Connection,
        packer: &mut Packer<'_>,
        before: Timestamp,
        cut: Cut,
    ) -> Result<bool, BackupError> {
        let Some((part, hash, at)) = backup::ledger_part(conn, self.ledger, cut.ledger_rows)? else {
            return Ok(false);
        };
        let last = part.first + i64::from(cut.ledger_rows) - 1;
        let full = part.rows.len() >= cut.ledger_rows as usize;
        if !full || !is_history(at, before, ledger::last(conn)? - last, cut) {
            return Ok(false);
        }
        self.ledger = (last, hash);
        self.add(packer, &Pack::Ledger(part))?;
        Ok(true)
    }

    /// Orders to which nothing has happened for a day; whether there were enough for a link.
    fn link_orders(
        &mut self,
        conn: &Connection,
        packer: &mut Packer<'_>,
        before: Timestamp,
        cut: Cut,
    ) -> Result<bool, BackupError> {
        let Some((upto, at)) = backup::event_after(conn, self.events, cut.events)? else { return Ok(false) };
        if !is_history(at, before, backup::last_event(conn)? - upto, cut) {
            return Ok(false);
        }
        let orders = Orders::old(conn, self.events, upto)?;
        let mut tables = Vec::new();
        for table in order_tables(&backup::tables(conn)?) {
            let mut found = Vec::new();
            backup::read(conn, table, Part::Of(&orders), |row| {
                found.push(row);
                Ok::<(), BackupError>(())
            })?;
            tables.push(rows(table, found));
        }
        self.add(packer, &Pack::Tables(tables))?;
        self.events = upto;
        Ok(true)
    }
}

/// Whether something that was dated `at` is history. What has so much behind it is, whatever the clock said when it was
/// written: a clock that stood in the future must not keep years out of the chain, which no head could name.
const fn is_history(at: i64, before: Timestamp, behind: i64, cut: Cut) -> bool {
    at < before.ms() || behind > cut.unlinked
}

/// The tables of orders, each after those that it refers to.
fn order_tables(all: &[Table]) -> impl Iterator<Item = &Table> {
    backup::OF_ORDERS.iter().filter_map(|name| all.iter().find(|table| table.name == *name))
}

/// Everything that is not in the chain, into the note; and what only the key shows.
fn list(
    conn: &Connection,
    packer: &mut Packer<'_>,
    chain: &Chain,
    note: &mut Note,
    whose: &Whose,
) -> Result<StoreContents, BackupError> {
    let mut counts = Vec::new();
    let now = note.at;
    let live = Orders::live(conn, chain.events)?;
    for table in backup::tables(conn)? {
        let name = table.name.as_str();
        if LEFT_OUT.contains(&name) {
            continue;
        }
        if name == "ledger" {
            let rows = list_ledger(conn, packer, chain, note)?;
            counts.push((table.name, rows));
        } else if backup::time_key(name).is_some() {
            list_days(conn, packer, &table, note, now)?;
        } else {
            let orders = backup::OF_ORDERS.contains(&name);
            let part = if orders { Part::Of(&live) } else { Part::Whole };
            let (names, bytes, rows) = packer.table(conn, &table, part)?;
            note.first.extend(names);
            note.bytes += bytes;
            counts.push((table.name, rows));
        }
    }
    Ok(StoreContents {
        schema: backup::schema(conn)?,
        ledger_linked: chain.ledger.0,
        ledger_hash: chain.ledger.1,
        ledger_head: ledger::head(conn, &whose.store)?,
        events_linked: chain.events,
        counts,
        files: whose.files.clone(),
    })
}

/// The ledger after the chain, in objects that begin at fixed rows: only the last of them changes.
fn list_ledger(
    conn: &Connection,
    packer: &mut Packer<'_>,
    chain: &Chain,
    note: &mut Note,
) -> Result<u64, BackupError> {
    let (mut at, mut count) = (chain.ledger, 0);
    loop {
        let step = i64::from(LEDGER_STEP);
        let most = u32::try_from(step - at.0.rem_euclid(step)).unwrap_or(LEDGER_STEP);
        let Some((part, hash, _)) = backup::ledger_part(conn, at, most)? else { return Ok(count) };
        let rows = part.rows.len() as u64;
        at = (part.first + i64::try_from(rows).unwrap_or(i64::MAX) - 1, hash);
        count += rows;
        let (name, bytes) = packer.object(Kind::Listed, &Pack::Ledger(part))?;
        note.first.push(name);
        note.bytes += bytes;
    }
}

/// A table that only grows and forgets, day by day (UTC); only today's objects change.
fn list_days(
    conn: &Connection,
    packer: &mut Packer<'_>,
    table: &Table,
    note: &mut Note,
    now: Timestamp,
) -> Result<(), BackupError> {
    let Some(oldest) = backup::oldest(conn, &table.name)? else { return Ok(()) };
    let today = now.ms().div_euclid(DAY_MS);
    let first = oldest.div_euclid(DAY_MS).clamp(today - DAYS_MAX, today);
    for day in first..=today {
        // What a wrong clock dated before the first day or after today goes with these.
        let from = if day == first { i64::MIN } else { day * DAY_MS };
        let to = if day == today { i64::MAX } else { (day + 1) * DAY_MS };
        let known = packer.memory.days.get(&(table.name.clone(), day)).filter(|_| day < today).cloned();
        let (names, bytes) = match known {
            Some(known) => known,
            None => {
                let (names, bytes, _) = packer.table(conn, table, Part::Span { from, to })?;
                packer.memory.days.insert((table.name.clone(), day), (names.clone(), bytes));
                (names, bytes)
            }
        };
        note.bytes += bytes;
        if table.name == ANSWERS_FIRST && day >= today - 1 {
            note.first.extend(names);
        } else {
            note.later.extend(names);
        }
    }
    packer.memory.days.retain(|(_, day), _| *day >= today - DAYS_MAX);
    Ok(())
}
