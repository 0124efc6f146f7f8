//! What a store says of a document that differs: what was lost is learnt and acted upon, what is forged is named and kept out.

use crate::db::quotas::QuotaKey;
use crate::testkit::{World, sku};
use ::sync::doc::{DocActor, DocId, DocKey, Document, RepairMessage, RepairSaid, Repairing};
use ::sync::lane::{Lane, LaneSeq};
use model::api::hub::Payment;
use model::fact::Fact;
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use model::time::HOUR_MS;

const QUOTA: DocKey = DocKey::Quota { epoch: StoreEpoch(1), generation: HubGeneration(1) };

/// They speak until neither has anything to say; gives what went to quarantine.
fn talk(world: &mut World, node: &mut Document) -> u32 {
    let (store, now) = (world.store.clone(), world.now);
    let under = world.hub.under(&store).unwrap();
    let (mut here, mut there) = (Repairing::default(), Repairing::default());
    let mut aside = 0;
    let (_, mut answer) = world.hub.repair(now, (&store, under), QUOTA, (&mut here, None)).unwrap();
    while let RepairSaid::Message(bytes) = answer.said {
        let came = RepairMessage::read(&bytes).unwrap();
        for change in &came.changes {
            let _ = node.apply_from(Owner::Hub, change);
        }
        let RepairSaid::Message(bytes) = node.repair(&mut there, Some(came)).unwrap().said else { break };
        let done = world.hub.repair(now, (&store, under), QUOTA, (&mut here, Some(&bytes))).unwrap();
        aside += done.0.quarantined;
        answer = done.1;
    }
    aside
}

fn granted(world: &World, n: u32) -> u64 {
    let key = QuotaKey { store: world.store.clone(), epoch: StoreEpoch(1), generation: HubGeneration(1) };
    world.hub.data().rights(&key, &sku(n)).unwrap().granted_seen()
}

/// A hub that has lost what the store granted second, and knows of the third that it waits for it.
fn with_a_gap() -> (World, Document) {
    let mut world = World::new();
    world.grant(1, 5);
    let id = QUOTA.of(&world.store);
    let mut say = |n, total| {
        let document = world.document(&id);
        assert!(document.put_fact(&Fact::Granted { sku: sku(n), total }).unwrap());
        document.commit().unwrap().unwrap()
    };
    let _lost = say(2, 7);
    let third = say(3, 9);
    let at = LaneSeq { lane: Lane::Orders, seq: world.next_record() };
    let store = world.store.clone();
    world.hub.inbound(world.now, &store, vec![(at, QUOTA, third)]).unwrap();
    assert_eq!([1, 2, 3].map(|n| granted(&world, n)), [5, 0, 0]);
    let node = copy(&mut world, &id, Owner::Store);
    (world, node)
}

/// The store's copy, as somebody of this side has it in a life of its own.
fn copy(world: &mut World, id: &DocId, side: Owner) -> Document {
    let actor = DocActor { side, store: world.store.clone(), boot: 700 };
    let whole = world.document(id).save_full().unwrap();
    Document::load(id.clone(), &actor, &whole).unwrap()
}

#[test]
fn a_lost_grant_is_learnt_with_everything_that_waited_for_it() {
    let (mut world, mut node) = with_a_gap();
    assert_eq!(talk(&mut world, &mut node), 0);
    assert_eq!([1, 2, 3].map(|n| granted(&world, n)), [5, 7, 9]);
    world.restart();
    let heads = world.hub.heads(world.now, &world.store.clone(), &[]).unwrap();
    assert_eq!(heads.iter().find(|(key, _)| *key == QUOTA).unwrap().1, node.heads());
}

#[test]
fn every_open_hour_is_compared_and_one_that_only_the_store_has_when_it_is_named() {
    let mut world = World::new();
    world.grant(1, 5);
    let hour = world.now.hour();
    let [here, there] = [hour, hour + 3].map(|hour| DocKey::Orders { hour });
    let customer = world.customer(1);
    world.cart(customer.0, 1, 1);
    let order = world.checkout(customer, Payment::Cod).unwrap();
    world.store_reads();
    world.wait(9 * HOUR_MS);
    let store = world.store.clone();
    let named = |world: &mut World, theirs: &[DocKey]| -> Vec<DocKey> {
        world.hub.heads(world.now, &store, theirs).unwrap().into_iter().map(|(doc, _)| doc).collect()
    };
    let open = named(&mut world, &[]);
    assert!(open.contains(&here) && !open.contains(&there), "{order}: {open:?}");
    let both = named(&mut world, &[there]);
    assert!(both.contains(&here) && both.contains(&there), "{both:?}");
}

#[test]
fn what_the_store_has_not_written_is_named_and_what_was_lost_is_learnt_beside_it() {
    let (mut world, mut node) = with_a_gap();
    let id = node.id().clone();
    let mut forger = copy(&mut world, &id, Owner::Hub);
    assert!(forger.set_returned(&sku(1), 4).unwrap());
    node.apply_change(&forger.commit().unwrap().unwrap()).unwrap();
    let aside = talk(&mut world, &mut node);
    assert!((1..=10).contains(&aside), "{aside} times named");
    assert_eq!([1, 2, 3].map(|n| granted(&world, n)), [5, 7, 9]);
    let key = QuotaKey { store: world.store.clone(), epoch: StoreEpoch(1), generation: HubGeneration(1) };
    assert_eq!(world.hub.data().rights(&key, &sku(1)).unwrap().returned(), 0);
    let kept = world.hub.data().set_aside(None, 20).unwrap();
    assert!(kept.iter().all(|row| row.why.contains("stranger")), "{kept:?}");
}

#[test]
fn bytes_that_are_no_message_are_named_once_and_answered_by_nothing() {
    let (mut world, _) = with_a_gap();
    let (store, now) = (world.store.clone(), world.now);
    let under = world.hub.under(&store).unwrap();
    for n in 0..300u32 {
        let said = (&mut Repairing::default(), Some(&n.to_be_bytes()[..]));
        let (_, answer) = world.hub.repair(now, (&store, under), QUOTA, said).unwrap();
        assert_eq!((answer.said, answer.level), (RepairSaid::Nothing, false));
    }
    assert_eq!(world.hub.data().set_aside(None, 1_000).unwrap().len(), 1);
}
