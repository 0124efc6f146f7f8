//! Riders: matching, positions, the delivery code, cash, a store that is cut off.

use crate::command::{Answer, Command};
use crate::refusal::Refusal;
use crate::testkit::{DOOR, STORE_AT, World, rules, sku};
use crate::views::{self, Look};
use model::api::hub::{Fix, Payment, Point, RiderTask};
use model::fact::Fact;
use model::order_doc::{PickedUnits, Picks, ShortUnits};
use model::{LotId, Moment, OrderId, OrderState, Paise, Qty, RiderId, Timestamp};

fn ordered(world: &mut World, n: u32) -> OrderId {
    let who = world.customer(n);
    world.cart(who.0, 1, 1);
    world.checkout(who, Payment::Cod).unwrap()
}

fn ordered_to(world: &mut World, n: u32, at: Point) -> OrderId {
    let (customer, _) = world.customer(n);
    let added = world.done(Command::AddAddress { customer, text: "7, 2nd Main".to_owned(), at });
    let Answer::Address { address } = added else { panic!("{added:?}") };
    world.cart(customer, 1, 1);
    world.checkout((customer, address), Payment::Cod).unwrap()
}

fn code(world: &World, order: &OrderId) -> String {
    let row = world.hub.data().order(order).unwrap().unwrap();
    world.hub.rules().key.delivery_code(row.store.as_str(), row.placed_at, order)
}

fn deliver(world: &World, rider: RiderId, order: OrderId, code: &str, cash: i64) -> Command {
    Command::Deliver {
        rider,
        order,
        code: code.to_owned(),
        cash: Paise::new(cash),
        at: DOOR,
        delivered_at: world.now,
    }
}

const DUE: i64 = 6_600 + 2_500;

#[test]
fn waiting_orders_and_free_riders_are_matched_once() {
    let mut world = World::new();
    world.grant(1, 9);
    // Doors too far from each other to share a way.
    let far = Point { lat: DOOR.lat, lon: DOOR.lon + 0.004 };
    let orders = [ordered(&mut world, 1), ordered_to(&mut world, 2, far)];
    let rider = world.rider(1);
    world.done(Command::AssignRiders);
    world.done(Command::AssignRiders);
    let of = |id: &OrderId| world.hub.data().order(id).unwrap().unwrap().rider;
    let sent: Vec<RiderId> = orders.iter().filter_map(of).collect();
    assert_eq!(sent, [rider]);
    let scores = world.hub.data().scores(&orders[0]).unwrap();
    assert!(scores[0].parts.starts_with("by=value travel=35.0"), "{scores:?}");
    world.store_reads();
    let view = world.orders_document(&orders[0]).order(&orders[0]).unwrap().unwrap();
    assert_eq!(view.rider.unwrap().name, "Ravi1");
}

/// Every free rider had a busy hour and stands too far away for the threshold.
#[test]
fn packed_bags_do_not_wait_for_a_better_rider_beyond_their_promise() {
    let mut world = World::new();
    world.grant(1, 9);
    let rider = world.rider(1);
    for n in 1..=6 {
        let order = ordered(&mut world, n);
        world.done(Command::AssignRiders);
        let right = code(&world, &order);
        let at_door = deliver(&world, rider, order, &right, DUE);
        world.done(at_door);
        world.wait(15_000);
    }
    let fix = Fix { at: world.now, point: Point { lat: STORE_AT.lat + 0.0085, lon: STORE_AT.lon } };
    world.done(Command::Positions { rider, fixes: vec![fix] });
    let order = ordered(&mut world, 7);
    let of = |world: &World| world.hub.data().order(&order).unwrap().unwrap().rider;
    world.done(Command::AssignRiders);
    assert_eq!(of(&world), None, "below the threshold the order waits for a better rider (REQ-75)");
    world.wait(2 * 60_000);
    world.done(Command::AssignRiders);
    assert_eq!(of(&world), Some(rider), "he has to leave now to keep the promise");
    let promise = world.hub.data().order(&order).unwrap().unwrap().promise_at;
    assert!(world.now < promise);
}

#[test]
fn a_rider_from_the_other_end_of_the_city_is_the_last_resort() {
    let mut world = World::new();
    world.grant(1, 9);
    let far = Point { lat: STORE_AT.lat + 0.04, lon: STORE_AT.lon };
    let rider = world.rider(1);
    let until = world.now.plus_ms(3_600_000);
    world.done(Command::SetShift { rider, on: true, until, at: far });
    let order = ordered(&mut world, 1);
    let row = |world: &World| world.hub.data().order(&order).unwrap().unwrap();
    let promise = row(&world).promise_at;
    while world.now < promise {
        world.done(Command::AssignRiders);
        assert_eq!(row(&world).rider, None, "somebody nearer may be free in time");
        world.wait(30_000);
        let fixes = vec![Fix { at: world.now, point: far }];
        world.done(Command::Positions { rider, fixes });
    }
    world.done(Command::AssignRiders);
    assert_eq!(row(&world).rider, Some(rider), "late is better than never");
}

#[test]
fn a_rider_who_leaves_gives_the_order_back() {
    let mut world = World::new();
    world.grant(1, 9);
    let order = ordered(&mut world, 1);
    let (first, second) = (world.rider(1), world.rider(2));
    world.done(Command::AssignRiders);
    let sent = world.hub.data().order(&order).unwrap().unwrap().rider.unwrap();
    let other = if sent == first { second } else { first };
    world.done(Command::SetShift { rider: sent, on: false, until: world.now, at: STORE_AT });
    world.done(Command::AssignRiders);
    assert_eq!(world.hub.data().order(&order).unwrap().unwrap().rider, Some(other));
}

#[test]
fn a_cut_off_store_s_order_is_delivered_with_code_and_cash() {
    let mut world = World::new();
    world.grant(1, 9);
    let order = ordered(&mut world, 1);
    let rider = world.rider(1);
    world.done(Command::AssignRiders);
    let right = code(&world, &order);
    for wrong in [DUE + 1, 2_499, 0] {
        let wrong = deliver(&world, rider, order, &right, wrong);
        assert_eq!(world.ask(wrong), Err(Refusal::WrongCash { due: Paise::new(DUE) }));
    }
    // The hub still believes the order is only confirmed.
    let at_door = deliver(&world, rider, order, &right, DUE);
    world.done(at_door);
    let row = world.hub.data().order(&order).unwrap().unwrap();
    assert_eq!(row.state, OrderState::Completed);
    let hour = row.placed_at.hour();
    world.store_reads();
    let late = |moment| Fact::Moment { order, hour, moment, at: world.now };
    let facts = [late(Moment::Accepted), late(Moment::Packed), late(Moment::Dispatched)];
    world.store_says(&facts);
    assert_eq!(world.hub.data().order(&order).unwrap().unwrap().state, OrderState::Completed);
    assert_eq!(world.hub.data().rider(&rider).unwrap().unwrap().cash, Paise::new(DUE));
}

/// What the store says when it packs: `short` of the two units of line 0 are not there.
fn packed(world: &World, order: OrderId, short: i64) -> [Fact; 2] {
    let hour = world.hub.data().order(&order).unwrap().unwrap().placed_at.hour();
    let qty = |n| Qty::new(n).unwrap();
    let picked = PickedUnits { line: 0, sku: sku(1), lot: LotId::new("L1").unwrap(), qty: qty(2 - short) };
    let short = ShortUnits { line: 0, qty: qty(short) };
    let picks = Picks { picked: vec![picked], short: vec![short], bags: 1, less: Vec::new() };
    [Fact::Picks { order, hour, picks }, Fact::Moment { order, hour, moment: Moment::Packed, at: world.now }]
}

/// A cash order of two units; one of them will be short. The rider has it in hand.
fn cash_order(world: &mut World) -> (OrderId, RiderId, String) {
    world.grant(1, 9);
    let who = world.customer(1);
    world.cart(who.0, 1, 2);
    let order = world.checkout(who, Payment::Cod).unwrap();
    let rider = world.rider(1);
    world.done(Command::AssignRiders);
    world.store_reads();
    let right = code(world, &order);
    (order, rider, right)
}

fn notes(world: &World, order: &OrderId) -> Vec<String> {
    let money = |what: &str| what.starts_with("cash") || what.starts_with("payment_asked");
    let rows = world.hub.data().history(order).unwrap();
    rows.into_iter()
        .filter(|row| money(&row.what))
        .map(|row| format!("{} {}", row.what, row.detail))
        .collect()
}

const TWO: i64 = DUE + 6_600;

#[test]
fn the_riders_screen_says_what_is_due_after_a_short_and_no_gateway_is_asked() {
    let mut world = World::new();
    let (order, rider, right) = cash_order(&mut world);
    let drop = |world: &World| {
        let look = Look { now: world.now, rules: &rules() };
        let now = views::rider::now(world.hub.data(), &look, &rider).unwrap().unwrap();
        let RiderTask::Collect { drop_off, .. } = now.next else { panic!("{:?}", now.next) };
        (drop_off.cod.get(), drop_off.cod_known)
    };
    assert_eq!(drop(&world), (TWO, false), "the label may say less");
    let facts = packed(&world, order, 1);
    world.store_says(&facts);
    assert_eq!(drop(&world), (DUE, true));
    let less = deliver(&world, rider, order, &right, DUE - 1);
    assert_eq!(world.ask(less), Err(Refusal::WrongCash { due: Paise::new(DUE) }));
    let at_door = deliver(&world, rider, order, &right, DUE);
    world.done(at_door);
    let payment = world.hub.data().payment(&order).unwrap().unwrap();
    assert_eq!((payment.captured.get(), payment.refunded.get()), (DUE, 0));
    assert_eq!(notes(&world, &order), Vec::<String>::new());
    assert_eq!(world.hub.data().due_steps(world.now, 9).unwrap(), []);
}

/// The store is cut off: the label knows of the short, the hub hears of it when the customer has the goods already.
#[test]
fn the_labels_cash_counts_before_the_hub_has_heard_of_the_short() {
    let mut world = World::new();
    let (order, rider, right) = cash_order(&mut world);
    let at_door = deliver(&world, rider, order, &right, DUE);
    world.done(at_door);
    let facts = packed(&world, order, 1);
    world.store_says(&facts);
    assert_eq!(notes(&world, &order), [format!("cash_by_label paise={DUE} due={TWO}")]);
    assert_eq!(world.hub.data().rider(&rider).unwrap().unwrap().cash, Paise::new(DUE));
    assert_eq!(world.hub.data().due_steps(world.now, 9).unwrap(), []);
    assert_eq!(world.hub.data().order(&order).unwrap().unwrap().state, OrderState::Completed);
}

#[test]
fn cash_that_differs_from_what_is_due_is_named_once_and_never_asked_of_a_gateway() {
    let over = |paise: i64| format!("cash_to_return paise={paise}");
    // The whole total was taken, and one unit was short.
    let mut world = World::new();
    let (order, rider, right) = cash_order(&mut world);
    let at_door = deliver(&world, rider, order, &right, TWO);
    world.done(at_door);
    let facts = packed(&world, order, 1);
    world.store_says(&facts);
    assert_eq!(notes(&world, &order), [over(6_600)]);
    // A phone without signal showed the total still.
    let mut world = World::new();
    let (order, rider, right) = cash_order(&mut world);
    let facts = packed(&world, order, 1);
    world.store_says(&facts);
    let at_door = deliver(&world, rider, order, &right, TWO);
    world.done(at_door);
    assert_eq!(notes(&world, &order), [over(6_600)]);
    let payment = world.hub.data().payment(&order).unwrap().unwrap();
    assert_eq!((payment.captured.get(), payment.refunded.get()), (TWO, 6_600));
    // Less was taken than the label said.
    let mut world = World::new();
    let (order, rider, right) = cash_order(&mut world);
    let at_door = deliver(&world, rider, order, &right, DUE - 100);
    world.done(at_door);
    let facts = packed(&world, order, 1);
    world.store_says(&facts);
    let by_label = format!("cash_by_label paise={} due={TWO}", DUE - 100);
    assert_eq!(notes(&world, &order), [by_label, "cash_missing paise=100".to_owned()]);
    assert_eq!(world.hub.data().due_steps(world.now, 9).unwrap(), []);
}

#[test]
fn five_wrong_codes_are_counted_and_then_the_right_one_is_too_late() {
    let mut world = World::new();
    world.grant(1, 9);
    let order = ordered(&mut world, 1);
    let (rider, other) = (world.rider(1), world.rider(2));
    world.done(Command::AssignRiders);
    let sent = world.hub.data().order(&order).unwrap().unwrap().rider.unwrap();
    let stranger = if sent == rider { other } else { rider };
    let right = code(&world, &order);
    let not_yours = deliver(&world, stranger, order, &right, DUE);
    assert_eq!(world.ask(not_yours), Err(Refusal::NotYourOrder));
    let wrong = if right == "0000" { "0001" } else { "0000" };
    for left in (0..5).rev() {
        let wrong = deliver(&world, sent, order, wrong, DUE);
        assert_eq!(world.ask(wrong), Err(Refusal::CodeWrong { left }));
    }
    let late = deliver(&world, sent, order, &right, DUE);
    assert_eq!(world.ask(late), Err(Refusal::CodeDead));
}

/// Half past five in the morning is no new day in India; midnight is, though it is half past six in the evening in UTC.
#[test]
fn what_was_delivered_today_is_counted_by_the_citys_day() {
    let mut world = World::new();
    // 2026-09-21 19:43 in Bengaluru; a while later it is a quarter past five in the morning.
    world.wait((9 * 60 + 30) * 60_000);
    world.hub.heard(world.now, &world.store.clone(), true).unwrap();
    world.grant(1, 9);
    let rider = world.rider(1);
    let order = ordered(&mut world, 1);
    world.done(Command::AssignRiders);
    let right = code(&world, &order);
    let at_door = deliver(&world, rider, order, &right, DUE);
    world.done(at_door);
    let today = |world: &World| {
        let look = Look { now: world.now, rules: &rules() };
        views::rider::now(world.hub.data(), &look, &rider).unwrap().unwrap().delivered_today
    };
    assert_eq!((world.now.to_string().as_str(), today(&world)), ("2026-09-21T23:43:20Z", 1));
    world.wait(60 * 60_000);
    assert_eq!(today(&world), 1, "past UTC's midnight");
    world.wait(17 * 3_600_000 + 40 * 60_000);
    assert_eq!(today(&world), 1, "in the evening still");
    world.wait(10 * 60_000);
    assert_eq!(today(&world), 0, "midnight in the city");
}

#[test]
fn positions_take_the_newest_and_no_jump() {
    let mut world = World::new();
    let rider = world.rider(1);
    let now = world.now;
    let fix = move |ms: i64, lat: f64| Fix {
        at: Timestamp::from_ms(now.ms() + ms),
        point: Point { lat: STORE_AT.lat + lat, lon: STORE_AT.lon },
    };
    let fixes = vec![fix(6_000, 0.0002), fix(3_000, 0.0001), fix(9_000, 0.5)];
    world.done(Command::Positions { rider, fixes });
    let last = world.hub.data().rider(&rider).unwrap().unwrap().fix.unwrap();
    assert_eq!(last.at.ms(), world.now.ms() + 6_000);
    let future = vec![fix(3_600_000, 0.0)];
    assert!(world.ask(Command::Positions { rider, fixes: future }).is_err());
}
