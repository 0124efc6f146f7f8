//! Benchmark `sync-fleet` (issue C, 7): one hub process with a thousand connected stores that speak the real protocol over
//! real sockets and whose hour has begun: its document holds orders already. First everybody is silent, then orders come:
//! memory, processor time, lag and bytes of the hub.

use super::light_store::{self, CHANGES, LightStore, quantile};
use super::sync_lag::{folder, hub, token};
use anyhow::{Context, Result};
use model::StoreId;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Barrier;

/// Connected stores.
const STORES: usize = 1_000;
/// What the goal says, all stores together.
const ORDERS_A_MINUTE: f64 = 10_000.0;
/// Orders that stand in each store's hour already: at this rate, ten minutes of it.
const ORDERS_BEFORE: u128 = 100;
/// How long the hub may take for those.
const TAKING_IN: Duration = Duration::from_secs(120);
/// How long the silent fleet is watched.
const IDLE: Duration = Duration::from_secs(15);
/// Dials at once: a listening socket's queue is not endless.
const DIALS: usize = 100;
/// Time for the handshake before the next may dial.
const GREETING: Duration = Duration::from_millis(300);

/// Runs the benchmark; `error` stands in the answer if it cannot. `share`: part of the goal's rate, for slow builds.
pub fn run(data: Option<&Path>, seconds: f64, share: f64) -> Value {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let done = runtime.context("runtime").and_then(|runtime| runtime.block_on(measure(data, seconds, share)));
    done.unwrap_or_else(|error| json!({"name": "sync-fleet", "error": format!("{error:#}")}))
}

async fn measure(data: Option<&Path>, seconds: f64, share: f64) -> Result<Value> {
    // Two files a store and a connection each: more than the usual limit of one process.
    raise_files();
    let dir = folder(data)?;
    let names: Vec<String> = (1..=STORES).map(|n| format!("s{n}")).collect();
    let (hub, address) = hub(dir.path(), &names).await?;
    let empty_mb = hub.rss_mb();
    let url = format!("ws://{address}/sync/v1/connect");
    let phases = Arc::new(Barrier::new(STORES + 1));
    let places = Arc::new(tokio::sync::Semaphore::new(DIALS));
    let every = Duration::from_secs_f64(60.0 * STORES as f64 / (ORDERS_A_MINUTE * share) / CHANGES as f64);
    let tasks: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let plan = Plan { n, url: url.clone(), every, time: Duration::from_secs_f64(seconds) };
            let (name, phases, places) = (name.clone(), Arc::clone(&phases), Arc::clone(&places));
            tokio::spawn(async move { one(&name, plan, &phases, &places).await })
        })
        .collect();
    phases.wait().await;
    let (idle_from, idle_cpu) = (Instant::now(), hub.cpu());
    phases.wait().await;
    let idle_core = (hub.cpu() - idle_cpu).as_secs_f64() / idle_from.elapsed().as_secs_f64();
    let connected_mb = hub.rss_mb();
    let (busy_from, busy_cpu) = (Instant::now(), hub.cpu());
    phases.wait().await;
    let busy_s = busy_from.elapsed().as_secs_f64();
    let busy_core = (hub.cpu() - busy_cpu).as_secs_f64() / busy_s;
    let busy_mb = hub.rss_mb();
    let (mut lags, mut bytes, mut changes, mut failed) = (Vec::new(), 0, 0, 0);
    for task in tasks {
        match task.await? {
            Ok(done) => {
                bytes += done.figures.bytes;
                changes += done.said;
                lags.extend(done.figures.lags_ms);
            }
            Err(error) => {
                tracing::warn!(%error, "a store fell out");
                failed += 1;
            }
        }
    }
    hub.stop(Duration::from_secs(10)).await;
    let orders = changes as f64 / CHANGES as f64;
    Ok(json!({
        "name": "sync-fleet",
        "release": !cfg!(debug_assertions),
        "stores": STORES,
        "orders_in_each_hour_before": ORDERS_BEFORE as u64,
        "stores_that_fell_out": failed,
        "orders_a_minute": orders * 60.0 / busy_s,
        "changes": changes,
        "hub_mb_empty": empty_mb,
        "hub_mb_connected": connected_mb,
        "hub_mb_busy": busy_mb,
        "hub_cores_idle": idle_core,
        "hub_cores_busy": busy_core,
        "hub_cpu_ms_per_order": busy_core * busy_s * 1_000.0 / orders,
        "bytes_per_order": bytes as f64 / orders,
        "lag_p50_ms": quantile(&mut lags, 0.5),
        "lag_p99_ms": quantile(&mut lags, 0.99),
        "goals": {"hub_mb_busy": 256, "hub_cores_busy": 0.5, "orders_a_minute": ORDERS_A_MINUTE},
    }))
}

/// What one store does.
struct Plan {
    n: usize,
    url: String,
    every: Duration,
    time: Duration,
}

struct Done {
    figures: light_store::Figures,
    said: u64,
}

/// Connects, is silent, speaks, and waits at each phase for everybody. A store that falls out still comes to the barriers.
async fn one(name: &str, plan: Plan, phases: &Barrier, places: &tokio::sync::Semaphore) -> Result<Done> {
    let mut store = LightStore::new(StoreId::new(name)?, false);
    earlier(&mut store, plan.n)?;
    let dialled = {
        let _place = places.acquire().await?;
        match store.dial(&plan.url, &token(plan.n)).await {
            Ok(mut socket) => {
                let greeted = store.talk(&mut socket, GREETING, false).await;
                greeted.map(|()| socket)
            }
            Err(error) => Err(error),
        }
    };
    let dialled = match dialled {
        Ok(mut socket) => store.talk(&mut socket, TAKING_IN, true).await.map(|()| socket),
        Err(error) => Err(error),
    };
    let before = store.figures.bytes;
    phases.wait().await;
    let idle = match dialled {
        Ok(mut socket) => store.talk(&mut socket, IDLE, false).await.map(|()| socket),
        Err(error) => Err(error),
    };
    phases.wait().await;
    let mut said = 0;
    let busy = match idle {
        Ok(mut socket) => speak(&mut store, &mut socket, &plan, &mut said).await,
        Err(error) => Err(error),
    };
    phases.wait().await;
    busy?;
    store.figures.bytes -= before;
    Ok(Done { figures: std::mem::take(&mut store.figures), said })
}

/// The hour as it has come so far, in one change.
fn earlier(store: &mut LightStore, n: usize) -> Result<()> {
    let mut hour = Vec::new();
    let mut at = 0;
    for order in 0..ORDERS_BEFORE {
        let (of, life) = light_store::order((n as u128) << 32 | order, light_store::now())?;
        hour.extend(life.into_iter().flatten());
        at = of;
    }
    store.say(at, &hour, false)
}

async fn speak(
    store: &mut LightStore,
    socket: &mut tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>,
    plan: &Plan,
    said: &mut u64,
) -> Result<()> {
    // Not all in the same moment.
    let end = Instant::now() + plan.time;
    store.talk(socket, plan.every.mul_f64((plan.n % 97) as f64 / 97.0), false).await?;
    let mut order = ORDERS_BEFORE;
    while Instant::now() < end {
        let id = (plan.n as u128) << 32 | order;
        let (hour, life) = light_store::order(id, light_store::now())?;
        for facts in &life {
            store.say(hour, facts, true)?;
            *said += 1;
            store.talk(socket, plan.every, false).await?;
            if Instant::now() >= end {
                break;
            }
        }
        order += 1;
    }
    store.talk(socket, Duration::from_secs(20), true).await
}

fn raise_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, most) {
        tracing::warn!(%error, "the limit of open files stays");
    }
}
