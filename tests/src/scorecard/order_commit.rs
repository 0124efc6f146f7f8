//! Benchmark `order-commit`: a durable order of three lines at 1, 16 and 64 clients, the whole flow of the hub and of the
//! store at the writer's queue, against PostgreSQL 15 on the classic path (step by step, and as one function) and against
//! Redis 7 for the reserve alone. One system at a time, one disk, the same products and baskets; after each point the
//! database must hold exactly what was acknowledged.

pub mod basket;
pub mod cpu;
pub mod hub;
pub mod hub_served;
pub mod load;
pub mod postgres;
pub mod redis;
pub mod store;

use super::served;
use anyhow::{Context, Result};
use clap::ValueEnum;
use load::{Client, Outcome};
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Clients of the points.
const CLIENTS: [usize; 3] = [1, 16, 64];
/// Before the window, so that caches and connections are warm.
const WARM: Duration = Duration::from_millis(500);
/// Writes in the disk's measurement.
const SYNCS: usize = 200;

/// What is measured, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum System {
    /// The hub's flow at the writer's queue.
    Hub,
    /// The store's flow at the writer's queue.
    Store,
    /// PostgreSQL, a statement after the other.
    PostgresSteps,
    /// PostgreSQL, one function.
    PostgresFunction,
    /// Redis, the reserve alone.
    RedisReserve,
    /// The store as a process of its own.
    StoreOverHttp,
    /// The hub as a process of its own.
    HubOverHttp,
}

impl System {
    /// Its name in the answer and after `--only`.
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Runs the benchmark below `base` (a folder on the disk to be measured); `error` stands in the answer if it cannot.
/// `only` names one system, for looking closer.
pub fn run(base: Option<&Path>, seconds: f64, only: Option<System>) -> Value {
    match measure(base, seconds, only) {
        Ok(value) => value,
        Err(error) => json!({"name": "order-commit", "error": format!("{error:#}")}),
    }
}

fn measure(base: Option<&Path>, seconds: f64, only: Option<System>) -> Result<Value> {
    let base = base.map_or_else(std::env::temp_dir, Path::to_path_buf);
    std::fs::create_dir_all(&base)?;
    let dir = tempfile::Builder::new().prefix("larder-orders").tempdir_in(&base)?;
    let (sync_p50, sync_p99) = fsync_ms(dir.path())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let window = Duration::from_secs_f64(seconds);
    let mut measured: Map<String, Value> = Map::new();
    let mut load_before = Map::new();
    for system in System::value_variants().iter().filter(|system| only.is_none_or(|only| only == **system)) {
        load_before.insert(system.name(), json!(load_average()));
        let outcomes = points(*system, &base, dir.path(), &runtime, window).with_context(|| system.name())?;
        measured.insert(system.name(), outcomes.iter().map(as_json).collect());
    }
    let goals = goals(&measured);
    Ok(json!({
        "name": "order-commit",
        "skus": basket::SKUS,
        "lines": basket::LINES,
        "seconds_per_point": seconds,
        "cpus": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "load_average_before": load_before,
        "fsync_4k_ms": {"p50": sync_p50, "p99": sync_p99},
        "systems": measured,
        "goals": goals,
        "notes": [
            "hub, store: in this process at the writer's queue; SQLite WAL, synchronous=FULL; document changes are made on a thread beside it, which steps back under load (facts then wait in the outbox), and stored by it",
            "postgres: fsync=on, synchronous_commit=on, unix socket, one row per product, no lots, no hash chain, no history",
            "store_over_http: the store as a process of its own with its broker and timers; each client a keep-alive connection",
            "hub_over_http: the hub as a process of its own with its timers; each checkout in its customer's own session",
            "redis: the reserve alone, in memory, not durable",
            "cpu_us_per_order: this process, `all` and its lasting threads by name; where the server is another process, the clients alone",
            "clients are threads of this process on the same cores as the servers; every point was verified: orders kept = acknowledged, units sold = ordered, none oversold",
        ],
    }))
}

fn points(
    system: System,
    base: &Path,
    dir: &Path,
    runtime: &Runtime,
    window: Duration,
) -> Result<Vec<Outcome>> {
    let handle = runtime.handle().clone();
    match system {
        System::Hub => {
            let hub = hub::Hub::start(dir, handle)?;
            let outcomes = each(window, || hub.client(), |taken| hub.verify(taken))?;
            hub.close()?;
            Ok(outcomes)
        }
        System::Store => {
            let store = store::Store::start(dir, handle)?;
            let outcomes = each(window, || store.client(), |taken| store.verify(taken))?;
            store.close()?;
            Ok(outcomes)
        }
        System::PostgresSteps => on_postgres(base, postgres::Way::Steps, window),
        System::PostgresFunction => on_postgres(base, postgres::Way::Function, window),
        System::StoreOverHttp => {
            let served = served::Served::start(dir, handle)?;
            let outcomes =
                each(window, || served.client(), |taken| store::verify(&served.database(), taken))?;
            served.close()?;
            Ok(outcomes)
        }
        System::HubOverHttp => {
            let served = hub_served::Served::start(dir, handle)?;
            let outcomes = each(window, || served.client(), |taken| served.verify(taken))?;
            served.close()?;
            Ok(outcomes)
        }
        System::RedisReserve => {
            let peer = redis::Redis::start(dir)?;
            each(window, || peer.client(), |taken| peer.verify(taken))
        }
    }
}

fn on_postgres(base: &Path, way: postgres::Way, window: Duration) -> Result<Vec<Outcome>> {
    // Not below our own folder: that is closed to the user postgres.
    let peer = postgres::Postgres::start(base, way)?;
    each(window, || peer.client(), |taken| peer.verify(taken))
}

/// All points of one system, each verified.
fn each(
    window: Duration,
    client: impl Fn() -> Result<Box<dyn Client>>,
    verify: impl Fn(u64) -> Result<()>,
) -> Result<Vec<Outcome>> {
    let mut taken = 0;
    let mut outcomes = Vec::new();
    for (point, count) in (1..).zip(CLIENTS) {
        let clients = (0..count).map(|_| client()).collect::<Result<_>>()?;
        let before = cpu::Spent::so_far();
        let mut outcome = load::drive(clients, WARM, window, point * 1_000)?;
        outcome.cpu = cpu::Spent::so_far().per_order(&before, outcome.taken_in_all);
        taken += outcome.taken_in_all;
        verify(taken).with_context(|| format!("after {count} clients"))?;
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn as_json(outcome: &Outcome) -> Value {
    json!({
        "clients": outcome.clients,
        "orders_per_s": outcome.rate().round(),
        "p50_ms": round(outcome.ms(50.0)),
        "p99_ms": round(outcome.ms(99.0)),
        "max_ms": round(outcome.ms(100.0)),
        "sold_out": outcome.sold_out,
        "cpu_us_per_order": outcome.cpu,
        "seconds": round(outcome.seconds),
        "verified": true,
    })
}

fn round(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// The goals of the issue, each with what was reached; only those whose systems were measured.
fn goals(measured: &Map<String, Value>) -> Vec<Value> {
    let at = |system: &str, clients: usize, field: &str| {
        let points = measured.get(system)?.as_array()?;
        points.iter().find(|point| point["clients"] == clients)?.get(field)?.as_f64()
    };
    let mut goals = Vec::new();
    for ours in ["hub", "store"] {
        for (peer, least) in [("postgres_steps", 5.0), ("postgres_function", 4.0)] {
            let (Some(us), Some(them)) = (at(ours, 64, "orders_per_s"), at(peer, 64, "orders_per_s")) else {
                continue;
            };
            let times = round(us / them.max(1.0));
            goals.push(json!({
                "what": format!("{ours}: times {peer} at 64 clients"),
                "goal": format!(">= {least}"), "reached": times, "met": times >= least,
            }));
        }
        for (clients, most) in [(16, 5.0), (64, 15.0)] {
            let Some(p99) = at(ours, clients, "p99_ms") else { continue };
            goals.push(json!({
                "what": format!("{ours}: p99 at {clients} clients, ms"),
                "goal": format!("<= {most}"), "reached": p99, "met": p99 <= most,
            }));
        }
    }
    goals
}

/// What the disk takes to make 4 kB durable: median and 99th percentile of appending and syncing, milliseconds.
fn fsync_ms(dir: &Path) -> Result<(f64, f64)> {
    let mut file = File::create(dir.join("fsync"))?;
    let block = [7_u8; 4_096];
    let mut took = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begin = Instant::now();
        file.write_all(&block)?;
        file.sync_all()?;
        took.push(begin.elapsed().as_secs_f64() * 1_000.0);
    }
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took.get((SYNCS as f64 * share) as usize).copied().unwrap_or(0.0);
    Ok((round(at(0.5)), round(at(0.99))))
}

/// The machine's load over the last minute; other work beside a benchmark shows here.
fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::System;
    use clap::ValueEnum;

    /// The goals look their systems up by these names.
    #[test]
    fn systems_are_named_as_in_the_answer() {
        let names: Vec<String> = System::value_variants().iter().map(|system| system.name()).collect();
        assert!(
            ["hub", "store", "postgres_steps", "postgres_function"]
                .iter()
                .all(|n| names.contains(&(*n).to_owned()))
        );
        assert_eq!(names.len(), 7);
        assert!(System::from_str("typo", false).is_err());
    }
}
