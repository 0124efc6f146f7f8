//! The catalogue is published: what changed, in parts, into one document for the whole city; into the logs of the stores that can
//! read it, never more than they have acknowledged; a fresh edition once the old one has grown.

use crate::command::{Answer, Command};
use crate::engine::{Said, out_records};
use crate::flows::listing::TOLD_MIN;
use crate::testkit::{World, product, sku};
use ::sync::doc::{DocId, DocKey, Document};
use ::sync::lane::{Lane, LaneSeq};
use ::sync::peer::OutRecord;
use ::sync::wire::CATALOGUE_SINCE;
use model::order::Owner;
use model::quota::HubGeneration;
use model::{Paise, StoreId};

fn doc(edition: u32) -> DocId {
    DocId::Catalogue { generation: HubGeneration(1), edition }
}

fn put(world: &mut World, n: u32, paise: i64) {
    let mut product = product(n, &format!("Thing {n}"));
    product.price = Paise::new(paise);
    world.done(Command::PutProducts { products: vec![product] });
}

/// Publishes and carries until there is nothing more.
fn publish(world: &mut World) -> u32 {
    let mut parts = 0;
    loop {
        let Answer::Count { count } = world.done(Command::PublishCatalogue) else { panic!("another answer") };
        world.hub.carry(world.now).unwrap();
        if count == 0 {
            return parts;
        }
        parts += 1;
    }
}

fn reads(world: &mut World, store: &StoreId, version: u8) {
    world.hub.hear(world.now, &[Said::Reads(store.clone(), version)]).unwrap();
}

fn waiting(world: &World, store: &StoreId) -> Vec<OutRecord> {
    let acked = world.hub.data().lanes(store).unwrap()[Lane::Stock.index()].acked;
    out_records(world.hub.data(), store, LaneSeq { lane: Lane::Stock, seq: acked }, 1_000).unwrap()
}

/// The store takes and acknowledges what waits; what its document then says.
fn take(world: &mut World, store: &StoreId, document: &mut Document) {
    for record in waiting(world, store) {
        if record.doc == document.id().key() {
            document.apply_from(Owner::Hub, &record.change).unwrap();
        }
        world.hub.out_acked(store, LaneSeq { lane: Lane::Stock, seq: record.seq }).unwrap();
    }
}

#[test]
fn what_changed_is_told_once_to_every_store_that_can_read_it() {
    let mut world = World::new();
    let store = world.store.clone();
    let all = world.hub.data().product_count().unwrap();
    assert!(publish(&mut world) >= 1);
    assert!(world.hub.spread_catalogue().unwrap().is_empty(), "nobody has said that it can read it");
    reads(&mut world, &store, CATALOGUE_SINCE - 1);
    assert!(world.hub.spread_catalogue().unwrap().is_empty());
    reads(&mut world, &store, CATALOGUE_SINCE);
    assert_eq!(world.hub.spread_catalogue().unwrap().len(), 1);
    assert!(world.hub.spread_catalogue().unwrap().is_empty(), "it is told once");
    let mut theirs = Document::new_as(doc(1), Owner::Store, 1).unwrap();
    take(&mut world, &store, &mut theirs);
    let header = theirs.catalogue_header().unwrap().unwrap();
    assert_eq!((header.publication, header.named), (1, u64::from(all)));
    assert_eq!(publish(&mut world), 0, "nothing has changed");
    put(&mut world, 1, 1_234);
    put(&mut world, 1, 1_234);
    assert_eq!(publish(&mut world), 1);
    // Cut off: more changes come, and one log entry a publication does not.
    world.hub.spread_catalogue().unwrap();
    for paise in 1_235..1_245 {
        put(&mut world, 1, paise);
        publish(&mut world);
        world.hub.spread_catalogue().unwrap();
    }
    assert_eq!(waiting(&world, &store).len(), 1, "a store that acknowledges nothing collects nothing");
    take(&mut world, &store, &mut theirs);
    assert_eq!(theirs.listing(&sku(1)).unwrap().unwrap().product.price, Paise::new(1_234));
    world.hub.spread_catalogue().unwrap();
    take(&mut world, &store, &mut theirs);
    assert_eq!(theirs.listing(&sku(1)).unwrap().unwrap().product.price, Paise::new(1_244));
    assert_eq!(theirs.catalogue_header().unwrap().unwrap().publication, 12);
    let key = DocKey::Catalogue { generation: HubGeneration(1), edition: 1 };
    let heads = world.hub.heads(world.now, &store, &[]).unwrap();
    assert!(heads.contains(&(key, theirs.heads())), "both have the same");
    let whole = world.hub.whole(&store, key).unwrap();
    let read = Document::load_as(doc(1), Owner::Store, 2, &whole).unwrap();
    assert_eq!(read.heads(), theirs.heads());
}

#[test]
fn a_large_catalogue_goes_in_parts_and_a_grown_edition_is_replaced() {
    let mut world = World::new();
    let store = world.store.clone();
    reads(&mut world, &store, CATALOGUE_SINCE);
    let products = (1..=300).map(|n| product(n, &format!("Thing {n}"))).collect();
    world.done(Command::PutProducts { products });
    assert!(publish(&mut world) >= 4);
    world.hub.spread_catalogue().unwrap();
    let mut first = Document::new_as(doc(1), Owner::Store, 1).unwrap();
    take(&mut world, &store, &mut first);
    assert!(first.catalogue_header().unwrap().unwrap().parts >= 4);
    let mut paise = 2_000;
    while world.hub.data().edition().unwrap().unwrap().edition == 1 {
        paise += 1;
        let mut all: Vec<_> = (1..=300).map(|n| product(n, &format!("Thing {n}"))).collect();
        all.iter_mut().for_each(|product| product.price = Paise::new(paise));
        world.done(Command::PutProducts { products: all });
        publish(&mut world);
        assert!(paise < 2_020, "an edition is replaced at last");
    }
    let edition = world.hub.data().edition().unwrap().unwrap();
    assert!((edition.publication, edition.whole) == (1, true) && edition.told < TOLD_MIN, "{edition:?}");
    world.hub.spread_catalogue().unwrap();
    let mut second = Document::new_as(doc(2), Owner::Store, 1).unwrap();
    take(&mut world, &store, &mut second);
    assert_eq!(second.listing(&sku(300)).unwrap().unwrap().product.price, Paise::new(paise));
    put(&mut world, 7, 99);
    publish(&mut world);
    world.hub.spread_catalogue().unwrap();
    let kept = world.hub.data().documents(&store).unwrap();
    assert!(kept.contains(&doc(2)) && !kept.contains(&doc(1)), "{kept:?}");
}

#[test]
fn a_store_that_writes_a_catalogue_is_refused_by_name() {
    let mut world = World::new();
    let store = world.store.clone();
    publish(&mut world);
    let key = DocKey::Catalogue { generation: HubGeneration(1), edition: 1 };
    let before = world.hub.whole(&store, key).unwrap();
    let at = LaneSeq { lane: Lane::Orders, seq: 1 };
    let mut forged = Document::new_as(doc(1), Owner::Hub, 77).unwrap();
    let products = vec![product(1, "Mine")];
    let (generation, named, at_time) = (HubGeneration(1), 1, world.now);
    let part = model::catalogue_doc::CataloguePart {
        generation,
        edition: 1,
        publication: 9,
        part: 1,
        at: at_time,
        products,
        named,
        whole: true,
    };
    forged.put_catalogue(&part).unwrap();
    let change = forged.commit().unwrap().unwrap();
    let came = world.hub.inbound(world.now, &store, vec![(at, key, change.clone())]).unwrap();
    assert_eq!((came.quarantined, came.upto[0]), (1, 1), "named, and the log goes on");
    world.hub.inbound_whole(world.now, &store, key, change).unwrap();
    let aside = world.hub.data().set_aside(Some(&store), 9).unwrap();
    assert!(
        aside.iter().all(|row| row.why.contains("may not write the catalogue") && row.doc == "catalogue/1/1")
    );
    assert_eq!(aside.len(), 2);
    assert_eq!(world.hub.whole(&store, key).unwrap(), before, "not a byte of it");
}

#[test]
fn what_is_withdrawn_is_found_and_sold_no_more() {
    let mut world = World::new();
    let find = |world: &World| {
        let ask = crate::db::catalogue::SearchAsk { limit: 100, ..Default::default() };
        world.hub.data().search(&ask).unwrap().0
    };
    let before = find(&world);
    let gone = model::catalogue::Product { active: false, ..before[0].clone() };
    world.done(Command::PutProducts { products: vec![gone.clone()] });
    assert!(find(&world).iter().all(|product| product.sku != gone.sku));
    assert_eq!(find(&world).len(), before.len() - 1);
}

#[test]
fn what_comes_by_the_feed_of_all_cities_is_told_as_well() {
    let mut world = World::new();
    publish(&mut world);
    let mut product = Box::new(product(1, "Thing 1"));
    product.price = Paise::new(4_321);
    let fact = model::api::global::GlobalFact::Product { product };
    world.done(Command::TakeGlobal { facts: vec![(1, fact)] });
    assert_eq!(publish(&mut world), 1);
    let edition = world.hub.data().edition().unwrap().unwrap();
    assert_eq!((edition.publication, edition.parts, edition.whole), (2, 1, true));
}

#[test]
fn a_restored_hub_begins_an_edition_of_its_new_generation_and_tells_all_of_it() {
    let mut world = World::new();
    let store = world.store.clone();
    publish(&mut world);
    reads(&mut world, &store, CATALOGUE_SINCE);
    world.hub.spread_catalogue().unwrap();
    let mut old = Document::new_as(doc(1), Owner::Store, 1).unwrap();
    take(&mut world, &store, &mut old);
    let expect = HubGeneration(1);
    world.done(Command::BeginGeneration { hub: "another".to_owned(), expect });
    let generation = world.hub.data().generation().unwrap();
    assert!(generation > expect && publish(&mut world) >= 1);
    world.hub.spread_catalogue().unwrap();
    let mut new = Document::new_as(DocId::Catalogue { generation, edition: 1 }, Owner::Store, 1).unwrap();
    take(&mut world, &store, &mut new);
    let named = |document: &Document| document.catalogue_header().unwrap().unwrap().named;
    assert_eq!((named(&new), new.catalogue_skus().unwrap()), (named(&old), old.catalogue_skus().unwrap()));
}
