//! `central-hub`: reads its configuration, runs, stops at Ctrl-C or SIGTERM.

mod cli;

use anyhow::{Context, Result};
use central_hub::config::HubConfig;
use central_hub::global::serve::{self as global, GlobalConfig};
use central_hub::run::RunError;
use central_hub::{backup, clock, inspect, run, signals};
use clap::Parser;
use cli::{Backup, Cli, Command, Import, Inspect, Sync};
use std::path::Path;
use std::process::ExitCode;
use sync::vault::RecoveryKey;
use tokio_util::sync::CancellationToken;

fn main() -> Result<ExitCode> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Cli::parse().command {
        Command::Serve { config } => {
            let config = HubConfig::load(&config)?;
            until_stopped(async move |stop| Ok(run::run(config, stop).await?))
        }
        Command::Global { config } => {
            let config = GlobalConfig::load(&config)?;
            until_stopped(async move |stop| Ok(global::run(config, stop).await?))
        }
        Command::Check { config } => {
            let config = HubConfig::load(&config)?;
            say(&format!("{} stores, {} people: good", config.stores.len(), config.seeds().len()));
            Ok(ExitCode::SUCCESS)
        }
        Command::Sync(Sync::Inspect(wish)) => inspect_sync(wish),
        Command::Backup(what) => back_up(what),
        Command::Restore { file, recovery_key_file, config } => {
            let (config, text) = (HubConfig::load(&config)?, std::fs::read_to_string(&recovery_key_file)?);
            let (at, generation) = run::restore(&config, &file, &RecoveryKey::parse(text.trim())?)?;
            say(&format!(
                "restored as of {at}; generation {generation} begins. Start it by `central-hub serve`."
            ));
            Ok(ExitCode::SUCCESS)
        }
        Command::Import(Import::Catalogue { file, config }) => {
            match run::import(&HubConfig::load(&config)?, &file) {
                Ok(count) => {
                    say(&format!("{count} products imported"));
                    Ok(ExitCode::SUCCESS)
                }
                Err(RunError::Import(error)) => {
                    say(&error.to_string());
                    Ok(ExitCode::from(2))
                }
                Err(error) => Err(error.into()),
            }
        }
    }
}

fn back_up(what: Backup) -> Result<ExitCode> {
    match what {
        Backup::Enrol { config } => {
            let key = backup::enrol(&HubConfig::load(&config)?.data_dir)?;
            say(&format!("Recovery key, shown this once:\n\n    {}\n\nWrite it down.", key.text()));
        }
        Backup::To { file, config } => {
            let done = backup::back_up(&HubConfig::load(&config)?.data_dir, &file, clock::now())?;
            say(&format!(
                "{} bytes of database in {} bytes, read back",
                done.database_bytes, done.file_bytes
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs until the first signal.
fn until_stopped(work: impl AsyncFnOnce(CancellationToken) -> Result<()>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = CancellationToken::new();
        tokio::spawn(signals::cancel_on_signal(stop.clone()));
        work(stop).await
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

#[expect(clippy::print_stdout, reason = "the one place that talks to the person at the terminal")]
fn say(text: &str) {
    println!("{text}");
}
