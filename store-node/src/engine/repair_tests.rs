//! What the hub says of a document that differs: what was lost is learnt and acted upon, what is forged is named and kept out.

use crate::testbed::Bed;
use model::order::{Moment, Owner};
use model::time::HOUR_MS;
use model::{OrderId, OrderState};
use sync::doc::{DocActor, DocKey, Document, RepairMessage, RepairSaid, Repairing};

/// The hub's copy of the orders document, with a life of its own.
fn hub_of(bed: &Bed) -> Document {
    let store = bed.engine.setup().store.clone();
    let actor = DocActor { side: Owner::Hub, store, boot: 500 };
    let whole = bed.hub_document().save_full().unwrap();
    Document::load(bed.hub_document().id().clone(), &actor, &whole).unwrap()
}

/// They speak until neither has anything to say.
fn talk(bed: &mut Bed, hub: &mut Document) {
    let doc = hub.id().key();
    let (mut here, mut there) = (Repairing::default(), Repairing::default());
    let (_, mut answer) = bed.engine.repair(bed.now, doc, (&mut here, None)).unwrap();
    while let RepairSaid::Message(bytes) = answer.said {
        let came = RepairMessage::read(&bytes).unwrap();
        for change in &came.changes {
            let _ = hub.apply_from(Owner::Store, change);
        }
        let RepairSaid::Message(bytes) = hub.repair(&mut there, Some(came)).unwrap().said else { return };
        answer = bed.engine.repair(bed.now, doc, (&mut here, Some(&bytes))).unwrap().1;
    }
}

fn state(bed: &Bed, order: OrderId) -> Option<OrderState> {
    bed.reader().order(order).unwrap().map(|order| order.card.state)
}

/// A store that has lost the second of three orders, and knows of the third that it waits for it.
fn with_a_gap() -> (Bed, [OrderId; 3]) {
    let mut bed = Bed::new();
    bed.receive("SALT", 9, None);
    let (first, one) = bed.hub_orders(1, &[("SALT", 1)]);
    let (second, _) = bed.hub_orders(2, &[("SALT", 1)]);
    let (third, three) = bed.hub_orders(3, &[("SALT", 1)]);
    bed.inbound(vec![one, three]);
    assert_eq!(state(&bed, first), Some(OrderState::Confirmed));
    assert_eq!([second, third].map(|order| state(&bed, order)), [None, None]);
    (bed, [first, second, third])
}

#[test]
fn a_lost_order_is_learnt_with_everything_that_waited_for_it() {
    let (bed, [_, second, third]) = with_a_gap();
    // What waits is on the disk, so that the other side need not say it again even after a restart.
    let mut bed = bed.restart();
    let mut hub = hub_of(&bed);
    talk(&mut bed, &mut hub);
    assert_eq!([second, third].map(|order| state(&bed, order)), [Some(OrderState::Confirmed); 2]);
    let mut bed = bed.restart();
    let heads = bed.engine.heads(bed.now, &[]).unwrap();
    assert_eq!(heads.iter().find(|(key, _)| *key == hub.id().key()).unwrap().1, hub.heads());
    assert_eq!(bed.stock("SALT").1, 3, "each holds its unit, once");
    bed.check();
}

/// The page of the disk with the hub's change went bad before the store had told the hub that it had taken the order: that is
/// no reason to keep it back, or to set it aside.
#[test]
fn what_the_store_says_of_an_order_that_its_hour_has_lost_goes_to_a_later_hour() {
    let mut bed = Bed::new();
    bed.receive("SALT", 9, None);
    let (order, record) = bed.hub_orders(1, &[("SALT", 1)]);
    let DocKey::Orders { hour } = record.doc else { panic!("an hour") };
    bed.inbound(vec![record]);
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    assert_eq!(conn.execute("DELETE FROM doc_chunk WHERE doc LIKE 'orders/%'", []).unwrap(), 1);
    let mut bed = bed.restart();
    bed.engine.carry(bed.now).unwrap();
    let later = DocKey::Orders { hour: hour + 1 };
    let actor = DocActor { side: Owner::Hub, store: bed.engine.setup().store.clone(), boot: 600 };
    let whole = bed.engine.whole(later).unwrap();
    let read = Document::load(later.of(&actor.store), &actor, &whole).unwrap();
    let late = read.late(&order).unwrap();
    assert!(late.iter().any(|view| view.moments.get(Moment::Accepted).is_some()), "{late:?}");
    let named = bed.reader().snapshot(|conn, _| crate::db::docs::reasons(conn, 9)).unwrap();
    assert!(named.is_empty(), "{named:?}");
    // The hour itself comes back by repair, and both stand beside each other.
    let mut hub = hub_of(&bed);
    talk(&mut bed, &mut hub);
    assert_eq!(state(&bed, order), Some(OrderState::Confirmed));
    assert_eq!(bed.stock("SALT").1, 1, "held once");
    bed.check();
}

#[test]
fn an_hour_of_this_morning_is_compared_as_long_as_it_is_open_and_one_that_only_the_hub_has_when_it_is_named()
{
    let (mut bed, _) = with_a_gap();
    let hub = hub_of(&bed);
    let (DocKey::Orders { hour }, key) = (hub.id().key(), hub.id().key()) else { panic!("an hour") };
    bed.pass(7 * HOUR_MS);
    let own = |heads: &[(DocKey, [u8; 8])], of| heads.iter().find(|(doc, _)| *doc == of).map(|(_, own)| *own);
    let heads = bed.engine.heads(bed.now, &[]).unwrap();
    assert!(own(&heads, key).is_some_and(|own| own != hub.heads()), "{heads:?}");
    let lost = DocKey::Orders { hour: hour + 2 };
    assert_eq!(own(&heads, lost), None, "nothing of it is here");
    let heads = bed.engine.heads(bed.now, &[lost, key]).unwrap();
    assert!(own(&heads, lost).is_some(), "{heads:?}");
    assert_eq!(heads.iter().filter(|(doc, _)| *doc == key).count(), 1);
}

#[test]
fn what_the_hub_has_not_written_is_named_and_what_was_lost_is_learnt_beside_it() {
    let (mut bed, [first, second, third]) = with_a_gap();
    let mut hub = hub_of(&bed);
    let forger = DocActor { side: Owner::Store, store: bed.engine.setup().store.clone(), boot: 77 };
    let mut forged = Document::load(hub.id().clone(), &forger, &hub.save_full().unwrap()).unwrap();
    forged.put_moment(&first, Moment::Cancelled, bed.now).unwrap();
    hub.apply_change(&forged.commit().unwrap().unwrap()).unwrap();
    talk(&mut bed, &mut hub);
    assert_eq!([first, second, third].map(|order| state(&bed, order)), [Some(OrderState::Confirmed); 3]);
    let named = bed.reader().snapshot(|conn, _| crate::db::docs::reasons(conn, 50)).unwrap();
    assert!(!named.is_empty() && named.len() <= 10, "{named:?}");
    assert!(named.iter().all(|(from, _, why)| from == "hub repair" && why.contains("stranger")), "{named:?}");
    bed.check();
}

#[test]
fn bytes_that_are_no_message_are_named_and_answered_by_nothing() {
    let (mut bed, _) = with_a_gap();
    let doc = DocKey::Orders { hour: bed.now.hour() };
    for n in 0..300u32 {
        let bytes = n.to_be_bytes();
        let (_, answer) = bed.engine.repair(bed.now, doc, (&mut Repairing::default(), Some(&bytes))).unwrap();
        assert_eq!((answer.said, answer.level), (RepairSaid::Nothing, false));
    }
    let named = bed.reader().snapshot(|conn, _| crate::db::docs::reasons(conn, 1_000)).unwrap();
    assert_eq!(named.len(), 200, "the first are enough for a person");
    assert!(named.iter().all(|(_, _, why)| why.contains("does not read")), "{:?}", named.first());
}
