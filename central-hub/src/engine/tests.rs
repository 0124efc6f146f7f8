//! The scribe beside the writer: what it makes is stored with the next group, and nothing of it is lost or said twice.

use super::Said;
use crate::testkit::World;
use ::sync::lane::{Lane, LaneSeq};
use model::api::hub::Payment;
use model::{Moment, OrderId};

const fn first(seq: u64) -> LaneSeq {
    LaneSeq { lane: Lane::Orders, seq }
}

fn ordered() -> (World, OrderId) {
    let mut world = World::new();
    world.grant(1, 5);
    let customer = world.customer(1);
    world.cart(customer.0, 1, 2);
    let order = world.checkout(customer, Payment::Cod).unwrap();
    (world, order)
}

fn reads_the_order_once(world: &mut World, order: &OrderId) {
    assert_eq!(world.store_reads(), 1);
    let view = world.orders_document(order).order(order).unwrap().expect("the order is in its document");
    assert!(view.moments.get(Moment::Confirmed).is_some());
}

#[test]
fn a_batch_is_stored_with_the_next_group() {
    let (mut world, order) = ordered();
    let mut scribe = world.hub.scribe().unwrap();
    let batch = scribe.compose().unwrap().expect("facts wait");
    assert!(
        world.hub.out_records(&world.store, first(0), 10).unwrap().is_empty(),
        "nothing before its commit"
    );
    let key = document_key(&world, &order);
    let outside = world.hub.whole(&world.store.clone(), key).unwrap();
    world.orders_document(&order).apply_whole(&outside).unwrap();
    assert!(world.orders_document(&order).order(&order).unwrap().is_none(), "nor in a whole document");
    let (_, carried) = world.hub.apply_and_keep(world.now, &[], Some(&batch)).unwrap();
    assert_eq!((carried.grew.get(&world.store), carried.more), (Some(&vec![first(1)]), false));
    assert!(scribe.compose().unwrap().is_none(), "the facts went with their changes");
    reads_the_order_once(&mut world, &order);
}

#[test]
fn a_batch_of_documents_that_were_forgotten_is_made_anew() {
    let (mut world, order) = ordered();
    let mut scribe = world.hub.scribe().unwrap();
    let lost = scribe.compose().unwrap().expect("facts wait");
    world.hub.abandon();
    assert!(world.hub.keep(world.now, &lost).unwrap().more);
    assert!(world.hub.out_records(&world.store, first(0), 10).unwrap().is_empty());
    let again = scribe.compose().unwrap().expect("the facts still wait");
    assert_eq!(world.hub.keep(world.now, &again).unwrap().grew.get(&world.store), Some(&vec![first(1)]));
    reads_the_order_once(&mut world, &order);
}

#[test]
fn a_crash_between_making_and_storing_loses_nothing() {
    let (mut world, order) = ordered();
    let mut scribe = world.hub.scribe().unwrap();
    assert!(scribe.compose().unwrap().is_some());
    drop(scribe);
    world.restart();
    reads_the_order_once(&mut world, &order);
}

#[test]
fn an_acknowledgement_that_is_repeated_writes_nothing() {
    let (mut world, order) = ordered();
    reads_the_order_once(&mut world, &order);
    let under = world.hub.under(&world.store).unwrap();
    let said = [Said::Acked(world.store.clone(), under, first(1))];
    world.hub.hear(world.now, &said).unwrap();
    let before = world.hub.db.changes();
    world.hub.hear(world.now, &said).unwrap();
    assert_eq!(world.hub.db.changes(), before, "a commit without a change costs no disk");
}

fn document_key(world: &World, order: &OrderId) -> ::sync::doc::DocKey {
    let hour = world.hub.data().order(order).unwrap().unwrap().placed_at.hour();
    ::sync::doc::DocKey::Orders { hour }
}
