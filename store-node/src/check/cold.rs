//! The self-check's part over the temperature log: both chains from where they were last thinned to their newest row, and
//! the quarter-hours that stand for what was thinned. Every change names its row.

use super::{Finding, NAMED_MAX, PAGE, Report};
use crate::chain::Hash;
use crate::cold_chain::{self, Chain, hex};
use crate::db::cold_events::{self, EventRow};
use crate::db::cold_links::{self, Ends};
use crate::db::cold_log::{self, LogRow};
use crate::db::{Connection, cold_quarters};

/// Checks the log of a store.
pub(super) fn check(conn: &Connection, store: &str, report: &mut Report) {
    let ends = cold_links::ends(conn, Chain::Readings, store);
    let thinned = report.given("cold_chain", Chain::Readings.word(), ends).map(|ends| {
        readings(conn, &ends, report);
        hex(&ends.base_hash)
    });
    let ends = cold_links::ends(conn, Chain::Events, store);
    let Some(ends) = report.given("cold_chain", Chain::Events.word(), ends) else { return };
    // Where the readings begin is what the newest thinning says.
    if let (Some(detail), Some(thinned)) = (events(conn, &ends, report), thinned) {
        let said = particular(&detail, "after").unwrap_or_default();
        if said != thinned {
            let what = "the readings do not begin where the last thinning ended".to_owned();
            name(&mut report.findings, Chain::Readings, 0, what);
        }
    }
}

fn readings(conn: &Connection, ends: &Ends, report: &mut Report) {
    let mut links = Links::new(Chain::Readings, ends);
    loop {
        let rows = cold_log::sifted_after(conn, links.last.n, PAGE);
        let Some(rows) = report.given("reading", format!("after {}", links.last.n), rows) else { return };
        if rows.is_empty() {
            break;
        }
        for (n, row) in rows {
            match row {
                Ok(row) => links.take(n, &row.before, cold_chain::reading(&row), || told(&row)),
                Err(why) => links.skip(n, ("reading", why), report),
            }
        }
    }
    report.cold_rows += links.finish(ends, &mut report.findings);
}

/// Says what the newest thinning noted.
fn events(conn: &Connection, ends: &Ends, report: &mut Report) -> Option<String> {
    let mut links = Links::new(Chain::Events, ends);
    let mut newest_thinning = None;
    loop {
        let rows = cold_events::sifted_after(conn, links.last.n, PAGE);
        let rows = report.given("cold_event", format!("after {}", links.last.n), rows)?;
        if rows.is_empty() {
            break;
        }
        for (n, row) in rows {
            let row = match row {
                Ok(row) => row,
                Err(why) => {
                    links.skip(n, ("cold_event", why), report);
                    continue;
                }
            };
            links.take(n, &row.before, cold_chain::event(&row), || told_event(&row));
            if row.kind == "thinned" {
                quarters(conn, &row, report);
                newest_thinning = Some(row.detail);
            }
        }
    }
    report.cold_rows += links.finish(ends, &mut report.findings);
    newest_thinning
}

/// A value of the particulars that has no space or quote in it.
fn particular<'a>(detail: &'a str, wanted: &str) -> Option<&'a str> {
    detail
        .split(' ')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|found| found.1)
}

/// The quarter-hours of a thinning are those it noted.
fn quarters(conn: &Connection, event: &EventRow, report: &mut Report) {
    let before = report.findings.len();
    let rows = report.readable("cold_quarter", cold_quarters::sifted(conn, event.n));
    if report.findings.len() > before {
        // One that cannot be read is named already; without it the others have another hash.
        return;
    }
    let found = hex(&cold_chain::quarters(&rows));
    if particular(&event.detail, "sha256") != Some(found.as_str()) {
        let what =
            format!("its {} quarter-hours are not those that were thinned: {}", rows.len(), event.detail);
        name(&mut report.findings, Chain::Events, event.n, what);
    }
}

fn name(findings: &mut Vec<Finding>, chain: Chain, n: i64, what: String) {
    let cold = |finding: &&Finding| matches!(finding, Finding::Cold { .. });
    if findings.iter().filter(cold).count() < 4 * NAMED_MAX {
        findings.push(Finding::Cold { chain: chain.word(), n, what });
    }
}

/// The row before the one that is looked at.
struct Last {
    n: i64,
    /// `None` where the row cannot be read.
    hash: Option<Hash>,
    told: String,
}

/// A chain as it is read. A link that does not hold says that the row before it was changed, or the one behind it: where
/// two in a row do not hold, it is the row between them.
struct Links {
    chain: Chain,
    last: Last,
    broken: Option<(i64, String)>,
    rows: u64,
    found: Vec<(i64, String)>,
}

impl Links {
    fn new(chain: Chain, ends: &Ends) -> Self {
        let told = "where the chain begins".to_owned();
        let last = Last { n: ends.base, hash: Some(ends.base_hash), told };
        Self { chain, last, broken: None, rows: 0, found: Vec::new() }
    }

    fn take(&mut self, n: i64, before: &Hash, hash: Hash, told: impl FnOnce() -> String) {
        self.rows += 1;
        if n == self.last.n.saturating_add(1) {
            self.link_to(*before);
        } else {
            self.missing(n);
        }
        self.last = Last { n, hash: Some(hash), told: told() };
    }

    /// A row that cannot be read: neither its link nor the one behind it can be looked at.
    fn skip(&mut self, n: i64, (table, why): (&'static str, String), report: &mut Report) {
        self.rows += 1;
        report.unreadable(table, n, why);
        if n == self.last.n.saturating_add(1) {
            self.found.extend(self.broken.take());
        } else {
            self.missing(n);
        }
        self.last = Last { n, hash: None, told: String::new() };
    }

    fn link_to(&mut self, before: Hash) {
        match self.last.hash {
            Some(hash) => self.link(before == hash),
            None => self.found.extend(self.broken.take()),
        }
    }

    fn missing(&mut self, n: i64) {
        self.found.extend(self.broken.take());
        let (first, last) = (self.last.n.saturating_add(1), n.saturating_sub(1));
        self.found.push((n, format!("rows {first} to {last} before it are missing")));
    }

    fn link(&mut self, holds: bool) {
        let between = || (self.last.n, format!("was changed: {}", self.last.told));
        match (self.broken.take(), holds) {
            (None, true) => {}
            (None, false) => self.broken = Some(between()),
            (Some(row), true) => self.found.push(row),
            (Some(_), false) => self.found.push(between()),
        }
    }

    /// Ends at the head; says how many rows there were.
    fn finish(mut self, ends: &Ends, findings: &mut Vec<Finding>) -> u64 {
        if self.last.n == ends.head {
            self.link_to(ends.head_hash);
        } else {
            self.missing(ends.head.saturating_add(1));
        }
        self.found.extend(self.broken.take());
        for (n, what) in self.found {
            name(findings, self.chain, n, what);
        }
        self.rows
    }
}

fn told(row: &LogRow) -> String {
    let value =
        row.milli_c.map_or_else(|| "nothing".to_owned(), |value| format!("{value} thousandths of a degree"));
    format!("{} of {} at {}, {}", value, row.sensor, row.at, row.quality.word())
}

fn told_event(row: &EventRow) -> String {
    format!("{} at {}, {}, by {}", row.kind, row.device, row.at, row.person)
}
