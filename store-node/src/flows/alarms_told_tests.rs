//! Stories of the alarms that are told to the hub. No sockets.

use crate::command::Command;
use crate::engine::InboundRecord;
use crate::testbed::Bed;
use model::alarms::{AlarmsTold, NAMED_MAX};
use model::fact::Fact;
use model::mqtt::{DeviceClass, DeviceState, Health};
use model::quota::StoreEpoch;
use model::time::HOUR_MS;
use model::{DeviceId, Role};
use sync::doc::DocKey;
use sync::lane::Lane;
use sync::wire::ALARMS_SINCE;

/// Looks that wait to be carried.
fn looks(bed: &Bed) -> Vec<AlarmsTold> {
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    let mut statement = conn.prepare("SELECT facts FROM outbox ORDER BY seq").unwrap();
    let rows = statement.query_map([], |r| r.get::<_, String>(0)).unwrap();
    let facts = rows.flat_map(|row| serde_json::from_str::<Vec<Fact>>(&row.unwrap()).unwrap());
    facts.filter_map(|fact| if let Fact::Alarms { told, .. } = fact { Some(told) } else { None }).collect()
}

fn tick(bed: &mut Bed) -> Vec<AlarmsTold> {
    bed.system(Command::AlarmsTick).unwrap();
    looks(bed)
}

const PRINTER: (&str, DeviceClass) = ("label-1", DeviceClass::Printer);
const SCANNER: (&str, DeviceClass) = ("scan-1", DeviceClass::Scanner);

fn is(bed: &mut Bed, (id, class): (&str, DeviceClass), health: Health) {
    let at = bed.now;
    let (detail, hint) = (String::new(), String::new());
    let state = DeviceState { session: 1, at, health, detail, hint, battery_pct: None, queued: 0 };
    bed.system(Command::DeviceIs { device: DeviceId::new(id).unwrap(), class, state }).unwrap();
}

#[test]
fn what_stands_is_told_once_and_told_again_when_it_changes_or_the_hub_has_not_heard_it() {
    let mut bed = Bed::new();
    is(&mut bed, PRINTER, Health::Lost);
    assert_eq!(tick(&mut bed), [], "no hub that knows alarms was met yet");
    bed.engine.hub_reads(ALARMS_SINCE).unwrap();
    let [first] = tick(&mut bed).try_into().unwrap();
    assert_eq!((first.look, first.standing, first.at), (1, 1, bed.now));
    let alarm = &first.alarms[0];
    assert_eq!((alarm.kind.as_str(), alarm.device.as_str(), alarm.seen), ("device_lost", "label-1", false));
    is(&mut bed, SCANNER, Health::Lost);
    assert_eq!(tick(&mut bed).len(), 1, "the first look is not carried yet");
    bed.engine.carry(bed.now).unwrap();
    assert_eq!(tick(&mut bed), [], "nor heard: a store that is cut off collects none");
    bed.hub_hears();
    let [second] = tick(&mut bed).try_into().unwrap();
    assert_eq!((second.look, second.standing), (2, 2));
    bed.hub_hears();
    bed.pass(HOUR_MS);
    assert_eq!(tick(&mut bed), [], "it is still so");
    let alarm = second.alarms.iter().find(|alarm| alarm.device.as_str() == "scan-1").unwrap().id;
    bed.by("MAYA", Role::Manager, Command::AcknowledgeAlarm { alarm }).unwrap();
    let [third] = tick(&mut bed).try_into().unwrap();
    let seen: Vec<(&str, bool)> = third.alarms.iter().map(|a| (a.device.as_str(), a.seen)).collect();
    assert_eq!(seen, [("label-1", false), ("scan-1", true)], "what nobody has seen comes first");
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    let sql = "SELECT count(*) FROM doc_chunk WHERE doc LIKE 'alarms/%'";
    assert_eq!(conn.query_row(sql, [], |r| r.get::<_, i64>(0)), Ok(0), "an hour that is over is of no use");
    bed.hub_hears();
    let mut bed = bed.restart();
    bed.engine.hub_reads(ALARMS_SINCE).unwrap();
    for device in [PRINTER, SCANNER] {
        is(&mut bed, device, Health::Ok);
    }
    let [over] = tick(&mut bed).try_into().unwrap();
    assert_eq!((over.look, over.standing, over.alarms), (4, 0, vec![]), "that nothing stands is told, too");
}

#[test]
fn a_hub_of_an_older_version_is_told_nothing_of_alarms_and_hears_it_when_it_was_upgraded() {
    let mut bed = Bed::new();
    bed.engine.hub_reads(ALARMS_SINCE).unwrap();
    is(&mut bed, PRINTER, Health::Lost);
    tick(&mut bed);
    bed.engine.carry(bed.now).unwrap();
    let waiting = |bed: &Bed, lane| bed.engine.out_records(lane, 0, 100).unwrap().len();
    assert_eq!(waiting(&bed, Lane::Alarms), 1);
    for older in 1..ALARMS_SINCE {
        let lanes = bed.engine.hub_reads(older).unwrap();
        assert_eq!((lanes[Lane::Alarms.index()].waiting(), waiting(&bed, Lane::Alarms)), (0, 0), "{older}");
        let others = bed.engine.out_records(Lane::Orders, 0, 100).unwrap();
        assert!(others.iter().all(|record| !matches!(record.doc, DocKey::Alarms { .. })), "{older}");
        assert_eq!(tick(&mut bed), [], "{older}");
    }
    bed.engine.hub_reads(ALARMS_SINCE).unwrap();
    assert_eq!(tick(&mut bed)[0].standing, 1, "though nothing has changed since");
}

#[test]
fn a_store_with_more_alarms_than_are_named_says_how_many_stand() {
    let mut bed = Bed::new();
    bed.engine.hub_reads(ALARMS_SINCE).unwrap();
    let more = NAMED_MAX + 7;
    for n in 0..more {
        let began = bed.now;
        let conn = rusqlite::Connection::open(bed.path()).unwrap();
        let sql = "INSERT INTO alarm (id, kind, device, began, raised, detail) VALUES (?1, 'device_lost', ?2, ?3, ?3, '')";
        conn.execute(sql, (u128::try_from(n).unwrap().to_be_bytes(), format!("d-{n}"), began.ms())).unwrap();
    }
    let [told] = tick(&mut bed).try_into().unwrap();
    assert_eq!((told.standing as usize, told.alarms.len(), told.check()), (more, NAMED_MAX, Ok(())));
}

#[test]
fn what_the_hub_says_of_alarms_is_set_aside() {
    let mut bed = Bed::new();
    let doc = DocKey::Alarms { epoch: StoreEpoch(1), hour: bed.now.hour() };
    let record = InboundRecord { lane: Lane::Orders, seq: 1, doc, change: vec![1, 2, 3], pledge: None };
    bed.engine.inbound(bed.now, vec![record]).unwrap();
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    let why: String = conn.query_row("SELECT reason FROM quarantine", [], |r| r.get(0)).unwrap();
    assert!(why.contains("may not write"), "{why}");
}
