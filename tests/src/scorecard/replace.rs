//! Benchmark `replace` (REQ-52): a store with a year of orders is backed up to a real hub, and new hardware becomes it again
//! over a line of 10 Mbit/s. Measured: bytes and seconds until it is open (readable, fenced), until its history is whole,
//! and what a round of backup costs while orders come. Control: the database copied as a file over the same line.

mod line;
pub mod year;

use super::footprint::{load_average, tenth};
use super::served::House;
use crate::demo::procs::Proc;
use anyhow::{Context, Result};
use line::Line;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use store_node::backup::program::{self, Place};
use store_node::backup::task::Setup;
use store_node::backup::{backfill, hub::HubShelf, keys, packing::Memory, round};
use store_node::db::ReadDb;
use store_node::engine::Engine;
use store_node::line::HubLine;
use store_node::replace::Wish;
use store_node::{check, clock, manifest, run};
use sync::vault::RecoveryKey;
use tokio::runtime::{Handle, Runtime};

/// The line between store and hub, bits per second.
const LINE: u64 = 10_000_000;
/// Days of orders, a thousand a day.
const DAYS: u32 = 365;
/// How long the plain copy is watched before its end is reckoned.
const WATCHED: Duration = Duration::from_secs(10);
/// The goal of the issue, seconds.
const GOAL_S: f64 = 600.0;
const READY_LIMIT: Duration = Duration::from_secs(60);
/// The hub of a stage's store: nobody is there.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Runs the benchmark below `base`; `days` for a shorter year. `error` stands in the answer if it cannot.
pub fn run(base: Option<&Path>, days: Option<u32>) -> Value {
    let days = days.unwrap_or(DAYS);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let measured = runtime.map_err(anyhow::Error::from).and_then(|runtime| measure(&runtime, base, days));
    measured.unwrap_or_else(|error| json!({"name": "replace", "error": format!("{error:#}")}))
}

/// The stage: an old store with its history, a hub, and the line between the hub and the new machine.
struct Stage {
    old: House,
    setup: Setup,
    recovery: RecoveryKey,
    hub: Proc,
    line: Line,
    year: year::Made,
}

fn measure(runtime: &Runtime, base: Option<&Path>, days: u32) -> Result<Value> {
    let base = base.map_or_else(std::env::temp_dir, Path::to_path_buf);
    // Processes are started, and the hub is asked, from this thread.
    let _inside = runtime.enter();
    let dir = tempfile::Builder::new().prefix("larder-replace").tempdir_in(&base)?;
    let stage = build(runtime, dir.path(), days)?;
    let handle = runtime.handle().clone();
    let begun = Instant::now();
    let (first, _) = program::back_up(&stage.setup, &Place::Hub, handle.clone())?;
    let backed_up = begun.elapsed();
    let rounds = rounds(&stage, &handle)?;
    let new = replace(&stage, dir.path(), &handle)?;
    let copy = copy(runtime, &stage)?;
    let database = std::fs::metadata(&stage.setup.database)?.len();
    runtime.block_on(stage.hub.stop(Duration::from_secs(10)));
    let open = new.open.as_secs_f64();
    Ok(json!({
        "name": "replace",
        "store": {"days": days, "orders": stage.year.orders, "ledger_rows": stage.year.ledger, "database_mb": mb(database),
            "made_in_s": tenth(stage.year.took.as_secs_f64())},
        "line_mbit_s": LINE / 1_000_000,
        "first_backup": {"seconds": tenth(backed_up.as_secs_f64()), "mb": mb(first.sent.1), "objects": first.sent.0,
            "needed_to_sell_mb": mb(new.first_bytes), "links": first.links, "line": "loopback, not slowed"},
        "round": rounds,
        "open": {"seconds": tenth(open), "fetched_mb": mb(new.first_bytes), "objects": new.first_objects,
            "process_ready_ms": tenth(new.ready.as_secs_f64() * 1_000.0)},
        "history": {"seconds": tenth(new.history.as_secs_f64()), "mb": mb(new.history_bytes), "ledger_rows": new.rows,
            "chain_whole": new.whole},
        "control_plain_copy": copy,
        "load_average": load_average(),
        "goals": [{"what": "open over 10 Mbit/s, s", "goal": format!("<= {GOAL_S}"), "reached": tenth(open), "met": open <= GOAL_S}],
    }))
}

fn build(runtime: &Runtime, dir: &Path, days: u32) -> Result<Stage> {
    let old = House::build(&dir.join("old"), "")?;
    let manifest = firmware_config::load(&old.config)?;
    let year = year::fill(&run::database(&old.dir), days, clock::now())?;
    let [port] = super::stage::free_ports()?;
    let hub_address = SocketAddr::from(([127, 0, 0, 1], port));
    let config = dir.join("hub.toml");
    let text = format!(
        "profile = \"demo\"\nlisten = \"{hub_address}\"\ndata_dir = \"hub\"\n[[stores]]\nid = \"s1\"\nname = \"Indiranagar\"\n\
         lat = 12.97\nlon = 77.64\ntoken = \"{}\"\n",
        manifest.hub.token
    );
    std::fs::write(&config, text)?;
    let mut hub = Proc::start("__hub", &config, &dir.join("hub.log"), &[])?;
    let line = runtime.block_on(async {
        let ready = format!("http://{hub_address}/readyz");
        hub.ready(&reqwest::Client::new(), &ready, READY_LIMIT).await?;
        Line::lay(hub_address, LINE).await
    })?;
    let recovery = program::enrol(&manifest)?;
    let mut setup = program::setup(&manifest)?;
    setup.hub.base = format!("http://{hub_address}");
    Ok(Stage { old, setup, recovery, hub, line, year })
}

/// What rounds cost while orders come: one when nothing happened, one after half a minute's orders.
fn rounds(stage: &Stage, handle: &Handle) -> Result<Value> {
    let keys = keys::load(&stage.setup.data_dir)?.context("no keys")?;
    let mut shelf = HubShelf::new(stage.setup.hub.clone(), handle.clone());
    let mut memory = Memory::default();
    let whose = stage.setup.whose(1);
    let mut one = || -> Result<Value> {
        let mut db = ReadDb::open(&stage.setup.database)?;
        let begun = Instant::now();
        let done = round::take(&mut db, &keys, &mut shelf, &mut memory, &whose, clock::now())?;
        Ok(
            json!({"ms": tenth(begun.elapsed().as_secs_f64() * 1_000.0), "sent_kb": done.sent.1 / 1_024, "objects": done.sent.0}),
        )
    };
    let cold = one()?;
    let quiet = one()?;
    year::more(&stage.setup.database, 2, clock::now())?;
    let busy = one()?;
    Ok(
        json!({"every_s": store_node::backup::EVERY_MS / 1_000, "after_a_start": cold, "nothing_happened": quiet, "two_orders": busy}),
    )
}

struct New {
    open: Duration,
    ready: Duration,
    first_bytes: u64,
    first_objects: u64,
    history: Duration,
    history_bytes: u64,
    rows: u64,
    whole: bool,
}

/// The new machine, in a folder of its own, behind the slow line.
fn replace(stage: &Stage, dir: &Path, handle: &Handle) -> Result<New> {
    let folder = dir.join("new");
    std::fs::create_dir_all(&folder)?;
    let text = std::fs::read_to_string(&stage.old.config)?;
    let text = text.replace(&stage.old.dir.display().to_string(), &folder.display().to_string());
    let hub = format!("http://{}", stage.line.address);
    let text = text.replace(&format!("url = \"{NOWHERE}\""), &format!("url = \"{hub}\""));
    let config = folder.join("store.toml");
    std::fs::write(&config, text)?;
    let manifest = firmware_config::load(&config)?;
    let address = HubLine::of(&manifest)?;
    let keys = keys::load(&stage.setup.data_dir)?.context("no keys")?;
    let database = run::database(&folder);
    let mut shelf = HubShelf::new(address, handle.clone());
    let (begun, before) = (Instant::now(), stage.line.carried());
    let wish = Wish {
        from: Place::Hub,
        number: None,
        instead_of: None,
        manifest: Some(manifest.clone()),
        hub: None,
        config: config.clone(),
    };
    let made = store_node::replace::replace(&wish, &stage.recovery, handle.clone())?;
    anyhow::ensure!(made.epoch.is_some(), "no epoch: {made}");
    let first_bytes = stage.line.carried() - before;
    let house = House { dir: folder.clone(), config, ..stage.old.clone() };
    let (proc, ready) = handle.block_on(house.start())?;
    let open = begun.elapsed();
    anyhow::ensure!(handle.block_on(proc.stop(READY_LIMIT)), "the new store did not stop");
    let (begun, before) = (Instant::now(), stage.line.carried());
    let mut engine = Engine::open(&database, manifest::setup(&manifest)?, clock::now())?;
    while let Some(left) = backfill::left(&mut ReadDb::open(&database)?)? {
        let rows = backfill::next(&left, "s1", &keys, &mut shelf, clock::now())?;
        engine.put_old(&rows)?;
    }
    engine.close()?;
    let (history, history_bytes) = (begun.elapsed(), stage.line.carried() - before);
    let report = check::self_check(&database)?;
    anyhow::ensure!(report.is_clean(), "{:?}", report.findings);
    Ok(New {
        open,
        ready,
        first_bytes,
        first_objects: made.fetched.0,
        history,
        history_bytes,
        rows: report.rows,
        whole: report.first == 1,
    })
}

/// The whole database as one file over the same line: watched for a while, its end reckoned from its size.
fn copy(runtime: &Runtime, stage: &Stage) -> Result<Value> {
    let path: PathBuf = stage.setup.database.clone();
    let size = std::fs::metadata(&path)?.len();
    let (bytes, took) = runtime.block_on(line::push(&path, LINE, WATCHED))?;
    let rate = bytes as f64 / took.as_secs_f64();
    let packed = line::packed(&path)?;
    Ok(json!({
        "mb": mb(size), "watched_s": tenth(took.as_secs_f64()), "watched_mb": mb(bytes), "seconds_reckoned": tenth(size as f64 / rate),
        "packed_by_zstd_mb": mb(packed), "packed_seconds_reckoned": tenth(packed as f64 / rate),
    }))
}

fn mb(bytes: u64) -> f64 {
    tenth(bytes as f64 / 1_048_576.0)
}
