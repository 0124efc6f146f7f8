//! What the hub says is sold comes into the store: whole publications alone, the hub's fields and no others, never a unit, never an
//! order.

use crate::answer::Answer;
use crate::command::Command;
use crate::db::catalogue::{self, SkuRow};
use crate::db::{Connection, docs, listing, orders, quota};
use crate::engine::{Applied, InboundRecord};
use crate::refusal::Refusal;
use crate::testbed::{Bed, product, sku};
use model::catalogue::{Product, TempClass};
use model::catalogue_doc::CataloguePart;
use model::order::Owner;
use model::quota::HubGeneration;
use model::{Paise, Role};
use sync::doc::{DocKey, Document};
use sync::lane::Lane;

/// The hub's copy of an edition, and its log.
struct City {
    document: Document,
    edition: u32,
    publication: u64,
    seq: u64,
}

impl City {
    fn new(edition: u32) -> Self {
        let key = DocKey::Catalogue { generation: HubGeneration(1), edition };
        let store = model::StoreId::new("s1").unwrap();
        let document = Document::new_as(key.of(&store), Owner::Hub, 40 + edition).unwrap();
        Self { document, edition, publication: 0, seq: 0 }
    }

    /// A part; with `whole` the publication ends.
    fn part(&mut self, bed: &Bed, part: u32, products: Vec<Product>, whole: bool) -> InboundRecord {
        let publication = self.publication + 1;
        let named = u32::try_from(self.document.catalogue_skus().unwrap().len() + products.len()).unwrap();
        let (generation, edition, at) = (HubGeneration(1), self.edition, bed.now);
        let said = CataloguePart { generation, edition, publication, part, at, products, named, whole };
        assert!(self.document.put_catalogue(&said).unwrap());
        self.publication += u64::from(whole);
        self.record()
    }

    fn says(&mut self, bed: &Bed, products: Vec<Product>) -> InboundRecord {
        self.part(bed, 1, products, true)
    }

    fn record(&mut self) -> InboundRecord {
        self.seq += 1;
        let (doc, change) = (self.document.id().key(), self.document.commit().unwrap().unwrap());
        InboundRecord { lane: Lane::Stock, seq: self.seq, doc, change, pledge: None }
    }
}

fn listed(applied: &Applied) -> Vec<u32> {
    let of = |reply: &Result<Answer, Refusal>| match reply {
        Ok(Answer::Listed { products }) => Some(*products),
        Ok(_) | Err(_) => None,
    };
    applied.replies.iter().filter_map(of).collect()
}

fn priced(code: &str, temp: TempClass, days: u32, paise: i64) -> Product {
    Product { price: Paise::new(paise), ..product(code, temp, days) }
}

fn conn(bed: &Bed) -> Connection {
    Connection::open(bed.path()).unwrap()
}

fn known(bed: &Bed, code: &str) -> Option<SkuRow> {
    catalogue::find(&conn(bed), &sku(code)).unwrap()
}

fn price(bed: &Bed, code: &str) -> i64 {
    known(bed, code).unwrap().product.price.get()
}

fn reasons(bed: &Bed) -> Vec<String> {
    bed.reader().quarantine(bed.now).unwrap().rows.into_iter().map(|row| row.reason).collect()
}

#[test]
fn a_publication_goes_in_when_it_is_whole_and_once() {
    let mut bed = Bed::new();
    let mut city = City::new(1);
    bed.receive("SALT", 4, None);
    let ledger = bed.stock("SALT");
    let first = city.part(&bed, 1, vec![priced("SALT", TempClass::Ambient, 0, 9_000)], false);
    let applied = bed.inbound(vec![first.clone()]);
    assert!(listed(&applied).is_empty() && price(&bed, "SALT") == 10_000, "half a publication shows nothing");
    bed = bed.restart();
    let rest = city.part(&bed, 2, vec![priced("TEA", TempClass::Ambient, 200, 8_000)], true);
    assert_eq!(listed(&bed.inbound(vec![rest.clone()])), [2]);
    assert_eq!((price(&bed, "SALT"), price(&bed, "TEA")), (9_000, 8_000));
    assert_eq!(bed.stock("SALT"), ledger, "no unit moved");
    assert!(listed(&bed.inbound(vec![first, rest])).is_empty());
    let second = city.says(&bed, vec![priced("SALT", TempClass::Ambient, 0, 8_500)]);
    assert_eq!(listed(&bed.inbound(vec![second])), [1]);
    assert_eq!(price(&bed, "SALT"), 8_500);
    assert!(known(&bed, "TEA").unwrap().home.is_some(), "a new product has its place");
    bed.check();
}

#[test]
fn a_price_changes_no_order_and_a_withdrawn_product_is_promised_no_more() {
    let mut bed = Bed::new();
    let mut city = City::new(1);
    bed.receive("SALT", 6, None);
    bed.tick();
    let (_, hubs) = bed.hub_orders(1, &[("SALT", 1)]);
    bed.inbound(vec![hubs]);
    let counter = bed.counter(&[("SALT", 1)]).unwrap();
    let agreed = |bed: &Bed| orders::lines(&conn(bed), &counter).unwrap().remove(0).1.unit_price;
    let before = agreed(&bed);
    let withdrawn = Product { active: false, ..priced("SALT", TempClass::Ambient, 0, 7_000) };
    let record = city.says(&bed, vec![withdrawn.clone()]);
    assert_eq!(listed(&bed.inbound(vec![record])), [1]);
    assert_eq!(agreed(&bed), before);
    let refused = bed.counter(&[("SALT", 1)]);
    assert_eq!(refused, Err(Refusal::Withdrawn { sku: sku("SALT") }));
    let granted = |bed: &Bed| bed.reader().link(bed.now).unwrap().hub_quota_units;
    let had = granted(&bed);
    assert!(had > 0);
    for _ in 0..3 {
        bed.receive("SALT", 1, None);
        bed.tick();
    }
    assert_eq!(granted(&bed), had, "nothing more is granted");
    let wanted = quota::wanted(&conn(&bed), quota::Terms::FIRST, &sku("SALT"));
    assert_eq!(wanted.unwrap(), u64::from(had), "and what the hub may still sell is wanted back");
    let (_, late) = bed.hub_orders(2, &[("SALT", 1)]);
    let applied = bed.inbound(vec![late]);
    assert!(
        applied.replies.iter().all(Result::is_ok),
        "what the hub has sold is brought: {:?}",
        applied.replies
    );
    assert!(matches!(applied.replies[0], Ok(Answer::Accepted { short: 0, .. })), "{:?}", applied.replies);
    let record = city.says(&bed, vec![Product { active: true, ..withdrawn }]);
    bed.inbound(vec![record]);
    bed.counter(&[("SALT", 1)]).unwrap();
    bed.check();
}

#[test]
fn a_poisoned_product_is_set_aside_with_its_reason_and_the_rest_goes_in() {
    let mut bed = Bed::new();
    let mut city = City::new(1);
    let salt = || product("SALT", TempClass::Ambient, 0);
    let bad = [
        ("NEG", Product { price: Paise::new(-1), ..salt() }),
        ("DEAR", Product { price: Paise::new(10_001), mrp: Paise::new(10_000), ..salt() }),
        ("LONG", Product { name: "x".repeat(5_000), ..salt() }),
        ("HEAVY", Product { weight: model::Grams(u32::MAX), ..salt() }),
    ];
    let mut products: Vec<Product> =
        bad.iter().map(|(code, product)| Product { sku: sku(code), ..product.clone() }).collect();
    products.push(priced("SALT", TempClass::Ambient, 0, 9_900));
    let record = city.says(&bed, products);
    assert_eq!(listed(&bed.inbound(vec![record])), [1]);
    assert_eq!(price(&bed, "SALT"), 9_900);
    let why = reasons(&bed);
    assert_eq!(why.len(), bad.len(), "{why:?}");
    for (code, _) in &bad {
        assert!(known(&bed, code).is_none(), "{code} is not here");
        assert!(why.iter().any(|why| why.contains(code)), "{code}: {why:?}");
    }
    let wrong = InboundRecord { seq: 2, change: vec![1, 2, 3], ..city.says(&bed, vec![salt()]) };
    bed.inbound(vec![wrong]);
    assert_eq!(reasons(&bed).len(), bad.len() + 1);
}

#[test]
fn the_hub_owns_its_fields_and_the_store_its_places_barcodes_and_products() {
    let mut bed = Bed::new();
    let mut city = City::new(1);
    let import = |bed: &mut Bed, products| {
        bed.by("meena", Role::Manager, Command::ImportCatalogue { products, opening: Vec::new() })
    };
    let place = |bed: &Bed| known(bed, "SALT").unwrap().home;
    let home = place(&bed);
    let listed_as =
        Product { gtins: vec!["96385074".into()], ..priced("SALT", TempClass::Ambient, 0, 9_000) };
    let record = city.says(&bed, vec![listed_as.clone()]);
    bed.inbound(vec![record]);
    assert_eq!(place(&bed), home);
    let refused = import(
        &mut bed,
        vec![product("SALT", TempClass::Ambient, 0), product("ATTA", TempClass::Ambient, 7)],
    );
    let Err(refusal @ Refusal::HubOwns { .. }) = refused else { panic!("{refused:?}") };
    let problem = refusal.problem();
    assert!(problem.detail.contains("SALT") && !problem.detail.contains("ATTA"), "{}", problem.detail);
    assert!(problem.hint.contains("central-hub import catalogue"), "{}", problem.hint);
    assert_eq!(price(&bed, "SALT"), 9_000, "nothing of the file went in");
    let more = Product { gtins: vec!["96385074".into(), "22000420".into()], ..listed_as.clone() };
    import(&mut bed, vec![more]).unwrap();
    let stolen = Product { gtins: vec!["96385074".into()], ..product("ATTA", TempClass::Ambient, 180) };
    assert!(matches!(import(&mut bed, vec![stolen]), Err(Refusal::HubOwns { .. })), "a barcode of the hub's");
    import(&mut bed, vec![product("OWN", TempClass::Ambient, 5)]).unwrap();
    // The hub renames its barcode: the store's own stays, the old one of the hub goes.
    let renamed = Product { gtins: vec!["9520001000010".into()], price: Paise::new(9_100), ..listed_as };
    let record = city.says(&bed, vec![renamed]);
    bed.inbound(vec![record]);
    let gtins = catalogue::gtins_of(&conn(&bed), &sku("SALT")).unwrap();
    assert_eq!(gtins, ["22000420", "9520001000010"]);
    assert_eq!(price(&bed, "OWN"), 10_000, "what the hub does not name is the store's");
}

#[test]
fn a_fresh_edition_takes_the_place_of_the_old_one_and_a_late_word_of_that_one_changes_nothing() {
    let mut bed = Bed::new();
    let (mut old, mut new) = (City::new(1), City::new(2));
    let record = old.says(
        &bed,
        vec![priced("SALT", TempClass::Ambient, 0, 9_000), product("ATTA", TempClass::Ambient, 180)],
    );
    bed.inbound(vec![record]);
    new.seq = old.seq;
    let record = new.says(&bed, vec![priced("SALT", TempClass::Ambient, 0, 8_000)]);
    assert_eq!(listed(&bed.inbound(vec![record])), [1]);
    let mut late = old.says(&bed, vec![priced("SALT", TempClass::Ambient, 0, 1)]);
    late.seq = 3;
    assert!(bed.inbound(vec![late]).replies.is_empty());
    assert_eq!((price(&bed, "SALT"), reasons(&bed).len()), (8_000, 0));
    assert_eq!(docs::names(&conn(&bed)).unwrap(), ["catalogue/1/2"], "the old one is gone");
    let standing = listing::standing(&conn(&bed)).unwrap().unwrap();
    assert_eq!((standing.publication.edition, standing.publication.number, standing.named), (2, 1, 1));
    let own = vec![priced("ATTA", TempClass::Ambient, 180, 5_000)];
    bed.by("meena", Role::Manager, Command::ImportCatalogue { products: own, opening: Vec::new() }).unwrap();
    assert_eq!(
        price(&bed, "ATTA"),
        5_000,
        "what the edition does not name any more is the store's own again"
    );
}
