//! The whole of Larder with real processes, real MQTT and real bytes, through an outage of one store's uplink: the demo
//! itself, short, and what its report found in both databases afterwards. Times are measured there, never asserted here.

use serde_json::Value;
use std::process::Command;
use tests::demo::folder::Evidence;

#[test]
fn an_outage_loses_doubles_and_oversells_nothing() {
    let folder = Evidence::new().unwrap();
    let report = folder.path().join("report.json");
    let output = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["--any-ports", "--minutes", "1.5", "--speed", "10", "--seed", "11", "--cut", "s1@10..60"])
        .arg("--data")
        .arg(folder.path().join("data"))
        .arg("--report")
        .arg(&report)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let text = std::fs::read_to_string(&report).unwrap_or_else(|_| {
        panic!("no report; the demo said:\n{said}\n{}", String::from_utf8_lossy(&output.stderr))
    });
    let report: Value = serde_json::from_str(&text).unwrap();
    for none in ["oversold_units", "commands_lost", "commands_doubled"] {
        assert_eq!(report[none], 0, "{none}: {report:#}");
    }
    for yes in ["ledger_ok", "replay_equals_balances", "converged"] {
        assert_eq!(report[yes], true, "{yes}: {report:#}");
    }
    assert_eq!(report["labels_decoded_ok"], report["labels_printed"], "{report:#}");
    assert_eq!(report["orders_open"], 0, "{report:#}");
    for none in ["labels_missing", "labels_doubled"] {
        assert_eq!(report[none], 0, "{none}: {report:#}");
    }
    // The clauses of an order's life and of the outage: each of them happened.
    for some in [
        "/orders_placed",
        "/orders_delivered",
        "/counter_orders_during_cut",
        "/refused_store_unreachable",
        "/refused_scans/wrong_item",
        "/refused_scans/wrong_lot",
        "/substituted",
        "/labels_looked_at",
        "/cut_seconds",
    ] {
        let found = report.pointer(some).and_then(Value::as_f64).unwrap_or(0.0);
        assert!(found > 0.0, "{some}: {report:#}");
    }
    // What the issue asks of three minutes and a cut of one, by this run's share of them.
    for (figure, least) in
        [("orders_delivered", 40.0 * 1.5 / 3.0), ("counter_orders_during_cut", 3.0 * 50.0 / 60.0)]
    {
        assert!(report[figure].as_f64().unwrap() >= f64::floor(least), "{figure}, {least}: {report:#}");
    }
    assert!(output.status.success(), "{report:#}");
}
