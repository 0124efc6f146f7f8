//! The count of a fenced store: how far it has come, and what to count next, in walking order. How many the books believe
//! in is not told before somebody has counted.

use crate::db::counting::{self, Stop};
use crate::db::fence::{self, State, ToCount};
use crate::db::{Connection, DbResult, catalogue};
use crate::reader::Reader;
use model::SkuId;
use model::api::store::counting::{CountPlace, CountTask, Counting};

/// Best sellers that are counted first: the store sells again within half an hour.
pub const TOP: usize = 200;
/// SKUs that are looked at.
const SKUS_MAX: u32 = 50_000;
/// Tasks that are given at once.
const NEXT: usize = 50;
/// Empty places that are shown of a SKU without units.
const EMPTY: u32 = 5;
/// The longest text that is looked for, characters.
const TEXT_MAX: usize = 200;

impl Reader {
    /// How far the count has come, and what is next.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn counting(&mut self) -> DbResult<Counting> {
        self.snapshot(|conn, _| {
            let now = fence::state(conn)?;
            let all = fence::to_count(conn, SKUS_MAX)?;
            let done = |rows: &[ToCount]| small(rows.iter().filter(|row| row.counted_at.is_some()).count());
            let top = all.get(..TOP.min(all.len())).unwrap_or_default();
            let mut next = walk(conn, top, true)?;
            if next.is_empty() {
                next = walk(conn, all.get(top.len()..).unwrap_or_default(), false)?;
            }
            next.truncate(NEXT);
            Ok(Counting {
                needed: now.state != State::Open,
                fence: now.state.word().to_owned(),
                why: now.why,
                word: now.word_at.is_some(),
                done: done(&all),
                total: small(all.len()),
                top_done: done(top),
                top_total: small(top.len()),
                next,
            })
        })
    }

    /// The SKU that somebody means: a barcode, a SKU, a shelf place or a name.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn count_task(&mut self, text: &str) -> DbResult<Option<CountTask>> {
        let text: String = text.trim().chars().take(TEXT_MAX).collect();
        if text.is_empty() {
            return Ok(None);
        }
        self.snapshot(|conn, _| {
            let all = fence::to_count(conn, SKUS_MAX)?;
            let row = |sku: &SkuId| all.iter().position(|row| row.sku == *sku);
            let lying = counting::in_bin(conn, &text)?;
            let open = lying.iter().find(|sku| row(sku).is_some_and(|at| all[at].counted_at.is_none()));
            let found = match open.or(lying.first()) {
                Some(sku) => Some(sku.clone()),
                None => catalogue::search(conn, &text, "", 1)?.into_iter().next().map(|row| row.product.sku),
            };
            let Some(sku) = found else { return Ok(None) };
            match row(&sku) {
                Some(at) => task(conn, &all[at], at < TOP).map(Some),
                None => {
                    let Some(known) = catalogue::find(conn, &sku)? else { return Ok(None) };
                    let (name, name_hi) = (known.product.name, known.product.name_hi);
                    let bare = ToCount { sku, name, name_hi, on_hand: 0, counted_at: None };
                    task(conn, &bare, false).map(Some)
                }
            }
        })
    }
}

/// What is not counted yet, in the order of its first place.
fn walk(conn: &Connection, rows: &[ToCount], top: bool) -> DbResult<Vec<CountTask>> {
    let mut tasks: Vec<(Option<Stop>, CountTask)> = Vec::new();
    let open = rows.iter().filter(|row| row.counted_at.is_none());
    for row in open.take(TOP) {
        let stops = counting::stops(conn, &row.sku, EMPTY)?;
        tasks.push((stops.first().cloned(), of(row, top, stops)));
    }
    tasks.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(tasks.into_iter().map(|(_, task)| task).collect())
}

fn task(conn: &Connection, row: &ToCount, top: bool) -> DbResult<CountTask> {
    Ok(of(row, top, counting::stops(conn, &row.sku, EMPTY)?))
}

fn of(row: &ToCount, top: bool, stops: Vec<Stop>) -> CountTask {
    let place = |stop: Stop| CountPlace { bin: stop.bin, lot: stop.lot, expiry: stop.expiry };
    CountTask {
        sku: row.sku.clone(),
        name: row.name.clone(),
        name_hi: row.name_hi.clone(),
        top,
        counted_at: row.counted_at,
        places: stops.into_iter().map(place).collect(),
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
