//! The demo's course: people come, uplinks are cut and mended, a line says what happens, everybody goes home, and the
//! report is written.

use super::counter::Counter;
use super::cuts::Cuts;
use super::diary::Diary;
use super::folder::{End, Folder};
use super::options::{Cut, Options};
use super::pickers::PickerLife;
use super::report;
use super::riders::Courier;
use super::shelf::Shelf;
use super::shoppers::{self, Shopper};
use super::stage::Stage;
use super::web::Site;
use super::{Pace, house, now};
use crate::people::picker::Habits;
use anyhow::{Context, Result};
use model::api::hub::Point;
use model::{DeviceId, OrderId, PersonId, StoreId};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Customers around each store.
const SHOPPERS_PER_STORE: usize = 14;
/// Of them, those who open the shop as it opens; the others come one by one.
const EARLY: usize = 6;
/// Between two who come later, at normal speed.
const NEXT_COMES_MS: i64 = 120_000;
/// How often a hand takes the wrong one of two lots, in thousandths.
const WRONG_LOT: u32 = 100;
/// How long people may finish what they have in hand when they go home.
const GO_HOME: Duration = Duration::from_secs(1);
/// How long the last orders may take to reach their doors after the shop is quiet, at normal speed.
const DRAIN_MS: f64 = 900_000.0;

/// Runs the demo from curtain up to report. Returns whether the report is clean; of a run that was not, the folder stays.
pub async fn run(options: Options, stop: CancellationToken) -> Result<bool> {
    crate::paper::can_read()?;
    report::can_be_written(&options)?;
    let folder = Folder::open(&options)?;
    let done = act(&options, folder.path(), &stop).await;
    folder.leave(if matches!(done, Ok(true)) { End::Clean } else { End::Unclean });
    done
}

async fn act(options: &Options, dir: &Path, stop: &CancellationToken) -> Result<bool> {
    let mut rng = SmallRng::seed_from_u64(options.seed);
    let begun = Instant::now();
    opening(dir);
    let stage = tokio::select! {
        () = stop.cancelled() => return Ok(true),
        stage = Stage::set(options, dir, &mut rng) => stage?,
    };
    announce(&stage, begun.elapsed());
    let book = dir.join("diary.json");
    let mut cast = Cast::new(options, Diary::load(&book)?);
    report::remember(dir, &cast.diary)?;
    let came = now();
    if !options.quiet {
        tokio::select! {
            () = stop.cancelled() => {}
            entered = cast.enter(&stage, &mut rng) => entered?,
        }
    }
    let show = Instant::now();
    play(options, &stage, &mut cast, show, stop).await;
    let lived = if options.quiet { Duration::ZERO } else { show.elapsed() };
    cast.close_shop.cancel();
    for store in &stage.stores {
        store.uplink.mend();
    }
    let mut closing = Duration::ZERO;
    if !stop.is_cancelled() && !options.quiet {
        closing = drain(options, &stage, &mut cast, stop).await;
    }
    let interrupted = stop.is_cancelled();
    let curtain = Instant::now();
    cast.go_home.cancel();
    cast.people.close();
    let _ = tokio::time::timeout(GO_HOME, cast.people.wait()).await;
    let machines = report::machines(&stage).await;
    stage.strike().await?;
    let ending = report::Ending {
        begun: came,
        interrupted,
        lived,
        speed: options.speed,
        closing,
        struck_in: curtain.elapsed(),
        cuts: cast.cuts.clone(),
        ended: now(),
    };
    cast.diary.save(&book)?;
    let report = report::write(dir, &cast.diary, machines, &ending)?;
    say(&report, options)?;
    Ok(report::is_clean(&report))
}

/// The barcode of what hardly anybody orders: a picker who errs takes it from the shelf.
const OTHER_GOODS: &str = "9520098000634";

struct Cast {
    diary: Diary,
    pace: Pace,
    /// Nobody orders any more.
    close_shop: CancellationToken,
    /// Everybody stops.
    go_home: CancellationToken,
    people: TaskTracker,
    /// When which uplink was really cut, and mended.
    cuts: Cuts,
}

impl Cast {
    fn new(options: &Options, diary: Diary) -> Self {
        Self {
            diary,
            cuts: Cuts::default(),
            pace: Pace { speed: options.speed },
            close_shop: CancellationToken::new(),
            go_home: CancellationToken::new(),
            people: TaskTracker::new(),
        }
    }

    async fn enter(&self, stage: &Stage, rng: &mut SmallRng) -> Result<()> {
        let hub = Site::new(stage.http.clone(), &stage.hub_url);
        for store in &stage.stores {
            for (place, (person, _, pin)) in (1..).zip(store.plan.pickers) {
                let device = DeviceId::new(format!("{}-h{place}", store.plan.id))?;
                let token = store.enrol(&device, rng).await?.token;
                let life = PickerLife {
                    store: StoreId::new(store.plan.id)?,
                    device,
                    token,
                    ws_port: store.ports.ws,
                    trusts: None,
                    person: PersonId::new(person)?,
                    pin: pin.to_owned(),
                    habits: Habits::USUAL,
                    wrong_lot: WRONG_LOT,
                    shelf: Shelf::of(&stage.dir.join(store.plan.id)),
                    strange: OTHER_GOODS.to_owned(),
                    diary: self.diary.clone(),
                    pace: self.pace,
                    seed: rng.random(),
                };
                let stop = self.go_home.clone();
                self.people.spawn(async move {
                    if let Err(error) = life.live(stop).await {
                        tracing::error!(%error, "a picker gave up");
                    }
                });
            }
            self.enter_customers(&hub, store.plan.id, store.plan.at, rng);
            let counter = Counter {
                console: store.console.clone(),
                bay: Arc::clone(&store.bay),
                diary: self.diary.clone(),
                pace: self.pace,
                seed: rng.random(),
            };
            self.people.spawn(counter.live(self.close_shop.clone(), self.go_home.clone()));
        }
        self.enter_riders(stage, &hub, rng);
        Ok(())
    }

    fn enter_customers(&self, hub: &Site, store: &str, home: Point, rng: &mut SmallRng) {
        for place in 0..SHOPPERS_PER_STORE {
            let shopper = Shopper {
                hub: hub.clone(),
                phone: shoppers::phone(store, place),
                home,
                comes_after_ms: (place + 1).saturating_sub(EARLY) as i64 * NEXT_COMES_MS,
                diary: self.diary.clone(),
                pace: self.pace,
                seed: rng.random(),
            };
            self.people.spawn(shopper.live(self.close_shop.clone(), self.go_home.clone()));
        }
    }

    fn enter_riders(&self, stage: &Stage, hub: &Site, rng: &mut SmallRng) {
        for (place, (_, phone)) in house::RIDERS.into_iter().enumerate() {
            let near = &stage.stores[place % stage.stores.len()];
            let diary = self.diary.clone();
            let courier = Courier {
                hub: hub.clone(),
                phone: phone.to_owned(),
                start: near.plan.at,
                bays: stage.stores.iter().map(|store| Arc::clone(&store.bay)).collect(),
                diary: self.diary.clone(),
                pace: self.pace,
                seed: rng.random(),
                door: Arc::new(move |order: OrderId| diary.open().codes.get(&order).cloned()),
            };
            self.people.spawn(courier.live(self.go_home.clone()));
        }
    }
}

/// Runs until the time is over or somebody stops it; cuts and mends.
async fn play(options: &Options, stage: &Stage, cast: &mut Cast, show: Instant, stop: &CancellationToken) {
    let end = (options.minutes > 0.0).then(|| Duration::from_secs_f64(options.minutes * 60.0));
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        let at = show.elapsed();
        for store in &stage.stores {
            let id = store.plan.id;
            if is_cut(&options.cut, id, at) {
                store.uplink.cut();
                cast.cuts.cut(id, now());
            } else {
                store.uplink.mend();
                cast.cuts.mended(store, now()).await;
            }
        }
        let cut = cast.cuts.now_cut();
        let links =
            if cut.is_empty() { "all links up".to_owned() } else { format!("CUT: {}", cut.join(" ")) };
        line(cast, at, &links);
        if end.is_some_and(|end| at >= end) {
            return;
        }
    }
}

fn is_cut(cuts: &[Cut], store: &str, at: Duration) -> bool {
    let at = at.as_secs_f64();
    cuts.iter().any(|cut| cut.store == store && at >= cut.from_s && at < cut.to_s)
}

/// Waits until every order that was placed has reached its end; says how long that took.
async fn drain(options: &Options, stage: &Stage, cast: &mut Cast, stop: &CancellationToken) -> Duration {
    let limit = Duration::from_secs_f64((DRAIN_MS / 1000.0 / options.speed).max(30.0));
    let begun = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    while begun.elapsed() < limit && !stop.is_cancelled() {
        tick.tick().await;
        for store in &stage.stores {
            cast.cuts.mended(store, now()).await;
        }
        let quiet = report::quiet(stage).await;
        let still = match quiet.open {
            0 if quiet.converged => "everything delivered, both sides agree".to_owned(),
            0 => "the last news between the two sides".to_owned(),
            open => format!("{open} orders still open"),
        };
        line(cast, begun.elapsed(), &format!("closing: {still}"));
        if quiet.open == 0 && quiet.converged {
            break;
        }
    }
    begun.elapsed()
}

#[expect(clippy::print_stdout, reason = "the demo speaks to a person at a terminal")]
fn opening(dir: &Path) {
    println!("Larder opens; its databases and logs are in {}", dir.display());
}

#[expect(
    clippy::print_stdout,
    reason = "the demo speaks to a person at a terminal, and to scripts that wait for `ready`"
)]
fn announce(stage: &Stage, took: Duration) {
    println!("Larder is open ({:.1} s). Open in a browser:", took.as_secs_f64());
    println!("  shop        {0}/          operations  {0}/ops     rider  {0}/rider", stage.hub_url);
    for store in &stage.stores {
        let url = format!("http://127.0.0.1:{}", store.ports.http);
        let (manager, _, pin) = store.plan.manager;
        println!(
            "  {}  console {url}/  (log in as {manager}, PIN {pin})   picker {url}/picker/",
            store.plan.name
        );
    }
    println!(
        "  one-time passwords of the demo: the shop shows its inbox; operations log in as {}",
        house::OPS_PHONE
    );
    let stores: Vec<_> = stage.stores.iter().map(|store| serde_json::json!({
        "id": store.plan.id, "url": format!("http://127.0.0.1:{}", store.ports.http), "ws_port": store.ports.ws,
        "manager": { "person": store.plan.manager.0, "pin": store.plan.manager.2 },
        "picker": { "person": store.plan.pickers[0].0, "pin": store.plan.pickers[0].2 },
    })).collect();
    let ready = serde_json::json!({ "hub": stage.hub_url, "stores": stores, "ops_phone": house::OPS_PHONE,
        "rider_phone": house::RIDERS[0].1 });
    println!("ready {ready}");
}

#[expect(clippy::print_stdout, reason = "the live line is for a person at a terminal")]
fn line(cast: &Cast, at: Duration, now: &str) {
    let diary = cast.diary.open();
    println!(
        "{:>4} s  placed {:>3}  delivered {:>3}  counter {:>2}  refused {:>2}  scans {:>4}  {now}",
        at.as_secs(),
        diary.placed.len(),
        diary.delivered.len(),
        diary.counter.len(),
        diary.refused_out_of_stock + diary.refused_store_unreachable + diary.payment_failed,
        diary.scan_to_ack_ms.len(),
    );
}

#[expect(clippy::print_stdout, reason = "the report is the demo's answer")]
fn say(report: &serde_json::Value, options: &Options) -> Result<()> {
    println!("{report:#}");
    if let Some(path) = &options.report {
        std::fs::write(path, format!("{report:#}\n"))
            .with_context(|| format!("--report {}", path.display()))?;
    }
    Ok(())
}
