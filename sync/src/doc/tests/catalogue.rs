//! The catalogue's document: parts of a publication show nothing, only the hub writes, one product that cannot be true is named
//! and the others stand, and the same bytes serve every store.

use super::*;
use model::catalogue::{Product, TempClass, Velocity};
use model::catalogue_doc::CataloguePart;
use model::qty::Grams;

const CITY: DocKey = DocKey::Catalogue { generation: HubGeneration(1), edition: 4 };

fn city(side: Owner, boot: u32) -> Document {
    open(CITY, side, boot)
}

fn product(n: u64, price: i64) -> Product {
    Product {
        sku: sku(n),
        gtins: vec![format!("952000100{n:04}"), "22000420".into()],
        name: format!("Milk {n}"),
        name_hi: "दूध".into(),
        brand: "G".into(),
        category: "Dairy > Milk".into(),
        search_terms: "doodh".into(),
        temp: TempClass::Chilled,
        velocity: Velocity::B,
        weight: Grams(1_030),
        fragile: n.is_multiple_of(2),
        food: true,
        mrp: Paise::new(6_500),
        price: Paise::new(price),
        shelf_life_days: 2,
        hsn: "0401".into(),
        gst_bp: 500,
        unit: "1 L".into(),
        popularity: 7,
        active: !n.is_multiple_of(3),
    }
}

fn part(publication: u64, n: u32, products: Vec<Product>, whole: bool) -> CataloguePart {
    let (generation, named) = (HubGeneration(1), 6);
    let at = at(publication as i64 * 60_000);
    CataloguePart { generation, edition: 4, publication, part: n, at, products, named, whole }
}

fn said(hub: &mut Document, part: &CataloguePart) -> Vec<u8> {
    assert_eq!(hub.put_catalogue(part), Ok(true));
    hub.commit().unwrap().unwrap()
}

#[test]
fn a_publication_counts_when_its_last_part_has_come_in_whatever_order_the_parts_do() {
    let (mut hub, mut store) = (city(Owner::Hub, 1), city(Owner::Store, 1));
    let parts = [
        said(&mut hub, &part(1, 1, vec![product(1, 6_400), product(2, 6_400)], false)),
        said(&mut hub, &part(1, 2, vec![product(3, 6_400), product(4, 6_400)], false)),
        said(&mut hub, &part(1, 3, vec![product(5, 6_400)], true)),
    ];
    for change in [&parts[2], &parts[1], &parts[0]] {
        assert_eq!(store.catalogue_header(), Ok(None), "nothing is shown of a publication that is not whole");
        assert_eq!(store.apply_from(Owner::Hub, change).unwrap().tick, change == &parts[0]);
        assert_eq!(store.apply_from(Owner::Hub, change).map(|touched| touched.tick), Ok(false), "again");
    }
    let header = store.catalogue_header().unwrap().unwrap();
    assert_eq!((header.publication, header.at, header.named, header.parts), (1, at(60_000), 6, 3));
    for n in 1..=5 {
        let listing = store.listing(&sku(n)).unwrap().unwrap();
        assert_eq!((listing.publication, listing.product), (1, product(n, 6_400)), "every field of it");
    }
    assert_eq!(store.listing(&sku(9)), Ok(None));
    assert_eq!(store.catalogue_skus().unwrap().len(), 5);
}

#[test]
fn one_changed_price_is_one_small_change_and_a_repeated_publication_is_silent() {
    let (mut hub, mut store) = (city(Owner::Hub, 1), city(Owner::Store, 1));
    let all: Vec<Product> = (1..=5).map(|n| product(n, 6_400)).collect();
    let first = said(&mut hub, &part(1, 1, all.clone(), true));
    store.apply_from(Owner::Hub, &first).unwrap();
    assert_eq!(hub.put_catalogue(&part(1, 1, all.clone(), true)), Ok(false));
    assert_eq!(hub.commit(), Ok(None));
    let mut again = all;
    again[2] = product(3, 6_000);
    let second = said(&mut hub, &part(2, 1, again, true));
    assert!(second.len() < 300, "{} bytes", second.len());
    let touched = store.apply_from(Owner::Hub, &second).unwrap();
    assert!(touched.tick && touched.skus.iter().eq([&sku(3)]), "{touched:?}");
    let listing = store.listing(&sku(3)).unwrap().unwrap();
    assert_eq!((listing.publication, listing.product.price), (2, Paise::new(6_000)));
    assert_eq!(store.heads(), hub.heads());
}

#[test]
fn only_the_hub_writes_and_what_another_has_written_is_not_read() {
    let (mut hub, mut store) = (city(Owner::Hub, 1), city(Owner::Store, 1));
    let cheap = part(1, 1, vec![product(1, 1)], true);
    assert!(matches!(store.put_catalogue(&cheap), Err(DocError::NotMine { .. })));
    assert_eq!(store.commit(), Ok(None));
    let forged = forge(&mut store, |tx| {
        let (_, root) = automerge::ReadDoc::get(tx, automerge::ROOT, "h").unwrap().unwrap();
        tx.put(&root, "p", 99_u64).unwrap();
        tx.put(&root, "a", 99_i64).unwrap();
    });
    assert!(matches!(hub.apply_from(Owner::Hub, &forged), Err(DocError::Stranger { .. })));
    hub.apply_change(&forged).unwrap();
    assert_eq!(hub.catalogue_header(), Ok(None), "a header counts only from the hub");
    assert!(matches!(quota(Owner::Hub, 1).listing(&sku(1)), Err(DocError::WrongKind { .. })));
    assert!(matches!(orders(Owner::Hub, 1).put_catalogue(&cheap), Err(DocError::WrongKind { .. })));
}

#[test]
fn a_product_that_cannot_be_true_is_named_and_the_others_stand() {
    let (mut hub, mut store) = (city(Owner::Hub, 1), city(Owner::Store, 1));
    let first = said(&mut hub, &part(1, 1, vec![product(1, 6_400), product(2, 6_400)], true));
    store.apply_from(Owner::Hub, &first).unwrap();
    let shard = super::super::quota::shard_of(&sku(1)).root;
    let bad: [&[u8]; 4] =
        [&[], &[9, 1, 2], &[1, 5], &[1, 1, 0, 44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]];
    for bytes in bad {
        let poisoned = forge(&mut hub, |tx| {
            let (_, root) = automerge::ReadDoc::get(tx, automerge::ROOT, shard).unwrap().unwrap();
            tx.put(&root, sku(1).as_str(), bytes.to_vec()).unwrap();
        });
        store.apply_from(Owner::Hub, &poisoned).unwrap();
        let Err(DocError::Poisoned { what }) = store.listing(&sku(1)) else { panic!("{bytes:?}") };
        assert!(what.contains(sku(1).as_str()), "{what}");
        assert_eq!(store.listing(&sku(2)).unwrap().unwrap().product, product(2, 6_400));
    }
    let Err(DocError::Poisoned { what }) = store.listing(&sku(1)) else { panic!("a class 44") };
    assert!(what.contains("44 is no temperature class"), "{what}");
    let entries = store.entries().unwrap();
    assert!(entries[sku(1).as_str()].starts_with("unreadable"), "{entries:?}");
    assert!(entries["!"].starts_with("publication 1 in 1 parts, 6 products"), "{entries:?}");
    assert!(entries[sku(2).as_str()].contains("6400 of 6500 paise, chilled"), "{entries:?}");
}

#[test]
fn the_same_bytes_serve_every_store_and_no_store_can_write_them() {
    let elsewhere = StoreId::new("s2").unwrap();
    assert_eq!(CITY.of(&store()), CITY.of(&elsewhere));
    let mut hub = city(Owner::Hub, 1);
    let change = said(&mut hub, &part(1, 1, vec![product(1, 6_400)], true));
    let mut other = Document::new_as(CITY.of(&elsewhere), Owner::Store, 3).unwrap();
    assert!(other.apply_from(Owner::Hub, &change).unwrap().tick);
    assert_eq!("catalogue/1/4".parse::<DocId>().unwrap(), CITY.of(&store()));
    for bad in ["catalogue/1", "catalogue/s1/1/4", "catalogue/x/4", "catalogue/1/04"] {
        assert!(bad.parse::<DocId>().is_err(), "{bad}");
    }
}
