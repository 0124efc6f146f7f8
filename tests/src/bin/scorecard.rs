//! `scorecard NAME [--data DIR]`: runs one benchmark and prints one JSON line. Use a release build.
#![expect(clippy::print_stdout, reason = "the JSON line is the program's answer")]

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;
use tests::demo::roles;
use tests::scorecard;

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
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Part of the goal's rate to ask for (sync-fleet): less than 1 where the build is slow.
    #[arg(long, default_value_t = 1.0)]
    share: f64,
    /// One system of a benchmark that compares several, for looking closer.
    #[arg(long)]
    only: Option<String>,
    /// One JSON line on standard output; always so, accepted for scripts.
    #[arg(long)]
    json: bool,
}

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

fn run(options: &Options) -> Result<Value> {
    Ok(match options.name {
        Name::OrderCommit => {
            scorecard::order_commit::run(options.data.as_deref(), options.seconds, options.only.as_deref())
        }
        Name::ScanAck => scorecard::scan_ack::run(options.data.as_deref()),
        Name::AgentLoad => scorecard::agent_load::run(options.data.as_deref()),
        Name::Broker => scorecard::broker::run(options.seconds),
        Name::Footprint => scorecard::footprint::run(options.data.as_deref(), options.seconds),
        Name::PickRoute => scorecard::pick_route::run(&folder(options, "data/picking")?),
        Name::GrantPolicy => scorecard::grant_policy::run(),
        Name::Replace => scorecard::replace::run(options.data.as_deref(), options.only.as_deref()),
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
