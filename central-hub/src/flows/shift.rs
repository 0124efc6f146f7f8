//! A rider's shift and positions (REQ-74, REQ-78).

use super::{Cx, Flow, Stop, order};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::riders::{LostRow, RiderRow};
use crate::refusal::Refusal;
use hub_core::geo;
use model::api::hub::{Fix, LostWhy, Point};
use model::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
use model::{OrderState, RiderId, Timestamp, particulars};

/// The longest shift.
const SHIFT_MS: i64 = 16 * HOUR_MS;
/// The most fixes at once.
pub const FIXES_MAX: usize = 600;
/// A rider's clock may run ahead by so much.
const AHEAD_MS: i64 = 5 * MINUTE_MS;
/// Faster than this between two fixes is a jump, not a ride (metres per second; 120 km/h).
const JUMP_M_S: f64 = 33.4;

fn rider(tx: &dyn HubTx, id: &RiderId) -> Flow<RiderRow> {
    Ok(tx.rider(id)?.ok_or(Refusal::SessionOver)?)
}

fn bad<T>(field: &str, want: &str) -> Flow<T> {
    Err(Refusal::BadValue { field: field.to_owned(), want: want.to_owned() }.into())
}

/// Starts or ends a shift. Orders assigned and not yet collected go back to waiting.
///
/// # Errors
/// [`Refusal::OrderInHand`] while the rider carries one.
pub fn set(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    id: &RiderId,
    on: bool,
    until: Timestamp,
    at: Point,
) -> Flow<Answer> {
    let mut row = rider(tx, id)?;
    if !geo::is_on_earth(at) {
        return bad("at", "latitude -90 to 90, longitude -180 to 180");
    }
    if on && !(0..=SHIFT_MS).contains(&until.since_ms(cx.now)) {
        return bad("until", "between now and 16 hours from now");
    }
    if !on {
        for order_id in tx.orders_of_rider(id)? {
            let mut open = order::sure(tx, &order_id)?;
            if open.state == OrderState::Dispatched {
                return Err(Stop::Refused(Refusal::OrderInHand { number: open.number }));
            }
            open.rider = None;
            tx.save_order(&open)?;
            tx.put_lost(&LostRow { rider: *id, order: order_id, at: cx.now, why: LostWhy::ShiftOver })?;
            order::note(tx, cx, &order_id, "rider_gone", particulars(&[("name", &row.name)]))?;
        }
    }
    row.on_shift = on;
    row.shift_until = on.then_some(until);
    row.fix = Some(Fix { at: cx.now, point: at });
    row.heard_at = Some(cx.now);
    tx.save_rider(&row)?;
    Ok(Answer::Done)
}

/// Takes in positions; the newest one counts, the rest is history. A jump that nobody can ride is left out.
pub fn positions(tx: &mut dyn HubTx, cx: &Cx<'_>, id: &RiderId, fixes: &[Fix]) -> Flow<Answer> {
    if fixes.len() > FIXES_MAX {
        return bad("fixes", "at most 600");
    }
    if fixes.iter().any(|f| !geo::is_on_earth(f.point) || f.at.since_ms(cx.now) > AHEAD_MS) {
        return bad("fixes", "points on earth, not in the future");
    }
    let mut row = rider(tx, id)?;
    if !fixes.is_empty() {
        row.heard_at = Some(cx.now);
    }
    let mut ordered = fixes.to_vec();
    ordered.sort_by_key(|f| f.at);
    for fix in ordered {
        tx.add_fix(id, &fix)?;
        let newer = row.fix.is_none_or(|last| fix.at > last.at);
        if newer && !row.fix.is_some_and(|last| is_jump(last, fix, cx.rules.speed)) {
            row.fix = Some(fix);
        }
    }
    tx.save_rider(&row)?;
    Ok(Answer::Done)
}

fn is_jump(from: Fix, to: Fix, speed: f64) -> bool {
    let seconds = (to.at.since_ms(from.at) as f64 / SECOND_MS as f64).max(1.0);
    // After five minutes of silence the rider is believed again wherever he is.
    seconds < 300.0 && geo::haversine_m(from.point, to.point) / seconds > JUMP_M_S * speed.max(1.0)
}
