//! Closed hours: the same blob at both sides, everything read back, last words, and what comes late.

use super::*;
use automerge::ReadDoc;
use proptest::prelude::*;
use std::sync::LazyLock;

/// Two documents that have lived a little, each change applied at the other side.
fn lived() -> (Document, Document) {
    let (mut hub, mut store) = pair();
    for n in 1..6 {
        hub.put_order(&order(n), &head(Channel::Online, n)).unwrap();
        hub.put_moment(&order(n), Moment::Placed, at(n as i64)).unwrap();
    }
    store.put_order(&order(20), &head(Channel::Counter, 2)).unwrap();
    store.put_moment(&order(20), Moment::Placed, at(7)).unwrap();
    trade(&mut hub, &mut store);
    store.put_moment(&order(1), Moment::Packed, at(90_000)).unwrap();
    store.put_picks(&order(0), &picks(&head(Channel::Online, 3))).unwrap();
    let ask = SubstituteAsk {
        line: 0,
        sku: sku(9),
        qty: Qty::ONE,
        until: at(160_000),
        price: Some(Paise::new(2_800)),
    };
    store.put_ask(&order(2), &ask).unwrap();
    hub.put_answer(&order(2), &SubstituteAnswer { line: 0, accept: true }).unwrap();
    let rider = RiderCard { code: "R-17".into(), name: "Ravi".into(), eta_at: at(600_000) };
    hub.put_rider(&order(3), &rider).unwrap();
    trade(&mut hub, &mut store);
    (hub, store)
}

fn trade(hub: &mut Document, store: &mut Document) {
    let (from_hub, from_store) = (hub.commit().unwrap(), store.commit().unwrap());
    from_hub.iter().for_each(|change| drop(store.apply_change(change).unwrap()));
    from_store.iter().for_each(|change| drop(hub.apply_change(change).unwrap()));
}

fn views(document: &Document) -> Vec<OrderView> {
    document.orders().unwrap().into_iter().map(|(_, view)| view.unwrap()).collect()
}

#[test]
fn both_sides_close_an_hour_to_the_same_content_and_read_it_back() {
    let (mut hub, mut store) = lived();
    assert!(!hub.is_complete().unwrap());
    hub.put_mark().unwrap();
    store.put_mark().unwrap();
    trade(&mut hub, &mut store);
    assert!(hub.is_complete().unwrap() && store.is_complete().unwrap());
    let (a, b) = (hub.close().unwrap(), store.close().unwrap());
    assert_eq!(a.sha256, b.sha256);
    assert_eq!(ClosedHour::digest(&a.bytes).unwrap(), a.sha256);
    let closed = ClosedHour::read(HOUR, &a.bytes).unwrap();
    assert_eq!(closed.orders, views(&hub));
    assert_eq!((a.orders, closed.strange().count()), (7, 0));
    assert!(a.bytes.len() < store.save_full().unwrap().len());
}

#[test]
fn what_a_substitute_costs_is_in_the_closed_hour_also_where_no_line_cost_less() {
    let (mut hub, mut store) = pair();
    hub.put_order(&order(0), &head(Channel::Online, 3)).unwrap();
    trade(&mut hub, &mut store);
    for (line, price) in [(0, None), (1, Some(Paise::new(4_000)))] {
        let ask = SubstituteAsk { line, sku: sku(9), qty: Qty::ONE, until: at(160_000), price };
        store.put_ask(&order(0), &ask).unwrap();
    }
    store.put_mark().unwrap();
    hub.put_mark().unwrap();
    trade(&mut hub, &mut store);
    let blob = hub.close().unwrap();
    let asked: Vec<_> =
        ClosedHour::read(HOUR, &blob.bytes).unwrap().orders[0].asks.iter().map(|ask| ask.price).collect();
    assert_eq!(asked, [None, Some(Paise::new(4_000))]);
    assert_eq!(blob.sha256, store.close().unwrap().sha256);
}

/// The few orders that another rider took stand beside the columns, as they do at a side that does not know the field.
#[test]
fn who_took_the_bags_is_not_lost_when_an_hour_is_closed() {
    let (mut hub, mut store) = lived();
    let without = {
        let (mut hub, mut store) = lived();
        hub.put_mark().unwrap();
        store.put_mark().unwrap();
        trade(&mut hub, &mut store);
        hub.close().unwrap()
    };
    store.put_taken(&order(3), "R-99").unwrap();
    hub.put_mark().unwrap();
    store.put_mark().unwrap();
    trade(&mut hub, &mut store);
    let (a, b) = (hub.close().unwrap(), store.close().unwrap());
    assert_eq!((a.sha256, a.orders), (b.sha256, without.orders));
    assert_ne!(a.sha256, without.sha256);
    let closed = ClosedHour::read(HOUR, &a.bytes).unwrap();
    assert_eq!(closed.orders, ClosedHour::read(HOUR, &without.bytes).unwrap().orders);
    assert_eq!(closed.strange().count(), 1, "the whole map is kept");
}

#[test]
fn after_its_last_word_a_side_writes_only_what_stands_already() {
    let (mut hub, mut store) = lived();
    assert_eq!((store.put_mark(), store.put_mark()), (Ok(true), Ok(false)));
    assert!(matches!(store.put_moment(&order(2), Moment::Packed, at(1)), Err(DocError::HourClosed { .. })));
    trade(&mut hub, &mut store);
    assert!(hub.has_marked(Owner::Store).unwrap() && !hub.has_marked(Owner::Hub).unwrap());
    assert_eq!(store.put_moment(&order(1), Moment::Packed, at(90_000)), Ok(false));
    assert!(matches!(store.put_moment(&order(2), Moment::Packed, at(1)), Err(DocError::HourClosed { .. })));
    assert!(matches!(
        store.put_order(&order(21), &head(Channel::Counter, 1)),
        Err(DocError::HourClosed { .. })
    ));
    assert_eq!(hub.put_moment(&order(2), Moment::Delivered, at(5)), Ok(true));
}

#[test]
fn a_closed_hour_stands_as_a_document_that_takes_nothing_more() {
    let (mut hub, mut store) = lived();
    hub.put_mark().unwrap();
    store.put_mark().unwrap();
    trade(&mut hub, &mut store);
    let blob = store.close().unwrap();
    for side in [Owner::Hub, Owner::Store] {
        let actor = DocActor { side, store: super::store(), boot: 9 };
        let mut again = Document::of_closed(store.id().clone(), &actor, &blob.bytes).unwrap();
        assert_eq!(views(&again), views(&store));
        assert!(again.is_closed() && again.is_complete().unwrap());
        assert!(matches!(again.save_full(), Err(DocError::HourClosed { .. })));
        assert!(matches!(again.apply_change(&[1, 0]), Err(DocError::HourClosed { .. })));
        assert_eq!(again.put_mark(), Ok(false));
        assert_eq!(again.close().unwrap().sha256, blob.sha256);
    }
}

#[test]
fn what_comes_late_goes_to_a_later_hour_and_is_read_with_its_owner() {
    let (hub, _) = lived();
    let later = DocKey::Orders { hour: HOUR + 30 };
    let (mut hub_later, mut store_later) = (open(later, Owner::Hub, 1), open(later, Owner::Store, 1));
    let view = hub.order(&order(3)).unwrap().unwrap();
    let late = at(31 * HOUR_MS);
    let fact = Fact::Moment { order: order(3), hour: HOUR, moment: Moment::Returned, at: late };
    assert_eq!(hub_later.put_late(&view.head, &fact), Ok(true));
    let not_mine = Fact::Moment { order: order(3), hour: HOUR, moment: Moment::Dispatched, at: late };
    assert!(matches!(hub_later.put_late(&view.head, &not_mine), Err(DocError::NotMine { .. })));
    let change = hub_later.commit().unwrap().unwrap();
    let touched = store_later.apply_change(&change).unwrap();
    assert_eq!((touched.orders.len(), touched.poisoned.len()), (0, 0));
    assert_eq!(touched.late.into_iter().collect::<Vec<_>>(), [order(3)]);
    assert_eq!(hub_later.put_late(&view.head, &fact), Ok(false));
    let seen = store_later.late(&order(3)).unwrap();
    assert_eq!(
        (seen.len(), seen[0].late, seen[0].moments.get(Moment::Returned)),
        (1, Some(Owner::Hub), Some(late))
    );
    assert!(store_later.orders().unwrap().is_empty());
    let blob = store_later.close().unwrap();
    assert_eq!(ClosedHour::read(HOUR + 30, &blob.bytes).unwrap().orders, seen);
}

#[test]
fn a_field_of_a_later_version_and_a_poisoned_order_are_kept_beside_the_orders() {
    let (mut hub, store) = lived();
    super::damage::spoil(&mut hub, "zz", automerge::ScalarValue::Str("new".into()));
    let (_, root) = hub.am.get(automerge::ROOT, "o").unwrap().unwrap();
    forge(&mut hub, |tx| drop(tx.put_object(&root, "no order", automerge::ObjType::Map).unwrap()));
    let blob = hub.close().unwrap();
    let closed = ClosedHour::read(HOUR, &blob.bytes).unwrap();
    assert_eq!(closed.orders, views(&store));
    assert_eq!(closed.strange().count(), 2);
    assert_ne!(blob.sha256, store.close().unwrap().sha256);
}

#[test]
fn manifests_are_compared_where_both_reach() {
    let entry = |hour, sha: u8| ManifestEntry { doc: DocKey::Orders { hour }, sha256: [sha; 32], length: 1 };
    let mine = [entry(5, 1), entry(6, 1), entry(7, 1)];
    let theirs = [entry(5, 1), entry(6, 2), entry(8, 1)];
    let key = |hour| DocKey::Orders { hour };
    let found = compare(&mine, &theirs);
    let want = [Difference::Differs(key(6)), Difference::NotThere(key(7)), Difference::NotHere(key(8))];
    assert_eq!(found, want);
    let long: Vec<ManifestEntry> = (100..100 + MANIFEST_MAX as i64).map(|hour| entry(hour, 1)).collect();
    assert_eq!(compare(&mine, &long).len(), MANIFEST_MAX);
    assert_eq!(compare(&long, &long), []);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn a_torn_or_flipped_blob_is_an_error_or_another_content(at in any::<prop::sample::Index>(), bit in 0..8u8, cut in any::<bool>()) {
        static BLOB: LazyLock<ClosedBlob> = LazyLock::new(|| lived().0.close().unwrap());
        let blob = &*BLOB;
        let mut bytes = blob.bytes.clone();
        let place = at.index(bytes.len());
        if cut { bytes.truncate(place) } else { bytes[place] ^= 1 << bit }
        match ClosedHour::read(HOUR, &bytes) {
            // A bit that the compressor does not look at: the same content.
            Ok(closed) if ClosedHour::digest(&bytes).unwrap() == blob.sha256 => {
                prop_assert_eq!(closed, ClosedHour::read(HOUR, &blob.bytes).unwrap());
            }
            Ok(_) => {}
            Err(error) => {
                let poisoned = matches!(error, DocError::Poisoned { .. });
                prop_assert!(poisoned);
            },
        }
    }
}
