//! The self-check (REQ-6): reads the whole ledger, holds its chain against the hashes and its movements against the
//! balances, and names what does not fit. Repairing writes counts as movements of their own; it never touches a row.

use crate::chain::{self, Hash};
use crate::command::{Command, Envelope, system};
use crate::db::ledger::{self, Entry};
use crate::db::marks;
use crate::db::restore::backfill;
use crate::db::stock::Place;
use crate::db::{Connection, DbError, DbResult, ReadDb, allocations, stock};
use crate::derive;
use crate::engine::{Applied, Engine, Fault};
use crate::reader::facts;
use model::{Qty, Timestamp};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use store_core::movement::{self, Balance, Change, Kind};

mod cold;
#[cfg(test)]
mod tests;

/// Rows read at a time.
const PAGE: u32 = 2_000;
/// Faults of one kind that are named; more are counted.
const NAMED_MAX: usize = 100;

/// One thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A row of the ledger was changed, or one before it was taken out.
    Chain {
        /// The first row whose hash does not fit.
        seq: i64,
        /// What the row says now.
        row: String,
    },
    /// A row does not follow from the one before it at its place.
    Movement {
        /// The row.
        seq: i64,
        /// What does not follow.
        what: String,
    },
    /// A row of the temperature log was changed, or rows of it are missing.
    Cold {
        /// The word of its chain.
        chain: &'static str,
        /// The row, or the one before which something is missing.
        n: i64,
        /// What is wrong.
        what: String,
    },
    /// A balance is not what the ledger says.
    Drift {
        /// Where.
        place: Place,
        /// What the ledger says.
        ledger: Balance,
        /// What the stock says.
        stock: Balance,
    },
    /// The promised units of a place are not what orders hold of it.
    Reserved {
        /// Where.
        place: Place,
        /// What orders hold and have not picked.
        held: u64,
        /// What the stock says is promised.
        reserved: Qty,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Chain { seq, row } => write!(f, "ledger row {seq} was changed: {row}"),
            Finding::Movement { seq, what } => write!(f, "ledger row {seq} does not follow: {what}"),
            Finding::Cold { chain, n, what } => write!(f, "temperature log, {chain} row {n}: {what}"),
            Finding::Drift { place, ledger, stock } => write!(
                f,
                "stock of {} lot {} in {} drifted: ledger {}/{}/{}, stock {}/{}/{} (on hand/reserved/blocked), {:+} on hand",
                place.sku,
                place.lot,
                place.bin,
                ledger.on_hand,
                ledger.reserved,
                ledger.blocked,
                stock.on_hand,
                stock.reserved,
                stock.blocked,
                i64::from(stock.on_hand) - i64::from(ledger.on_hand),
            ),
            Finding::Reserved { place, held, reserved } => write!(
                f,
                "{} lot {} in {}: orders hold {held}, stock says {reserved} reserved",
                place.sku, place.lot, place.bin
            ),
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The first row of the ledger that is here: more than 1 while a replaced store still fetches what came before.
    pub first: i64,
    /// Rows of the ledger that were read.
    pub rows: u64,
    /// Places that were compared.
    pub places: u64,
    /// Rows of the temperature log that were read.
    pub cold_rows: u64,
    /// Hash of the last row in hex: two nodes with the same ledger have the same.
    pub head: String,
    /// What does not fit, in order; at most 100 of each kind.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether everything fits.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Checks a store's database, also while its node runs.
///
/// # Errors
/// When the file cannot be read at all.
pub fn self_check(path: &Path) -> DbResult<Report> {
    ReadDb::open(path)?.snapshot(check)
}

fn check(conn: &Connection) -> DbResult<Report> {
    let store = marks::text(conn, facts::STORE)?
        .ok_or_else(|| DbError::Corrupt("meta store is missing: no engine opened it".to_owned()))?;
    let here = backfill(conn)?.filter(|backfill| backfill.whole_at.is_none()).map(|backfill| backfill.ledger);
    let (first, hash) = here.unwrap_or_else(|| (1, chain::first(&store)));
    let mut replay = Replay { hash, first, ..Replay::default() };
    let mut last = first - 1;
    loop {
        let rows = ledger::after(conn, last, PAGE)?;
        let Some((entry, _)) = rows.last() else { break };
        last = entry.seq;
        for (entry, hash) in &rows {
            replay.take(entry, hash);
        }
    }
    let mut report = Report {
        first,
        rows: replay.rows,
        places: 0,
        cold_rows: 0,
        head: replay.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        findings: replay.findings,
    };
    compare(conn, replay.balances, &mut report)?;
    cold::check(conn, &store, &mut report)?;
    Ok(report)
}

/// The ledger as it is read.
#[derive(Default)]
struct Replay {
    hash: Hash,
    first: i64,
    broken: bool,
    rows: u64,
    balances: BTreeMap<(String, String, String), Balance>,
    findings: Vec<Finding>,
}

impl Replay {
    fn take(&mut self, entry: &Entry, stored: &[u8]) {
        self.rows += 1;
        let hash = chain::next(&self.hash, entry);
        let in_order = entry.seq == self.first - 1 + i64::try_from(self.rows).unwrap_or(i64::MAX);
        if (hash.as_slice() != stored || !in_order) && !self.broken {
            // Every later row is chained to this one: the first is the one to name.
            self.broken = true;
            self.findings.push(Finding::Chain { seq: entry.seq, row: told(entry) });
        }
        // A stored hash is trusted again after its own row, so that one bad row is one finding.
        self.hash = stored.try_into().unwrap_or(hash);
        if let Err(what) = self.follow(entry) {
            self.name(Finding::Movement { seq: entry.seq, what });
        }
    }

    fn follow(&mut self, entry: &Entry) -> Result<(), String> {
        let kind = Kind::from_word(&entry.kind).ok_or_else(|| format!("no kind {}", entry.kind))?;
        if matches!(kind, Kind::QuotaGranted | Kind::QuotaReturned) {
            return Ok(());
        }
        let key = (entry.sku.clone(), entry.lot.clone(), entry.bin.clone());
        let known = self.balances.get(&key).copied();
        let said = (entry.on_hand.0, entry.reserved.0, entry.blocked.0);
        // Where older rows are not here yet, the first row of a place says where it began.
        let before = match known {
            Some(known) => known,
            None if self.first > 1 => {
                Balance::new(said.0, said.1, said.2).map_err(|error| error.to_string())?
            }
            None => Balance::default(),
        };
        let written = Balance::new(entry.on_hand.1, entry.reserved.1, entry.blocked.1);
        let written = written.map_err(|error| error.to_string())?;
        // What the row says afterwards is where its place stands, also when it does not follow: one fault, one finding.
        self.balances.insert(key, written);
        let had = (i64::from(before.on_hand), i64::from(before.reserved), i64::from(before.blocked));
        if said != had {
            return Err(format!("it begins at {said:?}, the rows before it end at {had:?}"));
        }
        let qty = Qty::new(entry.qty).map_err(|error| error.to_string())?;
        let change = if kind == Kind::Counted { Change::To(written) } else { Change::By(kind, qty) };
        let after = movement::apply(&before, &change).map_err(|error| error.to_string())?;
        if after != written || change.qty(&before) != qty {
            return Err(format!("{} of {qty} does not lead to what it says", entry.kind));
        }
        Ok(())
    }

    fn name(&mut self, finding: Finding) {
        if self.findings.len() < NAMED_MAX {
            self.findings.push(finding);
        }
    }
}

fn told(entry: &Entry) -> String {
    let e = entry;
    format!(
        "{} {} of {} lot {} in {} by {} at {}, on hand {} -> {}",
        e.kind, e.qty, e.sku, e.lot, e.bin, e.person, e.at, e.on_hand.0, e.on_hand.1
    )
}

fn compare(
    conn: &Connection,
    mut ledger: BTreeMap<(String, String, String), Balance>,
    report: &mut Report,
) -> DbResult<()> {
    let mut held: BTreeMap<Place, u64> = BTreeMap::new();
    for allocation in allocations::every_open(conn)? {
        *held.entry(allocation.place.clone()).or_default() += u64::from(allocation.open().get());
    }
    let mut drifts = Vec::new();
    let mut wrong = Vec::new();
    for (place, stock) in stock::every(conn)? {
        report.places += 1;
        let key = (place.sku.to_string(), place.lot.to_string(), place.bin.to_string());
        let told = match ledger.remove(&key) {
            Some(told) => told,
            // What happened here stands in rows that are still on their way.
            None if report.first > 1 => stock,
            None => Balance::default(),
        };
        let held = held.remove(&place).unwrap_or(0);
        if held != u64::from(stock.reserved.get()) {
            wrong.push(Finding::Reserved { place: place.clone(), held, reserved: stock.reserved });
        }
        if told != stock {
            drifts.push(Finding::Drift { place, ledger: told, stock });
        }
    }
    for ((sku, lot, bin), told) in ledger.into_iter().filter(|(_, told)| *told != Balance::default()) {
        let corrupt = |error: model::id::IdError| DbError::Corrupt(error.to_string());
        let place = Place {
            sku: sku.parse().map_err(corrupt)?,
            lot: lot.parse().map_err(corrupt)?,
            bin: bin.parse().map_err(corrupt)?,
        };
        drifts.push(Finding::Drift { place, ledger: told, stock: Balance::default() });
    }
    drifts.truncate(NAMED_MAX);
    wrong.truncate(NAMED_MAX);
    report.findings.append(&mut drifts);
    report.findings.append(&mut wrong);
    Ok(())
}

/// Makes ledger and stock agree again: for every drift the balance goes back to what the ledger says, and a count of it
/// is written as a movement, so that the repair itself is on record. A broken chain cannot be repaired, only shown.
///
/// # Errors
/// A fault, or a drift whose place does not exist any more.
pub fn repair(engine: &mut Engine, report: &Report, now: Timestamp) -> Result<Applied, Fault> {
    let actor = system("self-check").map_err(|error| DbError::Corrupt(error.to_string()))?;
    let mut envelopes = Vec::new();
    for finding in &report.findings {
        if let Finding::Drift { place, .. } = finding {
            let seed = format!("{} {} {} {}", place.sku, place.lot, place.bin, now.ms());
            let id = derive::command(seed.as_bytes(), "repair");
            let command = Command::Repair { place: place.clone() };
            envelopes.push(Envelope { id, actor: actor.clone(), command });
        }
    }
    engine.apply(now, envelopes)
}
