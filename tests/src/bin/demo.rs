//! `demo`: a hub, two stores and people on this machine. See `demo --help`.

use anyhow::Result;
use clap::Parser;
use std::process::ExitCode;
use tests::demo::{live, options::Options, roles};
use tokio_util::sync::CancellationToken;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(done) = roles::run_role(&arguments) {
        return done.map(|()| ExitCode::SUCCESS);
    }
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let clean = runtime.block_on(async {
        let stop = CancellationToken::new();
        tokio::spawn(store_node::signals::cancel_on_signal(stop.clone()));
        live::run(options, stop).await
    })?;
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
