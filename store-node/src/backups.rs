//! `store-node backup`: prints what the library did. Decides nothing.

use crate::cli::{Backup, Config};
use crate::load;
use std::process::ExitCode;
use store_node::backup::program;
use store_node::backup::restore::Restored;

/// Runs with what network calls need.
fn with_runtime<T>(work: impl FnOnce(tokio::runtime::Handle) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    work(runtime.handle().clone())
}

/// `store-node backup`.
pub fn backup(what: &Backup) -> anyhow::Result<ExitCode> {
    match what {
        Backup::Enrol(config) => enrol(config)?,
        Backup::To { place, config } => with_runtime(|handle| {
            let setup = program::setup(&load(config)?)?;
            let (done, back) = program::back_up(&setup, place, handle)?;
            println!(
                "backup {} of {}: {} objects, {} bytes sent",
                done.number, done.at, done.sent.0, done.sent.1
            );
            println!(
                "{} objects, {} bytes and {} links of history in it",
                done.listed.0, done.listed.1, done.links
            );
            read_back(&back);
            Ok(())
        })?,
        Backup::List { place, config } => with_runtime(|handle| {
            let setup = program::setup(&load(config)?)?;
            for kept in program::list(&setup, place, handle)? {
                println!(
                    "{:>6}  {}  epoch {}  {} bytes, {} links of history",
                    kept.number, kept.at, kept.epoch, kept.bytes, kept.links
                );
            }
            Ok(())
        })?,
        Backup::Verify { place, number, recovery_key_file, config } => with_runtime(|handle| {
            let setup = program::setup(&load(config)?)?;
            let recovery = recovery_key_file.as_deref().map(program::recovery_key).transpose()?;
            let back = program::verify(&setup, place, *number, recovery.as_ref(), handle)?;
            read_back(&back);
            Ok(())
        })?,
    }
    Ok(ExitCode::SUCCESS)
}

fn enrol(config: &Config) -> anyhow::Result<()> {
    let key = program::enrol(&load(config)?)?;
    println!("Recovery key, shown this once:\n\n    {}\n", key.text());
    println!("Write it down and keep it outside the store. Without it nobody can read a backup.");
    println!("From now on the running node backs itself up to the hub every 30 s while the link is up.");
    println!("To a USB stick: store-node backup to /media/usb/store.larder");
    Ok(())
}

fn read_back(back: &Restored) {
    let contents = &back.manifest.contents;
    println!(
        "read back and compared: {} objects, {} bytes, ledger up to row {}",
        back.fetched.0, back.fetched.1, contents.ledger_head.0
    );
}
