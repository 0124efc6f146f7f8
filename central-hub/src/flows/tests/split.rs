//! A basket that no single store has (REQ-62): the offer, the customer's yes, and what may have changed in between.

use crate::command::{Answer, Command, Outcome};
use crate::db::quotas::QuotaKey;
use crate::refusal::Refusal;
use crate::testkit::{DOOR, World, sku};
use crate::views::place::Reach;
use crate::views::{self, Look};
use model::api::hub::{Payment, SplitOffer, SplitRequest};
use model::order_doc::SubstitutePreset;
use model::quota::{HubGeneration, StoreEpoch};
use model::{AddressId, CustomerId, OrderId, OrderState, Paise, StoreId};

/// Milk only at `s1`, chocolate only at `s2`, which is a kilometre further north; both reach the door.
fn world() -> (World, (CustomerId, AddressId)) {
    let mut world = World::new();
    world.grant(1, 3);
    world.as_store("s2", 1_000.0, |world| world.grant(2, 5));
    let who = world.customer(1);
    world.cart(who.0, 1, 2);
    world.cart(who.0, 2, 4);
    (world, who)
}

/// held, sold
fn quota(world: &World, store: &str, n: u32) -> (u64, u64) {
    let store = StoreId::new(store).unwrap();
    let key = QuotaKey { store, epoch: StoreEpoch(1), generation: HubGeneration(1) };
    let rights = world.hub.data().rights(&key, &sku(n)).unwrap();
    (rights.held(), rights.sold())
}

fn offer(world: &mut World, who: (CustomerId, AddressId)) -> SplitOffer {
    match world.checkout(who, Payment::Cod) {
        Err(Refusal::SplitOffered { offer }) => *offer,
        other => panic!("{other:?}"),
    }
}

fn yes(offer: &SplitOffer, address: AddressId, payment: Payment) -> SplitRequest {
    let stores = offer.parts.iter().map(|part| part.store.clone()).collect();
    SplitRequest { address, payment, preset: SubstitutePreset::Refund, stores, total: offer.total }
}

fn accept(
    world: &mut World,
    who: (CustomerId, AddressId),
    request: SplitRequest,
) -> Result<Vec<OrderId>, Refusal> {
    let Answer::Orders { orders } = world.ask(Command::BeginSplit { customer: who.0, request })? else {
        panic!("orders")
    };
    Ok(orders)
}

fn order(world: &World, id: &OrderId) -> crate::db::orders::OrderRow {
    world.hub.data().order(id).unwrap().unwrap()
}

#[test]
fn two_stores_that_have_it_together_are_offered_with_all_that_is_paid() {
    let (mut world, who) = world();
    let offer = offer(&mut world, who);
    let told: Vec<_> = offer
        .parts
        .iter()
        .map(|part| (part.store.as_str(), part.lines[0].qty.get(), part.subtotal.get(), part.total.get()))
        .collect();
    assert_eq!(told[0].0, "s2", "it is nearer to the door: {told:?}");
    assert_eq!((told[0].1, told[1].1), (4, 2));
    assert!(offer.parts.iter().all(|part| part.subtotal.get() + part.delivery_fee.get() == part.total.get()));
    assert_eq!(offer.total.get(), told.iter().map(|part| part.3).sum::<i64>());
    assert!(offer.parts.iter().all(|part| (5..20).contains(&part.promise_min)));
    assert_eq!((quota(&world, "s1", 1), quota(&world, "s2", 2)), ((0, 0), (0, 0)), "nothing is held");
    assert_eq!(world.hub.data().cart(&who.0).unwrap().len(), 2);
    let problem = Refusal::SplitOffered { offer: Box::new(offer.clone()) }.problem();
    let carried: SplitOffer = serde_json::from_value(problem.offer.unwrap()).unwrap();
    assert_eq!((problem.code.as_str(), problem.status, carried), ("split_offered", 409, offer));
}

#[test]
fn a_yes_makes_an_order_at_each_store_and_a_retry_makes_no_more() {
    let (mut world, who) = world();
    let offer = offer(&mut world, who);
    let request = yes(&offer, who.1, Payment::Cod);
    let envelope = world.envelope(Command::BeginSplit { customer: who.0, request });
    let first = world.send(envelope.clone()).unwrap();
    let Answer::Orders { orders } = &first else { panic!("{first:?}") };
    let rows: Vec<_> = orders.iter().map(|id| order(&world, id)).collect();
    assert_eq!(rows.iter().map(|row| row.store.as_str()).collect::<Vec<_>>(), ["s2", "s1"]);
    assert!(rows.iter().all(|row| row.state == OrderState::Confirmed));
    assert!(rows[0].store_why.ends_with("part=1 parts=2"), "{}", rows[0].store_why);
    assert_eq!(rows[0].total.get() + rows[1].total.get(), offer.total.get());
    assert_eq!((quota(&world, "s1", 1), quota(&world, "s2", 2)), ((0, 2), (0, 4)));
    assert!(world.hub.data().cart(&who.0).unwrap().is_empty());
    assert_eq!(world.send(envelope).unwrap(), first);
    assert_eq!((quota(&world, "s1", 1), quota(&world, "s2", 2)), ((0, 2), (0, 4)));
    // Each store gets its own order, and the lines of it only.
    assert_eq!(world.store_reads(), 1);
    let view = world.orders_document(&orders[1]).order(&orders[1]).unwrap().unwrap();
    assert_eq!(view.head.lines.iter().map(|line| line.sku.clone()).collect::<Vec<_>>(), [sku(1)]);
    assert_eq!(view.head.cod, rows[1].total);
}

#[test]
fn what_was_not_agreed_to_is_offered_anew() {
    let (mut world, who) = world();
    let first = offer(&mut world, who);
    let mut cheaper = yes(&first, who.1, Payment::Cod);
    cheaper.total = Paise::new(first.total.get() - 1);
    let again = Refusal::SplitOffered { offer: Box::new(first.clone()) };
    assert_eq!(accept(&mut world, who, cheaper), Err(again.clone()));
    let mut elsewhere = yes(&first, who.1, Payment::Cod);
    elsewhere.stores[0] = StoreId::new("s3").unwrap();
    assert_eq!(accept(&mut world, who, elsewhere), Err(again));
    // The cart has grown since: what is there together has not.
    world.cart(who.0, 2, 6);
    let refused = accept(&mut world, who, yes(&first, who.1, Payment::Cod)).unwrap_err();
    assert!(matches!(&refused, Refusal::OutOfStock { .. }), "{refused:?}");
    assert_eq!((quota(&world, "s1", 1), quota(&world, "s2", 2)), ((0, 0), (0, 0)));
}

#[test]
fn one_store_that_has_it_all_by_now_delivers_it_alone() {
    let (mut world, who) = world();
    let offer = offer(&mut world, who);
    world.grant(2, 9);
    let orders = accept(&mut world, who, yes(&offer, who.1, Payment::Cod)).unwrap();
    assert_eq!(orders.len(), 1);
    let row = order(&world, &orders[0]);
    assert_eq!((row.store.as_str(), row.total < offer.total), ("s1", true));
    assert_eq!((quota(&world, "s1", 2), quota(&world, "s2", 2)), ((0, 4), (0, 0)));
}

#[test]
fn a_part_whose_payment_fails_stays_in_the_cart() {
    let (mut world, who) = world();
    let offer = offer(&mut world, who);
    let card = Payment::Card { token: "tok_ok".to_owned() };
    let orders = accept(&mut world, who, yes(&offer, who.1, card)).unwrap();
    assert_eq!((quota(&world, "s1", 1), quota(&world, "s2", 2)), ((2, 0), (4, 0)));
    assert_eq!(world.hub.data().cart(&who.0).unwrap().len(), 2, "nothing is ordered yet");
    // While the gateway thinks, one more milk is put in.
    world.cart(who.0, 1, 3);
    for step in world.hub.data().due_steps(world.now, 10).unwrap() {
        let outcome = if step.order == orders[0] { Outcome::Declined } else { Outcome::Agreed };
        world.done(Command::PaymentResult { key: step.key, outcome });
    }
    let states: Vec<_> = orders.iter().map(|id| order(&world, id).state).collect();
    assert_eq!(states, [OrderState::PaymentFailed, OrderState::Confirmed]);
    assert_eq!((quota(&world, "s1", 1), quota(&world, "s2", 2)), ((0, 2), (0, 0)));
    let cart: Vec<_> =
        world.hub.data().cart(&who.0).unwrap().into_iter().map(|(sku, qty)| (sku, qty.get())).collect();
    assert_eq!(cart, [(sku(1), 1), (sku(2), 4)]);
}

#[test]
fn a_store_that_is_not_heard_is_no_part_of_an_offer() {
    let (mut world, who) = world();
    world.wait(10_000);
    world.hub.heard(world.now, &world.store.clone(), true).unwrap();
    world.wait(crate::testkit::rules().stop_after_ms - 5_000);
    let missing = vec![(sku(2), 0)];
    assert_eq!(world.checkout(who, Payment::Cod), Err(Refusal::OutOfStock { missing }));
}

#[test]
fn the_shop_tells_what_another_store_could_bring() {
    let (world, who) = world();
    let (data, rules) = (world.hub.data(), crate::testkit::rules());
    let look = Look { now: world.now, rules: &rules };
    let s1 = data.store(&world.store).unwrap();
    let reach = views::place::reach(data, &look, DOOR, s1.clone()).unwrap();
    let told = |reach: &Reach| -> Vec<(String, u32, u32)> {
        let page = views::catalogue::find(data, &look, "", None, reach).unwrap();
        page.hits.into_iter().map(|hit| (hit.sku.to_string(), hit.available, hit.elsewhere)).collect()
    };
    let line = |n: u32, here, elsewhere| (sku(n).to_string(), here, elsewhere);
    assert_eq!(told(&reach), [line(1, 3, 0), line(2, 0, 5), line(3, 0, 0)]);
    let alone = Reach { store: s1, others: Vec::new() };
    assert_eq!(told(&alone), [line(1, 3, 0), line(2, 0, 0), line(3, 0, 0)]);
    let cart = views::cart::cart(data, &look, &who.0).unwrap();
    assert_eq!(
        cart.lines.iter().map(|l| l.product.available + l.product.elsewhere).collect::<Vec<_>>(),
        [3, 5]
    );
}
