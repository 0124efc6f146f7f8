//! What a store says of the alarms that stand there: the newest word holds, bounded; what is forged or cannot be is set aside.

use crate::testkit::{World, rules};
use crate::views;
use ::sync::doc::{DocActor, DocKey, Document};
use ::sync::lane::{Lane, LaneSeq};
use model::alarms::{AlarmTold, AlarmsTold, DETAIL_MAX};
use model::api::hub::{OpsAlarms, OpsHubBackup};
use model::fact::Fact;
use model::order::Owner;
use model::quota::StoreEpoch;
use model::{CommandId, DeviceId, PersonId, Timestamp};
use std::collections::BTreeMap;

fn alarm(n: u128, kind: &str) -> AlarmTold {
    let began = Timestamp::from_ms(1_000);
    AlarmTold {
        id: CommandId::new(began, n),
        kind: kind.to_owned(),
        zone: None,
        device: DeviceId::new("cold-1").unwrap(),
        began,
        seen: false,
        detail: "worst_milli_c=9100".to_owned(),
    }
}

fn told(look: u64, alarms: Vec<AlarmTold>) -> AlarmsTold {
    let standing = u32::try_from(alarms.len()).unwrap();
    AlarmsTold { look, at: Timestamp::from_ms(2_000), standing, alarms }
}

fn says(look: u64, hour: i64, alarms: Vec<AlarmTold>) -> Fact {
    Fact::Alarms { hour, told: told(look, alarms) }
}

fn key(hour: i64) -> DocKey {
    DocKey::Alarms { epoch: StoreEpoch(1), hour }
}

/// What operations are shown.
fn shown(world: &World) -> Option<OpsAlarms> {
    let rules = rules();
    let look = views::Look { now: world.now, rules: &rules };
    let person = PersonId::new("OPS").unwrap();
    let sync =
        views::replication::now(world.hub.data(), &look, &person, (OpsHubBackup::Off, &BTreeMap::new()))
            .unwrap();
    sync.stores.into_iter().find(|store| store.store == world.store).unwrap().alarms
}

fn kinds(world: &World) -> Vec<String> {
    shown(world).unwrap().alarms.into_iter().map(|alarm| alarm.kind).collect()
}

fn is_kept(world: &World, hour: i64) -> bool {
    !world.hub.data().chunks(&key(hour).of(&world.store)).unwrap().is_empty()
}

#[test]
fn operations_see_what_stands_at_a_store_as_of_when_it_was_heard() {
    let mut world = World::new();
    let hour = world.now.hour();
    assert_eq!(shown(&world), None, "nothing was heard yet");
    world.store_says(&[says(1, hour, vec![alarm(1, "too_warm"), alarm(2, "device_lost")])]);
    let heard = world.now;
    world.wait(10_000);
    let first = shown(&world).unwrap();
    assert_eq!(
        (first.as_of, first.standing, kinds(&world)),
        (heard, 2, vec!["too_warm".into(), "device_lost".into()])
    );
    // What is not named is over; and it is so after a restart.
    world.store_says(&[says(2, hour, vec![alarm(2, "device_lost")])]);
    world.restart();
    assert_eq!(kinds(&world), ["device_lost"]);
    // Another hour's document takes the place of this one.
    world.store_says(&[says(3, hour + 1, vec![])]);
    assert_eq!((shown(&world).unwrap().standing, is_kept(&world, hour)), (0, false));
}

/// A store whose clock was a day ahead and was set right is heard at once, not when its clock has caught up.
#[test]
fn the_newest_word_holds_whatever_hour_it_names() {
    let mut world = World::new();
    let hour = world.now.hour();
    world.store_says(&[says(1, hour + 20, vec![alarm(1, "clock_wrong")])]);
    world.store_says(&[says(2, hour, vec![alarm(2, "too_warm")])]);
    assert_eq!(kinds(&world), ["too_warm"]);
    assert_eq!([is_kept(&world, hour + 20), is_kept(&world, hour)], [false, true]);
    // An older word that comes late changes nothing, and is not kept.
    world.store_says(&[says(1, hour - 1, vec![])]);
    assert_eq!((kinds(&world), is_kept(&world, hour - 1)), (vec!["too_warm".to_owned()], false));
}

#[test]
fn an_alarm_that_no_store_says_is_set_aside_and_what_stood_stands() {
    let mut world = World::new();
    let hour = world.now.hour();
    world.store_says(&[says(1, hour, vec![alarm(1, "too_warm")])]);
    let long = AlarmTold { detail: "x".repeat(DETAIL_MAX + 1), ..alarm(2, "too_warm") };
    let hidden = AlarmsTold { standing: 0, ..told(9, vec![alarm(2, "too_warm")]) };
    let wrong = [
        told(9, vec![alarm(2, "<b>warm</b>")]),
        told(9, vec![alarm(2, "")]),
        told(9, vec![long]),
        told(9, (0..60).map(|n| alarm(n, "too_warm")).collect()),
        hidden,
    ];
    for (n, told) in wrong.into_iter().enumerate() {
        // Each from another document, so that one does not cover the next.
        let hour = hour + 1 + i64::try_from(n).unwrap();
        let actor = DocActor { side: Owner::Store, store: world.store.clone(), boot: 7 };
        let mut document = Document::new(key(hour).of(&world.store), &actor).unwrap();
        document.put_fact(&Fact::Alarms { hour, told }).unwrap();
        let change = document.commit().unwrap().unwrap();
        let at = LaneSeq { lane: Lane::Orders, seq: world.next_record() };
        let store = world.store.clone();
        let done = world.hub.inbound(world.now, &store, vec![(at, key(hour), change)]).unwrap();
        assert_eq!((done.quarantined, kinds(&world)), (1, vec!["too_warm".to_owned()]), "{n}");
    }
}
