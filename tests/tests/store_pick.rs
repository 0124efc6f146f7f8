//! Stories of picking at the store, through the engine on a real database: what a picker, a printer, a rider and a
//! customer do to one order, right and wrong.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on has failed, also in the helpers that tell it"
)]

#[path = "store_pick/bags.rs"]
mod bags;
#[path = "store_pick/cash.rs"]
mod cash;
#[path = "store_pick/leaving.rs"]
mod leaving;
#[path = "store_pick/missing.rs"]
mod missing;
#[path = "store_pick/shop.rs"]
mod shop;

use model::OrderState;
use model::fact::Fact;
use model::order::Moment;
use model::order_doc::SubstitutePreset::{Ask, Refund};
use shop::{ATTA, EGGS, MILK, SOAP, Shop, ean};
use store_node::command::Command;

const RAVI: (&str, &str) = ("p-ravi", "hh-1");

#[test]
fn every_wrong_scan_is_named_and_a_right_one_counts_once() {
    let mut shop = Shop::open();
    let first = shop.stock(MILK, 3, 6, None);
    let second = shop.stock(MILK, 3, 9, None);
    shop.stock(ATTA, 5, 0, None);
    shop.stock(EGGS, 5, 0, None);
    let order = shop.order(Refund, &[(MILK, 2), (ATTA, 1)]);
    let task = shop.begin(RAVI.0, RAVI.1);
    assert_eq!(task.order, order);
    let skus: Vec<&str> = task.lines.iter().map(|line| line.sku.as_str()).collect();
    assert_eq!(skus, [ATTA, MILK], "ambient first, cold last");
    let milk = &task.lines[1];
    assert_eq!(
        (milk.lot.lot.clone(), milk.lot.scan_label),
        (first.clone(), true),
        "first expired, two lots in its bin"
    );
    assert!(milk.cold && task.lines[0].heavy && milk.bag != task.lines[0].bag, "cold goods in their own bag");
    assert_eq!(task.lines[0].gtins, [ean(ATTA)]);

    let (who, at) = RAVI;
    assert_eq!(shop.wrong(who, at, order, &ean(EGGS)), "wrong_item");
    assert_eq!(shop.wrong(who, at, order, &ean(MILK)), "wrong_lot", "a product code proves no lot here");
    assert_eq!(shop.wrong(who, at, order, &format!("LL:{second}")), "wrong_lot");
    for (text, code) in [("9520000009999", "bad_code"), ("", "bad_code")] {
        assert_eq!(shop.wrong(who, at, order, text), code, "{text}");
    }
    for text in ["LB:4K1-1-9F3A", "LP:p-ravi", "9520000009991", "LL:L404", "hello"] {
        assert_eq!(shop.wrong(who, at, order, text), "unknown_code", "{text}");
    }
    assert_eq!(shop.refused(who, at, Command::Pack { order }), "lines_open");

    let label = Command::Scan { order, text: format!("LL:{first}"), line: 0 };
    let id = shop.id();
    for _double_tap in 0..3 {
        shop.send_as(id, who, at, label.clone()).unwrap();
    }
    assert_eq!(shop.sums(MILK), (5, 1, 0), "one id is one piece");
    assert!(shop.effects.handhelds.is_empty(), "a repeat changes nothing that must be shown");
    shop.must(who, at, label.clone());
    assert_eq!(shop.wrong(who, at, order, &format!("LL:{first}")), "over_pick");
    shop.scan(who, at, order, &ean(ATTA)).unwrap();
    let view = shop.view(at);
    assert!(view.task.unwrap().lines.iter().all(|line| line.picked == line.qty));
    assert_eq!(shop.history(order).iter().filter(|what| *what == "scan").count(), 3);
}

#[test]
fn an_undo_puts_the_last_piece_back_for_the_same_line() {
    let mut shop = Shop::open();
    shop.stock(SOAP, 4, 0, None);
    let order = shop.order(Refund, &[(SOAP, 2)]);
    shop.begin(RAVI.0, RAVI.1);
    let (who, at) = RAVI;
    assert_eq!(shop.refused(who, at, Command::Undo { order }), "nothing_to_undo");
    shop.scan(who, at, order, &ean(SOAP)).unwrap();
    assert_eq!(shop.sums(SOAP), (3, 1, 0));
    shop.must(who, at, Command::Undo { order });
    assert_eq!(shop.sums(SOAP), (4, 2, 0));
    assert_eq!(shop.refused(who, at, Command::Undo { order }), "nothing_to_undo");
    assert_eq!(shop.view(at).task.unwrap().lines[0].picked.get(), 0);
    for _ in 0..2 {
        shop.scan(who, at, order, &ean(SOAP)).unwrap();
    }
    shop.must(who, at, Command::Pack { order });
    assert_eq!(shop.state(order), OrderState::Packed);
}

#[test]
fn the_most_urgent_order_first_and_one_at_a_time() {
    let mut shop = Shop::open();
    shop.stock(SOAP, 9, 0, None);
    let late = shop.order_due(Refund, &[(SOAP, 1)], 900_000);
    let soon = shop.order_due(Refund, &[(SOAP, 1)], 500_000);
    assert_eq!(shop.begin("p-ravi", "hh-1").order, soon);
    shop.must("p-ravi", "hh-1", Command::Ready);
    let view = shop.view("hh-1");
    assert_eq!((view.task.unwrap().order, view.waiting), (soon, 1), "still the one in hand");
    assert_eq!(shop.begin("p-meena", "hh-2").order, late);
    assert_eq!(shop.state(late), OrderState::Picking);
    let picking = |fact: &Fact| matches!(fact, Fact::Moment { moment: Moment::Picking, .. });
    assert_eq!(shop.facts().iter().filter(|fact| picking(fact)).count(), 2, "the hub hears of each once");
    shop.scan("p-ravi", "hh-1", soon, &ean(SOAP)).unwrap();
    shop.must("p-ravi", "hh-1", Command::Pack { order: soon });
    assert!(shop.view("hh-1").task.is_none(), "nothing waits");
}

#[test]
fn an_order_stays_with_its_picker_on_whatever_handheld() {
    let mut shop = Shop::open();
    shop.stock(SOAP, 9, 0, None);
    let order = shop.order(Ask, &[(SOAP, 2)]);
    shop.begin("p-ravi", "hh-1");
    shop.login("p-meena", "hh-2");
    assert_eq!(shop.wrong("p-meena", "hh-2", order, &ean(SOAP)), "not_your_order");
    assert_eq!(shop.refused("p-meena", "hh-2", Command::Undo { order }), "not_your_order");
    shop.scan("p-ravi", "hh-1", order, &ean(SOAP)).unwrap();

    shop.must("p-meena", "hh-2", Command::Logout { device: shop::device("hh-2") });
    shop.login("p-ravi", "hh-2");
    let task = shop.view("hh-2").task.expect("goes on where the person is");
    assert_eq!((task.order, task.lines[0].picked.get()), (order, 1));
    assert!(shop.view("hh-1").task.is_none() && shop.view("hh-1").person.is_none());
    assert_eq!(shop.wrong("p-ravi", "hh-1", order, &ean(SOAP)), "not_logged_in");
    shop.scan("p-ravi", "hh-2", order, &ean(SOAP)).unwrap();
    shop.must("p-ravi", "hh-2", Command::Pack { order });
    assert_eq!(shop.wrong("p-ravi", "hh-2", order, &ean(SOAP)), "illegal_move");
}

#[test]
fn a_cancelled_order_gives_every_unit_back_and_refuses_scans_by_its_own_word() {
    let mut shop = Shop::open();
    shop.stock(SOAP, 5, 0, None);
    shop.stock(ATTA, 5, 0, None);
    let order = shop.order(Refund, &[(SOAP, 2), (ATTA, 1)]);
    shop.begin(RAVI.0, RAVI.1);
    shop.scan(RAVI.0, RAVI.1, order, &ean(SOAP)).unwrap();
    let at = shop.now;
    shop.must("system", "uplink", Command::RequestCancel { order, at });
    assert_eq!((shop.sums(SOAP), shop.sums(ATTA)), ((5, 0, 0), (5, 0, 0)));
    let view = shop.view(RAVI.1);
    assert!(view.task.is_none());
    assert_eq!(view.notices[0].code, "order_cancelled");
    assert_eq!(shop.wrong(RAVI.0, RAVI.1, order, &ean(SOAP)), "order_cancelled");
    assert_eq!(shop.refused(RAVI.0, RAVI.1, Command::Pack { order }), "order_cancelled");
    assert_eq!(shop.state(order), OrderState::Cancelled);
}

#[test]
fn goods_past_their_date_are_refused() {
    let mut shop = Shop::open();
    let lot = shop.stock(MILK, 3, 4, None);
    let order = shop.order(Refund, &[(MILK, 1)]);
    shop.begin(RAVI.0, RAVI.1);
    shop.now = shop.now.plus_ms(5 * model::time::DAY_MS);
    shop.login(RAVI.0, RAVI.1);
    assert_eq!(shop.wrong(RAVI.0, RAVI.1, order, &format!("LL:{lot}")), "expired_lot");
    assert_eq!(shop.wrong(RAVI.0, RAVI.1, order, &ean(MILK)), "expired_lot");
}
