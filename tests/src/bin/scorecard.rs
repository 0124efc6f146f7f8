//! `scorecard NAME [--data DIR]`: runs one benchmark and prints one JSON line. Use a release build.
#![expect(clippy::print_stdout, reason = "the JSON line is the program's answer")]

use anyhow::{Context, Result, anyhow, ensure};
use clap::{Parser, ValueEnum};
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;
use tests::demo::roles;
use tests::scorecard;
use tests::scorecard::agent_load::Kinds;
use tests::scorecard::order_commit::System;
use tests::scorecard::scan_ack::Wire;

/// Runs one benchmark and prints one JSON line.
#[derive(Debug, Parser)]
#[command(name = "scorecard", version)]
struct Options {
    /// Which benchmark.
    name: Name,
    /// Data to run on, where the benchmark takes some (pick-route: a folder of instances; without it
    /// data/picking in LARDER_SHARED or in `shared` beside the checkout), or the folder whose disk is
    /// measured (order-commit).
    #[arg(long)]
    data: Option<PathBuf>,
    /// Seconds of each measured point, where there are points.
    #[arg(long, default_value_t = 3.0, value_parser = seconds, allow_negative_numbers = true)]
    seconds: f64,
    /// Part of the goal's rate to ask for (sync-fleet): less than 1 where the build is slow.
    #[arg(long, default_value_t = 1.0, value_parser = share, allow_negative_numbers = true)]
    share: f64,
    /// One system of those that are compared, for looking closer (order-commit), or the days of a shorter year (replace).
    #[arg(long)]
    only: Option<String>,
    /// The store's broker encrypted, with certificates (agent-load).
    #[arg(long)]
    tls: bool,
    /// Devices of mixed kinds instead of the commonest of each class (agent-load).
    #[arg(long)]
    mixed: bool,
    /// One JSON line on standard output; always so, accepted for scripts.
    #[arg(long)]
    json: bool,
}

/// Days of the longest history that replace builds.
const DAYS_MAX: u32 = 3_650;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    /// Durable orders at 1, 16, 64 clients: hub and store against PostgreSQL 15 and Redis 7.
    OrderCommit,
    /// From a serial scanner's byte to the picker's handheld, with 20 handhelds busy.
    ScanAck,
    /// A full store's devices: memory and processor time of their agent idle, and scans through it (REQ-46).
    AgentLoad,
    /// The node's own broker against Mosquitto: throughput, round trips, memory.
    Broker,
    /// A store's memory idle and in load, and its time to ready.
    Footprint,
    /// Exact pick routes on published instances, judged by an independent checker (REQ-30).
    PickRoute,
    /// Sales lost at the hub and at the counter in cuts, by the way of granting (REQ-50).
    GrantPolicy,
    /// A store with a year of orders on new hardware, over 10 Mbit/s (REQ-52); `--only DAYS` for a shorter year.
    Replace,
    /// Bytes of an order at rest and on the wire, against plain JSON (SYNC.md).
    SyncBytes,
    /// The catalogue's document beside other layouts, and one for a city beside one for each store (SYNC.md).
    SyncCatalogue,
    /// From a store's word to the hub's acknowledgement, quiet and during a catch-up, against sending in plain order.
    SyncLag,
    /// A hub with a thousand connected stores: memory, processor time, lag, bytes.
    SyncFleet,
    /// Catching up after a cut of 8 h, 72 h, 30 days over 1 Mbit/s (SYNC.md).
    SyncCatchup,
}

fn main() -> Result<ExitCode> {
    // Some benchmarks start this binary again as a store node or a device agent.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(done) = roles::run_role(&arguments) {
        return done.map(|()| ExitCode::SUCCESS);
    }
    let options = Options::parse();
    let answer = run(&options)?;
    println!("{answer}");
    let failed = answer.get("error").is_some();
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A number within its range: one beyond it would measure nothing, or for ever.
fn number(text: &str, from: f64, to: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (from..=to).contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(format!("want a number from {from} to {to}")),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    number(text, 0.1, 3_600.0)
}

fn share(text: &str) -> Result<f64, String> {
    number(text, 0.001, 10.0)
}

/// `--only` of order-commit.
fn system(word: &str) -> Result<System> {
    let all = System::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let names: Vec<String> = all.map(|value| value.get_name().to_owned()).collect();
    System::from_str(word, false).map_err(|_| anyhow!("--only {word}: want one of {}", names.join(", ")))
}

/// `--only` of replace.
fn days(word: &str) -> Result<u32> {
    let days = word.parse().ok().filter(|days| (1..=DAYS_MAX).contains(days));
    days.with_context(|| format!("--only {word}: want days, from 1 to {DAYS_MAX}"))
}

fn run(options: &Options) -> Result<Value> {
    let only = options.only.as_deref();
    let takes_one = matches!(options.name, Name::OrderCommit | Name::Replace);
    ensure!(takes_one || only.is_none(), "--only is for order-commit and replace");
    let plain = !options.tls && !options.mixed;
    ensure!(plain || matches!(options.name, Name::AgentLoad), "--tls and --mixed are for agent-load");
    Ok(match options.name {
        Name::OrderCommit => {
            let only = only.map(system).transpose()?;
            scorecard::order_commit::run(options.data.as_deref(), options.seconds, only)
        }
        Name::ScanAck => scorecard::scan_ack::run(options.data.as_deref()),
        Name::AgentLoad => {
            let wire = if options.tls { Wire::Tls } else { Wire::Plain };
            let kinds = if options.mixed { Kinds::Mixed } else { Kinds::Usual };
            scorecard::agent_load::run(options.data.as_deref(), wire, kinds)
        }
        Name::Broker => scorecard::broker::run(options.seconds),
        Name::Footprint => scorecard::footprint::run(options.data.as_deref(), options.seconds),
        Name::PickRoute => scorecard::pick_route::run(&folder(options, "data/picking")?),
        Name::GrantPolicy => scorecard::grant_policy::run(),
        Name::Replace => scorecard::replace::run(options.data.as_deref(), only.map(days).transpose()?),
        Name::SyncBytes => scorecard::sync_bytes::run(),
        Name::SyncCatalogue => scorecard::sync_catalogue::run(),
        Name::SyncLag => scorecard::sync_lag::run(options.data.as_deref()),
        Name::SyncFleet => {
            scorecard::sync_fleet::run(options.data.as_deref(), options.seconds.max(20.0), options.share)
        }
        Name::SyncCatchup => scorecard::sync_catchup::run(),
    })
}

/// The folder that was named, or the shared one: LARDER_SHARED, else `shared` beside the checkout.
fn folder(options: &Options, below: &str) -> Result<PathBuf> {
    if let Some(data) = &options.data {
        return Ok(data.clone());
    }
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let shared = std::env::var_os("LARDER_SHARED").unwrap_or_else(|| beside.into());
    let folder = PathBuf::from(shared).join(below);
    ensure!(folder.is_dir(), "{} is not there: give --data DIR, or set LARDER_SHARED", folder.display());
    Ok(folder)
}

#[cfg(test)]
mod refused_words {
    use super::{Options, run};
    use clap::Parser;

    fn refused(words: &[&str]) -> String {
        match Options::try_parse_from([&["scorecard"], words].concat()) {
            Err(error) => error.to_string(),
            Ok(options) => format!("{:#}", run(&options).unwrap_err()),
        }
    }

    #[test]
    fn what_would_measure_nothing_is_refused_before_anything_runs() {
        for (words, why) in [
            (&["order-commit", "--only", "typo"][..], "want one of hub, store, postgres_steps"),
            (&["replace", "--only", "many"], "want days, from 1 to"),
            (&["pick-route", "--only", "hub"], "--only is for order-commit and replace"),
            (&["scan-ack", "--tls"], "--tls and --mixed are for agent-load"),
            (&["broker", "--seconds", "-1"], "want a number from 0.1"),
            (&["footprint", "--seconds", "nan"], "want a number from 0.1"),
            (&["sync-fleet", "--share", "0"], "want a number from 0.001"),
        ] {
            let said = refused(words);
            assert!(said.contains(why), "{words:?}: {said}");
        }
    }
}
