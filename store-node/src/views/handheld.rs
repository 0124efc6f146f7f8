//! What a picker's handheld shows (UX 1-25), read from the database: who is logged in, the order in hand with its lines
//! in walking order, and what there is to know. Decides nothing, changes nothing.

use crate::db::pick_gaps::LineState;
use crate::db::picks::Stop;
use crate::db::{Connection, DbResult, catalogue, orders, people, pick_assign, pick_gaps, picks, places};
use model::mqtt::{HandheldView, LotHint, Notice, PickLine, PickTask, SubstituteOffer};
use model::order::Moment;
use model::time::HOUR_MS;
use model::{DeviceId, OrderId, Qty, Timestamp};
use store_core::pick::pace::Promise;
use store_core::pick::scan::Held;

/// Notices older than this are no news.
const NOTICE_MS: i64 = HOUR_MS;
/// At most so many are shown.
const NOTICES: u32 = 5;
/// At most so many other bins are named for a line.
const OTHER_BINS: u32 = 3;

/// The view of one handheld now. Its version grows with everything that a handheld can show.
///
/// # Errors
/// A fault of the database.
pub fn view(conn: &Connection, device: &DeviceId, now: Timestamp) -> DbResult<HandheldView> {
    let waiting = picks::waiting(conn)?;
    let mut view = HandheldView {
        version: pick_assign::version(conn)?,
        at: now,
        person: None,
        person_name: String::new(),
        task: None,
        waiting: u32::try_from(waiting.len()).unwrap_or(u32::MAX),
        newest_at: waiting.iter().map(|wait| wait.accepted_at).max(),
        notices: Vec::new(),
    };
    let Some(session) = people::session_at(conn, device, now)? else { return Ok(view) };
    if let Some((order, at)) = pick_assign::of_person(conn, &session.person)?
        && at == *device
    {
        view.task = Some(task(conn, order)?);
    }
    let notices = people::notices(conn, &session.person, now.plus_ms(-NOTICE_MS), NOTICES)?;
    let notice = |row: people::NoticeRow| Notice { code: row.code, detail: row.detail, at: row.at };
    view.notices = notices.into_iter().map(notice).collect();
    view.person = Some(session.person);
    view.person_name = session.name;
    Ok(view)
}

fn task(conn: &Connection, order: OrderId) -> DbResult<PickTask> {
    let row = orders::must(conn, &order)?;
    let states = pick_gaps::lines(conn, order)?;
    let held = picks::held(conn, order)?;
    let stops = picks::stops(conn, order)?;
    let question = pick_gaps::open_in(conn, order)?.into_iter().next();
    let mut lines = Vec::with_capacity(states.len());
    for stop in &stops {
        if let Some(state) = states.iter().find(|state| state.line == stop.line) {
            lines.extend(walked(conn, state, &held, stop)?);
        }
    }
    for state in states.iter().filter(|state| !stops.iter().any(|stop| stop.line == state.line)) {
        let asked = question.as_ref().is_some_and(|question| question.line == state.line);
        if asked || state.gap().is_zero() {
            lines.extend(left_out(conn, state)?);
        }
    }
    let substitute = match question {
        Some(question) => {
            let product = catalogue::must(conn, &question.sku)?.product;
            let (name, name_hi) = (product.name, product.name_hi);
            Some(SubstituteOffer { line: question.line, name, name_hi, until: question.until })
        }
        None => None,
    };
    let placed_at = orders::moments(conn, &order)?.get(Moment::Placed).unwrap_or(row.received_at);
    let promise = Promise { channel: row.channel, placed_at, promise_at: row.promise_at };
    Ok(PickTask {
        order,
        number: row.number,
        promise_at: row.promise_at,
        pick_by: promise.pick_by(),
        lines,
        bags: stops.iter().map(|stop| stop.bag).max().unwrap_or(0),
        substitute,
    })
}

/// A line with units in some place: the first place that is open, else where the last unit was taken.
fn walked(conn: &Connection, state: &LineState, held: &[Held], stop: &Stop) -> DbResult<Option<PickLine>> {
    let mine = || held.iter().filter(|held| held.line == state.line);
    let Some(place) = mine().find(|held| !held.open().is_zero()).or_else(|| mine().next_back()) else {
        return Ok(None);
    };
    let product = catalogue::must(conn, &place.sku)?.product;
    let Some(zone) = places::zone_of(conn, &place.bin)? else { return Ok(None) };
    Ok(Some(PickLine {
        line: state.line,
        sku: place.sku.clone(),
        cold: product.temp.is_cold(),
        fragile: product.fragile,
        heavy: product.is_heavy(),
        name: product.name,
        name_hi: product.name_hi,
        bin: place.bin.clone(),
        zone: zone.zone,
        alternatives: picks::other_bins(conn, &place.sku, &place.bin, OTHER_BINS)?,
        qty: state.qty,
        picked: state.picked,
        short: state.short,
        gtins: catalogue::gtins_of(conn, &place.sku)?,
        lot: LotHint { lot: place.lot.clone(), expiry: place.expiry, scan_label: place.lots_in_bin > 1 },
        bag: stop.bag,
    }))
}

/// A line of which nothing is held any more: given up, or waiting for the customer. It stands where it would have been.
fn left_out(conn: &Connection, state: &LineState) -> DbResult<Option<PickLine>> {
    let found = catalogue::must(conn, &state.sku)?;
    let (product, Some(bin)) = (found.product, found.home) else { return Ok(None) };
    let Some(zone) = places::zone_of(conn, &bin)? else { return Ok(None) };
    let Some(lot) = picks::any_lot(conn, &state.sku)? else { return Ok(None) };
    Ok(Some(PickLine {
        line: state.line,
        sku: state.sku.clone(),
        cold: product.temp.is_cold(),
        fragile: product.fragile,
        heavy: product.is_heavy(),
        name: product.name,
        name_hi: product.name_hi,
        bin,
        zone: zone.zone,
        alternatives: Vec::new(),
        qty: state.qty,
        picked: Qty::ZERO,
        short: state.short,
        gtins: Vec::new(),
        lot: LotHint { lot, expiry: None, scan_label: false },
        bag: 1,
    }))
}
