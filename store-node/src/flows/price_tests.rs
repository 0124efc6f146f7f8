//! Stories of weighed goods: the scale's stable weight makes the price, once; a label says its own; a scale without a valid
//! stamp prices nothing; taking a pick back takes its price back.

use crate::answer::Answer;
use crate::command::{Command, Login};
use crate::refusal::Refusal;
use crate::testbed::{Bed, product, setup};
use device_drivers::gs1::instore::{InStore, Measure, Template};
use model::catalogue::TempClass;
use model::code::OwnCode;
use model::fact::Fact;
use model::mqtt::Label;
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
    bed.printer("escpos");
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
    bed.system(Command::Weight { scale: device("scale-1"), at, grams: Some(Grams(grams)) }).unwrap();
}

/// Takes the salt, too, packs, and says what the delivery label tells the rider to collect.
fn pack(bed: &mut Bed, order: OrderId) -> i64 {
    let salt = bed.reader().stock_detail(&crate::testbed::sku("SALT"), bed.now).unwrap().unwrap();
    let text = OwnCode::Lot(salt.lots[0].lot.clone()).text();
    assert_eq!(scan(bed, order, text), Ok(Answer::Done));
    bed.by("asha", Role::Picker, Command::Pack { order }).unwrap();
    let jobs = bed.reader().prints_to_send().unwrap();
    let label = jobs.iter().find_map(|job| {
        let Label::Delivery { cod, .. } = &job.label else { return None };
        Some(cod.get())
    });
    label.expect("a delivery label")
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
    assert_eq!(scan(&mut bed, order, number(0)), Err(Refusal::NoWeight), "that weight has priced a piece");
    bed.by("asha", Role::Picker, Command::Undo { order }).unwrap();
    assert_eq!(scan(&mut bed, order, number(0)), Ok(Answer::Done), "it lies on the scale still");
    weigh(&mut bed, 400);
    bed.pass(31_000);
    assert_eq!(scan(&mut bed, order, number(0)), Err(Refusal::NoWeight), "that was a while ago");
    assert_eq!(bed.stock("CHEESE").0, 2);
    bed.check();
}

/// Put on, taken off again before its label was scanned: the next piece is not priced by it.
#[test]
fn a_weight_that_was_taken_off_prices_nothing() {
    let (mut bed, order) = bed(Date::new(2030, 1, 31).unwrap());
    weigh(&mut bed, 640);
    bed.pass(1_000);
    let at = bed.now;
    bed.system(Command::Weight { scale: device("scale-1"), at, grams: None }).unwrap();
    assert_eq!(scan(&mut bed, order, number(0)), Err(Refusal::NoWeight));
    // A word that comes late does not put it back.
    let late = Command::Weight { scale: device("scale-1"), at: at.plus_ms(-500), grams: Some(Grams(640)) };
    bed.system(late).unwrap();
    assert_eq!(scan(&mut bed, order, number(0)), Err(Refusal::NoWeight));
    assert_eq!(bed.stock("CHEESE").0, 3);
    weigh(&mut bed, 455);
    assert_eq!(scan(&mut bed, order, number(0)), Ok(Answer::Done));
    assert!(last_scan(&bed, order).contains("grams=455"), "{}", last_scan(&bed, order));
    bed.check();
}

#[test]
fn a_scale_whose_stamp_ran_out_prices_nothing_and_a_label_says_its_own_weight() {
    let (mut bed, order) = bed(Date::new(2020, 1, 31).unwrap());
    weigh(&mut bed, 640);
    let refused = scan(&mut bed, order, number(0));
    assert_eq!(refused, Err(Refusal::ScaleStamp { scale: "scale-1".into() }));
    assert_eq!(bed.stock("CHEESE").0, 3, "nothing was taken");
    assert_eq!(scan(&mut bed, order, number(455)), Ok(Answer::Done));
    assert!(last_scan(&bed, order).ends_with("grams=455 paise=9100"), "{}", last_scan(&bed, order));
}

/// What the hub is told at packing, and the rider by the label: how much less the line costs than was reckoned. What weighs
/// more costs no more, in cash as on a card.
#[test]
fn the_hub_and_the_label_are_told_what_weighs_less() {
    for (second, less) in [(480, vec![LessPaid { line: 0, paise: Paise::new(1_300) }]), (640, vec![])] {
        let (mut bed, order) = bed(Date::new(2030, 1, 31).unwrap());
        assert_eq!(scan(&mut bed, order, number(455)), Ok(Answer::Done));
        assert_eq!(scan(&mut bed, order, number(second)), Ok(Answer::Done));
        let agreed = 30_000;
        let off: i64 = less.iter().map(|less| less.paise.get()).sum();
        assert_eq!(pack(&mut bed, order), agreed - off, "{second}");
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
    let text = OwnCode::Lot(lot).text();
    assert_eq!(scan(&mut bed, order, text), Ok(Answer::Done));
}
