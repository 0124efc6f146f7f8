//! From packing to the door: bags, labels and what printers say of them, weights, and the handover with every bag and no
//! other (REQ-31, REQ-32, REQ-34, REQ-39, REQ-96).

use crate::shop::{ATTA, MILK, SOAP, Shop, device, ean, qty, sku};
use model::api::store::{CounterLine, CounterOrderRequest, HandoverRequest};
use model::fact::Fact;
use model::mqtt::{Health, Label, PrintOutcome};
use model::order_doc::RiderCard;
use model::order_doc::SubstitutePreset::Refund;
use model::{BagId, Grams, OrderId, OrderState};
use store_node::answer::Answer;
use store_node::command::Command;
use store_node::db::prints::{self, PrintState};

const WHO: &str = "p-ravi";
const AT: &str = "hh-1";

/// Ravi has packed milk, flour and soap: a cold bag, a food bag, a bag for the rest.
fn packed() -> (Shop, OrderId) {
    let mut shop = Shop::open();
    shop.stock(MILK, 4, 8, None);
    shop.stock(ATTA, 4, 0, None);
    shop.stock(SOAP, 4, 0, None);
    let order = shop.order(Refund, &[(MILK, 2), (ATTA, 1), (SOAP, 1)]);
    shop.begin(WHO, AT);
    for code in [ATTA, SOAP, MILK, MILK] {
        shop.scan(WHO, AT, order, &ean(code)).unwrap();
    }
    let id = shop.id();
    for _double_tap in 0..2 {
        shop.send_as(id, WHO, AT, Command::Pack { order }).unwrap();
    }
    (shop, order)
}

fn bag_codes(shop: &Shop, order: OrderId) -> Vec<BagId> {
    shop.bags(order).into_iter().map(|bag| bag.bag).collect()
}

#[test]
fn bags_follow_the_rules_and_each_has_one_label() {
    let (shop, order) = packed();
    let bags = shop.bags(order);
    let shape: Vec<(u8, bool, u32)> = bags.iter().map(|bag| (bag.n, bag.cold, bag.weight.0)).collect();
    assert_eq!(shape, [(1, false, 5_000), (2, false, 130), (3, true, 2_060)]);
    let jobs = shop.prints(order);
    let at: Vec<(&str, &str)> =
        jobs.iter().map(|job| (job.printer.as_str(), job.what.split('=').next().unwrap())).collect();
    assert_eq!(at.iter().filter(|job| **job == ("label-1", "bag")).count(), 3);
    assert_eq!(at.iter().filter(|job| **job == ("receipt-1", "delivery")).count(), 1);
    assert_eq!(shop.read(|conn| prints::to_send(conn, 10)).len(), 4, "packing twice by one id prints once");
    let delivery = jobs.iter().find(|job| job.printer.as_str() == "receipt-1").unwrap();
    let Label::Delivery { bags, lines, duplicate, .. } = &delivery.label else { panic!("{delivery:?}") };
    assert_eq!((*bags, *duplicate), (3, false));
    assert_eq!(lines.iter().map(|line| line.1).sum::<u32>(), 4);
}

#[test]
fn a_label_is_done_on_the_printers_word_or_a_persons() {
    let (mut shop, order) = packed();
    let jobs = shop.prints(order);
    let say = |shop: &mut Shop, n: usize, outcome| {
        shop.must("system", "label-1", Command::PrintResult { job: jobs[n].job, outcome });
    };
    for job in &jobs {
        shop.must("system", "mqtt", Command::PrintSent { job: job.job, printer: job.printer.clone() });
    }
    assert!(shop.read(|conn| prints::to_send(conn, 10)).is_empty());
    assert_eq!(shop.read(|conn| prints::unanswered(conn, 10)).len(), 4);
    say(&mut shop, 0, PrintOutcome::Done);
    say(&mut shop, 1, PrintOutcome::InDoubt);
    say(&mut shop, 2, PrintOutcome::SentUnconfirmed);
    let resolve = |job: usize, printed| Command::ResolvePrint { job: jobs[job].job, printed };
    assert_eq!(
        shop.refused(WHO, AT, resolve(0, false)),
        "already_done",
        "what is printed is not printed again"
    );
    shop.must(WHO, AT, resolve(2, true));
    shop.must(WHO, AT, resolve(1, false));
    assert_eq!(shop.refused(WHO, AT, resolve(1, false)), "already_done", "and only once");
    let again = shop.read(|conn| prints::to_send(conn, 10));
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].again_of, again[0].what.as_str()), (Some(jobs[1].job), jobs[1].what.as_str()));
    assert!(matches!(again[0].label, Label::Bag { duplicate: true, .. }));
    say(&mut shop, 0, PrintOutcome::InDoubt);
    let state = shop.read(|conn| prints::find(conn, jobs[0].job)).unwrap().state;
    assert_eq!(state, PrintState::Done, "a late word changes nothing");
    shop.must(WHO, AT, Command::Reprint { order });
    let queued = shop.read(|conn| prints::to_send(conn, 10));
    assert_eq!(queued.len(), 5);
    assert!(queued.iter().all(|job| !matches!(
        job.label,
        Label::Bag { duplicate: false, .. } | Label::Delivery { duplicate: false, .. }
    )));
}

#[test]
fn only_jobs_that_were_never_sent_go_to_another_printer() {
    let (mut shop, order) = packed();
    let sent = shop.prints(order)[0].clone();
    assert_eq!(sent.printer.as_str(), "label-1");
    let to = |printer: &str| Command::PrintSent { job: sent.job, printer: device(printer) };
    assert_eq!(shop.refused("system", "mqtt", to("label-2")), "already_done", "it is not that printer's job");
    shop.must("system", "mqtt", to("label-1"));
    shop.printer("label-1", "zpl", Health::Down);
    let by = |id: &str| shop.prints(order).iter().filter(|job| job.printer.as_str() == id).count();
    assert_eq!((by("label-1"), by("label-2"), by("receipt-1")), (1, 2, 1));
    shop.printer("receipt-1", "escpos", Health::Down);
    assert_eq!(
        shop.read(|conn| prints::to_send(conn, 10)).len(),
        2,
        "the receipt waits: there is no other printer"
    );
    shop.printer("receipt-1", "escpos", Health::Ok);
    assert!(shop.effects.prints);
    assert_eq!(shop.read(|conn| prints::to_send(conn, 10)).len(), 3);
}

#[test]
fn a_bag_must_weigh_what_its_goods_weigh() {
    let (mut shop, order) = packed();
    let bag = bag_codes(&shop, order)[0].clone();
    let on_scale = |grams| Command::WeighBag { bag: bag.clone(), grams: Grams(grams) };
    let refusal = shop.send(WHO, AT, on_scale(4_700)).unwrap_err().problem();
    assert_eq!(refusal.code, "weight_mismatch");
    assert!(refusal.detail.contains("-300 g"), "{}", refusal.detail);
    assert_eq!(shop.bags(order)[0].weighed, None);
    assert!(shop.history(order).contains(&"weight_mismatch".to_owned()), "the try is remembered");
    shop.must(WHO, AT, on_scale(5_040));
    assert_eq!(shop.bags(order)[0].weighed, Some(Grams(5_040)));
}

fn hand_over(order: OrderId, rider: &str, bags: Vec<BagId>) -> Command {
    Command::Handover(HandoverRequest { order, rider: rider.into(), bags })
}

#[test]
fn an_order_leaves_with_every_bag_no_other_and_its_own_rider() {
    let (mut shop, order) = packed();
    let card = RiderCard { code: "R-7".into(), name: "Om".into(), eta_at: shop.now };
    shop.must("system", "uplink", Command::SetRider { order, rider: card });
    let all = bag_codes(&shop, order);
    let foreign = BagId::new("9Z9-1-AAAA").unwrap();
    let most = all[..2].to_vec();
    let with_foreign: Vec<BagId> = all.iter().cloned().chain([foreign]).collect();
    assert_eq!(shop.refused(WHO, AT, hand_over(order, "R-7", most)), "wrong_bags");
    assert_eq!(shop.refused(WHO, AT, hand_over(order, "R-7", with_foreign)), "wrong_bags");
    assert_eq!(shop.refused(WHO, AT, hand_over(order, "R-8", all.clone())), "wrong_rider");
    assert_eq!(shop.refused(WHO, AT, hand_over(order, "", all.clone())), "bad_input");
    assert_eq!(shop.state(order), OrderState::Packed);
    let id = shop.id();
    let answers: Vec<Answer> =
        (0..2).map(|_| shop.send_as(id, WHO, AT, hand_over(order, "R-7", all.clone())).unwrap()).collect();
    assert_eq!(answers[0], answers[1]);
    assert_eq!(shop.state(order), OrderState::Dispatched);
    assert!(shop.bags(order).iter().all(|bag| bag.handed_over_at.is_some()));
    assert_eq!(shop.refused(WHO, AT, hand_over(order, "R-7", all)), "illegal_move");
}

/// Who took the orders, as the hub is told.
fn taken(shop: &Shop) -> Vec<String> {
    let facts = shop.facts().into_iter();
    facts.filter_map(|fact| if let Fact::Taken { rider, .. } = fact { Some(rider) } else { None }).collect()
}

#[test]
fn a_second_rider_is_the_only_one_and_one_who_comes_too_late_hears_who_has_it() {
    let (mut shop, order) = packed();
    let eta_at = shop.now;
    let send = |shop: &mut Shop, code: &str| {
        let card = RiderCard { code: code.into(), name: "Om".into(), eta_at };
        shop.must("system", "uplink", Command::SetRider { order, rider: card });
    };
    let bags = bag_codes(&shop, order);
    send(&mut shop, "R-7");
    // The first rider stands at the scanner with one bag when the hub sends another one.
    read(&mut shop, "LP:p-ravi").unwrap();
    read(&mut shop, "LR:R-7").unwrap();
    read(&mut shop, &format!("LB:{}", bags[0])).unwrap();
    send(&mut shop, "R-8");
    assert_eq!(read(&mut shop, &format!("LB:{}", bags[1])), Err("wrong_rider".into()));
    assert_eq!(shop.refused(WHO, AT, hand_over(order, "R-7", bags.clone())), "wrong_rider");
    assert_eq!(shop.state(order), OrderState::Packed);
    read(&mut shop, "LR:R-8").unwrap();
    for bag in &bags {
        read(&mut shop, &format!("LB:{bag}")).unwrap();
    }
    assert_eq!(shop.state(order), OrderState::Dispatched);
    assert_eq!(taken(&shop), Vec::<String>::new(), "the hub knows: it is who it sent last");
    // The word of a third one comes when the bags are gone.
    send(&mut shop, "R-9");
    send(&mut shop, "R-9");
    assert_eq!(taken(&shop), ["R-8"]);
}

#[test]
fn who_took_an_order_without_a_card_is_told() {
    let (mut shop, order) = packed();
    let bags = bag_codes(&shop, order);
    shop.must(WHO, AT, hand_over(order, "R-5", bags));
    assert_eq!(taken(&shop), ["R-5"]);
}

#[test]
fn a_counter_order_is_over_when_its_customer_has_it() {
    let mut shop = Shop::open();
    shop.stock(SOAP, 4, 0, None);
    let request = CounterOrderRequest {
        lines: vec![CounterLine { sku: sku(SOAP), qty: qty(1) }],
        first_name: String::new(),
    };
    let answer = shop.must("m-asha", "desk", Command::CounterOrder(request));
    let Answer::CounterOrder(taken) = answer else { panic!("{answer:?}") };
    let order = taken.order;
    shop.begin(WHO, AT);
    shop.scan(WHO, AT, order, &ean(SOAP)).unwrap();
    assert_eq!(shop.refused(WHO, AT, hand_over(order, "", Vec::new())), "illegal_move", "not packed yet");
    shop.must(WHO, AT, Command::Pack { order });
    let bags = bag_codes(&shop, order);
    shop.must("m-asha", "desk", hand_over(order, "", bags));
    assert_eq!(shop.state(order), OrderState::Completed);
    assert_eq!(shop.sums(SOAP), (3, 0, 0));
}

fn read(shop: &mut Shop, text: &str) -> Result<Answer, String> {
    let command =
        Command::FixedScan { scanner: device("sc-1"), code: device_drivers::scanner::Code::of_line(text) };
    shop.send("system", "sc-1", command).map_err(|refusal| refusal.problem().code)
}

#[test]
fn a_fixed_scanner_picks_for_the_badge_that_took_it() {
    let mut shop = Shop::open();
    shop.stock(SOAP, 4, 0, None);
    shop.stock(ATTA, 4, 0, None);
    let order = shop.order(Refund, &[(SOAP, 1)]);
    assert_eq!(read(&mut shop, &ean(SOAP)), Err("not_logged_in".into()));
    read(&mut shop, "LP:p-ravi").unwrap();
    assert_eq!(read(&mut shop, &ean(SOAP)), Err("not_your_order".into()), "nothing in hand yet");
    shop.begin(WHO, AT);
    assert_eq!(read(&mut shop, &ean(ATTA)), Err("wrong_item".into()));
    assert_eq!(shop.handheld_behind("sc-1"), Some(device(AT)), "the person's own screen says it");
    read(&mut shop, &ean(SOAP)).unwrap();
    assert!(shop.effects.handhelds.contains(&device(AT)));
    assert_eq!(shop.view(AT).task.unwrap().lines[0].picked.get(), 1);
    let scans = shop.read(|conn| store_node::db::orders::history(conn, &order));
    let scan = scans.iter().find(|event| event.what == "scan").unwrap();
    assert_eq!((scan.person.as_str(), scan.device.as_str()), ("p-ravi", "sc-1"));
}

#[test]
fn weighed_bags_of_a_counter_order_go_to_the_customer_by_scanning_them() {
    let mut shop = Shop::open();
    shop.stock(SOAP, 4, 0, None);
    shop.stock(ATTA, 4, 0, None);
    let line = |code: &str| CounterLine { sku: sku(code), qty: qty(1) };
    let request = CounterOrderRequest { lines: vec![line(SOAP), line(ATTA)], first_name: String::new() };
    let answer = shop.must("m-asha", "desk", Command::CounterOrder(request));
    let Answer::CounterOrder(taken) = answer else { panic!("{answer:?}") };
    let order = taken.order;
    shop.begin(WHO, AT);
    for code in [ATTA, SOAP] {
        shop.scan(WHO, AT, order, &ean(code)).unwrap();
    }
    shop.must(WHO, AT, Command::Pack { order });
    let bags = shop.bags(order);
    assert_eq!(bags.len(), 2, "food and soap apart");
    read(&mut shop, "LP:p-ravi").unwrap();
    let scan = |bag: &BagId| format!("LB:{bag}");
    assert_eq!(
        read(&mut shop, &scan(&bags[0].bag)),
        Err("no_weight".into()),
        "a bag is weighed before it leaves"
    );
    for bag in &bags {
        let at = shop.now;
        shop.must(
            "system",
            "scale-1",
            Command::Weight { scale: device("scale-1"), at, grams: Some(bag.weight) },
        );
        read(&mut shop, &scan(&bag.bag)).unwrap();
        shop.now = shop.now.plus_ms(31_000);
    }
    assert_eq!(shop.state(order), OrderState::Packed, "weighed is not handed over");
    assert_eq!(read(&mut shop, &scan(&bags[0].bag)), Ok(Answer::Done));
    assert_eq!(read(&mut shop, &scan(&bags[0].bag)), Ok(Answer::Done), "the same bag again is no second bag");
    assert!(matches!(read(&mut shop, &scan(&bags[1].bag)), Ok(Answer::Handover(_))));
    assert_eq!(shop.state(order), OrderState::Completed);
    assert_eq!(read(&mut shop, &scan(&bags[1].bag)), Err("illegal_move".into()));
}

#[test]
fn bags_are_weighed_and_handed_over_by_scanning() {
    let (mut shop, order) = packed();
    let bags = bag_codes(&shop, order);
    read(&mut shop, "LP:p-ravi").unwrap();
    assert_eq!(read(&mut shop, &format!("LB:{}", bags[0])), Err("no_weight".into()), "nothing on the scale");
    let at = shop.now;
    shop.must(
        "system",
        "scale-1",
        Command::Weight { scale: device("scale-1"), at, grams: Some(Grams(5_010)) },
    );
    read(&mut shop, &format!("LB:{}", bags[0])).unwrap();
    assert_eq!(shop.bags(order)[0].weighed, Some(Grams(5_010)));

    read(&mut shop, "LR:R-7").unwrap();
    for bag in &bags[..2] {
        assert_eq!(read(&mut shop, &format!("LB:{bag}")), Ok(Answer::Done));
    }
    assert_eq!(
        read(&mut shop, &format!("LB:{}", bags[1])),
        Ok(Answer::Done),
        "the same bag again is no third bag"
    );
    assert_eq!(read(&mut shop, "LB:9Z9-1-AAAA"), Err("unknown_code".into()));
    assert_eq!(shop.state(order), OrderState::Packed);
    assert!(matches!(read(&mut shop, &format!("LB:{}", bags[2])), Ok(Answer::Handover(_))));
    assert_eq!(shop.state(order), OrderState::Dispatched);
}
