//! What is the same in every city reaches each hub by itself, by certificate, late or never; no order waits for it. A service and
//! two hubs as processes: the service comes late, is killed in the middle and starts again; a hub that was down catches up. What
//! somebody does about herself in one city holds in the other, and who is erased is erased in both.

use super::certified::papers;
use super::new_hub::{customer, put_catalogue, shop_until};
use super::world::{LIMIT, World, id, until};
use device_drivers::agent::ClientTls;
use firmware_config::enrol::Authority;
use model::api::global::CityHours;
use model::api::hub::{CheckoutRequest, InstrumentIn, InstrumentKind, Me, Order, Payment, SearchPage};
use model::order_doc::SubstitutePreset;
use model::{AddressId, OrderState, Problem};
use reqwest::Method;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use store_node::clock;
use store_node::line::{HubLine, LineError, Payload};
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
    /// Where hubs come by certificate.
    tls: SocketAddr,
    authority: Authority,
    proc: Option<Proc>,
}

impl Everywhere {
    fn new(dir: &Path) -> Self {
        let [address, tls] = free_ports().unwrap().map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let here = ["127.0.0.1".to_owned()];
        let authority = Authority::create(&dir.join("ca"), "global", &here, clock::now()).unwrap();
        let master = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store-node/demo/catalogue.csv");
        let text = std::fs::read_to_string(master).unwrap();
        let rows: Vec<&str> = text.lines().take(PRODUCTS + 1).collect();
        std::fs::write(dir.join("master.csv"), rows.join("\n") + "\n").unwrap();
        Self { config: dir.join("global.toml"), address, tls, authority, proc: None }
    }

    async fn start(&mut self, gateway: bool) {
        let text = format!(
            "listen = \"{}\"\ndata_dir = \"global\"\ncatalogue = \"master.csv\"\ngateway = {gateway}\n\
             [tls]\nlisten = \"{}\"\nca = \"ca/ca.crt\"\ncert = \"ca/broker.crt\"\nkey = \"ca/broker.key\"\n\
             crl = \"ca/crl.pem\"\n\
             [[cities]]\nid = \"blr\"\ntoken = \"{}\"\n[[cities]]\nid = \"del\"\ntoken = \"{}\"\n",
            self.address, self.tls, TOKENS[0], TOKENS[1]
        );
        std::fs::write(&self.config, text).unwrap();
        let (program, log) = (Path::new(env!("CARGO_BIN_EXE_demo")), self.config.with_extension("log"));
        let mut proc = Proc::start_from(program, "__global", &self.config, &log, &[]).unwrap();
        let ready = format!("http://{}/readyz", self.address);
        proc.ready(&reqwest::Client::new(), &ready, LIMIT).await.unwrap();
        self.proc = Some(proc);
    }

    /// A city's hub follows, with papers in its name.
    fn link(&self, world: &World, (city, token): (&str, &str)) {
        papers(&self.authority, city, &world.dir.join("global"));
        let text = std::fs::read_to_string(world.hub_config()).unwrap();
        let link = format!(
            "[global]\nurl = \"https://{}\"\ntoken = \"{token}\"\n\
             [global.tls]\nca = \"global/ca.crt\"\ncert = \"global/store.crt\"\nkey = \"global/store.key\"\n",
            self.tls
        );
        std::fs::write(world.hub_config(), text + &link).unwrap();
    }

    /// What it says to somebody with these papers and this token.
    async fn says(&self, papers: &Path, token: &str) -> Result<(u16, String), LineError> {
        self.answers(papers, token, (Method::GET, "/global/v1/facts?after=0", Vec::new())).await
    }

    async fn answers(
        &self,
        papers: &Path,
        token: &str,
        (method, path, body): (Method, &str, Vec<u8>),
    ) -> Result<(u16, String), LineError> {
        let [ca, cert, key] = ["ca.crt", "store.crt", "store.key"].map(|name| papers.join(name));
        let tls = Some(ClientTls::read(&ca, &cert, &key).unwrap());
        let line = HubLine { tls, ..HubLine::plain(&format!("https://{}", self.tls), token) };
        let reply = line.call(method, path, Payload::Json(body.into())).await?;
        let code = serde_json::from_slice::<Problem>(&reply.body).map_or_else(|_| String::new(), |p| p.code);
        Ok((reply.status.as_u16(), code))
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

/// Her address and the way to pay that she keeps are in the other city too; then she has herself erased, and is gone there.
async fn follows_her(site: &Site, orders: &[Order], other: &World) {
    let hers = |table: &str| {
        format!(
            "SELECT count(*) FROM {table} JOIN customer ON customer.id = {table}.customer \
             WHERE phone = '+919810000001'"
        )
    };
    comes_to(other, &hers("address"), 1).await;
    let keep = |token: &str| InstrumentIn {
        kind: InstrumentKind::Card,
        label: "Visa 4242".to_owned(),
        token: token.to_owned(),
    };
    let path = "/api/v1/me/instruments";
    let card = site.post::<Me>(path, id(400), &keep("4242424242424242")).await;
    assert!(matches!(&card, Err(WebError::Refused(problem)) if problem.code == "bad_input"), "{card:?}");
    let me: Me = site.post(path, id(401), &keep("tok_ok")).await.unwrap();
    let kept = me.instruments[0].id;
    comes_to(other, &hers("instrument"), 1).await;
    assert_eq!(ask::<String>(other, "SELECT token FROM instrument"), Some("tok_ok".to_owned()));
    site.delete::<Me>(&format!("{path}/{kept}"), id(402)).await.unwrap();
    comes_to(other, &hers("instrument"), 0).await;
    site.post::<Me>(path, id(403), &keep("tok_ok")).await.unwrap();
    comes_to(other, &hers("instrument"), 1).await;

    let told = site.delete::<()>("/api/v1/me", id(404)).await;
    assert!(
        matches!(&told, Err(WebError::Refused(problem)) if problem.code == "order_under_way"),
        "{told:?}"
    );
    for (n, order) in orders.iter().enumerate() {
        let path = format!("/api/v1/orders/{}", order.id);
        site.post::<Order>(&format!("{path}/cancel"), id(410 + n as u128), &()).await.unwrap();
        until::<Order>(site, &path, |now| now.state == OrderState::Cancelled).await;
    }
    site.delete::<()>("/api/v1/me", id(420)).await.unwrap();
    let gone = site.get::<Me>("/api/v1/me").await;
    assert!(matches!(&gone, Err(WebError::Refused(problem)) if problem.status == 401), "{gone:?}");
    comes_to(other, "SELECT count(*) FROM customer WHERE phone = '+919810000001' OR name = 'Kavya'", 0).await;
    for table in ["address", "instrument"] {
        assert_eq!(ask::<i64>(other, &format!("SELECT count(*) FROM {table}")), Some(0), "{table}");
    }
}

async fn takes_no_cards(who: &(Site, AddressId)) {
    let payment = Payment::Upi { token: "t".to_owned() };
    let upi = CheckoutRequest { address: who.1, payment, preset: SubstitutePreset::Refund };
    let told = who.0.post::<Order>("/api/v1/checkout", id(300), &upi).await;
    assert!(
        matches!(&told, Err(WebError::Refused(problem)) if problem.code == "payment_unavailable"),
        "{told:?}"
    );
}

/// What cannot be taken is told as a problem, as everywhere.
async fn refuses_clearly(everywhere: &Everywhere, own: &Path) {
    let cases = [
        ((Method::GET, "/global/v1/facts?after=x", Vec::new()), (400, "bad_query")),
        ((Method::POST, "/global/v1/facts", b"[".to_vec()), (400, "malformed_json")),
        ((Method::PUT, "/global/v1/hours", vec![b' '; 70_000]), (413, "body_too_large")),
        ((Method::DELETE, "/global/v1/hours", Vec::new()), (405, "wrong_method")),
        ((Method::GET, "/global/v1/nothing", Vec::new()), (404, "unknown_path")),
    ];
    for (call, (status, code)) in cases {
        let what = format!("{} {}", call.0, call.1);
        let told = everywhere.answers(own, TOKENS[0], call).await.unwrap();
        assert_eq!(told, (status, code.to_owned()), "{what}");
    }
}

/// The own papers open; those of another city, or of a stranger who forged them, open nothing.
async fn admits_by_certificate(everywhere: &Everywhere, [own, other]: &[PathBuf; 2], dir: &Path) {
    assert_eq!(everywhere.says(own, TOKENS[0]).await.unwrap().0, 200);
    let told = everywhere.says(other, TOKENS[0]).await.unwrap();
    assert_eq!(told, (403, "other_certificate".to_owned()));
    let stranger = Authority::create(&dir.join("ca2"), "x", &["127.0.0.1".to_owned()], clock::now());
    let forged = papers(&stranger.unwrap(), "blr", &dir.join("forged"));
    std::fs::copy(own.join("ca.crt"), forged.join("ca.crt")).unwrap();
    let told = everywhere.says(&forged, TOKENS[0]).await;
    assert!(matches!(told, Err(LineError::NotAccepted(_))), "{told:?}");
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
    for ((world, _), city) in [&blr, &del].into_iter().zip(["blr", "del"].into_iter().zip(TOKENS)) {
        put_catalogue(world);
        everywhere.link(world, city);
    }
    // The service is not there yet: a city sells all the same.
    blr.0.start_hub().await;
    let (store, _) = blr.1.start().await.unwrap();
    let who = customer(&blr.0, 1).await;
    let mut orders = vec![shop_until(&who, 100, 3).await];

    everywhere.start(true).await;
    let products = "SELECT count(*) FROM product WHERE sku NOT LIKE 'SKU-0%'";
    comes_to(&blr.0, products, PRODUCTS as i64).await;
    // Killed -9 and back; the other city comes only now, and hears of everything, the user of the first included.
    everywhere.proc.take().unwrap().kill().await.unwrap();
    orders.push(shop_until(&who, 200, 4).await);
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
    // A product leaves the master catalogue: it is sold no more, in no city.
    let master = dir.path().join("master.csv");
    let text = std::fs::read_to_string(&master).unwrap();
    let rows: Vec<&str> = text.lines().take(PRODUCTS).collect();
    std::fs::write(&master, rows.join("\n") + "\n").unwrap();
    everywhere.start(false).await;
    del.0.start_hub().await;
    comes_to(&del.0, "SELECT count(*) FROM product WHERE json_extract(body, '$.active') = 0", 1).await;
    comes_to(&del.0, "SELECT gateway FROM global_feed", 0).await;
    let after: i64 = ask(&del.0, "SELECT upto FROM global_feed").unwrap();
    assert!(after - upto <= 4, "{upto} to {after}: only what is new has a number");
    comes_to(&blr.0, "SELECT gateway FROM global_feed", 0).await;
    takes_no_cards(&who).await;
    let cities = [&blr, &del].map(|(world, _)| world.dir.join("global"));
    admits_by_certificate(&everywhere, &cities, dir.path()).await;
    refuses_clearly(&everywhere, &cities[0]).await;
    // Counts of the city have come; nobody without a token is told anything.
    let service = Site::new(reqwest::Client::new(), &format!("http://{}", everywhere.address));
    let counted = |cities: &Vec<CityHours>| {
        let placed = |city: &CityHours| city.hours.iter().map(|hour| hour.placed).sum::<u32>();
        cities.iter().any(|city| city.city == "blr" && placed(city) >= 2)
    };
    until::<Vec<CityHours>>(&service.with_session(TOKENS[1]), "/global/v1/hours", counted).await;
    let stranger = service.with_session("nobody").get::<Vec<CityHours>>("/global/v1/hours").await;
    assert!(matches!(stranger, Err(WebError::Refused(problem)) if problem.code == "unknown_city"));
    follows_her(&who.0, &orders, &del.0).await;
    assert!(store.stop(LIMIT).await);
    for (world, _) in [&mut blr, &mut del] {
        world.stop_hub().await;
    }
    assert!(everywhere.proc.take().unwrap().stop(LIMIT).await);
}
