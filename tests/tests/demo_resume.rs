//! `demo --data DIR`: stopped by Ctrl-C in the middle of a cut, it leaves within its time and leaves nothing running;
//! started again in the same folder it finishes what was open. Both reports are compared with the databases as always.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tests::demo::folder::Evidence;

/// The word of the demo to a person who presses Ctrl-C, for a build that is made for it.
const STOPS_WITHIN: Duration = Duration::from_secs(5);
/// A debug build draws and checks many times slower; what it does while it stops is the same.
const STOPS_WITHIN_DEBUG: Duration = Duration::from_secs(15);

fn demo(data: &Path, report: &Path, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["--any-ports", "--speed", "20", "--seed", "5", "--data"])
        .arg(data)
        .arg("--report")
        .arg(report)
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Reads the live line until somebody has ordered, been served and is still waiting, with a store cut off.
fn mid_rush(child: &mut Child) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    while let Some(Ok(line)) = lines.next() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let figure = |name: &str| -> u32 {
            let at = words.iter().position(|word| *word == name);
            at.and_then(|at| words.get(at + 1)?.parse().ok()).unwrap_or(0)
        };
        let rush = figure("placed") > figure("delivered") + 3 && figure("delivered") > 0;
        said.push(line.clone());
        if rush && line.contains("CUT: s1") {
            // A terminal keeps listening to the end.
            std::thread::spawn(move || lines.count());
            return;
        }
    }
    panic!("never in the middle of it:\n{}", said.join("\n"));
}

fn clean(path: &Path) -> Value {
    let report: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for none in ["oversold_units", "commands_lost", "commands_doubled"] {
        assert_eq!(report[none], 0, "{none}: {report:#}");
    }
    for yes in ["ledger_ok", "replay_equals_balances"] {
        assert_eq!(report[yes], true, "{yes}: {report:#}");
    }
    report
}

/// Processes whose command line names the folder: the demo's own.
fn still_running(folder: &Path) -> Vec<String> {
    let mine = std::process::id().to_string();
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let entry = entry.ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let of_folder = line.contains(folder.to_str()?) && entry.file_name().to_str() != Some(mine.as_str());
        of_folder.then_some(line)
    });
    all.collect()
}

#[test]
fn ctrl_c_while_the_stage_is_set_is_heard() {
    let folder = Evidence::new().unwrap();
    let mut child = demo(&folder.path().join("data"), &folder.path().join("report.json"), &[]);
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    said.read_line(&mut first).unwrap();
    assert!(first.starts_with("Larder opens"), "{first}");
    let begun = Instant::now();
    // The demo itself, and the first of its processes.
    while still_running(folder.path()).len() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing was started");
    }
    let pressed = Instant::now();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    let status = child.wait().unwrap();
    let took = pressed.elapsed();
    assert!(status.success() && !rest.contains("ready"), "it had not opened yet: {rest}");
    let limit = if cfg!(debug_assertions) { STOPS_WITHIN_DEBUG } else { STOPS_WITHIN };
    assert!(took < limit, "stopped only after {took:?}");
    // What had been started is killed, and gone as soon as the system has taken it down.
    while !still_running(folder.path()).is_empty() {
        assert!(pressed.elapsed() < STOPS_WITHIN_DEBUG, "{:#?}", still_running(folder.path()));
    }
}

#[test]
fn ctrl_c_in_a_cut_and_a_second_start_finish_what_was_open() {
    let folder = Evidence::new().unwrap();
    let (data, report) = (folder.path().join("data"), folder.path().join("report.json"));
    let mut first = demo(&data, &report, &["--cut", "s1@6..600"]);
    mid_rush(&mut first);
    let running = still_running(folder.path());
    assert!(running.len() >= 6, "hub, two stores and their agents run: {running:#?}");
    let pressed = Instant::now();
    let pid = rustix::process::Pid::from_child(&first);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let status = first.wait().unwrap();
    let took = pressed.elapsed();
    let limit = if cfg!(debug_assertions) { STOPS_WITHIN_DEBUG } else { STOPS_WITHIN };
    assert!(took < limit, "stopped only after {took:?}");
    assert_eq!(still_running(folder.path()), Vec::<String>::new());
    let before = clean(&report);
    assert!(status.success() && before["interrupted"] == true, "{before:#}");
    let open = before["orders_open"].as_u64().unwrap();
    assert!(open > 0, "something must be left to finish: {before:#}");

    let second = demo(&data, &report, &["--minutes", "0.1"]).wait_with_output().unwrap();
    let after = clean(&report);
    let said = String::from_utf8_lossy(&second.stdout);
    assert!(second.status.success(), "{after:#}\n{said}");
    assert_eq!(after["orders_open"], 0, "{after:#}");
    assert_eq!(after["converged"], true, "{after:#}");
    let placed = |report: &Value| report["orders_placed"].as_u64().unwrap();
    assert!(placed(&after) >= placed(&before), "people remember what they ordered: {after:#}");
    assert!(after["orders_delivered"].as_u64().unwrap() > before["orders_delivered"].as_u64().unwrap());
    assert_eq!(still_running(folder.path()), Vec::<String>::new());
}
