//! Checkout: the last unit, the hold, the payment's answers, what a crash leaves.

use crate::command::{Command, Outcome};
use crate::db::quotas::QuotaKey;
use crate::refusal::Refusal;
use crate::testkit::{DOOR, World, sku};
use model::api::hub::{Payment, Point};
use model::quota::{HubGeneration, StoreEpoch};
use model::{OrderId, OrderState, Qty};

fn upi() -> Payment {
    Payment::Upi { token: "tok_ok".to_owned() }
}

/// held, sold
fn quota(world: &World, n: u32) -> (u64, u64) {
    let key = QuotaKey { store: world.store.clone(), epoch: StoreEpoch(1), generation: HubGeneration(1) };
    let rights = world.hub.data().rights(&key, &sku(n)).unwrap();
    (rights.held(), rights.sold())
}

fn state(world: &World, order: &OrderId) -> OrderState {
    world.hub.data().order(order).unwrap().unwrap().state
}

fn answer(world: &mut World, outcome: Outcome) {
    let step = world.hub.data().due_steps(world.now.plus_ms(600_000), 1).unwrap().remove(0);
    world.done(Command::PaymentResult { key: step.key, outcome });
}

#[test]
fn two_customers_race_for_the_last_unit_in_one_batch() {
    let mut world = World::new();
    world.grant(1, 1);
    let (a, b) = (world.customer(1), world.customer(2));
    world.cart(a.0, 1, 1);
    world.cart(b.0, 1, 1);
    let request = |address| model::api::hub::CheckoutRequest {
        address,
        payment: upi(),
        preset: model::order_doc::SubstitutePreset::Ask,
    };
    let first = world.envelope(Command::BeginCheckout { customer: a.0, request: request(a.1) });
    let second = world.envelope(Command::BeginCheckout { customer: b.0, request: request(b.1) });
    let applied = world.hub.apply(world.now, vec![first, second]).unwrap();
    assert!(applied.answers[0].is_ok());
    let missing = vec![(sku(1), 0)];
    assert_eq!(applied.answers[1], Err(crate::engine::No::Refused(Refusal::OutOfStock { missing })));
    assert_eq!(quota(&world, 1), (1, 0));
}

#[test]
fn all_lines_or_none_are_held() {
    let mut world = World::new();
    world.grant(1, 5);
    world.grant(2, 1);
    let who = world.customer(1);
    world.cart(who.0, 1, 3);
    world.cart(who.0, 2, 2);
    let missing = vec![(sku(2), 1)];
    assert_eq!(world.checkout(who, Payment::Cod), Err(Refusal::OutOfStock { missing }));
    assert_eq!((quota(&world, 1), quota(&world, 2)), ((0, 0), (0, 0)));
}

#[test]
fn cash_is_confirmed_at_once_and_travels_to_the_store() {
    let mut world = World::new();
    world.grant(1, 5);
    let who = world.customer(1);
    world.cart(who.0, 1, 2);
    let order = world.checkout(who, Payment::Cod).unwrap();
    assert_eq!((state(&world, &order), quota(&world, 1)), (OrderState::Confirmed, (0, 2)));
    assert!(world.hub.data().cart(&who.0).unwrap().is_empty());
    assert_eq!(world.store_reads(), 1);
    let view = world.orders_document(&order).order(&order).unwrap().unwrap();
    assert_eq!(view.head.lines[0].qty, Qty::new(2).unwrap());
    assert_eq!(view.head.cod.get(), 2 * 6_600 + 2_500);
    assert_eq!(view.head.first_name, "Asha1");
    assert_eq!(world.store_reads(), 0);
}

/// More than one order may weigh is said before anything is held; what is light enough goes through.
#[test]
fn what_is_too_heavy_for_one_order_is_refused_and_the_cart_kept() {
    let mut world = World::new();
    let who = world.customer(1);
    for (n, qty) in [(1, 50), (2, 11)] {
        world.grant(n, 99);
        world.cart(who.0, n, qty);
    }
    let refused = world.checkout(who, Payment::Cod);
    assert_eq!(refused, Err(Refusal::TooHeavy { kg: 61, most_kg: 60 }));
    assert_eq!((quota(&world, 1), world.hub.data().cart(&who.0).unwrap().len()), ((0, 0), 2));
    world.cart(who.0, 2, 10);
    assert!(world.checkout(who, Payment::Cod).is_ok());
}

#[test]
fn a_declined_payment_frees_the_units_and_keeps_the_cart() {
    let mut world = World::new();
    world.grant(1, 1);
    let who = world.customer(1);
    world.cart(who.0, 1, 1);
    let order = world.checkout(who, upi()).unwrap();
    assert_eq!(quota(&world, 1), (1, 0));
    assert!(matches!(world.checkout(who, upi()), Err(Refusal::CheckoutOpen { .. })));
    answer(&mut world, Outcome::Declined);
    assert_eq!((state(&world, &order), quota(&world, 1)), (OrderState::PaymentFailed, (0, 0)));
    assert_eq!(world.hub.data().cart(&who.0).unwrap().len(), 1);
    assert!(world.checkout(who, Payment::Cod).is_ok());
    assert_eq!(world.store_reads(), 1, "the failed order never travels");
}

#[test]
fn a_gateway_without_a_clear_answer_is_asked_again_also_after_a_crash() {
    let mut world = World::new();
    world.grant(1, 1);
    let who = world.customer(1);
    world.cart(who.0, 1, 1);
    let order = world.checkout(who, upi()).unwrap();
    let key = world.hub.data().due_steps(world.now, 9).unwrap()[0].key.clone();
    answer(&mut world, Outcome::Unclear);
    assert!(world.hub.data().due_steps(world.now, 9).unwrap().is_empty(), "not before the back-off");
    world.restart();
    world.wait(1_000);
    let again = world.hub.data().due_steps(world.now, 9).unwrap();
    assert_eq!((again.len(), &again[0].key, again[0].tries), (1, &key, 1));
    answer(&mut world, Outcome::Agreed);
    // The gateway tells it once more under another command: nothing changes.
    world.done(Command::PaymentResult { key, outcome: Outcome::Declined });
    assert_eq!((state(&world, &order), quota(&world, 1)), (OrderState::Confirmed, (0, 1)));
}

#[test]
fn a_hold_ends_15_min_after_placing_and_a_late_debit_is_given_back() {
    let mut world = World::new();
    world.grant(1, 1);
    let who = world.customer(1);
    world.cart(who.0, 1, 1);
    let order = world.checkout(who, upi()).unwrap();
    world.wait(15 * 60_000 - 1);
    world.done(Command::ExpireHolds);
    assert_eq!(quota(&world, 1), (1, 0));
    world.wait(1);
    world.done(Command::ExpireHolds);
    assert_eq!((state(&world, &order), quota(&world, 1)), (OrderState::PaymentFailed, (0, 0)));
    answer(&mut world, Outcome::Agreed);
    let refund = world.hub.data().due_steps(world.now, 9).unwrap();
    let total = world.hub.data().order(&order).unwrap().unwrap().total;
    assert_eq!((refund.len(), refund[0].amount), (1, total));
    let payment = world.hub.data().payment(&order).unwrap().unwrap();
    assert_eq!((payment.captured, payment.refunded), (total, total));
}

/// Whoever looks for the bank's app for a while has the goods still (REQ-9).
#[test]
fn a_payment_that_is_approved_within_15_min_of_placing_is_good() {
    let mut world = World::new();
    world.grant(1, 1);
    let (who, other) = (world.customer(1), world.customer(2));
    world.cart(who.0, 1, 1);
    world.cart(other.0, 1, 1);
    let order = world.checkout(who, upi()).unwrap();
    world.wait(14 * 60_000);
    world.hub.heard(world.now, &world.store.clone(), true).unwrap();
    world.done(Command::ExpireHolds);
    assert!(matches!(world.checkout(other, upi()), Err(Refusal::OutOfStock { .. })), "it is held");
    answer(&mut world, Outcome::Agreed);
    assert_eq!((state(&world, &order), quota(&world, 1)), (OrderState::Confirmed, (0, 1)));
    // Nothing stands between: who does not want to wait cancels, and the units are free at once.
    let mut world = World::new();
    world.grant(1, 1);
    let (who, other) = (world.customer(1), world.customer(2));
    world.cart(who.0, 1, 1);
    world.cart(other.0, 1, 1);
    let order = world.checkout(who, upi()).unwrap();
    world.done(Command::RequestCancel { customer: who.0, order });
    assert!(world.checkout(other, Payment::Cod).is_ok());
}

/// Nobody at a silent store would pick it in time (SYNC.md, rule 8): the yes waits until the store is heard, and is undone
/// when the hold ends before that.
#[test]
fn an_approval_waits_for_a_store_that_has_fallen_silent() {
    for heard_again in [true, false] {
        let mut world = World::new();
        world.grant(1, 1);
        let who = world.customer(1);
        world.cart(who.0, 1, 1);
        let order = world.checkout(who, upi()).unwrap();
        world.wait(160_000);
        answer(&mut world, Outcome::Agreed);
        assert_eq!((state(&world, &order), quota(&world, 1)), (OrderState::Placed, (1, 0)));
        if heard_again {
            world.wait(60_000);
            world.hub.heard(world.now, &world.store.clone(), true).unwrap();
            answer(&mut world, Outcome::Agreed);
            assert_eq!((state(&world, &order), quota(&world, 1)), (OrderState::Confirmed, (0, 1)));
            continue;
        }
        world.wait(15 * 60_000);
        world.done(Command::ExpireHolds);
        answer(&mut world, Outcome::Agreed);
        assert_eq!((state(&world, &order), quota(&world, 1)), (OrderState::PaymentFailed, (0, 0)));
        let payment = world.hub.data().payment(&order).unwrap().unwrap();
        assert_eq!(payment.refunded, payment.captured, "given back");
    }
}

#[test]
fn the_hub_stops_selling_to_a_silent_store_and_says_why() {
    let mut world = World::new();
    world.grant(1, 5);
    let who = world.customer(1);
    world.cart(who.0, 1, 1);
    world.wait(150_001);
    let refused = world.checkout(who, Payment::Cod).unwrap_err();
    assert!(matches!(&refused, Refusal::StoreNotSelling { why, .. } if why == "unreachable"));
    assert_eq!(refused.problem().code, "store_unreachable");
    world.hub.heard(world.now, &world.store.clone(), true).unwrap();
    assert!(world.checkout(who, Payment::Cod).is_ok());
}

#[test]
fn what_cannot_be_bought_is_refused_with_a_reason() {
    let mut world = World::new();
    world.grant(1, 5);
    let who = world.customer(1);
    let other = world.customer(2);
    assert_eq!(world.checkout(who, Payment::Cod), Err(Refusal::CartEmpty));
    let huge = Command::SetCartLine { customer: who.0, sku: sku(1), qty: Qty::new(51).unwrap() };
    assert!(matches!(world.ask(huge), Err(Refusal::BadValue { .. })));
    let none = Command::SetCartLine { customer: who.0, sku: sku(99), qty: Qty::ONE };
    assert_eq!(world.ask(none), Err(Refusal::UnknownSku { sku: sku(99) }));
    world.cart(who.0, 1, 1);
    assert_eq!(world.checkout((who.0, other.1), Payment::Cod), Err(Refusal::UnknownAddress));
    let token = Payment::Card { token: "4111 1111 1111 1111".to_owned() };
    assert!(matches!(world.checkout(who, token), Err(Refusal::BadValue { .. })));
    let at = Point { lat: DOOR.lat + 1.0, lon: DOOR.lon };
    let far = world.done(Command::AddAddress { customer: who.0, text: "far away".to_owned(), at });
    let crate::command::Answer::Address { address } = far else { panic!() };
    assert!(matches!(world.checkout((who.0, address), Payment::Cod), Err(Refusal::NotServed { .. })));
}

#[test]
fn a_repeated_checkout_key_makes_one_order() {
    let mut world = World::new();
    world.grant(1, 9);
    let who = world.customer(1);
    world.cart(who.0, 1, 1);
    let request = model::api::hub::CheckoutRequest {
        address: who.1,
        payment: Payment::Cod,
        preset: model::order_doc::SubstitutePreset::BestMatch,
    };
    let envelope = world.envelope(Command::BeginCheckout { customer: who.0, request });
    let first = world.send(envelope.clone()).unwrap();
    world.restart();
    assert_eq!(world.send(envelope), Ok(first));
    assert_eq!(quota(&world, 1), (0, 1));
}
