//! The hub comes back out of its backup: a new generation, whose rights the stores grant anew. What its older life sold after
//! the backup is learnt again from the store.

use super::world::{LIMIT, OPS, World, id, until};
use central_hub::command::{Command, Envelope};
use central_hub::config::HubConfig;
use central_hub::lock::Lock;
use central_hub::{backup, run, system};
use model::api::hub::{
    Address, AddressIn, Cart, CartLineIn, CheckoutRequest, ClosingVoices, InboxMessage, MeIn, OpsHubBackup,
    OpsSync, Order, OtpRequest, Payment, Point, RecoverAnswer, RecoverRequest, Recovered, Session,
    VerifyRequest,
};
use model::api::store::OrderDetail;
use model::order::Channel;
use model::order_doc::{HeadLine, OrderHead, SubstitutePreset};
use model::quota::{FIRST_EPOCH, FIRST_GENERATION, HubGeneration};
use model::{AddressId, OrderId, Paise, Qty, SkuId, StoreId};
use serde_json::Value;
use store_node::clock;
use tests::demo::web::{Site, WebError};
use tests::scorecard::order_commit::basket;
use tests::scorecard::stage::product;

/// Products that the hub knows.
const PRODUCTS: usize = 40;

pub fn put_catalogue(world: &World) {
    let config = HubConfig::load(&world.hub_config()).unwrap();
    let lock = Lock::take(&config.data_dir).unwrap();
    let mut engine = run::open(&config, &lock).unwrap();
    let products = (0..PRODUCTS).map(|n| product(n).unwrap()).collect();
    let (id, actor) = (system::id(clock::now(), "catalogue"), system::actor("config"));
    let put = Envelope { id, actor, command: Command::PutProducts { products } };
    engine.apply(clock::now(), vec![put]).unwrap().answers.remove(0).unwrap();
    engine.checkpoint().unwrap();
}

pub async fn log_in(world: &World, phone: &str, key: u128) -> Site {
    let hub = world.site();
    let ask = OtpRequest { phone: phone.to_owned() };
    hub.post::<Value>("/api/v1/auth/otp", id(key), &ask).await.unwrap();
    let inbox = format!("/api/v1/demo/inbox?phone={}", phone.replace('+', "%2B"));
    let text = hub.get::<Vec<InboxMessage>>(&inbox).await.unwrap().remove(0).text;
    let code = text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).unwrap().to_owned();
    let verify = VerifyRequest { phone: phone.to_owned(), code };
    let session: Session = hub.post("/api/v1/auth/verify", id(key + 1), &verify).await.unwrap();
    hub.with_session(&session.access)
}

pub async fn customer(world: &World, key: u128) -> (Site, AddressId) {
    let site = log_in(world, "+919810000001", key).await;
    site.put::<Value>("/api/v1/me", id(key + 2), &MeIn { name: "Kavya".to_owned() }).await.unwrap();
    let at = Point { lat: 12.9720, lon: 77.6413 };
    let address = AddressIn { text: "12 Main Road".to_owned(), at };
    let address: Address = site.post("/api/v1/me/addresses", id(key + 3), &address).await.unwrap();
    (site, address.id)
}

/// Two of a product, cash at the door; or the code of the refusal.
async fn shop((site, address): &(Site, AddressId), key: u128, n: usize) -> Result<Order, String> {
    let line = CartLineIn { qty: Qty::new(2).unwrap() };
    site.put::<Cart>(&format!("/api/v1/cart/lines/{}", basket::code(n)), id(key), &line).await.unwrap();
    let request =
        CheckoutRequest { address: *address, payment: Payment::Cod, preset: SubstitutePreset::Refund };
    match site.post("/api/v1/checkout", id(key + 1), &request).await {
        Ok(order) => Ok(order),
        Err(WebError::Refused(problem)) => Err(problem.code),
        Err(WebError::Broken(why)) => panic!("{why}"),
    }
}

/// Tries until the hub may sell it.
pub async fn shop_until(who: &(Site, AddressId), key: u128, n: usize) -> Order {
    let begun = std::time::Instant::now();
    for turn in 0.. {
        match shop(who, key + turn * 2, n).await {
            Ok(order) => return order,
            Err(code) => assert!(begun.elapsed() < LIMIT, "{code}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("never sold");
}

/// An order as the gateway's log has it.
async fn of_log(order: &Order, console: &Site) -> Recovered {
    let detail: OrderDetail = console.get(&format!("/api/v1/orders/{}", order.id)).await.unwrap();
    let line =
        HeadLine { sku: SkuId::new(basket::code(9)).unwrap(), qty: Qty::ONE, unit_price: Paise::new(1_000) };
    Recovered {
        order: order.id,
        store: StoreId::new("s1").unwrap(),
        epoch: FIRST_EPOCH,
        generation: FIRST_GENERATION,
        head: OrderHead {
            number: order.number.clone(),
            channel: Channel::Online,
            promise_at: detail.card.promise_at,
            first_name: String::new(),
            cod: Paise::ZERO,
            preset: SubstitutePreset::Refund,
            lines: vec![line],
        },
        placed_at: clock::now(),
        confirmed_at: clock::now(),
        customer: None,
        address: None,
        paid: true,
    }
}

/// An order that neither backup nor store has is brought back out of the gateway's log, once, by operations only.
async fn brings_back(
    (ops, customer, console): (&Site, &Site, &Site),
    like: &Order,
    generation: HubGeneration,
) {
    let mut gone = of_log(like, console).await;
    gone.order = OrderId::new(clock::now(), 4_711);
    gone.head.number = "9Z9".to_owned();
    let orders = vec![gone.clone()];
    let recover = "/api/v1/ops/orders/recover";
    let brought: RecoverAnswer =
        ops.post(recover, id(315), &RecoverRequest { orders: orders.clone() }).await.unwrap();
    assert_eq!(brought, RecoverAnswer { recovered: 1, known: 0 });
    let again: RecoverAnswer = ops.post(recover, id(316), &RecoverRequest { orders }).await.unwrap();
    assert_eq!(again, RecoverAnswer { recovered: 0, known: 1 });
    until::<Value>(ops, &format!("/api/v1/ops/orders/{}", gone.order), |_| true).await;
    until::<OrderDetail>(console, &format!("/api/v1/orders/{}", gone.order), |_| true).await;
    for (key, wrong) in [
        (
            317,
            Recovered {
                order: OrderId::new(clock::now(), 1),
                store: StoreId::new("s9").unwrap(),
                ..gone.clone()
            },
        ),
        (318, Recovered { order: OrderId::new(clock::now(), 2), generation, ..gone.clone() }),
    ] {
        let told = ops.post::<RecoverAnswer>(recover, id(key), &RecoverRequest { orders: vec![wrong] }).await;
        let Err(WebError::Refused(problem)) = told else { panic!("{told:?}") };
        assert_eq!(problem.code, "bad_input", "{problem:?}");
    }
    let nobody = customer.post::<RecoverAnswer>(recover, id(319), &RecoverRequest { orders: vec![] }).await;
    assert!(matches!(nobody, Err(WebError::Refused(problem)) if problem.code == "wrong_role"));
}

/// Files in the folder of the hub's own backups, oldest first.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Nobody thinks of it: the hub that `[backup]` names a folder to writes one as it starts and then by the clock, operations see
/// it, and the newest file makes a hub with the order in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_backs_itself_up_and_its_newest_file_makes_a_hub() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, house) = World::build(dir.path());
    put_catalogue(&world);
    let folder = dir.path().join("disk");
    let mut text = std::fs::read_to_string(world.hub_config()).unwrap();
    text += &format!("\n[backup]\nfolder = \"{}\"\nevery_min = 10\n", folder.display());
    std::fs::write(world.hub_config(), text).unwrap();
    let recovery = backup::enrol(&dir.path().join("hub")).unwrap();
    world.start_hub().await;
    // The disk is not mounted: the hub sells all the same, and says so.
    let ops = log_in(&world, OPS[0], 300).await;
    let failed = |now: &OpsSync| matches!(now.own_backup, OpsHubBackup::Failed { .. });
    let told = until::<OpsSync>(&ops, "/api/v1/ops/sync", failed).await.own_backup;
    assert!(format!("{told:?}").contains("mount its disk"), "{told:?}");
    world.stop_hub().await;
    std::fs::create_dir(&folder).unwrap();
    world.start_hub().await;
    let kept = |now: &OpsSync| matches!(now.own_backup, OpsHubBackup::Kept { files: 1, .. });
    until::<OpsSync>(&ops, "/api/v1/ops/sync", kept).await;

    let (proc, _) = house.start().await.unwrap();
    let who = customer(&world, 1).await;
    let order = shop_until(&who, 100, 3).await;
    // A file is named by the second.
    let placed = clock::now().plus_ms(-1_000);
    world.stop_hub().await;
    // A while ago, by the file's name: the next is due.
    let first = files(&folder).remove(0);
    std::fs::rename(&first, folder.join("hub-20260101T000000Z.larder")).unwrap();
    world.start_hub().await;
    let fresh =
        |now: &OpsSync| matches!(now.own_backup, OpsHubBackup::Kept { files: 1 | 2, at, .. } if at > placed);
    until::<OpsSync>(&ops, "/api/v1/ops/sync", fresh).await;
    world.hub.take().unwrap().kill().await.unwrap();

    let newest = files(&folder).pop().unwrap();
    world.write_hub("hub-new");
    let config = HubConfig::load(&world.hub_config()).unwrap();
    run::restore(&config, &newest, &recovery).unwrap();
    world.start_hub().await;
    assert_eq!(who.0.get::<Order>(&format!("/api/v1/orders/{}", order.id)).await.unwrap().id, order.id);
    let off = |now: &OpsSync| now.own_backup == OpsHubBackup::Off;
    until::<OpsSync>(&log_in(&world, OPS[0], 600).await, "/api/v1/ops/sync", off).await;
    assert!(proc.stop(LIMIT).await);
    world.stop_hub().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_out_of_its_backup_begins_a_new_generation_and_orders_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, house) = World::build(dir.path());
    put_catalogue(&world);
    let recovery = backup::enrol(&dir.path().join("hub")).unwrap();
    world.start_hub().await;
    let (proc, _) = house.start().await.unwrap();
    let console = house.manager().await.unwrap();
    let who = customer(&world, 1).await;
    let kept = shop_until(&who, 100, 3).await;
    let at_store = |order: &Order| format!("/api/v1/orders/{}", order.id);
    until::<OrderDetail>(&console, &at_store(&kept), |_| true).await;
    // While it sells.
    let stick = dir.path().join("hub.larder");
    backup::back_up(&dir.path().join("hub"), &stick, clock::now()).unwrap();
    let lost = shop_until(&who, 200, 4).await;
    until::<OrderDetail>(&console, &at_store(&lost), |_| true).await;
    world.hub.take().unwrap().kill().await.unwrap();

    world.write_hub("hub-new");
    let config = HubConfig::load(&world.hub_config()).unwrap();
    let (_, generation) = run::restore(&config, &stick, &recovery).unwrap();
    assert!(generation > FIRST_GENERATION.0);
    assert!(run::restore(&config, &stick, &recovery).is_err(), "a hub that is there is never touched");
    world.start_hub().await;
    let ops = log_in(&world, OPS[0], 300).await;
    let heard = |now: &OpsSync| now.generation.0 == generation && now.stores[0].rights_units > 0;
    let sync = until::<OpsSync>(&ops, "/api/v1/ops/sync", heard).await;
    let blocked: Vec<u32> = sync.stores[0].blocked.iter().map(|b| b.generation.0).collect();
    assert_eq!(blocked, [FIRST_GENERATION.0], "the older life's rights are shown, and nobody sells them");
    // The customer's session and the order that was in the backup are there; orders go on.
    assert_eq!(who.0.get::<Order>(&format!("/api/v1/orders/{}", kept.id)).await.unwrap().id, kept.id);
    let after = shop_until(&who, 400, 5).await;
    let seen = until::<OrderDetail>(&console, &at_store(&after), |_| true).await;
    assert_eq!(seen.card.order, after.id);
    // What was sold after the backup is still the store's, and its story comes back to the hub.
    until::<OrderDetail>(&console, &at_store(&lost), |_| true).await;
    until::<Value>(&ops, &format!("/api/v1/ops/orders/{}", lost.id), |_| true).await;
    brings_back((&ops, &who.0, &console), &lost, sync.generation).await;
    // Two people have looked at the gateway's log: the older life's rights are freed. One alone is not enough.
    let other = log_in(&world, OPS[1], 310).await;
    let upto = sync.closing.unwrap().upto;
    assert!(upto >= FIRST_GENERATION && upto < sync.generation);
    let close = format!("/api/v1/ops/generations/{}/close", upto.0);
    for (key, site, voices) in [(320, &ops, 1), (321, &ops, 1), (322, &other, 2)] {
        let before: OpsSync = ops.get("/api/v1/ops/sync").await.unwrap();
        assert_eq!(before.stores[0].blocked.len(), 1);
        let closing = before.closing.unwrap();
        assert_eq!((closing.voices, closing.said), (u32::from(key > 320), key > 320));
        let said: ClosingVoices = site.post(&close, id(key), &()).await.unwrap();
        assert_eq!(said, ClosingVoices { voices, needed: 2 });
    }
    let done = |now: &OpsSync| now.stores[0].blocked.is_empty() && now.closing.is_none();
    until::<OpsSync>(&ops, "/api/v1/ops/sync", done).await;
    shop_until(&who, 500, 6).await;
    assert!(proc.stop(LIMIT).await);
    world.stop_hub().await;
}
