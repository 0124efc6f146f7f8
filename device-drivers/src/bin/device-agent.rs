//! `device-agent`: carries a store's devices to its broker. Reads store.toml, runs until stopped.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use device_drivers::agent::{AgentConfig, Login, run};
use tokio_util::sync::CancellationToken;

/// Speaks to the scanners, printers, sensors and scales of one store and carries them to its MQTT broker.
///
/// Runs beside the store node, or on a Raspberry Pi at the cold room with --only. Unplugged devices and a missing
/// broker are waited for; nothing is printed twice, no scan is lost.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The store's file.
    #[arg(long, default_value = "store.toml")]
    config: PathBuf,
    /// Folder for the agent's journal; it must exist.
    #[arg(long, default_value = ".")]
    data: PathBuf,
    /// Carry only these devices (repeat it); without it, all of the file.
    #[arg(long)]
    only: Vec<String>,
    /// Folder with copies of the agent's certificate (own.crt, own.key) and the authority's (ca.crt), in place of the
    /// files that [broker.tls] names: those are the store node's, and the agent is another user.
    #[arg(long, value_name = "DIR")]
    papers: Option<PathBuf>,
    /// MQTT user name; without it the broker must ask no one.
    #[arg(long, env = "LARDER_MQTT_USER", requires = "password")]
    user: Option<String>,
    /// Its password; better in the environment than on the command line.
    #[arg(long, env = "LARDER_MQTT_PASSWORD", hide_env_values = true)]
    password: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter(filter()).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let mut manifest = firmware_config::load(&arguments.config)?;
    if let Some(folder) = &arguments.papers {
        manifest.broker.tls = manifest.broker.tls.map(|tls| tls.agents_copies(folder));
    }
    let login = arguments.user.zip(arguments.password).map(|(user, password)| Login { user, password });
    let mut config = AgentConfig::from_manifest(&manifest, &arguments.data, login)?;
    for name in &arguments.only {
        anyhow::ensure!(
            config.devices.iter().any(|device| device.id.as_str() == name),
            "store.toml has no device {name:?}"
        );
    }
    if !arguments.only.is_empty() {
        config.devices.retain(|device| arguments.only.iter().any(|name| name == device.id.as_str()));
    }
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    run(config, stop).await.context("the agent cannot run")
}

fn filter() -> tracing_subscriber::EnvFilter {
    tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"))
}

async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    stop.cancel();
}
