//! What is sold, from the hub's file to a store's counter, over the real link: a real node and a real hub. A price changes while
//! the line is cut and both sides are started anew; a product is withdrawn while an order of it is open; the file of the store
//! says otherwise.

use crate::rig::{Hub, now, papers, store};
use central_hub::config::HubConfig;
use model::api::store::{CounterLine, CounterOrderRequest};
use model::catalogue::Product;
use model::{CommandId, OrderId, Paise, Qty, Role};
use std::path::Path;
use std::time::Duration;
use store_node::answer::Answer;
use store_node::command::{Command, Envelope};
use store_node::engine::Engine;
use store_node::refusal::Refusal;
use tests::scorecard::stage;

const LIMIT: Duration = Duration::from_secs(60);
/// Products of the hub: some that the store has, and one that it does not have yet.
const PRODUCTS: usize = 400;
/// Changed, and withdrawn.
const CHEAPER: usize = 3;
const GONE: usize = 5;

fn engine(data: &Path) -> Engine {
    let manifest = stage::manifest(data, [1, 2, 3], "").unwrap();
    let setup = store_node::manifest::setup(&manifest).unwrap();
    Engine::open(&store_node::run::database(data), setup, now()).unwrap()
}

fn does(data: &Path, n: u128, command: Command) -> Result<Answer, Refusal> {
    let actor = stage::actor("meena", "desk", Role::Manager).unwrap();
    let envelope = Envelope { id: CommandId::new(now(), n), actor, command };
    engine(data).apply(now(), vec![envelope]).unwrap().replies.remove(0)
}

fn sells(data: &Path, key: u128, n: usize) -> Result<OrderId, Refusal> {
    let line = CounterLine { sku: stage::product(n).unwrap().sku, qty: Qty::ONE };
    let request = CounterOrderRequest { lines: vec![line], first_name: String::new() };
    let answer = does(data, key, Command::CounterOrder(request))?;
    let Answer::CounterOrder(taken) = answer else { panic!("{answer:?}") };
    Ok(taken.order)
}

/// As `central-hub import catalogue` does it, while the hub does not run.
fn import(config: &HubConfig, products: &[Product]) {
    let lock = central_hub::lock::Lock::take(&config.data_dir).unwrap();
    let mut engine = central_hub::run::open(config, &lock).unwrap();
    let command = central_hub::command::Command::PutProducts { products: products.to_vec() };
    let actor = central_hub::system::actor("config");
    let id = central_hub::system::id(now(), "import");
    let put = central_hub::command::Envelope { id, actor, command };
    engine.apply(now(), vec![put]).unwrap().answers.remove(0).unwrap();
}

fn number(data: &Path, sql: &str) -> i64 {
    let conn = rusqlite::Connection::open(store_node::run::database(data)).unwrap();
    conn.query_row(sql, [], |r| r.get(0)).unwrap_or(-1)
}

fn price(data: &Path, n: usize) -> i64 {
    let sku = stage::product(n).unwrap().sku;
    number(data, &format!("SELECT price FROM sku WHERE sku = '{sku}'"))
}

async fn comes_to(data: &Path, what: &str, sql: &str, wanted: i64) {
    let end = tokio::time::Instant::now() + LIMIT;
    while number(data, sql) != wanted {
        assert!(tokio::time::Instant::now() < end, "{what}: {}, not {wanted}", number(data, sql));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn publication(n: i64) -> String {
    format!("SELECT publication = {n} FROM listing")
}

fn goods() -> Vec<Product> {
    let listed = |n| Product { brand: "Of the hub".to_owned(), ..stage::product(n).unwrap() };
    let mut all: Vec<Product> = (0..PRODUCTS).map(listed).collect();
    let sku = model::SkuId::new("NEW-0001").unwrap();
    all.push(Product { sku, name: "New at the hub".to_owned(), ..stage::product(1).unwrap() });
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_that_changes_while_the_line_is_cut_arrives_and_a_withdrawn_product_is_sold_no_more() {
    let mut hub = Hub::start(|authority, dir| papers(authority, "s1", &dir.join("papers"))).await;
    let (papers, data) = (hub.dir.path().join("papers"), tempfile::tempdir().unwrap());
    let data = data.path();
    stage::fill(&mut engine(data), now()).unwrap();
    let units = "SELECT sum(on_hand) + sum(reserved) + sum(blocked) FROM stock";
    let (before, rows) = (number(data, units), number(data, "SELECT count(*) FROM sku"));
    hub.restart(|config| import(config, &goods())).await;

    let (stop, task) = store(&hub, &papers, data);
    comes_to(data, "the first publication", &publication(1), 1).await;
    assert_eq!(number(data, "SELECT count(*) FROM sku WHERE brand = 'Of the hub'"), PRODUCTS as i64);
    assert_eq!(number(data, "SELECT count(*) FROM sku"), rows + 1, "the others are the store's own");
    assert_eq!(number(data, "SELECT count(*) FROM sku WHERE sku = 'NEW-0001' AND home_bin IS NOT NULL"), 1);
    stop.cancel();
    task.await.unwrap();
    assert_eq!(number(data, units), before, "no unit moved");

    // The line is cut. Both orders are promised at what things cost then.
    let (cheap, gone) = (sells(data, 1, CHEAPER).unwrap(), sells(data, 2, GONE).unwrap());
    let was = price(data, CHEAPER);
    let mut changed = goods();
    changed[CHEAPER].price = Paise::new(was - 100);
    changed[GONE].active = false;
    hub.restart(|config| import(config, &changed[..10])).await;
    hub.restart(|config| {
        changed[CHEAPER].price = Paise::new(was - 200);
        import(config, &changed[..10]);
    })
    .await;
    let (stop, task) = store(&hub, &papers, data);
    let sku = &changed[CHEAPER].sku;
    comes_to(data, "the new price", &format!("SELECT price FROM sku WHERE sku = '{sku}'"), was - 200).await;
    stop.cancel();
    task.await.unwrap();

    let refused = sells(data, 3, GONE);
    assert_eq!(refused, Err(Refusal::Withdrawn { sku: changed[GONE].sku.clone() }));
    sells(data, 4, CHEAPER).unwrap();
    let line = |order: OrderId, what: &str| {
        let conn = rusqlite::Connection::open(store_node::run::database(data)).unwrap();
        let sql = format!("SELECT {what} FROM order_line WHERE order_id = ?1");
        conn.query_row(&sql, [order.as_bytes().as_slice()], |r| r.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(line(cheap, "unit_price"), was, "what was agreed stands");
    assert_eq!((line(gone, "qty"), number(data, "SELECT count(*) FROM short")), (1, 0), "and is brought");
    let own =
        Command::ImportCatalogue { products: vec![stage::product(CHEAPER).unwrap()], opening: Vec::new() };
    assert!(matches!(does(data, 5, own), Err(Refusal::HubOwns { count: 1, .. })));
    assert_eq!(number(data, "SELECT count(*) FROM quarantine"), 0);

    both_show_the_same(&hub, data, &changed[CHEAPER]);
    let report = store_node::check::self_check(&store_node::run::database(data)).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
    hub.end().await;
}

/// What `sync inspect` prints of the catalogue, at both sides.
fn both_show_the_same(hub: &Hub, data: &Path, cheaper: &Product) {
    let id = model::StoreId::new("s1").unwrap();
    let theirs = central_hub::inspect::inspect(&hub.data(), &id, 1).unwrap();
    let mine = store_node::inspect::inspect(&store_node::run::database(data), 1).unwrap();
    let catalogue = |all: &sync::inspect::Inspection| {
        let of = |name: &str| name.starts_with("catalogue/");
        all.documents.iter().find(|document| of(&document.name)).cloned().unwrap()
    };
    let (theirs, mine) = (catalogue(&theirs), catalogue(&mine));
    assert_eq!((&mine.name, &mine.heads, &mine.entries), (&theirs.name, &theirs.heads, &theirs.entries));
    assert!(mine.entries["!"].contains(&format!("{} products", PRODUCTS + 1)), "{}", mine.entries["!"]);
    assert!(
        mine.entries[cheaper.sku.as_str()].contains(&format!("{} of", cheaper.price.get())),
        "{:?}",
        mine.entries[cheaper.sku.as_str()]
    );
}
