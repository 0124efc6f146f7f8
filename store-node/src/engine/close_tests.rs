//! Stories of hours that end: last words of both sides, blobs, late facts, forged ones. No sockets.

use super::*;
use crate::command::{Command, FenceWhy};
use crate::db::{docs, hours};
use crate::testbed::{Bed, MORNING};
use model::order::Moment;
use model::quota::{FIRST_GENERATION, StoreEpoch};
use model::time::HOUR_MS;
use model::{OrderId, OrderState, Role};
use sync::doc::{RepairAnswer, Repairing, SAID_AGAIN_HOURS};

fn state(bed: &Bed, order: OrderId) -> OrderState {
    bed.reader().order(order).unwrap().unwrap().card.state
}

/// An online order that was cancelled, and a counter order that was too; the hub has said its last word an hour later.
fn ended() -> (Bed, OrderId) {
    let mut bed = Bed::new();
    bed.receive("SALT", 9, None);
    bed.tick();
    let (order, placed) = bed.hub_orders(1, &[("SALT", 1)]);
    let cancel = bed.hub_moment(order, Moment::CancelRequested);
    bed.inbound(vec![placed, cancel]);
    let counter = bed.counter(&[("SALT", 2)]).unwrap();
    bed.by("meena", Role::Manager, Command::CancelCounterOrder { order: counter }).unwrap();
    bed.hub_hears();
    bed.pass(2 * HOUR_MS);
    let word = bed.hub_closes_hour();
    bed.inbound(vec![word]);
    (bed, order)
}

#[test]
fn an_hour_whose_orders_have_ended_becomes_the_blob_that_the_hub_makes_of_it() {
    let (mut bed, order) = ended();
    let seen = bed.engine.close_hours(bed.now).unwrap();
    assert_eq!(seen, HoursSeen { marked: 1, closed: 0 }, "the own word is not acknowledged yet");
    bed.hub_hears();
    assert!(bed.hub_document().is_complete().unwrap());
    let mut bed = bed.restart();
    assert_eq!(bed.engine.close_hours(bed.now).unwrap(), HoursSeen { marked: 0, closed: 1 });
    let conn = bed.engine.db.read();
    assert_eq!(docs::names(conn).unwrap(), ["quota/s1/1/1"]);
    let manifest = manifest(conn, 9).unwrap();
    let blob = bed.hub_document().close().unwrap();
    assert_eq!(manifest, [blob.entry(bed.hub_document().id())]);
    assert_eq!(hours::sums(conn).unwrap().orders, 2);
    assert_eq!(state(&bed, order), OrderState::Cancelled);
    assert_eq!(bed.engine.close_hours(bed.now).unwrap(), HoursSeen::default());
    bed.check();
}

/// Found by the simulation: the blob has other heads than the document at a hub that has not closed it yet.
#[test]
fn a_closed_hour_is_neither_compared_by_heads_nor_repaired() {
    let (mut bed, _) = ended();
    bed.engine.close_hours(bed.now).unwrap();
    bed.hub_hears();
    let key = bed.hub_document().id().key();
    let compared = |bed: &mut Bed| bed.engine.heads(MORNING, &[]).unwrap().iter().any(|(doc, _)| *doc == key);
    assert!(compared(&mut bed), "while it is open");
    assert_eq!(bed.engine.close_hours(bed.now).unwrap().closed, 1);
    assert!(!compared(&mut bed));
    let whole = bed.hub_document().save_full().unwrap();
    bed.engine.inbound_whole(bed.now, key, &whole).unwrap();
    for message in [None, Some(&b"of the open one"[..])] {
        let (_, answer) = bed.engine.repair(bed.now, key, (&mut Repairing::default(), message)).unwrap();
        assert_eq!(answer, RepairAnswer::default());
    }
    assert_eq!(bed.engine.whole(key).unwrap(), Vec::<u8>::new());
    assert_eq!(docs::quarantined(bed.engine.db.read()).unwrap(), 0, "nothing is wrong with either");
}

#[test]
fn an_hour_with_an_open_order_waits_a_day_and_then_late_facts_find_a_later_document() {
    let mut bed = Bed::new();
    bed.receive("SALT", 9, None);
    bed.tick();
    let (order, placed) = bed.hub_orders(1, &[("SALT", 1)]);
    bed.inbound(vec![placed]);
    bed.hub_hears();
    bed.pass(3 * HOUR_MS);
    let word = bed.hub_closes_hour();
    bed.inbound(vec![word]);
    assert_eq!(bed.engine.close_hours(bed.now).unwrap().marked, 0, "the order is open");
    bed.pass(23 * HOUR_MS);
    assert_eq!(bed.engine.close_hours(bed.now).unwrap().marked, 1);
    bed.hub_hears();
    assert_eq!(bed.engine.close_hours(bed.now).unwrap().closed, 1);
    // Now the customer cancels, and the store gives the units back: both facts come after the hour's end.
    let later = MORNING.hour() + 1;
    let cancel = bed.hub_says_late(order, Moment::CancelRequested, later);
    bed.inbound(vec![cancel]);
    assert_eq!(state(&bed, order), OrderState::Cancelled);
    bed.engine.carry(bed.now).unwrap();
    let records = bed.engine.out_records(Lane::Backfill, 0, 100).unwrap();
    assert_eq!(records.last().unwrap().doc, DocKey::Orders { hour: later });
    let mut docs = bed.engine.docs.lock();
    let document = docs.get(bed.engine.db.read(), DocKey::Orders { hour: later }).unwrap();
    let views = document.late(&order).unwrap();
    assert!(views.iter().any(|v| v.late == Some(Owner::Store) && v.moments.get(Moment::Cancelled).is_some()));
    assert_eq!(docs::quarantined(bed.engine.db.read()).unwrap(), 0);
}

/// What waited for days goes the newest hour first: the cancellation comes before the order, to a store that was never restored.
#[test]
fn a_late_fact_that_comes_before_its_order_waits_for_it() {
    let mut bed = Bed::new();
    bed.receive("SALT", 9, None);
    bed.tick();
    bed.pass(26 * HOUR_MS);
    let (order, placed) = bed.hub_orders(1, &[("SALT", 1)]);
    let cancel = bed.hub_says_late(order, Moment::CancelRequested, MORNING.hour() + 1);
    bed.inbound(vec![InboundRecord { lane: Lane::Orders, seq: 1, ..cancel }]);
    assert!(bed.reader().order(order).unwrap().is_none());
    let mut bed = bed.restart();
    bed.inbound(vec![InboundRecord { lane: Lane::Backfill, seq: 1, ..placed }]);
    assert_eq!(state(&bed, order), OrderState::Cancelled, "nobody picks what its customer has cancelled");
    assert!(hours::late_due(bed.engine.db.read(), 9).unwrap().is_empty(), "it waits no more");
    bed.check();
}

#[test]
fn a_late_fact_of_an_order_that_never_comes_waits_as_long_as_anything_is_said_again() {
    let mut bed = Bed::new();
    let (order, _) = bed.hub_orders(1, &[("SALT", 1)]);
    let cancel = bed.hub_says_late(order, Moment::CancelRequested, MORNING.hour() + 1);
    bed.inbound(vec![InboundRecord { lane: Lane::Orders, seq: 1, ..cancel }]);
    bed.pass((SAID_AGAIN_HOURS + 1) * HOUR_MS);
    bed.engine.close_hours(bed.now).unwrap();
    assert_eq!(hours::late_before(bed.engine.db.read(), i64::MAX, 9).unwrap().len(), 1, "an hour more");
    assert_eq!(docs::quarantined(bed.engine.db.read()).unwrap(), 0);
    bed.pass(HOUR_MS);
    for _ in 0..2 {
        bed.engine.close_hours(bed.now).unwrap();
        assert!(hours::late_before(bed.engine.db.read(), i64::MAX, 9).unwrap().is_empty());
        let aside = docs::set_aside(bed.engine.db.read(), 9).unwrap();
        assert_eq!(aside.len(), 1, "told once: {aside:?}");
        assert_eq!(sync::inspect::reason_kind(&aside[0].reason), "unknown_order", "{aside:?}");
    }
    bed.check();
}

/// Found in the escrow's world: such facts went to the first hour of 1970, which no hub ever closes.
#[test]
fn what_follows_the_last_word_of_a_life_that_is_forgotten_goes_to_the_next_hour() {
    let mut bed = Bed::new();
    bed.receive("SALT", 9, None);
    bed.tick();
    let (order, placed) = bed.hub_orders(1, &[("SALT", 1)]);
    bed.inbound(vec![placed]);
    bed.hub_hears();
    bed.pass(3 * HOUR_MS);
    let word = bed.hub_closes_hour();
    bed.inbound(vec![word]);
    bed.pass(23 * HOUR_MS);
    assert_eq!(bed.engine.close_hours(bed.now).unwrap().marked, 1);
    // The document came back from the hub, the row did not.
    rusqlite::Connection::open(bed.path()).unwrap().execute("DELETE FROM hour_mark", []).unwrap();
    let mut bed = bed.restart();
    let later = MORNING.hour() + 1;
    let cancel = bed.hub_says_late(order, Moment::CancelRequested, later);
    bed.inbound(vec![cancel]);
    assert_eq!(state(&bed, order), OrderState::Cancelled);
    bed.engine.carry(bed.now).unwrap();
    let records = bed.engine.out_records(Lane::Backfill, 0, 100).unwrap();
    assert_eq!(records.last().unwrap().doc, DocKey::Orders { hour: later });
    assert_eq!(docs::quarantined(bed.engine.db.read()).unwrap(), 0);
}

#[test]
fn a_change_for_a_closed_hour_is_set_aside_and_the_log_goes_on() {
    let (mut bed, order) = ended();
    bed.engine.close_hours(bed.now).unwrap();
    bed.hub_hears();
    bed.engine.close_hours(bed.now).unwrap();
    let before = manifest(bed.engine.db.read(), 9).unwrap();
    let (mut other, _) = (Bed::new(), ());
    let (_, forged) = other.hub_orders(77, &[("SALT", 1)]);
    let received = |bed: &Bed| crate::db::lanes::states(bed.engine.db.read()).unwrap()[0].received;
    let seq = received(&bed) + 1;
    bed.inbound(vec![InboundRecord { seq, ..forged }]);
    assert_eq!((received(&bed), docs::quarantined(bed.engine.db.read()).unwrap()), (seq, 1));
    assert_eq!(manifest(bed.engine.db.read(), 9).unwrap(), before);
    assert_eq!(state(&bed, order), OrderState::Cancelled);
}

/// What it has said there in this life it says again in a later hour; the hour itself is over, and is not sent to a hub that has it
/// closed.
#[test]
fn what_waits_of_an_hour_that_a_restored_store_has_taken_closed_is_not_sent_any_more() {
    // Two machines with one past: the first has lived on to the hour's end, the second has not.
    let ((mut first, _), (mut bed, _)) = (ended(), ended());
    first.engine.close_hours(first.now).unwrap();
    first.hub_hears();
    let blob = first.hub_document().close().unwrap();
    let entry = blob.entry(first.hub_document().id());
    let (epoch, generation) = (StoreEpoch(2), FIRST_GENERATION);
    bed.system(Command::TakeEpoch { epoch, generation, why: FenceWhy::Restored }).unwrap();
    let sent = |bed: &mut Bed| -> Vec<DocKey> {
        let lanes = Lane::ALL.map(|lane| bed.engine.out_records(lane, 0, 99).unwrap());
        lanes.into_iter().flatten().map(|record| record.doc).collect()
    };
    assert!(sent(&mut bed).contains(&entry.doc), "it does not know that the hour is over");
    bed.engine.take_closed(bed.now, &entry, blob.bytes).unwrap().unwrap();
    let lanes = bed.engine.age_lanes(bed.now).unwrap();
    assert!(!sent(&mut bed).contains(&entry.doc));
    assert!(lanes.iter().any(|lane| lane.skipped > 0), "its numbers are skipped: {lanes:?}");
}

#[test]
fn a_restored_store_takes_an_hour_as_a_blob_and_refuses_another_content() {
    let (mut bed, _) = ended();
    bed.engine.close_hours(bed.now).unwrap();
    bed.hub_hears();
    let blob = bed.hub_document().close().unwrap();
    let entry = blob.entry(bed.hub_document().id());
    let now = bed.now;
    assert_eq!(
        bed.engine.take_closed(now, &entry, blob.bytes.clone()).unwrap().map(drop),
        Err(BlobRefused::Open)
    );
    let mut fresh = Bed::new();
    let wrong = sync::doc::ManifestEntry { sha256: [1; 32], ..entry };
    let refused = fresh.engine.take_closed(now, &wrong, blob.bytes.clone()).unwrap().map(drop);
    assert_eq!(refused, Err(BlobRefused::OtherContent));
    assert_eq!(fresh.engine.take_closed(now, &entry, blob.bytes.clone()).unwrap().map(drop), Ok(()));
    assert_eq!(fresh.engine.take_closed(now, &entry, blob.bytes.clone()).unwrap().map(drop), Ok(()));
    assert_eq!(manifest(fresh.engine.db.read(), 9).unwrap(), [entry]);
    let torn = fresh.engine.take_closed(now, &entry, blob.bytes[..9].to_vec()).unwrap().map(drop);
    assert!(matches!(torn, Err(BlobRefused::Unreadable(_))));
}
