//! `mqtt-cases CASES BROKER [--strict]`: plays packet cases against a broker. CASES is a `.json` file or a folder of them in
//! the format of the Mosquitto project's tests. BROKER is
//! - `embedded`: the broker inside the store node, with the node's own settings;
//! - `mosquitto`: the installed Mosquitto with the file that `firmware-config render` writes for a store;
//! - `HOST:PORT`: one that runs already and lets anybody in.
//!
//! Each case that did not end as wanted is printed with what was wanted and what came, and, behind `known:`, why this broker
//! does so where that is known; so is each that was refused as wanted with another reason; then the cases whose verdict came
//! in other words are counted. The last line is `N passed, M failed`: passed by verdict, where a missing reason packet before
//! the close is the same verdict and another reason is not. What cannot be read counts as failed.
//!
//! Ends with 0 where every wrong verdict is known (with `--strict`: where all passed), 1 otherwise, 2 where nothing was played.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the program's report")]

use anyhow::{Context, Result, ensure};
use clap::Parser;
use mqtt_cases::{Report, Run, play_all, read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tests::packet_cases::Stand;

/// Plays packet cases against a broker and prints each that failed.
#[derive(Debug, Parser)]
#[command(name = "mqtt-cases", version)]
struct Options {
    /// A file of cases, or a folder of them.
    cases: PathBuf,
    /// `embedded`, `mosquitto`, or HOST:PORT of a broker that lets anybody in.
    broker: String,
    /// Known deviations are failures too.
    #[arg(long)]
    strict: bool,
    /// Milliseconds after which an answer that has not come does not come.
    #[arg(long, default_value_t = 400)]
    patience: u64,
    /// Prints the cases with the same verdict in other words as well.
    #[arg(long)]
    words: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match play(&options) {
        Ok(report) => {
            print(&report, options.words);
            let failed = if options.strict {
                report.failed.len() + report.other_reason.len()
            } else {
                report.unexplained().count()
            };
            if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

fn play(options: &Options) -> Result<Report> {
    let entries = read(&options.cases)?;
    ensure!(!entries.is_empty(), "{}: no case in it", options.cases.display());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let stand = match options.broker.as_str() {
        "embedded" => runtime.block_on(Stand::embedded())?,
        "mosquitto" => Stand::mosquitto()?,
        address => Stand::running(address.parse().with_context(|| format!("{address}: no broker"))?),
    };
    let run = Run { broker: stand.at, patience: Duration::from_millis(options.patience) };
    Ok(play_all(run, &entries, stand.deviations))
}

fn print(report: &Report, words: bool) {
    for one in &report.failed {
        match one.known {
            Some(reason) => println!("{}: {}\n    known: {reason}", one.case, one.why),
            None => println!("{}: {}", one.case, one.why),
        }
    }
    for (case, how) in &report.other_reason {
        println!("{case}: another reason: {how}");
    }
    if words {
        for (case, how) in &report.same_verdict {
            println!("{case}: same verdict: {how}");
        }
    }
    let unexplained = report.unexplained().count();
    println!(
        "{} byte-exact, {} by verdict in other words, {} refused for another reason; of the wrong {} known, {unexplained} \
         unexplained",
        report.exact,
        report.same_verdict.len(),
        report.other_reason.len(),
        report.failed.len() - unexplained
    );
    println!("{} passed, {} failed", report.passed(), report.failed.len());
}
