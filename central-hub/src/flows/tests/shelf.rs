//! What a store says of its shelf: shown whole, with its age, bounded; what is forged or cannot be is set aside.

use crate::flows::looks::{AHEAD_HOURS_MAX, BYTES_MAX, Heed, heed};
use crate::testkit::{World, rules, sku};
use crate::views;
use ::sync::doc::{DocActor, DocId, DocKey, Document};
use ::sync::lane::{Lane, LaneSeq};
use model::fact::Fact;
use model::order::Owner;
use model::quota::StoreEpoch;
use model::stock::StockTick;
use model::{PersonId, SkuId, StoreId, Timestamp};
use std::collections::BTreeMap;

fn look(tick: u64, hour: i64, units: &[(u32, u32)], whole: bool) -> Fact {
    let units = units.iter().map(|(n, units)| (sku(*n), *units)).collect();
    Fact::Stock(StockTick { hour, tick, at: Timestamp::from_ms(tick as i64), units, whole })
}

fn units(world: &World, n: u32) -> Option<u32> {
    let code = sku(n).to_string().to_lowercase();
    let (rows, _) = world.hub.data().shelf_rows(&world.store, &code, 10).unwrap();
    rows.iter().find(|row| row.sku == sku(n)).map(|row| row.units)
}

fn key(hour: i64) -> DocKey {
    DocKey::Stock { epoch: StoreEpoch(1), hour }
}

/// Bytes that the hub keeps of an hour's looks.
fn kept(world: &World, hour: i64) -> usize {
    world.hub.data().chunks(&key(hour).of(&world.store)).unwrap().len()
}

/// A change arrives in the store's session; how many went to quarantine.
fn arrives(world: &mut World, key: DocKey, change: Vec<u8>) -> u32 {
    let at = LaneSeq { lane: Lane::Orders, seq: world.next_record() };
    let store = world.store.clone();
    world.hub.inbound(world.now, &store, vec![(at, key, change)]).unwrap().quarantined
}

/// A look as some store writes it into its own document: the change, and the whole document.
fn written_by(store: &str, fact: &Fact, hour: i64) -> [Vec<u8>; 2] {
    let id: DocId = key(hour).of(&StoreId::new(store).unwrap());
    let actor = DocActor { side: Owner::Store, store: StoreId::new(store).unwrap(), boot: 7 };
    let mut document = Document::new(id, &actor).unwrap();
    document.put_fact(fact).unwrap();
    [document.commit().unwrap().unwrap(), document.save_full().unwrap()]
}

#[test]
fn the_shelf_is_shown_whole_with_its_age_and_never_in_part() {
    let mut world = World::new();
    let (store, hour) = (world.store.clone(), world.now.hour());
    world.store_says(&[look(1, hour, &[(1, 5), (2, 3)], true)]);
    assert_eq!((units(&world, 1), units(&world, 3)), (Some(5), None));
    let heard = world.now;
    world.wait(10_000);
    world.store_says(&[look(2, hour, &[(1, 0)], false)]);
    assert_eq!(units(&world, 1), Some(5), "half a look");
    assert_eq!(world.hub.data().shelf(&store).unwrap().unwrap().as_of, heard);
    world.restart();
    world.store_says(&[look(2, hour, &[(3, 7)], true)]);
    assert_eq!((units(&world, 1), units(&world, 2), units(&world, 3)), (Some(0), Some(3), Some(7)));
    let shelf = world.hub.data().shelf(&store).unwrap().unwrap();
    assert_eq!((shelf.tick, shelf.as_of), (2, world.now));
    // A new hour begins with the whole shelf: what is not named is not there.
    world.store_says(&[look(3, hour + 1, &[(2, 9)], true)]);
    assert_eq!((units(&world, 1), units(&world, 2), units(&world, 3)), (None, Some(9), None));
    assert_eq!(kept(&world, hour), 0, "an hour that is over is nobody's");
}

#[test]
fn operations_see_a_shelf_by_sku_with_its_age() {
    let mut world = World::new();
    let (store, hour) = (world.store.clone(), world.now.hour());
    let shown = |world: &World, find: &str| {
        let rules = rules();
        let look = views::Look { now: world.now, rules: &rules };
        views::shelf::shelf(world.hub.data(), &look, &store, find).unwrap().unwrap()
    };
    assert_eq!((shown(&world, "").as_of, shown(&world, "").matching), (None, 0));
    world.store_says(&[look(1, hour, &[(1, 5), (2, 0), (3, 9)], true)]);
    let heard = world.now;
    world.wait(40_000);
    let all = shown(&world, "");
    assert_eq!((all.at, all.as_of, all.matching), (world.now, Some(heard), 3));
    let rows: Vec<(SkuId, u32)> = all.rows.iter().map(|row| (row.sku.clone(), row.units)).collect();
    assert_eq!(rows, [(sku(2), 0), (sku(1), 5), (sku(3), 9)], "what is gone first");
    assert!(all.rows.iter().all(|row| !row.name.is_empty()), "{all:?}");
    let one = shown(&world, sku(3).as_str());
    assert_eq!((one.matching, one.rows[0].units), (1, 9));
    assert_eq!(shown(&world, &one.rows[0].name.to_uppercase()).rows[0].sku, sku(3), "by its words");
}

#[test]
fn a_look_by_another_store_or_a_torn_one_is_set_aside_and_nothing_of_it_shown() {
    let mut world = World::new();
    let hour = world.now.hour();
    world.store_says(&[look(1, hour, &[(1, 5)], true)]);
    let lie = look(9, hour, &[(1, 99)], true);
    for of_another in written_by("s9", &lie, hour) {
        assert_eq!(arrives(&mut world, key(hour), of_another), 1);
    }
    let document = world.document(&key(hour).of(&StoreId::new("s1").unwrap()));
    let mut mine = document.save_full().unwrap();
    let middle = mine.len() / 2;
    mine[middle] ^= 1;
    assert_eq!(arrives(&mut world, key(hour), mine), 1, "a torn one");
    let rules = rules();
    let look_now = views::Look { now: world.now, rules: &rules };
    let person = PersonId::new("o1").unwrap();
    let told = views::replication::now(
        world.hub.data(),
        &look_now,
        &person,
        (model::api::hub::OpsHubBackup::Off, &BTreeMap::new()),
    )
    .unwrap();
    assert_eq!(told.quarantine.len(), 3);
    assert!(told.quarantine.iter().any(|row| row.kind == "stranger"), "{:?}", told.quarantine);
    assert!(told.quarantine.iter().all(|row| row.doc == format!("stock/s1/1/{hour}")));
    assert_eq!(units(&world, 1), Some(5));
    world.store_says(&[look(2, hour, &[(1, 4)], true)]);
    assert_eq!(units(&world, 1), Some(4), "and the rest goes on");
}

#[test]
fn an_hour_that_is_over_is_passed_over_and_one_far_ahead_is_set_aside() {
    let mut world = World::new();
    let hour = world.now.hour();
    world.store_says(&[look(5, hour, &[(1, 5)], true)]);
    let [old, _] = written_by("s1", &look(9, hour - 1, &[(1, 50)], true), hour - 1);
    assert_eq!(arrives(&mut world, key(hour - 1), old), 0);
    let later = hour + AHEAD_HOURS_MAX + 1;
    let [ahead, _] = written_by("s1", &look(6, later, &[(1, 60)], true), later);
    assert_eq!(arrives(&mut world, key(later), ahead), 1);
    let other = DocKey::Stock { epoch: StoreEpoch(2), hour };
    let [of_no_epoch, _] = written_by("s1", &look(7, hour, &[(1, 70)], true), hour);
    assert_eq!(arrives(&mut world, other, of_no_epoch), 0);
    assert_eq!(units(&world, 1), Some(5));
    assert_eq!((kept(&world, hour - 1), kept(&world, later)), (0, 0), "nothing of them is kept");
}

#[test]
fn days_of_looks_keep_one_hour_and_no_hour_grows_beyond_its_limit() {
    let mut world = World::new();
    let mut tick = 0;
    for _ in 0..50 {
        let hour = world.now.hour();
        for _ in 0..4 {
            tick += 1;
            world.store_says(&[look(tick, hour, &[(1, tick as u32), (2, 3)], true)]);
            world.wait(60_000);
        }
        assert!((1..1_000).contains(&kept(&world, hour)), "{}", kept(&world, hour));
        assert_eq!(kept(&world, hour - 1), 0);
        world.wait(3_600_000 - 240_000);
    }
    let doc = key(world.now.hour() - 1).of(&world.store);
    let standing = world.hub.data().doc_bytes(&doc).unwrap();
    assert!(standing < 1_000, "{standing}");
    let more = |bytes: u64| heed(world.hub.data(), world.now, &doc, bytes as usize).unwrap();
    assert_eq!(more(BYTES_MAX - standing), Heed::Take);
    let Heed::Wrong(why) = more(BYTES_MAX - standing + 1) else { panic!("an hour without end") };
    assert!(why.contains("over the limit"), "{why}");
}
