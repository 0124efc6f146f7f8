//! Stock by SKU, and one SKU by lot and bin with its movements.

use super::board::count;
use crate::db::catalogue::{self, SkuRow};
use crate::db::ledger::{self, Entry};
use crate::db::stock::{self, Place};
use crate::db::{Connection, DbResult, lots, quota};
use crate::reader::{Reader, StoreFacts, free};
use model::api::store::{LotRow, MovementRow, StockDetail, StockPage, StockRow};
use model::{SkuId, Timestamp};

/// SKUs on a page.
const PAGE: usize = 100;
/// Movements shown.
const MOVEMENTS: u32 = 100;
/// The longest search text that is looked at, characters.
const SEARCH_MAX: usize = 100;

impl Reader {
    /// A page of stock: products that match `text` (name, code, barcode), by code, after `after`.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn stock_page(&mut self, text: &str, after: Option<&SkuId>, now: Timestamp) -> DbResult<StockPage> {
        let text: String = text.trim().chars().take(SEARCH_MAX).collect();
        self.snapshot(|conn, facts| {
            let after = after.map_or("", |sku| sku.as_str());
            let found = catalogue::search(conn, &text, after, u32::try_from(PAGE + 1).unwrap_or(u32::MAX))?;
            let more = found.len() > PAGE;
            let mut rows = Vec::with_capacity(PAGE);
            for sku in found.iter().take(PAGE) {
                rows.push(row(conn, facts, sku, now)?);
            }
            let next = rows.last().filter(|_| more).map(|row| row.sku.clone());
            Ok(StockPage { rows, next, total: count(catalogue::matches(conn, &text)?) })
        })
    }

    /// One SKU; `None` when it is not in the catalogue.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn stock_detail(&mut self, sku: &SkuId, now: Timestamp) -> DbResult<Option<StockDetail>> {
        self.snapshot(|conn, facts| {
            let Some(known) = catalogue::find(conn, sku)? else { return Ok(None) };
            let mut rows = Vec::new();
            for lot in stock::lots_of(conn, sku)? {
                let place = Place { sku: sku.clone(), lot: lot.lot.clone(), bin: lot.bin.clone() };
                let reasons = stock::blocks_of(conn, &place)?;
                rows.push(LotRow {
                    batch: lots::must(conn, &lot.lot)?.batch,
                    lot: lot.lot,
                    expiry: lot.expiry,
                    bin: lot.bin,
                    on_hand: lot.balance.on_hand.get(),
                    reserved: lot.balance.reserved.get(),
                    blocked: lot.balance.blocked.get(),
                    blocked_why: reasons.into_iter().map(|(why, _)| why).collect::<Vec<_>>().join(", "),
                });
            }
            let movements = ledger::latest_of(conn, sku.as_str(), MOVEMENTS)?;
            let movements = movements.into_iter().filter_map(movement).collect();
            Ok(Some(StockDetail { row: row(conn, facts, &known, now)?, lots: rows, movements }))
        })
    }
}

fn row(conn: &Connection, facts: &StoreFacts, sku: &SkuRow, now: Timestamp) -> DbResult<StockRow> {
    let product = &sku.product;
    let lots = stock::lots_of(conn, &product.sku)?;
    let sum = |of: fn(&store_core::movement::Balance) -> model::Qty| -> u32 {
        lots.iter().map(|lot| of(&lot.balance).get()).sum()
    };
    let on_hand = sum(|balance| balance.on_hand);
    let free = free(conn, facts, (&product.sku, product.shelf_life_days), now)?;
    Ok(StockRow {
        sku: product.sku.clone(),
        name: product.name.clone(),
        name_hi: product.name_hi.clone(),
        on_hand,
        reserved: sum(|balance| balance.reserved),
        blocked: sum(|balance| balance.blocked),
        hub_quota: u32::try_from(quota::outstanding(conn, &product.sku)?).unwrap_or(u32::MAX),
        free: u32::try_from(free).unwrap_or(u32::MAX),
        expiry: lots.iter().filter_map(|lot| lot.expiry).min(),
        low: on_hand < sku.min_qty,
    })
}

/// `None` for a row that does not read; the self-check names it.
fn movement(entry: Entry) -> Option<MovementRow> {
    let unsigned = |n: i64| u32::try_from(n).ok();
    let pair = |(before, after): (i64, i64)| Some((unsigned(before)?, unsigned(after)?));
    Some(MovementRow {
        seq: u64::try_from(entry.seq).ok()?,
        at: entry.at,
        lot: entry.lot.parse().ok()?,
        bin: entry.bin.parse().ok()?,
        qty: unsigned(entry.qty)?,
        on_hand: pair(entry.on_hand)?,
        reserved: pair(entry.reserved)?,
        blocked: pair(entry.blocked)?,
        kind: entry.kind,
        person: entry.person,
        device: entry.device,
        why: entry.why,
        reference: entry.reference,
    })
}
