//! Stories of the temperature log as evidence: a planted change is named by its row, a month is thinned to quarter-hours
//! without breaking the chain, a year later nothing of it is left but the chain.

use crate::check::{Finding, self_check};
use crate::command::{Command, ReadingIn, ReadingMore};
use crate::testbed::Bed;
use model::DeviceId;
use model::mqtt::Quality;
use model::time::{DAY_MS, HOUR_MS};
use sync::batch::{Head, Stream};

fn degrees(bed: &mut Bed, sensor: &str, milli_c: i32, seq: u64) {
    let more = ReadingMore {
        raw_milli_c: Some(milli_c + 100),
        session: 1,
        seq,
        up_ms: Some(seq * 30_000),
        ..ReadingMore::default()
    };
    let sensor = DeviceId::new(sensor).unwrap();
    let reading = ReadingIn { sensor, at: bed.now, milli_c: Some(milli_c), quality: Quality::Good, more };
    bed.system(Command::Reading(reading)).unwrap();
}

/// Ten minutes outside the band: readings, an excursion, an alarm, blocked lots; then a door.
fn bed() -> Bed {
    let mut bed = Bed::new();
    for seq in 1..=20 {
        degrees(&mut bed, "temp-1", 7_000, seq);
        bed.pass(30_000);
    }
    degrees(&mut bed, "temp-1", 3_000, 21);
    bed
}

fn cold(bed: &Bed) -> Vec<(&'static str, i64, String)> {
    let findings = self_check(&bed.path()).unwrap().findings;
    findings
        .into_iter()
        .filter_map(|finding| match finding {
            Finding::Cold { chain, n, what } => Some((chain, n, what)),
            Finding::File { .. }
            | Finding::Unreadable { .. }
            | Finding::Chain { .. }
            | Finding::Movement { .. }
            | Finding::Drift { .. }
            | Finding::Reserved { .. }
            | Finding::Rights { .. } => None,
        })
        .collect()
}

fn plant(bed: &Bed, sql: &str) {
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    let open =
        "DROP TRIGGER IF EXISTS reading_never_changes; DROP TRIGGER IF EXISTS cold_event_never_changes;";
    conn.execute_batch(&format!("{open} {sql}")).unwrap();
}

#[test]
fn every_flip_in_the_log_names_its_row() {
    for (sql, chain, row) in [
        ("UPDATE reading SET milli_c = 4000 WHERE n = 7", "readings", 7),
        ("UPDATE reading SET raw_milli_c = 4000 WHERE n = 1", "readings", 1),
        ("UPDATE reading SET at = at + 1 WHERE n = 20", "readings", 20),
        ("UPDATE reading SET heard = heard - 1 WHERE n = 21", "readings", 21),
        ("UPDATE reading SET clock = 'late' WHERE n = 9", "readings", 9),
        ("UPDATE reading SET up_ms = 1 WHERE n = 9", "readings", 9),
        ("UPDATE reading SET calibrated = 1 WHERE n = 9", "readings", 9),
        ("UPDATE reading SET gap = 1 WHERE n = 9", "readings", 9),
        ("UPDATE reading SET quality = 'flat' WHERE n = 9", "readings", 9),
        ("UPDATE reading SET before = zeroblob(32) WHERE n = 9", "readings", 9),
        ("DELETE FROM reading WHERE n = 9", "readings", 10),
        ("DELETE FROM reading WHERE n = 21", "readings", 22),
        ("UPDATE cold_event SET person = 'nobody' WHERE n = 2", "events", 2),
        ("UPDATE cold_event SET kind = 'cleared too_warm' WHERE n = 1", "events", 1),
        ("DELETE FROM cold_event WHERE n = 2", "events", 3),
    ] {
        let bed = bed();
        assert_eq!(cold(&bed), [], "before: {sql}");
        plant(&bed, sql);
        let found: Vec<(&str, i64)> = cold(&bed).into_iter().map(|(chain, n, _)| (chain, n)).collect();
        assert_eq!(found, [(chain, row)], "{sql}: {:?}", cold(&bed));
    }
}

#[test]
fn the_log_takes_no_change_and_events_stand_beside_the_readings() {
    let bed = bed();
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    for sql in ["UPDATE reading SET milli_c = 1", "UPDATE cold_event SET detail = ''"] {
        assert!(conn.execute(sql, []).unwrap_err().to_string().contains("append-only"), "{sql}");
    }
    let mut events = conn.prepare("SELECT kind FROM cold_event ORDER BY n").unwrap();
    let kinds: Vec<String> = events.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    let want = [
        "excursion began too_warm",
        "action blocked lots",
        "raised too_warm",
        "excursion ended too_warm",
        "cleared too_warm",
    ];
    assert_eq!(kinds, want);
}

/// The hub gets all readings.
fn shipped(bed: &mut Bed) {
    let stream = Stream::Temperatures;
    bed.ships(stream, &mut Head { upto: 0, hash: stream.first("s1") });
}

fn count(bed: &Bed, sql: &str) -> i64 {
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    conn.query_row(sql, [], |r| r.get(0)).unwrap()
}

fn ticks(bed: &mut Bed, number: usize) {
    for _ in 0..number {
        bed.system(Command::WatchTick).unwrap();
        bed.pass(1_000);
    }
}

#[test]
fn a_month_is_thinned_to_quarter_hours_and_the_chain_holds() {
    let mut bed = bed();
    let day = bed.day(0);
    let raw = bed.reader().cold_day(day).unwrap();
    bed.pass(29 * DAY_MS);
    ticks(&mut bed, 10);
    assert_eq!(count(&bed, "SELECT count(*) FROM reading"), 21, "a month is kept");
    bed.pass(2 * DAY_MS);
    ticks(&mut bed, 10);
    assert_eq!(count(&bed, "SELECT count(*) FROM reading"), 21, "what the hub does not have is kept");
    shipped(&mut bed);
    degrees(&mut bed, "temp-1", 3_000, 22);
    ticks(&mut bed, 10);
    assert_eq!(count(&bed, "SELECT count(*) FROM reading"), 1);
    assert_eq!(count(&bed, "SELECT sum(samples) FROM cold_quarter"), 21);
    assert_eq!(cold(&bed), []);
    // What the day's report says of the warm quarter is what it said before, but for silence where nothing was heard.
    let thinned = bed.reader().cold_day(day).unwrap();
    let warm = |text: &str| text.lines().find(|line| line.contains(",7.000,")).unwrap().to_owned();
    assert_eq!(warm(&thinned), warm(&raw));
    plant(&bed, "UPDATE cold_quarter SET max_milli_c = 4000");
    let found = cold(&bed);
    assert!(matches!(found.as_slice(), [("events", _, what)] if what.contains("quarter-hours")), "{found:?}");
    plant(&bed, "UPDATE cold_chain SET base_hash = zeroblob(32) WHERE chain = 'readings'");
    assert!(cold(&bed).iter().any(|(_, _, what)| what.contains("last thinning")), "{:?}", cold(&bed));
}

#[test]
fn after_a_year_the_quarter_hours_go_too_and_the_chain_holds() {
    let mut bed = bed();
    shipped(&mut bed);
    bed.pass(31 * DAY_MS);
    ticks(&mut bed, 10);
    assert!(count(&bed, "SELECT count(*) FROM cold_quarter") > 0);
    bed.pass(365 * DAY_MS);
    ticks(&mut bed, 3);
    assert!(count(&bed, "SELECT count(*) FROM cold_quarter") > 0, "a year is kept");
    bed.pass(2 * DAY_MS + HOUR_MS);
    ticks(&mut bed, 3);
    assert_eq!(count(&bed, "SELECT count(*) FROM cold_quarter"), 0);
    assert_eq!(count(&bed, "SELECT count(*) FROM cold_event WHERE kind = 'thinned'"), 0);
    assert!(count(&bed, "SELECT count(*) FROM cold_event WHERE kind = 'forgotten'") > 0);
    assert_eq!(cold(&bed), []);
}

#[test]
fn readings_that_no_hub_ever_takes_are_thinned_in_the_end() {
    let mut bed = bed();
    bed.pass(89 * DAY_MS);
    ticks(&mut bed, 3);
    assert_eq!(count(&bed, "SELECT count(*) FROM reading"), 21);
    bed.pass(2 * DAY_MS);
    ticks(&mut bed, 10);
    assert_eq!(count(&bed, "SELECT count(*) FROM reading"), 0);
    assert_eq!(cold(&bed), []);
}

#[test]
fn a_reading_that_cannot_be_read_is_named_and_its_neighbours_are_not() {
    let bed = bed();
    plant(
        &bed,
        "UPDATE reading SET quality = CAST(x'ff' AS TEXT) WHERE n = 7; UPDATE reading SET milli_c = 1 WHERE n = 12;",
    );
    let findings = self_check(&bed.path()).unwrap().findings;
    let [Finding::Unreadable { table: "reading", row, .. }, Finding::Cold { n: 12, .. }] =
        findings.as_slice()
    else {
        panic!("{findings:?}");
    };
    assert_eq!(row, "7");
}
