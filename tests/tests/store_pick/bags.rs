//! Orders of more goods than anybody carries: the counter says no, and what is in the store already is packed, whatever its
//! weight has turned out to be.

use crate::shop::{ATTA, SOAP, Shop, ean, qty, sku};
use device_drivers::printer::{Language, Press};
use firmware_config::Settings;
use model::OrderState;
use model::api::store::{CounterLine, CounterOrderRequest};
use model::fact::Fact;
use model::order_doc::SubstitutePreset::Refund;
use store_node::answer::Answer;
use store_node::command::Command;
use store_node::refusal::Refusal;

fn counter(lines: &[(&str, i64)]) -> Command {
    counter_for("", lines)
}

fn counter_for(name: &str, lines: &[(&str, i64)]) -> Command {
    let line = |(code, n): &(&str, i64)| CounterLine { sku: sku(code), qty: qty(*n) };
    Command::CounterOrder(CounterOrderRequest {
        lines: lines.iter().map(line).collect(),
        first_name: name.into(),
    })
}

/// From the counter to the bytes for both printers: the labels are there, and what can be drawn of the name is on them.
#[test]
fn a_name_that_no_printer_can_draw_keeps_no_order_from_its_labels() {
    for (name, drawn) in [("கவிதா", None), ("Asha 😀", Some("Asha"))] {
        let mut shop = Shop::open();
        shop.stock(SOAP, 2, 0, None);
        let Answer::CounterOrder(told) = shop.must("m-asha", "desk", counter_for(name, &[(SOAP, 1)])) else {
            panic!("another answer");
        };
        shop.begin("p-ravi", "hh-1");
        shop.scan("p-ravi", "hh-1", told.order, &ean(SOAP)).unwrap();
        shop.must("p-ravi", "hh-1", Command::Pack { order: told.order });
        let jobs = shop.prints(told.order);
        assert_eq!(jobs.len(), 2, "{jobs:?}");
        for job in jobs {
            let language = if job.label.sticks() { Language::Zpl } else { Language::Escpos };
            let bytes = Press::of(language, &Settings::default()).print(&job.label, job.job).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(text.contains(&told.number), "{text}");
            assert!(drawn.is_none_or(|drawn| text.contains(drawn)), "{text}");
        }
    }
}

#[test]
fn a_name_that_commands_a_printer_is_refused_at_the_counter() {
    let mut shop = Shop::open();
    shop.stock(SOAP, 2, 0, None);
    for name in ["Ravi\u{1b}@", "Ravi\nKumar", "ivaR\u{202e}"] {
        let refused = shop.send("m-asha", "desk", counter_for(name, &[(SOAP, 1)]));
        let Err(Refusal::BadInput { field, detail }) = refused else { panic!("{name:?}: {refused:?}") };
        assert!(field == "first_name" && detail.contains("control sign"), "{field}: {detail}");
    }
    assert_eq!(shop.sums(SOAP), (2, 0, 0), "nothing is held");
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
