//! The running hub over real HTTP: a customer's way from login to a confirmed order, every kind of bad input, roles, streams,
//! and a crash between the gateway's deed and the hub's note of it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

use central_hub::command::{Command, Envelope};
use central_hub::config::HubConfig;
use central_hub::lock::{Lock, LockError};
use central_hub::{clock, run, system};
use model::api::hub::{
    Address, Cart, InboxMessage, Order, Point, RiderNow, SearchPage, Serviceable, Session, SplitOffer,
};
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use model::{CommandId, OrderState, SkuId, StoreId};
use reqwest::{Client, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use sync::doc::{DocActor, DocId, Document};
use sync::lane::{Lane, LaneSeq};
use tokio_util::sync::CancellationToken;

static COUNT: AtomicU64 = AtomicU64::new(1);

fn key() -> String {
    CommandId::new(clock::now(), u128::from(COUNT.fetch_add(1, Ordering::Relaxed))).to_string()
}

const CSV: &str = "sku,gtins,name,name_hi,brand,category,search_terms,temp,velocity,net_g,gross_g,fragile,food,\
mrp_paise,price_paise,shelf_life_days,hsn,gst_bp,unit,popularity,opening_stock
MLK-1,9520001000010,Gaudhar Milk 1 L,गौधर दूध 1 लीटर,Gaudhar,Dairy > Milk,doodh,chilled,A,1000,1030,no,yes,6500,6400,2,0401,0,1 L,1,0
CHO-1,,Cocoa Chocolate,चॉकलेट,Koko,Sweets > Bars,,ambient,B,100,110,no,yes,9900,9000,200,1806,1800,1 bar,2,0
";

struct Hub {
    _dir: tempfile::TempDir,
    config: HubConfig,
    base: String,
    client: Client,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<Result<(), run::RunError>>,
}

fn config(dir: &Path) -> HubConfig {
    std::fs::write(dir.join("c.csv"), CSV).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!(
        "profile = \"demo\"\nlisten = \"127.0.0.1:{port}\"\ndata_dir = \"data\"\ncatalogue = \"c.csv\"\n\
         riders = [{{ name = \"Ravi\", phone = \"+919700000001\" }}]\n\
         staff = [{{ name = \"Meera\", phone = \"+919600000001\" }}]\n\
         [[stores]]\nid = \"s1\"\nname = \"Indiranagar\"\nlat = 12.9716\nlon = 77.6412\nradius_m = 2500\n\
         token = \"0123456789abcdef\"\n"
    );
    std::fs::write(dir.join("hub.toml"), text).unwrap();
    HubConfig::load(&dir.join("hub.toml")).unwrap()
}

/// The store has been here before: it granted, and was heard just now.
fn grant(config: &HubConfig, store: &str, skus: &[&str], total: u64) {
    let lock = Lock::take(&config.data_dir).unwrap();
    let mut engine = run::open(config, &lock).unwrap();
    let store = StoreId::new(store).unwrap();
    let id = DocId::Quota { store: store.clone(), epoch: StoreEpoch(1), generation: HubGeneration(1) };
    let actor = DocActor { side: Owner::Store, store: store.clone(), boot: 1 };
    let mut document = Document::new(id.clone(), &actor).unwrap();
    for sku in skus {
        document.set_granted(&SkuId::new(*sku).unwrap(), total).unwrap();
    }
    let change = document.commit().unwrap().unwrap();
    engine
        .inbound(clock::now(), &store, vec![(LaneSeq { lane: Lane::Orders, seq: 1 }, id.key(), change)])
        .unwrap();
}

impl Hub {
    async fn start(units: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        grant(&config, "s1", &["MLK-1", "CHO-1"], units);
        Self::of(dir, config).await
    }

    /// Milk is at one store only, chocolate at the other; both reach the shopper's door.
    async fn of_two_stores() -> Self {
        let dir = tempfile::tempdir().unwrap();
        config(dir.path());
        let path = dir.path().join("hub.toml");
        let second = "[[stores]]\nid = \"s2\"\nname = \"Domlur\"\nlat = 12.9609\nlon = 77.6387\nradius_m = 2500\n\
             token = \"0123456789abcdef\"\n";
        std::fs::write(&path, std::fs::read_to_string(&path).unwrap() + second).unwrap();
        let config = HubConfig::load(&path).unwrap();
        grant(&config, "s1", &["MLK-1"], 5);
        grant(&config, "s2", &["CHO-1"], 5);
        Self::of(dir, config).await
    }

    async fn of(dir: tempfile::TempDir, config: HubConfig) -> Self {
        let base = format!("http://{}", config.listen);
        let stop = CancellationToken::new();
        let task = tokio::spawn(run::run(config.clone(), stop.clone()));
        let client = Client::builder().no_proxy().build().unwrap();
        let hub = Self { _dir: dir, config, base, client, stop, task };
        hub.ready().await;
        hub
    }

    async fn ready(&self) {
        for _ in 0..200 {
            if self.client.get(format!("{}/readyz", self.base)).send().await.is_ok() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("the hub is not ready");
    }

    async fn stop(self) -> tempfile::TempDir {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
        self._dir
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        token: &str,
        key: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, token: &str) -> T {
        let (status, body) = self.send(Method::GET, path, token, "", None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_value(body).unwrap()
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, token: &str, body: Value) -> T {
        let (status, body) = self.send(Method::POST, path, token, &key(), Some(body)).await;
        assert!(status.is_success(), "{path}: {body}");
        serde_json::from_value(body).unwrap()
    }

    async fn login(&self, phone: &str) -> Session {
        let ask = json!({ "phone": phone });
        let (status, _) = self.send(Method::POST, "/api/v1/auth/otp", "", &key(), Some(ask)).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let inbox: Vec<InboxMessage> =
            self.get(&format!("/api/v1/demo/inbox?phone={}", phone.replace('+', "%2B")), "").await;
        let code: String = inbox[0].text.chars().take(6).collect();
        self.post("/api/v1/auth/verify", "", json!({ "phone": phone, "code": code })).await
    }

    async fn shopper(&self, n: u32) -> (String, Address) {
        let session = self.login(&format!("+9198000{n:05}")).await;
        let at = Point { lat: 12.9750, lon: 77.6420 };
        let body = json!({ "text": "12, 5th Cross", "at": at });
        let address = self.post("/api/v1/me/addresses", &session.access, body).await;
        (session.access, address)
    }

    async fn cart(&self, token: &str, sku: &str, qty: i64) -> Cart {
        let path = format!("/api/v1/cart/lines/{sku}");
        let (status, body) = self.send(Method::PUT, &path, token, &key(), Some(json!({ "qty": qty }))).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        serde_json::from_value(body).unwrap()
    }

    async fn checkout(&self, token: &str, address: &Address, pay: &str, key: &str) -> (StatusCode, Value) {
        let payment = match pay {
            "cod" => json!({ "method": "cod" }),
            token => json!({ "method": "upi", "token": token }),
        };
        let body = json!({ "address": address.id, "payment": payment, "preset": "refund" });
        self.send(Method::POST, "/api/v1/checkout", token, key, Some(body)).await
    }
}

fn code_of((status, body): &(StatusCode, Value)) -> (u16, &str) {
    (status.as_u16(), body["code"].as_str().unwrap_or("-"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_login_to_a_confirmed_order() {
    let hub = Hub::start(5).await;
    let (token, address) = hub.shopper(1).await;
    let place: Serviceable = hub.get("/api/v1/serviceable?lat=12.975&lon=77.642", "").await;
    assert_eq!((place.status.as_str(), place.store.is_some()), ("delivering", true));
    for typed in ["milk", "MILK%20gaudh", "दूध", "gaudar", "doodh"] {
        let page: SearchPage = hub.get(&format!("/api/v1/search?q={typed}&store=s1"), "").await;
        assert_eq!(page.hits.first().map(|h| h.sku.as_str()), Some("MLK-1"), "{typed}");
        assert_eq!(page.hits[0].available, 5);
    }
    let none: SearchPage = hub.get("/api/v1/search?q=%22%20OR%20%2A%20NEAR(&store=s1", "").await;
    assert_eq!(none.total, 0);
    let cart = hub.cart(&token, "MLK-1", 2).await;
    assert_eq!(cart.subtotal.get(), 12_800);
    let first_key = key();
    let first = hub.checkout(&token, &address, "tok_ok", &first_key).await;
    assert_eq!(first.0, StatusCode::OK, "{}", first.1);
    let order: Order = serde_json::from_value(first.1).unwrap();
    assert_eq!((order.state, order.payment_status.as_str()), (OrderState::Confirmed, "paid"));
    let again: Order =
        serde_json::from_value(hub.checkout(&token, &address, "tok_ok", &first_key).await.1).unwrap();
    assert_eq!(again.id, order.id);
    let other = hub.checkout(&token, &address, "cod", &first_key).await;
    assert_eq!(code_of(&other), (409, "id_reused"));
    let empty = hub.checkout(&token, &address, "cod", &key()).await;
    assert_eq!(code_of(&empty), (409, "empty_cart"));
    let (stranger, _) = hub.shopper(2).await;
    let path = format!("/api/v1/orders/{}", order.id);
    assert_eq!(code_of(&hub.send(Method::GET, &path, &stranger, "", None).await), (404, "unknown_order"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_customers_race_for_the_last_unit() {
    let hub = Hub::start(1).await;
    let (a, b) = (hub.shopper(1).await, hub.shopper(2).await);
    hub.cart(&a.0, "MLK-1", 1).await;
    hub.cart(&b.0, "MLK-1", 1).await;
    let (ka, kb) = (key(), key());
    let (first, second) =
        tokio::join!(hub.checkout(&a.0, &a.1, "cod", &ka), hub.checkout(&b.0, &b.1, "cod", &kb));
    let mut codes = [code_of(&first), code_of(&second)];
    codes.sort_unstable();
    assert_eq!(codes, [(200, "-"), (409, "out_of_stock")]);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_basket_that_no_store_has_alone_is_offered_and_ordered_as_two_deliveries() {
    let hub = Hub::of_two_stores().await;
    let (token, address) = hub.shopper(1).await;
    let page: SearchPage = hub.get("/api/v1/search?q=chocolate&store=s1&lat=12.975&lon=77.642", "").await;
    assert_eq!((page.hits[0].available, page.hits[0].elsewhere), (0, 5));
    for half in ["lat=12.975", "lat=95&lon=77.642"] {
        let asked = hub.send(Method::GET, &format!("/api/v1/search?q=milk&{half}"), "", "", None).await;
        assert_eq!(code_of(&asked), (400, "bad_query"), "{half}");
    }
    hub.cart(&token, "MLK-1", 2).await;
    hub.cart(&token, "CHO-1", 1).await;
    let refused = hub.checkout(&token, &address, "tok_ok", &key()).await;
    assert_eq!(code_of(&refused), (409, "split_offered"));
    let offer: SplitOffer = serde_json::from_value(refused.1["offer"].clone()).unwrap();
    let stores: Vec<&str> = offer.parts.iter().map(|part| part.store.as_str()).collect();
    let mut body = json!({ "address": address.id, "payment": { "method": "upi", "token": "tok_declined" },
        "preset": "refund", "stores": stores, "total": offer.total });
    let path = "/api/v1/checkout/split";
    let declined = hub.send(Method::POST, path, &token, &key(), Some(body.clone())).await;
    assert_eq!(code_of(&declined), (402, "payment_failed"));
    body["payment"]["token"] = json!("tok_ok");
    let orders: Vec<Order> = hub.post(path, &token, body.clone()).await;
    let told: Vec<_> =
        orders.iter().map(|order| (order.store.as_str(), order.state, order.lines.len())).collect();
    assert_eq!(told, [("s1", OrderState::Confirmed, 1), ("s2", OrderState::Confirmed, 1)]);
    assert_eq!(orders.iter().map(|order| order.total.get()).sum::<i64>(), offer.total.get());
    let empty = hub.send(Method::POST, path, &token, &key(), Some(body.clone())).await;
    assert_eq!(code_of(&empty), (409, "empty_cart"));
    body["stores"] = json!("s1");
    let bad = hub.send(Method::POST, path, &token, &key(), Some(body)).await;
    assert_eq!(bad.0.as_u16() / 100, 4, "{}", bad.1);
    assert!(bad.1["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{}", bad.1);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_payment_frees_the_unit_and_an_unclear_one_is_asked_again() {
    let hub = Hub::start(1).await;
    let (token, address) = hub.shopper(1).await;
    hub.cart(&token, "MLK-1", 1).await;
    let declined = hub.checkout(&token, &address, "tok_declined", &key()).await;
    assert_eq!(code_of(&declined), (402, "payment_failed"));
    let unclear = hub.checkout(&token, &address, "tok_error", &key()).await;
    let order: Order = serde_json::from_value(unclear.1).unwrap();
    assert_eq!(order.state, OrderState::Confirmed);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_the_gateway_and_the_note_charges_once() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    grant(&config, "s1", &["MLK-1", "CHO-1"], 1);
    // The hub dies after the checkout's commit and after the gateway's deed, before the answer is noted.
    let lock = Lock::take(&config.data_dir).unwrap();
    let mut engine = run::open(&config, &lock).unwrap();
    let mut ask = |command| {
        let id = key().parse().unwrap();
        let envelope = Envelope { id, actor: system::actor("test"), command };
        engine.apply(clock::now(), vec![envelope]).unwrap().answers.remove(0).unwrap()
    };
    let phone = "+919800000009".to_owned();
    ask(Command::RequestOtp { phone: phone.clone() });
    let text = engine.data().messages(&phone, 1).unwrap()[0].text.clone();
    let mut ask = |command| {
        let id = key().parse().unwrap();
        let envelope = Envelope { id, actor: system::actor("test"), command };
        engine.apply(clock::now(), vec![envelope]).unwrap().answers.remove(0).unwrap()
    };
    let code = text.chars().take(6).collect();
    let central_hub::command::Answer::Session { subject, .. } = ask(Command::VerifyOtp { phone, code })
    else {
        panic!()
    };
    let customer = subject.parse().unwrap();
    let at = Point { lat: 12.9750, lon: 77.6420 };
    let central_hub::command::Answer::Address { address } =
        ask(Command::AddAddress { customer, text: "12, 5th Cross".into(), at })
    else {
        panic!()
    };
    ask(Command::SetCartLine { customer, sku: SkuId::new("MLK-1").unwrap(), qty: model::Qty::ONE });
    let request = model::api::hub::CheckoutRequest {
        address,
        payment: model::api::hub::Payment::Upi { token: "tok_ok".into() },
        preset: model::order_doc::SubstitutePreset::Refund,
    };
    let central_hub::command::Answer::Order { order } = ask(Command::BeginCheckout { customer, request })
    else {
        panic!()
    };
    let step = engine.data().due_steps(clock::now(), 1).unwrap().remove(0);
    let deeds = config.data_dir.join("gateway-simulator.jsonl");
    let line = json!({ "key": step.key, "kind": "debit", "amount": step.amount, "agreed": true });
    std::fs::write(&deeds, format!("{line}\n")).unwrap();
    drop((engine, lock));

    let stop = CancellationToken::new();
    let task = tokio::spawn(run::run(config.clone(), stop.clone()));
    let mut state = OrderState::Placed;
    for _ in 0..200 {
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        let reader = central_hub::db::sqlite::Sqlite::open_reader(&config.data_dir.join("hub.db")).unwrap();
        state = central_hub::db::Orders::order(&reader, &order).unwrap().unwrap().state;
        if state == OrderState::Confirmed {
            break;
        }
    }
    stop.cancel();
    task.await.unwrap().unwrap();
    assert_eq!(state, OrderState::Confirmed);
    let simulator = central_hub::ports::pay::Simulator::open(&deeds).unwrap();
    assert_eq!(simulator.balance(), step.amount);
}

/// Two writers would each keep documents in memory that the other does not know.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_at_a_time_writes_a_hubs_folder() {
    let hub = Hub::start(5).await;
    let products = || {
        let db = hub.config.data_dir.join("hub.db");
        let reader = central_hub::db::sqlite::Sqlite::open_reader(&db).unwrap();
        central_hub::db::Catalogue::product_count(&reader).unwrap()
    };
    let before = products();
    let file = hub.config.data_dir.with_file_name("more.csv");
    std::fs::write(
        &file,
        CSV.replace("MLK-1", "MLK-2").replace("CHO-1", "CHO-2").replace("9520001000010", ""),
    )
    .unwrap();
    let held = |done: Result<(), run::RunError>| {
        let error = done.unwrap_err();
        assert!(
            matches!(&error, run::RunError::Lock(LockError::Held(at)) if *at == hub.config.data_dir),
            "{error}"
        );
        assert!(error.to_string().contains("Stop it, and try again"), "{error}");
    };
    held(run::import(&hub.config, &file).map(drop));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let other = HubConfig { listen: format!("127.0.0.1:{port}").parse().unwrap(), ..hub.config.clone() };
    held(run::run(other, CancellationToken::new()).await);
    let recovery = sync::vault::RecoveryKey::new([7; 20]);
    held(run::restore(&hub.config, &hub.config.data_dir.join("no.larder"), &recovery).map(drop));
    assert_eq!(products(), before);

    let config = hub.config.clone();
    let _dir = hub.stop().await;
    assert_eq!(run::import(&config, &file).unwrap(), 2, "once it has stopped, the folder is free");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_gets_a_clear_problem_and_changes_nothing() {
    let hub = Hub::start(5).await;
    let (token, _) = hub.shopper(1).await;
    let put = |sku: &'static str, body: Value, key: String| {
        let (hub, token) = (&hub, token.clone());
        async move {
            let path = format!("/api/v1/cart/lines/{sku}");
            hub.send(Method::PUT, &path, &token, &key, Some(body)).await
        }
    };
    assert_eq!(code_of(&put("NO-1", json!({ "qty": 1 }), key()).await), (404, "unknown_product"));
    assert_eq!(code_of(&put("MLK-1", json!({ "qty": -1 }), key()).await), (422, "wrong_shape"));
    assert_eq!(code_of(&put("MLK-1", json!({ "qty": 51 }), key()).await), (422, "bad_input"));
    assert_eq!(code_of(&put("MLK-1", json!({ "qty": 1, "x": 2 }), key()).await), (422, "wrong_shape"));
    assert_eq!(code_of(&put("MLK-1", json!({ "qty": 1 }), String::new()).await), (400, "idempotency_key"));
    assert_eq!(code_of(&put("MLK-1", json!({ "qty": 1 }), "7".into()).await), (400, "idempotency_key"));
    assert_eq!(code_of(&put("M%20K", json!({ "qty": 1 }), key()).await), (400, "bad_path"));
    let raw = |body: String| {
        let request = hub.client.post(format!("{}/api/v1/auth/otp", hub.base));
        request.header("idempotency-key", key()).header("content-type", "application/json").body(body).send()
    };
    for (body, want) in [("{".to_owned(), "malformed_json"), (" ".repeat(70_000), "body_too_large")] {
        let response = raw(body).await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["code"], want);
        assert!(problem["hint"].as_str().is_some_and(|h| !h.is_empty()));
    }
    let get = |path: &'static str| hub.send(Method::GET, path, "", "", None);
    assert_eq!(code_of(&get("/api/v1/nothing").await), (404, "unknown_path"));
    assert_eq!(code_of(&get("/api/v1/checkout").await), (405, "wrong_method"));
    assert_eq!(code_of(&get("/api/v1/serviceable?lat=1").await), (400, "bad_query"));
    assert_eq!(code_of(&get("/api/v1/serviceable?lat=99&lon=0").await), (400, "bad_query"));
    assert_eq!(code_of(&get("/sync/v1/connect").await), (401, "unknown_store"));
    let cart: Cart = hub.get("/api/v1/cart", &token).await;
    assert!(cart.lines.is_empty());
    for name in ["Ravi\u{1b}@", "ivaR\u{202e}"] {
        let said = hub.send(Method::PUT, "/api/v1/me", &token, &key(), Some(json!({ "name": name }))).await;
        assert_eq!(code_of(&said), (422, "bad_input"), "{name:?}");
        assert!(said.1["detail"].as_str().unwrap().contains("control signs"), "{}", said.1);
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_there_for_whoever_asks_only_whether_it_is() {
    let hub = Hub::start(5).await;
    for path in ["/", "/ops/", "/rider/", "/order/7"] {
        let ask = |method: Method| hub.client.request(method, format!("{}{path}", hub.base)).send();
        let (asked, read) = (ask(Method::HEAD).await.unwrap(), ask(Method::GET).await.unwrap());
        assert_eq!(asked.status(), read.status(), "{path}");
        assert!(asked.headers()["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
        assert!(asked.text().await.unwrap().is_empty() && !read.text().await.unwrap().is_empty(), "{path}");
    }
    let nothing = hub.client.head(format!("{}/api/v1/nothing", hub.base)).send().await.unwrap();
    assert_eq!(nothing.status(), StatusCode::NOT_FOUND);
    hub.stop().await;
}

/// What a store's machine sends is bytes; what is wrong with it is told as everywhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_of_a_store_that_cannot_be_taken_get_a_problem_too() {
    let hub = Hub::start(5).await;
    let over = |max: usize| vec![0; max + 1];
    let name = "00".repeat(32);
    let object = format!("/sync/v1/backup/objects/{name}");
    let cases = [
        (
            Method::PUT,
            "/sync/v1/chains/ledger?epoch=1",
            over(central_hub::engine::BATCH_BYTES_MAX),
            413,
            "body_too_large",
        ),
        (Method::PUT, object.as_str(), over(sync::vault::OBJECT_MAX + 1_024), 413, "body_too_large"),
        (Method::PUT, "/sync/v1/chains/ledger", vec![0], 400, "bad_query"),
        (Method::PUT, "/sync/v1/hours/now?sha256=00", vec![0], 400, "bad_path"),
        (Method::DELETE, "/sync/v1/chains", Vec::new(), 405, "wrong_method"),
    ];
    for (method, path, body, status, code) in cases {
        let request = hub.client.request(method.clone(), format!("{}{path}", hub.base));
        let answer = request.bearer_auth("0123456789abcdef").body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{method} {path}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], code, "{method} {path}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_sees_its_own_surface() {
    let hub = Hub::start(5).await;
    let customer = hub.login("+919800000001").await.access;
    let rider = hub.login("+919700000001").await.access;
    let ops = hub.login("+919600000001").await.access;
    let all = [("/api/v1/cart", 0), ("/api/v1/rider/now", 1), ("/api/v1/ops/now", 2)];
    for (path, owner) in all {
        for (who, token) in [&customer, &rider, &ops].into_iter().enumerate() {
            let (status, body) = hub.send(Method::GET, path, token, "", None).await;
            let want = if who == owner { 200 } else { 403 };
            assert_eq!(status.as_u16(), want, "{path} by {who}: {body}");
        }
        assert_eq!(code_of(&hub.send(Method::GET, path, "", "", None).await), (401, "not_logged_in"));
        assert_eq!(code_of(&hub.send(Method::GET, path, "forged", "", None).await), (401, "not_logged_in"));
    }
    let until = clock::now().plus_ms(3_600_000);
    let body = json!({ "on": true, "until": until, "at": { "lat": 12.97, "lon": 77.64 } });
    let now: RiderNow = hub.post("/api/v1/rider/shift", &rider, body).await;
    assert!(now.on_shift);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tracking_streams_and_figures_are_there() {
    let hub = Hub::start(5).await;
    let (token, address) = hub.shopper(1).await;
    hub.cart(&token, "CHO-1", 1).await;
    let (_, body) = hub.checkout(&token, &address, "cod", &key()).await;
    let order: Order = serde_json::from_value(body).unwrap();
    let path = format!("{}/api/v1/orders/{}/stream", hub.base, order.id);
    let mut response = hub.client.get(path).bearer_auth(&token).send().await.unwrap();
    let first = response.chunk().await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&first).into_owned();
    assert!(text.starts_with("event: order\ndata: {") && text.contains(&order.number), "{text}");
    drop(response);
    let (_, metrics) = hub.send(Method::GET, "/metrics", "", "", None).await;
    assert!(
        metrics.as_str().unwrap().contains("larder_hub_store_rights_outstanding_units{store=\"s1\"} 9"),
        "{metrics}"
    );
    let (status, _) = hub.send(Method::GET, "/rider", "", "", None).await;
    assert!(status == StatusCode::OK || status == StatusCode::NOT_FOUND);
    hub.stop().await;
}

/// Calls a documented operation as somebody with this token; what the path names is mostly not there.
async fn call(hub: &Hub, operation: &Documented<'_>, token: &str, with_query: bool) -> (u16, String, Value) {
    let order = "01890000-0000-7000-8000-000000000000";
    let mut path = operation.path.replace("{sku}", "MLK-1").replace("{id}", order).replace("{store}", "s1");
    for (name, value) in
        [("{generation}", "1"), ("{stream}", "ledger"), ("{hour}", "1"), ("{name}", "x"), ("{number}", "1")]
    {
        path = path.replace(name, value);
    }
    if with_query {
        let needed = operation.asks("query").into_iter().filter(|asked| asked["required"] == true);
        let query: Vec<String> =
            needed.map(|asked| format!("{}=1", asked["name"].as_str().unwrap())).collect();
        path += &format!("?{}", query.join("&"));
    }
    let method = operation.method.to_uppercase().parse::<Method>().unwrap();
    let mut request = hub.client.request(method.clone(), format!("{}{path}", hub.base)).bearer_auth(token);
    if method != Method::GET {
        request = request.json(&json!({}));
    }
    let mut response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let media = response.headers().get("content-type").map_or("", |text| text.to_str().unwrap());
    let media = media.split(';').next().unwrap().to_owned();
    // A stream of events has no end.
    let text =
        if media == "text/event-stream" { response.chunk().await } else { response.bytes().await.map(Some) };
    (status, media, serde_json::from_slice(&text.unwrap().unwrap_or_default()).unwrap_or(Value::Null))
}

/// An operation of the OpenAPI document.
struct Documented<'a> {
    path: &'a str,
    method: &'a str,
    said: &'a Value,
}

impl Documented<'_> {
    fn asks(&self, place: &str) -> Vec<&Value> {
        self.said["parameters"].as_array().unwrap().iter().filter(|asked| asked["in"] == place).collect()
    }

    /// In the form that is documented, or a problem where what the path or the query names is not there.
    fn is_true_of(&self, (status, media, body): &(u16, String, Value)) {
        let named = self.path.contains('{') || !self.asks("query").is_empty();
        let socket = self.said["responses"]["101"].is_object();
        if (named || socket) && *status >= 400 {
            assert_eq!(media, "application/problem+json", "{}: {status} {body}", self.path);
            return;
        }
        assert_eq!(*status, 200, "{}: {body}", self.path);
        let documented = self.said["responses"]["200"]["content"].as_object().unwrap();
        assert!(documented.contains_key(media), "{} answers {media}, not {documented:?}", self.path);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_says_of_every_route_what_the_route_does() {
    let hub = Hub::start(5).await;
    let document: Value = hub.get("/api/openapi.json", "").await;
    assert_eq!(document["openapi"], "3.1.0");
    let by_role = [
        ("customer", hub.login("+919800000001").await.access),
        ("rider", hub.login("+919700000001").await.access),
        ("city_ops", hub.login("+919600000001").await.access),
    ];
    let mut seen = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, said) in methods.as_object().unwrap() {
            seen += 1;
            let operation = Documented { path, method, said };
            let token = match said["security"][0].as_object().and_then(|way| way.keys().next()) {
                None => "",
                Some(way) if way == "store" => "0123456789abcdef",
                Some(_) => {
                    let role = said["x-roles"][0].as_str().unwrap();
                    &by_role.iter().find(|(of, _)| *of == role).unwrap().1
                }
            };
            let guest = call(&hub, &operation, "nobody", true).await.0;
            assert_eq!(guest == 401, !token.is_empty(), "{method} {path} by nobody: {guest}");
            let answer = call(&hub, &operation, token, true).await;
            let code = answer.2["code"].as_str().unwrap_or("-");
            if method == "get" {
                operation.is_true_of(&answer);
            } else {
                let keyed = !operation.asks("header").is_empty();
                assert_eq!(code == "idempotency_key", keyed, "{method} {path}: {answer:?}");
            }
            if operation.asks("query").iter().any(|asked| asked["required"] == true) {
                let bare = call(&hub, &operation, token, false).await;
                assert_eq!(bare.2["code"], "bad_query", "{method} {path}: {bare:?}");
            }
        }
    }
    assert!(seen >= 45, "{seen} operations");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_port_is_said_so() {
    let hub = Hub::start(1).await;
    let dir = tempfile::tempdir().unwrap();
    let mut second = config(dir.path());
    second.listen = hub.config.listen;
    let error = run::run(second, CancellationToken::new()).await.unwrap_err().to_string();
    assert!(error.contains("cannot listen on 127.0.0.1"), "{error}");
    hub.stop().await;
}
