//! `store-node`: reads its command line, builds the parts, runs, stops.
#![expect(clippy::print_stdout, reason = "a command line tool answers on standard output")]

mod backups;
mod cli;
mod imports;

use anyhow::Context;
use clap::Parser;
use cli::{Cli, Config, Inspect, Sync, What};
use firmware_config::StoreManifest;
use std::path::Path;
use std::process::ExitCode;
use store_node::engine::Engine;
use store_node::inspect;
use store_node::lock::Lock;
use store_node::{check, clock, manifest, run, setup::Policy};
use tokio_util::sync::CancellationToken;

fn main() -> anyhow::Result<ExitCode> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    match Cli::parse().command {
        What::Serve(config) => serve(&config),
        What::Import(file) => imports::bring_in(&file),
        What::SelfCheck { config, repair } => self_check(&config, repair),
        What::Sync(Sync::Inspect(wish)) => inspect_sync(wish),
        What::Backup(what) => backups::backup(&what),
        What::Replace(how) => backups::replace(&how),
        What::Openapi => {
            println!("{:#}", store_node::http::openapi());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn load(config: &Config) -> anyhow::Result<StoreManifest> {
    load_from(&config.config)
}

fn load_from(file: &Path) -> anyhow::Result<StoreManifest> {
    firmware_config::load(file).with_context(|| format!("{}", file.display()))
}

fn serve(config: &Config) -> anyhow::Result<ExitCode> {
    let manifest = load(config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let stop = CancellationToken::new();
    runtime.block_on(async {
        tokio::spawn(store_node::signals::cancel_on_signal(stop.clone()));
        run::run(manifest, Policy::default(), stop).await
    })?;
    Ok(ExitCode::SUCCESS)
}

fn self_check(config: &Config, repair: bool) -> anyhow::Result<ExitCode> {
    let manifest = load(config)?;
    let db = run::database(&manifest.node.data_dir);
    let report = check::self_check(&db)?;
    for finding in &report.findings {
        println!("{finding}");
    }
    println!(
        "{} ledger rows, {} places, {} rights, {} temperature rows, head {}",
        report.rows, report.places, report.rights, report.cold_rows, report.head
    );
    if report.first > 1 {
        println!("rows before {} are still being fetched from the backup", report.first);
    }
    if repair && !report.can_be_mended() {
        println!(
            "nothing mended: what cannot be read says no balance. Keep the file, and bring a backup in \
             (`store-node replace --help`)"
        );
    } else if repair && !report.is_clean() {
        let _lock = Lock::take(&manifest.node.data_dir)?;
        let mut engine = Engine::open(&db, manifest::setup(&manifest)?, clock::now())?;
        let applied = check::repair(&mut engine, &report, clock::now())?;
        engine.close()?;
        println!(
            "{} balances mended, each by a movement of its own",
            applied.replies.iter().filter(|r| r.is_ok()).count()
        );
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn inspect_sync(wish: Inspect) -> anyhow::Result<ExitCode> {
    let path = match &wish.db {
        Some(db) => db.clone(),
        None => run::database(&load(&wish.config)?.node.data_dir),
    };
    let here = inspect::inspect(&path, wish.log).with_context(|| format!("{}", path.display()))?;
    let Some(other) = &wish.against else {
        let at_length = sync::inspect::Wish { document: wish.document, rights: wish.rights };
        let text = if wish.json {
            serde_json::to_string_pretty(&here)?
        } else {
            sync::inspect::text(&here, &at_length)
        };
        println!("{}", text.trim_end());
        return Ok(ExitCode::SUCCESS);
    };
    let there = other_side(other).with_context(|| format!("{}", other.display()))?;
    let found = sync::inspect::differences(&here, &there);
    let names = (path.display().to_string(), other.display().to_string());
    let text = if wish.json {
        serde_json::to_string_pretty(&found)?
    } else {
        sync::inspect::differences_text(&found, &names.0, &names.1)
    };
    println!("{}", text.trim_end());
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A database of a store, or what either side has printed as JSON.
fn other_side(path: &Path) -> anyhow::Result<sync::inspect::Inspection> {
    let bytes = std::fs::read(path)?;
    if bytes.starts_with(b"{") {
        return Ok(serde_json::from_slice(&bytes)?);
    }
    Ok(inspect::inspect(path, 0)?)
}
