//! Two sides of one store: what is the same, what differs, and what a person reads.

use super::*;
use crate::doc::DocActor;
use crate::wire::WireError;
use model::fact::Fact;
use model::id::OrderId;
use model::money::Paise;
use model::order::{Channel, Moment};
use model::order_doc::{HeadLine, OrderHead, SubstitutePreset};
use model::qty::Qty;
use model::time::HOUR_MS;

const HOUR: i64 = 495_312;
const NAME: &str = "orders/s1/495312";

fn store() -> StoreId {
    StoreId::new("s1").unwrap()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(HOUR * HOUR_MS + ms)
}

fn document(side: Owner) -> Document {
    let id: DocId = NAME.parse().unwrap();
    Document::new(id, &DocActor { side, store: store(), boot: 1 }).unwrap()
}

fn order() -> OrderId {
    OrderId::new(at(0), 7)
}

/// The change that makes one confirmed order.
fn placed(hub: &mut Document) -> Vec<u8> {
    let line = HeadLine {
        sku: SkuId::new("MLK-1").unwrap(),
        qty: Qty::new(3).unwrap(),
        unit_price: Paise::new(4_950),
    };
    let head = OrderHead {
        number: "4K7".into(),
        channel: Channel::Online,
        promise_at: at(900_000),
        first_name: "Asha".into(),
        cod: Paise::new(0),
        preset: SubstitutePreset::Refund,
        lines: vec![line],
    };
    hub.put_order(&order(), &head).unwrap();
    hub.put_moment(&order(), Moment::Placed, at(0)).unwrap();
    hub.put_moment(&order(), Moment::Confirmed, at(1_000)).unwrap();
    hub.commit().unwrap().unwrap()
}

fn inspection(side: Owner, chunks: &[u8], sold: u64) -> Inspection {
    Inspection {
        side,
        store: store(),
        epoch: StoreEpoch(1),
        generation: HubGeneration(1),
        log: Log { received: 4, sent: 4, acked: 4, ..Log::default() },
        documents: vec![DocumentState::read(NAME, side, chunks, 1)],
        quotas: vec![QuotaState {
            epoch: StoreEpoch(1),
            generation: HubGeneration(1),
            sku: SkuId::new("MLK-1").unwrap(),
            granted: 9,
            returned: 1,
            sold,
        }],
        quarantine: Vec::new(),
    }
}

#[test]
fn both_sides_of_the_same_day_hold_the_same() {
    let chunks = placed(&mut document(Owner::Hub));
    let (hub, shop) = (inspection(Owner::Hub, &chunks, 3), inspection(Owner::Store, &chunks, 3));
    assert_eq!(differences(&hub, &shop), []);
    assert!(differences_text(&[], "a.db", "b.db").contains("hold the same"));
}

#[test]
fn a_moment_that_one_side_lacks_is_named_with_both_words() {
    let mut hub = document(Owner::Hub);
    let first = placed(&mut hub);
    let mut shop = document(Owner::Store);
    shop.apply_change(&first).unwrap();
    shop.put_fact(&Fact::Moment { order: order(), hour: HOUR, moment: Moment::Accepted, at: at(2_000) })
        .unwrap();
    let second = shop.commit().unwrap().unwrap();
    let both = [first.clone(), second.clone()].concat();
    let mut ahead = inspection(Owner::Store, &both, 3);
    ahead.log.sent = 5;
    let found = differences(&inspection(Owner::Hub, &first, 2), &ahead);
    let of: Vec<&str> = found.iter().map(|one| one.of.as_str()).collect();
    assert_eq!(of, ["the store's log", &format!("{NAME} {}", order()), "rights of MLK-1 (E1 G1)"]);
    assert_eq!((found[0].here.as_str(), found[0].there.as_str()), ("sent up to 4", "sent up to 5"));
    assert!(!found[1].here.contains("Accepted") && found[1].there.contains("Accepted 2026"), "{found:?}");
    assert!(found[2].here.ends_with("sold 2") && found[2].there.ends_with("sold 3"), "{found:?}");
    assert_eq!(change_says(&second), "store, boot 1, change 1, builds on 1");
}

#[test]
fn a_document_that_is_missing_or_broken_stops_none_of_the_rest() {
    let chunks = placed(&mut document(Owner::Hub));
    let whole = inspection(Owner::Hub, &chunks, 3);
    let mut without = whole.clone();
    without.documents.clear();
    assert_eq!(differences(&whole, &without)[0].there, "not there");
    let broken = inspection(Owner::Hub, &chunks[..chunks.len() - 1], 3);
    let found = differences(&whole, &broken);
    assert_eq!(found[0].here, "readable");
    assert!(text(&broken, &Wish::default()).contains("UNREADABLE"));
}

#[test]
fn a_person_reads_orders_rights_and_the_log() {
    let change = placed(&mut document(Owner::Hub));
    let mut all = inspection(Owner::Hub, &change, 3);
    all.log =
        Log { sent: 9, acked: 7, records: vec![Record::read(8, NAME.into(), &change)], ..Log::default() };
    all.quotas[0].epoch = StoreEpoch(0);
    let wish = Wish { document: Some("orders".into()), rights: true };
    let words = text(&all, &wish);
    for part in [
        "s1 at the hub: store epoch 1, hub generation 1",
        "9 sent, 7 acknowledged, 2 waiting",
        "hub, boot 1, change 1",
        "... and 1 more",
        "#4K7 Online, 1 lines, 3 units",
        "E0 G1 (of earlier terms: blocked): 1 SKUs, granted 9, returned 1, sold 3, outstanding 5",
        "MLK-1",
    ] {
        assert!(words.contains(part), "{part} is missing in\n{words}");
    }
}

#[test]
fn every_refusal_of_a_document_has_a_kind() {
    let order = || "01".to_owned();
    for (error, kind) in [
        (DocError::Poisoned { what: "bytes".into() }, "poisoned"),
        (DocError::Stranger { actor: "00".into() }, "stranger"),
        (DocError::NotForgotten { actor: "00".into() }, "stranger"),
        (DocError::DuplicateSeq { actor: "00".into(), seq: 3 }, "number_twice"),
        (DocError::OtherContent { order: order() }, "other_content"),
        (DocError::NotMine { field: "pk".into() }, "not_its_own"),
        (DocError::UnknownOrder { order: order() }, "unknown_order"),
        (DocError::TooManyPending { waiting: 9 }, "gap"),
    ] {
        assert_eq!(reason_kind(&error.to_string()), kind);
    }
    for (error, kind) in [
        (WireError::Empty, "malformed"),
        (WireError::Malformed, "malformed"),
        (WireError::TooLong { len: 9 }, "too_big"),
        (WireError::BadBatch, "too_big"),
        (WireError::Version { found: 9 }, "version"),
        (WireError::Unknown { kind: 9 }, "version"),
    ] {
        assert_eq!(reason_kind(&error.to_string()), kind);
    }
    assert_eq!(reason_kind("a flow refused it"), "other");
}
