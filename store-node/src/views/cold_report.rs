//! The cold chain's daily papers as CSV (REQ-18): quarter-hours of every sensor, every reading of one, excursions by lot.
//! Times stand in the store's own zone with their offset, temperatures in degrees with three decimals.

use super::cold::in_full;
use super::cold_day::{self, Of, Slot};
use crate::cold_chain::{self, hex};
use crate::db::cold_log::LogRow;
use crate::db::cold_quarters::Spread;
use crate::db::{DbResult, cold_events, cold_log, excursions};
use crate::reader::{Reader, StoreFacts};
use model::api::store::ExcursionRow;
use model::mqtt::Calibration;
use model::{Date, DeviceId, Timestamp};

impl Reader {
    /// Quarter-hours of every watched sensor on a day of the store's calendar.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn cold_day(&mut self, day: Date) -> DbResult<String> {
        self.snapshot(|conn, facts| {
            let mut paper = Paper::new(&[
                "from",
                "to",
                "zone",
                "sensor",
                "readings",
                "gaps",
                "min_c",
                "max_c",
                "mean_kinetic_c",
                "low_c",
                "high_c",
                "above_c_min",
                "below_c_min",
                "outside_s",
                "certificate",
                "calibration_due",
                "calibration",
            ]);
            for of in cold_day::watched(conn)? {
                for slot in cold_day::slots(conn, facts, &of, day)? {
                    paper.row(&quarter(facts, &of, &slot));
                }
            }
            Ok(paper.finish())
        })
    }

    /// Every reading of one sensor on a day of the store's calendar.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn cold_log(&mut self, sensor: &DeviceId, day: Date) -> DbResult<String> {
        self.snapshot(|conn, facts| {
            let mut paper = Paper::new(&[
                "at",
                "at_utc_ms",
                "heard_utc_ms",
                "clock",
                "sensor",
                "session",
                "seq",
                "gap",
                "raw_c",
                "corrected_c",
                "quality",
                "humidity_pct",
                "pressure_pa",
                "offset_c",
                "gain_ppm",
                "certificate",
                "calibration_due",
                "up_ms",
                "n",
                "previous_hash",
                "hash",
            ]);
            let (from, to) = facts.calendar.bounds(day);
            let mut known: Option<(Timestamp, Option<Calibration>)> = None;
            for row in cold_log::rows(conn, sensor, from, to)? {
                // A calibration changes with an agent's run, so within one it is looked up once.
                let key = Timestamp::from_ms(row.session);
                let calibration = match &known {
                    Some((session, calibration)) if *session == key => calibration.clone(),
                    Some(_) | None => cold_log::calibration(conn, sensor, row.at)?.map(|(_, found)| found),
                };
                paper.row(&reading(facts, &row, calibration.as_ref()));
                known = Some((key, calibration));
            }
            Ok(paper.finish())
        })
    }

    /// What happened around the readings on a day of the store's calendar: alarms, who has seen them, doors, actions.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn cold_events(&mut self, day: Date) -> DbResult<String> {
        self.snapshot(|conn, facts| {
            let mut paper = Paper::new(&[
                "at",
                "at_utc_ms",
                "heard_utc_ms",
                "what",
                "device",
                "zone",
                "person",
                "detail",
                "reading",
                "n",
                "previous_hash",
                "hash",
            ]);
            let (from, to) = facts.calendar.bounds(day);
            for row in cold_events::between(conn, from, to)? {
                let hash = hex(&cold_chain::event(&row));
                paper.row(&[
                    facts.calendar.stamp(row.at),
                    row.at.ms().to_string(),
                    row.heard.ms().to_string(),
                    row.kind,
                    row.device,
                    row.zone.unwrap_or_default(),
                    row.person,
                    row.detail,
                    row.reading.to_string(),
                    row.n.to_string(),
                    hex(&row.before),
                    hash,
                ]);
            }
            Ok(paper.finish())
        })
    }

    /// Excursions that touch a day of the store's calendar, a line for each lot that lay there.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn cold_excursions(&mut self, day: Date, now: Timestamp) -> DbResult<String> {
        self.snapshot(|conn, facts| {
            let mut paper = Paper::new(&[
                "excursion",
                "zone",
                "sensor",
                "kind",
                "began",
                "ended",
                "alarmed",
                "low_c",
                "high_c",
                "min_c",
                "max_c",
                "mean_kinetic_c",
                "above_c_min",
                "below_c_min",
                "outside_s",
                "readings",
                "gaps",
                "lot",
                "sku",
                "name",
                "units",
                "order",
                "order_units",
                "picked",
                "shipped",
            ]);
            let (from, to) = facts.calendar.bounds(day);
            for row in in_full(conn, excursions::touching(conn, from, to)?, now)? {
                let figure = |of: fn(&model::api::store::ExcursionFigures) -> String| {
                    row.figures.as_ref().map(of).unwrap_or_default()
                };
                let head = [
                    row.id.to_string(),
                    row.zone.to_string(),
                    row.sensor.to_string(),
                    row.kind.clone(),
                    facts.calendar.stamp(row.began),
                    row.ended.map(|ended| facts.calendar.stamp(ended)).unwrap_or_default(),
                    yes(row.alarmed),
                    degrees(row.low_milli_c),
                    degrees(row.high_milli_c),
                    figure(|f| degrees(f.min_milli_c)),
                    figure(|f| degrees(f.max_milli_c)),
                    figure(|f| degrees(f.mean_kinetic_milli_c)),
                    figure(|f| thousandths(f.above_milli_c_min)),
                    figure(|f| thousandths(f.below_milli_c_min)),
                    figure(|f| (f.outside_ms / 1_000).to_string()),
                    figure(|f| f.samples.to_string()),
                    figure(|f| f.gaps.to_string()),
                ];
                for line in lots_and_orders(facts, &row) {
                    paper.row(&[head.as_slice(), line.as_slice()].concat());
                }
            }
            Ok(paper.finish())
        })
    }
}

/// A line for each lot that lay there and each order that got some of it; a lot without an order, and an excursion
/// without a lot, have a line too.
fn lots_and_orders(facts: &StoreFacts, row: &ExcursionRow) -> Vec<[String; 8]> {
    let mut lines = Vec::new();
    for lot in &row.lots {
        let mut line = |[number, units, picked, shipped]: [String; 4]| {
            let (code, sku) = (lot.lot.to_string(), lot.sku.to_string());
            lines.push([code, sku, lot.name.clone(), lot.units.to_string(), number, units, picked, shipped]);
        };
        let orders: Vec<_> = row.orders.iter().filter(|order| order.lot == lot.lot).collect();
        if orders.is_empty() {
            line(Default::default());
        }
        for order in orders {
            let shipped = order.shipped.map(|at| facts.calendar.stamp(at)).unwrap_or_default();
            line([
                order.number.clone(),
                order.units.to_string(),
                facts.calendar.stamp(order.picked),
                shipped,
            ]);
        }
    }
    if lines.is_empty() {
        lines.push(Default::default());
    }
    lines
}

fn quarter(facts: &StoreFacts, of: &Of, slot: &Slot) -> Vec<String> {
    let own_degrees = |value: fn(&Spread) -> i32| {
        slot.spread.as_ref().map(|spread| degrees(value(spread))).unwrap_or_default()
    };
    let calibration = slot.calibration.as_ref();
    let (certificate, due) = paper_of(calibration);
    let state = match calibration.and_then(|calibration| calibration.due) {
        Some(due) if due < facts.calendar.date(slot.from) => "overdue",
        Some(_) => "valid",
        None => "none",
    };
    vec![
        facts.calendar.stamp(slot.from),
        facts.calendar.stamp(slot.to),
        of.zone.to_string(),
        of.sensor.to_string(),
        slot.samples.to_string(),
        slot.gaps.to_string(),
        own_degrees(|spread| spread.min_milli_c),
        own_degrees(|spread| spread.max_milli_c),
        own_degrees(|spread| spread.mean_kinetic_milli_c),
        degrees(slot.band.low_milli_c),
        degrees(slot.band.high_milli_c),
        thousandths(slot.above_milli_c_min),
        thousandths(slot.below_milli_c_min),
        (slot.outside_ms / 1_000).to_string(),
        certificate,
        due,
        state.to_owned(),
    ]
}

fn reading(facts: &StoreFacts, row: &LogRow, calibration: Option<&Calibration>) -> Vec<String> {
    let (certificate, due) = paper_of(calibration);
    vec![
        facts.calendar.stamp(row.at),
        row.at.ms().to_string(),
        row.heard.ms().to_string(),
        row.clock.word().to_owned(),
        row.sensor.to_string(),
        row.session.to_string(),
        row.seq.to_string(),
        yes(row.gap),
        row.raw_milli_c.map(degrees).unwrap_or_default(),
        row.milli_c.map(degrees).unwrap_or_default(),
        row.quality.word().to_owned(),
        row.humidity_milli_pct.map(|part| thousandths(i64::from(part))).unwrap_or_default(),
        row.pressure_pa.map(|pascals| pascals.to_string()).unwrap_or_default(),
        calibration.map(|found| degrees(found.offset_milli_c)).unwrap_or_default(),
        calibration.map(|found| found.gain_ppm.to_string()).unwrap_or_default(),
        certificate,
        due,
        row.up_ms.map(|up_ms| up_ms.to_string()).unwrap_or_default(),
        row.n.to_string(),
        hex(&row.before),
        hex(&cold_chain::reading(row)),
    ]
}

/// Certificate and due date, empty where there is none.
fn paper_of(calibration: Option<&Calibration>) -> (String, String) {
    let certificate = calibration.map(|found| found.certificate.clone()).unwrap_or_default();
    let due = calibration.and_then(|found| found.due).map(|due| due.to_string()).unwrap_or_default();
    (certificate, due)
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

pub(super) fn degrees(milli: i32) -> String {
    thousandths(i64::from(milli))
}

/// `-18500` as `-18.500`.
pub(super) fn thousandths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let whole = value.unsigned_abs();
    format!("{sign}{}.{:03}", whole / 1_000, whole % 1_000)
}

/// A CSV that grows.
struct Paper(csv::Writer<Vec<u8>>);

impl Paper {
    fn new(columns: &[&str]) -> Self {
        let mut paper =
            Self(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new()));
        paper.row(columns);
        paper
    }

    fn row<T: AsRef<[u8]>>(&mut self, fields: &[T]) {
        // Into memory, and every row has the same number of fields: there is nothing that could fail.
        if let Err(error) = self.0.write_record(fields) {
            tracing::error!(%error, "a line of a report was left out");
        }
    }

    fn finish(self) -> String {
        let bytes = self.0.into_inner().unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }
}
