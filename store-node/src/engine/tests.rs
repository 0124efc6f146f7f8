//! Stories of the engine over a real file: last units, retries, the hub's changes, facts on their way. No sockets.

use super::*;
use crate::command::{Command, OpeningLine};
use crate::testbed::{Bed, qty, sku};
use model::order::Moment;
use model::{OrderState, Role};
use sync::doc::{DocActor, Document};
use sync::lane::{Lane, LaneState, LaneStates};

#[test]
fn the_last_unit_goes_to_one_of_two_buyers() {
    let mut bed = Bed::new();
    bed.receive("SALT", 1, None);
    let first = bed.envelope("meena", Role::Manager, Bed::counter_command(&[("SALT", 1)]));
    let second = bed.envelope("asha", Role::Picker, Bed::counter_command(&[("SALT", 1)]));
    let replies = bed.send(vec![first, second]).replies;
    assert!(replies[0].is_ok());
    assert!(matches!(&replies[1], Err(Refusal::OutOfStock { lacking }) if lacking[0].free == 0));
    assert_eq!(bed.stock("SALT"), (1, 1, 0, 0));
    bed.check();
}

#[test]
fn two_lines_of_one_sku_are_summed_and_nothing_of_a_refused_order_is_held() {
    let mut bed = Bed::new();
    bed.receive("SALT", 3, None);
    let expiry = bed.day(100);
    bed.receive("ATTA", 5, Some(expiry));
    let refused = bed.counter(&[("ATTA", 1), ("SALT", 2), ("SALT", 2)]);
    assert!(matches!(refused, Err(Refusal::OutOfStock { lacking }) if lacking[0].wanted == qty(4)));
    assert_eq!(bed.stock("ATTA"), (5, 0, 0, 5));
    bed.counter(&[("SALT", 2), ("SALT", 1)]).unwrap();
    assert_eq!(bed.stock("SALT"), (3, 3, 0, 0));
    bed.check();
}

#[test]
fn a_retry_gets_the_first_answer_also_after_a_restart_and_refusals_too() {
    let mut bed = Bed::new();
    bed.receive("SALT", 1, None);
    let order = bed.envelope("meena", Role::Manager, Bed::counter_command(&[("SALT", 1)]));
    let refused = bed.envelope("meena", Role::Manager, Bed::counter_command(&[("SALT", 1)]));
    let first = bed.send(vec![order.clone(), refused.clone()]).replies;
    assert!(first[0].is_ok() && first[1].is_err());
    bed.receive("SALT", 9, None);
    let mut bed = bed.restart();
    bed.pass(5_000);
    let again = bed.send(vec![refused, order.clone()]).replies;
    assert_eq!((&again[1], &again[0]), (&first[0], &first[1]));
    assert_eq!(bed.stock("SALT"), (10, 1, 0, 9));

    let mut other = order;
    other.command = Bed::counter_command(&[("SALT", 2)]);
    assert_eq!(bed.send(vec![other]).replies[0], Err(Refusal::IdReused));
    bed.check();
}

#[test]
fn first_expired_goes_first_and_too_old_lots_are_not_sold() {
    let mut bed = Bed::new();
    let (late, soon, old) = (bed.day(9), bed.day(5), bed.day(2));
    let late = bed.receive("MILK", 5, Some(late));
    let soon = bed.receive("MILK", 2, Some(soon));
    bed.receive("MILK", 50, Some(old));
    assert_eq!(bed.stock("MILK").3, 7, "three days of life are asked for");
    let order = bed.counter(&[("MILK", 3)]).unwrap();
    let lots = bed.reader().stock_detail(&sku("MILK"), bed.now).unwrap().unwrap().lots;
    let reserved = |lot| lots.iter().find(|row| &row.lot == lot).unwrap().reserved;
    assert_eq!((reserved(&soon), reserved(&late)), (2, 1));
    let detail = bed.reader().order(order).unwrap().unwrap();
    assert_eq!(detail.card.state, OrderState::Confirmed);
    assert!(detail.history.iter().any(|row| row.what == "accepted" && row.person == "meena"));
}

#[test]
fn expired_lots_block_themselves_at_midnight_and_their_orders_get_others() {
    let mut bed = Bed::new();
    let (soon, late) = (bed.day(3), bed.day(9));
    bed.receive("MILK", 2, Some(soon));
    bed.receive("MILK", 5, Some(late));
    let order = bed.counter(&[("MILK", 2)]).unwrap();
    bed.pass(4 * 86_400_000);
    let day = bed.day(0);
    let began = bed.system(Command::StartDay { day }).unwrap();
    assert_eq!(began, Answer::DayBegan { expired: 1 });
    assert_eq!(bed.system(Command::StartDay { day }).unwrap(), Answer::DayBegan { expired: 0 });
    let detail = bed.reader().order(order).unwrap().unwrap();
    assert_eq!(detail.lines[0].short, qty(0));
    assert_eq!(bed.stock("MILK"), (7, 2, 2, 3));
    bed.check();
}

#[test]
fn the_hub_sells_from_rights_and_the_counter_never_touches_them() {
    let mut bed = Bed::new();
    bed.receive("SALT", 10, None);
    assert_eq!(bed.tick(), Answer::Granted { skus: 1, units: 8 });
    assert_eq!(bed.tick(), Answer::Granted { skus: 0, units: 0 });
    assert_eq!(bed.stock("SALT").3, 2);
    assert!(bed.counter(&[("SALT", 3)]).is_err());
    bed.counter(&[("SALT", 2)]).unwrap();
    let (order, change) = bed.hub_orders(1, &[("SALT", 8)]);
    let applied = bed.inbound(vec![change.clone()]);
    assert_eq!(applied.replies, [Ok(Answer::Accepted { order, short: 0 })]);
    bed.inbound(vec![change]);
    assert_eq!(bed.stock("SALT"), (10, 10, 0, 0));
    assert_eq!(bed.engine.lanes().unwrap()[0].received, 1);
    bed.check();
}

#[test]
fn a_repeated_reordered_or_poisoned_change_stops_nothing() {
    let mut bed = Bed::new();
    bed.receive("SALT", 10, None);
    bed.tick();
    let (first, one) = bed.hub_orders(1, &[("SALT", 1)]);
    let (second, two) = bed.hub_orders(2, &[("SALT", 2)]);
    let rubbish =
        InboundRecord { lane: Lane::Orders, seq: 1, doc: one.doc, change: vec![1, 2, 3], pledge: None };
    // The second change comes before the one it builds on; rubbish stands between.
    let early = InboundRecord { seq: 2, ..two };
    let late = InboundRecord { seq: 3, ..one };
    bed.inbound(vec![rubbish, early, late]);
    for order in [first, second] {
        assert_eq!(bed.reader().order(order).unwrap().unwrap().card.state, OrderState::Confirmed);
    }
    assert_eq!(bed.stock("SALT").1, 3);
    let bed = bed.restart();
    assert_eq!(bed.engine.lanes().unwrap()[0].received, 3);
    let quarantined = bed.reader().snapshot(|conn, _| crate::db::docs::reasons(conn, 9)).unwrap();
    assert_eq!(quarantined.len(), 1, "{quarantined:?}");
    assert_eq!(quarantined[0].0, "hub 1");
}

/// A hub that sends rubbish for days fills no disk: the newest stay, and what went stays counted, by kind.
#[test]
fn quarantine_keeps_the_newest_and_counts_them_all() {
    use crate::db::docs;
    let mut bed = Bed::new();
    let more = 7;
    let doc = DocKey::Orders { hour: 1 };
    let junk = |seq: u64| {
        let change = seq.to_be_bytes().to_vec();
        InboundRecord { lane: Lane::Orders, seq, doc, change, pledge: None }
    };
    let sent = u64::from(docs::KEPT_MAX) + more;
    bed.inbound((1..=sent).map(junk).collect());
    let bare = Refused { origin: "hub frame".into(), bytes: vec![1], why: "is not a frame".into() };
    bed.engine.refused(bed.now, &bare).unwrap();
    let (rows, kinds) = bed
        .reader()
        .snapshot(|conn, _| Ok((docs::set_aside(conn, u32::MAX)?, docs::kind_counts(conn)?)))
        .unwrap();
    let kept = rows.iter().filter(|row| !row.doc.is_empty()).count();
    assert_eq!((rows.len(), kept), (docs::KEPT_MAX as usize + 1, docs::KEPT_MAX as usize));
    assert_eq!(rows[1].origin, format!("hub {sent}"), "the newest");
    assert_eq!(rows.last().unwrap().origin, format!("hub {}", more + 1), "the oldest went");
    assert_eq!(kinds.values().sum::<i64>(), i64::try_from(sent + 1).unwrap(), "{kinds:?}");
    assert_eq!(u64::from(bed.reader().quarantine(bed.now).unwrap().total), sent + 1);
}

#[test]
fn an_order_beyond_what_is_left_is_accepted_with_counted_shorts() {
    let mut bed = Bed::new();
    let expiry = bed.day(8);
    bed.receive("MILK", 10, Some(expiry));
    bed.tick();
    let (order, change) = bed.hub_orders(1, &[("MILK", 4), ("NEW-SKU", 1)]);
    // Ten days later nothing of the lot may be sold any more.
    bed.pass(10 * 86_400_000);
    let applied = bed.inbound(vec![change]);
    assert_eq!(applied.replies, [Ok(Answer::Accepted { order, short: 5 })]);
    let detail = bed.reader().order(order).unwrap().unwrap();
    assert_eq!(detail.card.state, OrderState::Cancelled);
    assert_eq!((detail.lines[0].short, detail.lines[1].short), (qty(4), qty(1)));
    bed.check();
}

#[test]
fn a_cancelled_order_gives_its_units_back_and_they_are_granted_anew() {
    let mut bed = Bed::new();
    bed.receive("SALT", 5, None);
    assert_eq!(bed.tick(), Answer::Granted { skus: 1, units: 4 });
    let (order, change) = bed.hub_orders(1, &[("SALT", 4)]);
    bed.inbound(vec![change]);
    assert_eq!(bed.tick(), Answer::Granted { skus: 1, units: 1 }, "four are reserved, one is left");
    let asked = bed.hub_moment(order, Moment::CancelRequested);
    bed.inbound(vec![asked]);
    let detail = bed.reader().order(order).unwrap().unwrap();
    assert_eq!(detail.card.state, OrderState::Cancelled);
    assert_eq!(bed.stock("SALT").1, 0);
    assert_eq!(
        bed.tick(),
        Answer::Granted { skus: 1, units: 3 },
        "four of five in all, one of them outstanding"
    );
    bed.check();
}

#[test]
fn facts_become_changes_once_and_stay_until_acknowledged() {
    let mut bed = Bed::new();
    bed.receive("SALT", 5, None);
    bed.tick();
    bed.counter(&[("SALT", 1)]).unwrap();
    assert!(bed.engine.carry(bed.now).unwrap(), "one change per document: quota and orders");
    assert!(!bed.engine.carry(bed.now).unwrap());
    let first_life = bed.engine.peer_config().unwrap().boot;
    let mut bed = bed.restart();
    for lane in [Lane::Orders, Lane::States] {
        let out = bed.engine.out_records(lane, 0, 10).unwrap();
        assert_eq!(out.iter().map(|record| record.seq).collect::<Vec<_>>(), [1], "{lane:?}");
    }
    assert_eq!(bed.reader().link(bed.now).unwrap().facts_waiting, 5);
    for lane in [Lane::Orders, Lane::States] {
        bed.engine.out_acked(lane, 1).unwrap();
        assert!(bed.engine.out_records(lane, 0, 10).unwrap().is_empty());
    }
    assert_eq!(bed.reader().link(bed.now).unwrap().facts_waiting, 0);
    let config = bed.engine.peer_config().unwrap();
    let done = LaneState { received: 0, sent: 1, acked: 1, skipped: 0 };
    assert_eq!((config.boot > first_life, config.lanes[0], config.lanes[1]), (true, done, done));
}

#[test]
fn hours_that_have_passed_go_to_the_last_lane_and_what_is_new_is_numbered_behind_all() {
    let mut bed = Bed::new();
    bed.receive("SALT", 9, None);
    let said = |bed: &mut Bed, lane| {
        let out = bed.engine.out_records(lane, 0, 99).unwrap();
        out.iter().map(|r| (r.seq, r.doc)).collect::<Vec<_>>()
    };
    let hour = bed.now.hour();
    for hours in 0..3 {
        bed.counter(&[("SALT", 1)]).unwrap();
        bed.engine.carry(bed.now).unwrap();
        assert_eq!(said(&mut bed, Lane::States).len(), hours + 1);
        bed.pass(3_600_000);
    }
    bed.pass(-3_600_000);
    let lanes = bed.engine.age_lanes(bed.now).unwrap();
    let doc = |hour| DocKey::Orders { hour };
    assert_eq!(said(&mut bed, Lane::Backfill), [(1, doc(hour))]);
    assert_eq!(
        said(&mut bed, Lane::States),
        [(4, doc(hour + 1)), (5, doc(hour + 2))],
        "behind what was used"
    );
    assert_eq!((lanes[1].skipped, lanes[1].sent, lanes[1].waiting()), (3, 5, 2));
    assert_eq!(bed.engine.age_lanes(bed.now).unwrap(), lanes, "once");
    let lanes = bed.engine.hub_reads(1).unwrap();
    assert!(lanes[1..].iter().all(|lane| lane.waiting() == 0));
    assert_eq!(said(&mut bed, Lane::Orders).len(), 3, "a hub of version 1 gets everything in its one lane");
    bed.counter(&[("SALT", 1)]).unwrap();
    bed.engine.carry(bed.now).unwrap();
    assert_eq!(said(&mut bed, Lane::Orders).len(), 4);
    bed.engine.hub_reads(2).unwrap();
    bed.counter(&[("SALT", 1)]).unwrap();
    bed.engine.carry(bed.now).unwrap();
    assert_eq!(said(&mut bed, Lane::States).len(), 1);
}

#[test]
fn a_change_that_the_hub_did_not_write_is_refused_before_it_is_applied() {
    let mut bed = Bed::new();
    bed.receive("SALT", 9, None);
    let (order, change) = bed.hub_orders(1, &[("SALT", 1)]);
    bed.inbound(vec![change.clone()]);
    let key = change.doc;
    let actor = DocActor { side: Owner::Store, store: bed.engine.setup().store.clone(), boot: 77 };
    let mut forged = Document::new(key.of(&actor.store), &actor).unwrap();
    forged.apply_change(&change.change).unwrap();
    forged.put_moment(&order, Moment::Cancelled, bed.now).unwrap();
    let forged = forged.commit().unwrap().unwrap();
    bed.inbound(vec![InboundRecord { lane: Lane::Orders, seq: 9, doc: key, change: forged, pledge: None }]);
    assert_eq!(bed.reader().order(order).unwrap().unwrap().card.state, OrderState::Confirmed);
    let quarantined = bed.reader().snapshot(|conn, _| crate::db::docs::reasons(conn, 9)).unwrap();
    assert!(quarantined[0].2.contains("stranger"), "{quarantined:?}");
    let whole = bed.engine.whole(key).unwrap();
    let hub = DocActor { side: Owner::Hub, store: bed.engine.setup().store.clone(), boot: 3 };
    let read = Document::load(key.of(&hub.store), &hub, &whole).unwrap();
    assert_eq!(bed.engine.heads(bed.now, &[]).unwrap().iter().find(|h| h.0 == key).unwrap().1, read.heads());
    bed.engine.inbound_whole(bed.now, key, &whole).unwrap();
}

#[test]
fn the_scribe_makes_changes_beside_the_writer_and_they_are_stored_with_the_next_group() {
    let mut bed = Bed::new();
    bed.receive("SALT", 5, None);
    bed.tick();
    bed.counter(&[("SALT", 1)]).unwrap();
    let mut scribe = bed.engine.scribe().unwrap();
    let batch = scribe.compose().unwrap().expect("facts wait");
    assert_eq!(
        bed.reader().lanes().unwrap(),
        LaneStates::default(),
        "nothing is in the log before its commit"
    );
    let next = bed.envelope("meena", Role::Manager, Bed::counter_command(&[("SALT", 1)]));
    let (applied, carried) =
        bed.engine.apply_and_keep(bed.now, &[next.seal().unwrap()], Some(&batch)).unwrap();
    assert!(applied.replies[0].is_err(), "the hub holds four rights, one unit is sold");
    assert_eq!(carried, Carried { grew: true, more: false });
    assert!(scribe.compose().unwrap().is_none(), "the facts went with their changes");
    bed.check();
}

#[test]
fn a_batch_whose_documents_were_forgotten_is_worth_nothing_and_its_facts_are_said_once() {
    let mut bed = Bed::new();
    bed.receive("SALT", 5, None);
    bed.counter(&[("SALT", 1)]).unwrap();
    let mut scribe = bed.engine.scribe().unwrap();
    let lost = scribe.compose().unwrap().expect("facts wait");
    bed.engine.forget_documents();
    assert_eq!(bed.engine.keep(bed.now, &lost).unwrap(), Carried { grew: false, more: true });
    assert_eq!(bed.reader().lanes().unwrap(), LaneStates::default());
    let again = scribe.compose().unwrap().expect("the facts still wait");
    assert!(bed.engine.keep(bed.now, &again).unwrap().grew);
    assert!(scribe.compose().unwrap().is_none());
    let mut bed = bed.restart();
    let (_, change) = bed.hub_orders(2, &[("SALT", 1)]);
    bed.inbound(vec![change]);
    bed.check();
}

#[test]
fn a_command_refused_after_it_wrote_leaves_nothing_and_its_neighbours_stay() {
    let mut bed = Bed::new();
    bed.receive("SALT", 5, None);
    let line = |code: &str| OpeningLine { sku: sku(code), qty: qty(7), expiry: None };
    let half = Command::OpenStock { lines: vec![line("SALT"), line("NOPE")] };
    let group = vec![
        bed.envelope("meena", Role::Manager, Bed::counter_command(&[("SALT", 1)])),
        bed.envelope("meena", Role::Manager, half),
        bed.envelope("meena", Role::Manager, Bed::counter_command(&[("SALT", 2)])),
    ];
    let replies = bed.send(group.clone()).replies;
    assert!(replies[0].is_ok() && replies[1].is_err() && replies[2].is_ok(), "{replies:?}");
    assert_eq!(bed.stock("SALT"), (5, 3, 0, 2));
    assert_eq!(bed.send(group).replies, replies, "answered from memory");
    bed.check();
}

#[test]
fn wrong_roles_and_bad_numbers_are_refused_and_change_nothing() {
    let mut bed = Bed::new();
    bed.receive("SALT", 5, None);
    let order = Bed::counter_command(&[("SALT", 1)]);
    assert!(matches!(bed.by("odit", Role::Auditor, order), Err(Refusal::WrongRole { .. })));
    assert!(matches!(bed.by("asha", Role::Picker, Command::GrantTick), Err(Refusal::WrongRole { .. })));
    assert!(matches!(bed.counter(&[]), Err(Refusal::BadInput { .. })));
    assert!(matches!(bed.counter(&[("SALT", 0)]), Err(Refusal::BadInput { .. })));
    assert!(matches!(bed.counter(&[("NOPE", 1)]), Err(Refusal::Unknown { .. })));
    assert!(matches!(bed.counter(&[("SALT", 1_000_000)]), Err(Refusal::OutOfStock { .. })));
    assert_eq!(bed.stock("SALT"), (5, 0, 0, 5));
}

/// A fault that comes again however often the command is sent is answered, alone and among others; one that may pass is
/// not, so that nobody deletes what was not done.
#[test]
fn a_command_that_can_never_be_done_is_answered_and_one_that_may_be_is_kept() {
    let mut bed = Bed::new();
    bed.receive("SALT", 5, None);
    let order = bed.counter(&[("SALT", 1)]).unwrap();
    let other = rusqlite::Connection::open(bed.path()).unwrap();
    other.execute_batch("UPDATE orders SET preset = 'no such word'").unwrap();
    let spoilt = || Command::Reprint { order };
    assert!(matches!(bed.by("meena", Role::Manager, spoilt()), Err(Refusal::Broken { .. })));
    let two = [spoilt(), Bed::counter_command(&[("SALT", 1)])];
    let two = two.map(|command| bed.envelope("meena", Role::Manager, command)).to_vec();
    let replies = bed.send(two).replies;
    assert!(matches!(&replies[..], [Err(Refusal::Broken { .. }), Ok(_)]), "{replies:?}");

    // The disk is somebody else's for longer than anybody waits.
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let good = bed.envelope("meena", Role::Manager, Bed::counter_command(&[("SALT", 1)]));
    assert!(bed.engine.apply(bed.now, vec![good.clone()]).is_err(), "nothing is said of it");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(bed.send(vec![good]).replies.remove(0).is_ok(), "and it is done when it comes again");
}

#[cfg(feature = "mutations")]
#[test]
fn each_deliberate_fault_shows() {
    let mut bed = Bed::new();
    bed.engine.mutate(Mutation::SkipIdempotency);
    bed.receive("SALT", 5, None);
    let order = bed.envelope("meena", Role::Manager, Bed::counter_command(&[("SALT", 1)]));
    bed.send(vec![order.clone()]);
    bed.pass(1);
    bed.send(vec![order]);
    assert_eq!(bed.stock("SALT").1, 2, "carried out twice");

    let mut bed = Bed::new();
    bed.receive("SALT", 5, None);
    bed.tick();
    bed.engine.mutate(Mutation::ReserveWithoutSumming);
    bed.counter(&[("SALT", 1), ("SALT", 1)]).unwrap();
    assert_eq!(bed.stock("SALT"), (5, 2, 0, 0), "the hub holds four rights, three units are left");

    let mut bed = Bed::new();
    bed.receive("SALT", 5, None);
    bed.tick();
    bed.engine.mutate(Mutation::ReleaseOnlineByClock);
    let (_, change) = bed.hub_orders(1, &[("SALT", 2)]);
    bed.inbound(vec![change]);
    bed.pass(600_000);
    bed.tick();
    assert_eq!(bed.stock("SALT").1, 0, "taken back by the clock");

    let mut bed = Bed::new();
    bed.engine.mutate(Mutation::AnswerBeforeCommit);
    let lots: Vec<_> = (0..6).map(|_| bed.receive("SALT", 1, None)).collect();
    assert!(bed.stock("SALT").0 < u32::try_from(lots.len()).unwrap(), "acknowledged and lost");
}
