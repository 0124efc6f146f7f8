//! What a store says: grants, moments, picks, cancellations, questions, counter orders, and nonsense.

use crate::command::{Command, Outcome, Recovered};
use crate::engine::{BlobRefused, Said};
use crate::testkit::{World, sku};
use ::sync::doc::{DocActor, DocKey, Document, ManifestEntry, SAID_AGAIN_HOURS};
use ::sync::lane::{Lane, LaneSeq};
use model::api::hub::Payment;
use model::fact::Fact;
use model::order::{Channel, Owner};
use model::order_doc::{
    HeadLine, LessPaid, OrderHead, PickedUnits, Picks, ShortUnits, SubstituteAsk, SubstitutePreset,
};
use model::quota::{FIRST_EPOCH, FIRST_GENERATION};
use model::time::HOUR_MS;
use model::{LotId, Moment, OrderId, OrderState, Paise, PersonId, Qty, Timestamp};
use std::collections::BTreeMap;

fn order(world: &mut World, payment: Payment, qty: i64) -> OrderId {
    world.grant(1, 9);
    let who = world.customer(1);
    world.cart(who.0, 1, qty);
    let order = world.checkout(who, payment).unwrap();
    for step in world.hub.data().due_steps(world.now, 9).unwrap() {
        world.done(Command::PaymentResult { key: step.key, outcome: Outcome::Agreed });
    }
    world.store_reads();
    order
}

fn moment(world: &World, order: OrderId, moment: Moment) -> Fact {
    let hour = world.hub.data().order(&order).unwrap().unwrap().placed_at.hour();
    Fact::Moment { order, hour, moment, at: world.now }
}

fn picks(world: &World, order: OrderId, picked: i64, short: i64) -> Fact {
    weighed(world, order, (picked, short), 0)
}

/// The same of goods that cost so much less because they weigh less.
fn weighed(world: &World, order: OrderId, (picked, short): (i64, i64), less: i64) -> Fact {
    let hour = world.hub.data().order(&order).unwrap().unwrap().placed_at.hour();
    let qty = |n| Qty::new(n).unwrap();
    let lot = LotId::new("L1").unwrap();
    let picks = Picks {
        picked: vec![PickedUnits { line: 0, sku: sku(1), lot, qty: qty(picked) }],
        short: if short > 0 { vec![ShortUnits { line: 0, qty: qty(short) }] } else { vec![] },
        bags: 1,
        less: if less > 0 { vec![LessPaid { line: 0, paise: Paise::new(less) }] } else { vec![] },
    };
    Fact::Picks { order, hour, picks }
}

fn state(world: &World, order: &OrderId) -> OrderState {
    world.hub.data().order(order).unwrap().unwrap().state
}

#[test]
fn a_short_on_a_card_is_simply_not_captured() {
    let mut world = World::new();
    let id = order(&mut world, Payment::Card { token: "tok_ok".to_owned() }, 3);
    let facts = [
        moment(&world, id, Moment::Accepted),
        moment(&world, id, Moment::Picking),
        picks(&world, id, 2, 1),
        moment(&world, id, Moment::Packed),
    ];
    world.store_says(&facts);
    assert_eq!(state(&world, &id), OrderState::Packed);
    let due = world.hub.data().due_steps(world.now, 9).unwrap();
    let total = world.hub.data().order(&id).unwrap().unwrap().total;
    assert_eq!(due.iter().map(|s| s.amount.get()).collect::<Vec<_>>(), [total.get() - 6_600]);
    let line = world.hub.data().lines(&id).unwrap().remove(0);
    assert_eq!((line.picked, line.short, line.refunded.get()), (Qty::new(2).ok(), Qty::ONE, 6_600));
}

#[test]
fn what_weighs_less_is_not_captured_or_given_back_once_and_never_more_than_the_line() {
    // A card: less is captured.
    let mut world = World::new();
    let id = order(&mut world, Payment::Card { token: "tok_ok".to_owned() }, 3);
    let facts = [weighed(&world, id, (2, 1), 1_300), moment(&world, id, Moment::Packed)];
    world.store_says(&facts);
    let due = world.hub.data().due_steps(world.now, 9).unwrap();
    let total = world.hub.data().order(&id).unwrap().unwrap().total;
    assert_eq!(due.iter().map(|s| s.amount.get()).collect::<Vec<_>>(), [total.get() - 6_600 - 1_300]);

    // A debit: given back, once, however often it is told; a later short counts on top, within the line.
    let mut world = World::new();
    let id = order(&mut world, Payment::Upi { token: "tok_ok".to_owned() }, 3);
    let facts = [
        moment(&world, id, Moment::Packed),
        weighed(&world, id, (3, 0), 1_300),
        weighed(&world, id, (3, 0), 1_200),
        weighed(&world, id, (2, 1), 1_300),
        weighed(&world, id, (0, 3), 1_000_000),
    ];
    for fact in facts {
        world.store_says(&[fact]);
    }
    let steps = world.hub.data().due_steps(world.now, 9).unwrap();
    let refunds: Vec<i64> = steps.iter().map(|step| step.amount.get()).collect();
    assert_eq!(refunds, [1_300, 6_600, 3 * 6_600 - 7_900]);
    let line = world.hub.data().lines(&id).unwrap().remove(0);
    assert_eq!((line.short.get(), line.refunded.get()), (3, 3 * 6_600));
}

#[test]
fn a_short_on_a_debit_is_refunded_once_however_often_it_is_told() {
    let mut world = World::new();
    let id = order(&mut world, Payment::Upi { token: "tok_ok".to_owned() }, 3);
    let (first, second) = (picks(&world, id, 2, 1), picks(&world, id, 1, 2));
    world.store_says(&[first]);
    let packed = moment(&world, id, Moment::Packed);
    world.store_says(&[packed, second]);
    let refunds: Vec<i64> =
        world.hub.data().due_steps(world.now, 9).unwrap().iter().map(|s| s.amount.get()).collect();
    assert_eq!(refunds, [6_600, 6_600]);
    let payment = world.hub.data().payment(&id).unwrap().unwrap();
    assert!(payment.refunded <= payment.captured);
    assert_eq!(payment.refunded.get(), 13_200);
}

#[test]
fn a_cancel_is_a_request_and_the_store_gives_the_money_back() {
    let mut world = World::new();
    let id = order(&mut world, Payment::Upi { token: "tok_ok".to_owned() }, 1);
    let customer = world.hub.data().order(&id).unwrap().unwrap().customer;
    world.done(Command::RequestCancel { customer, order: id });
    assert_eq!(state(&world, &id), OrderState::Confirmed);
    assert_eq!(world.store_reads(), 1);
    let view = world.orders_document(&id).order(&id).unwrap().unwrap();
    assert!(view.moments.get(Moment::CancelRequested).is_some());
    let cancelled = moment(&world, id, Moment::Cancelled);
    world.store_says(&[cancelled]);
    assert_eq!(state(&world, &id), OrderState::Cancelled);
    let due = world.hub.data().due_steps(world.now, 9).unwrap();
    assert_eq!((due.len(), due[0].amount), (1, world.hub.data().order(&id).unwrap().unwrap().total));
    assert!(world.ask(Command::RequestCancel { customer, order: id }).is_err());
}

#[test]
fn a_question_reaches_the_customer_and_the_answer_the_store() {
    let mut world = World::new();
    let id = order(&mut world, Payment::Cod, 1);
    let row = world.hub.data().order(&id).unwrap().unwrap();
    let until = world.now.plus_ms(60_000);
    let ask = SubstituteAsk { line: 0, sku: sku(2), qty: Qty::ONE, until, price: Some(Paise::new(4_000)) };
    world.store_says(&[Fact::Ask { order: id, hour: row.placed_at.hour(), ask }]);
    let reply = Command::ReplySubstitute { customer: row.customer, order: id, line: 0, accept: true };
    world.done(reply.clone());
    assert!(world.ask(reply).is_err(), "answered once");
    world.store_reads();
    let view = world.orders_document(&id).order(&id).unwrap().unwrap();
    assert!(view.answers[0].accept);
}

#[test]
fn counter_orders_are_kept_for_reports_and_grants_never_fall() {
    let mut world = World::new();
    let id = OrderId::from_bytes([7; 16]);
    let head = OrderHead {
        number: "C01".to_owned(),
        channel: Channel::Counter,
        promise_at: world.now,
        first_name: String::new(),
        cod: Paise::ZERO,
        preset: SubstitutePreset::Refund,
        lines: vec![HeadLine { sku: sku(1), qty: Qty::ONE, unit_price: Paise::new(6_600) }],
    };
    let hour = world.now.hour();
    world.store_says(&[
        Fact::Order { order: id, hour, head },
        Fact::Moment { order: id, hour, moment: Moment::Placed, at: world.now },
        Fact::Moment { order: id, hour, moment: Moment::Completed, at: world.now },
    ]);
    assert_eq!(world.hub.data().counter_count(&world.store).unwrap(), 1);
    assert!(world.hub.data().order(&id).unwrap().is_none());
}

#[test]
fn poison_goes_to_quarantine_and_the_rest_goes_on() {
    let mut world = World::new();
    let seq = world.next_record();
    let store = world.store.clone();
    let junk = vec![(LaneSeq { lane: Lane::Orders, seq }, DocKey::Orders { hour: 1 }, b"junk".to_vec())];
    let out = world.hub.inbound(world.now, &store, junk.clone()).unwrap();
    assert_eq!((out.upto[0], out.quarantined), (seq, 1));
    assert_eq!(world.hub.inbound(world.now, &store, junk).unwrap().quarantined, 0, "known: passed over");
    world.grant(1, 4);
    assert_eq!(world.hub.data().quarantined().unwrap(), 1);
    let rules = crate::testkit::rules();
    let look = crate::views::Look { now: world.now, rules: &rules };
    let told = crate::views::replication::now(
        world.hub.data(),
        &look,
        &PersonId::new("ops-a").unwrap(),
        (model::api::hub::OpsHubBackup::Off, &BTreeMap::new()),
    )
    .unwrap();
    assert_eq!((told.stores[0].quarantined, told.stores[0].rights_units), (1, 4));
    assert_eq!((told.quarantine[0].seq, told.quarantine[0].kind.as_str()), (seq, "poisoned"));
    assert_eq!(told.quarantine[0].doc, "orders/s1/1");
}

/// A store that sends rubbish for days fills a shelf of its own, and not that of another store.
#[test]
fn quarantine_keeps_a_stores_newest_and_counts_them_all() {
    let mut world = World::new();
    let (kept, more) = (1_000, 7);
    let store = world.store.clone();
    let first = world.next_record();
    let sent = first..first + kept + more;
    let junk = |seq| (LaneSeq { lane: Lane::Orders, seq }, DocKey::Orders { hour: 1 }, b"junk".to_vec());
    let out = world.hub.inbound(world.now, &store, sent.clone().map(junk).collect()).unwrap();
    assert_eq!(u64::from(out.quarantined), kept + more);
    let data = world.hub.data();
    let rows = data.set_aside(Some(&store), u32::MAX).unwrap();
    let seqs: Vec<u64> = rows.iter().map(|row| row.seq).collect();
    assert_eq!(seqs, sent.rev().take(kept as usize).collect::<Vec<_>>());
    let counts = data.quarantine_counts().unwrap();
    assert_eq!(counts, BTreeMap::from([((store, "poisoned".to_owned()), kept + more)]));
    assert_eq!(u64::from(data.quarantined().unwrap()), kept + more);
}

#[test]
fn records_and_what_they_caused_survive_a_restart_together() {
    let mut world = World::new();
    let id = order(&mut world, Payment::Cod, 1);
    let accepted = moment(&world, id, Moment::Accepted);
    world.store_says(&[accepted]);
    let first_life = world.hub.session(&world.store.clone()).unwrap().boot;
    world.restart();
    let config = world.hub.session(&world.store.clone()).unwrap();
    let lane = config.lanes[Lane::Orders.index()];
    assert_eq!((lane.received, lane.sent, lane.acked), (2, 1, 1));
    assert!(config.boot > first_life);
    let picking = moment(&world, id, Moment::Picking);
    world.store_says(&[picking]);
    assert_eq!(state(&world, &id), OrderState::Picking);
}

#[test]
fn an_hour_ends_with_both_last_words_and_is_a_blob_that_late_facts_leave_alone() {
    let mut world = World::new();
    let id = order(&mut world, Payment::Cod, 1);
    let customer = world.hub.data().order(&id).unwrap().unwrap().customer;
    let hour = world.now.hour();
    let doc = DocKey::Orders { hour }.of(&world.store);
    let cancelled = moment(&world, id, Moment::Cancelled);
    world.done(Command::RequestCancel { customer, order: id });
    world.store_reads();
    world.wait(2 * 3_600_000);
    assert_eq!(world.hub.close_hours(world.now).unwrap().marked, 0, "the order is open");
    world.store_says(&[cancelled]);
    assert_eq!(world.hub.close_hours(world.now).unwrap().marked, 1);
    world.store_reads();
    world.store_says(&[Fact::HourClosed { hour }]);
    world.restart();
    assert_eq!(world.hub.close_hours(world.now).unwrap().closed, 1);
    assert!(world.hub.data().chunks(&doc).unwrap().is_empty());
    let blob = world.document(&doc).close().unwrap();
    let store = world.store.clone();
    assert_eq!(world.hub.data().manifest(&store, 9).unwrap(), [blob.entry(&doc)]);
    let seq = LaneSeq { lane: Lane::Orders, seq: world.next_record() };
    let junk = vec![(seq, doc.key(), b"junk".to_vec())];
    assert_eq!(world.hub.inbound(world.now, &store, junk).unwrap().quarantined, 1);
    assert_eq!(world.hub.data().manifest(&store, 9).unwrap(), [blob.entry(&doc)]);
}

/// A machine that came from a backup of before the hour's end writes into it: it will say that again where it has yet to take the blob.
/// One that has shown the blob says nothing again, and what it writes is kept for a person.
#[test]
fn what_a_replaced_store_writes_into_an_hour_that_it_has_closed_goes_to_quarantine() {
    let mut world = World::new();
    let id = order(&mut world, Payment::Cod, 1);
    let (hour, store) = (world.now.hour(), world.store.clone());
    let doc = DocKey::Orders { hour }.of(&store);
    let actor = DocActor { side: Owner::Store, store: store.clone(), boot: 77 };
    let mut other = Document::load(doc.clone(), &actor, &world.hub.data().chunks(&doc).unwrap()).unwrap();
    other.put_fact(&moment(&world, id, Moment::Packed)).unwrap();
    let change = other.commit().unwrap().unwrap();
    let cancelled = moment(&world, id, Moment::Cancelled);
    world.store_says(&[cancelled]);
    world.wait(2 * HOUR_MS);
    world.hub.close_hours(world.now).unwrap();
    world.store_reads();
    world.store_says(&[Fact::HourClosed { hour }]);
    assert_eq!(world.hub.close_hours(world.now).unwrap().closed, 1);
    let taken = Command::MintEpoch { store: store.clone(), node_key: "new".to_owned(), expect: FIRST_EPOCH };
    world.done(taken);
    let under = world.hub.under(&store).unwrap();
    let says = |world: &mut World, seq| {
        let at = LaneSeq { lane: Lane::Backfill, seq };
        world.hub.inbound(world.now, &store, vec![(at, doc.key(), change.clone())]).unwrap().quarantined
    };
    assert_eq!(says(&mut world, 1), 0, "it may not know that the hour is over");
    let of_older_terms = (FIRST_EPOCH, under.1);
    for (terms, aside) in [(of_older_terms, 0), (under, 1)] {
        world.hub.hear(world.now, &[Said::Closed(world.store.clone(), terms, vec![hour])]).unwrap();
        assert_eq!(says(&mut world, 2 + u64::from(aside)), aside);
    }
    let told = world.hub.data().set_aside(None, 9).unwrap();
    assert!(told.len() == 1 && told[0].why.contains("is closed"), "{told:?}");
    assert_eq!(state(&world, &id), OrderState::Cancelled);
}

#[test]
fn what_the_hub_learns_after_its_last_word_goes_to_a_later_hour() {
    let mut world = World::new();
    let id = order(&mut world, Payment::Cod, 1);
    let customer = world.hub.data().order(&id).unwrap().unwrap().customer;
    let hour = world.now.hour();
    world.store_reads();
    world.wait(26 * 3_600_000);
    assert_eq!(world.hub.close_hours(world.now).unwrap().marked, 1);
    world.store_reads();
    world.done(Command::RequestCancel { customer, order: id });
    world.store_reads();
    let later = DocKey::Orders { hour: hour + 1 }.of(&world.store);
    let views = world.document(&later).late(&id).unwrap();
    assert!(views[0].moments.get(Moment::CancelRequested).is_some());
    assert_eq!(world.hub.data().quarantined().unwrap(), 0);
    let store = world.store.clone();
    let head = views[0].head.clone();
    let cancelled = moment(&world, id, Moment::Cancelled);
    let document = world.document(&later);
    document.put_late(&head, &cancelled).unwrap();
    let change = document.commit().unwrap().unwrap();
    let seq = LaneSeq { lane: Lane::Orders, seq: world.next_record() };
    world.hub.inbound(world.now, &store, vec![(seq, later.key(), change)]).unwrap();
    assert_eq!(state(&world, &id), OrderState::Cancelled);
}

/// A page of the disk went bad, and the hub's own change built upon it: what happens to the order is told all the same.
#[test]
fn what_the_hub_says_of_an_order_that_its_hour_has_lost_goes_to_a_later_hour() {
    let mut world = World::new();
    let id = order(&mut world, Payment::Cod, 1);
    let customer = world.hub.data().order(&id).unwrap().unwrap().customer;
    let hour = world.now.hour();
    world.store_reads();
    let head = world.document(&DocKey::Orders { hour }.of(&world.store)).order(&id).unwrap().unwrap().head;
    let conn = rusqlite::Connection::open(world.dir.path().join("hub.db")).unwrap();
    assert!(conn.execute("DELETE FROM doc_chunk WHERE doc LIKE 'orders/%'", []).unwrap() > 0);
    world.restart();
    world.done(Command::RequestCancel { customer, order: id });
    world.store_reads();
    let later = DocKey::Orders { hour: hour + 1 }.of(&world.store);
    let views = world.document(&later).late(&id).unwrap();
    assert!(views[0].moments.get(Moment::CancelRequested).is_some());
    assert_eq!(views[0].head, head, "as it was promised");
    assert_eq!(world.hub.data().quarantined().unwrap(), 0);
}

/// A delivered order whose hour both sides have closed, and the hub as it was before (`placed`: the order was there).
fn closed_and_forgotten(placed: bool) -> (World, OrderId, ManifestEntry, Vec<u8>) {
    let mut world = World::new();
    let backup = |world: &World| {
        let image = world.dir.path().join("image.db");
        let sql = format!("VACUUM INTO '{}'", image.display());
        rusqlite::Connection::open(world.dir.path().join("hub.db")).unwrap().execute_batch(&sql).unwrap();
    };
    if !placed {
        backup(&world);
    }
    let id = order(&mut world, Payment::Cod, 1);
    world.store_reads();
    if placed {
        backup(&world);
    }
    let hour = world.now.hour();
    let doc = DocKey::Orders { hour }.of(&world.store);
    for step in [Moment::Accepted, Moment::Cancelled] {
        let said = moment(&world, id, step);
        world.store_says(&[said]);
    }
    world.wait(2 * 3_600_000);
    assert_eq!(world.hub.close_hours(world.now).unwrap().marked, 1);
    world.store_reads();
    world.store_says(&[Fact::HourClosed { hour }]);
    let blob = world.document(&doc).close().unwrap();
    world.set_back(&world.dir.path().join("image.db"));
    (world, id, blob.entry(&doc), blob.bytes)
}

#[test]
fn a_restored_hub_learns_the_orders_of_an_hour_that_its_former_life_has_closed() {
    for placed in [false, true] {
        let (mut world, id, entry, bytes) = closed_and_forgotten(placed);
        let (store, now) = (world.store.clone(), world.now);
        assert_eq!(world.hub.data().order(&id).unwrap().is_some(), placed);
        if placed {
            let early = world.hub.take_closed(now, &store, &entry, bytes.clone()).unwrap();
            assert_eq!(early, Err(BlobRefused::Open), "nobody has said that this hub was set back");
        }
        world.done(Command::BeginGeneration { hub: "another".to_owned(), expect: FIRST_GENERATION });
        if placed {
            // This life of the hub says something of the order before it hears that its hour is closed.
            let customer = world.hub.data().order(&id).unwrap().unwrap().customer;
            world.done(Command::RequestCancel { customer, order: id });
            world.hub.carry(now).unwrap();
        }
        assert_eq!(world.hub.take_closed(now, &store, &entry, bytes.clone()).unwrap(), Ok(()));
        assert_eq!(state(&world, &id), OrderState::Cancelled);
        assert_eq!(world.hub.data().manifest(&store, 9).unwrap(), [entry]);
        assert_eq!(world.hub.data().quarantined().unwrap(), 0);
        assert_eq!(world.hub.take_closed(now, &store, &entry, bytes).unwrap(), Ok(()), "again");
        if placed {
            world.hub.carry(now).unwrap();
            let DocKey::Orders { hour } = entry.doc else { panic!("no hour") };
            let later = DocKey::Orders { hour: hour + 1 }.of(&store);
            let document =
                Document::load_as(later.clone(), Owner::Store, 9, &world.hub.data().chunks(&later).unwrap());
            let views = document.unwrap().late(&id).unwrap();
            assert!(views[0].moments.get(Moment::CancelRequested).is_some(), "{views:?}");
        }
    }
}

/// What the store says late of an order, in a document of its own that a restored hub hears before it has the order.
fn hears_late(world: &mut World, (order, hour): (OrderId, i64), step: Moment) -> u32 {
    let store = world.store.clone();
    let head = OrderHead {
        number: "9Z9".to_owned(),
        channel: Channel::Online,
        promise_at: world.now,
        first_name: String::new(),
        cod: Paise::ZERO,
        preset: SubstitutePreset::Refund,
        lines: vec![HeadLine { sku: sku(1), qty: Qty::ONE, unit_price: Paise::new(100) }],
    };
    let said = Fact::Moment { order, hour, moment: step, at: world.now };
    let later = DocKey::Orders { hour: hour + 1 };
    let document = world.document(&later.of(&store));
    document.put_late(&head, &said).unwrap();
    let change = document.commit().unwrap().unwrap();
    let seq = LaneSeq { lane: Lane::Orders, seq: world.next_record() };
    world.hub.inbound(world.now, &store, vec![(seq, later, change)]).unwrap().quarantined
}

/// Found in the escrow's world: between documents no order is promised, and a closed hour comes beside the session.
#[test]
fn what_comes_late_for_a_forgotten_order_before_the_order_waits_for_it() {
    for closed_meanwhile in [false, true] {
        let (mut world, id, entry, bytes) = closed_and_forgotten(false);
        let DocKey::Orders { hour } = entry.doc else { panic!("no hour") };
        let (store, now) = (world.store.clone(), world.now);
        world.done(Command::BeginGeneration { hub: "another".to_owned(), expect: FIRST_GENERATION });
        world.logs_begin_anew();
        assert_eq!(hears_late(&mut world, (id, hour), Moment::Packed), 0);
        assert_eq!(world.hub.data().order(&id).unwrap(), None, "what came late is not all of it");
        if closed_meanwhile {
            close_past(&mut world);
            world.hub.close_hours(now).unwrap();
            let aside = world.hub.data().set_aside(None, 9).unwrap();
            assert_eq!(
                (aside.len(), aside[0].doc.clone()),
                (1, format!("orders/s1/{}", hour + 1)),
                "told once"
            );
            world.hub.close_hours(now).unwrap();
        }
        world.restart();
        assert_eq!(world.hub.take_closed(now, &store, &entry, bytes.clone()).unwrap(), Ok(()));
        let moments = world.hub.data().moments(&id).unwrap();
        for step in [Moment::Accepted, Moment::Cancelled, Moment::Packed] {
            assert!(moments.get(step).is_some(), "{step:?} of {moments:?}");
        }
        assert_eq!(world.hub.data().quarantined().unwrap(), u32::from(closed_meanwhile));
        assert!(world.hub.data().late_due(&store, 9).unwrap().is_empty(), "it waits no more");
    }
}

#[test]
fn what_comes_late_for_an_order_that_never_comes_waits_as_long_as_anything_is_said_again() {
    let (mut world, id, entry, _) = closed_and_forgotten(false);
    let DocKey::Orders { hour } = entry.doc else { panic!("no hour") };
    let store = world.store.clone();
    world.done(Command::BeginGeneration { hub: "another".to_owned(), expect: FIRST_GENERATION });
    world.logs_begin_anew();
    assert_eq!(hears_late(&mut world, (id, hour), Moment::Packed), 0);
    let waits = |world: &World| world.hub.data().late_before(&store, hour + 2, 9).unwrap();
    let last = Timestamp::from_ms((hour + 1 + SAID_AGAIN_HOURS) * HOUR_MS);
    world.hub.close_hours(last).unwrap();
    assert_eq!((waits(&world).len(), world.hub.data().quarantined().unwrap()), (1, 0));
    for _ in 0..2 {
        world.hub.close_hours(last.plus_ms(HOUR_MS)).unwrap();
        let aside = world.hub.data().set_aside(None, 9).unwrap();
        assert_eq!((waits(&world).len(), aside.len()), (0, 1), "told once: {aside:?}");
        assert_eq!(::sync::inspect::reason_kind(&aside[0].why), "unknown_order", "{aside:?}");
    }
}

/// Nobody has the order but other logs.
#[test]
fn what_comes_late_for_an_order_that_people_bring_back_finds_it() {
    let (mut world, id, entry, _) = closed_and_forgotten(false);
    let DocKey::Orders { hour } = entry.doc else { panic!("no hour") };
    world.done(Command::BeginGeneration { hub: "another".to_owned(), expect: FIRST_GENERATION });
    world.logs_begin_anew();
    assert_eq!(hears_late(&mut world, (id, hour), Moment::Cancelled), 0);
    let head = world.document(&DocKey::Orders { hour: hour + 1 }.of(&world.store.clone())).late(&id).unwrap()
        [0]
    .head
    .clone();
    let placed_at = world.now.plus_ms(-2 * 3_600_000);
    let recovered = Recovered {
        order: id,
        store: world.store.clone(),
        epoch: FIRST_EPOCH,
        generation: FIRST_GENERATION,
        head,
        placed_at,
        confirmed_at: placed_at,
        customer: None,
        address: None,
        paid: true,
    };
    world.done(Command::RecoverOrders { orders: vec![recovered] });
    close_past(&mut world);
    world.hub.close_hours(world.now).unwrap();
    assert_eq!(state(&world, &id), OrderState::Cancelled);
    assert_eq!(world.hub.data().quarantined().unwrap(), 0);
}

fn close_past(world: &mut World) {
    for person in ["ops-a", "ops-b"] {
        let mut envelope = world.envelope(Command::CloseGeneration { upto: FIRST_GENERATION });
        envelope.actor.person = PersonId::new(person).unwrap();
        world.send(envelope).unwrap();
    }
}

#[test]
fn an_hour_that_is_not_over_or_long_past_is_not_taken_closed() {
    let (mut world, _, entry, bytes) = closed_and_forgotten(false);
    let (store, now) = (world.store.clone(), world.now);
    let closed = |hour| ManifestEntry { doc: DocKey::Orders { hour }, ..entry };
    for hour in [now.hour(), now.hour() + 1, i64::MAX, now.hour() - 35 * 24 - 1, i64::MIN] {
        let refused = world.hub.take_closed(now, &store, &closed(hour), bytes.clone()).unwrap();
        assert!(
            matches!(refused, Err(BlobRefused::NotOver | BlobRefused::Unreadable(_))),
            "{hour}: {refused:?}"
        );
        assert!(world.hub.data().closed_before(&store, i64::MAX, 9).unwrap().is_empty());
    }
}

/// What a store that was set back and did not know it writes: nothing came, and it is cancelled.
fn given_up(world: &World, order: OrderId) -> [Fact; 2] {
    let hour = world.hub.data().order(&order).unwrap().unwrap().placed_at.hour();
    let short = vec![ShortUnits { line: 0, qty: Qty::new(3).unwrap() }];
    let picks = Picks { picked: vec![], short, bags: 0, less: vec![] };
    [Fact::Picks { order, hour, picks }, moment(world, order, Moment::Cancelled)]
}

#[test]
fn what_has_left_is_not_cancelled_by_a_store_that_has_forgotten_it_and_nothing_is_given_back() {
    let mut world = World::new();
    let id = order(&mut world, Payment::Upi { token: "tok_ok".to_owned() }, 3);
    let left =
        [picks(&world, id, 3, 0), moment(&world, id, Moment::Packed), moment(&world, id, Moment::Dispatched)];
    world.store_says(&left);
    let given_up = given_up(&world, id);
    world.store_says(&given_up);
    assert_eq!(state(&world, &id), OrderState::Dispatched);
    assert!(world.hub.data().due_steps(world.now, 9).unwrap().is_empty());
    let line = world.hub.data().lines(&id).unwrap().remove(0);
    assert_eq!((line.picked, line.short), (Qty::new(3).ok(), Qty::ZERO));
    assert!(world.hub.data().history(&id).unwrap().iter().any(|row| row.what == "cancelled_in_vain"));
    assert_eq!(world.hub.data().quarantined().unwrap(), 0);
}

#[test]
fn what_was_cancelled_and_turns_out_to_have_left_is_shown_to_a_person_once() {
    let mut world = World::new();
    let id = order(&mut world, Payment::Upi { token: "tok_ok".to_owned() }, 3);
    let given_up = given_up(&world, id);
    world.store_says(&given_up);
    assert_eq!(state(&world, &id), OrderState::Cancelled);
    let left = moment(&world, id, Moment::Dispatched);
    world.store_says(std::slice::from_ref(&left));
    world.store_says(&[picks(&world, id, 3, 0)]);
    assert_eq!(state(&world, &id), OrderState::Dispatched);
    let aside = world.hub.data().set_aside(None, 9).unwrap();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert!(aside[0].why.contains(&id.to_string()), "{aside:?}");
}
