//! Bytes and values that lie: named, never believed, never a panic, and the rest goes on.

use super::*;
use automerge::{Change, ObjType, ROOT, ReadDoc, ScalarValue};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// Writes a raw field into order 0's map, as `side` would if its code were wrong.
pub(super) fn spoil(document: &mut Document, field: &str, value: ScalarValue) -> Vec<u8> {
    let (_, root) = document.am.get(ROOT, "o").unwrap().unwrap();
    let key = document.am.keys(&root).next().unwrap();
    let (_, map) = document.am.get(&root, key).unwrap().unwrap();
    forge(document, |tx| tx.put(&map, field, value).unwrap())
}

#[test]
fn a_field_counts_only_from_its_owner() {
    let (mut hub, mut store) = pair();
    let change = spoil(&mut store, "dl", ScalarValue::Int(5));
    hub.apply_change(&change).unwrap();
    let change = spoil(&mut hub, "pd", ScalarValue::Int(5));
    store.apply_change(&change).unwrap();
    for document in [&hub, &store] {
        assert_eq!(document.order(&order(0)).unwrap().unwrap().moments.state(), OrderState::Placed);
    }
    store.put_moment(&order(0), Moment::Packed, at(8)).unwrap();
    hub.apply_change(&store.commit().unwrap().unwrap()).unwrap();
    assert_eq!(hub.order(&order(0)).unwrap().unwrap().moments.get(Moment::Packed), Some(at(8)));
}

#[test]
fn values_that_cannot_be_are_poison_for_their_order_alone() {
    let bad = [
        ("pd", ScalarValue::Str("late".into())),
        ("pd", ScalarValue::Int(i64::MIN)),
        ("pd", ScalarValue::Uint(3)),
        ("p", ScalarValue::Bytes(vec![])),
        ("p", ScalarValue::Bytes(vec![9, 1, 1])),
        ("p", ScalarValue::Bytes(vec![1, 2, 1, 200, 1])),
        ("p", ScalarValue::Null),
    ];
    for (field, value) in bad {
        let (mut hub, mut store) = pair();
        hub.put_order(&order(1), &head(Channel::Online, 1)).unwrap();
        store.apply_change(&hub.commit().unwrap().unwrap()).unwrap();
        let change = spoil(&mut store, field, value.clone());
        hub.apply_change(&change).unwrap();
        let views = hub.orders().unwrap();
        assert!(matches!(views[0].1, Err(DocError::Poisoned { .. })), "{field} {value:?}: {:?}", views[0].1);
        assert!(views[1].1.is_ok());
    }
}

#[test]
fn a_field_of_a_later_version_survives_and_disturbs_nothing() {
    let (mut hub, mut store) = pair();
    let change = spoil(&mut hub, "zz", ScalarValue::Str("new".into()));
    assert_eq!(store.apply_change(&change).unwrap().orders.len(), 1);
    store.put_moment(&order(0), Moment::Accepted, at(1)).unwrap();
    hub.apply_change(&store.commit().unwrap().unwrap()).unwrap();
    assert_eq!(hub.order(&order(0)), store.order(&order(0)));
    let actor = DocActor { side: Owner::Store, store: super::store(), boot: 2 };
    let loaded = Document::load(store.id().clone(), &actor, &store.save_full().unwrap()).unwrap();
    assert_eq!(loaded.heads(), hub.heads());
}

#[test]
fn keys_that_name_nothing_are_named() {
    let (mut hub, mut store) = pair();
    let (_, root) = hub.am.get(ROOT, "o").unwrap().unwrap();
    let change = forge(&mut hub, |tx| drop(tx.put_object(&root, "no order", ObjType::Map).unwrap()));
    let touched = store.apply_change(&change).unwrap();
    assert_eq!((touched.orders.len(), touched.poisoned.len()), (0, 1));
    let change = forge(&mut hub, |tx| tx.put(ROOT, "o", 1).unwrap());
    assert_eq!(store.apply_change(&change).unwrap().poisoned.len(), 1);
    assert!(matches!(store.orders(), Err(DocError::Poisoned { .. })));
}

#[test]
fn a_number_used_twice_and_a_stranger_are_refused_by_name() {
    let (mut hub, mut store) = pair();
    let mut restored = orders(Owner::Hub, 1);
    restored.put_order(&order(7), &head(Channel::Online, 1)).unwrap();
    let change = restored.commit().unwrap().unwrap();
    assert!(matches!(store.apply_change(&change), Err(DocError::DuplicateSeq { seq: 1, .. })));
    assert!(matches!(store.apply_whole(&restored.save_full().unwrap()), Err(DocError::DuplicateSeq { .. })));
    let elsewhere = StoreId::new("s2").unwrap();
    let actor = DocActor { side: Owner::Hub, store: elsewhere.clone(), boot: 1 };
    let mut other = Document::new(DocKey::Orders { hour: HOUR }.of(&elsewhere), &actor).unwrap();
    other.put_order(&order(8), &head(Channel::Online, 1)).unwrap();
    let change = other.commit().unwrap().unwrap();
    assert!(store.apply_change(&change).is_err());
    assert!(matches!(store.apply_whole(&other.save_full().unwrap()), Err(DocError::Stranger { .. })));
    hub.put_moment(&order(0), Moment::Confirmed, at(4)).unwrap();
    store.apply_change(&hub.commit().unwrap().unwrap()).unwrap();
    assert_eq!((store.orders(), store.heads()), (hub.orders(), hub.heads()));
}

#[test]
fn early_changes_wait_up_to_a_limit() {
    let (mut hub, mut store) = (orders(Owner::Hub, 1), orders(Owner::Store, 1));
    hub.put_order(&order(0), &head(Channel::Online, 1)).unwrap();
    let first = hub.commit().unwrap().unwrap();
    for n in 0..3 {
        spoil(&mut hub, "zz", ScalarValue::Int(n));
    }
    let early = spoil(&mut hub, "zz", ScalarValue::Int(3));
    for _ in 0..2 {
        assert!(store.apply_change(&early).unwrap().waiting);
    }
    assert_eq!(store.waiting(), 1);
    store.apply_change(&first).unwrap();
    assert_eq!(store.waiting(), 1);
    store.apply_whole(&hub.save_full().unwrap()).unwrap();
    assert_eq!((store.waiting(), store.heads()), (0, hub.heads()));
}

/// The raw changes of a small document, and their chunks.
fn sample() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut hub = orders(Owner::Hub, 3);
    let mut chunks = vec![];
    for n in 0..4 {
        hub.put_order(&order(n), &head(Channel::Online, 3)).unwrap();
        hub.put_moment(&order(n), Moment::Placed, at(5)).unwrap();
        chunks.push(hub.commit().unwrap().unwrap());
    }
    let changes = hub.am.get_changes(&[]);
    (changes.iter().skip(1).map(|c| c.raw_bytes().to_vec()).collect(), chunks)
}

/// Damage below the checksum: it is made right again, as a forger would. Nothing may panic, and what was there before
/// must still stand and go on.
#[test]
fn forged_changes_never_panic_and_leave_the_document_whole() {
    std::panic::set_hook(Box::new(|_| {}));
    let (raws, chunks) = sample();
    let mut mix = 88_172_645_463_325_252u64;
    let mut roll = move |below: usize| {
        mix ^= mix << 13;
        mix ^= mix >> 7;
        mix ^= mix << 17;
        (mix % below as u64) as usize
    };
    let mut kept_out = 0;
    for round in 0..400 {
        let mut store = orders(Owner::Store, 12);
        let before = round % 4;
        chunks[..before].iter().for_each(|c| drop(store.apply_change(c).unwrap()));
        let (heads, views) = (store.heads(), store.orders());
        let mut raw = raws[before].clone();
        for _ in 0..=roll(3) {
            let byte = 44 + roll(raw.len() - 44);
            raw[byte] ^= 1 << roll(8);
        }
        let hash: [u8; 32] = Sha256::digest(&raw[8..]).into();
        raw[4..8].copy_from_slice(&hash[..4]);
        let parsed =
            guard::guarded("a change", || Change::from_bytes(raw).map_err(|_| DocError::poisoned("parse")));
        let Ok(change) = parsed else { continue };
        let result = store.apply(vec![change], &mut Touched::default());
        if result.is_err() {
            kept_out += 1;
            assert_eq!((store.heads(), store.orders()), (heads, views));
            chunks.iter().for_each(|c| drop(store.apply_change(c).unwrap()));
            assert_eq!(store.orders().unwrap().len(), 4);
        } else {
            assert!(store.orders().is_ok() || matches!(store.orders(), Err(DocError::Poisoned { .. })));
            store.save_full().unwrap();
        }
    }
    let _ = std::panic::take_hook();
    assert!(kept_out > 20, "only {kept_out} forgeries reached automerge");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn garbage_is_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0..4u8) {
        let mut document = orders(Owner::Store, 1);
        prop_assert!(document.apply_change(&bytes).is_err());
        let mut framed = vec![kind, bytes.len().min(127) as u8];
        framed.extend(bytes.iter().take(127));
        let fine = document.apply_change(&framed).is_ok_and(|touched| !touched.waiting);
        prop_assert!(!fine);
        prop_assert_eq!(document.heads(), orders(Owner::Hub, 1).heads());
    }

    #[test]
    fn a_torn_or_flipped_change_is_an_error(cut in any::<prop::sample::Index>(), bit in 0..8u8, flip in any::<bool>()) {
        let (_, chunks) = sample();
        let mut change = chunks[0].clone();
        let at = cut.index(change.len());
        if flip {
            change[at] ^= 1 << bit;
        } else {
            change.truncate(at);
        }
        let mut document = orders(Owner::Store, 1);
        let fine = document.apply_change(&change).is_ok_and(|touched| !touched.waiting);
        prop_assert!(!fine);
    }
}
