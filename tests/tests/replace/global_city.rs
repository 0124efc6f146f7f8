//! What is the same in every city reaches each hub by itself, late or never; no order waits for it. A service and two hubs as
//! processes: the service comes late, is killed in the middle and starts again; a hub that was down catches up.

use super::new_hub::{customer, put_catalogue, shop_until};
use super::world::{LIMIT, World, id, until};
use model::api::global::CityHours;
use model::api::hub::{CheckoutRequest, Order, Payment, SearchPage};
use model::order_doc::SubstitutePreset;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tests::demo::procs::Proc;
use tests::demo::web::{Site, WebError};
use tests::scorecard::stage::free_ports;

const TOKENS: [&str; 2] = ["the-token-of-bengaluru", "the-token-of-new-delhi"];
/// Products of the master catalogue: more than one page.
const PRODUCTS: usize = 250;

/// The service for all cities.
struct Everywhere {
    config: PathBuf,
    address: SocketAddr,
    proc: Option<Proc>,
}

impl Everywhere {
    fn new(dir: &Path) -> Self {
        let [port] = free_ports().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let master = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store-node/demo/catalogue.csv");
        let text = std::fs::read_to_string(master).unwrap();
        let rows: Vec<&str> = text.lines().take(PRODUCTS + 1).collect();
        std::fs::write(dir.join("master.csv"), rows.join("\n") + "\n").unwrap();
        Self { config: dir.join("global.toml"), address, proc: None }
    }

    async fn start(&mut self, gateway: bool) {
        let text = format!(
            "listen = \"{}\"\ndata_dir = \"global\"\ncatalogue = \"master.csv\"\ngateway = {gateway}\n\
             [[cities]]\nid = \"blr\"\ntoken = \"{}\"\n[[cities]]\nid = \"del\"\ntoken = \"{}\"\n",
            self.address, TOKENS[0], TOKENS[1]
        );
        std::fs::write(&self.config, text).unwrap();
        let (program, log) = (Path::new(env!("CARGO_BIN_EXE_demo")), self.config.with_extension("log"));
        let mut proc = Proc::start_from(program, "__global", &self.config, &log, &[]).unwrap();
        let ready = format!("http://{}/readyz", self.address);
        proc.ready(&reqwest::Client::new(), &ready, LIMIT).await.unwrap();
        self.proc = Some(proc);
    }

    fn link(&self, world: &World, token: &str) {
        let text = std::fs::read_to_string(world.hub_config()).unwrap();
        let link = format!("[global]\nurl = \"http://{}\"\ntoken = \"{token}\"\n", self.address);
        std::fs::write(world.hub_config(), text + &link).unwrap();
    }
}

fn ask<T: rusqlite::types::FromSql>(world: &World, sql: &str) -> Option<T> {
    let conn = rusqlite::Connection::open(world.dir.join("hub/hub.db")).unwrap();
    conn.query_row(sql, [], |r| r.get(0)).ok()
}

async fn comes_to(world: &World, sql: &str, wanted: i64) {
    let begun = Instant::now();
    while ask::<i64>(world, sql) != Some(wanted) {
        assert!(begun.elapsed() < LIMIT, "{sql}: {:?}, not {wanted}", ask::<i64>(world, sql));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_methods_and_the_master_catalogue_reach_every_city_and_no_order_waits_for_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut everywhere = Everywhere::new(dir.path());
    let [mut blr, mut del] = ["blr", "del"].map(|city| {
        let folder = dir.path().join(city);
        std::fs::create_dir_all(&folder).unwrap();
        World::build(&folder)
    });
    for ((world, _), token) in [&blr, &del].into_iter().zip(TOKENS) {
        put_catalogue(world);
        everywhere.link(world, token);
    }
    // The service is not there yet: a city sells all the same.
    blr.0.start_hub().await;
    let (store, _) = blr.1.start().await.unwrap();
    let who = customer(&blr.0, 1).await;
    shop_until(&who, 100, 3).await;

    everywhere.start(true).await;
    let products = "SELECT count(*) FROM product WHERE sku NOT LIKE 'SKU-0%'";
    comes_to(&blr.0, products, PRODUCTS as i64).await;
    // Killed -9 and back; the other city comes only now, and hears of everything, the user of the first included.
    everywhere.proc.take().unwrap().kill().await.unwrap();
    shop_until(&who, 200, 4).await;
    everywhere.start(true).await;
    del.0.start_hub().await;
    comes_to(&del.0, products, PRODUCTS as i64).await;
    comes_to(&del.0, "SELECT count(*) FROM customer WHERE phone = '+919810000001' AND name = 'Kavya'", 1)
        .await;
    assert_eq!(ask::<i64>(&del.0, "SELECT count(*) FROM orders"), Some(0), "orders stay in their city");
    let found: SearchPage = del.0.site().get("/api/v1/search?q=milk").await.unwrap();
    assert!(!found.hits.is_empty());
    // The same again changes nothing: the feed gives no new numbers, the hub goes on where it was.
    let upto: i64 = ask(&del.0, "SELECT upto FROM global_feed").unwrap();
    del.0.stop_hub().await;
    everywhere.proc.take().unwrap().kill().await.unwrap();
    everywhere.start(false).await;
    del.0.start_hub().await;
    comes_to(&del.0, "SELECT gateway FROM global_feed", 0).await;
    let after: i64 = ask(&del.0, "SELECT upto FROM global_feed").unwrap();
    assert!(after - upto <= 3, "{upto} to {after}: only what is new has a number");
    comes_to(&blr.0, "SELECT gateway FROM global_feed", 0).await;
    let upi = CheckoutRequest {
        address: who.1,
        payment: Payment::Upi { token: "t".to_owned() },
        preset: SubstitutePreset::Refund,
    };
    let told = who.0.post::<Order>("/api/v1/checkout", id(300), &upi).await;
    assert!(
        matches!(&told, Err(WebError::Refused(problem)) if problem.code == "payment_unavailable"),
        "{told:?}"
    );
    // Counts of the city have come; nobody without a token is told anything.
    let service = Site::new(reqwest::Client::new(), &format!("http://{}", everywhere.address));
    let counted = |cities: &Vec<CityHours>| {
        let placed = |city: &CityHours| city.hours.iter().map(|hour| hour.placed).sum::<u32>();
        cities.iter().any(|city| city.city == "blr" && placed(city) >= 2)
    };
    until::<Vec<CityHours>>(&service.with_session(TOKENS[1]), "/global/v1/hours", counted).await;
    let stranger = service.with_session("nobody").get::<Vec<CityHours>>("/global/v1/hours").await;
    assert!(matches!(stranger, Err(WebError::Refused(problem)) if problem.code == "unknown_city"));
    assert!(store.stop(LIMIT).await);
    for (world, _) in [&mut blr, &mut del] {
        world.stop_hub().await;
    }
    assert!(everywhere.proc.take().unwrap().stop(LIMIT).await);
}
