//! Two documents, one at each side: their life together, write rules, and bytes that lie.

use super::*;
use automerge::transaction::{CommitOptions, Transactable, Transaction};
use model::fact::Fact;
use model::id::{LotId, OrderId, SkuId, StoreId};
use model::money::Paise;
use model::order::{Channel, Moment, OrderState, Owner};
use model::order_doc::{
    HeadLine, LessPaid, OrderHead, PickedUnits, Picks, RiderCard, ShortUnits, SubstituteAnswer,
    SubstituteAsk, SubstitutePreset,
};
use model::qty::Qty;
use model::quota::{HubGeneration, StoreEpoch};
use model::time::{HOUR_MS, Timestamp};

mod alarms;
mod catalogue;
mod closed;
mod damage;
mod merge;
mod stock;

const HOUR: i64 = 495_312;

fn store() -> StoreId {
    StoreId::new("s1").unwrap()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(HOUR * HOUR_MS + ms)
}

fn open(key: DocKey, side: Owner, boot: u32) -> Document {
    Document::new(key.of(&store()), &DocActor { side, store: store(), boot }).unwrap()
}

fn orders(side: Owner, boot: u32) -> Document {
    open(DocKey::Orders { hour: HOUR }, side, boot)
}

fn quota(side: Owner, boot: u32) -> Document {
    open(DocKey::Quota { epoch: StoreEpoch(1), generation: HubGeneration(1) }, side, boot)
}

fn sku(n: u64) -> SkuId {
    SkuId::new(format!("{}-{n:04}", ["MLK", "ATA", "DAL"][(n % 3) as usize])).unwrap()
}

fn order(n: u64) -> OrderId {
    OrderId::new(at(n as i64 * 36_000), u128::from(n) * 0x9e37_79b9_7f4a_7c15)
}

fn head(channel: Channel, lines: u64) -> OrderHead {
    let line = |n| HeadLine {
        sku: sku(n),
        qty: Qty::new(1 + n as i64 % 3).unwrap(),
        unit_price: Paise::new(4_950 + n as i64 * 50),
    };
    OrderHead {
        number: "4K7".into(),
        channel,
        promise_at: at(900_000),
        first_name: "आशा".into(),
        cod: Paise::new(12_345),
        preset: SubstitutePreset::BestMatch,
        lines: (0..lines).map(line).collect(),
    }
}

fn picks(head: &OrderHead) -> Picks {
    let mut picked: Vec<PickedUnits> = head
        .lines
        .iter()
        .zip(0u8..)
        .map(|(l, line)| PickedUnits {
            line,
            sku: l.sku.clone(),
            lot: LotId::new("L-004711").unwrap(),
            qty: l.qty,
        })
        .collect();
    picked[0].sku = SkuId::new("any.other_SKU-1").unwrap();
    picked[0].qty = Qty::new(7).unwrap();
    picked.reverse();
    Picks {
        picked,
        short: vec![ShortUnits { line: 1, qty: Qty::ONE }],
        bags: 2,
        less: vec![LessPaid { line: 1, paise: Paise::new(1_234) }],
    }
}

/// A change that the side's own code would never write.
fn forge(document: &mut Document, write: impl FnOnce(&mut Transaction<'_>)) -> Vec<u8> {
    let mut tx = document.am.transaction();
    write(&mut tx);
    tx.commit_with(CommitOptions::default().with_time(0));
    document.seal().unwrap()
}

/// A hub document and a store document that both have order 0.
fn pair() -> (Document, Document) {
    let (mut hub, mut store) = (orders(Owner::Hub, 1), orders(Owner::Store, 1));
    hub.put_order(&order(0), &head(Channel::Online, 3)).unwrap();
    hub.put_moment(&order(0), Moment::Placed, at(0)).unwrap();
    store.apply_change(&hub.commit().unwrap().unwrap()).unwrap();
    (hub, store)
}

#[test]
fn both_sides_begin_with_the_same_change_and_ids_come_back_as_text() {
    assert_eq!(orders(Owner::Hub, 1).heads(), orders(Owner::Store, 900).heads());
    assert_eq!(quota(Owner::Hub, 1).heads(), quota(Owner::Store, 2).heads());
    for key in [orders(Owner::Hub, 1), quota(Owner::Hub, 1)] {
        assert_eq!(key.id().to_string().parse::<DocId>().as_ref(), Ok(key.id()));
    }
    for bad in [
        "",
        "orders",
        "orders/s1",
        "orders/s1/x",
        "orders/s/1/2",
        "orders/a+b/1",
        "quota/s1/1",
        "orders/s1/01",
    ] {
        assert!(bad.parse::<DocId>().is_err(), "{bad}");
    }
}

#[test]
fn an_order_lives_through_both_sides() {
    let (mut hub, mut store) = pair();
    let (id, lines) = (order(0), head(Channel::Online, 3));
    let rider = RiderCard { code: "R-17".into(), name: "Ravi".into(), eta_at: at(600_000) };
    hub.put_rider(&id, &rider).unwrap();
    store.apply_change(&hub.commit().unwrap().unwrap()).unwrap();
    for (moment, ms) in [(Moment::Accepted, 2_000), (Moment::Picking, 9_000), (Moment::Packed, 99_000)] {
        assert_eq!(store.put_moment(&id, moment, at(ms)), Ok(true));
        let change = store.commit().unwrap().unwrap();
        assert!(change.len() < 64, "a moment takes {} bytes", change.len());
        assert_eq!(hub.apply_change(&change).unwrap().orders.into_iter().collect::<Vec<_>>(), [id]);
    }
    store.put_picks(&id, &picks(&lines)).unwrap();
    hub.apply_change(&store.commit().unwrap().unwrap()).unwrap();
    let view = hub.order(&id).unwrap().unwrap();
    assert_eq!(view, store.order(&id).unwrap().unwrap());
    assert_eq!((view.head, view.rider, view.picks), (lines.clone(), Some(rider), Some(picks(&lines))));
    assert_eq!(view.moments.state(), OrderState::Packed);
    assert_eq!(view.moments.get(Moment::Picking), Some(at(9_000)));
    assert_eq!(hub.order(&order(9)), Ok(None));
}

#[test]
fn writing_again_is_silent_and_writing_otherwise_is_named() {
    let (mut hub, mut store) = pair();
    let id = order(0);
    assert_eq!(hub.put_order(&id, &head(Channel::Online, 3)), Ok(false));
    assert!(matches!(hub.put_order(&id, &head(Channel::Online, 2)), Err(DocError::OtherContent { .. })));
    assert_eq!(hub.put_moment(&id, Moment::Placed, at(77)), Ok(false));
    assert_eq!(hub.commit(), Ok(None));
    assert!(matches!(hub.put_moment(&id, Moment::Packed, at(1)), Err(DocError::NotMine { .. })));
    assert!(matches!(store.put_moment(&id, Moment::Delivered, at(1)), Err(DocError::NotMine { .. })));
    assert!(matches!(hub.put_picks(&id, &picks(&head(Channel::Online, 3))), Err(DocError::NotMine { .. })));
    assert!(matches!(store.put_order(&order(1), &head(Channel::Online, 1)), Err(DocError::NotMine { .. })));
    assert!(matches!(store.put_moment(&order(5), Moment::Packed, at(1)), Err(DocError::UnknownOrder { .. })));
    assert!(matches!(hub.set_returned(&sku(1), 1), Err(DocError::WrongKind { .. })));
    assert!(matches!(quota(Owner::Hub, 1).order(&id), Err(DocError::WrongKind { .. })));
}

#[test]
fn a_counter_order_belongs_to_the_store_alone() {
    let (mut hub, mut store) = pair();
    let id = order(4);
    store.put_order(&id, &head(Channel::Counter, 2)).unwrap();
    for moment in [Moment::Placed, Moment::Packed, Moment::Delivered] {
        store.put_moment(&id, moment, at(500)).unwrap();
    }
    hub.apply_change(&store.commit().unwrap().unwrap()).unwrap();
    assert_eq!(hub.order(&id).unwrap().unwrap().moments.state(), OrderState::Delivered);
    assert!(matches!(hub.put_moment(&id, Moment::Completed, at(1)), Err(DocError::NotMine { .. })));
    assert_eq!(hub.orders().unwrap().len(), 2);
}

#[test]
fn grants_never_fall_and_two_lives_of_a_writer_merge_by_max() {
    let (mut hub, mut first, mut second) =
        (quota(Owner::Hub, 1), quota(Owner::Store, 1), quota(Owner::Store, 2));
    assert_eq!(first.set_granted(&sku(1), 9), Ok(true));
    assert_eq!(first.set_granted(&sku(1), 8), Ok(false));
    second.set_granted(&sku(1), 5).unwrap();
    second.set_granted(&sku(2), 3).unwrap();
    for change in [second.commit(), first.commit()] {
        hub.apply_change(&change.unwrap().unwrap()).unwrap();
    }
    assert_eq!((hub.granted(&sku(1)), hub.granted(&sku(2)), hub.returned(&sku(1))), (Ok(9), Ok(3), Ok(0)));
    assert_eq!(hub.skus().unwrap(), [sku(1), sku(2)]);
    assert!(matches!(hub.set_granted(&sku(1), 99), Err(DocError::NotMine { .. })));
    hub.set_returned(&sku(1), 2).unwrap();
    let change = hub.commit().unwrap().unwrap();
    assert!(first.apply_change(&change).unwrap().waiting);
    assert_eq!((first.waiting(), first.returned(&sku(1))), (1, Ok(0)));
    first.apply_whole(&hub.save_full().unwrap()).unwrap();
    assert_eq!((first.waiting(), first.returned(&sku(1)), first.heads()), (0, Ok(2), hub.heads()));
}

#[test]
fn what_was_kept_loads_to_the_same_document() {
    let (mut hub, _) = pair();
    let kept = orders(Owner::Hub, 1);
    let mut chunks = Vec::new();
    for n in 1..5 {
        hub.put_order(&order(n), &head(Channel::Online, n)).unwrap();
        chunks.push(hub.commit().unwrap().unwrap());
    }
    let first = orders_changes(&hub);
    let bytes: Vec<u8> = std::iter::once(first).chain(chunks).flatten().collect();
    let actor = DocActor { side: Owner::Hub, store: store(), boot: 2 };
    let mut loaded = Document::load(kept.id().clone(), &actor, &bytes).unwrap();
    assert_eq!((loaded.orders(), loaded.heads()), (hub.orders(), hub.heads()));
    loaded.put_moment(&order(1), Moment::Confirmed, at(3)).unwrap();
    hub.apply_change(&loaded.commit().unwrap().unwrap()).unwrap();
    let whole = Document::load(kept.id().clone(), &actor, &loaded.save_full().unwrap()).unwrap();
    assert_eq!((whole.orders(), whole.heads()), (hub.orders(), hub.heads()));
}

/// The whole document as one chunk, for a run of chunks that begins in the middle of its life.
fn orders_changes(document: &Document) -> Vec<u8> {
    document.save_full().unwrap()
}

#[test]
fn a_substitute_is_asked_and_answered_through_facts() {
    let (mut hub, mut store) = pair();
    let (order, hour) = (order(0), HOUR);
    let price = Some(Paise::new(2_800));
    let ask = SubstituteAsk { line: 2, sku: sku(9), qty: Qty::ONE, until: at(160_000), price };
    let answer = SubstituteAnswer { line: 2, accept: true };
    let asked = Fact::Ask { order, hour, ask: ask.clone() };
    let answered = Fact::Answer { order, hour, answer: answer.clone() };
    let key = DocKey::of_fact(&asked, StoreEpoch(1), HubGeneration(1));
    assert_eq!(&key.of(&super::tests::store()), store.id());
    assert_eq!((store.put_fact(&asked), hub.put_fact(&answered)), (Ok(true), Ok(true)));
    assert!(matches!(store.put_fact(&answered), Err(DocError::NotMine { .. })));
    hub.apply_change(&store.commit().unwrap().unwrap()).unwrap();
    store.apply_change(&hub.commit().unwrap().unwrap()).unwrap();
    assert_eq!(store.put_fact(&asked), Ok(false));
    for document in [&hub, &store] {
        let view = document.order(&order).unwrap().unwrap();
        assert_eq!((view.asks, view.answers), (vec![ask.clone()], vec![answer.clone()]));
    }
}

#[test]
fn a_second_rider_replaces_the_first_and_the_store_alone_says_who_took_it() {
    let (mut hub, mut store) = pair();
    let (order, hour) = (order(0), HOUR);
    let card = |code: &str| RiderCard { code: code.into(), name: "Ravi".into(), eta_at: at(600_000) };
    let sent = |code: &str| Fact::Rider { order, hour, rider: card(code) };
    for code in ["R-1", "R-2", "R-1"] {
        assert_eq!(hub.put_fact(&sent(code)), Ok(true));
        store.apply_change(&hub.commit().unwrap().unwrap()).unwrap();
        assert_eq!(store.order(&order).unwrap().unwrap().rider, Some(card(code)));
    }
    assert_eq!(hub.put_fact(&sent("R-1")), Ok(false));
    let taken = Fact::Taken { order, hour, rider: "R-2".into() };
    assert!(matches!(hub.put_fact(&taken), Err(DocError::NotMine { .. })));
    assert_eq!(store.put_fact(&taken), Ok(true));
    hub.apply_change(&store.commit().unwrap().unwrap()).unwrap();
    assert_eq!(store.put_fact(&taken), Ok(false));
    for document in [&hub, &store] {
        let view = document.order(&order).unwrap().unwrap();
        assert_eq!((view.taken.as_deref(), view.rider), (Some("R-2"), Some(card("R-1"))));
    }
}
