//! `sim`: runs seeds of the deterministic world and says what they did; of a seed that broke a promise, how to see it again.

use anyhow::{Result, bail};
use clap::Parser;
use tests::sim::{self, Failure, Looks, Options, Report};

/// Runs the deterministic world: stores, a hub, people, and everything that goes wrong. A seed decides everything.
#[derive(Debug, Parser)]
struct Args {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, counted up from the first.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Hours of trade in each.
    #[arg(long, default_value_t = 1.0, value_parser = hours, allow_negative_numbers = true)]
    hours: f64,
    /// Stores in each.
    #[arg(long, default_value_t = 2, value_parser = stores)]
    stores: usize,
    /// Runs every seed twice and compares.
    #[arg(long)]
    twice: bool,
    /// Looks at everything after every event, not only every so many: slow, and names the very event.
    #[arg(long)]
    every_event: bool,
    /// Writes every event to stderr.
    #[arg(long)]
    trace: bool,
}

/// The longest world, hours: a month.
const HOURS_MAX: f64 = 720.0;
/// Stores of the largest world.
const STORES_MAX: usize = 100;

fn hours(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(hours) if hours > 0.0 && hours <= HOURS_MAX => Ok(hours),
        Ok(_) | Err(_) => Err(format!("want some time, at most {HOURS_MAX} hours")),
    }
}

fn stores(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(stores) if (1..=STORES_MAX).contains(&stores) => Ok(stores),
        Ok(_) | Err(_) => Err(format!("want from 1 to {STORES_MAX} stores")),
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    if args.trace {
        tracing_subscriber::fmt().without_time().with_writer(std::io::stderr).init();
    }
    let mut failed = 0_u64;
    for seed in args.seed..args.seed.saturating_add(args.seeds) {
        let looks = if args.every_event { Looks::EveryEvent } else { Looks::Usual };
        let options = Options { seed, hours: args.hours, stores: args.stores, mutation: None, looks };
        let first = sim::run(&options, args.trace);
        let again = if args.twice { Some(sim::run(&options, false)) } else { None };
        failed += u64::from(!tell(&options, &first, again.as_ref()));
    }
    if failed > 0 {
        bail!("{failed} of {} seeds broke a promise", args.seeds);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this program's output is its lines")]
fn tell(options: &Options, first: &Result<Report, Failure>, again: Option<&Result<Report, Failure>>) -> bool {
    if again.is_some_and(|again| again != first) {
        println!("seed {}: two runs differ: {first:?} and {again:?}", options.seed);
        return false;
    }
    match first {
        Ok(report) => {
            let t = &report.tally;
            println!(
                "seed {}: {} events, {} orders, {} at counters ({} in a cut), {} delivered, {} cancelled, {} unpaid, {} moved to another rider, {} taken by another, {} on a shared way, {} substitutes answered, {} cuts, {} restarts, \
                 {} clock steps, {} breaches, {} repeats, digest {}{}",
                options.seed,
                t.events,
                t.orders,
                t.counter_orders,
                t.counter_in_cut,
                t.delivered,
                t.cancelled,
                t.unpaid,
                t.moved,
                t.taken,
                t.shared,
                t.answered,
                t.cuts,
                t.restarts,
                t.steps,
                t.breaches,
                t.repeats,
                report.digest,
                if again.is_some() { ", twice the same" } else { "" }
            );
            true
        }
        Err(failure) => {
            println!(
                "seed {}: {} at event {} ({}): {}\n  again: cargo run --release -p tests --bin sim -- --seed {} --hours {} --stores {} --every-event --trace",
                options.seed,
                failure.broken,
                failure.event,
                failure.at,
                failure.what,
                options.seed,
                options.hours,
                options.stores
            );
            false
        }
    }
}
