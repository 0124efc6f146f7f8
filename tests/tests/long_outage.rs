//! The story of a month without a line, short: two days, nothing lost, what happens now before what happened then. The long
//! one is `make sim-outage`.

use tests::outage::{Options, run};

#[test]
fn nothing_of_a_long_outage_is_lost_and_what_happens_now_goes_first() {
    let report = run(Options::SHORT).unwrap();
    assert_eq!(report.orders, 2 * 400, "{report:?}");
    assert!(report.hours >= 2 * 18, "{report:?}");
    assert!(report.batches.0 > 0 && report.records > 0, "{report:?}");
    let (bought, before_the_old) = report.fresh;
    assert!(bought > 0 && before_the_old > 0, "{report:?}");
    // Behind the backlog the last of them would have waited as long as all of it took.
    assert!((report.slowest_fresh_ms as f64) < report.seconds * 1e3 / 2.0, "{report:?}");
}
