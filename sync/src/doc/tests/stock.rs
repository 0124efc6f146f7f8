//! The shelf's document: parts of a look show nothing, the header shows all, and only the store writes.

use super::*;
use model::stock::StockTick;

fn shelf(side: Owner, boot: u32) -> Document {
    open(DocKey::Stock { epoch: StoreEpoch(1), hour: HOUR }, side, boot)
}

fn look(tick: u64, units: &[(u64, u32)], whole: bool) -> StockTick {
    let units = units.iter().map(|(n, units)| (sku(*n), *units)).collect();
    StockTick { hour: HOUR, tick, at: at(tick as i64 * 10_000), units, whole }
}

#[test]
fn a_look_counts_when_its_last_part_has_come_in_whatever_order_the_parts_do() {
    let (mut store, mut hub) = (shelf(Owner::Store, 1), shelf(Owner::Hub, 1));
    let mut parts = Vec::new();
    for (units, whole) in [(&[(1, 4), (2, 0)], false), (&[(3, 7), (4, 1)], false), (&[(5, 2), (6, 3)], true)]
    {
        assert_eq!(store.put_stock(&look(1, units, whole)), Ok(true));
        parts.push(store.commit().unwrap().unwrap());
    }
    for part in [&parts[2], &parts[1], &parts[0]] {
        assert_eq!(hub.stock_header(), Ok(None), "nothing is shown of a look that is not whole");
        let touched = hub.apply_change(part).unwrap();
        assert_eq!(touched.tick, part == &parts[0]);
    }
    let header = hub.stock_header().unwrap().unwrap();
    assert_eq!((header.tick, header.at), (1, at(10_000)));
    assert_eq!(hub.stock_skus().unwrap().len(), 6);
    assert_eq!(
        (hub.stock(&sku(3)), hub.stock(&sku(2)), hub.stock(&sku(99))),
        (Ok(Some(7)), Ok(Some(0)), Ok(None))
    );
}

#[test]
fn a_repeated_look_is_silent_and_only_the_store_writes() {
    let (mut store, mut hub) = (shelf(Owner::Store, 1), shelf(Owner::Hub, 1));
    assert_eq!(store.put_stock(&look(3, &[(1, 4)], true)), Ok(true));
    let first = store.commit().unwrap().unwrap();
    assert_eq!(store.put_stock(&look(3, &[(1, 4)], true)), Ok(false));
    assert_eq!(store.put_stock(&look(2, &[(1, 9)], true)), Ok(false));
    assert_eq!(store.commit(), Ok(None));
    assert_eq!(store.put_stock(&look(4, &[(1, 4)], true)), Ok(true));
    let second = store.commit().unwrap().unwrap();
    assert!(second.len() < 64, "a look without news takes {} bytes", second.len());
    hub.apply_change(&first).unwrap();
    let touched = hub.apply_change(&second).unwrap();
    assert!(touched.tick && touched.skus.is_empty());
    assert!(matches!(hub.put_stock(&look(9, &[(1, 1)], true)), Err(DocError::NotMine { .. })));
    let forged = forge(&mut hub, |tx| {
        let (_, root) = automerge::ReadDoc::get(tx, automerge::ROOT, "h").unwrap().unwrap();
        tx.put(&root, "t", 99_u64).unwrap();
    });
    store.apply_change(&forged).unwrap();
    assert_eq!(store.stock_header(), Ok(None), "a header counts only from the store");
    assert_eq!(store.put_stock(&look(5, &[], true)), Ok(true));
    store.commit().unwrap();
    assert_eq!(store.stock_header().unwrap().unwrap().tick, 5, "and its next word stands again");
    assert!(matches!(quota(Owner::Hub, 1).stock(&sku(1)), Err(DocError::WrongKind { .. })));
}

#[test]
fn its_name_comes_back_as_text() {
    assert_eq!("stock/s1/3/495312".parse::<DocId>().unwrap().to_string(), "stock/s1/3/495312");
    for bad in ["stock/s1/3", "stock/s1/x/1", "stock/s1"] {
        assert!(bad.parse::<DocId>().is_err(), "{bad}");
    }
}
