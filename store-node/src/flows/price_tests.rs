//! Stories of weighed goods: the scale's stable weight makes the price, once; a label says its own; a scale without a valid
//! stamp prices nothing; taking a pick back takes its price back.

use crate::answer::Answer;
use crate::command::{Command, Login};
use crate::refusal::Refusal;
use crate::testbed::{Bed, product, setup};
use device_drivers::gs1::instore::{InStore, Measure, Template};
use model::catalogue::TempClass;
use model::fact::Fact;
use model::order_doc::LessPaid;
use model::{Date, DeviceId, Grams, OrderId, Paise, PersonId, Role};

fn device(id: &str) -> DeviceId {
    DeviceId::new(id).unwrap()
}

fn number(grams: u32) -> String {
    let what = InStore { item: "00042".into(), measure: Measure::Grams(grams) };
    Template::parse("21IIIIIWWWWWC").unwrap().write(&what).unwrap()
}

/// A picker with an order for two pieces of cheese at 200 INR a kilogram; the scale's stamp is good until `stamp`.
fn bed(stamp: Date) -> (Bed, OrderId) {
    let mut store = setup();
    store.trade.stamps.insert(device("scale-1"), stamp);
    let mut bed = Bed::new().restart_with(store);
    let mut cheese = product("CHEESE", TempClass::Ambient, 0);
    cheese.gtins = vec![number(0)];
    bed.by("meena", Role::Manager, Command::ImportCatalogue { products: vec![cheese], opening: Vec::new() })
        .unwrap();
    bed.receive("CHEESE", 3, None);
    bed.receive("SALT", 3, None);
    let order = bed.counter(&[("CHEESE", 2), ("SALT", 1)]).unwrap();
    let token_hash = "h".into();
    bed.by("meena", Role::Manager, Command::EnrolHandheld { device: device("hh-1"), token_hash }).unwrap();
    let person = PersonId::new("asha").unwrap();
    let login = Login { device: device("hh-1"), person, pin_right: true, token_sha: None };
    bed.by("asha", Role::Picker, Command::Login(login)).unwrap();
    bed.by("asha", Role::Picker, Command::Ready).unwrap();
    // As if it were paid at the door: two pieces of about 500 g at 100 INR, and the salt.
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    conn.execute_batch("UPDATE orders SET cod = 30000").unwrap();
    (bed, order)
}

fn scan(bed: &mut Bed, order: OrderId, text: String) -> Result<Answer, Refusal> {
    bed.pass(1_000);
    bed.by("asha", Role::Picker, Command::Scan { order, text, line: 0 })
}

fn weigh(bed: &mut Bed, grams: u32) {
    bed.pass(1_000);
    let at = bed.now;
    bed.system(Command::Weight { scale: device("scale-1"), at, grams: Grams(grams) }).unwrap();
}

fn cod(bed: &Bed) -> i64 {
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    conn.query_row("SELECT cod FROM orders", [], |r| r.get(0)).unwrap()
}

fn last_scan(bed: &Bed, order: OrderId) -> String {
    let history = bed.reader().order(order).unwrap().unwrap().history;
    history.iter().rfind(|row| row.what == "scan").unwrap().detail.clone()
}

#[test]
fn the_scales_stable_weight_makes_the_price_once() {
    let (mut bed, order) = bed(Date::new(2030, 1, 31).unwrap());
    assert_eq!(scan(&mut bed, order, number(0)), Err(Refusal::NoWeight));
    weigh(&mut bed, 640);
    assert_eq!(scan(&mut bed, order, number(0)), Ok(Answer::Done));
    let told = last_scan(&bed, order);
    assert!(told.contains("grams=640") && told.contains("scale=scale-1 paise=12800"), "{told}");
    assert_eq!(cod(&bed), 32_800);
    assert_eq!(scan(&mut bed, order, number(0)), Err(Refusal::NoWeight), "that weight has priced a piece");
    bed.by("asha", Role::Picker, Command::Undo { order }).unwrap();
    assert_eq!(cod(&bed), 30_000);
    assert_eq!(scan(&mut bed, order, number(0)), Ok(Answer::Done), "it lies on the scale still");
    weigh(&mut bed, 400);
    bed.pass(31_000);
    assert_eq!(scan(&mut bed, order, number(0)), Err(Refusal::NoWeight), "that was a while ago");
    assert_eq!(bed.stock("CHEESE").0, 2);
    bed.check();
}

#[test]
fn a_scale_whose_stamp_ran_out_prices_nothing_and_a_label_says_its_own_weight() {
    let (mut bed, order) = bed(Date::new(2020, 1, 31).unwrap());
    weigh(&mut bed, 640);
    let refused = scan(&mut bed, order, number(0));
    assert_eq!(refused, Err(Refusal::ScaleStamp { scale: "scale-1".into() }));
    assert_eq!((bed.stock("CHEESE").0, cod(&bed)), (3, 30_000), "nothing was taken");
    assert_eq!(scan(&mut bed, order, number(455)), Ok(Answer::Done));
    assert!(last_scan(&bed, order).ends_with("grams=455 paise=9100"), "{}", last_scan(&bed, order));
    assert_eq!(cod(&bed), 29_100);
}

/// What the hub is told at packing: how much less the line costs than it reckoned with.
#[test]
fn the_hub_is_told_what_weighs_less() {
    for (second, less) in [(480, vec![LessPaid { line: 0, paise: Paise::new(1_300) }]), (640, vec![])] {
        let (mut bed, order) = bed(Date::new(2030, 1, 31).unwrap());
        assert_eq!(scan(&mut bed, order, number(455)), Ok(Answer::Done));
        assert_eq!(scan(&mut bed, order, number(second)), Ok(Answer::Done));
        let salt = bed.reader().stock_detail(&crate::testbed::sku("SALT"), bed.now).unwrap().unwrap();
        let text = model::code::OwnCode::Lot(salt.lots[0].lot.clone()).text();
        assert_eq!(scan(&mut bed, order, text), Ok(Answer::Done));
        bed.by("asha", Role::Picker, Command::Pack { order }).unwrap();
        let conn = rusqlite::Connection::open(bed.path()).unwrap();
        let rows = crate::db::outbox::waiting(&conn, 10_000).unwrap();
        let facts = rows.iter().flat_map(|row| serde_json::from_str::<Vec<Fact>>(&row.facts).unwrap());
        let told = facts
            .filter_map(|fact| if let Fact::Picks { picks, .. } = fact { Some(picks.less) } else { None });
        assert_eq!(told.collect::<Vec<_>>(), [less], "{second}");
    }
}

#[test]
fn goods_that_are_sold_by_the_piece_need_no_scale() {
    let (mut bed, order) = bed(Date::new(2020, 1, 31).unwrap());
    let lot = bed.reader().stock_detail(&crate::testbed::sku("SALT"), bed.now).unwrap().unwrap().lots[0]
        .lot
        .clone();
    let text = model::code::OwnCode::Lot(lot).text();
    assert_eq!(scan(&mut bed, order, text), Ok(Answer::Done));
    assert_eq!(Paise::new(cod(&bed)), Paise::new(30_000));
}
