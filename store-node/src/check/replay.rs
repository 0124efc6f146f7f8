//! The self-check's part over the ledger: its chain of hashes, and what follows from row to row at each place. What the
//! tables say today is not looked at here.

use super::{Finding, NAMED_MAX, PAGE, Report};
use crate::chain::{self, Hash};
use crate::db::Connection;
use crate::db::ledger::{self, Entry, Salvaged};
use model::Qty;
use std::collections::BTreeMap;
use store_core::movement::{self, Balance, Change, Kind};

/// Units granted and given back, by the ledger, by terms (as its rows call them) and product.
pub(super) type Said = BTreeMap<(String, String), (u64, u64)>;

/// The ledger as it is read.
pub(super) struct Replay {
    /// Rows that were read.
    pub rows: u64,
    /// Whether every row was there and said something.
    pub whole: bool,
    /// Whether SQLite gave no more rows at some place.
    pub cut: bool,
    /// Where each place stands after its last row.
    pub balances: BTreeMap<(String, String, String), Balance>,
    /// What it says of rights.
    pub rights: Said,
    first: i64,
    last: i64,
    link: Link,
    chain: Vec<Finding>,
    movements: Vec<Finding>,
}

/// What the next row may be chained to.
struct Link {
    /// The hash that is stored in the last row; `None` where none can be read.
    stored: Option<Hash>,
    /// The one that the last row should have: where its own was changed, the next row is still chained to this.
    computed: Option<Hash>,
}

impl Replay {
    /// Reads all of it, from a row and the hash before it on; what it finds goes into the report.
    pub fn read(conn: &Connection, (first, hash): (i64, Hash), report: &mut Report) -> Self {
        let link = Link { stored: Some(hash), computed: None };
        let mut replay = Self {
            rows: 0,
            whole: true,
            cut: false,
            balances: BTreeMap::new(),
            rights: Said::new(),
            first,
            last: first - 1,
            link,
            chain: Vec::new(),
            movements: Vec::new(),
        };
        loop {
            let rows = ledger::salvaged(conn, replay.last, PAGE);
            let Some(rows) = report.given("ledger", format!("after {}", replay.last), rows) else {
                (replay.whole, replay.cut) = (false, true);
                break;
            };
            if rows.is_empty() {
                break;
            }
            rows.into_iter().for_each(|row| replay.take(row, report));
        }
        report.findings.append(&mut replay.chain);
        report.findings.append(&mut replay.movements);
        replay
    }

    /// Hash of the last row in hex.
    pub fn head(&self) -> String {
        let hash = self.link.stored.or(self.link.computed).unwrap_or_default();
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn take(&mut self, row: Salvaged, report: &mut Report) {
        self.rows += 1;
        let in_order = row.seq == self.last.saturating_add(1);
        self.last = row.seq;
        let Salvaged { seq, entry, hash: stored, fault } = row;
        let readable = fault.is_none();
        if let Some(why) = fault {
            report.unreadable("ledger", seq, why);
        }
        let Some(entry) = entry else {
            self.whole = false;
            self.link = Link { stored, computed: None };
            return;
        };
        if readable {
            self.chained(&entry, stored, in_order);
        } else {
            // Its hash cannot be worked out; the rows behind it are chained to the one it has.
            self.link = Link { stored, computed: None };
        }
        if let Err(what) = self.follow(&entry)
            && self.movements.len() < NAMED_MAX
        {
            self.movements.push(Finding::Movement { seq, what });
        }
    }

    /// A row fits when its hash follows from what the row before it has stored; or from what that one should have, where that
    /// one's own hash was changed. So a bad row is one finding, and every bad row is one.
    fn chained(&mut self, entry: &Entry, stored: Option<Hash>, in_order: bool) {
        let Link { stored: before, computed } = &self.link;
        let next = |hash: &Hash| chain::next(hash, entry);
        let (by_stored, by_computed) = (before.as_ref().map(next), computed.as_ref().map(next));
        // Behind a row whose hash cannot be read nothing is known of this one's.
        let known = by_stored.is_some() || by_computed.is_some();
        let fits = stored.is_some() && (!known || by_stored == stored || by_computed == stored);
        if !(fits && in_order) && self.chain.len() < NAMED_MAX {
            self.chain.push(Finding::Chain { seq: entry.seq, row: told(entry) });
        }
        let should = by_stored.or(by_computed).filter(|_| !fits);
        self.link = Link { stored, computed: should };
    }

    fn follow(&mut self, entry: &Entry) -> Result<(), String> {
        let kind = Kind::from_word(&entry.kind).ok_or_else(|| format!("no kind {}", entry.kind))?;
        if matches!(kind, Kind::QuotaGranted | Kind::QuotaReturned) {
            return self.right(kind, entry);
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

    /// A movement of rights; its reference names the terms.
    fn right(&mut self, kind: Kind, entry: &Entry) -> Result<(), String> {
        let units = u64::try_from(entry.qty).map_err(|_| format!("{} of {} units", entry.kind, entry.qty))?;
        let terms = entry.reference.strip_suffix(" closed").unwrap_or(&entry.reference);
        let (granted, returned) = self.rights.entry((terms.to_owned(), entry.sku.clone())).or_default();
        let sum = if kind == Kind::QuotaGranted { granted } else { returned };
        *sum = sum.saturating_add(units);
        Ok(())
    }
}

fn told(entry: &Entry) -> String {
    let e = entry;
    format!(
        "{} {} of {} lot {} in {} by {} at {}, on hand {} -> {}",
        e.kind, e.qty, e.sku, e.lot, e.bin, e.person, e.at, e.on_hand.0, e.on_hand.1
    )
}
