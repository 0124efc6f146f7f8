//! What came of a run, found out afterwards: the people's diary beside the databases of both sides, the printed paper
//! beside what can be read from it. Nothing here is computed from what anybody meant to do.

use super::arrivals::Arrivals;
use super::books::Books;
use super::cuts::Cuts;
use super::deeds::{self, Deeds};
use super::diary::{Diary, percentiles};
use super::house::STORES;
use super::options::Options;
use super::papers::Wanted;
use super::stage::Stage;
use crate::paper;
use anyhow::{Context, Result};
use model::Timestamp;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use store_node::check::{Finding, Report};

/// A full run: three minutes in which people live ten times as fast. Machines do not, so a faster life counts no more.
const FULL_SECONDS: f64 = 180.0;
const FULL_SPEED: f64 = 10.0;
/// Deliveries of a full run, at least.
const DELIVERED: i64 = 40;
/// A full cut: a minute at that speed, less the second in which the wire is looked at.
const CUT_SECONDS: f64 = 58.0;
/// Counter orders of a full cut, at least.
const AT_COUNTER: i64 = 3;

/// A person waits so long for the report after Ctrl-C.
const READ_AFTER_CTRL_C: Duration = Duration::from_millis(1_000);

/// Measured while everything still ran.
#[derive(Debug)]
pub struct Machines {
    store_rss_mb: f64,
    hub_rss_mb: f64,
    store_ready_ms: f64,
    labels: Vec<Vec<u8>>,
    slips: Vec<Vec<u8>>,
}

/// Memory, start times, and the paper in the printers' trays.
pub async fn machines(stage: &Stage) -> Machines {
    let mut all = Machines {
        store_rss_mb: 0.0,
        hub_rss_mb: round(stage.hub.rss_mb()),
        store_ready_ms: 0.0,
        labels: Vec::new(),
        slips: Vec::new(),
    };
    for store in &stage.stores {
        all.store_rss_mb = all.store_rss_mb.max(round(store.node.rss_mb()));
        all.store_ready_ms = all.store_ready_ms.max(round(store.ready_ms));
        let devices = store.devices.lock().await;
        all.labels.extend(devices.label.jobs());
        all.slips.extend(devices.receipt.jobs());
    }
    all
}

/// How the run went, from outside.
#[derive(Debug)]
pub struct Ending {
    /// When people came.
    pub begun: Timestamp,
    /// Somebody pressed Ctrl-C: what is under way stays under way.
    pub interrupted: bool,
    /// How long the shop was open to people; nothing where nobody shopped.
    pub lived: Duration,
    /// How many times faster than in life they lived.
    pub speed: f64,
    /// How long the last orders took after the shop closed.
    pub closing: Duration,
    /// From "everybody go home" to the last process gone.
    pub struck_in: Duration,
    /// When which wire was cut.
    pub cuts: Cuts,
    /// When all was over.
    pub ended: Timestamp,
}

impl Ending {
    /// What must have come of it, where it was long enough to ask for anything.
    fn due(&self) -> Value {
        let counts = self.speed.min(FULL_SPEED) / FULL_SPEED;
        let open = self.lived.as_secs_f64() * counts;
        let cut = if self.lived.is_zero() { 0.0 } else { self.cuts.seconds(self.ended) * counts };
        let asked = |long: bool, least: i64| if long && !self.interrupted { least } else { 0 };
        json!({
            "orders_delivered": asked(open >= FULL_SECONDS, DELIVERED),
            "counter_orders_during_cut": asked(cut >= CUT_SECONDS, AT_COUNTER),
        })
    }
}

/// Whether `--report` names a file that can be written: asked before anything runs, not after it.
pub fn can_be_written(options: &Options) -> Result<()> {
    let Some(path) = &options.report else { return Ok(()) };
    let there = path.exists();
    let open = std::fs::File::options().append(true).create(true).open(path);
    open.map(drop).with_context(|| format!("--report {} cannot be written", path.display()))?;
    if !there {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

/// How far the last orders are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// Orders without an end at the hub, and bags still at the counter.
    pub open: i64,
    /// Whether both sides say the same.
    pub converged: bool,
}

/// Looks into the books while everything runs.
pub async fn quiet(stage: &Stage) -> Quiet {
    let dir = stage.dir.clone();
    let look = tokio::task::spawn_blocking(move || {
        let books = Books::open(&dir)?;
        Ok::<_, anyhow::Error>(Quiet {
            open: books.open_orders()?,
            converged: books.disagreements()?.is_empty(),
        })
    });
    // Books that cannot be read now are read again a second later.
    look.await.ok().and_then(Result::ok).unwrap_or(Quiet { open: 1, converged: false })
}

/// Finds what a demo that was killed had not written down, so that this run's report does not take it for a double.
pub fn remember(dir: &Path, diary: &Diary) -> Result<()> {
    let mut pages = diary.open();
    let books = Books::open(dir)?;
    pages.unwritten = books.unwritten(&pages)?;
    for store in books.stores.values() {
        let strange = deeds::strange_picks(store, &pages)?;
        pages.unwritten_picks.extend(strange);
    }
    Ok(())
}

/// Reads the databases of a stage that was struck, and compares.
pub fn write(dir: &Path, diary: &Diary, machines: Machines, ending: &Ending) -> Result<Value> {
    let pages = diary.open();
    let books = Books::open(dir)?;
    let Deeds { lost, doubled } = deeds::compare(&books, &pages)?;
    let disagreements = books.disagreements()?;
    let checks: Vec<_> = STORES
        .iter()
        .map(|plan| store_node::check::self_check(&store_node::run::database(&dir.join(plan.id))))
        .collect::<Result<_, _>>()?;
    let arrivals = Arrivals::of(&books, &pages, &ending.cuts, ending.begun)?;
    let mut report = json!({
        "interrupted": ending.interrupted,
        "at_least": ending.due(),
        "orders_placed": pages.placed.len(),
        "orders_delivered": books.delivered()?,
        "orders_open": books.open_orders()?,
        "orders_of_a_killed_run": pages.unwritten.len(),
        "refused_out_of_stock": pages.refused_out_of_stock,
        "refused_store_unreachable": pages.refused_store_unreachable,
        "refused_store_unreachable_at_checkout": pages.refused_unreachable_at_checkout,
        "payments_failed": pages.payment_failed,
        "refused_other": pages.refused_other,
        "refused_scans": pages.refused_scans,
        "substituted": books.substituted()?,
        "counter_orders": pages.counter.len(),
        "counter_orders_during_cut": books.counter_orders_in(&ending.cuts, &pages)?,
        "oversold_units": books.oversold()?,
        "commands_answered": pages.answered.len(),
        "commands_lost": lost,
        "commands_doubled": doubled,
        "ledger_ok": !found(&checks, |finding| matches!(finding, Finding::File { .. } | Finding::Unreadable { .. } | Finding::Chain { .. } | Finding::Movement { .. })),
        "replay_equals_balances": !found(&checks, |f| matches!(f, Finding::Drift { .. } | Finding::Reserved { .. } | Finding::Rights { .. })),
        "self_check": checks.iter().flat_map(|check| &check.findings).take(20).map(ToString::to_string).collect::<Vec<_>>(),
        "converged": disagreements.is_empty(),
        "disagreements": disagreements.iter().take(20).collect::<Vec<_>>(),
        "cut_seconds": round(ending.cuts.seconds(ending.ended)),
        "closing_seconds": round(ending.closing.as_secs_f64()),
        "struck_in_ms": round(ending.struck_in.as_secs_f64() * 1000.0),
        "order_to_handheld_ms": percentiles(arrivals.ms),
        "orders_that_waited_for_the_cut": arrivals.waited_for_cut,
        "orders_no_handheld_showed": arrivals.unseen,
        "scan_to_ack_ms": percentiles(pages.scan_to_ack_ms.clone()),
        "store_rss_mb": machines.store_rss_mb,
        "hub_rss_mb": machines.hub_rss_mb,
        "store_ready_ms": machines.store_ready_ms,
    });
    papers(&mut report, &machines, &Wanted::read(&books, ending.begun)?, ending.interrupted);
    Ok(report)
}

/// Reads all paper; after Ctrl-C as much as a person waits for.
fn papers(report: &mut Value, machines: &Machines, wanted: &Wanted, interrupted: bool) {
    let begun = Instant::now();
    let until = interrupted.then(|| begun + READ_AFTER_CTRL_C);
    let trays = [paper::read_zpl(&machines.labels, until), paper::read_escpos(&machines.slips, until)];
    let found = wanted.judge(&trays);
    report["labels_printed"] = json!(machines.labels.len() + machines.slips.len());
    report["labels_looked_at"] = json!(found.looked_at);
    report["labels_decoded_ok"] = json!(found.right);
    report["labels_missing"] = json!(found.missing);
    report["labels_doubled"] = json!(found.doubled);
    report["reading_labels_seconds"] = json!(round(begun.elapsed().as_secs_f64()));
}

fn found(checks: &[Report], which: impl Fn(&Finding) -> bool) -> bool {
    checks.iter().flat_map(|check| &check.findings).any(which)
}

/// Whether nothing in it is a failure. After Ctrl-C the two sides need not agree yet, and not all paper was looked at.
pub fn is_clean(report: &Value) -> bool {
    let interrupted = report["interrupted"] == true;
    let none = |keys: &[&str]| keys.iter().all(|key| report[*key] == 0);
    let yes = ["ledger_ok", "replay_equals_balances"].iter().all(|key| report[key] == true);
    let paper = if interrupted { "labels_looked_at" } else { "labels_printed" };
    let over = interrupted || (report["converged"] == true && none(&["orders_open", "labels_missing"]));
    none(&["oversold_units", "commands_lost", "commands_doubled", "labels_doubled"])
        && yes
        && over
        && report["labels_decoded_ok"] == report[paper]
        && (interrupted || something_came_of_it(report))
}

/// Where people ordered, something was delivered: a shop in which nothing arrives has proved nothing. A run of full length has
/// to have come to what is due of it.
fn something_came_of_it(report: &Value) -> bool {
    let some = |key: &str| report[key].as_i64().unwrap_or(0);
    let due = ["orders_delivered", "counter_orders_during_cut"];
    let reached = due.iter().all(|key| some(key) >= report["at_least"][*key].as_i64().unwrap_or(i64::MAX));
    reached && (report["orders_placed"] == 0 || some("orders_delivered") > 0)
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::{Ending, can_be_written, is_clean};
    use crate::demo::cuts::Cuts;
    use crate::demo::options::Options;
    use clap::Parser;
    use model::Timestamp;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn every_failure_makes_it_unclean() {
        let good = json!({ "interrupted": false, "oversold_units": 0, "commands_lost": 0, "commands_doubled": 0,
            "ledger_ok": true, "replay_equals_balances": true, "converged": true, "orders_open": 0,
            "labels_printed": 9, "labels_looked_at": 9, "labels_decoded_ok": 9, "labels_missing": 0,
            "labels_doubled": 0, "orders_placed": 41, "orders_delivered": 40, "counter_orders_during_cut": 3,
            "at_least": { "orders_delivered": 40, "counter_orders_during_cut": 3 } });
        assert!(is_clean(&good));
        for (key, bad) in [
            ("oversold_units", json!(1)),
            ("commands_lost", json!(1)),
            ("commands_doubled", json!(1)),
            ("ledger_ok", json!(false)),
            ("replay_equals_balances", json!(false)),
            ("converged", json!(false)),
            ("orders_open", json!(1)),
            ("labels_decoded_ok", json!(8)),
            ("labels_missing", json!(1)),
            ("labels_doubled", json!(1)),
            ("orders_delivered", json!(39)),
            ("counter_orders_during_cut", json!(2)),
            ("at_least", json!(null)),
        ] {
            let mut report = good.clone();
            report[key] = bad;
            assert!(!is_clean(&report), "{key}");
        }
    }
    fn due(seconds: u64, speed: f64, cut_seconds: i64) -> [i64; 2] {
        let (at, mut cuts) = (Timestamp::from_ms(1_000), Cuts::default());
        if cut_seconds > 0 {
            cuts.cut("s1", at);
        }
        let lived = Duration::from_secs(seconds);
        let (closing, struck_in) = (Duration::ZERO, Duration::ZERO);
        let ended = at.plus_ms(cut_seconds * 1_000);
        let ending = Ending { begun: at, interrupted: false, lived, speed, closing, struck_in, cuts, ended };
        let due = ending.due();
        assert_eq!(
            Ending { interrupted: true, ..ending }.due(),
            json!({ "orders_delivered": 0, "counter_orders_during_cut": 0 })
        );
        ["orders_delivered", "counter_orders_during_cut"].map(|key| due[key].as_i64().unwrap())
    }

    #[test]
    fn a_full_run_has_to_come_to_something() {
        assert_eq!(due(180, 10.0, 60), [40, 3], "the complete check of the help");
        assert_eq!(due(72, 10.0, 50), [0, 0]);
        assert_eq!(due(60, 60.0, 0), [0, 0], "machines are no faster");
        assert_eq!(due(450, 4.0, 150), [40, 3]);
        assert_eq!(due(0, 10.0, 60), [0, 0], "nobody shopped");
    }

    #[test]
    fn a_report_that_cannot_be_written_is_told_before_anything_runs() {
        let dir = tempfile::tempdir().unwrap();
        let wish = |name: &str| {
            let path = dir.path().join(name);
            let options = Options::try_parse_from(["demo", "--report", path.to_str().unwrap()]).unwrap();
            (can_be_written(&options).map_err(|error| format!("{error:#}")), path)
        };
        let (said, path) = wish("no/such/folder.json");
        assert!(said.is_err_and(|said| said.contains("--report") && said.contains(path.to_str().unwrap())));
        let (said, path) = wish("new.json");
        assert!(said.is_ok() && !path.exists(), "only asked");
        std::fs::write(dir.path().join("old.json"), "old").unwrap();
        let (said, path) = wish("old.json");
        assert_eq!((said, std::fs::read_to_string(path).unwrap().as_str()), (Ok(()), "old"));
    }
}
