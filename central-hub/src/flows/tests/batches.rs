//! Orders that share a rider's way (REQ-76): who joins, what the rider and the customers see, how it ends.

use crate::command::{Answer, Command};
use crate::testkit::{DOOR, World, rules, sku};
use crate::views::{self, Look};
use model::api::hub::{LostWhy, Payment, Point, RiderNow, RiderTask, Tracking};
use model::fact::Fact;
use model::{Moment, OrderId, OrderState, Paise, Qty, RiderId};

const DUE: i64 = 6_600 + 2_500;

/// A door so many metres farther north than the usual one.
fn beyond(metres: f64) -> Point {
    Point { lat: DOOR.lat + metres / 111_195.0, lon: DOOR.lon }
}

fn heard(world: &mut World) {
    let store = world.store.clone();
    world.hub.heard(world.now, &store, true).unwrap();
}

fn ordered(world: &mut World, n: u32, at: Point, units: i64) -> OrderId {
    heard(world);
    let (customer, _) = world.customer(n);
    let added = world.done(Command::AddAddress { customer, text: format!("{n}, 2nd Main"), at });
    let Answer::Address { address } = added else { panic!("{added:?}") };
    world.done(Command::SetCartLine { customer, sku: sku(1), qty: Qty::new(units).unwrap() });
    world.checkout((customer, address), Payment::Cod).unwrap()
}

fn of(world: &World, order: &OrderId) -> Option<RiderId> {
    world.hub.data().order(order).unwrap().unwrap().rider
}

fn screen(world: &World, rider: RiderId) -> RiderNow {
    let look = Look { now: world.now, rules: &rules() };
    views::rider::now(world.hub.data(), &look, &rider).unwrap().unwrap()
}

fn tracking(world: &World, order: &OrderId) -> Tracking {
    let look = Look { now: world.now, rules: &rules() };
    views::tracking::tracking(world.hub.data(), &look, order).unwrap().unwrap()
}

fn story(world: &World, order: &OrderId, what: &str) -> Vec<String> {
    let rows = world.hub.data().history(order).unwrap();
    rows.into_iter().filter(|row| row.what == what).map(|row| row.detail).collect()
}

fn says(world: &mut World, order: OrderId, moments: &[Moment]) {
    let hour = world.hub.data().order(&order).unwrap().unwrap().placed_at.hour();
    let at = world.now;
    let facts: Vec<Fact> =
        moments.iter().map(|moment| Fact::Moment { order, hour, moment: *moment, at }).collect();
    world.store_reads();
    world.store_says(&facts);
}

const LEFT: [Moment; 3] = [Moment::Accepted, Moment::Packed, Moment::Dispatched];

fn deliver(world: &World, rider: RiderId, order: OrderId) -> Command {
    let row = world.hub.data().order(&order).unwrap().unwrap();
    let code = world.hub.rules().key.delivery_code(row.store.as_str(), row.placed_at, &order);
    let at = row.address.at;
    Command::Deliver { rider, order, code, cash: Paise::new(DUE), at, delivered_at: world.now }
}

/// Two orders to doors a hundred metres from each other, the farther one first, and the one rider who goes for both.
fn together() -> (World, RiderId, OrderId, OrderId) {
    let mut world = World::new();
    world.grant(1, 60);
    let far = ordered(&mut world, 1, beyond(100.0), 1);
    let near = ordered(&mut world, 2, DOOR, 1);
    let rider = world.rider(1);
    world.done(Command::AssignRiders);
    assert_eq!((of(&world, &far), of(&world, &near)), (Some(rider), Some(rider)));
    (world, rider, far, near)
}

#[test]
fn a_waiting_order_joins_the_way_of_its_neighbour() {
    let (mut world, rider, far, near) = together();
    world.done(Command::AssignRiders);
    let said = |order| story(&world, order, "rider_assigned");
    assert_eq!((said(&far).len(), said(&near).len()), (1, 1));
    // The nearer one was promised sooner.
    assert!(said(&near)[0].contains("batch=0.0"), "{:?}", said(&near));
    assert!(said(&far)[0].contains("batch=7.5"), "the other door counts now: {:?}", said(&far));
    assert!(world.hub.data().scores(&far).unwrap()[0].parts.contains("batch=7.5"));
    world.store_reads();
    for order in [&far, &near] {
        let view = world.orders_document(order).order(order).unwrap().unwrap();
        assert_eq!(view.rider.unwrap().name, "Ravi1", "the store gives both to one badge");
    }
    let now = screen(&world, rider);
    assert!(matches!(now.next, RiderTask::Collect { order, .. } if order == near), "{:?}", now.next);
    let stops: Vec<OrderId> = now.stops.iter().map(|stop| stop.order).collect();
    assert_eq!(stops, [near, far], "the nearer door first");
}

#[test]
fn who_has_a_free_rider_shares_with_nobody() {
    let mut world = World::new();
    world.grant(1, 9);
    let orders = [ordered(&mut world, 1, DOOR, 1), ordered(&mut world, 2, DOOR, 1)];
    let riders = [world.rider(1), world.rider(2)];
    world.done(Command::AssignRiders);
    let mut sent: Vec<_> = orders.iter().filter_map(|order| of(&world, order)).collect();
    sent.sort_unstable();
    let mut all = riders.to_vec();
    all.sort_unstable();
    assert_eq!(sent, all);
}

#[test]
fn what_is_too_heavy_too_far_or_ready_too_late_waits_for_another_rider() {
    let mut world = World::new();
    world.grant(1, 60);
    let first = ordered(&mut world, 1, DOOR, 15);
    let rider = world.rider(1);
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &first), Some(rider));
    let heavy = ordered(&mut world, 2, DOOR, 6);
    let far = ordered(&mut world, 3, beyond(301.0), 1);
    world.done(Command::AssignRiders);
    assert_eq!((of(&world, &heavy), of(&world, &far)), (None, None));
    let light = ordered(&mut world, 4, beyond(299.0), 5);
    world.done(Command::AssignRiders);
    assert_eq!((of(&world, &heavy), of(&world, &light)), (None, Some(rider)), "15 and 5 kg are 20");

    let mut world = World::new();
    world.grant(1, 9);
    let first = ordered(&mut world, 1, DOOR, 1);
    let rider = world.rider(1);
    world.done(Command::AssignRiders);
    world.wait(3 * 60_000);
    let later = ordered(&mut world, 2, DOOR, 1);
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &later), None, "three minutes after the first one");
    says(&mut world, first, &[Moment::Accepted, Moment::Packed]);
    says(&mut world, later, &[Moment::Accepted, Moment::Packed]);
    let store = world.store.clone();
    world.hub.heard(world.now, &store, false).unwrap();
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &later), None, "a store that is cut off hears of no second order");
    heard(&mut world);
    world.done(Command::AssignRiders);
    assert_eq!(of(&world, &later), Some(rider), "both stand there packed");
}

#[test]
fn both_are_collected_then_delivered_door_by_door_each_with_its_own_proof() {
    let (mut world, rider, far, near) = together();
    says(&mut world, far, &LEFT);
    let now = screen(&world, rider);
    assert!(matches!(now.next, RiderTask::Collect { order, .. } if order == near), "{:?}", now.next);
    says(&mut world, near, &LEFT);
    let now = screen(&world, rider);
    assert!(matches!(now.next, RiderTask::Deliver { order, .. } if order == near), "{:?}", now.next);
    let (first, second) = (tracking(&world, &near), tracking(&world, &far));
    assert!(!first.route.is_empty());
    assert!(second.route.is_empty(), "the way to another's door is not shown");
    // A hundred metres of air, the gate and the hand-over: 0.39 + 2 + 0.5 minutes after the first door.
    let apart = second.eta_at.since_ms(first.eta_at);
    assert!((173_000..174_000).contains(&apart), "{apart}");
    let at_door = deliver(&world, rider, near);
    world.done(at_door);
    assert!(!tracking(&world, &far).route.is_empty());
    let now = screen(&world, rider);
    assert!(matches!(now.next, RiderTask::Deliver { order, .. } if order == far), "{:?}", now.next);
    assert_eq!((now.stops.len(), now.cash), (1, Paise::new(DUE)));
    let at_door = deliver(&world, rider, far);
    world.done(at_door);
    assert_eq!(
        (screen(&world, rider).next, screen(&world, rider).cash),
        (RiderTask::Wait, Paise::new(2 * DUE))
    );
    for order in [near, far] {
        assert_eq!(world.hub.data().order(&order).unwrap().unwrap().state, OrderState::Completed);
    }
}

#[test]
fn a_rider_does_not_wait_for_long_and_what_stays_behind_goes_to_another() {
    let (mut world, rider, far, near) = together();
    says(&mut world, far, &LEFT);
    world.wait(2 * 60_000);
    assert!(matches!(screen(&world, rider).next, RiderTask::Collect { .. }));
    world.wait(1);
    let now = screen(&world, rider);
    assert!(matches!(now.next, RiderTask::Deliver { order, .. } if order == far), "{:?}", now.next);
    assert_eq!(now.stops.len(), 2, "the other one is to be fetched afterwards, if nobody takes it");
    heard(&mut world);
    // Nobody joins a rider who has begun to leave.
    let third = ordered(&mut world, 3, DOOR, 1);
    world.done(Command::AssignRiders);
    assert_eq!((of(&world, &near), of(&world, &third)), (Some(rider), None));
    let others = [world.rider(2), world.rider(3)];
    world.done(Command::AssignRiders);
    let took = of(&world, &near).unwrap();
    assert!(others.contains(&took));
    assert!(of(&world, &third).is_some_and(|rider| rider != took && others.contains(&rider)));
    assert!(story(&world, &near, "rider_moved")[0].contains("why=away"));
    assert_eq!(screen(&world, rider).lost.unwrap().why, LostWhy::Away);
    assert_eq!(of(&world, &far), Some(rider));
}
