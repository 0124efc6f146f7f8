//! The cold chain's day as one PDF for an inspector (REQ-18): every sensor with its curve and figures, excursions with their
//! lots and orders, what happened, and the hashes that the log ends with. In English or Hindi.

use super::cold::in_full;
use super::cold_day::{self, Of, Slot};
use super::cold_report::{degrees, thousandths};
use crate::cold_chain::{Chain, hex};
use crate::db::{Connection, DbResult, cold_events, cold_links, excursions};
use crate::pdf::{Face, Paper, ROOM};
use crate::reader::{Reader, StoreFacts};
use firmware_config::PaperLanguage;
use model::api::store::ExcursionRow;
use model::{Date, Timestamp};
use store_core::cold::kinetic::mean_kinetic;

/// Height of a curve, points.
const CHART: f32 = 64.0;
/// Air over and under the band on a curve, thousandths of a degree.
const AIR: i32 = 2_000;
/// Quarter-hours in a day with the longest change of the clocks.
const SLOTS_MAX: f32 = 100.0;
/// What happened: lines at most; all of it stands in the CSV.
const EVENTS_MAX: usize = 200;
/// Orders that are named for one excursion; all of them stand in the CSV.
const ORDERS_MAX: usize = 60;

/// The fixed words, in English and Hindi.
struct Words {
    title: &'static str,
    band: &'static str,
    readings: &'static str,
    silent: &'static str,
    mean: &'static str,
    outside: &'static str,
    certificate: &'static str,
    nothing: &'static str,
    excursions: &'static str,
    no_excursions: &'static str,
    lasts: &'static str,
    lots: &'static str,
    orders: &'static str,
    here: &'static str,
    events: &'static str,
    hashes: &'static str,
}

const ENGLISH: Words = Words {
    title: "Cold chain",
    band: "band",
    readings: "readings",
    silent: "quarter-hours without a value or with a silence",
    mean: "mean kinetic",
    outside: "minutes outside",
    certificate: "certificate",
    nothing: "nothing was heard on this day",
    excursions: "Outside the band",
    no_excursions: "Nothing left its band.",
    lasts: "still outside",
    lots: "lots that lay there",
    orders: "orders that got them",
    here: "still in the store",
    events: "Alarms, doors and actions",
    hashes: "The log ends with",
};

const HINDI: Words = Words {
    title: "कोल्ड चेन",
    band: "सीमा",
    readings: "रीडिंग",
    silent: "बिना मान या ख़ामोशी वाले पंद्रह मिनट",
    mean: "औसत गतिज",
    outside: "मिनट सीमा से बाहर",
    certificate: "प्रमाणपत्र",
    nothing: "इस दिन कुछ नहीं सुना गया",
    excursions: "सीमा से बाहर",
    no_excursions: "कुछ भी सीमा से बाहर नहीं गया।",
    lasts: "अब भी बाहर",
    lots: "लॉट जो वहाँ थे",
    orders: "ऑर्डर जिनमें वे गए",
    here: "अब भी स्टोर में",
    events: "अलार्म, दरवाज़े और कार्रवाई",
    hashes: "लॉग का अंत",
};

impl Reader {
    /// The day's paper.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn cold_pdf(&mut self, day: Date, tongue: PaperLanguage, now: Timestamp) -> DbResult<Vec<u8>> {
        let words = match tongue {
            PaperLanguage::En => &ENGLISH,
            PaperLanguage::Hi => &HINDI,
        };
        self.snapshot(|conn, facts| {
            let made = facts.calendar.stamp(now);
            let mut paper = Paper::new(&format!("{} {}, {day}, {made}", facts.store, facts.name));
            paper.line(Face::Bold, 16.0, &format!("{}: {}, {day}", words.title, facts.name));
            paper.rule();
            for of in cold_day::watched(conn)? {
                let slots = cold_day::slots(conn, facts, &of, day)?;
                sensor(&mut paper, words, &of, &slots);
            }
            let (from, to) = facts.calendar.bounds(day);
            paper.space(8.0);
            paper.line(Face::Bold, 12.0, words.excursions);
            let rows = in_full(conn, excursions::touching(conn, from, to)?, now)?;
            if rows.is_empty() {
                paper.line(Face::Plain, 9.0, words.no_excursions);
            }
            rows.iter().for_each(|row| excursion(&mut paper, words, facts, row));
            happened(&mut paper, words, conn, facts, (from, to))?;
            hashes(&mut paper, words, conn, facts)?;
            Ok(paper.finish())
        })
    }
}

fn sensor(paper: &mut Paper, words: &Words, of: &Of, slots: &[Slot]) {
    paper.need(CHART + 60.0);
    paper.space(8.0);
    paper.line(Face::Bold, 11.0, &format!("{} / {}", of.zone, of.sensor));
    let (low, high) = (degrees(of.band.low_milli_c), degrees(of.band.high_milli_c));
    paper.line(Face::Plain, 9.0, &format!("{} {low} .. {high} C", words.band));
    let Some(last) = slots.last() else {
        return paper.line(Face::Plain, 9.0, words.nothing);
    };
    let spreads = || slots.iter().filter_map(|slot| slot.spread);
    let lowest = spreads().map(|spread| spread.min_milli_c).min().map(degrees).unwrap_or_default();
    let highest = spreads().map(|spread| spread.max_milli_c).max().map(degrees).unwrap_or_default();
    // Quarter-hours are of one length.
    let means = spreads().map(|spread| (spread.mean_kinetic_milli_c, 1));
    let kinetic = mean_kinetic(means).map(degrees).unwrap_or_default();
    let outside: i64 = slots.iter().map(|slot| slot.outside_ms).sum();
    let silent = slots.iter().filter(|slot| slot.gaps > 0).count();
    let samples: u64 = slots.iter().map(|slot| u64::from(slot.samples)).sum();
    let range = format!("{lowest} .. {highest} C, {} {kinetic} C", words.mean);
    paper.line(Face::Plain, 9.0, &format!("{samples} {}: {range}", words.readings));
    paper.line(Face::Plain, 9.0, &format!("{silent} {}", words.silent));
    paper.line(Face::Plain, 9.0, &format!("{} {}", thousandths(outside / 60), words.outside));
    if let Some(calibration) = &last.calibration {
        let due = calibration.due.map(|due| due.to_string()).unwrap_or_default();
        paper.line(Face::Plain, 9.0, &format!("{} {} .. {due}", words.certificate, calibration.certificate));
    }
    paper.chart(CHART, &curves(of, slots));
}

/// The band's two edges in grey; the warmest and the coldest value of every quarter-hour in black.
fn curves(of: &Of, slots: &[Slot]) -> Vec<(f32, Vec<(f32, f32)>)> {
    let spreads = || slots.iter().filter_map(|slot| slot.spread);
    let bottom = spreads().map(|spread| spread.min_milli_c).fold(of.band.low_milli_c - AIR, i32::min);
    let top = spreads().map(|spread| spread.max_milli_c).fold(of.band.high_milli_c + AIR, i32::max);
    let height = |value: i32| CHART * (value - bottom) as f32 / (top - bottom).max(1) as f32;
    let across = |index: usize| ROOM * index as f32 / SLOTS_MAX;
    let edge = |value: i32| (0.6, vec![(0.0, height(value)), (ROOM, height(value))]);
    let mut curves = vec![edge(of.band.low_milli_c), edge(of.band.high_milli_c)];
    // A quarter-hour without a value breaks the curves.
    let runs = slots.iter().enumerate().collect::<Vec<_>>();
    for run in runs.split(|(_, slot)| slot.spread.is_none()) {
        let curve = |value: fn(&crate::db::cold_quarters::Spread) -> i32| {
            let points = run.iter().filter_map(|(index, slot)| {
                slot.spread.as_ref().map(|spread| (across(*index), height(value(spread))))
            });
            points.collect::<Vec<_>>()
        };
        curves.push((0.0, curve(|spread| spread.max_milli_c)));
        curves.push((0.0, curve(|spread| spread.min_milli_c)));
    }
    curves
}

fn excursion(paper: &mut Paper, words: &Words, facts: &StoreFacts, row: &ExcursionRow) {
    let ended = row.ended.map_or_else(|| words.lasts.to_owned(), |ended| facts.calendar.stamp(ended));
    paper.space(4.0);
    let began = facts.calendar.stamp(row.began);
    paper.line(Face::Bold, 9.0, &format!("{} / {} {}: {began} - {ended}", row.zone, row.sensor, row.kind));
    if let Some(figures) = &row.figures {
        let range = format!("{} .. {} C", degrees(figures.min_milli_c), degrees(figures.max_milli_c));
        let mean = format!("{} {} C", words.mean, degrees(figures.mean_kinetic_milli_c));
        let minutes = format!("{} {}", thousandths(figures.outside_ms / 60), words.outside);
        paper.line(Face::Plain, 9.0, &format!("{range}, {mean}, {minutes}"));
    }
    if !row.lots.is_empty() {
        paper.line(Face::Plain, 9.0, &format!("{} {}", row.lots.len(), words.lots));
    }
    for lot in &row.lots {
        let units = lot.units.to_string();
        let cells =
            [(10.0, 150.0, lot.lot.as_str()), (165.0, 260.0, lot.name.as_str()), (430.0, 60.0, &units)];
        paper.row(Face::Table, 8.0, &cells);
    }
    if !row.orders.is_empty() {
        paper.line(Face::Plain, 9.0, &format!("{} {}", row.orders.len(), words.orders));
    }
    for order in row.orders.iter().take(ORDERS_MAX) {
        let shipped = order.shipped.map_or_else(|| words.here.to_owned(), |at| facts.calendar.stamp(at));
        let units = order.units.to_string();
        let cells = [
            (10.0, 100.0, order.number.as_str()),
            (115.0, 150.0, order.lot.as_str()),
            (270.0, 40.0, units.as_str()),
            (320.0, 180.0, shipped.as_str()),
        ];
        paper.row(Face::Table, 8.0, &cells);
    }
    if row.orders.len() > ORDERS_MAX {
        paper.line(Face::Table, 8.0, "... (CSV)");
    }
}

fn happened(
    paper: &mut Paper,
    words: &Words,
    conn: &Connection,
    facts: &StoreFacts,
    (from, to): (Timestamp, Timestamp),
) -> DbResult<()> {
    let events = cold_events::between(conn, from, to)?;
    if events.is_empty() {
        return Ok(());
    }
    paper.space(8.0);
    paper.line(Face::Bold, 12.0, words.events);
    for event in events.iter().take(EVENTS_MAX) {
        let at = facts.calendar.stamp(event.at);
        let what = format!("{} {}", event.kind, event.detail);
        let cells = [
            (0.0, 130.0, at.as_str()),
            (135.0, 70.0, event.device.as_str()),
            (210.0, 60.0, event.person.as_str()),
            (275.0, ROOM - 275.0, what.as_str()),
        ];
        paper.row(Face::Table, 7.0, &cells);
    }
    if events.len() > EVENTS_MAX {
        paper.line(Face::Table, 7.0, "... (CSV)");
    }
    Ok(())
}

fn hashes(paper: &mut Paper, words: &Words, conn: &Connection, facts: &StoreFacts) -> DbResult<()> {
    paper.space(8.0);
    paper.need(40.0);
    paper.line(Face::Bold, 9.0, words.hashes);
    for chain in [Chain::Readings, Chain::Events] {
        let ends = cold_links::ends(conn, chain, facts.store.as_str())?;
        paper.line(Face::Table, 7.0, &format!("{} {} {}", chain.word(), ends.head, hex(&ends.head_hash)));
    }
    Ok(())
}
