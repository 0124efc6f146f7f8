//! The auditor of one store: keeps books of its own from the ledger's rows, one row at a time, and holds the store's
//! balances, hash chain, rights and reservations against them after every event.

use super::{Check, Checked, broken, fefo, machine};
use model::{Date, SkuId};
use std::collections::{BTreeMap, BTreeSet};
use store_node::chain::{self, Hash};
use store_node::db::ledger::{self, Entry};
use store_node::db::{Connection, catalogue, lots, quota, stock};

/// (SKU, lot, bin).
pub(super) type Spot = (String, String, String);

/// Units of one spot as the auditor counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Units {
    pub(super) on_hand: i64,
    pub(super) reserved: i64,
    pub(super) blocked: i64,
}

/// What the auditor knows of a lot.
#[derive(Debug, Clone, Copy)]
pub(super) struct LotFacts {
    pub(super) expiry: Option<Date>,
    pub(super) shelf_life_days: u32,
}

/// What is true at the moment of looking: the store's own calendar day of a delivery promised now, and the zones from
/// which nothing may be promised, before and after the event.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// The day a customer would get goods promised now, days since 1970.
    pub delivery_day: i64,
    /// Bins from which nothing may be promised because of the cold chain, now.
    pub suspended: BTreeSet<String>,
    /// The same before the event.
    pub suspended_before: BTreeSet<String>,
}

/// The books of one store.
#[derive(Debug)]
pub struct Books {
    store: String,
    seq: i64,
    head: Hash,
    pub(super) spots: BTreeMap<Spot, Units>,
    pub(super) lots: BTreeMap<String, LotFacts>,
    /// Units each order holds and has picked, by order reference and spot.
    held: BTreeMap<(String, Spot), (i64, i64)>,
    /// Units that came in, by SKU.
    received: BTreeMap<String, i64>,
    /// Units promised beyond what is sellable, by SKU: only shrinkage may raise it (SYNC.md: the open deficit).
    deficit: BTreeMap<SkuId, i64>,
    /// Units that counts, blocks and dates have taken from sale since the last look, by SKU.
    shrunk: BTreeMap<String, i64>,
    shipped: BTreeMap<(String, Spot), i64>,
    /// The bin where a picker has just missed something: the next place for it is another one.
    pub(super) empty_bin: String,
}

impl Books {
    /// Empty books for a store whose ledger is empty.
    pub fn new(store: &str) -> Self {
        Self {
            store: store.to_owned(),
            seq: 0,
            head: chain::first(store),
            spots: BTreeMap::new(),
            lots: BTreeMap::new(),
            held: BTreeMap::new(),
            received: BTreeMap::new(),
            deficit: BTreeMap::new(),
            shrunk: BTreeMap::new(),
            shipped: BTreeMap::new(),
            empty_bin: String::new(),
        }
    }

    /// Reads what the ledger has more, and judges it.
    ///
    /// # Errors
    /// The first thing that is not true.
    pub fn look(&mut self, conn: &Connection, look: &Look) -> Checked {
        let (end, _) = ledger::head(conn, &self.store).map_err(machine)?;
        if end < self.seq {
            let detail = format!("{}: the ledger ended at {} and now ends at {end}", self.store, self.seq);
            return Err(broken(Check::Chain, detail));
        }
        let mut touched = BTreeSet::new();
        while self.seq < end {
            for (entry, hash) in ledger::after(conn, self.seq, 500).map_err(machine)? {
                self.row(conn, &entry, &hash, look)?;
                touched.insert(entry.sku.clone());
            }
        }
        for sku in &touched {
            self.promises(conn, sku)?;
        }
        self.shrunk.clear();
        Ok(())
    }

    /// The store's balances are the auditor's, spot for spot. Costs a full read.
    ///
    /// # Errors
    /// The first spot that differs.
    pub fn balances(&self, conn: &Connection) -> Checked {
        let mut seen = BTreeSet::new();
        for (place, balance) in stock::every(conn).map_err(machine)? {
            let spot = (place.sku.to_string(), place.lot.to_string(), place.bin.to_string());
            let own = self.spots.get(&spot).copied().unwrap_or_default();
            let theirs = Units {
                on_hand: balance.on_hand.into(),
                reserved: balance.reserved.into(),
                blocked: balance.blocked.into(),
            };
            if own != theirs {
                let detail =
                    format!("{} {spot:?}: the ledger gives {own:?}, the balance says {theirs:?}", self.store);
                return Err(broken(Check::Replay, detail));
            }
            seen.insert(spot);
        }
        match self.spots.iter().find(|(spot, units)| **units != Units::default() && !seen.contains(*spot)) {
            Some((spot, _)) => {
                Err(broken(Check::Replay, format!("{} {spot:?}: in the ledger alone", self.store)))
            }
            None => Ok(()),
        }
    }

    /// Units that came in so far, by SKU.
    pub const fn received(&self) -> &BTreeMap<String, i64> {
        &self.received
    }

    /// Rows read and the chain's end, for the digest of a run.
    pub fn end(&self) -> (i64, String) {
        (self.seq, self.head.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Of an order at a spot: units held, and units picked.
    pub(super) fn of_order(&self, reference: &str, spot: &Spot) -> (i64, i64) {
        self.held.get(&(reference.to_owned(), spot.clone())).copied().unwrap_or_default()
    }

    fn row(&mut self, conn: &Connection, entry: &Entry, hash: &[u8], look: &Look) -> Checked {
        if entry.seq != self.seq + 1 {
            return Err(broken(
                Check::Chain,
                format!("{}: row {} follows {}", self.store, entry.seq, self.seq),
            ));
        }
        self.head = chain::next(&self.head, entry);
        if self.head.as_slice() != hash {
            return Err(broken(
                Check::Chain,
                format!("{}: the hash of row {} is wrong", self.store, entry.seq),
            ));
        }
        self.seq = entry.seq;
        let spot = (entry.sku.clone(), entry.lot.clone(), entry.bin.clone());
        if entry.kind.starts_with("quota_") {
            return Ok(());
        }
        self.know_lot(conn, &spot)?;
        let before = self.spots.get(&spot).copied().unwrap_or_default();
        let said = [
            (before.on_hand, entry.on_hand.0),
            (before.reserved, entry.reserved.0),
            (before.blocked, entry.blocked.0),
        ];
        if said.iter().any(|(own, theirs)| own != theirs) {
            let detail =
                format!("{} row {} {spot:?}: before it {before:?}, it says {said:?}", self.store, entry.seq);
            return Err(broken(Check::Replay, detail));
        }
        let after = self.after(entry, before)?;
        let told = Units { on_hand: entry.on_hand.1, reserved: entry.reserved.1, blocked: entry.blocked.1 };
        let possible =
            after.reserved >= 0 && after.blocked >= 0 && after.reserved + after.blocked <= after.on_hand;
        if after != told || !possible {
            let detail = format!(
                "{} row {} {spot:?} {} {}: {before:?} should become {after:?}, it says {told:?}",
                self.store, entry.seq, entry.kind, entry.qty
            );
            return Err(broken(Check::Replay, detail));
        }
        if entry.kind == "reserved" {
            fefo::judge(self, &spot, entry, look)?;
        }
        self.account(&spot, entry, before)?;
        self.spots.insert(spot, after);
        Ok(())
    }

    fn after(&self, entry: &Entry, before: Units) -> Checked<Units> {
        let (on_hand, reserved, blocked) = match entry.kind.as_str() {
            "received" | "returned" => (1, 0, 0),
            "reserved" => (0, 1, 0),
            "released" => (0, -1, 0),
            "picked" => (-1, -1, 0),
            "put_back" => (1, 1, 0),
            "packed" | "dispatched" => (0, 0, 0),
            "damaged" | "expired" | "blocked" => (0, 0, 1),
            "unblocked" => (0, 0, -1),
            "counted" => {
                return Ok(Units { on_hand: entry.on_hand.1, ..before });
            }
            other => {
                let detail =
                    format!("{} row {}: nobody has told the auditor of {other}", self.store, entry.seq);
                return Err(broken(Check::Conserved, detail));
            }
        };
        Ok(Units {
            on_hand: before.on_hand + on_hand * entry.qty,
            reserved: before.reserved + reserved * entry.qty,
            blocked: before.blocked + blocked * entry.qty,
        })
    }

    /// Who has what: units in, units by order, units gone from sale, units shipped.
    fn account(&mut self, spot: &Spot, entry: &Entry, before: Units) -> Checked {
        let qty = entry.qty;
        let key = (entry.reference.clone(), spot.clone());
        match entry.kind.as_str() {
            "received" => *self.received.entry(entry.sku.clone()).or_default() += qty,
            "reserved" => self.held.entry(key).or_default().0 += qty,
            "released" => self.take(&key, entry, (-qty, 0))?,
            "picked" => self.take(&key, entry, (-qty, qty))?,
            "put_back" => self.take(&key, entry, (qty, -qty))?,
            "dispatched" => {
                let shipped = self.shipped.entry(key.clone()).or_default();
                *shipped += qty;
                let (_, picked) = self.held.get(&key).copied().unwrap_or_default();
                if *shipped > picked {
                    let detail = format!(
                        "{} {}: {shipped} shipped of {picked} picked at {spot:?}",
                        self.store, entry.reference
                    );
                    return Err(broken(Check::ShippedTwice, detail));
                }
            }
            "damaged" | "expired" | "blocked" => {
                self.empty_bin.clone_from(&entry.bin);
                *self.shrunk.entry(entry.sku.clone()).or_default() += qty;
            }
            "counted" => {
                let lost = (before.on_hand - entry.on_hand.1).max(0);
                *self.shrunk.entry(entry.sku.clone()).or_default() += lost;
            }
            _ => {}
        }
        Ok(())
    }

    fn take(&mut self, key: &(String, Spot), entry: &Entry, (held, picked): (i64, i64)) -> Checked {
        let now = self.held.entry(key.clone()).or_default();
        *now = (now.0 + held, now.1 + picked);
        if now.0 < 0 || now.1 < 0 {
            let detail = format!(
                "{} row {}: {} of {} units at {:?}: {now:?} left of the order's own",
                self.store, entry.seq, entry.kind, entry.qty, key
            );
            return Err(broken(Check::Conserved, detail));
        }
        Ok(())
    }

    fn know_lot(&mut self, conn: &Connection, spot: &Spot) -> Checked {
        if self.lots.contains_key(&spot.1) {
            return Ok(());
        }
        let lot = spot.1.parse().map_err(machine)?;
        let row = lots::must(conn, &lot).map_err(machine)?;
        let shelf_life_days = catalogue::shelf_life(conn, &row.sku).map_err(machine)?.unwrap_or(0);
        self.lots.insert(spot.1.clone(), LotFacts { expiry: row.expiry, shelf_life_days });
        Ok(())
    }

    /// I1 after each event: what is promised beyond what may be sold grows by shrinkage alone.
    fn promises(&mut self, conn: &Connection, sku: &str) -> Checked {
        let id: SkuId = sku.parse().map_err(machine)?;
        let outstanding = quota::outstanding(conn, &id).map_err(machine)?;
        let from = (sku.to_owned(), String::new(), String::new());
        let spots = self.spots.range(from..).take_while(|((of, _, _), _)| of == sku);
        let (mut sellable, mut reserved) = (0, 0);
        for (_, units) in spots {
            sellable += units.on_hand - units.blocked;
            reserved += units.reserved;
        }
        let promised = reserved + i64::try_from(outstanding).unwrap_or(i64::MAX);
        let deficit = (promised - sellable).max(0);
        let before = self.deficit.get(&id).copied().unwrap_or(0);
        let shrunk = self.shrunk.get(sku).copied().unwrap_or(0);
        if deficit > before + shrunk {
            let detail = format!(
                "{} {sku}: {reserved} reserved and {outstanding} granted to the hub, {sellable} to sell; short by {deficit}, \
                 before this event by {before}, and {shrunk} were lost in it",
                self.store
            );
            return Err(broken(Check::Oversold, detail));
        }
        self.deficit.insert(id, deficit);
        Ok(())
    }
}
