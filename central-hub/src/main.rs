//! `central-hub`: reads its configuration, runs, stops at Ctrl-C or SIGTERM.

use anyhow::{Context, Result};
use central_hub::config::HubConfig;
use central_hub::{inspect, run};
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
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
    /// Look at what is replicated with the stores.
    #[command(subcommand)]
    Sync(Sync),
}

#[derive(Subcommand)]
enum Sync {
    /// Print documents, log, quotas and quarantine; compare them with another database. The hub may be running.
    Inspect(Inspect),
}

#[derive(clap::Args)]
struct Inspect {
    /// The store; without one every store.
    #[arg(long)]
    store: Option<model::StoreId>,
    /// The configuration.
    #[arg(long, default_value = "hub.toml")]
    config: PathBuf,
    /// A database by itself, for example out of a backup, instead of the hub's own.
    #[arg(long)]
    db: Option<PathBuf>,
    /// Print the entries of documents whose name contains this: `orders`, `quota/s1/1/1`.
    #[arg(long)]
    document: Option<String>,
    /// Print every product's rights.
    #[arg(long)]
    rights: bool,
    /// How many waiting records of the log to print.
    #[arg(long, default_value_t = 20)]
    log: u32,
    /// Compare with another hub database, or with what the store's `sync inspect --json` printed; needs --store. Exit
    /// code 1 when they differ.
    #[arg(long, value_name = "FILE", requires = "store")]
    against: Option<PathBuf>,
    /// As JSON, for `--against` of the other side and for programs.
    #[arg(long)]
    json: bool,
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

fn main() -> Result<ExitCode> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Cli::parse().command {
        Command::Serve { config } => serve(HubConfig::load(&config)?),
        Command::Check { config } => {
            let config = HubConfig::load(&config)?;
            say(&format!("{} stores, {} people: good", config.stores.len(), config.seeds().len()));
            Ok(ExitCode::SUCCESS)
        }
        Command::Sync(Sync::Inspect(wish)) => inspect_sync(wish),
        Command::Import(Import::Catalogue { file, config }) => {
            let mut engine = run::open(&HubConfig::load(&config)?)?;
            match run::put_catalogue(&mut engine, &file) {
                Ok(count) => {
                    say(&format!("{count} products imported"));
                    Ok(ExitCode::SUCCESS)
                }
                Err(error) => {
                    say(&error.to_string());
                    Ok(ExitCode::from(2))
                }
            }
        }
    }
}

fn serve(config: HubConfig) -> Result<ExitCode> {
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
    Ok(ExitCode::SUCCESS)
}

fn inspect_sync(wish: Inspect) -> Result<ExitCode> {
    let path = match &wish.db {
        Some(db) => db.clone(),
        None => run::database(&HubConfig::load(&wish.config)?),
    };
    if let (Some(store), Some(other)) = (&wish.store, &wish.against) {
        return compare(&path, store, other, wish.json);
    }
    let stores = match wish.store {
        Some(store) => vec![store],
        None => inspect::stores(&path)?,
    };
    let at_length = ::sync::inspect::Wish { document: wish.document, rights: wish.rights };
    for store in &stores {
        let here = inspect::inspect(&path, store, wish.log)?;
        if wish.json {
            say(&serde_json::to_string_pretty(&here)?);
        } else {
            say(&::sync::inspect::text(&here, &at_length));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn compare(path: &Path, store: &model::StoreId, other: &Path, json: bool) -> Result<ExitCode> {
    let here = inspect::inspect(path, store, 0)?;
    let bytes = std::fs::read(other).with_context(|| format!("{}", other.display()))?;
    let there = if bytes.starts_with(b"{") {
        serde_json::from_slice(&bytes)?
    } else {
        inspect::inspect(other, store, 0)?
    };
    let found = ::sync::inspect::differences(&here, &there);
    let (mine, theirs) = (path.display().to_string(), other.display().to_string());
    let text = if json {
        serde_json::to_string_pretty(&found)?
    } else {
        ::sync::inspect::differences_text(&found, &mine, &theirs)
    };
    say(text.trim_end());
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
