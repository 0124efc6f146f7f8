//! Stories of the cold chain: warnings, doors, excursions with their figures and lots, the log and its papers.

use crate::command::{Command, ReadingIn, ReadingMore};
use crate::refusal::Refusal;
use crate::testbed::Bed;
use model::api::store::{AlarmRow, ExcursionRow};
use model::mqtt::{Birth, Calibration, DeviceClass, Quality};
use model::{Date, DeviceId, Role};

fn device(id: &str) -> DeviceId {
    DeviceId::new(id).unwrap()
}

/// A reading with its raw value and number, as an agent of session 1 sends it.
fn degrees(bed: &mut Bed, milli_c: i32, seq: u64) {
    let more = ReadingMore { raw_milli_c: Some(milli_c + 100), session: 1, seq, ..ReadingMore::default() };
    let sensor = device("temp-1");
    let reading = ReadingIn { sensor, at: bed.now, milli_c: Some(milli_c), quality: Quality::Good, more };
    bed.system(Command::Reading(reading)).unwrap();
}

fn hold(bed: &mut Bed, milli_c: i32, readings: u64, first: u64) {
    for seq in first..first + readings {
        bed.pass(30_000);
        degrees(bed, milli_c, seq);
    }
}

fn door(bed: &mut Bed, open: bool) {
    let (door, at) = (device("door-1"), bed.now);
    bed.system(Command::Door { door, at, open }).unwrap();
    bed.system(Command::WatchTick).unwrap();
}

fn excursions(bed: &mut Bed) -> Vec<ExcursionRow> {
    bed.reader().cold_chain(bed.now).unwrap().excursions
}

fn open_alarms(bed: &mut Bed) -> Vec<AlarmRow> {
    let alarms = bed.reader().cold_chain(bed.now).unwrap().alarms;
    alarms.into_iter().filter(|alarm| alarm.cleared.is_none()).collect()
}

#[test]
fn an_excursion_has_figures_and_lots() {
    let mut bed = Bed::new();
    let expiry = bed.day(9);
    bed.receive("MILK", 10, Some(expiry));
    degrees(&mut bed, 4_000, 1);
    hold(&mut bed, 7_000, 21, 2);
    let began = bed.now.plus_ms(-20 * 30_000);
    let lasting = excursions(&mut bed).remove(0);
    assert_eq!((lasting.kind.as_str(), lasting.ended, lasting.alarmed), ("too_warm", None, true));
    assert_eq!(lasting.figures.unwrap().samples, 21);
    hold(&mut bed, 4_000, 1, 23);
    let over = excursions(&mut bed).remove(0);
    assert_eq!((over.began, over.ended), (began, Some(bed.now)));
    let figures = over.figures.unwrap();
    // 21 half minutes two degrees over.
    assert_eq!((figures.above_milli_c_min, figures.below_milli_c_min, figures.gaps), (21_000, 0, 0));
    assert_eq!((figures.min_milli_c, figures.max_milli_c, figures.outside_ms), (4_000, 7_000, 630_000));
    assert_eq!(figures.mean_kinetic_milli_c, 7_000, "the reading that ends it held for no time of it");
    assert_eq!(over.lots.len(), 1);
    assert_eq!((over.lots[0].sku.as_str(), over.lots[0].units), ("MILK", 10));
    bed.check();
}

/// The node is away for forty minutes, in twenty of which the fridge stands at 12 degC. Its agent has kept a reading a minute
/// and tells them afterwards, in order: the excursion is in the log with its own times, and its lots are blocked.
#[test]
fn a_fridge_that_was_warm_while_the_node_was_away_is_known_afterwards() {
    let mut bed = Bed::new();
    let expiry = bed.day(9);
    bed.receive("MILK", 10, Some(expiry));
    degrees(&mut bed, 4_000, 1);
    let away = bed.now;
    let minute = |n: i64| away.plus_ms(n * 60_000);
    bed.pass(40 * 60_000 + 5_000);
    let mut bed = bed.restart();
    bed.system(Command::WatchTick).unwrap();
    assert_eq!(bed.stock("MILK"), (10, 0, 0, 10), "nobody knows yet");
    for (n, seq) in (1..=40).zip(2_u64..) {
        let milli_c = if (10..30).contains(&n) { 12_000 } else { 4_000 };
        let more = ReadingMore { session: 1, seq: 12 * seq, ..ReadingMore::default() };
        let (sensor, quality) = (device("temp-1"), Quality::Good);
        let kept = ReadingIn { sensor, at: minute(n), milli_c: Some(milli_c), quality, more };
        // Told once more, because the first acknowledgement was lost: nothing happens twice.
        for _ in 0..2 {
            bed.system(Command::Reading(kept.clone())).unwrap();
        }
        bed.system(Command::WatchTick).unwrap();
    }
    let past = excursions(&mut bed).remove(0);
    assert_eq!((past.kind.as_str(), past.alarmed), ("too_warm", true));
    assert_eq!((past.began, past.ended), (minute(10), Some(minute(30))));
    let figures = past.figures.unwrap();
    assert_eq!((figures.max_milli_c, figures.outside_ms, figures.gaps), (12_000, 20 * 60_000, 0));
    assert_eq!((past.lots[0].sku.as_str(), past.lots[0].units), ("MILK", 10));
    assert_eq!(bed.stock("MILK"), (10, 0, 10, 0), "blocked until somebody has looked");
    let alarms = bed.reader().cold_chain(bed.now).unwrap().alarms;
    let kinds: Vec<(&str, bool)> = alarms.iter().map(|a| (a.kind.as_str(), a.cleared.is_some())).collect();
    assert_eq!(kinds, [("too_warm", true)], "and the sensor is not called silent on the way");
    bed.check();
}

/// Milk is ordered, its zone grows warm, and only then is it picked: the excursion names the order, in the house and gone.
#[test]
fn an_excursion_names_the_orders_that_got_its_lots() {
    let mut bed = Bed::new();
    let expiry = bed.day(9);
    let lot = bed.receive("MILK", 10, Some(expiry));
    degrees(&mut bed, 4_000, 1);
    let order = bed.counter(&[("MILK", 2)]).unwrap();
    let token_hash = "h".into();
    bed.by("meena", Role::Manager, Command::EnrolHandheld { device: device("hh-1"), token_hash }).unwrap();
    let person = model::PersonId::new("asha").unwrap();
    let login = crate::command::Login { device: device("hh-1"), person, pin_right: true, token_sha: None };
    bed.by("asha", Role::Picker, Command::Login(login)).unwrap();
    bed.by("asha", Role::Picker, Command::Ready).unwrap();
    hold(&mut bed, 7_000, 2, 2);
    assert_eq!(excursions(&mut bed)[0].orders, [], "nothing was taken yet");
    let text = model::code::OwnCode::Lot(lot.clone()).text();
    bed.by("asha", Role::Picker, Command::Scan { order, text, line: 0 }).unwrap();
    let only = |bed: &mut Bed| {
        let orders = excursions(bed).remove(0).orders;
        assert_eq!(orders.len(), 1, "{orders:?}");
        orders.into_iter().next().unwrap()
    };
    let here = only(&mut bed);
    assert_eq!((here.order, &here.lot, here.units, here.picked), (order, &lot, 1, bed.now));
    assert_eq!(here.shipped, None);
    hold(&mut bed, 4_000, 1, 4);
    bed.pass(600_000);
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    let gone = format!(
        "INSERT INTO handover (order_id, rider, person, device, at) SELECT order_id, 'R1', 'meena', 'hh-1', {} FROM orders",
        bed.now.ms()
    );
    conn.execute_batch(&gone).unwrap();
    assert_eq!(only(&mut bed).shipped, Some(bed.now), "it was exposed, whenever it left");
    let day = bed.day(0);
    let text = bed.reader().cold_excursions(day, bed.now).unwrap();
    let line = text.lines().nth(1).unwrap();
    assert!(
        line.contains(",MILK,milk,10,") && line.contains(&format!(",{},1,2026-11-21T", here.number)),
        "{line}"
    );
}

fn pages(bytes: &[u8]) -> (String, usize) {
    let paper = lopdf::Document::load_mem(bytes).unwrap();
    let numbers: Vec<u32> = paper.get_pages().keys().copied().collect();
    let drawn = paper.objects.values().filter_map(|object| object.as_stream().ok());
    let drawn = drawn.filter(|stream| stream.dict.has(b"ImageMask")).count();
    (paper.extract_text(&numbers).unwrap(), drawn)
}

#[test]
fn the_days_pdf_says_what_the_csv_says_in_english_and_in_hindi() {
    let mut bed = Bed::new();
    let expiry = bed.day(9);
    bed.receive("MILK", 3, Some(expiry));
    born(&mut bed, 1, Some(calibration("C-7", Date::new(2027, 5, 31).unwrap()))).unwrap();
    degrees(&mut bed, 4_000, 1);
    hold(&mut bed, 7_000, 21, 2);
    hold(&mut bed, 4_000, 30, 23);
    let (day, now) = (bed.day(0), bed.now);
    let english = bed.reader().cold_pdf(day, firmware_config::PaperLanguage::En, now).unwrap();
    let (text, drawn) = pages(&english);
    for said in ["temp-1", "cold-1", "C-7", "milk", "too_warm", "raised too_warm", "1 / 1", "readings 52 "] {
        assert!(text.contains(said), "no {said:?} in {text}");
    }
    assert!(text.contains("4.000 .. 7.000 C"), "{text}");
    assert_eq!(drawn, 0, "Latin stays text");
    let (text, drawn) = pages(&bed.reader().cold_pdf(day, firmware_config::PaperLanguage::Hi, now).unwrap());
    assert!(drawn >= 10 && text.contains("temp-1"), "{drawn} lines are drawn: {text}");
    let other = Date::new(2026, 11, 23).unwrap();
    let (text, _) = pages(&bed.reader().cold_pdf(other, firmware_config::PaperLanguage::En, now).unwrap());
    assert!(text.contains("nothing was heard"), "{text}");
}

#[test]
fn a_short_one_is_kept_without_an_alarm_and_a_silence_is_a_gap() {
    let mut bed = Bed::new();
    hold(&mut bed, 6_000, 2, 1);
    bed.pass(90_000);
    degrees(&mut bed, 4_000, 3);
    let only = excursions(&mut bed).remove(0);
    assert!(!only.alarmed && only.lots.is_empty());
    let figures = only.figures.unwrap();
    assert_eq!((figures.samples, figures.gaps, figures.above_milli_c_min), (3, 1, 500));
}

#[test]
fn an_open_door_buzzes_then_calls_and_excuses_for_a_while() {
    let mut bed = Bed::new();
    degrees(&mut bed, 4_000, 1);
    door(&mut bed, true);
    bed.pass(60_000);
    bed.system(Command::WatchTick).unwrap();
    let kinds = |bed: &mut Bed| {
        let mut kinds: Vec<String> = open_alarms(bed).into_iter().map(|alarm| alarm.kind).collect();
        kinds.sort();
        kinds
    };
    assert_eq!(kinds(&mut bed), ["door_ajar", "sensor_silent"]);
    let buzzers = |bed: &Bed| bed.reader().buzzers().unwrap();
    assert_eq!(buzzers(&bed), [(device("buzzer-1"), true)], "and no lamp");
    degrees(&mut bed, 4_000, 2);
    bed.pass(60_000);
    degrees(&mut bed, 7_000, 3);
    bed.pass(60_000);
    degrees(&mut bed, 7_000, 4);
    bed.system(Command::WatchTick).unwrap();
    bed.system(Command::WatchTick).unwrap();
    assert_eq!(kinds(&mut bed), ["door_ajar", "door_open"], "each is raised once");
    door(&mut bed, false);
    assert!(open_alarms(&mut bed).is_empty());
    assert_eq!(buzzers(&bed), [(device("buzzer-1"), false)]);
    // Without the door the alarm would ring 300 s after the breach began; the door gives it 300 s from its closing.
    hold(&mut bed, 7_000, 9, 5);
    assert!(open_alarms(&mut bed).is_empty());
    hold(&mut bed, 7_000, 1, 14);
    assert_eq!(kinds(&mut bed), ["too_warm"]);
    let late = Command::Door { door: device("door-1"), at: bed.now.plus_ms(-600_000), open: true };
    bed.system(late).unwrap();
    assert!(!bed.reader().cold_chain(bed.now).unwrap().doors[0].open, "late word changes nothing");
}

#[test]
fn acknowledging_is_not_clearing() {
    let mut bed = Bed::new();
    hold(&mut bed, 7_000, 12, 1);
    let alarm = open_alarms(&mut bed).remove(0);
    bed.by("meena", Role::Manager, Command::AcknowledgeAlarm { alarm: alarm.id }).unwrap();
    let alarm = open_alarms(&mut bed).remove(0);
    assert!(alarm.acknowledged_by.is_some() && alarm.cleared.is_none());
    hold(&mut bed, 4_000, 1, 13);
    assert!(open_alarms(&mut bed).is_empty());
}

fn born(bed: &mut Bed, session: u64, calibration: Option<Calibration>) -> Result<(), Refusal> {
    let birth = Birth {
        schema: 1,
        session,
        at: bed.now,
        driver: "max31865".into(),
        model: String::new(),
        firmware: "1".into(),
        calibration,
    };
    let born = Command::DeviceBorn { device: device("temp-1"), class: DeviceClass::Sensor, birth };
    bed.system(born).map(|_| ())
}

fn calibration(certificate: &str, due: Date) -> Calibration {
    let certificate = certificate.to_owned();
    Calibration { offset_milli_c: -100, gain_ppm: 1_000_000, certificate, due: Some(due) }
}

#[test]
fn the_log_says_with_which_calibration_each_value_was_read() {
    let mut bed = Bed::new();
    let (past, future) = (Date::new(2026, 11, 20).unwrap(), Date::new(2027, 5, 31).unwrap());
    born(&mut bed, 1, Some(calibration("OLD, \"1\"", past))).unwrap();
    degrees(&mut bed, 4_000, 1);
    assert!(bed.reader().cold_chain(bed.now).unwrap().calibrations[0].overdue);
    bed.pass(5_000);
    degrees(&mut bed, 4_010, 3);
    bed.pass(5_000);
    born(&mut bed, 2, Some(calibration("NEW-2", future))).unwrap();
    born(&mut bed, 2, Some(calibration("NEW-2", future))).unwrap();
    bed.pass(1_000);
    let more = ReadingMore { raw_milli_c: Some(4_120), session: 2, seq: 1, ..ReadingMore::default() };
    let (sensor, at) = (device("temp-1"), bed.now);
    let reading = ReadingIn { sensor, at, milli_c: Some(4_020), quality: Quality::Good, more };
    bed.system(Command::Reading(reading)).unwrap();
    assert!(!bed.reader().cold_chain(bed.now).unwrap().calibrations[0].overdue);

    let day = Date::new(2026, 11, 21).unwrap();
    let text = bed.reader().cold_log(&device("temp-1"), day).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[1].starts_with("2026-11-21T10:00:00+05:30,"), "{}", lines[1]);
    assert!(
        lines[1].contains(
            ",trusted,temp-1,1,1,no,4.100,4.000,good,,,-0.100,1000000,\"OLD, \"\"1\"\"\",2026-11-20"
        )
    );
    assert!(lines[2].contains(",temp-1,1,3,yes,"), "a number is missing: {}", lines[2]);
    assert!(lines[3].contains(",temp-1,2,1,no,4.120,4.020,") && lines[3].contains("NEW-2,2027-05-31,,3,"));
}

#[test]
fn the_days_papers() {
    let mut bed = Bed::new();
    let expiry = bed.day(9);
    bed.receive("MILK", 3, Some(expiry));
    born(&mut bed, 1, Some(calibration("C-7", Date::new(2027, 5, 31).unwrap()))).unwrap();
    bed.pass(30_000);
    degrees(&mut bed, 4_000, 1);
    hold(&mut bed, 6_000, 29, 2);
    hold(&mut bed, 4_000, 30, 31);
    let day = Date::new(2026, 11, 21).unwrap();
    let text = bed.reader().cold_day(day).unwrap();
    let slot = text.lines().find(|line| line.starts_with("2026-11-21T10:00:00+05:30")).unwrap();
    // 29 half minutes one degree over, and a reading before them.
    let want = "2026-11-21T10:00:00+05:30,2026-11-21T10:15:00+05:30,cold-1,temp-1,29,0,4.000,6.000,";
    assert!(slot.starts_with(want), "{slot}");
    assert!(slot.ends_with("C-7,2027-05-31,valid"), "{slot}");
    let first = text.lines().nth(1).unwrap();
    assert!(
        first.contains("T00:00:00+05:30") && first.contains(",0,1,,,,0.000,5.000,"),
        "nothing heard: {first}"
    );
    let text = bed.reader().cold_excursions(day, bed.now).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert!(text.lines().nth(1).unwrap().ends_with(",MILK,milk,3,,,,"), "{text}");
    let other = Date::new(2026, 11, 23).unwrap();
    assert_eq!(bed.reader().cold_excursions(other, bed.now).unwrap().lines().count(), 1);
    assert_eq!(bed.reader().cold_day(other).unwrap().lines().count(), 1);
}
