//! Two cities: each has a hub process with a database of its own, and its stores. What befalls one hub touches no order of
//! the other: it is flooded by strangers, and killed -9.

use super::new_hub::{customer, put_catalogue, shop_until};
use super::world::{LIMIT, OPS, World, sell, until};
use model::api::hub::{OpsSync, Order};
use model::api::store::OrderDetail;
use model::quota::FIRST_GENERATION;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tests::demo::procs::Proc;
use tests::demo::web::Site;
use tests::scorecard::served::House;
use tokio::task::JoinSet;

/// Strangers who flood a hub at the same time.
const FLOODERS: usize = 48;
/// How long an order of the untouched city may take from the checkout to its store while the other is in trouble.
const PATIENCE: Duration = Duration::from_secs(30);

/// A city that sells: its hub, its store, somebody who shops there.
struct City {
    world: World,
    house: House,
    store: Proc,
    console: Site,
    shopper: (Site, model::AddressId),
    orders: Vec<Order>,
}

impl City {
    async fn open(dir: &std::path::Path) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        let (mut world, house) = World::build(dir);
        put_catalogue(&world);
        world.start_hub().await;
        let (store, _) = house.start().await.unwrap();
        let console = house.manager().await.unwrap();
        let shopper = customer(&world, 1).await;
        let first = shop_until(&shopper, 100, 3).await;
        let city = Self { world, house, store, console, shopper, orders: vec![first] };
        city.reaches_its_store(&city.orders[0]).await;
        city
    }

    async fn reaches_its_store(&self, order: &Order) {
        let path = format!("/api/v1/orders/{}", order.id);
        until::<OrderDetail>(&self.console, &path, |_| true).await;
    }

    /// Takes an order through to its store, and no slower than people wait.
    async fn sells(&mut self, n: usize) {
        let begun = Instant::now();
        let order = shop_until(&self.shopper, 1_000 + 20 * n as u128, n % 40).await;
        self.reaches_its_store(&order).await;
        assert!(begun.elapsed() < PATIENCE, "order {n} took {:?}", begun.elapsed());
        self.orders.push(order);
    }

    /// Every order that was taken is at the hub and at the store; nothing was fenced, forgotten or set aside.
    async fn is_whole(&self, key: u128) {
        for order in &self.orders {
            let path = format!("/api/v1/orders/{}", order.id);
            assert_eq!(self.shopper.0.get::<Order>(&path).await.unwrap().id, order.id);
            self.reaches_its_store(order).await;
        }
        let ops = super::new_hub::log_in(&self.world, OPS[0], key).await;
        let seen: OpsSync = ops.get("/api/v1/ops/sync").await.unwrap();
        assert!(seen.generation == FIRST_GENERATION && seen.quarantine.is_empty(), "{seen:?}");
        assert_eq!(seen.stores.len(), 1, "a city knows its own stores only");
    }
}

/// Strangers ask and send rubbish as fast as they can, until they are called off; how many were answered.
fn flood(city: &City, on: &Arc<AtomicBool>, answered: &Arc<AtomicU64>) -> JoinSet<()> {
    let mut flooders = JoinSet::new();
    for n in 0..FLOODERS {
        let (base, on, answered) = (city.world.hub_address, on.clone(), answered.clone());
        flooders.spawn(async move {
            let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
            while on.load(Ordering::Relaxed) {
                let asked = match n % 4 {
                    0 => client.get(format!("http://{base}/api/v1/search?q=rice")),
                    1 => client.get(format!("http://{base}/api/v1/ops/sync")).bearer_auth("nobody"),
                    2 => client.post(format!("http://{base}/api/v1/checkout")).body("x".repeat(60_000)),
                    _ => client.get(format!("http://{base}/sync/v1/chains")).bearer_auth("nobody"),
                };
                if asked.send().await.is_ok() {
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    flooders
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_citys_hub_that_is_flooded_or_killed_touches_no_order_of_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let mut struck = City::open(&dir.path().join("blr")).await;
    let mut other = City::open(&dir.path().join("del")).await;

    let (on, answered) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
    let mut flooders = flood(&struck, &on, &answered);
    for n in 4..9 {
        other.sells(n).await;
    }
    on.store(false, Ordering::Relaxed);
    while flooders.join_next().await.is_some() {}
    let answered = answered.load(Ordering::Relaxed);
    assert!(answered > 500, "that was no flood: {answered}");

    // Down, as by a power cut. Its store goes on by itself, the other city as if nothing were.
    struck.world.hub.take().unwrap().kill().await.unwrap();
    for n in 9..12 {
        other.sells(n).await;
    }
    sell(&struck.console, 7, 20).await.unwrap();
    other.is_whole(500).await;

    struck.world.start_hub().await;
    struck.sells(12).await;
    struck.is_whole(500).await;
    other.sells(13).await;
    for city in [struck, other] {
        let City { mut world, store, house, .. } = city;
        assert!(store.stop(LIMIT).await);
        world.stop_hub().await;
        let report = store_node::check::self_check(&store_node::run::database(&house.dir)).unwrap();
        assert!(report.is_clean(), "{report:?}");
    }
}
