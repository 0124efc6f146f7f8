//! Who is sent, by which formula, and who takes over (REQ-75).

use crate::command::Command;
use crate::refusal::Refusal;
use crate::rules::Rules;
use crate::testkit::{DOOR, STORE_AT, World, rules};
use crate::views::{self, Look};
use hub_core::rider_score::{Scorer, Weights};
use model::api::hub::{Fix, LostWhy, Payment, Point, RiderNow, RiderTask};
use model::fact::Fact;
use model::{Moment, OrderId, OrderState, Paise, RiderId};

const DUE: i64 = 6_600 + 2_500;
const SILENCE_MS: i64 = 5 * 60_000 + 1;

/// So many metres north of the store by air; a road is a third longer.
fn north(metres: f64) -> Point {
    Point { lat: STORE_AT.lat + metres / 111_195.0, lon: STORE_AT.lon }
}

fn ordered(world: &mut World, n: u32) -> OrderId {
    let store = world.store.clone();
    world.hub.heard(world.now, &store, true).unwrap();
    let who = world.customer(n);
    world.cart(who.0, 1, 1);
    world.checkout(who, Payment::Cod).unwrap()
}

/// A rider whose shift begins at a place.
fn rider_at(world: &mut World, n: u32, at: Point) -> RiderId {
    let rider = world.rider(n);
    stands(world, rider, at);
    rider
}

/// The rider says where he is: anywhere, since a new shift begins.
fn stands(world: &mut World, rider: RiderId, at: Point) {
    let until = world.now.plus_ms(4 * 3_600_000);
    world.done(Command::SetShift { rider, on: true, until, at });
}

fn heard(world: &mut World, rider: RiderId, point: Point) {
    let fixes = vec![Fix { at: world.now, point }];
    world.done(Command::Positions { rider, fixes });
}

fn of(world: &World, order: &OrderId) -> Option<RiderId> {
    world.hub.data().order(order).unwrap().unwrap().rider
}

fn screen(world: &World, rider: RiderId) -> RiderNow {
    let look = Look { now: world.now, rules: &rules() };
    views::rider::now(world.hub.data(), &look, &rider).unwrap().unwrap()
}

fn story(world: &World, order: &OrderId, what: &str) -> Vec<String> {
    let rows = world.hub.data().history(order).unwrap();
    rows.into_iter().filter(|row| row.what == what).map(|row| row.detail).collect()
}

fn card(world: &mut World, order: &OrderId) -> String {
    world.store_reads();
    let view = world.orders_document(order).order(order).unwrap().unwrap();
    view.rider.unwrap().name
}

fn badge(world: &World, rider: RiderId) -> String {
    world.hub.data().rider(&rider).unwrap().unwrap().code
}

fn deliver(world: &World, rider: RiderId, order: OrderId) -> Command {
    let row = world.hub.data().order(&order).unwrap().unwrap();
    let code = world.hub.rules().key.delivery_code(row.store.as_str(), row.placed_at, &order);
    Command::Deliver { rider, order, code, cash: Paise::new(DUE), at: DOOR, delivered_at: world.now }
}

/// The store gives the bags away, and says to whom if it was not its card's rider.
fn given(world: &mut World, order: OrderId, to: Option<RiderId>) {
    let hour = world.hub.data().order(&order).unwrap().unwrap().placed_at.hour();
    let at = world.now;
    let moment = |moment| Fact::Moment { order, hour, moment, at };
    let mut facts = vec![moment(Moment::Accepted), moment(Moment::Packed), moment(Moment::Dispatched)];
    facts.extend(to.map(|rider| Fact::Taken { order, hour, rider: badge(world, rider) }));
    world.store_reads();
    world.store_says(&facts);
}

/// An order that the first of two riders was sent for; the second one starts to work afterwards, at `place`.
fn sent(first_at: Point, place: Point) -> (World, OrderId, RiderId, RiderId) {
    let mut world = World::new();
    world.grant(1, 9);
    let order = ordered(&mut world, 1);
    let first = rider_at(&mut world, 1, first_at);
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(first));
    let second = rider_at(&mut world, 2, place);
    (world, order, first, second)
}

#[test]
fn a_city_that_sends_the_nearest_sends_nobody_from_beyond_five_kilometres() {
    let mut world = World::ruled(Rules { scorer: Scorer::Nearest, ..rules() });
    world.grant(1, 9);
    let order = ordered(&mut world, 1);
    let beyond = rider_at(&mut world, 1, north(3_900.0));
    for _ in 0..90 {
        world.done(Command::AssignRiders);
        assert_eq!(of(&world, &order), None, "3.9 km by air are more than 5 by road");
        world.wait(60_000);
        heard(&mut world, beyond, north(3_900.0));
    }
    // By `value` this one is too far away to be sent before the last call.
    let far = rider_at(&mut world, 2, north(3_800.0));
    let second = ordered(&mut world, 2);
    let near = rider_at(&mut world, 3, north(3_700.0));
    world.done(Command::AssignRiders);
    let sent = [of(&world, &order), of(&world, &second)];
    assert!(sent.contains(&Some(far)) && sent.contains(&Some(near)), "both at once: {sent:?}");
    let scores = world.hub.data().scores(&order).unwrap();
    assert_eq!(scores.iter().map(|score| score.rider.as_str()).collect::<Vec<_>>(), ["Ravi3", "Ravi2"]);
    assert_eq!(scores[0].parts, "by=nearest distance=-2886.0 load=0.0");
    assert!(story(&world, &order, "rider_assigned")[0].contains("by=nearest distance=-"));
}

#[test]
fn a_city_that_scores_simply_waits_below_its_threshold() {
    let weights = Weights { threshold: 160.0, ..Weights::default() };
    let mut world = World::ruled(Rules { scorer: Scorer::Simple, weights, ..rules() });
    world.grant(1, 9);
    let order = ordered(&mut world, 1);
    let far = rider_at(&mut world, 1, north(1_200.0));
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), None, "100 - 31 + 90 are less than 160");
    stands(&mut world, far, north(1_000.0));
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(far));
    let scores = world.hub.data().scores(&order).unwrap();
    assert!(scores[0].parts.starts_with("by=simple base=100.0 distance=-26.0 rating="), "{scores:?}");
}

#[test]
fn an_order_leaves_a_rider_whose_shift_is_over() {
    let (mut world, order, first, second) = sent(north(300.0), north(600.0));
    world.done(Command::SetShift { rider: second, on: false, until: world.now, at: north(600.0) });
    let until = world.now.plus_ms(60_000);
    world.done(Command::SetShift { rider: first, on: true, until, at: north(300.0) });
    world.wait(60_000);
    heard(&mut world, first, north(300.0));
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(first), "better he than nobody");
    stands(&mut world, second, north(600.0));
    for _ in 0..3 {
        world.done(Command::AssignRiders);
        assert_eq!(of(&world, &order), Some(second));
    }
    let said = story(&world, &order, "rider_moved");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("name=Ravi2 from=Ravi1 why=shift_over score="), "{said:?}");
    assert_eq!(card(&mut world, &order), "Ravi2");
    let lost = screen(&world, first).lost.unwrap();
    assert_eq!((lost.order, lost.why), (order, LostWhy::ShiftOver));
    assert_eq!(screen(&world, first).next, RiderTask::Wait);
    assert!(matches!(screen(&world, second).next, RiderTask::Collect { order: its, .. } if its == order));
    world.wait(11 * 60_000);
    assert_eq!(screen(&world, first).lost, None, "said for a while, not for ever");
}

#[test]
fn an_order_leaves_a_rider_who_fell_silent_and_nobody_silent_is_sent() {
    let (mut world, order, first, second) = sent(north(300.0), north(600.0));
    world.wait(SILENCE_MS - 1);
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(first));
    world.wait(1);
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(first), "the other one is as silent");
    heard(&mut world, second, north(600.0));
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(second));
    assert!(story(&world, &order, "rider_moved")[0].contains("why=silent"));
    // A phone whose clock is slow is not silent.
    let slow = vec![Fix { at: world.now.plus_ms(-SILENCE_MS * 2), point: north(300.0) }];
    world.done(Command::Positions { rider: first, fixes: slow });
    let next = ordered(&mut world, 2);
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &next), Some(first));
}

#[test]
fn an_order_goes_to_a_much_better_rider_and_not_to_and_fro() {
    let (mut world, order, first, second) = sent(north(1_400.0), north(700.0));
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(first), "nine and a half points are less than the margin");
    stands(&mut world, second, north(200.0));
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(second));
    assert!(story(&world, &order, "rider_moved")[0].contains("why=better"));
    assert_eq!(screen(&world, first).lost.unwrap().why, LostWhy::Better);
    // Now the first one is the much better one; but it was his already.
    stands(&mut world, second, north(1_400.0));
    stands(&mut world, first, north(200.0));
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(second));
    let third = rider_at(&mut world, 3, north(200.0));
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(third));
    assert_eq!(card(&mut world, &order), "Ravi3");
}

#[test]
fn an_order_stays_with_who_may_have_the_bags_and_where_the_store_hears_of_nobody_else() {
    let (mut world, order, first, _) = sent(north(1_400.0), north(1_300.0));
    // He was at the bay, and the store's word may be on its way.
    world.wait(60_000);
    heard(&mut world, first, north(40.0));
    world.wait(60_000);
    heard(&mut world, first, north(1_300.0));
    rider_at(&mut world, 3, north(200.0));
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(first));

    let (mut world, order, first, _) = sent(north(1_400.0), north(200.0));
    let store = world.store.clone();
    world.hub.heard(world.now, &store, false).unwrap();
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(first), "cut off");
    world.hub.heard(world.now, &store, true).unwrap();
    world.done(Command::AssignRiders);
    assert_ne!(of(&world, &order), Some(first));
}

/// The bags went to the first rider before the store had heard of the second one.
#[test]
fn whom_the_store_gave_the_bags_has_the_order() {
    let (mut world, order, first, second) = sent(north(1_400.0), north(200.0));
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(second));
    given(&mut world, order, Some(first));
    assert_eq!(of(&world, &order), Some(first));
    assert_eq!(story(&world, &order, "rider_has_it"), ["name=Ravi1 from=Ravi2"]);
    assert_eq!(screen(&world, second).lost.unwrap().why, LostWhy::Taken);
    assert_eq!(screen(&world, first).lost, None, "it came back");
    let (by_second, by_first) = (deliver(&world, second, order), deliver(&world, first, order));
    assert_eq!(world.ask(by_second), Err(Refusal::NotYourOrder));
    world.done(Command::AssignRiders);
    world.done(by_first);
    assert_eq!(world.hub.data().order(&order).unwrap().unwrap().state, OrderState::Completed);
    assert_eq!(story(&world, &order, "rider_has_it").len(), 1);
}

/// The same, and the store's word comes last of all.
#[test]
fn the_customers_code_says_who_is_at_the_door_before_the_store_does() {
    let (mut world, order, first, second) = sent(north(1_400.0), north(200.0));
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &order), Some(second));
    let stranger = world.rider(3);
    let not_his = deliver(&world, stranger, order);
    assert_eq!(world.ask(not_his), Err(Refusal::NotYourOrder));
    let at_door = deliver(&world, first, order);
    world.done(at_door);
    assert_eq!(of(&world, &order), Some(first));
    assert_eq!(screen(&world, second).lost.unwrap().why, LostWhy::Taken);
    given(&mut world, order, Some(first));
    let row = world.hub.data().order(&order).unwrap().unwrap();
    assert_eq!((row.state, row.rider), (OrderState::Completed, Some(first)));
    assert_eq!(world.hub.data().rider(&first).unwrap().unwrap().cash, Paise::new(DUE));
    assert_eq!(world.hub.data().rider(&second).unwrap().unwrap().cash, Paise::ZERO);
}

/// A store that was cut off gave the bags to a rider of whom it knew nothing.
#[test]
fn who_took_an_order_that_nobody_was_sent_for_can_deliver_it() {
    let mut world = World::new();
    world.grant(1, 9);
    let order = ordered(&mut world, 1);
    let rider = world.rider(1);
    given(&mut world, order, Some(rider));
    assert_eq!(of(&world, &order), Some(rider));
    assert!(matches!(screen(&world, rider).next, RiderTask::Deliver { .. }));
    let at_door = deliver(&world, rider, order);
    world.done(at_door);
    assert_eq!(world.hub.data().order(&order).unwrap().unwrap().state, OrderState::Completed);
}

/// He ended his shift, and went by the bay once more before anybody else was sent.
#[test]
fn an_order_that_is_nobodys_is_whose_card_the_store_has() {
    let mut world = World::new();
    world.grant(1, 9);
    let order = ordered(&mut world, 1);
    let rider = world.rider(1);
    world.done(Command::AssignRiders);
    world.done(Command::SetShift { rider, on: false, until: world.now, at: STORE_AT });
    assert_eq!((of(&world, &order), screen(&world, rider).lost.unwrap().why), (None, LostWhy::ShiftOver));
    given(&mut world, order, None);
    assert_eq!(of(&world, &order), Some(rider));
    assert_eq!(story(&world, &order, "rider_has_it"), ["name=Ravi1 from=\"\""]);
}
