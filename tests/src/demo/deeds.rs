//! What people were answered, held against what the databases did: a deed that left no trace is lost; one that left two, or
//! that nobody did, is doubled. Each scan by its command, order and product; each order by its lines.

use super::books::Books;
use super::diary::{Answered, Deed, Pages};
use anyhow::{Context, Result};
use model::order::Moment;
use model::{CommandId, OrderId};
use rusqlite::{Connection, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Deeds without a trace, and traces without or beyond their deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deeds {
    /// Lost.
    pub lost: i64,
    /// Doubled.
    pub doubled: i64,
}

impl Deeds {
    fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
    }
}

/// A unit that left its shelf: for which order, of which product.
type Unit = (String, String);
/// Units by the command that took them.
type Taken = BTreeMap<Vec<u8>, Vec<Unit>>;
/// Units by product.
type Lines = BTreeMap<String, i64>;

/// What one store's tables say of scans.
struct Shelf {
    /// Rows of the picks: order and product.
    picks: Taken,
    /// Rows of the ledger: the same.
    ledger: Taken,
}

impl Shelf {
    fn read(conn: &Connection) -> Result<Self> {
        let taken = |sql: &str, order: fn(&Row<'_>) -> rusqlite::Result<String>| -> Result<Taken> {
            let mut all = Taken::new();
            let mut rows = conn.prepare(sql)?;
            let mut rows = rows.query([])?;
            while let Some(row) = rows.next()? {
                all.entry(row.get(0)?).or_default().push((order(row)?, row.get(2)?));
            }
            Ok(all)
        };
        Ok(Self {
            picks: taken("SELECT id, order_id, sku FROM pick_event ORDER BY id", |row| {
                Ok(OrderId::from_bytes(row.get(1)?).to_string())
            })?,
            ledger: taken(
                "SELECT command, reference, sku FROM ledger WHERE kind = 'picked' ORDER BY seq",
                |row| row.get(1),
            )?,
        })
    }

    /// One scan: done, each table has its unit once, of that order and product; refused, none has any.
    fn judge(&self, id: CommandId, applied: bool, (order, sku): (&OrderId, Option<&str>)) -> Deeds {
        let mut deeds = Deeds::default();
        let order = order.to_string();
        let is_it = |(of, what): &Unit| *of == order && sku.is_none_or(|sku| sku == what);
        let tables = [&self.picks, &self.ledger].map(|table| table.get(id.as_bytes().as_slice()));
        let wanted = usize::from(applied);
        for units in tables.map(|units| units.map_or(&[][..], Vec::as_slice)) {
            deeds.lost = deeds.lost.max(i64::from(applied && !units.iter().any(is_it)));
            deeds.doubled =
                deeds.doubled.max(i64::try_from(units.len().saturating_sub(wanted)).unwrap_or(i64::MAX));
        }
        deeds
    }
}

/// Everything that people of this folder were answered.
pub fn compare(books: &Books, pages: &Pages) -> Result<Deeds> {
    let mut all = Deeds::default();
    for (name, conn) in &books.stores {
        all.add(at_handhelds(name, conn, pages)?);
    }
    all.add(placed(books, pages)?);
    all.add(counter(books, pages)?);
    all.add(deliveries(books, pages)?);
    let strange = books.unwritten(pages)?;
    all.doubled += i64::try_from(strange.difference(&pages.unwritten).count())?;
    Ok(all)
}

/// Commands of handhelds, and the units that their scans took.
fn at_handhelds(name: &str, conn: &Connection, pages: &Pages) -> Result<Deeds> {
    let (mut all, shelf) = (Deeds::default(), Shelf::read(conn)?);
    for (id, Answered { store, applied, deed }) in pages.answered.iter().filter(|(_, a)| a.store == name) {
        let sql = "SELECT count(*), coalesce(sum(answer IS NOT NULL), 0) FROM command WHERE id = ?1";
        let (found, done): (i64, i64) = conn
            .query_row(sql, [id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .with_context(|| format!("commands of {store}"))?;
        let mut deeds = match deed {
            Deed::Scan { order, sku } => shelf.judge(*id, *applied, (order, sku.as_deref())),
            Deed::Other => Deeds::default(),
        };
        deeds.lost = deeds.lost.max(i64::from(found == 0 || (done == 1) != *applied));
        all.add(deeds);
    }
    all.doubled += i64::try_from(strange_picks(conn, pages)?.len())?;
    Ok(all)
}

/// Picks at the handhelds of the demo's people that none of them sent: a repeat that became a second pick.
pub fn strange_picks(conn: &Connection, pages: &Pages) -> Result<BTreeSet<CommandId>> {
    let mut rows = conn.prepare("SELECT id, device FROM pick_event ORDER BY id")?;
    let rows = rows.query_map([], |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, String>(1)?)))?;
    let mut all = BTreeSet::new();
    for row in rows {
        let (id, device) = row?;
        let id = CommandId::from_bytes(id);
        let ours = pages.handhelds.contains(&device);
        let known = pages.answered.contains_key(&id)
            || pages.unanswered.contains(&id)
            || pages.unwritten_picks.contains(&id);
        if ours && !known {
            all.insert(id);
        }
    }
    Ok(all)
}

/// Orders that the hub said yes to: there, with the lines that were in the cart; where the store has it, there as well.
fn placed(books: &Books, pages: &Pages) -> Result<Deeds> {
    let mut all = Deeds::default();
    for (order, placed) in &pages.placed {
        let wanted = sums(placed.lines.iter().map(|(sku, qty)| (sku.clone(), i64::from(*qty))));
        all.add(difference(&wanted, &lines_of(&books.hub, order)?));
        let there = books.stores.get(placed.store.as_str()).context("a store of the diary")?;
        let there = lines_of(there, order)?;
        if !there.is_empty() {
            all.add(difference(&wanted, &there));
        }
    }
    Ok(all)
}

/// Counter orders, in one of the stores with what was sold.
fn counter(books: &Books, pages: &Pages) -> Result<Deeds> {
    let mut all = Deeds::default();
    for (order, lines) in &pages.counter {
        let wanted = sums(lines.iter().map(|(sku, qty)| (sku.clone(), i64::from(*qty))));
        let mut found = Lines::new();
        for store in books.stores.values() {
            for (sku, units) in lines_of(store, order)? {
                *found.entry(sku).or_default() += units;
            }
        }
        all.add(difference(&wanted, &found));
    }
    Ok(all)
}

/// Deliveries that the hub confirmed to a rider.
fn deliveries(books: &Books, pages: &Pages) -> Result<Deeds> {
    let mut all = Deeds::default();
    let told: BTreeSet<_> = pages.delivered.iter().collect();
    all.doubled += i64::try_from(pages.delivered.len() - told.len())?;
    for order in told {
        let sql = "SELECT count(*) FROM order_moment WHERE order_id = ?1 AND moment = ?2";
        let known: i64 =
            books.hub.query_row(sql, (order.as_bytes(), Moment::Delivered.field()), |row| row.get(0))?;
        all.lost += i64::from(known == 0);
    }
    Ok(all)
}

/// An order of which a product lacks units is lost, one that has more than was said is doubled.
fn difference(wanted: &Lines, found: &Lines) -> Deeds {
    let beyond = |more: &Lines, than: &Lines| {
        i64::from(more.iter().any(|(sku, units)| *units > than.get(sku).copied().unwrap_or(0)))
    };
    Deeds { lost: beyond(wanted, found), doubled: beyond(found, wanted) }
}

fn sums(lines: impl Iterator<Item = (String, i64)>) -> Lines {
    let mut all = Lines::new();
    for (sku, units) in lines {
        *all.entry(sku).or_default() += units;
    }
    all
}

fn lines_of(conn: &Connection, order: &OrderId) -> Result<Lines> {
    let mut rows = conn.prepare("SELECT sku, qty FROM order_line WHERE order_id = ?1 ORDER BY line")?;
    let rows = rows.query_map([order.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(sums(rows.collect::<Result<Vec<_>, _>>()?.into_iter()))
}

#[cfg(test)]
#[path = "deeds_tests.rs"]
mod tests;
