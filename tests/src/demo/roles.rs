//! What a child process of the demo runs: the hub, a store node, or a store's device agent, exactly as their own
//! binaries do. The demo starts itself again with one of these words in front.

use anyhow::{Context, Result, bail};
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// Numbers that the demo scales for people who live faster; in the environment of a store's process.
pub const SPEED_ENV: &str = "LARDER_DEMO_SPEED";

/// Runs a role if the arguments name one; `None`: this is the demo itself.
pub fn run_role(arguments: &[String]) -> Option<Result<()>> {
    let [role, config] = arguments else { return None };
    let run: fn(&Path) -> Result<()> = match role.as_str() {
        "__hub" => hub,
        "__restored" => restored,
        "__replaced" => replaced,
        "__global" => global,
        "__store" => store,
        "__agent" => agent,
        "__broker" => broker,
        _ => return None,
    };
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    Some(run(Path::new(config)))
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

fn hub(config: &Path) -> Result<()> {
    serve_hub(central_hub::config::HubConfig::load(config)?)
}

/// A hub that has just come out of its own backup: what its page for operations shows then, is looked at in a walk.
fn restored(config: &Path) -> Result<()> {
    use central_hub::{backup, clock, lock::Lock, run};
    let mut config = central_hub::config::HubConfig::load(config)?;
    let lock = Lock::take(&config.data_dir)?;
    run::open(&config, &lock)?.checkpoint()?;
    drop(lock);
    let (before, stick) = (config.data_dir.clone(), config.data_dir.with_extension("larder"));
    let recovery = backup::enrol(&before)?;
    backup::back_up(&before, &stick, clock::now())?;
    config.data_dir = before.with_extension("restored");
    run::restore(&config, &stick, &recovery)?;
    serve_hub(config)
}

/// A new machine that takes the place of the store in `old.toml` beside its own file, from a backup made this moment: what its
/// people have to do then, is done in a walk.
fn replaced(config: &Path) -> Result<()> {
    use store_node::backup::program::{self, Place};
    use store_node::replace::{Wish, replace};
    let old = firmware_config::load(&config.with_file_name("old.toml"))?;
    let from = Place::File(config.with_file_name("stick.larder"));
    let recovery = program::enrol(&old)?;
    let runtime = runtime()?;
    program::back_up(&program::setup(&old)?, &from, runtime.handle().clone())?;
    let manifest = Some(firmware_config::load(config)?);
    let wish = Wish { from, number: None, instead_of: None, manifest, hub: None, config: config.to_owned() };
    replace(&wish, &recovery, runtime.handle().clone())?;
    drop(runtime);
    store(config)
}

fn serve_hub(config: central_hub::config::HubConfig) -> Result<()> {
    runtime()?.block_on(async {
        let stop = CancellationToken::new();
        tokio::spawn(store_node::signals::cancel_on_signal(stop.clone()));
        central_hub::run::run(config, stop).await.context("hub")
    })
}

fn global(config: &Path) -> Result<()> {
    let config = central_hub::global::serve::GlobalConfig::load(config)?;
    runtime()?.block_on(async {
        let stop = CancellationToken::new();
        tokio::spawn(store_node::signals::cancel_on_signal(stop.clone()));
        central_hub::global::serve::run(config, stop).await.context("global")
    })
}

fn store(config: &Path) -> Result<()> {
    let manifest = firmware_config::load(config)?;
    let mut policy = store_node::setup::Policy::default();
    let speed: f64 = std::env::var(SPEED_ENV).ok().and_then(|text| text.parse().ok()).unwrap_or(1.0);
    if !(1.0..=60.0).contains(&speed) {
        bail!("{SPEED_ENV} is {speed}; want 1 to 60");
    }
    policy.promise_ms = (policy.promise_ms as f64 / speed) as i64;
    policy.substitute_ms = (policy.substitute_ms as f64 / speed) as i64;
    policy.grant_every_ms = (policy.grant_every_ms as f64 / speed.min(10.0)) as i64;
    runtime()?.block_on(async {
        let stop = CancellationToken::new();
        tokio::spawn(store_node::signals::cancel_on_signal(stop.clone()));
        store_node::run::run(manifest, policy, stop).await.context("store")
    })
}

fn broker(config: &Path) -> Result<()> {
    runtime()?.block_on(async {
        let stop = CancellationToken::new();
        tokio::spawn(store_node::signals::cancel_on_signal(stop.clone()));
        crate::scorecard::broker::serve(config, stop).await
    })
}

fn agent(config: &Path) -> Result<()> {
    let manifest = firmware_config::load(config)?;
    let data = manifest.node.data_dir.clone();
    let password = store_node::secrets::agent_password(&data)?;
    let login = device_drivers::agent::Login { user: store_node::secrets::AGENT_USER.to_owned(), password };
    let config = device_drivers::agent::AgentConfig::from_manifest(&manifest, &data, Some(login))?;
    runtime()?.block_on(async {
        let stop = CancellationToken::new();
        tokio::spawn(store_node::signals::cancel_on_signal(stop.clone()));
        device_drivers::agent::run(config, stop).await.context("agent")
    })
}
