//! Benchmark `scan-ack`: from the byte written to a serial scanner's pty to the pick on the person's handheld, over the
//! real way: pty, device agent, broker, store process, commit, broker over WebSocket. Twenty other pickers scan at
//! their handhelds meanwhile and orders come in at the counter. A fixed scanner's answer is the handheld's new screen
//! (with the piece counted), sent after the commit.

use super::fixed_scanner::{FixedScanner, LOST, enrol, trusting};
use super::footprint::load_average;
use super::order_commit::basket::Baskets;
use super::served::{self, House};
use crate::demo::diary::{Diary, percentiles};
use crate::demo::pickers::PickerLife;
use crate::demo::procs::Proc;
use crate::demo::shelf::Shelf;
use crate::demo::web::Site;
use crate::demo::{Pace, now};
use crate::people::picker::Habits;
use anyhow::Result;
use device_drivers::printer::Language;
use device_drivers::sim::{SimPrinter, SimScanner};
use firmware_config::enrol::Authority;
use model::{PersonId, StoreId};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Handhelds that are busy beside the one that is measured.
const BUSY: usize = 20;
/// Scans that are measured.
const SCANS: usize = 400;
/// Scans before, so that everything is warm.
const WARM: usize = 20;
/// The goal of the issue, ms.
const GOAL_MS: f64 = 20.0;
/// A busy picker takes a piece every 2 s in life; here every 500 ms.
const SPEED: f64 = 4.0;

/// Runs the benchmark below `base`; `error` stands in the answer if it cannot.
pub fn run(base: Option<&Path>) -> Value {
    answer("scan-ack", async { measure(base, &NoMore).await.map(|found| found.answer("scan-ack")) })
}

/// Runs `work` on a runtime of its own; a failure stands in the answer as `error`.
pub(super) fn answer(name: &str, work: impl Future<Output = Result<Value>>) -> Value {
    let measured = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(work));
    measured.unwrap_or_else(|error| json!({"name": name, "error": format!("{error:#}")}))
}

/// Whether the store's broker is encrypted, and who speaks with it proves who he is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// In the clear, by name and password.
    Plain,
    /// TLS with certificates.
    Tls,
}

/// What stands in the store beside the measured scanner and two printers.
pub(super) trait More {
    /// Lines for store.toml.
    fn manifest(&self) -> String;
    /// How the store's broker is spoken with.
    fn wire(&self) -> Wire;
    /// Looks at the processes before anybody works.
    async fn look(&self, house: &House, node: &Proc, agent: &Proc) -> Result<()>;
    /// Looks at them once more, when everybody has worked.
    fn look_again(&self, node: &Proc, agent: &Proc);
}

struct NoMore;

impl More for NoMore {
    fn manifest(&self) -> String {
        String::new()
    }
    fn wire(&self) -> Wire {
        Wire::Plain
    }
    async fn look(&self, _: &House, _: &Proc, _: &Proc) -> Result<()> {
        Ok(())
    }
    fn look_again(&self, _: &Proc, _: &Proc) {}
}

/// What was measured.
pub(super) struct Found {
    /// `pty_to_handheld_ms` and the rest.
    pub fields: serde_json::Map<String, Value>,
    /// The 99th percentile from pty to handheld, ms.
    pub p99: f64,
    /// Scans that never showed.
    pub lost: u32,
}

impl Found {
    /// The goal on scans.
    pub(super) fn goal(&self) -> Value {
        json!({"what": "pty to handheld, p99 ms", "goal": format!("<= {GOAL_MS}"), "reached": self.p99, "met": self.lost == 0 && self.p99 <= GOAL_MS})
    }

    fn answer(self, name: &str) -> Value {
        let goals = vec![self.goal()];
        let mut fields = self.fields;
        fields.insert("name".into(), name.into());
        fields.insert("goals".into(), goals.into());
        Value::Object(fields)
    }
}

/// Measures scans in a store that holds `more` too.
pub(super) async fn measure(base: Option<&Path>, more: &impl More) -> Result<Found> {
    let base = base.map_or_else(std::env::temp_dir, Path::to_path_buf);
    let dir = tempfile::Builder::new().prefix("larder-scan").tempdir_in(&base)?;
    let tty = dir.path().join("scan-pack");
    let scanner = SimScanner::plug_in(&tty)?;
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let printers =
        [SimPrinter::start(Language::Escpos, free).await?, SimPrinter::start(Language::Zpl, free).await?];
    let text = devices_and_people(&tty, &printers) + &more.manifest();
    let house = build(&dir.path().join("store"), text, more.wire())?;
    let (node, _) = house.start().await?;
    let agent = house.start_agent()?;
    more.look(&house, &node, &agent).await?;
    let console = house.manager().await?;
    let mut rng = SmallRng::seed_from_u64(3);
    // The measured picker's order comes first, so that it is hers.
    served::order(&console, rng.random(), &[(1, 80), (2, 80), (3, 80), (4, 80), (5, 80), (6, 80), (7, 80)])
        .await?;
    let mut bench = FixedScanner::take_work(&house, &console, scanner, &mut rng).await?;

    let stop = CancellationToken::new();
    let diary = Diary::default();
    let mut others = tokio::task::JoinSet::new();
    for n in 1..=BUSY {
        others.spawn(busy(&house, &console, n, SPEED, &diary, &mut rng).await?.live(stop.clone()));
    }
    let counter = tokio::spawn(keep_ordering(console.clone(), stop.clone()));
    bench.scan_many(WARM).await?;
    let load_before = load_average();
    let began = Instant::now();
    let taken_before = diary.open().scan_to_ack_ms.len();
    let took = bench.scan_many(SCANS).await?;
    let seconds = began.elapsed().as_secs_f64();
    stop.cancel();
    let (orders, lost) = (counter.await??, bench.lost);
    while others.join_next().await.is_some() {}
    let of_others = diary.open().scan_to_ack_ms.split_off(taken_before);
    let per_second = of_others.len() as f64 / seconds;
    more.look_again(&node, &agent);
    agent.stop(LOST).await;
    node.stop(LOST).await;
    let measured = percentiles(took);
    let p99 = measured["p99"].as_f64().unwrap_or(f64::MAX);
    let fields = json!({
        "pty_to_handheld_ms": measured,
        "lost": lost,
        "busy_handhelds": BUSY,
        "busy_scans_per_s": (per_second * 10.0).round() / 10.0,
        "busy_scan_to_ack_ms": percentiles(of_others),
        "counter_orders": orders,
        "load_average_before": load_before,
    });
    let fields = fields.as_object().cloned().unwrap_or_default();
    Ok(Found { fields, p99, lost })
}

/// The store's files, with those of an authority of its own where its broker is encrypted.
fn build(home: &Path, mut text: String, wire: Wire) -> Result<House> {
    let authority = match wire {
        Wire::Plain => None,
        Wire::Tls => {
            let folder = home.join("enrol");
            std::fs::create_dir_all(home)?;
            Authority::create(&folder, "s1", &["127.0.0.1".to_owned()], now())?;
            text += &format!("{}\n", firmware_config::enrol::broker_tls(&folder));
            Some(folder.join("ca.crt"))
        }
    };
    Ok(House { authority, ..House::build(home, &text)? })
}

/// `[[devices]]` and `[[people]]` of the benchmark's store.
#[must_use]
pub fn devices_and_people(tty: &Path, [receipt, label]: &[SimPrinter; 2]) -> String {
    let mut text = format!(
        "[[devices]]\nid = \"scan-pack\"\nclass = \"scanner\"\ndriver = \"serial-lines\"\nport = \"serial:{}\"\n\n\
         [[devices]]\nid = \"receipt-1\"\nclass = \"printer\"\ndriver = \"escpos\"\nport = \"tcp:{}\"\nsettings = {{ width_mm = 72 }}\n\n\
         [[devices]]\nid = \"label-1\"\nclass = \"printer\"\ndriver = \"zpl\"\nport = \"tcp:{}\"\nsettings = {{ width_mm = 50, height_mm = 50 }}\n\n",
        tty.display(),
        receipt.address(),
        label.address(),
    );
    for n in 0..=BUSY {
        text += &format!(
            "[[people]]\nid = \"p{n}\"\nname = \"Picker {n}\"\nrole = \"picker\"\ndemo_pin = \"4711\"\n\n"
        );
    }
    text
}

/// A picker with a handheld of its own, `speed` times as fast as in life.
///
/// # Errors
/// When the store does not enrol it.
pub async fn busy(
    house: &House,
    console: &Site,
    n: usize,
    speed: f64,
    diary: &Diary,
    rng: &mut SmallRng,
) -> Result<PickerLife> {
    let enrolled = enrol(console, n, rng).await?;
    Ok(PickerLife {
        store: StoreId::new("s1")?,
        device: enrolled.device,
        token: enrolled.token,
        ws_port: house.ws_port,
        trusts: house.authority.as_deref().map(trusting).transpose()?,
        person: PersonId::new(format!("p{n}"))?,
        pin: "4711".to_owned(),
        habits: Habits::PERFECT,
        wrong_lot: 0,
        shelf: Shelf::default(),
        strange: String::new(),
        diary: diary.clone(),
        pace: Pace { speed },
        seed: rng.random(),
    })
}

/// Orders enough that no picker stands idle.
async fn keep_ordering(console: Site, stop: CancellationToken) -> Result<u32> {
    let mut baskets = Baskets::new(5);
    let mut orders = 0;
    while !stop.is_cancelled() {
        let basket = baskets.draw();
        let lines = basket.lines.map(|(sku, qty)| (sku, qty * 3));
        orders += u32::from(served::order(&console, basket.key, &lines).await?.is_some());
        tokio::time::sleep(Duration::from_millis(if orders < 25 { 1 } else { 300 })).await;
    }
    Ok(orders)
}
