//! The self-check (REQ-6): lets SQLite look at the file, reads the whole ledger, holds its chain against the hashes and its
//! movements against the balances and the rights, and names what does not fit and what cannot be read: one fault hides no
//! other. Repairing writes counts as movements of their own; it never touches a row.

use crate::chain;
use crate::command::{Command, Envelope, system};
use crate::db::marks;
use crate::db::restore::backfill;
use crate::db::stock::Place;
use crate::db::{self, Connection, DbError, DbResult, ReadDb, Sifted, allocations, stock};
use crate::derive;
use crate::engine::{Applied, Engine, Fault};
use crate::reader::facts;
use model::{Qty, Timestamp};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use store_core::movement::Balance;

mod cold;
mod replay;
mod rights;
#[cfg(test)]
mod tests;

use replay::Replay;

/// Rows read at a time.
const PAGE: u32 = 2_000;
/// Faults of one kind that are named, at most.
const NAMED_MAX: usize = 100;
/// Lines of SQLite's own about the file, at most.
const FILE_FAULTS_MAX: u32 = 100;

/// One thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// SQLite itself finds the file damaged.
    File {
        /// What it says.
        what: String,
    },
    /// A row, or what is left of a table, cannot be read as what it should be.
    Unreadable {
        /// The table.
        table: &'static str,
        /// The row by its key.
        row: String,
        /// What is wrong with it.
        why: String,
    },
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
    /// A product's rights are not what the ledger and the orders say.
    Rights {
        /// The product, and under which terms.
        of: String,
        /// What of it differs.
        what: &'static str,
        /// What ledger or orders say.
        said: u64,
        /// What the table of rights says.
        quota: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::File { what } => write!(f, "the file is damaged: {what}"),
            Finding::Unreadable { table, row, why } => write!(f, "{table} row {row} cannot be read: {why}"),
            Finding::Rights { of, what, said, quota } => {
                write!(f, "rights of {of}: {what} {said} by ledger and orders, {quota} in the table")
            }
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
    /// Rows of rights that were compared.
    pub rights: u64,
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

    /// Whether a repair may go by the ledger: not while rows cannot be read, for it would mend sound balances by what is left.
    pub fn can_be_mended(&self) -> bool {
        let lacks = |finding: &Finding| match finding {
            Finding::File { .. } | Finding::Unreadable { .. } => true,
            Finding::Chain { .. }
            | Finding::Movement { .. }
            | Finding::Cold { .. }
            | Finding::Drift { .. }
            | Finding::Reserved { .. }
            | Finding::Rights { .. } => false,
        };
        !self.findings.iter().any(lacks)
    }

    fn unreadable(&mut self, table: &'static str, row: impl fmt::Display, why: impl fmt::Display) {
        let named =
            |finding: &&Finding| matches!(finding, Finding::Unreadable { table: of, .. } if *of == table);
        if self.findings.iter().filter(named).count() < NAMED_MAX {
            let (row, why) = (row.to_string(), why.to_string());
            self.findings.push(Finding::Unreadable { table, row, why });
        }
    }

    /// What was read of a table; `None` where SQLite cannot give it, which is a finding like any other.
    fn given<T>(&mut self, table: &'static str, row: impl fmt::Display, read: DbResult<T>) -> Option<T> {
        read.map_err(|error| self.unreadable(table, row, error)).ok()
    }

    /// Rows that read; the others are named.
    fn readable<K: fmt::Display, T>(&mut self, table: &'static str, rows: DbResult<Sifted<K, T>>) -> Vec<T> {
        let rows = self.given(table, "any", rows).unwrap_or_default();
        let read =
            |(key, row): (K, Result<T, String>)| row.map_err(|why| self.unreadable(table, key, why)).ok();
        rows.into_iter().filter_map(read).collect()
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
    let mut report = Report::default();
    for what in report.given("sqlite_schema", "any", db::integrity(conn, FILE_FAULTS_MAX)).unwrap_or_default()
    {
        report.findings.push(Finding::File { what });
    }
    let here = report.given("backfill", "1", backfill(conn)).flatten();
    let waits = here.filter(|backfill| backfill.whole_at.is_none());
    let is_here = waits.is_none();
    let (first, hash) = waits.map_or_else(|| (1, chain::first(&store)), |backfill| backfill.ledger);
    let replay = Replay::read(conn, (first, hash), &mut report);
    report.first = first;
    report.rows = replay.rows;
    report.head = replay.head();
    let whole = first == 1 && replay.whole;
    rights::check(conn, &replay.rights, (whole, is_here), &mut report);
    // Where the ledger breaks off, nothing it says of a place is its last word.
    let balances = if replay.cut { BTreeMap::new() } else { replay.balances };
    compare(conn, balances, whole, &mut report);
    cold::check(conn, &store, &mut report);
    Ok(report)
}

/// Balances against the ledger, `whole` or in part, and promised units against what orders hold.
fn compare(
    conn: &Connection,
    mut ledger: BTreeMap<(String, String, String), Balance>,
    whole: bool,
    report: &mut Report,
) {
    let mut held: BTreeMap<Place, u64> = BTreeMap::new();
    for allocation in report.readable("allocation", allocations::sifted_open(conn)) {
        *held.entry(allocation.place.clone()).or_default() += u64::from(allocation.open().get());
    }
    let mut drifts = Vec::new();
    let mut wrong = Vec::new();
    for (place, stock) in report.readable("stock", stock::sifted(conn)) {
        report.places += 1;
        let key = (place.sku.to_string(), place.lot.to_string(), place.bin.to_string());
        let told = match ledger.remove(&key) {
            Some(told) => told,
            None if whole => Balance::default(),
            // What happened here stands in rows that are still on their way, or cannot be read.
            None => stock,
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
        // No place of another name can be in stock; its row is named as one that cannot be read, or was changed.
        if let (Ok(sku), Ok(lot), Ok(bin)) = (sku.parse(), lot.parse(), bin.parse()) {
            let place = Place { sku, lot, bin };
            drifts.push(Finding::Drift { place, ledger: told, stock: Balance::default() });
        }
    }
    drifts.truncate(NAMED_MAX);
    wrong.truncate(NAMED_MAX);
    report.findings.append(&mut drifts);
    report.findings.append(&mut wrong);
}

/// Makes ledger and stock agree again: for every drift the balance goes back to what the ledger says, and a count of it
/// is written as a movement, so that the repair itself is on record. A broken chain cannot be repaired, only shown, and
/// nothing is repaired by a ledger that cannot be read ([`Report::can_be_mended`]).
///
/// # Errors
/// A fault, or a drift whose place does not exist any more.
pub fn repair(engine: &mut Engine, report: &Report, now: Timestamp) -> Result<Applied, Fault> {
    let actor = system("self-check").map_err(|error| DbError::Corrupt(error.to_string()))?;
    let mut envelopes = Vec::new();
    for finding in report.findings.iter().filter(|_| report.can_be_mended()) {
        if let Finding::Drift { place, .. } = finding {
            let seed = format!("{} {} {} {}", place.sku, place.lot, place.bin, now.ms());
            let id = derive::command(seed.as_bytes(), "repair");
            let command = Command::Repair { place: place.clone() };
            envelopes.push(Envelope { id, actor: actor.clone(), command });
        }
    }
    engine.apply(now, envelopes)
}
