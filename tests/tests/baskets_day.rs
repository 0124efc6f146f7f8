//! A day of real baskets (dunnhumby) against a real catalogue (zepto, imported as it is) in the simulation: till lines by
//! popularity rank become customers of the hub, with cuts and restarts on the way.

use files::Format;
use tests::baskets;
use tests::sim::{self, Looks, Options, Script};

/// Hours that are played: the whole day.
const HOURS: i64 = 24;

#[test]
fn a_day_of_real_baskets_is_sold_picked_and_delivered() {
    let Some(day) = baskets::shared_day().expect("the shared baskets can be read") else {
        eprintln!("skipped: LARDER_SHARED is not set");
        return;
    };
    let root = std::env::var_os("LARDER_SHARED").expect("set, as the baskets were found");
    let file = std::path::Path::new(&root).join("data/catalogue/zepto_v2.csv");
    let bytes = std::fs::read(&file).expect("the shared catalogue can be read");
    let imported = files::catalogue(&bytes, Format::Zepto);
    let catalogue: Vec<_> = imported.rows.into_iter().map(|row| row.product).collect();
    assert_eq!(catalogue.len(), 1_798);

    let baskets: Vec<_> = day
        .baskets
        .iter()
        .filter(|basket| basket.at_offset_ms < HOURS * 3_600_000)
        .map(|basket| {
            let lines = basket.lines.iter().map(|(rank, units)| (*rank as usize - 1, *units));
            (basket.at_offset_ms, lines.collect())
        })
        .collect();
    let placed = baskets.len();
    assert!(placed > 100, "{placed} baskets are no day");
    let options = Options { seed: 1, hours: HOURS as f64, stores: 1, mutation: None, looks: Looks::Usual };
    let report = sim::run_script(&options, Script { catalogue, baskets }).unwrap_or_else(|failure| {
        panic!("{} at event {} ({}): {}", failure.broken, failure.event, failure.at, failure.what)
    });
    let tally = report.tally;
    println!("{placed} baskets: {tally:?}");
    assert!(u64::from(tally.orders) * 10 >= placed as u64 * 6, "{} orders of {placed} baskets", tally.orders);
    assert!(
        tally.delivered * 10 >= tally.orders * 7,
        "{} of {} orders delivered",
        tally.delivered,
        tally.orders
    );
}
