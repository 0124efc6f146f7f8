//! The story of a database that outgrows what was planned for, with real bytes. No sockets.

use super::disk::FILLING;
use crate::command::Command;
use crate::setup::{Policy, Setup};
use crate::testbed::{Bed, setup};
use model::Date;
use model::api::store::AlarmRow;
use model::time::{DAY_MS, MINUTE_MS};

/// How much the database may grow in the story.
const ROOM: u64 = 512 * 1024;

fn bytes(bed: &Bed) -> u64 {
    bed.reader().snapshot(|conn, _| crate::db::bytes(conn)).unwrap()
}

fn minute(bed: &mut Bed) {
    bed.pass(MINUTE_MS);
    bed.system(Command::ClockWatch { ahead_ms: None, hub: None }).unwrap();
}

/// Every alarm of this kind that was ever raised, as the console shows it.
fn alarms(bed: &Bed) -> Vec<AlarmRow> {
    let now = bed.now;
    let mut shown = bed.reader().cold_chain(now).unwrap().alarms;
    shown.retain(|alarm| alarm.kind == FILLING);
    shown
}

/// A counter order that nobody carries away: the line is cut.
fn sells(bed: &mut Bed) {
    bed.pass(1_000);
    bed.counter(&[("SALT", 1)]).unwrap();
    bed.engine.carry(bed.now).unwrap();
}

#[test]
fn a_database_beyond_its_limit_is_one_alarm_on_the_console_until_it_shrinks() {
    let mut bed = Bed::new();
    bed.receive("SALT", 9_000, None);
    let limit = bytes(&bed) + ROOM;
    let small = || Setup { policy: Policy { database_bytes_max: limit, ..Policy::default() }, ..setup() };
    let mut bed = bed.restart_with(small());
    minute(&mut bed);
    assert_eq!(alarms(&bed), []);
    while bytes(&bed) <= limit {
        sells(&mut bed);
    }
    let begins = bed.now;
    minute(&mut bed);
    let [alarm] = alarms(&bed).try_into().unwrap();
    assert!(alarm.cleared.is_none() && alarm.raised > begins, "{alarm:?}");
    assert_eq!(alarm.detail, format!("mb={}", bytes(&bed) >> 20), "what is said is the size");
    let link = bed.reader().link(bed.now).unwrap();
    assert_eq!(u64::from(link.database_mb_max), limit >> 20);
    assert!(u64::from(link.database_mb) >= limit >> 20);

    // It grows on, and the machine is started anew: still the same alarm, and nothing was dropped.
    for _ in 0..20 {
        sells(&mut bed);
        minute(&mut bed);
    }
    let mut bed = bed.restart_with(small());
    minute(&mut bed);
    assert_eq!(alarms(&bed).iter().map(|alarm| alarm.id).collect::<Vec<_>>(), [alarm.id]);

    // The hub hears everything, and a month later old answers are forgotten.
    bed.hub_hears();
    bed.pass(40 * DAY_MS);
    for day in 1..=5 {
        bed.system(Command::StartDay { day: Date::new(2027, 1, day).unwrap() }).unwrap();
    }
    assert!(bytes(&bed) < limit * 9 / 10, "{} of {limit}, {} before it grew", bytes(&bed), limit - ROOM);
    minute(&mut bed);
    minute(&mut bed);
    assert_eq!((alarms(&bed), bed.reader().board(bed.now).unwrap().alarms), (vec![], 0));
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    let sql = "SELECT count(*), sum(cleared IS NOT NULL) FROM alarm WHERE kind = ?1";
    let raised = conn.query_row(sql, [FILLING], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)));
    assert_eq!(raised, Ok((1, 1)), "raised once, and over");
    bed.check();
}
