//! Cash on delivery: what label and handover slip tell the rider to collect is what the hub's books will ask for, whatever
//! was short or came instead.

use crate::shop::{MILK, MILK_SMALL, SOAP, Shop, ean, qty, sku};
use model::api::store::{HandoverRequest, PaperRequest};
use model::fact::Fact;
use model::mqtt::Label;
use model::order_doc::SubstitutePreset::{Ask, BestMatch, Refund};
use model::order_doc::{HeadLine, SubstituteAnswer, cash_due};
use model::{OrderId, Paise};
use store_node::command::Command;

const WHO: &str = "p-ravi";
const AT: &str = "hh-1";
/// Four soaps at 45 INR, two milks at 54 INR, a fee of 25 INR.
const AGREED: i64 = 4 * 4_500 + 2 * 5_400 + 2_500;
const LINES: [(&str, i64, i64); 2] = [(SOAP, 4, 4_500), (MILK, 2, 5_400)];

fn collect(shop: &Shop, order: OrderId) -> Vec<i64> {
    let said = shop.prints(order).into_iter().filter_map(|job| {
        let (Label::Delivery { cod, .. } | Label::Handover { cod, .. }) = job.label else { return None };
        Some(cod.get())
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
    let told = shop.facts().into_iter().find_map(|fact| {
        let Fact::Picks { picks, .. } = fact else { return None };
        Some(picks)
    });
    let head = |(code, n, price): (&str, i64, i64)| HeadLine {
        sku: sku(code),
        qty: qty(n),
        unit_price: Paise::new(price),
    };
    cash_due(Paise::new(AGREED), &LINES.map(head), &told.expect("picks are told")).get()
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

/// The customer pays what the cheaper of the two costs, piece by piece (REQ-33, REQ-66).
#[test]
fn a_substitute_costs_no_more_than_itself_and_no_more_than_what_was_asked_for() {
    let mut shop = Shop::open();
    shop.stock(SOAP, 4, 0, None);
    for code in [MILK, MILK_SMALL] {
        shop.stock(code, 4, 8, None);
    }
    let order = shop.sold(BestMatch, &LINES, AGREED, 600_000);
    shop.begin(WHO, AT);
    scans(&mut shop, order, SOAP, 4);
    scans(&mut shop, order, MILK, 1);
    shop.must(WHO, AT, Command::NotFound { order, line: 1 });
    scans(&mut shop, order, MILK_SMALL, 1);
    shop.must(WHO, AT, Command::Pack { order });
    let paid = AGREED - (5_400 - 2_800);
    assert_eq!((collect(&shop, order), due(&shop)), (vec![paid], paid));
}

/// The question says what will be charged, and that counts, whatever the catalogue says a minute later.
#[test]
fn what_the_customer_was_told_is_what_the_substitute_costs() {
    for (agreed, told) in [(5_400, Some(Paise::new(2_800))), (2_000, None)] {
        let mut shop = Shop::open();
        for code in [MILK, MILK_SMALL] {
            shop.stock(code, 4, 8, None);
        }
        let order = shop.sold(Ask, &[(MILK, 2, agreed)], 2 * agreed, 600_000);
        shop.begin(WHO, AT);
        shop.must(WHO, AT, Command::NotFound { order, line: 0 });
        let asked = shop.facts().into_iter().find_map(|fact| {
            let Fact::Ask { ask, .. } = fact else { return None };
            Some(ask.price)
        });
        assert_eq!(asked, Some(told), "agreed: {agreed}");
        shop.dearer(MILK_SMALL, 3_900);
        let answer = SubstituteAnswer { line: 0, accept: true };
        shop.must("system", "uplink", Command::AnswerSubstitute { order, answer });
        scans(&mut shop, order, MILK_SMALL, 2);
        shop.must(WHO, AT, Command::Undo { order });
        scans(&mut shop, order, MILK_SMALL, 1);
        shop.must(WHO, AT, Command::Pack { order });
        let paid = 2 * told.map_or(agreed, Paise::get);
        assert_eq!(collect(&shop, order), [paid], "agreed: {agreed}");
    }
}

/// A pack of which the printed MRP is less than the catalogue's price costs no more than that.
#[test]
fn a_substitute_never_costs_more_than_the_mrp_on_its_pack() {
    let mut shop = Shop::open();
    shop.stock(MILK, 2, 8, None);
    shop.mrp = 2_500;
    shop.stock(MILK_SMALL, 2, 8, None);
    let order = shop.sold(BestMatch, &[(MILK, 2, 5_400)], 2 * 5_400, 600_000);
    shop.begin(WHO, AT);
    shop.must(WHO, AT, Command::NotFound { order, line: 0 });
    scans(&mut shop, order, MILK_SMALL, 2);
    shop.must(WHO, AT, Command::Pack { order });
    assert_eq!(collect(&shop, order), [2 * 2_500]);
}
