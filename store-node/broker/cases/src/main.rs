//! `mqtt-cases DIR HOST:PORT [--least N]`: plays the cases of DIR against the broker there and prints each one that
//! failed, with its reason. Ends with 0 where at least N (all, if not said) have the wanted verdict, 1 where fewer have,
//! 2 where nothing could be played.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use mqtt_cases::{Report, Run, play_all, read_folder};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [folder, broker] => run(folder, broker, None),
        [folder, broker, "--least", least] => run(folder, broker, Some(least)),
        _ => Err("usage: mqtt-cases DIR HOST:PORT [--least N]".to_owned()),
    }
    .unwrap_or_else(|what| unplayable(&what))
}

fn run(folder: &str, broker: &str, least: Option<&str>) -> Result<ExitCode, String> {
    let broker: SocketAddr = broker.parse().map_err(|error| format!("{broker}: {error}"))?;
    let cases = read_folder(Path::new(folder)).map_err(|error| error.to_string())?;
    let least = match least {
        Some(least) => least.parse().map_err(|error| format!("{least}: {error}"))?,
        None => cases.len(),
    };
    let report = play_all(Run { broker, patience: Duration::from_millis(400) }, &cases);
    print(&report);
    Ok(if report.by_verdict() >= least { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stdout, reason = "the program's report")]
fn print(report: &Report) {
    for (case, why) in &report.failed {
        println!("{case}: {why}");
    }
    println!(
        "{} byte-exact, {} by verdict of {}; {} failed",
        report.exact,
        report.by_verdict(),
        report.total(),
        report.failed.len()
    );
}

#[expect(clippy::print_stderr, reason = "a program's own complaint")]
fn unplayable(what: &str) -> ExitCode {
    eprintln!("{what}");
    ExitCode::from(2)
}
