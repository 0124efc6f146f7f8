//! Short seeds of the deterministic world, and every seed that ever failed.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers stop at what must not happen")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::sim::{self, Looks, Options, Tally};

/// Seeds of every test run.
const SEEDS: u64 = 200;
/// Of these, how many are looked at as a whole after every event.
const WATCHED: u64 = 10;
/// Threads: one for each core of the machine the time limit is meant for.
const THREADS: usize = 2;

/// Lines of `seeds.txt`: seed, hours, stores; `#` begins a comment. Lines that begin with a word are the escrow's own world's.
fn old_failures() -> Vec<Options> {
    let lines = include_str!("seeds.txt").lines().map(|line| line.split('#').next().unwrap_or("").trim());
    lines
        .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
        .map(|line| {
            let mut words = line.split_whitespace();
            let mut word = || words.next().expect("three words: seed hours stores");
            let (seed, hours, stores) = (word().parse(), word().parse(), word().parse());
            Options {
                seed: seed.unwrap(),
                hours: hours.unwrap(),
                stores: stores.unwrap(),
                mutation: None,
                looks: Looks::Usual,
            }
        })
        .collect()
}

/// Runs all of them; gives one line for each that broke a promise, and what the others counted.
fn campaign(all: &[Options]) -> (Vec<String>, Vec<Tally>) {
    let (next, failed, held) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(options) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match sim::run(options, false) {
                        Ok(report) => held.lock().unwrap().push(report.tally),
                        Err(failure) => failed.lock().unwrap().push(format!(
                            "seed {} --hours {} --stores {}: {} at event {} ({})",
                            options.seed,
                            options.hours,
                            options.stores,
                            failure.broken,
                            failure.event,
                            failure.what
                        )),
                    }
                }
            });
        }
    });
    (failed.into_inner().unwrap(), held.into_inner().unwrap())
}

/// Each of them, in all short seeds together.
const LEAST: u32 = 5;

/// What a campaign must have seen, and how it is counted.
type Counted = (&'static str, fn(&Tally) -> u32);

#[test]
fn two_hundred_short_seeds_keep_every_promise() {
    let looks = |seed| if seed <= WATCHED { Looks::EveryEvent } else { Looks::Usual };
    let all: Vec<Options> =
        (1..=SEEDS).map(|seed| Options { looks: looks(seed), ..Options::short(seed) }).collect();
    let (failed, tallies) = campaign(&all);
    let again = "again: cargo run --release -p tests --bin sim -- --seed ...";
    assert!(failed.is_empty(), "{again}\n{}", failed.join("\n"));
    // A campaign in which nothing happens proves nothing.
    let counted: [Counted; 20] = [
        ("delivered", |t| t.delivered),
        ("counter orders in a cut", |t| t.counter_in_cut),
        ("cancelled", |t| t.cancelled),
        ("unpaid", |t| t.unpaid),
        ("baskets that became several deliveries", |t| t.split),
        ("cuts", |t| t.cuts),
        ("restarts", |t| t.restarts),
        ("clock steps", |t| t.steps),
        ("clocks at 1970, three days back or a month ahead", |t| t.leaps),
        ("hours closed", |t| t.hours_closed),
        ("batches", |t| t.batches),
        ("repeats", |t| t.repeats),
        ("breaches of the cold chain", |t| t.breaches),
        ("answered substitutes", |t| t.answered),
        ("slow disks", |t| t.slow_disks),
        ("frames lost", |t| t.frames_lost),
        ("frames doubled", |t| t.frames_doubled),
        ("frames that overtook another", |t| t.frames_overtook),
        ("changes that a machine came up without", |t| t.forgotten),
        ("documents repaired", |t| t.repairs),
    ];
    for (what, count) in counted {
        let sum: u32 = tallies.iter().map(count).sum();
        assert!(sum >= LEAST, "{what}: only {sum} in {SEEDS} seeds");
    }
}

#[test]
fn seeds_that_failed_once_fail_no_more() {
    let (failed, _) = campaign(&old_failures());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn a_seed_replays_to_the_last_byte() {
    for seed in [3, 8] {
        let options = Options::short(seed);
        let watched = Options { looks: Looks::EveryEvent, ..options.clone() };
        // Whoever looks more often changes nothing by it.
        let (first, second) = (sim::run(&options, false), sim::run(&watched, false));
        assert_eq!(first, second);
        assert!(first.unwrap().tally.events > 1_000);
    }
}
