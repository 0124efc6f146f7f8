//! Cash on delivery: what label and handover slip tell the rider to collect is what the hub's books will ask for, whatever
//! was short or came instead.

use crate::shop::{MILK, SOAP, Shop, ean};
use model::api::store::{HandoverRequest, PaperRequest};
use model::fact::Fact;
use model::mqtt::Label;
use model::order_doc::SubstitutePreset::Refund;
use model::order_doc::{Picks, taken_off};
use model::{OrderId, Paise, Qty};
use store_node::command::Command;

const WHO: &str = "p-ravi";
const AT: &str = "hh-1";
/// Four soaps at 45 INR, two milks at 54 INR, a fee of 25 INR.
const AGREED: i64 = 4 * 4_500 + 2 * 5_400 + 2_500;
const LINES: [(&str, i64, i64); 2] = [(SOAP, 4, 4_500), (MILK, 2, 5_400)];

fn collect(shop: &Shop, order: OrderId) -> Vec<i64> {
    let said = shop.prints(order).into_iter().filter_map(|job| match job.label {
        Label::Delivery { cod, .. } | Label::Handover { cod, .. } => Some(cod.get()),
        _ => None,
    });
    said.collect()
}

fn scans(shop: &mut Shop, order: OrderId, code: &str, n: usize) {
    for _ in 0..n {
        shop.scan(WHO, AT, order, &ean(code)).unwrap();
    }
}

/// What the hub makes of the picks that it is told.
fn due(shop: &Shop) -> i64 {
    let told = shop.facts().into_iter().find_map(|fact| match fact {
        Fact::Picks { picks, .. } => Some(picks),
        _ => None,
    });
    let Picks { short, less, .. } = told.expect("picks are told");
    let mut due = AGREED;
    for (line, (_, qty, price)) in (0_u8..).zip(LINES) {
        let short = short.iter().find(|each| each.line == line).map_or(Qty::ZERO, |each| each.qty);
        let less = less.iter().find(|each| each.line == line).map_or(Paise::ZERO, |each| each.paise);
        due -= taken_off(Paise::new(price), Qty::new(qty).unwrap(), (short, less)).get();
    }
    due
}

#[test]
fn what_is_short_is_not_collected() {
    let mut shop = Shop::open();
    shop.stock(SOAP, 3, 0, None);
    shop.stock(MILK, 2, 8, None);
    let order = shop.sold(Refund, &LINES, AGREED, 600_000);
    shop.begin(WHO, AT);
    scans(&mut shop, order, SOAP, 3);
    shop.must(WHO, AT, Command::NotFound { order, line: 1 });
    shop.must(WHO, AT, Command::Pack { order });
    let paid = AGREED - 4_500 - 2 * 5_400;
    assert_eq!(
        (collect(&shop, order), due(&shop)),
        (vec![paid], paid),
        "one soap never came, no milk was found"
    );

    shop.must(WHO, AT, Command::Reprint { order });
    let bags = shop.bags(order).into_iter().map(|bag| bag.bag).collect();
    let request = HandoverRequest { order, rider: "R-1".into(), bags };
    shop.must("m-asha", "desk", Command::Handover(request));
    shop.must("m-asha", "desk", Command::PrintPaper(PaperRequest::Handover { order }));
    assert_eq!(collect(&shop, order), [paid; 3], "and each paper says the same");
}

#[test]
fn nothing_is_collected_for_what_is_paid() {
    let mut shop = Shop::open();
    shop.stock(SOAP, 3, 0, None);
    shop.stock(MILK, 2, 8, None);
    let order = shop.sold(Refund, &LINES, 0, 600_000);
    shop.begin(WHO, AT);
    scans(&mut shop, order, SOAP, 3);
    scans(&mut shop, order, MILK, 2);
    shop.must(WHO, AT, Command::Pack { order });
    assert_eq!(collect(&shop, order), [0]);
}
