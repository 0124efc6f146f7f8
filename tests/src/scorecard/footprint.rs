//! Benchmark `footprint`: resident memory of a store's process idle and under load, and the time from its start until it
//! is ready. The process is this binary in its role of a store, with 2,500 products on its shelves; it is
//! its own broker. A Mosquitto would be a process of its own, counted apart.

use super::order_commit::basket::Baskets;
use super::served::{self, House};
use crate::demo::procs::Proc;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Starts that are timed on a full database, after the first on a fresh one.
const STARTS: usize = 5;
/// Clients of the load.
const CLIENTS: u64 = 16;
/// From ready until memory is read: what the start itself took is given back or stays.
const SETTLE: Duration = Duration::from_secs(2);
/// The goals of the issue.
const IDLE_MB: f64 = 64.0;
const READY_MS: f64 = 1_000.0;

/// Runs the benchmark below `base`, with `seconds` of load; `error` stands in the answer if it cannot.
pub fn run(base: Option<&Path>, seconds: f64) -> Value {
    let measured = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(measure(base, Duration::from_secs_f64(seconds))));
    measured.unwrap_or_else(|error| json!({"name": "footprint", "error": format!("{error:#}")}))
}

async fn measure(base: Option<&Path>, load: Duration) -> Result<Value> {
    let base = base.map_or_else(std::env::temp_dir, Path::to_path_buf);
    let dir = tempfile::Builder::new().prefix("larder-footprint").tempdir_in(&base)?;
    let house = House::build(&dir.path().join("store"), "")?;
    let (proc, first) = house.start().await?;
    tokio::time::sleep(SETTLE).await;
    let idle = proc.rss_mb();
    let broker = broker_rss_mb(&house.dir);
    let (orders, in_load) = order_for(&house, &proc, load).await?;
    tokio::time::sleep(SETTLE).await;
    let after = proc.rss_mb();
    stop(proc).await?;
    let mut ready = Vec::new();
    let mut idle_full = 0.0_f64;
    for _ in 0..STARTS {
        let (proc, took) = house.start().await?;
        ready.push(took.as_secs_f64() * 1_000.0);
        tokio::time::sleep(SETTLE / 4).await;
        idle_full = idle_full.max(proc.rss_mb());
        stop(proc).await?;
    }
    ready.sort_by(f64::total_cmp);
    let median = ready.get(STARTS / 2).copied().unwrap_or(0.0);
    let worst = ready.last().copied().unwrap_or(0.0);
    let idle_worst = idle.max(idle_full);
    Ok(json!({
        "name": "footprint",
        "rss_idle_mb": tenth(idle),
        "rss_idle_full_database_mb": tenth(idle_full),
        "rss_in_load_mb": tenth(in_load),
        "rss_after_load_mb": tenth(after),
        "rss_broker_mb": tenth(broker),
        "load": {"orders": orders, "clients": CLIENTS, "seconds": load.as_secs_f64()},
        "ready_ms": {"first_start": tenth(first.as_secs_f64() * 1_000.0), "p50": tenth(median), "max": tenth(worst)},
        "load_average": load_average(),
        "goals": [
            {"what": "rss idle, MB", "goal": format!("<= {IDLE_MB}"), "reached": tenth(idle_worst), "met": idle_worst <= IDLE_MB},
            {"what": "ready, ms", "goal": format!("<= {READY_MS}"), "reached": tenth(median), "met": median <= READY_MS},
        ],
    }))
}

async fn stop(proc: Proc) -> Result<()> {
    proc.stop(Duration::from_secs(10)).await.then_some(()).context("the store did not stop by itself")
}

/// Orders over HTTP until the time is over; gives how many were taken and the most memory seen meanwhile.
async fn order_for(house: &House, proc: &Proc, load: Duration) -> Result<(u64, f64)> {
    let until = Instant::now() + load;
    let mut clients = tokio::task::JoinSet::new();
    for seed in 0..CLIENTS {
        let console = house.manager().await?;
        clients.spawn(async move {
            let (mut baskets, mut taken) = (Baskets::new(seed), 0);
            while Instant::now() < until {
                let basket = baskets.draw();
                taken += u64::from(served::order(&console, basket.key, &basket.lines).await?.is_some());
            }
            anyhow::Ok(taken)
        });
    }
    let (mut orders, mut most) = (0, 0.0_f64);
    let mut look = tokio::time::interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            _ = look.tick() => most = most.max(proc.rss_mb()),
            done = clients.join_next() => match done {
                Some(taken) => orders += taken??,
                None => return Ok((orders, most)),
            },
        }
    }
}

/// Memory of the Mosquitto that runs on this store's configuration; 0 where the node is its own broker.
pub(super) fn broker_rss_mb(dir: &Path) -> f64 {
    let ours = dir.display().to_string();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let of_broker = processes.filter(|process| {
        let line = std::fs::read_to_string(process.path().join("cmdline")).unwrap_or_default();
        line.contains("mosquitto") && line.contains(&ours)
    });
    let resident = of_broker.filter_map(|process| {
        let status = std::fs::read_to_string(process.path().join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim();
        line.trim_end_matches(" kB").parse::<f64>().ok()
    });
    // The sum of nothing is minus zero.
    (resident.sum::<f64>() + 0.0) / 1_024.0
}

pub(super) fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The machine's load over the last minute; other work beside a benchmark shows here.
pub fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}
