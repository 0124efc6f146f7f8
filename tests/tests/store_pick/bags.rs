//! Orders of more goods than anybody carries: the counter says no, and what is in the store already is packed, whatever its
//! weight has turned out to be.

use crate::shop::{ATTA, SOAP, Shop, ean, qty, sku};
use model::OrderState;
use model::api::store::{CounterLine, CounterOrderRequest};
use model::fact::Fact;
use model::order_doc::SubstitutePreset::Refund;
use store_node::command::Command;
use store_node::refusal::Refusal;

fn counter(lines: &[(&str, i64)]) -> Command {
    let line = |(code, n): &(&str, i64)| CounterLine { sku: sku(code), qty: qty(*n) };
    Command::CounterOrder(CounterOrderRequest {
        lines: lines.iter().map(line).collect(),
        first_name: String::new(),
    })
}

#[test]
fn the_counter_refuses_what_is_too_heavy_for_one_order() {
    let mut shop = Shop::open();
    shop.stock(ATTA, 20, 0, None);
    shop.stock(SOAP, 20, 0, None);
    let refused = shop.send("m-asha", "desk", counter(&[(ATTA, 6), (SOAP, 1), (ATTA, 6)]));
    assert_eq!(refused, Err(Refusal::TooHeavy { kg: 61, most_kg: 60 }));
    assert_eq!(shop.sums(ATTA), (20, 0, 0), "nothing is held");
    shop.must("m-asha", "desk", counter(&[(ATTA, 12)]));
}

/// The hub knew the goods as lighter than the store does: 270 bags by the rules, more than a label can count.
#[test]
fn an_order_of_more_bags_than_can_be_counted_is_packed_in_heavier_ones() {
    let mut shop = Shop::open();
    shop.stock(ATTA, 270, 0, None);
    let order = shop.order(Refund, &[(ATTA, 270)]);
    let task = shop.begin("p-ravi", "hh-1");
    for _ in 0..270 {
        shop.scan("p-ravi", "hh-1", order, &ean(ATTA)).unwrap();
    }
    shop.must("p-ravi", "hh-1", Command::Pack { order });
    assert_eq!(shop.state(order), OrderState::Packed);
    let bags = shop.bags(order);
    assert_eq!(bags.iter().map(|bag| u64::from(bag.weight.0)).sum::<u64>(), 270 * 5_000);
    assert!(bags.len() > 100 && bags.iter().zip(1..).all(|(bag, n)| bag.n == n), "{}", bags.len());
    assert!(usize::from(task.bags) <= bags.len());
    let told = shop
        .facts()
        .into_iter()
        .any(|fact| matches!(fact, Fact::Picks { picks, .. } if usize::from(picks.bags) == bags.len()));
    assert!(told, "and the hub is told");
}
