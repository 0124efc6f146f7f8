//! The orders board: one card per order, most urgent first (UX 26).

use crate::db::allocations::{self, Allocation};
use crate::db::orders::{self, OrderRow};
use crate::db::prints::{self, PrintState};
use crate::db::{
    Connection, DbResult, assignments, bags, catalogue, cold, handovers, people, pick_gaps, picks,
};
use crate::reader::Reader;
use model::api::store::{Board, BoardOrder};
use model::time::HOUR_MS;
use model::{BinId, Grams, OrderId, Timestamp};

/// Ended orders on the board.
const ENDED_MAX: u32 = 50;
/// Orders on the board.
const ORDERS_MAX: usize = 200;

impl Reader {
    /// The board. Whether the uplink is up is known to the uplink alone: `online` is false here.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn board(&mut self, now: Timestamp) -> DbResult<Board> {
        self.snapshot(|conn, facts| {
            let mut rows = orders::open(conn)?;
            rows.extend(orders::ended_since(conn, now.plus_ms(-HOUR_MS), ENDED_MAX)?);
            let cards = rows.iter().take(ORDERS_MAX).map(|row| card(conn, row));
            let today = facts.calendar.day_start(now);
            Ok(Board {
                at: now,
                store: facts.store.clone(),
                store_name: facts.name.clone(),
                orders: cards.collect::<DbResult<_>>()?,
                dispatched_today: count(orders::dispatched_since(conn, today)?),
                alarms: count(cold::open_alarms(conn)?),
                online: false,
                offline_since: None,
            })
        })
    }
}

/// One order's card.
pub(super) fn card(conn: &Connection, row: &OrderRow) -> DbResult<BoardOrder> {
    let moments = orders::moments(conn, &row.order)?;
    let lines = orders::lines(conn, &row.order)?;
    let held = allocations::of_order(conn, &row.order)?;
    let states = pick_gaps::lines(conn, row.order)?;
    let mut weight = 0_u32;
    let mut is_cold = false;
    for (_, line) in &lines {
        let product = catalogue::must(conn, &line.sku)?.product;
        weight = weight.saturating_add(product.weight.0.saturating_mul(line.qty.get()));
        is_cold |= product.temp.is_cold();
    }
    let pick = assignments::of_order(conn, &row.order)?;
    let picker = match &pick {
        Some(pick) => Some(people::find(conn, &pick.person)?.map_or(pick.person.to_string(), |p| p.name)),
        None => None,
    };
    let picking = pick.is_some_and(|pick| pick.ended_at.is_none());
    let card = orders::rider(conn, &row.order)?;
    let rider = match handovers::rider_of(conn, row.order)?.filter(|code| !code.is_empty()) {
        Some(code) => Some(card.as_ref().filter(|c| c.code == code).map_or(code, |c| c.name.clone())),
        None => card.as_ref().map(|card| card.name.clone()),
    };
    let jobs = prints::of_order(conn, row.order)?;
    Ok(BoardOrder {
        order: row.order,
        number: row.number.clone(),
        channel: row.channel,
        state: moments.state(),
        moments,
        promise_at: row.promise_at,
        lines: size(lines.len()),
        lines_done: size(states.iter().filter(|state| state.is_done()).count()),
        weight: Grams(weight),
        cold: is_cold,
        picker,
        next_bin: if picking { next_bin(conn, &row.order, &held)? } else { None },
        bags: size(bags::of(conn, row.order)?.len()),
        rider,
        rider_eta: card.map(|card| card.eta_at),
        substitute_until: pick_gaps::open_in(conn, row.order)?.iter().map(|question| question.until).min(),
        prints_in_doubt: size(jobs.iter().filter(|job| needs_person(job.state)).count()),
    })
}

/// Whether a person must look at a print.
pub(super) const fn needs_person(state: PrintState) -> bool {
    match state {
        PrintState::Queued | PrintState::Sent | PrintState::Done | PrintState::Replaced => false,
        PrintState::SentUnconfirmed | PrintState::InDoubt | PrintState::Rejected => true,
    }
}

fn next_bin(conn: &Connection, order: &OrderId, held: &[Allocation]) -> DbResult<Option<BinId>> {
    let stops = picks::stops(conn, *order)?;
    let open = |line: u8| held.iter().find(|a| a.line == line && !a.open().is_zero());
    Ok(stops.iter().find_map(|stop| open(stop.line)).map(|a| a.place.bin.clone()))
}

fn size(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(super) fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}
