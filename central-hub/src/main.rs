//! `central-hub`: reads its configuration, runs, stops at Ctrl-C or SIGTERM.

use anyhow::Result;
use central_hub::config::HubConfig;
use central_hub::run;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

/// The central hub of Larder: shop, riders, operations, and one session per store.
#[derive(Parser)]
#[command(
    version,
    after_help = "A first configuration (hub.toml):\n\n  \
    profile = \"demo\"\n  listen = \"127.0.0.1:8600\"\n  data_dir = \"hub-data\"\n  \
    catalogue = \"catalogue.csv\"\n  riders = [{ name = \"Ravi\", phone = \"+919700000001\" }]\n  \
    staff = [{ name = \"Meera\", phone = \"+919600000001\" }]\n  \
    [[stores]]\n  id = \"s1\"\n  name = \"Indiranagar\"\n  lat = 12.9716\n  lon = 77.6412\n  radius_m = 2500\n  \
    token = \"at-least-16-signs\"\n\n\
    Then: central-hub serve --config hub.toml   and open http://127.0.0.1:8600\n\
    Logs: RUST_LOG=debug shows more."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the hub until Ctrl-C.
    Serve {
        /// The configuration.
        #[arg(long, default_value = "hub.toml")]
        config: PathBuf,
    },
    /// Check a configuration and say everything that is wrong with it.
    Check {
        /// The configuration.
        #[arg(long, default_value = "hub.toml")]
        config: PathBuf,
    },
    /// Put something into a hub that is not running.
    #[command(subcommand)]
    Import(Import),
}

#[derive(Subcommand)]
enum Import {
    /// A catalogue in Larder's own CSV. Bad rows are named, and then nothing is put in (exit code 2).
    Catalogue {
        /// The file.
        file: PathBuf,
        /// The configuration.
        #[arg(long, default_value = "hub.toml")]
        config: PathBuf,
    },
}

fn main() -> Result<std::process::ExitCode> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Cli::parse().command {
        Command::Serve { config } => serve(HubConfig::load(&config)?),
        Command::Check { config } => {
            let config = HubConfig::load(&config)?;
            say(&format!("{} stores, {} people: good", config.stores.len(), config.seeds().len()));
            Ok(std::process::ExitCode::SUCCESS)
        }
        Command::Import(Import::Catalogue { file, config }) => {
            let mut engine = run::open(&HubConfig::load(&config)?)?;
            match run::put_catalogue(&mut engine, &file) {
                Ok(count) => {
                    say(&format!("{count} products imported"));
                    Ok(std::process::ExitCode::SUCCESS)
                }
                Err(error) => {
                    say(&error.to_string());
                    Ok(std::process::ExitCode::from(2))
                }
            }
        }
    }
}

fn serve(config: HubConfig) -> Result<std::process::ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let shutdown = CancellationToken::new();
        let asked = shutdown.clone();
        tokio::spawn(async move {
            signal().await;
            asked.cancel();
        });
        run::run(config, shutdown).await
    })?;
    Ok(std::process::ExitCode::SUCCESS)
}

/// Ctrl-C, or SIGTERM where there is one.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut term) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = term.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

#[expect(clippy::print_stdout, reason = "the one place that talks to the person at the terminal")]
fn say(text: &str) {
    println!("{text}");
}
