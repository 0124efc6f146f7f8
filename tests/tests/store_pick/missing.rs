//! Goods that are not on their shelf: another place, a substitute by each preset, the money back, and never a unit that
//! was promised to somebody else (REQ-33, SYNC.md).

use crate::shop::{ATTA, MILK, MILK_OTHER, MILK_SMALL, SOAP, Shop, ean, sku};
use model::Qty;
use model::api::fence::UnknownEnd;
use model::fact::Fact;
use model::order_doc::SubstitutePreset::{Ask, BestMatch, Refund};
use model::order_doc::{SubstituteAnswer, SubstitutePreset};
use model::{OrderId, OrderState};
use store_core::movement::Balance;
use store_node::command::{Command, Counted, FenceWhy};
use store_node::db::stock;

const WHO: &str = "p-ravi";
const AT: &str = "hh-1";

fn missing(shop: &mut Shop, order: OrderId, line: u8) {
    shop.must(WHO, AT, Command::NotFound { order, line });
}

#[test]
fn another_bin_comes_first_and_the_missing_units_stay_blocked() {
    let mut shop = Shop::open();
    let near = shop.stock(SOAP, 2, 0, Some("A-01-01L1"));
    let far = shop.stock(SOAP, 4, 0, Some("A-02-04R2"));
    let order = shop.order(BestMatch, &[(SOAP, 2)]);
    let task = shop.begin(WHO, AT);
    let (at, other) = if task.lines[0].lot.lot == near { (2, &far) } else { (4, &near) };
    assert_eq!(task.lines[0].alternatives.len(), 1);
    missing(&mut shop, order, 0);
    let line = shop.view(AT).task.unwrap().lines.remove(0);
    assert_eq!((&line.lot.lot, line.picked.get(), line.short.get()), (other, 0, 0));
    assert_eq!(shop.sums(SOAP), (6, 2, 2), "blocked until somebody counts them (bin of {at})");
    for _ in 0..2 {
        shop.scan(WHO, AT, order, &ean(SOAP)).unwrap();
    }
    shop.must(WHO, AT, Command::Pack { order });
    assert_eq!(shop.shorts(order), []);
}

#[test]
fn best_match_is_held_at_once_and_packed_under_its_own_name() {
    let mut shop = Shop::open();
    for code in [MILK, MILK_SMALL, MILK_OTHER] {
        shop.stock(code, 4, 8, None);
    }
    let order = shop.order(BestMatch, &[(MILK, 4)]);
    shop.begin(WHO, AT);
    shop.scan(WHO, AT, order, &ean(MILK)).unwrap();
    missing(&mut shop, order, 0);
    let line = shop.view(AT).task.unwrap().lines.remove(0);
    assert_eq!(
        (line.sku.as_str(), line.qty.get(), line.picked.get()),
        (MILK_SMALL, 4, 1),
        "same brand, other size"
    );
    assert_eq!(shop.sums(MILK), (3, 0, 3));
    assert_eq!(shop.sums(MILK_SMALL), (4, 3, 0));
    for _ in 0..3 {
        shop.scan(WHO, AT, order, &ean(MILK_SMALL)).unwrap();
    }
    shop.must(WHO, AT, Command::Pack { order });
    let picks = shop
        .facts()
        .into_iter()
        .find_map(|fact| if let Fact::Picks { picks, .. } = fact { Some(picks) } else { None });
    let picked: Vec<(String, u32)> =
        picks.unwrap().picked.iter().map(|unit| (unit.sku.to_string(), unit.qty.get())).collect();
    assert_eq!(picked, [(MILK.to_owned(), 1), (MILK_SMALL.to_owned(), 3)]);
}

#[test]
fn a_substitute_never_takes_what_the_hub_may_sell() {
    let mut shop = Shop::open();
    shop.stock(MILK, 2, 8, None);
    shop.stock(MILK_SMALL, 3, 8, None);
    shop.stock(MILK_OTHER, 60, 8, None);
    let order = shop.order(BestMatch, &[(MILK, 2)]);
    shop.must("system", "timer", Command::GrantTick);
    shop.begin(WHO, AT);
    missing(&mut shop, order, 0);
    let line = shop.view(AT).task.unwrap().lines.remove(0);
    assert_eq!(line.sku.as_str(), MILK_OTHER, "three small ones lie there, but they are the hub's to sell");
    assert_eq!(shop.sums(MILK_SMALL), (3, 0, 0));
}

#[test]
fn another_bin_gives_only_what_the_store_may_promise_by_itself() {
    let mut shop = Shop::open();
    shop.stock(SOAP, 4, 0, Some("A-01-01L1"));
    shop.stock(SOAP, 4, 0, Some("A-02-04R2"));
    shop.must("system", "timer", Command::GrantTick);
    let order = shop.order(Refund, &[(SOAP, 4)]);
    let rights = shop.read(|conn| store_node::db::quota::outstanding(conn, &sku(SOAP)));
    assert!((1..=4).contains(&rights), "the hub may sell some of the other four: {rights}");
    shop.begin(WHO, AT);
    missing(&mut shop, order, 0);
    let short = u32::try_from(rights).unwrap();
    assert_eq!(shop.shorts(order), [(0, short)]);
    assert_eq!(shop.sums(SOAP), (8, 4 - short, 4));
}

#[test]
fn what_its_date_takes_from_an_order_in_hand_ends_it() {
    let mut shop = Shop::open();
    let lot = shop.stock(MILK, 2, 8, None);
    let order = shop.order(Refund, &[(MILK, 2)]);
    shop.begin(WHO, AT);
    let today = shop.engine.setup().calendar.date(shop.now);
    shop.must("system", "timer", Command::StartDay { day: today.plus_days(9) });
    assert_eq!(shop.state(order), OrderState::Cancelled);
    assert_eq!(shop.view(AT).notices[0].code, "order_cancelled");
    assert_eq!(shop.wrong(WHO, AT, order, &format!("LL:{lot}")), "order_cancelled");
    assert_eq!(shop.refused(WHO, AT, Command::Pack { order }), "order_cancelled");
}

#[test]
fn refund_leaves_the_line_out_and_keeps_the_order() {
    let mut shop = Shop::open();
    shop.stock(MILK, 2, 8, None);
    shop.stock(MILK_SMALL, 9, 8, None);
    shop.stock(ATTA, 2, 0, None);
    let order = shop.order(Refund, &[(MILK, 2), (ATTA, 1)]);
    shop.begin(WHO, AT);
    missing(&mut shop, order, 0);
    assert_eq!(shop.shorts(order), [(0, 2)]);
    assert_eq!(shop.sums(MILK_SMALL), (9, 0, 0));
    let task = shop.view(AT).task.unwrap();
    let left = task.lines.iter().find(|line| line.line == 0).unwrap();
    assert_eq!(left.short.get(), 2, "it stays on the screen as given up");
    assert_eq!(shop.refused(WHO, AT, Command::NotFound { order, line: 0 }), "over_pick");
    assert_eq!(shop.refused(WHO, AT, Command::NotFound { order, line: 7 }), "unknown_line");
    shop.scan(WHO, AT, order, &ean(ATTA)).unwrap();
    shop.must(WHO, AT, Command::Pack { order });
    assert_eq!(shop.bags(order).len(), 1);
}

#[test]
fn an_order_of_which_nothing_is_left_is_cancelled_by_the_store() {
    let mut shop = Shop::open();
    shop.stock(MILK, 2, 8, None);
    let order = shop.order(Refund, &[(MILK, 2)]);
    shop.begin(WHO, AT);
    missing(&mut shop, order, 0);
    assert_eq!(shop.state(order), OrderState::Cancelled);
    assert_eq!(shop.sums(MILK), (2, 0, 2));
    assert!(shop.view(AT).task.is_none());
    let told = shop
        .facts()
        .into_iter()
        .any(|fact| matches!(fact, Fact::Picks { picks, .. } if picks.short.len() == 1));
    assert!(told, "the hub can refund");
}

fn asked(preset: SubstitutePreset) -> (Shop, OrderId) {
    let mut shop = Shop::open();
    shop.stock(MILK, 2, 8, None);
    shop.stock(MILK_SMALL, 5, 8, None);
    shop.stock(ATTA, 2, 0, None);
    let order = shop.order(preset, &[(MILK, 2), (ATTA, 1)]);
    shop.begin(WHO, AT);
    missing(&mut shop, order, 0);
    (shop, order)
}

fn answer(shop: &mut Shop, order: OrderId, accept: bool) {
    let answer = SubstituteAnswer { line: 0, accept };
    shop.must("system", "uplink", Command::AnswerSubstitute { order, answer });
}

#[test]
fn ask_holds_nothing_until_the_customer_says_yes() {
    let (mut shop, order) = asked(Ask);
    let offer = shop.view(AT).task.unwrap().substitute.expect("an offer on the screen");
    assert_eq!((offer.line, offer.until.since_ms(shop.now)), (0, 60_000));
    assert!(
        shop.facts()
            .iter()
            .any(|fact| matches!(fact, Fact::Ask { ask, .. } if ask.sku.as_str() == MILK_SMALL))
    );
    assert_eq!(shop.sums(MILK_SMALL), (5, 0, 0));
    shop.scan(WHO, AT, order, &ean(ATTA)).unwrap();
    assert_eq!(
        shop.refused(WHO, AT, Command::Pack { order }),
        "lines_open",
        "one line waits for the customer"
    );
    assert_eq!(shop.refused(WHO, AT, Command::NotFound { order, line: 0 }), "already_done");
    answer(&mut shop, order, true);
    assert_eq!(shop.sums(MILK_SMALL), (5, 2, 0));
    let view = shop.view(AT);
    assert_eq!(view.notices[0].code, "substitute_accepted");
    assert!(view.task.unwrap().substitute.is_none());
    for _ in 0..2 {
        shop.scan(WHO, AT, order, &ean(MILK_SMALL)).unwrap();
    }
    shop.must(WHO, AT, Command::Pack { order });
    assert_eq!(shop.shorts(order), []);
}

#[test]
fn a_no_and_no_answer_both_refund_the_line() {
    for say_no in [true, false] {
        let (mut shop, order) = asked(Ask);
        if say_no {
            answer(&mut shop, order, false);
        } else {
            shop.must("system", "timer", Command::SubstituteTick);
            assert_eq!(shop.shorts(order), [], "not before its time");
            shop.now = shop.now.plus_ms(61_000);
            shop.must("system", "timer", Command::SubstituteTick);
            answer(&mut shop, order, true);
            assert_eq!(shop.sums(MILK_SMALL), (5, 0, 0), "an answer that comes too late changes nothing");
        }
        assert_eq!(shop.shorts(order), [(0, 2)]);
        let said = if say_no { "substitute_declined" } else { "substitute_timeout" };
        assert_eq!(shop.view(AT).notices[0].code, said);
        shop.scan(WHO, AT, order, &ean(ATTA)).unwrap();
        shop.must(WHO, AT, Command::Pack { order });
    }
}

#[test]
fn a_yes_for_what_is_gone_by_now_is_a_refund() {
    let (mut shop, order) = asked(Ask);
    shop.must("system", "timer", Command::GrantTick);
    answer(&mut shop, order, true);
    assert_eq!(shop.shorts(order), [(0, 2)], "the hub has the right to sell them now");
    assert_eq!(shop.sums(MILK_SMALL), (5, 0, 0));
}

/// The store is fenced while a customer is asked. What the count finds to be gone is given up then; the question that still
/// stands gives up nothing more, and a yes that comes late takes nothing for a line that wants nothing.
#[test]
fn a_question_that_outlives_a_fence_gives_up_nothing_twice() {
    for late in ["yes", "no", "silence"] {
        let (mut shop, order) = asked(Ask);
        let (manager, desk) = ("m-asha", "desk-1");
        shop.must(manager, desk, Command::Fence { why: FenceWhy::ByHand });
        for code in [MILK, MILK_SMALL, ATTA] {
            let known = shop.read(|conn| stock::places_of_sku(conn, &sku(code)));
            let found = |(place, balance): (stock::Place, Balance)| Counted {
                on_hand: if code == MILK { Qty::ZERO } else { balance.on_hand },
                lot: place.lot,
                bin: place.bin,
            };
            let places = known.into_iter().map(found).collect();
            shop.must(manager, desk, Command::CountSku { sku: sku(code), places });
        }
        shop.must(manager, desk, Command::OpenEmergency);
        shop.must(manager, desk, Command::ResolveUnknown { order, end: UnknownEnd::GoOn });
        assert_eq!(shop.shorts(order), [(0, 2)], "the count is the answer");
        shop.begin(WHO, AT);
        shop.scan(WHO, AT, order, &ean(ATTA)).unwrap();
        match late {
            "silence" => {
                shop.now = shop.now.plus_ms(61_000);
                shop.must("system", "timer", Command::SubstituteTick);
            }
            says => answer(&mut shop, order, says == "yes"),
        }
        assert_eq!((shop.shorts(order), shop.sums(MILK_SMALL).1), (vec![(0, 2)], 0), "{late}");
        shop.must(WHO, AT, Command::Pack { order });
    }
}
