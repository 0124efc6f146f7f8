//! Epochs, generations, the hub's word, closings, and rights that are wanted back.

use crate::command::{Answer, Command, Recovered};
use crate::db::quotas::QuotaKey;
use crate::engine::{Fault, Said};
use crate::refusal::Refusal;
use crate::testkit::{World, sku};
use ::sync::doc::{DocActor, DocKey, Document};
use ::sync::lane::{Lane, LaneSeq};
use model::api::hub::Payment;
use model::fact::Fact;
use model::order::Owner;
use model::order_doc::{HeadLine, OrderHead};
use model::quota::{FIRST_EPOCH, FIRST_GENERATION, HubGeneration, StoreEpoch};
use model::{Moment, OrderId, OrderState, PersonId};

const E2: StoreEpoch = StoreEpoch(2);

fn mint(world: &mut World, node_key: &str, expect: StoreEpoch) -> Result<Answer, Refusal> {
    let store = world.store.clone();
    world.ask(Command::MintEpoch { store, node_key: node_key.to_owned(), expect })
}

fn begin(world: &mut World, hub: &str) -> HubGeneration {
    let expect = world.hub.data().generation().unwrap();
    match world.done(Command::BeginGeneration { hub: hub.to_owned(), expect }) {
        Answer::Terms { generation, .. } => generation,
        other @ (Answer::Done
        | Answer::Session { .. }
        | Answer::Address { .. }
        | Answer::Instrument { .. }
        | Answer::Order { .. }
        | Answer::Orders { .. }
        | Answer::Count { .. }) => panic!("{other:?}"),
    }
}

fn rights(world: &World, epoch: StoreEpoch, generation: HubGeneration) -> ::sync::quota::HubQuota {
    let key = QuotaKey { store: world.store.clone(), epoch, generation };
    world.hub.data().rights(&key, &sku(1)).unwrap()
}

fn upi() -> Payment {
    Payment::Upi { token: "tok_ok".to_owned() }
}

/// What a store reads of the hub's word in a quota document.
fn word(world: &mut World, epoch: StoreEpoch, generation: HubGeneration) -> Option<StoreEpoch> {
    world.store_reads();
    let id = DocKey::Quota { epoch, generation }.of(&world.store.clone());
    world.document(&id).word().unwrap()
}

#[test]
fn two_nodes_never_get_one_epoch_and_a_retry_gets_the_same() {
    let mut world = World::new();
    let first = mint(&mut world, "node-a", FIRST_EPOCH).unwrap();
    assert_eq!(first, Answer::Terms { epoch: E2, generation: FIRST_GENERATION });
    assert_eq!(mint(&mut world, "node-a", FIRST_EPOCH).unwrap(), first);
    let refused = mint(&mut world, "node-b", FIRST_EPOCH).unwrap_err();
    assert_eq!(refused, Refusal::TermsTaken { epoch: 2, generation: 1 });
    let third = mint(&mut world, "node-b", E2).unwrap();
    assert_eq!(third, Answer::Terms { epoch: StoreEpoch(3), generation: FIRST_GENERATION });
    world.restart();
    assert_eq!(mint(&mut world, "node-b", E2).unwrap(), third, "durable before the answer");
}

#[test]
fn under_a_new_epoch_nothing_of_the_old_one_is_sold_and_the_word_follows_every_order() {
    let mut world = World::new();
    world.grant(1, 5);
    let (sold, waiting) = (world.customer(1), world.customer(2));
    world.cart(sold.0, 1, 2);
    let order = world.checkout(sold, Payment::Cod).unwrap();
    world.cart(waiting.0, 1, 1);
    let held = world.checkout(waiting, upi()).unwrap();
    world.hub.carry(world.now).unwrap();
    let old = (FIRST_EPOCH, FIRST_GENERATION);
    mint(&mut world, "node-a", FIRST_EPOCH).unwrap();
    assert_eq!(world.hub.data().order(&held).unwrap().unwrap().state, OrderState::PaymentFailed);
    assert_eq!(rights(&world, FIRST_EPOCH, FIRST_GENERATION).held(), 0);
    world.cart(waiting.0, 1, 1);
    assert!(world.checkout(waiting, Payment::Cod).is_err(), "nothing is granted under the new epoch");
    let store = world.store.clone();
    let late = world.hub.inbound_under(world.now, &store, old, vec![]).unwrap_err();
    assert_eq!(late, Fault::OldTerms(store.clone()), "the old node's session is over");
    let whole = DocKey::Orders { hour: 1 };
    let late = world.hub.whole_under(world.now, (&store, old), whole, vec![]).unwrap_err();
    assert_eq!(late, Fault::OldTerms(store.clone()), "a whole document, too");
    // Its acknowledgements are of a log that is over: the new one has the same numbers for other records.
    let acked = |under| Said::Acked(store.clone(), under, LaneSeq { lane: Lane::Orders, seq: 1 });
    let kept = world.hub.out_records(&store, LaneSeq { lane: Lane::Orders, seq: 0 }, 9).unwrap();
    world.hub.hear(world.now, &[acked(old)]).unwrap();
    let still = world.hub.out_records(&store, LaneSeq { lane: Lane::Orders, seq: 0 }, 9).unwrap();
    assert!(!kept.is_empty() && kept == still, "{kept:?}");
    world.logs_begin_anew();
    assert_eq!(word(&mut world, E2, FIRST_GENERATION), Some(E2));
    let hour = world.hub.data().order(&order).unwrap().unwrap().placed_at.hour();
    let id = DocKey::Orders { hour }.of(&world.store.clone());
    let view = world.document(&id).order(&order).unwrap().expect("said again under the new terms");
    assert_eq!(view.terms, (FIRST_EPOCH, FIRST_GENERATION));
}

/// The store may not have heard it: it would be fenced for ever.
#[test]
fn a_word_in_a_log_that_is_over_is_given_again() {
    let mut world = World::new();
    mint(&mut world, "node-a", FIRST_EPOCH).unwrap();
    let second = begin(&mut world, "hub-b");
    world.logs_begin_anew();
    assert_eq!(word(&mut world, E2, second), None, "what it sold may be forgotten");
    for person in ["ops-a", "ops-b"] {
        let mut envelope = world.envelope(Command::CloseGeneration { upto: FIRST_GENERATION });
        envelope.actor.person = PersonId::new(person).unwrap();
        world.send(envelope).unwrap();
    }
    assert_eq!(word(&mut world, E2, second), Some(E2));
}

#[test]
fn an_order_says_under_which_terms_it_was_sold() {
    let mut world = World::new();
    mint(&mut world, "node-a", FIRST_EPOCH).unwrap();
    world.logs_begin_anew();
    world.store_says_under((E2, FIRST_GENERATION), &Fact::Granted { sku: sku(1), total: 3 });
    let who = world.customer(1);
    world.cart(who.0, 1, 1);
    let order = world.checkout(who, Payment::Cod).unwrap();
    world.store_reads();
    let view = world.orders_document(&order).order(&order).unwrap().unwrap();
    assert_eq!(view.terms, (E2, FIRST_GENERATION));
}

#[test]
fn wanted_rights_go_back_at_once_and_held_ones_when_they_are_let_go() {
    let mut world = World::new();
    world.grant(1, 5);
    let who = world.customer(1);
    world.cart(who.0, 1, 3);
    world.checkout(who, upi()).unwrap();
    world.store_says(&[Fact::Wanted { sku: sku(1), total: 4 }]);
    let now = rights(&world, FIRST_EPOCH, FIRST_GENERATION);
    assert_eq!((now.returned(), now.held(), now.available()), (2, 3, 0), "the free ones at once");
    world.wait(15 * 60_000);
    world.done(Command::ExpireHolds);
    let now = rights(&world, FIRST_EPOCH, FIRST_GENERATION);
    assert_eq!((now.returned(), now.held(), now.available()), (4, 0, 1), "the rest when the hold ends");
    world.store_reads();
    let id = DocKey::Quota { epoch: FIRST_EPOCH, generation: FIRST_GENERATION }.of(&world.store.clone());
    assert_eq!(world.document(&id).returned(&sku(1)).unwrap(), 4);
    // The register falls: nothing more is given back, also not of a new grant.
    world.store_says(&[Fact::Wanted { sku: sku(1), total: 0 }]);
    world.grant(1, 9);
    assert_eq!(rights(&world, FIRST_EPOCH, FIRST_GENERATION).available(), 5);
}

fn head(world: &World) -> OrderHead {
    let line = HeadLine { sku: sku(1), qty: model::Qty::ONE, unit_price: model::Paise::new(100) };
    OrderHead {
        number: "9Z9".to_owned(),
        channel: model::order::Channel::Online,
        promise_at: world.now.plus_ms(600_000),
        first_name: String::new(),
        cod: model::Paise::ZERO,
        preset: model::order_doc::SubstitutePreset::Refund,
        lines: vec![line],
    }
}

/// An order as the gateway's and the notifications' logs know it.
fn in_the_logs(world: &World, n: u128, generation: HubGeneration) -> Recovered {
    Recovered {
        order: OrderId::new(world.now, n),
        store: world.store.clone(),
        epoch: FIRST_EPOCH,
        generation,
        head: head(world),
        placed_at: world.now,
        confirmed_at: world.now,
        customer: None,
        address: None,
        paid: true,
    }
}

/// Found in the escrow's world: hub and store came from backups of the first generation when the hub had begun two more.
#[test]
fn what_a_later_generation_than_the_present_one_has_sold_comes_back_from_the_logs_too() {
    let mut world = World::new();
    let further = FIRST_GENERATION.next(1).unwrap().next(2).unwrap();
    let ask = |world: &mut World, n, generation| {
        let orders = vec![in_the_logs(world, n, generation)];
        world.ask(Command::RecoverOrders { orders })
    };
    assert!(ask(&mut world, 1, further).is_err(), "a hub that was never restored has forgotten nothing");
    let own = begin(&mut world, "hub-b");
    assert!(own < further);
    assert!(ask(&mut world, 2, own).is_err(), "nor has one of what its own generation sold");
    assert_eq!(ask(&mut world, 3, further), Ok(Answer::Count { count: 1 }));
    world.store_reads();
    let order = OrderId::new(world.now, 3);
    let view = world.orders_document(&order).order(&order).unwrap().unwrap();
    assert_eq!(view.terms, (FIRST_EPOCH, further), "the store hears under which rights it was sold");
}

#[test]
fn a_restored_hub_sells_nothing_it_was_not_granted_anew_and_two_people_close_its_past() {
    let mut world = World::new();
    world.grant(1, 5);
    let (who, ..) = (world.customer(1), ());
    let second = begin(&mut world, "hub-b");
    assert!(second > FIRST_GENERATION);
    let retry = Command::BeginGeneration { hub: "hub-b".to_owned(), expect: FIRST_GENERATION };
    assert_eq!(world.done(retry), Answer::Terms { epoch: StoreEpoch(0), generation: second });
    let other = Command::BeginGeneration { hub: "hub-c".to_owned(), expect: FIRST_GENERATION };
    assert!(matches!(world.ask(other), Err(Refusal::TermsTaken { .. })), "one live installation");
    world.hub.heard(world.now, &world.store.clone(), true).unwrap();
    world.cart(who.0, 1, 1);
    assert!(world.checkout(who, Payment::Cod).is_err());
    // A store is replaced meanwhile: the word has to wait for what the hub has forgotten.
    mint(&mut world, "node-a", FIRST_EPOCH).unwrap();
    let epoch = world.hub.data().store(&world.store).unwrap().unwrap().epoch;
    world.logs_begin_anew();
    assert_eq!(word(&mut world, epoch, second), None);
    let lost_order = in_the_logs(&world, 77, FIRST_GENERATION);
    let lost = lost_order.order;
    let recovered = world.done(Command::RecoverOrders { orders: vec![lost_order] });
    assert_eq!(recovered, Answer::Count { count: 1 });
    for (person, voices) in [("ops-a", 1), ("ops-a", 1), ("ops-b", 2)] {
        let mut envelope = world.envelope(Command::CloseGeneration { upto: FIRST_GENERATION });
        envelope.actor.person = PersonId::new(person).unwrap();
        assert_eq!(world.send(envelope).unwrap(), Answer::Count { count: voices });
        let said = word(&mut world, epoch, second);
        assert_eq!(said, (voices == 2).then_some(epoch), "two people, not one person twice");
    }
    let view = world.orders_document(&lost).order(&lost).unwrap().unwrap();
    assert_eq!(view.moments.get(Moment::Confirmed), Some(world.now));
    let id = DocKey::Quota { epoch, generation: second }.of(&world.store.clone());
    assert_eq!(world.document(&id).closing().unwrap(), Some(FIRST_GENERATION));
}

#[test]
fn what_a_restored_hub_has_forgotten_it_hears_from_its_store() {
    let mut world = World::new();
    world.grant(1, 5);
    let who = world.customer(1);
    world.cart(who.0, 1, 2);
    let order = world.checkout(who, Payment::Cod).unwrap();
    world.store_reads();
    let hour = world.hub.data().order(&order).unwrap().unwrap().placed_at.hour();
    let key = DocKey::Orders { hour };
    let whole = world.document(&key.of(&world.store.clone())).save_full().unwrap();
    // The same store at a hub that never had the order: as after a restore from before it.
    let mut world = World::new();
    begin(&mut world, "hub-b");
    let store = world.store.clone();
    let at = LaneSeq { lane: Lane::Orders, seq: 1 };
    let out = world.hub.inbound(world.now, &store, vec![(at, key, whole)]).unwrap();
    assert_eq!((out.upto[0], out.quarantined), (1, 0));
    let row = world.hub.data().order(&order).unwrap().expect("recovered");
    assert_eq!((row.state, row.generation), (OrderState::Confirmed, FIRST_GENERATION));
    assert_eq!(world.hub.data().lines(&order).unwrap()[0].qty, model::Qty::new(2).unwrap());
}

/// What a store says that the hub wrote in a life of this number: an order that was sold then.
fn said_by_the_hub(world: &mut World, life: u32, n: u128) -> (OrderId, u32) {
    let store = world.store.clone();
    let hour = world.now.hour();
    let order = OrderId::new(world.now, n);
    let id = DocKey::Orders { hour }.of(&store);
    let actor = DocActor { side: Owner::Hub, store: store.clone(), boot: life };
    let mut former = Document::new(id, &actor).unwrap();
    former.put_order(&order, &head(world)).unwrap();
    former.put_moment(&order, Moment::Confirmed, world.now).unwrap();
    let change = former.commit().unwrap().unwrap();
    let at = LaneSeq { lane: Lane::Orders, seq: world.next_record() };
    let took = world.hub.inbound(world.now, &store, vec![(at, DocKey::Orders { hour }, change)]).unwrap();
    (order, took.quarantined)
}

/// What it checks while it cannot know all that it has written: a life that it has forgotten began before this generation.
#[test]
fn a_restored_hub_believes_no_life_of_its_own_that_has_forgotten_nothing() {
    let mut world = World::new();
    let forgotten = world.hub.data().boot().unwrap();
    world.wait(60_000);
    begin(&mut world, "hub-b");
    let born = world.hub.data().boot().unwrap();
    assert!(born > forgotten);
    let (lost, quarantined) = said_by_the_hub(&mut world, born - 7, 1);
    assert_eq!(quarantined, 0, "a life between the backup and the restore may have sold it");
    assert!(world.hub.data().order(&lost).unwrap().is_some());
    for (life, n) in [(born, 2), (born + 1_000_000, 3)] {
        let (forged, quarantined) = said_by_the_hub(&mut world, life, n);
        assert_eq!(quarantined, 1, "life {life}");
        assert_eq!(world.hub.data().order(&forged).unwrap(), None);
    }
    let why = world.hub.data().set_aside(None, 1).unwrap().remove(0).why;
    assert!(why.contains("by a stranger") && why.contains("no such change"), "{why}");
    // A process that starts again knows the lives before its own.
    world.wait(60_000);
    world.restart();
    for (life, n) in [(born, 4), (world.hub.data().boot().unwrap(), 5)] {
        let (forged, quarantined) = said_by_the_hub(&mut world, life, n);
        assert_eq!((world.hub.data().order(&forged).unwrap(), quarantined), (None, 1), "life {life}");
    }
    world.grant(1, 5);
    let key = QuotaKey { store: world.store.clone(), epoch: FIRST_EPOCH, generation: FIRST_GENERATION };
    assert_eq!(world.hub.data().rights(&key, &sku(1)).unwrap().granted_seen(), 5, "the rest goes on");
}
