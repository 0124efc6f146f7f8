//! Stories of a store whose database came from a backup: fence, count, word, UNKNOWN orders, wanted rights.

use crate::answer::Answer;
use crate::command::{Command, Counted, FenceWhy, UnknownEnd};
use crate::db::stock::Place;
use crate::db::{fence, stock, unknown};
use crate::refusal::Refusal;
use crate::testbed::{Bed, qty, sku};
use model::fact::Fact;
use model::order::Moment;
use model::order_doc::SubstitutePreset;
use model::quota::{HubGeneration, StoreEpoch};
use model::{OrderId, OrderState, Role};

const E2: StoreEpoch = StoreEpoch(2);
const G1: HubGeneration = HubGeneration(1);

fn take_epoch(bed: &mut Bed) {
    let command = Command::TakeEpoch { epoch: E2, generation: G1, why: FenceWhy::Restored };
    assert_eq!(bed.system(command), Ok(Answer::Done));
}

fn places(bed: &Bed, code: &str) -> Vec<(Place, u32)> {
    let found = bed.reader().snapshot(|conn, _| stock::places_of_sku(conn, &sku(code))).unwrap();
    found.into_iter().map(|(place, balance)| (place, balance.on_hand.get())).collect()
}

/// Counts a SKU: what the books say, and so many more or fewer at its first place.
fn count(bed: &mut Bed, code: &str, more: i64) -> Result<Answer, Refusal> {
    let places = places(bed, code);
    let row = |(n, (place, on_hand)): (usize, (Place, u32))| {
        let units = i64::from(on_hand) + if n == 0 { more } else { 0 };
        Counted { lot: place.lot, bin: place.bin, on_hand: qty(units) }
    };
    let places = places.into_iter().enumerate().map(row).collect();
    bed.by("meena", Role::Manager, Command::CountSku { sku: sku(code), places })
}

fn state(bed: &Bed) -> fence::State {
    bed.reader().snapshot(|conn, _| fence::state(conn)).unwrap().state
}

fn is_unknown(bed: &Bed, order: OrderId) -> bool {
    bed.reader().snapshot(|conn, _| unknown::is_open(conn, &order)).unwrap()
}

fn order_state(bed: &Bed, order: OrderId) -> OrderState {
    bed.reader().order(order).unwrap().unwrap().card.state
}

fn word(bed: &mut Bed) {
    let record = bed.hub_fact(2, 1, &Fact::Word { epoch: E2 });
    bed.inbound(vec![record]);
}

/// A picker is logged in and ready.
fn at_work(bed: &mut Bed) {
    let device = model::DeviceId::new("hh-1").unwrap();
    let enrol = Command::EnrolHandheld { device: device.clone(), token_hash: "h".into() };
    bed.by("meena", Role::Manager, enrol).unwrap();
    let person = model::PersonId::new("asha").unwrap();
    let login = crate::command::Login { device, person, pin_right: true, token_sha: None };
    bed.by("asha", Role::Picker, Command::Login(login)).unwrap();
    bed.by("asha", Role::Picker, Command::Ready).unwrap();
}

/// A store with 10 salt and 6 atta; the hub has rights and one order of 3 salt, which the store has accepted.
fn restored() -> (Bed, OrderId) {
    let mut bed = Bed::new();
    bed.receive("SALT", 10, None);
    let expiry = bed.day(170);
    bed.receive("ATTA", 6, Some(expiry));
    bed.tick();
    let (order, change) = bed.hub_orders(1, &[("SALT", 3)]);
    bed.inbound(vec![change]);
    take_epoch(&mut bed);
    (bed, order)
}

#[test]
fn a_restored_store_promises_nothing_and_says_why_and_everything_stays_readable() {
    let (mut bed, order) = restored();
    let refused = bed.counter(&[("SALT", 1)]).unwrap_err();
    assert!(matches!(refused, Refusal::Fenced { word: false, .. }), "{refused:?}");
    assert!(refused.problem().detail.contains("waits for the hub's word"), "{refused:?}");
    assert_eq!(bed.tick(), Answer::Granted { skus: 0, units: 0 });
    assert!(is_unknown(&bed, order));
    assert_eq!(order_state(&bed, order), OrderState::Confirmed);
    assert_eq!(bed.engine.peer_config().unwrap().epoch, E2);
    assert_eq!(bed.engine.lanes().unwrap()[0].received, 0, "the log of new terms begins anew");
    bed.check();
}

#[test]
fn sku_by_sku_it_opens_with_the_count_once_the_word_is_here() {
    let (mut bed, order) = restored();
    count(&mut bed, "SALT", -2).unwrap();
    assert!(bed.counter(&[("SALT", 1)]).is_err(), "counted, but the hub has not spoken");
    let log = bed.hub_begins_anew();
    bed.inbound(vec![log]);
    word(&mut bed);
    assert_eq!(state(&bed), fence::State::Fenced, "atta is not counted");
    assert!(bed.counter(&[("ATTA", 1)]).is_err());
    // Eight are there; three are the order's, whose end nobody knows.
    assert!(bed.counter(&[("SALT", 6)]).is_err());
    bed.counter(&[("SALT", 1)]).unwrap();
    count(&mut bed, "ATTA", 0).unwrap();
    assert_eq!(state(&bed), fence::State::Open);
    assert!(is_unknown(&bed, order), "a person decides, not the count");
    bed.check();
}

/// Found in the escrow's world (`losthours 161`): units that stood in the books of the backup alone were promised instead.
#[test]
fn behind_the_fence_nothing_is_given_instead_of_what_is_not_there() {
    for counted in [false, true] {
        let mut bed = Bed::new();
        let expiry = bed.day(170);
        bed.receive("SALT", 3, None);
        bed.receive("ATTA", 6, Some(expiry));
        let fresh = bed.day(9);
        bed.receive("MILK", 1, Some(fresh));
        bed.tick();
        let (order, change) = bed.hub_orders_or(1, &[("SALT", 3)], SubstitutePreset::BestMatch);
        bed.inbound(vec![change]);
        take_epoch(&mut bed);
        word(&mut bed);
        count(&mut bed, "SALT", 0).unwrap();
        if counted {
            count(&mut bed, "ATTA", 0).unwrap();
        }
        bed.by("meena", Role::Manager, Command::ResolveUnknown { order, end: UnknownEnd::GoOn }).unwrap();
        at_work(&mut bed);
        assert_eq!(state(&bed), fence::State::Fenced, "milk is not counted");
        bed.by("asha", Role::Picker, Command::NotFound { order, line: 0 }).unwrap();
        let (held, end) = if counted { (3, OrderState::Picking) } else { (0, OrderState::Cancelled) };
        assert_eq!((bed.stock("ATTA").1, order_state(&bed, order)), (held, end), "counted {counted}");
        bed.check();
    }
}

#[test]
fn an_unknown_order_is_not_touched_before_a_person_has_decided() {
    let (mut bed, order) = restored();
    word(&mut bed);
    count(&mut bed, "SALT", 0).unwrap();
    let asked = bed.hub_moment(order, Moment::CancelRequested);
    bed.inbound(vec![asked]);
    assert_eq!(order_state(&bed, order), OrderState::Confirmed, "it may have left the store");
    let resolve = Command::ResolveUnknown { order, end: UnknownEnd::GoOn };
    bed.by("meena", Role::Manager, resolve.clone()).unwrap();
    assert_eq!(order_state(&bed, order), OrderState::Cancelled, "the wish was waiting");
    assert_eq!(bed.stock("SALT").1, 0);
    assert!(bed.by("meena", Role::Manager, resolve).is_err(), "decided once");
    bed.check();
}

#[test]
fn an_order_that_the_hubs_documents_show_as_gone_is_not_unknown() {
    let (mut bed, order) = restored();
    let gone = bed.hub_moment(order, Moment::Delivered);
    let log = bed.hub_begins_anew();
    let _ = gone;
    bed.inbound(vec![log]);
    assert!(!is_unknown(&bed, order));
    assert_eq!(order_state(&bed, order), OrderState::Delivered);
    assert_eq!(bed.stock("SALT").1, 0, "nothing is held for it");
    bed.check();
}

/// What a set-back database does before it knows: it gives the order up, and learns then that it had left.
#[test]
fn an_order_that_was_given_up_by_a_life_that_had_forgotten_its_leaving_has_left() {
    let mut bed = Bed::new();
    bed.receive("SALT", 3, None);
    let (order, change) = bed.hub_orders(1, &[("SALT", 3)]);
    bed.inbound(vec![change]);
    let asked = bed.hub_moment(order, Moment::CancelRequested);
    bed.inbound(vec![asked]);
    assert_eq!(order_state(&bed, order), OrderState::Cancelled);
    take_epoch(&mut bed);
    bed.hub_moment(order, Moment::Delivered);
    let log = bed.hub_begins_anew();
    bed.inbound(vec![log]);
    assert!(!is_unknown(&bed, order));
    assert_eq!(order_state(&bed, order), OrderState::Delivered);
    assert_eq!(bed.stock("SALT").1, 0, "nothing is held for it");
    let told = bed.reader().order(order).unwrap().unwrap().history;
    assert!(told.iter().any(|row| row.what == "left_after_all"), "{told:?}");
    bed.check();
}

#[test]
fn nobody_is_told_short_while_an_order_with_the_goods_is_unknown() {
    let (mut bed, first) = restored();
    word(&mut bed);
    // Two units are left of ten: the order of three may have taken three of the missing, or not.
    count(&mut bed, "SALT", -8).unwrap();
    let lines = |bed: &Bed, order| bed.reader().order(order).unwrap().unwrap().lines;
    assert_eq!(lines(&bed, first)[0].short, qty(0));
    bed.by("meena", Role::Manager, Command::ResolveUnknown { order: first, end: UnknownEnd::GoOn }).unwrap();
    assert_eq!(lines(&bed, first)[0].short, qty(1), "two are there, one is not, and now it is sure");
    assert_eq!(bed.stock("SALT").1, 2);
    bed.check();
}

/// Three of ten were picked and stood in a tote; after the restore they lie on the shelf again, where the count finds them.
/// They are the order's all the same: it is picked from the beginning when a person says that it goes on.
#[test]
fn what_a_former_life_picked_is_promised_though_the_count_finds_it_on_the_shelf() {
    let mut bed = Bed::new();
    let lot = bed.receive("SALT", 10, None);
    bed.tick();
    let (order, change) = bed.hub_orders(1, &[("SALT", 3)]);
    bed.inbound(vec![change]);
    at_work(&mut bed);
    for _ in 0..3 {
        let text = model::code::OwnCode::Lot(lot.clone()).text();
        bed.by("asha", Role::Picker, Command::Scan { order, text, line: 0 }).unwrap();
    }
    assert_eq!(bed.stock("SALT").0, 7);
    bed.system(Command::Fence { why: FenceWhy::Restored }).unwrap();
    take_epoch(&mut bed);
    word(&mut bed);
    count(&mut bed, "SALT", 3).unwrap();
    assert!(bed.counter(&[("SALT", 8)]).is_err(), "three of the ten are the order's");
    bed.counter(&[("SALT", 7)]).unwrap();
    bed.by("meena", Role::Manager, Command::ResolveUnknown { order, end: UnknownEnd::GoOn }).unwrap();
    let lines = bed.reader().order(order).unwrap().unwrap().lines;
    assert_eq!((lines[0].short, bed.stock("SALT").1), (qty(0), 10));
    bed.check();
}

/// Counted and decided while nobody could open anything: with the hub's word, or the manager's, the units go to whom they
/// were promised, and the order can be picked.
#[test]
fn what_waits_gets_its_units_when_what_was_counted_opens() {
    for emergency in [false, true] {
        let (mut bed, order) = restored();
        count(&mut bed, "SALT", -8).unwrap();
        count(&mut bed, "SALT", 8).unwrap();
        count(&mut bed, "ATTA", 0).unwrap();
        bed.by("meena", Role::Manager, Command::ResolveUnknown { order, end: UnknownEnd::GoOn }).unwrap();
        assert_eq!(bed.stock("SALT").1, 2, "nothing is promised behind the fence");
        if emergency {
            bed.by("meena", Role::Manager, Command::OpenEmergency).unwrap();
        } else {
            word(&mut bed);
        }
        assert_eq!(bed.stock("SALT").1, 3, "emergency {emergency}");
        bed.check();
    }
}

/// A line waited for a unit when the backup was made; since then its order has left the store, and the hub's documents say
/// so. It takes no unit from anybody who still waits.
#[test]
fn an_order_that_has_left_waits_for_nothing() {
    let (mut bed, gone) = restored();
    count(&mut bed, "SALT", -8).unwrap();
    bed.by("meena", Role::Manager, Command::ResolveUnknown { order: gone, end: UnknownEnd::GoOn }).unwrap();
    bed.system(Command::Fence { why: FenceWhy::Restored }).unwrap();
    let _ = bed.hub_moment(gone, Moment::Delivered);
    let log = bed.hub_begins_anew();
    bed.inbound(vec![log]);
    assert_eq!(order_state(&bed, gone), OrderState::Delivered);
    word(&mut bed);
    count(&mut bed, "SALT", 0).unwrap();
    assert_eq!(bed.stock("SALT"), (2, 0, 0, 2), "both units are there for whoever comes");
    bed.check();
}

#[test]
fn without_hub_and_word_a_manager_opens_what_is_counted_and_that_is_on_record() {
    let (mut bed, _) = restored();
    assert!(bed.by("asha", Role::Picker, Command::OpenEmergency).is_err());
    bed.by("meena", Role::Manager, Command::OpenEmergency).unwrap();
    assert!(bed.counter(&[("ATTA", 1)]).is_err(), "not counted");
    count(&mut bed, "ATTA", 0).unwrap();
    bed.counter(&[("ATTA", 1)]).unwrap();
    assert_eq!(state(&bed), fence::State::Emergency);
    let fence = bed.reader().snapshot(|conn, _| fence::state(conn)).unwrap();
    assert_eq!(fence.person, "meena");
    bed.check();
}

#[test]
fn a_machine_that_was_replaced_stays_shut_whatever_people_do() {
    let (mut bed, _) = restored();
    bed.by("meena", Role::Manager, Command::OpenEmergency).unwrap();
    count(&mut bed, "ATTA", 0).unwrap();
    bed.counter(&[("ATTA", 1)]).unwrap();
    // The hub is there again, and has given the store to another machine.
    let superseded = Command::Fence { why: FenceWhy::Superseded };
    bed.system(superseded.clone()).unwrap();
    let refused = bed.counter(&[("ATTA", 1)]).unwrap_err();
    assert!(matches!(&refused, Refusal::Fenced { why, .. } if why == "superseded"), "{refused:?}");
    count(&mut bed, "ATTA", 0).unwrap();
    count(&mut bed, "SALT", 0).unwrap();
    assert!(bed.counter(&[("ATTA", 1)]).is_err(), "a count opens nothing here");
    let refused = bed.by("meena", Role::Manager, Command::OpenEmergency).unwrap_err();
    assert!(matches!(&refused, Refusal::Fenced { why, .. } if why == "superseded"), "{refused:?}");
    // Told again, it changes nothing; another reason does not take its place.
    bed.system(superseded).unwrap();
    bed.system(Command::Fence { why: FenceWhy::RolledBack }).unwrap();
    let fence = bed.reader().snapshot(|conn, _| fence::state(conn)).unwrap();
    assert_eq!((fence.state, fence.why.as_str()), (fence::State::Fenced, "superseded"));
    bed.check();
}

#[test]
fn what_is_counted_while_the_epoch_is_waited_for_stays_counted() {
    let mut bed = Bed::new();
    bed.receive("SALT", 10, None);
    bed.system(Command::Fence { why: FenceWhy::Replaced }).unwrap();
    count(&mut bed, "SALT", 0).unwrap();
    bed.system(Command::TakeEpoch { epoch: E2, generation: G1, why: FenceWhy::Replaced }).unwrap();
    word(&mut bed);
    assert_eq!(state(&bed), fence::State::Open, "the one product there is was counted");
    bed.counter(&[("SALT", 1)]).unwrap();
    // A later restore knows nothing of that count.
    bed.system(Command::Fence { why: FenceWhy::Restored }).unwrap();
    assert!(bed.counter(&[("SALT", 1)]).is_err());
    bed.check();
}

#[test]
fn a_product_that_somebody_is_owed_is_counted_though_the_books_have_none() {
    let (mut bed, _) = restored();
    count(&mut bed, "SALT", -10).unwrap();
    bed.system(Command::Fence { why: FenceWhy::Restored }).unwrap();
    word(&mut bed);
    count(&mut bed, "ATTA", 0).unwrap();
    assert_eq!(bed.stock("SALT").0, 0);
    assert_eq!(state(&bed), fence::State::Fenced, "the hub's order wants three of salt");
    count(&mut bed, "SALT", 0).unwrap();
    assert_eq!(state(&bed), fence::State::Open);
    bed.check();
}

#[test]
fn a_shrink_below_the_rights_is_wanted_back_and_not_when_goods_come_again() {
    let mut bed = Bed::new();
    let lot = bed.receive("SALT", 10, None);
    assert_eq!(bed.tick(), Answer::Granted { skus: 1, units: 8 });
    count(&mut bed, "SALT", -5).unwrap();
    bed.tick();
    let wanted = |bed: &Bed| {
        let terms = crate::db::quota::Terms::FIRST;
        bed.reader().snapshot(|conn, _| crate::db::quota::wanted(conn, terms, &sku("SALT"))).unwrap()
    };
    assert_eq!(wanted(&bed), 3, "eight are out, five are there");
    let back = bed.hub_fact(1, 1, &Fact::Returned { sku: sku("SALT"), total: 2 });
    bed.inbound(vec![back]);
    bed.receive("SALT", 20, None);
    bed.tick();
    assert_eq!(wanted(&bed), 2, "nothing more than what came back");
    let _ = lot;
    bed.check();
}

#[test]
fn old_rights_stay_blocked_until_the_generation_is_closed() {
    let mut bed = Bed::new();
    bed.receive("SALT", 10, None);
    assert_eq!(bed.tick(), Answer::Granted { skus: 1, units: 8 });
    let second = HubGeneration(1).next(5).unwrap();
    bed.system(Command::LearnGeneration { generation: second }).unwrap();
    assert_eq!(bed.stock("SALT").3, 2, "the old rights are still counted");
    let other = HubGeneration(1).next(6).unwrap();
    let refused = bed.system(Command::LearnGeneration { generation: other }).unwrap_err();
    assert!(matches!(refused, Refusal::TwoHubs { .. }), "{refused:?}");
    // An order that the older life sold arrives at last; then that life is closed.
    let (_, change) = bed.hub_orders(1, &[("SALT", 3)]);
    bed.hub_begins_anew();
    let change = crate::engine::InboundRecord { seq: 1, ..change };
    bed.inbound(vec![change]);
    let closing = bed.hub_fact(1, second.0, &Fact::Closing { generation: HubGeneration(1) });
    bed.inbound(vec![closing]);
    assert_eq!(bed.stock("SALT"), (10, 3, 0, 7));
    assert_eq!(bed.tick(), Answer::Granted { skus: 1, units: 6 });
    bed.check();
}

#[test]
fn rights_come_only_from_lots_that_outlive_the_horizon() {
    let mut bed = Bed::new();
    // Milk of ten days must have three left at delivery: the first lot has them today, and not after midnight.
    let (soon, late) = (bed.day(3), bed.day(9));
    bed.receive("MILK", 5, Some(soon));
    bed.receive("MILK", 5, Some(late));
    let until_midnight = 14 * 3_600_000 - 11 * 60_000;
    bed.pass(until_midnight);
    assert_eq!(bed.stock("MILK").3, 10, "sold at the counter, all ten are delivered today");
    assert_eq!(bed.tick(), Answer::Granted { skus: 1, units: 4 }, "the hub may sell on past midnight");
}

/// The lot was fit for the hub at noon. Half an hour before midnight it is not, and nothing has moved: the rights are wanted
/// back while the hub can still give them, and nobody who orders at 23:55 is told that nothing is there.
#[test]
fn rights_of_a_lot_that_the_horizon_outgrows_are_wanted_back_before_midnight() {
    let mut bed = Bed::new();
    let soon = bed.day(3);
    bed.receive("MILK", 5, Some(soon));
    assert_eq!(bed.tick(), Answer::Granted { skus: 1, units: 4 });
    let terms = crate::db::quota::Terms::FIRST;
    let wanted = |bed: &Bed| {
        bed.reader().snapshot(|conn, _| crate::db::quota::wanted(conn, terms, &sku("MILK"))).unwrap()
    };
    bed.tick();
    assert_eq!(wanted(&bed), 0, "at noon they are good");
    bed.pass(14 * 3_600_000 - 20 * 60_000);
    bed.tick();
    assert_eq!(wanted(&bed), 4);
}

/// Hub and store have both forgotten a life, and its numbers came again: an order that was sold in it carries this epoch,
/// and a generation that this store has never granted anything to. It may have left long ago.
#[test]
fn an_order_of_a_forgotten_life_with_the_same_numbers_is_unknown() {
    let mut bed = Bed::new();
    bed.receive("SALT", 10, None);
    bed.tick();
    let line = model::order_doc::HeadLine { sku: sku("SALT"), qty: qty(2), unit_price: model::Paise::ZERO };
    let head = model::order_doc::OrderHead {
        number: "9X9".into(),
        channel: model::order::Channel::Online,
        promise_at: bed.now,
        first_name: String::new(),
        cod: model::Paise::ZERO,
        preset: model::order_doc::SubstitutePreset::Refund,
        lines: vec![line],
    };
    let order = OrderId::new(bed.now, 77);
    let terms = crate::db::quota::Terms { epoch: StoreEpoch(1), generation: G1.next(5).unwrap() };
    let accept = crate::command::AcceptOrder {
        order,
        hour: bed.now.hour(),
        head,
        placed_at: bed.now,
        confirmed_at: bed.now,
        terms,
        seen: model::order::Moments::default(),
        packed: None,
    };
    bed.system(Command::AcceptOrder(accept)).unwrap();
    assert!(is_unknown(&bed, order));
    assert_eq!(bed.stock("SALT"), (10, 0, 0, 0), "eight are the hub's, two are not given to anybody else");
    bed.by("meena", Role::Manager, Command::ResolveUnknown { order, end: UnknownEnd::Delivered }).unwrap();
    assert_eq!(bed.stock("SALT").3, 2);
    bed.check();
}

/// Two of three were told not to come before the database was set back, and the hub's documents say so. Whoever gave them to
/// the order now would tell the next customer the same for the same loss.
#[test]
fn what_a_former_life_said_would_not_come_stays_so() {
    let (mut bed, order) = restored();
    let mut seen = model::order::Moments::default();
    seen.record(Moment::Accepted, bed.now);
    let short = vec![model::order_doc::ShortUnits { line: 0, qty: qty(2) }];
    let packed = Some(model::order_doc::Picks { short, ..model::order_doc::Picks::default() });
    let learn = Command::LearnOrder { order, seen, packed };
    bed.system(learn.clone()).unwrap();
    bed.system(learn).unwrap();
    word(&mut bed);
    count(&mut bed, "SALT", -8).unwrap();
    bed.by("meena", Role::Manager, Command::ResolveUnknown { order, end: UnknownEnd::GoOn }).unwrap();
    let lines = bed.reader().order(order).unwrap().unwrap().lines;
    assert_eq!((lines[0].short, bed.stock("SALT").1), (qty(2), 1), "one is the order's, and one is free");
    bed.check();
}

#[test]
fn the_same_id_with_other_content_is_kept_for_a_person_and_the_first_stands() {
    let mut bed = Bed::new();
    bed.receive("SALT", 10, None);
    bed.tick();
    let (order, change) = bed.hub_orders(1, &[("SALT", 3)]);
    bed.inbound(vec![change]);
    let head = model::order_doc::OrderHead {
        number: "9X9".into(),
        channel: model::order::Channel::Online,
        promise_at: bed.now,
        first_name: String::new(),
        cod: model::Paise::ZERO,
        preset: model::order_doc::SubstitutePreset::Refund,
        lines: vec![model::order_doc::HeadLine {
            sku: sku("SALT"),
            qty: qty(1),
            unit_price: model::Paise::ZERO,
        }],
    };
    let other = crate::command::AcceptOrder {
        order,
        hour: bed.now.hour(),
        head,
        placed_at: bed.now,
        confirmed_at: bed.now,
        terms: crate::db::quota::Terms::FIRST,
        seen: model::order::Moments::default(),
        packed: None,
    };
    let refused = bed.system(Command::AcceptOrder(other)).unwrap_err();
    assert_eq!(refused, Refusal::OtherContent { order });
    assert_eq!(bed.stock("SALT").1, 3);
}

/// The restored store's handover slip says what the former life's label did.
#[test]
fn the_cash_for_an_order_that_is_learnt_again_is_what_was_packed() {
    use model::order_doc::{HeadLine, LessPaid, OrderHead, Picks, ShortUnits};
    let (mut bed, _) = restored();
    let line = |code, n| HeadLine { sku: sku(code), qty: qty(n), unit_price: model::Paise::new(10_000) };
    let head = OrderHead {
        number: "9X9".into(),
        channel: model::order::Channel::Online,
        promise_at: bed.now,
        first_name: String::new(),
        cod: model::Paise::new(42_500),
        preset: model::order_doc::SubstitutePreset::Refund,
        lines: vec![line("SALT", 3), line("ATTA", 1)],
    };
    let mut seen = model::order::Moments::default();
    for moment in [Moment::Placed, Moment::Confirmed, Moment::Accepted, Moment::Picking, Moment::Packed] {
        seen.record(moment, bed.now);
    }
    let picks = Picks {
        short: vec![ShortUnits { line: 0, qty: qty(2) }],
        less: vec![LessPaid { line: 1, paise: model::Paise::new(1_500) }],
        ..Picks::default()
    };
    let accept = crate::command::AcceptOrder {
        order: OrderId::new(bed.now, 77),
        hour: bed.now.hour(),
        head,
        placed_at: bed.now,
        confirmed_at: bed.now,
        terms: crate::db::quota::Terms::FIRST,
        seen,
        packed: Some(picks),
    };
    bed.system(Command::AcceptOrder(accept)).unwrap();
    let order = OrderId::new(bed.now, 77);
    let row = bed.reader().snapshot(|conn, _| crate::db::orders::must(conn, &order)).unwrap();
    assert_eq!(row.cod.get(), 42_500 - 20_000 - 1_500);
}

#[test]
fn the_count_screen_walks_what_is_left_and_finds_what_somebody_means() {
    let mut bed = Bed::new();
    assert!(!bed.reader().counting().unwrap().needed);
    (bed, _) = restored();
    word(&mut bed);
    let first = bed.reader().counting().unwrap();
    assert_eq!((first.needed, first.fence.as_str(), first.word), (true, "fenced", true));
    assert_eq!((first.done, first.total, first.top_total, first.next.len()), (0, 2, 2, 2));
    let bins = |list: &[model::api::store::counting::CountTask]| -> Vec<_> {
        list.iter().map(|task| task.places.first().map(|place| place.bin.clone())).collect()
    };
    let mut walked = bins(&first.next);
    walked.sort();
    assert_eq!(walked, bins(&first.next), "in the order of the walk");
    assert!(count(&mut bed, "SALT", -1).is_ok());
    let then = bed.reader().counting().unwrap();
    assert_eq!((then.done, then.next.len()), (1, 1));
    assert_eq!(then.next[0].sku, sku("ATTA"));
    let found = bed.reader().count_task("SALT").unwrap().unwrap();
    assert!(found.counted_at.is_some());
    assert_eq!(bed.reader().count_task("no such thing").unwrap(), None);
}

/// The hub has sold more than it was granted. Its customer gets what is there; nothing more is given, and people hear of it.
#[test]
fn a_hub_that_sells_beyond_its_rights_is_told_of_and_gets_no_more() {
    let mut bed = Bed::new();
    bed.receive("SALT", 10, None);
    let Answer::Granted { units: granted @ 1..10, .. } = bed.tick() else { panic!("nothing granted") };
    let kinds = |bed: &Bed| -> Vec<String> {
        let found =
            bed.reader().snapshot(|conn, _| crate::db::cold::alarms(conn, model::Timestamp::default()));
        found.unwrap().into_iter().filter(|alarm| alarm.cleared.is_none()).map(|alarm| alarm.kind).collect()
    };
    let (_, change) = bed.hub_orders(1, &[("SALT", i64::try_from(granted).unwrap())]);
    bed.inbound(vec![change]);
    assert!(kinds(&bed).is_empty(), "all that was granted");
    for n in 2..4 {
        let (order, change) = bed.hub_orders(n, &[("SALT", 1)]);
        bed.inbound(vec![change]);
        assert_eq!(order_state(&bed, order), OrderState::Confirmed, "there is still one");
    }
    assert_eq!(kinds(&bed), ["rights_overdrawn"], "told once");
    bed.receive("SALT", 50, None);
    assert_eq!(bed.tick(), Answer::Granted { skus: 0, units: 0 });
    take_epoch(&mut bed);
    assert!(
        !kinds(&bed).contains(&"rights_overdrawn".to_owned()),
        "under new terms nothing is sold beyond it"
    );
}
