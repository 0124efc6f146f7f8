//! Benchmark `sync-lag` (issue C, 3): how long what a store says takes to be durable at the hub, quiet and during the
//! catch-up of 72 hours over a line of 1 Mbit/s. Control in the same run: the same log sent plainly in its order.

use super::light_store::{self, LightStore, quantile};
use super::slow_wire;
use crate::demo::procs::Proc;
use anyhow::{Context, Result};
use model::StoreId;
use model::time::HOUR_MS;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A store's cut.
const CUT_HOURS: i64 = 72;
/// Orders of the cut.
const BACKLOG_ORDERS: u128 = 3_000;
/// 1 Mbit/s.
const LINE_BYTES_PER_S: u32 = 125_000;
/// New orders while the line is watched.
const NEW_EVERY: Duration = Duration::from_millis(150);
/// At most so many.
const NEW_MAX: usize = 200;
const TOKEN: &str = "a-token-for-benchmarks-only";

/// Runs the benchmark; `error` stands in the answer if it cannot.
pub fn run(data: Option<&Path>) -> Value {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let done = runtime.context("runtime").and_then(|runtime| runtime.block_on(measure(data)));
    done.unwrap_or_else(|error| json!({"name": "sync-lag", "error": format!("{error:#}")}))
}

async fn measure(data: Option<&Path>) -> Result<Value> {
    let quiet = one(data, 0, false).await?;
    let lanes = one(data, BACKLOG_ORDERS, false).await?;
    let in_order = one(data, BACKLOG_ORDERS, true).await?;
    Ok(json!({
        "name": "sync-lag",
        "line_bytes_per_s": LINE_BYTES_PER_S,
        "backlog_orders": u64::try_from(BACKLOG_ORDERS)?,
        "backlog_hours": CUT_HOURS,
        "release": !cfg!(debug_assertions),
        "quiet": quiet,
        "lanes": lanes,
        "control_in_order": in_order,
        "goals": {"lag_p99_ms": 2_000},
    }))
}

/// One store, one hub: new orders during the catch-up, each timed from its writing to the hub's acknowledgement.
async fn one(data: Option<&Path>, backlog: u128, in_order: bool) -> Result<Value> {
    let dir = folder(data)?;
    let (hub, address) = hub(dir.path(), &["s1".to_owned()]).await?;
    let wire = slow_wire::lay(address, LINE_BYTES_PER_S).await?;
    let mut store = LightStore::new(StoreId::new("s1")?, in_order);
    let now = light_store::now();
    for n in 0..backlog {
        let back = CUT_HOURS * HOUR_MS * i64::try_from(backlog - n)? / i64::try_from(backlog)?;
        let (hour, life) = light_store::order(n, now.plus_ms(-back))?;
        life.iter().try_for_each(|facts| store.say(hour, facts, false))?;
    }
    let waiting = store.waiting();
    let mut socket = store.dial(&format!("ws://{wire}/sync/v1/connect"), TOKEN).await?;
    let begun = Instant::now();
    let (mut caught_up, mut told) = (None, 0);
    while told < NEW_MAX && (told < 40 || caught_up.is_none()) {
        let (hour, life) = light_store::order(1_000_000 + told as u128, light_store::now())?;
        store.say(hour, &life[0], true)?;
        told += 1;
        store.talk(&mut socket, NEW_EVERY, false).await?;
        if store.waiting() < 20 {
            caught_up.get_or_insert(begun.elapsed().as_secs_f64());
        }
    }
    store.talk(&mut socket, Duration::from_secs(120), true).await?;
    let all = begun.elapsed().as_secs_f64();
    let cpu = hub.cpu().as_secs_f64();
    let rss = hub.rss_mb();
    hub.stop(Duration::from_secs(5)).await;
    let mut lags = std::mem::take(&mut store.figures.lags_ms);
    Ok(json!({
        "records_of_backlog": waiting,
        "new_orders": told,
        "lag_p50_ms": quantile(&mut lags, 0.5),
        "lag_p99_ms": quantile(&mut lags, 0.99),
        "lag_max_ms": quantile(&mut lags, 1.0),
        "caught_up_s": caught_up.unwrap_or(all),
        "bytes": store.figures.bytes,
        "hub_cpu_s": cpu,
        "hub_rss_mb": rss,
    }))
}

/// A folder for the hub's data, given back at the end.
pub(super) fn folder(data: Option<&Path>) -> Result<tempfile::TempDir> {
    let base = data.map_or_else(std::env::temp_dir, PathBuf::from);
    Ok(tempfile::tempdir_in(base)?)
}

/// A hub process with these stores; ready when this returns.
pub(super) async fn hub(dir: &Path, stores: &[String]) -> Result<(Proc, SocketAddr)> {
    use std::fmt::Write as _;
    let [port] = super::stage::free_ports::<1>()?;
    let mut text = format!("profile = \"demo\"\nlisten = \"127.0.0.1:{port}\"\ndata_dir = \"data\"\n");
    for (n, store) in stores.iter().enumerate() {
        let lat = 12.0 + n as f64 * 0.001;
        write!(
            text,
            "[[stores]]\nid = \"{store}\"\nname = \"Store {store}\"\nlat = {lat}\nlon = 77.6412\n\
             token = \"{TOKEN}{}\"\n",
            if n == 0 { String::new() } else { format!("-{n}") }
        )?;
    }
    let config = dir.join("hub.toml");
    std::fs::write(&config, text)?;
    let mut hub = Proc::start("__hub", &config, &dir.join("hub.log"), &[])?;
    let http = reqwest::Client::new();
    hub.ready(&http, &format!("http://127.0.0.1:{port}/readyz"), Duration::from_secs(60)).await?;
    Ok((hub, SocketAddr::from(([127, 0, 0, 1], port))))
}

/// What the store of a place in the list proves itself with.
pub(super) fn token(n: usize) -> String {
    if n == 0 { TOKEN.to_owned() } else { format!("{TOKEN}-{n}") }
}
