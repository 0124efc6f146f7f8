//! `store-node backup` and `store-node replace`: prints what the library did. Decides nothing.

use crate::cli::{Backup, Config, Replace};
use crate::load;
use anyhow::Context as _;
use device_drivers::agent::ClientTls;
use std::io::Write as _;
use std::process::ExitCode;
use store_node::backup::program::{self, Place};
use store_node::backup::restore::Restored;
use store_node::line::HubLine;
use store_node::replace::{self, Wish};
use sync::vault::RecoveryKey;

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

/// `store-node replace`.
pub fn replace(how: &Replace) -> anyhow::Result<ExitCode> {
    let recovery = match &how.recovery_key_file {
        Some(path) => program::recovery_key(path)?,
        None => ask_for_the_key()?,
    };
    let manifest = how.config.config.exists().then(|| load(&how.config)).transpose()?;
    if matches!(how.from, Place::Hub) && manifest.is_none() && how.hub.is_none() {
        anyhow::bail!(
            "{} is not there: give --hub URL and --token TOKEN, and for https --hub-ca, --hub-cert and --hub-key",
            how.config.config.display()
        );
    }
    let wish = Wish {
        from: how.from.clone(),
        number: how.number,
        instead_of: how.instead_of,
        manifest,
        hub: hub(how)?,
        config: how.config.config.clone(),
    };
    let done = with_runtime(|handle| Ok(replace::replace(&wish, &recovery, handle)?))?;
    println!("{done}");
    Ok(ExitCode::SUCCESS)
}

/// The hub of the command line.
fn hub(how: &Replace) -> anyhow::Result<Option<HubLine>> {
    let Some((url, token)) = how.hub.as_ref().zip(how.token.as_ref()) else { return Ok(None) };
    let tls = match (&how.hub_ca, &how.hub_cert, &how.hub_key) {
        (Some(ca), Some(cert), Some(key)) => Some(ClientTls::read(ca, cert, key)?),
        _ => None,
    };
    Ok(Some(HubLine { tls, ..HubLine::plain(url, token) }))
}

fn ask_for_the_key() -> anyhow::Result<RecoveryKey> {
    print!("Recovery key: ");
    std::io::stdout().flush()?;
    let mut text = String::new();
    std::io::stdin().read_line(&mut text).context("no recovery key")?;
    Ok(RecoveryKey::parse(text.trim())?)
}
