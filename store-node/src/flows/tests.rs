//! Stories of single flows: cold chain, logins, devices, homes of products, receiving. Orders are in `engine/tests.rs`.

use crate::answer::{Answer, Opening};
use crate::command::{Command, Login, ReadingIn, ReadingMore};
use crate::refusal::Refusal;
use crate::testbed::{Bed, product};
use device_drivers::gs1::instore::{InStore, Measure, Template};
use device_drivers::scanner::Code;
use model::catalogue::TempClass;
use model::mqtt::{DeviceClass, DeviceState, Health, Quality};
use model::{DeviceId, PersonId, Role};

fn device(id: &str) -> DeviceId {
    DeviceId::new(id).unwrap()
}

fn degrees(bed: &mut Bed, milli_c: Option<i32>) {
    let quality = if milli_c.is_some() { Quality::Good } else { Quality::CrcError };
    let reading =
        ReadingIn { sensor: device("temp-1"), at: bed.now, milli_c, quality, more: ReadingMore::default() };
    bed.system(Command::Reading(reading)).unwrap();
}

#[test]
fn a_breach_suspends_grants_at_once_and_blocks_the_lots_when_it_lasts() {
    let mut bed = Bed::new();
    let expiry = bed.day(9);
    bed.receive("MILK", 10, Some(expiry));
    degrees(&mut bed, Some(4_000));
    let order = bed.counter(&[("MILK", 2)]).unwrap();
    bed.pass(10_000);
    degrees(&mut bed, Some(7_500));
    assert_eq!(bed.tick(), Answer::Granted { skus: 0, units: 0 });
    assert!(matches!(bed.counter(&[("MILK", 1)]), Err(Refusal::OutOfStock { .. })));
    assert!(bed.reader().cold_chain(bed.now).unwrap().alarms.is_empty());
    for _ in 0..10 {
        bed.pass(30_000);
        degrees(&mut bed, Some(8_100));
    }
    let alarms = bed.reader().cold_chain(bed.now).unwrap().alarms;
    assert_eq!(alarms.len(), 1);
    assert_eq!((alarms[0].kind.as_str(), alarms[0].cleared), ("too_warm", None));
    assert_eq!(alarms[0].detail, "worst_milli_c=8100 units=10 lots=1");
    assert_eq!(bed.stock("MILK"), (10, 0, 10, 0));
    let detail = bed.reader().order(order).unwrap().unwrap();
    assert_eq!((detail.lines[0].short.get(), detail.card.state), (2, model::OrderState::Cancelled));

    bed.pass(30_000);
    degrees(&mut bed, Some(4_000));
    let alarm = bed.reader().cold_chain(bed.now).unwrap().alarms.remove(0);
    assert_eq!(alarm.cleared, Some(bed.now));
    assert_eq!(bed.stock("MILK").2, 10, "blocked lots stay blocked");
    assert!(matches!(
        bed.by("asha", Role::Picker, Command::AcknowledgeAlarm { alarm: alarm.id }),
        Err(Refusal::WrongRole { .. })
    ));
    bed.by("meena", Role::Manager, Command::AcknowledgeAlarm { alarm: alarm.id }).unwrap();
    let alarm = bed.reader().cold_chain(bed.now).unwrap().alarms.remove(0);
    assert_eq!(alarm.acknowledged_by.as_deref(), Some("MEENA"));
    bed.check();
}

#[test]
fn a_pulled_probe_is_silent_and_an_implausible_one_suspect() {
    let says = |bed: &mut Bed, quality| {
        for _ in 0..13 {
            bed.pass(5_000);
            let reading = ReadingIn {
                sensor: device("temp-1"),
                at: bed.now,
                milli_c: None,
                quality,
                more: ReadingMore::default(),
            };
            bed.system(Command::Reading(reading)).unwrap();
        }
        let alarms = bed.reader().cold_chain(bed.now).unwrap().alarms;
        alarms.into_iter().filter(|a| a.cleared.is_none()).map(|a| a.kind).collect::<Vec<_>>()
    };
    let mut bed = Bed::new();
    degrees(&mut bed, Some(4_000));
    assert_eq!(says(&mut bed, Quality::Silent), ["sensor_silent"], "the agent speaks, the probe does not");
    degrees(&mut bed, Some(4_000));
    bed.pass(1_000);
    degrees(&mut bed, Some(4_000));
    assert_eq!(says(&mut bed, Quality::Implausible), ["sensor_implausible"], "85 degC is an answer");
    assert_eq!(says(&mut bed, Quality::Silent), ["sensor_silent"], "one alarm at a time");
}

/// Each fault of a sensor is an alarm of its own, acknowledged by a person, cleared by a reading that can be trusted.
#[test]
fn every_doubt_about_a_sensor_is_an_alarm_that_is_acknowledged_and_cleared() {
    for (quality, kind) in [
        (Quality::CrcError, "sensor_crc"),
        (Quality::Implausible, "sensor_implausible"),
        (Quality::Jump, "sensor_jump"),
        (Quality::Flat, "sensor_flat"),
    ] {
        let mut bed = Bed::new();
        degrees(&mut bed, Some(4_000));
        for _ in 0..13 {
            bed.pass(5_000);
            let milli_c = (quality == Quality::Flat).then_some(4_000);
            let (sensor, more) = (device("temp-1"), ReadingMore::default());
            let reading = ReadingIn { sensor, at: bed.now, milli_c, quality, more };
            bed.system(Command::Reading(reading)).unwrap();
        }
        let alarms = |bed: &Bed| bed.reader().cold_chain(bed.now).unwrap().alarms;
        let raised = alarms(&bed).remove(0);
        assert_eq!((raised.kind.as_str(), raised.cleared), (kind, None));
        bed.by("meena", Role::Manager, Command::AcknowledgeAlarm { alarm: raised.id }).unwrap();
        let seen = alarms(&bed).remove(0);
        assert_eq!((seen.acknowledged_by.is_some(), seen.cleared), (true, None), "seen is not over");
        bed.pass(5_000);
        degrees(&mut bed, Some(4_100));
        assert_eq!(alarms(&bed).remove(0).cleared, Some(bed.now), "{kind}");
    }
}

#[test]
fn a_counter_order_is_picked_until_its_promise() {
    let mut bed = Bed::new();
    bed.receive("SALT", 3, None);
    bed.by("meena", Role::Manager, Command::EnrolHandheld { device: device("hh-1"), token_hash: "h".into() })
        .unwrap();
    let login = Login {
        device: device("hh-1"),
        person: PersonId::new("asha").unwrap(),
        pin_right: true,
        token_sha: None,
    };
    bed.by("asha", Role::Picker, Command::Login(login)).unwrap();
    bed.counter(&[("SALT", 1)]).unwrap();
    bed.by("asha", Role::Picker, Command::Ready).unwrap();
    let (_, view) = bed.reader().handheld_views(None, bed.now).unwrap().remove(0);
    let task = view.task.unwrap();
    assert_eq!(task.pick_by, task.promise_at, "nobody rides to the counter");
}

fn at_work(bed: &mut Bed) {
    let token_hash = "h".into();
    bed.by("meena", Role::Manager, Command::EnrolHandheld { device: device("hh-1"), token_hash }).unwrap();
    let person = PersonId::new("asha").unwrap();
    let login = Login { device: device("hh-1"), person, pin_right: true, token_sha: None };
    bed.by("asha", Role::Picker, Command::Login(login)).unwrap();
}

/// Cheese by weight: the store's own number names the item and what this piece weighs (REQ-41).
#[test]
fn an_in_store_number_is_its_item_and_its_weight_and_never_a_guess() {
    let number = |template: &str, item: &str, grams| {
        let what = InStore { item: item.into(), measure: Measure::Grams(grams) };
        Template::parse(template).unwrap().write(&what).unwrap()
    };
    let weighed = "21IIIIIWWWWWC";
    let mut bed = Bed::new();
    let mut cheese = product("CHEESE", TempClass::Ambient, 0);
    cheese.gtins = vec![number(weighed, "00042", 0), number("22IIIIIWWWWWC", "00077", 0)];
    bed.by("meena", Role::Manager, Command::ImportCatalogue { products: vec![cheese], opening: Vec::new() })
        .unwrap();
    bed.receive("CHEESE", 3, None);
    let order = bed.counter(&[("CHEESE", 2)]).unwrap();
    at_work(&mut bed);
    bed.by("asha", Role::Picker, Command::Ready).unwrap();
    let scan =
        |bed: &mut Bed, text: String| bed.by("asha", Role::Picker, Command::Scan { order, text, line: 0 });
    assert_eq!(scan(&mut bed, number(weighed, "00042", 1_250)), Ok(Answer::Done));
    let told = bed.reader().order(order).unwrap().unwrap().history;
    let told: Vec<&str> =
        told.iter().filter(|row| row.what == "scan").map(|row| row.detail.as_str()).collect();
    assert!(told.len() == 1 && told[0].ends_with(" grams=1250 paise=25000"), "{told:?}");
    for text in [number(weighed, "00043", 1_250), number("23IIIIIWWWWWC", "00042", 450)] {
        assert_eq!(scan(&mut bed, text.clone()), Err(Refusal::UnknownCode { scanned: text }));
    }
    // A weight by one template and a price by another: they part behind prefix and item.
    let both = number("22IIIIIWWWWWC", "00077", 450);
    let refused = scan(&mut bed, both.clone()).unwrap_err();
    let Refusal::AmbiguousCode { scanned, fault, place } = &refused else { panic!("{refused:?}") };
    assert_eq!((scanned, *place), (&both, Some(7)));
    assert!(fault.ends_with("450 g of item 00077, or item 00077 for 450 paise"), "{fault}");
    let problem = refused.problem();
    assert_eq!((problem.code.as_str(), problem.vars["place"].as_str()), ("ambiguous_code", "7"));
    assert_eq!(bed.stock("CHEESE").0, 2, "one piece was taken, once");
}

/// The scale's stamp ran out years ago (REQ-44): it still checks a bag, and the history says what it must not do.
#[test]
fn a_weight_of_a_scale_without_a_valid_stamp_is_marked() {
    let mut bed = Bed::new();
    bed.receive("SALT", 1, None);
    let order = bed.counter(&[("SALT", 1)]).unwrap();
    at_work(&mut bed);
    bed.by("asha", Role::Picker, Command::Ready).unwrap();
    let lot =
        bed.reader().stock_detail(&crate::testbed::sku("SALT"), bed.now).unwrap().unwrap().lots.remove(0).lot;
    let pick = Command::Scan { order, text: format!("LL:{lot}"), line: 0 };
    bed.by("asha", Role::Picker, pick).unwrap();
    bed.by("asha", Role::Picker, Command::Pack { order }).unwrap();
    let bag = bed.reader().order(order).unwrap().unwrap().bags.remove(0);
    bed.system(Command::Weight { scale: device("scale-1"), at: bed.now, grams: Some(bag.weight) }).unwrap();
    bed.system(Command::Badge { scanner: device("scan-1"), person: PersonId::new("asha").unwrap() }).unwrap();
    let text = format!("LB:{}", bag.bag);
    bed.system(Command::FixedScan { scanner: device("scan-1"), code: Code::of_line(&text) }).unwrap();
    let told = bed.reader().order(order).unwrap().unwrap().history;
    let weighed = told.iter().find(|row| row.what == "weighed").unwrap();
    assert!(weighed.detail.ends_with(" stamp=expired"), "{}", weighed.detail);
}

#[test]
fn silence_and_nonsense_are_alarms_and_repeated_readings_are_one() {
    let mut bed = Bed::new();
    degrees(&mut bed, Some(4_000));
    degrees(&mut bed, Some(4_000));
    bed.pass(59_000);
    bed.system(Command::WatchTick).unwrap();
    assert!(bed.reader().cold_chain(bed.now).unwrap().alarms.is_empty());
    bed.pass(1_000);
    bed.system(Command::WatchTick).unwrap();
    bed.system(Command::WatchTick).unwrap();
    let cold = bed.reader().cold_chain(bed.now).unwrap();
    assert_eq!(cold.alarms.iter().map(|a| a.kind.as_str()).collect::<Vec<_>>(), ["sensor_silent"]);
    assert_eq!(cold.sensors[0].points.len(), 1);
    degrees(&mut bed, Some(4_000));
    assert!(bed.reader().cold_chain(bed.now).unwrap().alarms[0].cleared.is_some());
    let strange = ReadingIn {
        sensor: device("temp-9"),
        at: bed.now,
        milli_c: None,
        quality: Quality::Good,
        more: ReadingMore::default(),
    };
    assert!(matches!(bed.system(Command::Reading(strange)), Err(Refusal::Unknown { .. })));
    let ahead = bed.now.plus_ms(3_600_000);
    let ahead = ReadingIn {
        sensor: device("temp-1"),
        at: ahead,
        milli_c: None,
        quality: Quality::Good,
        more: ReadingMore::default(),
    };
    assert!(matches!(bed.system(Command::Reading(ahead)), Err(Refusal::BadInput { .. })));
}

#[test]
fn wrong_pins_are_counted_although_they_are_refused() {
    let mut bed = Bed::new();
    let login = |bed: &mut Bed, pin_right, at: &str| {
        let person = PersonId::new("asha").unwrap();
        let login = Login { device: device(at), person, pin_right, token_sha: None };
        bed.by("asha", Role::Picker, Command::Login(login))
    };
    for left in (1..5).rev() {
        assert_eq!(login(&mut bed, false, "hh-1"), Err(Refusal::WrongPin { tries_left: left }));
    }
    assert!(matches!(login(&mut bed, false, "hh-1"), Err(Refusal::PinLocked { .. })));
    assert!(matches!(login(&mut bed, true, "hh-1"), Err(Refusal::PinLocked { .. })), "also the right one");
    bed.pass(60_000);
    assert!(matches!(login(&mut bed, true, "hh-1"), Ok(Answer::LoggedIn { role: Role::Picker, .. })));
    assert!(bed.reader().session_at(&device("hh-1"), bed.now).unwrap().is_some());
    login(&mut bed, true, "hh-2").unwrap();
    assert!(bed.reader().session_at(&device("hh-1"), bed.now).unwrap().is_none(), "a person is in one place");
    bed.by("asha", Role::Picker, Command::Logout { device: device("hh-2") }).unwrap();
    assert_eq!(
        bed.by("asha", Role::Picker, Command::Logout { device: device("hh-2") }),
        Err(Refusal::NotLoggedIn)
    );
}

#[test]
fn handhelds_enrol_and_badges_give_scanners_to_people() {
    let mut bed = Bed::new();
    let enrol = |id: &str| Command::EnrolHandheld { device: device(id), token_hash: "h".into() };
    assert!(matches!(bed.by("asha", Role::Picker, enrol("hh-1")), Err(Refusal::WrongRole { .. })));
    assert!(matches!(bed.by("meena", Role::Manager, enrol("scan-1")), Err(Refusal::BadInput { .. })));
    bed.by("meena", Role::Manager, enrol("hh-1")).unwrap();
    assert_eq!(bed.reader().handheld_tokens().unwrap(), [(device("hh-1"), "h".to_owned())]);
    let badge =
        |scanner: &str| Command::Badge { scanner: device(scanner), person: PersonId::new("ravi").unwrap() };
    assert!(matches!(bed.system(badge("temp-1")), Err(Refusal::Unknown { .. })));
    bed.system(badge("scan-1")).unwrap();
    let rows = bed.reader().devices(bed.now).unwrap();
    let scanner = rows.iter().find(|row| row.device == device("scan-1")).unwrap();
    assert_eq!(scanner.person.as_deref(), Some("RAVI"));
    assert_eq!(scanner.detail, "never heard");
}

#[test]
fn a_lost_device_is_an_alarm_until_it_speaks_again() {
    let mut bed = Bed::new();
    let is = |bed: &mut Bed, id: &str, class, health| {
        let at = bed.now;
        let (detail, hint) = (String::new(), String::new());
        let state = DeviceState { session: 1, at, health, detail, hint, battery_pct: None, queued: 0 };
        bed.system(Command::DeviceIs { device: device(id), class, state })
    };
    is(&mut bed, "label-1", DeviceClass::Printer, Health::Lost).unwrap();
    assert_eq!(bed.reader().board(bed.now).unwrap().alarms, 1);
    is(&mut bed, "label-1", DeviceClass::Printer, Health::Ok).unwrap();
    assert_eq!(bed.reader().board(bed.now).unwrap().alarms, 0);
    let stranger = is(&mut bed, "label-1", DeviceClass::Scale, Health::Ok);
    assert!(matches!(stranger, Err(Refusal::Unknown { .. })), "a printer that says to be a scale");
}

/// A roll is changed in less than half a minute. Longer, and the manager is told, in the printer's own words.
#[test]
fn a_device_that_stays_down_and_a_low_battery_are_alarms_until_they_are_mended() {
    let mut bed = Bed::new();
    let is = |bed: &mut Bed, (id, class): (&str, DeviceClass), health, detail: &str, battery_pct| {
        let (at, detail, hint) = (bed.now, detail.to_owned(), String::new());
        let state = DeviceState { session: 1, at, health, detail, hint, battery_pct, queued: 0 };
        bed.system(Command::DeviceIs { device: device(id), class, state }).unwrap();
    };
    let wait = |bed: &mut Bed, ms| {
        bed.pass(ms);
        bed.system(Command::WatchTick).unwrap();
    };
    let open = |bed: &Bed| -> Vec<(String, String)> {
        let alarms = bed.reader().cold_chain(bed.now).unwrap().alarms.into_iter();
        let open = alarms.filter(|alarm| alarm.cleared.is_none() && alarm.kind.starts_with("device_"));
        open.map(|alarm| (alarm.kind, alarm.detail)).collect()
    };
    let printer = ("label-1", DeviceClass::Printer);
    is(&mut bed, printer, Health::Down, "the cover is open", None);
    wait(&mut bed, 20_000);
    is(&mut bed, printer, Health::Down, "paper is out", None);
    assert!(open(&bed).is_empty(), "somebody may be at it");
    wait(&mut bed, 10_000);
    let down = ("device_down".to_owned(), "says=\"paper is out\"".to_owned());
    assert_eq!(open(&bed), std::slice::from_ref(&down), "down since the cover was opened");
    wait(&mut bed, 60_000);
    is(&mut bed, printer, Health::Lost, "", None);
    assert_eq!(open(&bed).len(), 2, "lost, and nobody knows that it prints again");
    is(&mut bed, printer, Health::Down, "paper is out", None);
    wait(&mut bed, 60_000);
    assert_eq!(open(&bed), [down], "once");
    is(&mut bed, printer, Health::Warn, "paper is low", None);
    assert!(open(&bed).is_empty());
    is(&mut bed, ("temp-1", DeviceClass::Sensor), Health::Down, "does not answer", None);
    wait(&mut bed, 31_000);
    assert!(open(&bed).iter().all(|(kind, _)| kind != "device_down"), "the watch's: {:?}", open(&bed));

    let scanner = ("scan-1", DeviceClass::Scanner);
    let battery = |bed: &mut Bed, percent| {
        is(bed, scanner, Health::Warn, "", Some(percent));
        open(bed).into_iter().find(|(kind, _)| kind == "device_battery").map(|(_, detail)| detail)
    };
    assert_eq!(battery(&mut bed, 15), None);
    assert_eq!(battery(&mut bed, 14), Some("percent=14".to_owned()));
    assert_eq!(battery(&mut bed, 9), Some("percent=14".to_owned()), "the same one");
    assert_eq!(battery(&mut bed, 19), Some("percent=14".to_owned()), "in the cradle for a moment");
    assert_eq!(battery(&mut bed, 20), None);
}

/// Events come from the agent's journal after an outage, late and perhaps twice; how the door stands is its newest word.
#[test]
fn a_door_stands_as_its_newest_word_says() {
    let mut bed = Bed::new();
    let start = bed.now;
    let door = |bed: &mut Bed, name: &str, ms: i64, open: bool| {
        bed.system(Command::Door { door: device(name), at: start.plus_ms(ms), open })
    };
    let newest = crate::db::devices::door;
    let stands = |bed: &Bed| bed.reader().snapshot(|conn, _| newest(conn, &device("door-1"))).unwrap();
    for (ms, open) in [(0, true), (20_000, false), (10_000, true), (20_000, true)] {
        door(&mut bed, "door-1", ms, open).unwrap();
    }
    assert_eq!(stands(&bed), Some((start.plus_ms(20_000), false)));
    assert!(matches!(door(&mut bed, "door-9", 0, true), Err(Refusal::Unknown { .. })));
    assert!(matches!(door(&mut bed, "door-1", 600_000, true), Err(Refusal::BadInput { .. })));
}

#[test]
fn products_get_homes_by_temperature_and_velocity_and_keep_them() {
    let mut bed = Bed::new();
    let mut frozen = product("ICE", TempClass::Frozen, 90);
    frozen.popularity = 2;
    let answer = bed
        .by("meena", Role::Manager, Command::ImportCatalogue { products: vec![frozen], opening: Vec::new() })
        .unwrap();
    let wanted = Answer::Imported {
        products: 1,
        changed: 1,
        gtins: 0,
        shared_bins: 0,
        homeless: 1,
        opening: Opening::default(),
    };
    assert_eq!(answer, wanted, "the floor has no frozen zone");
    let expiry = bed.day(9);
    bed.receive("MILK", 1, Some(expiry));
    bed.receive("SALT", 1, None);
    let bin = |bed: &Bed, code: &str| {
        let detail = bed.reader().stock_detail(&crate::testbed::sku(code), bed.now).unwrap().unwrap();
        detail.lots[0].bin.to_string()
    };
    assert!(bin(&bed, "MILK").starts_with("cold-1-"), "{}", bin(&bed, "MILK"));
    assert!(bin(&bed, "SALT").starts_with("A-"));
    let mut dear = product("SALT", TempClass::Ambient, 0);
    dear.price = model::Paise::new(20_000);
    let answer = bed.by(
        "meena",
        Role::Manager,
        Command::ImportCatalogue { products: vec![dear], opening: Vec::new() },
    );
    assert!(matches!(answer, Err(Refusal::BadInput { .. })), "dearer than its MRP");
}

#[test]
fn receiving_refuses_what_is_past_its_date_or_lies_wrong() {
    let mut bed = Bed::new();
    let request = |code: &str, expiry, bin: Option<&str>| {
        Command::Receive(model::api::store::ReceiveRequest {
            sku: crate::testbed::sku(code),
            qty: model::Qty::ONE,
            batch: "B".into(),
            expiry,
            mrp: model::Paise::new(100),
            bin: bin.map(|bin| model::BinId::new(bin).unwrap()),
        })
    };
    let (yesterday, soon) = (bed.day(-1), bed.day(5));
    let by = |bed: &mut Bed, command| bed.by("ravi", Role::Receiver, command);
    assert!(matches!(by(&mut bed, request("MILK", Some(yesterday), None)), Err(Refusal::ExpiredLot { .. })));
    assert!(matches!(by(&mut bed, request("MILK", None, None)), Err(Refusal::BadInput { .. })));
    let warm = request("MILK", Some(soon), Some("A-01-01L1"));
    assert!(matches!(by(&mut bed, warm), Err(Refusal::WrongTemperature { .. })));
    let nowhere = request("MILK", Some(soon), Some("Z-1"));
    assert!(matches!(by(&mut bed, nowhere), Err(Refusal::Unknown { .. })));
    let fine = request("MILK", Some(soon), None);
    assert!(matches!(bed.by("asha", Role::Picker, fine), Err(Refusal::WrongRole { .. })));
}
