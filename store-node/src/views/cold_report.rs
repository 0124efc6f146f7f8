//! The cold chain's daily papers as CSV (REQ-18): quarter-hours of every sensor, every reading of one, excursions by lot.
//! Times stand in the store's own zone with their offset, temperatures in degrees with three decimals.

use super::cold::in_full;
use crate::db::cold_log::LogRow;
use crate::db::{Connection, DbResult, cold_log, excursions, places};
use crate::reader::{Reader, StoreFacts};
use model::mqtt::Calibration;
use model::time::MINUTE_MS;
use model::{Date, DeviceId, Timestamp};
use store_core::cold::Edges;
use store_core::cold::excursion::{Sample, figures};
use store_core::cold::log::Clock;

/// One line of the day's report covers so much.
const SLOT_MS: i64 = 15 * MINUTE_MS;

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
            for (sensor, zone) in places::watched(conn)? {
                let Some(band) = zone.band else { continue };
                let of = Of {
                    sensor: &sensor,
                    zone: zone.zone.as_str(),
                    band: band.edges(),
                    silent_ms: band.silent_ms,
                };
                quarters(conn, facts, &of, day, &mut paper)?;
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
            ]);
            let (from, to) = facts.calendar.bounds(day);
            let mut known: Option<(Timestamp, Option<Calibration>)> = None;
            for row in cold_log::rows(conn, sensor, from, to)? {
                // A calibration changes with an agent's run, so within one it is looked up once.
                let key = Timestamp::from_ms(row.session);
                let calibration = match &known {
                    Some((session, calibration)) if *session == key => calibration.clone(),
                    Some(_) | None => cold_log::calibration(conn, sensor, row.at)?,
                };
                paper.row(&reading(facts, &row, calibration.as_ref()));
                known = Some((key, calibration));
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
                let lots = row.lots.iter().map(|lot| {
                    [lot.lot.to_string(), lot.sku.to_string(), lot.name.clone(), lot.units.to_string()]
                });
                let nothing = row.lots.is_empty().then(Default::default);
                for lot in lots.chain(nothing) {
                    paper.row(&[head.as_slice(), lot.as_slice()].concat());
                }
            }
            Ok(paper.finish())
        })
    }
}

/// A sensor of the day's report.
struct Of<'a> {
    sensor: &'a DeviceId,
    zone: &'a str,
    band: Edges,
    silent_ms: i64,
}

fn quarters(
    conn: &Connection,
    facts: &StoreFacts,
    of: &Of<'_>,
    day: Date,
    paper: &mut Paper,
) -> DbResult<()> {
    let (from, to) = facts.calendar.bounds(day);
    let samples = cold_log::samples(conn, of.sensor, from, to.plus_ms(-1))?;
    let Some(last) = samples.last() else { return Ok(()) };
    let end = to.min(last.at.plus_ms(SLOT_MS));
    let mut slot = from;
    while slot < end {
        let next = slot.plus_ms(SLOT_MS);
        let begins = samples.partition_point(|sample| sample.at < slot);
        let ends = samples.partition_point(|sample| sample.at < next);
        // The first value of the next slot closes this one's time.
        let within = samples.get(begins..ends).unwrap_or_default();
        let closed: Vec<Sample> = within.iter().chain(samples.get(ends)).copied().collect();
        let calibration = cold_log::calibration(conn, of.sensor, next)?;
        paper.row(&quarter(facts, of, (slot, next), within, &closed, calibration.as_ref()));
        slot = next;
    }
    Ok(())
}

fn quarter(
    facts: &StoreFacts,
    of: &Of<'_>,
    (from, to): (Timestamp, Timestamp),
    within: &[Sample],
    closed: &[Sample],
    calibration: Option<&Calibration>,
) -> Vec<String> {
    let own = figures(within, &of.band, of.silent_ms);
    let time = figures(closed, &of.band, of.silent_ms).unwrap_or_default();
    let own_degrees = |value: Option<i32>| value.map(degrees).unwrap_or_default();
    let (certificate, due) = paper_of(calibration);
    let state = match calibration.and_then(|calibration| calibration.due) {
        Some(due) if due < facts.calendar.date(from) => "overdue",
        Some(_) => "valid",
        None => "none",
    };
    // A quarter-hour without a single value is one gap; silences inside it are counted by the figures.
    let gaps = own.map_or(1, |own| own.gaps);
    vec![
        facts.calendar.stamp(from),
        facts.calendar.stamp(to),
        of.zone.to_owned(),
        of.sensor.to_string(),
        within.len().to_string(),
        gaps.to_string(),
        own_degrees(own.map(|own| own.min_milli_c)),
        own_degrees(own.map(|own| own.max_milli_c)),
        own_degrees(own.map(|own| own.mean_kinetic_milli_c)),
        degrees(of.band.low_milli_c),
        degrees(of.band.high_milli_c),
        thousandths(time.above_milli_c_min),
        thousandths(time.below_milli_c_min),
        (time.outside_ms / 1_000).to_string(),
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
        Clock::judge(row.at, row.heard).word().to_owned(),
        row.sensor.to_string(),
        row.session.to_string(),
        row.seq.to_string(),
        yes(row.gap),
        row.raw_milli_c.map(degrees).unwrap_or_default(),
        row.milli_c.map(degrees).unwrap_or_default(),
        word(row.quality).to_owned(),
        row.humidity_milli_pct.map(|part| thousandths(i64::from(part))).unwrap_or_default(),
        row.pressure_pa.map(|pascals| pascals.to_string()).unwrap_or_default(),
        calibration.map(|found| degrees(found.offset_milli_c)).unwrap_or_default(),
        calibration.map(|found| found.gain_ppm.to_string()).unwrap_or_default(),
        certificate,
        due,
    ]
}

const fn word(quality: model::mqtt::Quality) -> &'static str {
    use model::mqtt::Quality;
    match quality {
        Quality::Good => "good",
        Quality::CrcError => "crc_error",
        Quality::Implausible => "implausible",
        Quality::Jump => "jump",
        Quality::Flat => "flat",
        Quality::Silent => "silent",
    }
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

fn degrees(milli: i32) -> String {
    thousandths(i64::from(milli))
}

/// `-18500` as `-18.500`.
fn thousandths(value: i64) -> String {
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
