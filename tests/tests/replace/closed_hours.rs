//! Closed hours that the hub lacks go to it by HTTPS PUT, by certificate: a transfer that breaks off in its middle goes on with
//! the hour that broke, a repeat changes nothing, and what is not what it says, or is said in another store's name, is
//! refused and set aside with its reason.

use super::certified::{certified, papers};
use super::world::{LIMIT, World, enrol, to_stick, until};
use device_drivers::agent::ClientTls;
use model::api::store::Link;
use model::order::{Channel, Owner};
use model::{Problem, StoreId};
use reqwest::{Method, StatusCode};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use store_node::backup::program::Place;
use store_node::clock;
use store_node::engine::Engine;
use store_node::line::{HubLine, Reply};
use sync::batch::MAX_BATCH;
use sync::doc::{ClosedBlob, DocActor, DocKey, Document};
use tests::scorecard::served::House;
use tests::scorecard::sync_bytes::life::{self, Goods, Life};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Upward bytes after which a connection is cut: more than any batch of the ledger, less than the large hour.
const CUT_AT: usize = MAX_BATCH + 16 * 1024;
/// Orders of the hour that is cut.
const LARGE: usize = 900;

/// A line that breaks once, in the middle of the first connection that carries so much; the store's session goes on, where the
/// line lets one through.
struct Breaking {
    address: SocketAddr,
    broken: Arc<AtomicBool>,
}

/// What a line does with a connection that is to become a WebSocket.
#[derive(Clone, Copy)]
enum Sockets {
    Pass,
    /// As a proxy does that knows plain HTTP only.
    End,
}

impl Breaking {
    async fn lay(target: SocketAddr, sockets: Sockets) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let broken = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&broken);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(target).await else { continue };
                tokio::spawn(carry(near, far, Arc::clone(&told), sockets));
            }
        });
        Self { address, broken }
    }
}

async fn carry(near: TcpStream, far: TcpStream, broken: Arc<AtomicBool>, sockets: Sockets) {
    let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.into_split(), far.into_split());
    let up = async {
        let (mut piece, mut carried) = ([0; 4_096], 0);
        while let Ok(size @ 1..) = near_in.read(&mut piece).await {
            carried += size;
            let head = String::from_utf8_lossy(&piece[..size]).to_ascii_lowercase();
            match sockets {
                Sockets::End if head.contains("upgrade: websocket") => return,
                Sockets::End | Sockets::Pass => {}
            }
            if carried > CUT_AT && !broken.swap(true, Ordering::SeqCst) {
                return;
            }
            if far_out.write_all(&piece[..size]).await.is_err() {
                return;
            }
        }
    };
    let down = async { drop(tokio::io::copy(&mut far_in, &mut near_out).await) };
    tokio::select! { () = up => {}, () = down => {} }
}

/// An hour of large counter orders as both sides have ended it.
fn hour_of(hour: i64, orders: usize) -> ClosedBlob {
    hour_with(hour, orders, 40)
}

fn hour_with(hour: i64, orders: usize, lines: usize) -> ClosedBlob {
    let store = StoreId::new("s1").unwrap();
    let [mut mine, mut theirs] = [Owner::Store, Owner::Hub].map(|side| {
        let actor = DocActor { side, store: store.clone(), boot: 1 };
        Document::new(DocKey::Orders { hour }.of(&store), &actor).unwrap()
    });
    let life = Life { goods: &Goods::made(), lines, channel: Channel::Counter, riders: false };
    for event in life::hours(&life, &[(hour, orders)]).unwrap() {
        for fact in &event.facts {
            mine.put_fact(fact).unwrap();
        }
    }
    mine.put_mark().unwrap();
    theirs.put_mark().unwrap();
    theirs.apply_change(&mine.commit().unwrap().unwrap()).unwrap();
    mine.apply_change(&theirs.commit().unwrap().unwrap()).unwrap();
    assert!(mine.is_complete().unwrap());
    assert_eq!(mine.close().unwrap().sha256, theirs.close().unwrap().sha256);
    mine.close().unwrap()
}

/// The store has these hours, and nobody else.
fn put_hours(house: &House, hours: &[(i64, &ClosedBlob)]) {
    let setup = store_node::manifest::setup(&firmware_config::load(&house.config).unwrap()).unwrap();
    let mut engine = Engine::open(&store_node::run::database(&house.dir), setup, clock::now()).unwrap();
    for (hour, blob) in hours {
        let id = DocKey::Orders { hour: *hour }.of(&StoreId::new("s1").unwrap());
        engine.take_closed(clock::now(), &blob.entry(&id), blob.bytes.clone()).unwrap().unwrap();
    }
    engine.close().unwrap();
}

fn database(hub: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(hub.join("hub/hub.db")).unwrap()
}

/// The hours that the hub has, in the order in which they came.
fn hours_at(hub: &Path) -> Vec<(String, Vec<u8>)> {
    let conn = database(hub);
    let mut rows = conn.prepare("SELECT doc, bytes FROM doc_closed ORDER BY n").unwrap();
    rows.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap).collect()
}

/// The reasons for what was set aside, oldest first, with their stores.
fn aside(hub: &Path) -> Vec<(String, String)> {
    let conn = database(hub);
    let mut rows = conn.prepare("SELECT store, why FROM quarantine ORDER BY id").unwrap();
    rows.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap).collect()
}

async fn comes_true(what: &str, limit: Duration, mut wanted: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !wanted() {
        assert!(begun.elapsed() < limit, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn hex(sha256: &[u8; 32]) -> String {
    sha256.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn put(line: &HubLine, hour: i64, sha256: &[u8; 32], bytes: &[u8]) -> Reply {
    let path = format!("/sync/v1/hours/{hour}?sha256={}", hex(sha256));
    line.call(Method::PUT, &path, bytes.to_vec()).await.unwrap()
}

/// The hub's refusal by its stable word.
fn code(reply: &Reply) -> String {
    assert!(!reply.status.is_success(), "{reply:?}");
    serde_json::from_slice::<Problem>(&reply.body).unwrap().code
}

/// The store's line with other papers, or in another name.
fn line_of(house: &House, folder: Option<&PathBuf>, says: Option<&str>) -> HubLine {
    let line = HubLine::of(&firmware_config::load(&house.config).unwrap()).unwrap();
    let tls = folder.map(|folder| {
        let [ca, cert, key] = ["ca.crt", "store.crt", "store.key"].map(|name| folder.join(name));
        ClientTls::read(&ca, &cert, &key).unwrap()
    });
    HubLine { store: says.map(|name| StoreId::new(name).unwrap()), tls: tls.or(line.tls), ..line }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_hour_that_is_cut_in_its_middle_goes_on_and_what_is_forged_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, house, authority) = certified(dir.path());
    papers(&authority, "s1", &dir.path().join("papers"));
    let neighbour = papers(&authority, "s2", &dir.path().join("neighbour"));
    let sync = world.sync.unwrap();
    let line = Breaking::lay(sync, Sockets::Pass).await;
    let text = std::fs::read_to_string(&house.config).unwrap();
    std::fs::write(&house.config, text.replace(&sync.to_string(), &line.address.to_string())).unwrap();
    let last = clock::now().hour() - 4;
    let blobs =
        [(last - 2, hour_of(last - 2, 20)), (last - 1, hour_of(last - 1, LARGE)), (last, hour_of(last, 30))];
    assert!(blobs[1].1.bytes.len() > CUT_AT + CUT_AT / 4, "{} bytes", blobs[1].1.bytes.len());
    let named = |n: usize| (format!("orders/s1/{}", blobs[n].0), blobs[n].1.bytes.clone());
    put_hours(&house, &blobs.each_ref().map(|(hour, blob)| (*hour, blob)));

    // Cut in the middle of the second hour: the first is there, nothing of the second, and the third waits for its turn.
    world.start_hub().await;
    let (proc, _) = house.start().await.unwrap();
    let console = house.manager().await.unwrap();
    comes_true("the line breaks", LIMIT, || line.broken.load(Ordering::SeqCst)).await;
    assert_eq!(hours_at(&world.dir), [named(0)]);
    // The session did not even notice; the transfer goes on with the hour that broke.
    until::<Link>(&console, "/api/v1/link", |now| now.online).await;
    comes_true("all hours are at the hub", LIMIT, || hours_at(&world.dir).len() == 3).await;
    assert_eq!(hours_at(&world.dir), [named(0), named(1), named(2)], "the first did not go again");
    assert_eq!(aside(&world.dir), []);
    assert!(proc.stop(LIMIT).await);

    // Repeated: nothing changes, and what is there can be read back.
    let mine = line_of(&house, None, Some("s1"));
    let (hour, large) = &blobs[1];
    assert_eq!(put(&mine, *hour, &large.sha256, &large.bytes).await.status, StatusCode::NO_CONTENT);
    let back = mine.call(Method::GET, &format!("/sync/v1/hours/{hour}"), Vec::new()).await.unwrap();
    assert_eq!((back.status, &back.body[..]), (StatusCode::OK, &large.bytes[..]));

    // Not what it says, torn, or another content for an hour that is here.
    let other = hour_of(last + 1, 10);
    assert_eq!(code(&put(&mine, last + 1, &large.sha256, &other.bytes).await), "hour_unreadable");
    assert_eq!(code(&put(&mine, last + 1, &other.sha256, &other.bytes[..99]).await), "hour_unreadable");
    let differs = hour_of(*hour, 11);
    for _ in 0..2 {
        assert_eq!(code(&put(&mine, *hour, &differs.sha256, &differs.bytes).await), "hour_differs");
    }
    // In another store's name, and with another store's papers: that one's shelf gets it, never ours.
    let claims = line_of(&house, None, Some("s2"));
    assert_eq!(code(&put(&claims, last + 1, &other.sha256, &other.bytes).await), "other_certificate");
    let theirs = line_of(&house, Some(&neighbour), None);
    let read = theirs.call(Method::GET, &format!("/sync/v1/hours/{hour}"), Vec::new()).await.unwrap();
    assert_eq!(read.status, StatusCode::NOT_FOUND, "nobody reads another store's hours");
    assert_eq!(put(&theirs, *hour, &differs.sha256, &differs.bytes).await.status, StatusCode::NO_CONTENT);
    let mut all = vec![named(0), named(1), named(2)];
    all.push((format!("orders/s2/{hour}"), differs.bytes.clone()));
    assert_eq!(hours_at(&world.dir), all);

    let aside = aside(&world.dir);
    let words = [
        "is not what its manifest says",
        "poisoned",
        "with another content",
        "its certificate is that of s1",
    ];
    assert_eq!(aside.len(), words.len(), "each once: {aside:?}");
    for ((store, why), word) in aside.iter().zip(words) {
        assert!(store == "s1" && why.contains(word), "{store}: {why}, not {word}");
    }
    world.stop_hub().await;
}

/// A network that lets HTTP through and no WebSocket: there is never a session, the hours arrive, and one that is cut in its
/// middle goes on. A machine whose epoch is over is refused there too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_hours_arrive_where_no_websocket_passes_and_a_replaced_machine_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, house) = World::build(dir.path());
    let line = Breaking::lay(world.hub_address, Sockets::End).await;
    let text = std::fs::read_to_string(&house.config).unwrap();
    let address = world.hub_address.to_string();
    std::fs::write(&house.config, text.replace(&address, &line.address.to_string())).unwrap();
    let last = clock::now().hour() - 4;
    let blobs =
        [(last - 2, hour_of(last - 2, 20)), (last - 1, hour_of(last - 1, LARGE)), (last, hour_of(last, 30))];
    put_hours(&house, &blobs.each_ref().map(|(hour, blob)| (*hour, blob)));
    world.start_hub().await;
    let (proc, _) = house.start().await.unwrap();
    let console = house.manager().await.unwrap();
    comes_true("all hours are at the hub", LIMIT * 2, || hours_at(&world.dir).len() == 3).await;
    assert!(line.broken.load(Ordering::SeqCst), "the large one was cut");
    let named = blobs.each_ref().map(|(hour, blob)| (format!("orders/s1/{hour}"), blob.bytes.clone()));
    assert_eq!(hours_at(&world.dir), named, "the first did not go again");
    let link: Link = console.get("/api/v1/link").await.unwrap();
    assert!(!link.online, "no session came about");
    assert!(proc.stop(LIMIT).await);

    let mine = line_of(&house, None, Some("s1"));
    let other = hour_of(last - 3, 10);
    let put_in = async |epoch: u32| {
        let path = format!("/sync/v1/hours/{}?sha256={}&epoch={epoch}", last - 3, hex(&other.sha256));
        mine.call(Method::PUT, &path, other.bytes.clone()).await.unwrap()
    };
    assert_eq!(code(&put_in(7).await), "superseded");
    assert_eq!(hours_at(&world.dir), named);
    assert_eq!(put_in(1).await.status, StatusCode::NO_CONTENT);
    assert_eq!(hours_at(&world.dir).len(), 4);
    assert_eq!(aside(&world.dir), []);
    world.stop_hub().await;
}

/// More hours than one page of the lists: all of them reach the hub, and come back to a machine that becomes the store, with
/// the orders in them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_machine_gets_the_closed_hours_back_with_their_orders() {
    const HOURS: i64 = 60;
    let dir = tempfile::tempdir().unwrap();
    let (mut world, house) = World::build(dir.path());
    let recovery = enrol(&house);
    let last = clock::now().hour() - 4;
    let blobs: Vec<(i64, ClosedBlob)> = (0..HOURS).map(|n| (last - n, hour_with(last - n, 1, 1))).collect();
    put_hours(&house, &blobs.iter().map(|(hour, blob)| (*hour, blob)).collect::<Vec<_>>());
    world.start_hub().await;
    let (proc, _) = house.start().await.unwrap();
    comes_true("all hours are at the hub", LIMIT, || hours_at(&world.dir).len() == blobs.len()).await;
    let stick = dir.path().join("stick.larder");
    to_stick(&house, &stick).await;
    proc.kill().await.unwrap();

    let (new, _) = world.replace(&house, "new", (Place::File(stick), None), &recovery).await.unwrap();
    let rows = |table: &str| -> i64 {
        let conn = rusqlite::Connection::open(store_node::run::database(&new.dir)).unwrap();
        conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((rows("doc_closed"), rows("orders")), (0, 0), "a backup has what is needed to sell");
    let (proc, _) = new.start().await.unwrap();
    comes_true("all hours are back", LIMIT, || rows("doc_closed") == HOURS).await;
    assert_eq!(rows("orders"), HOURS);
    assert_eq!(rows("quarantine"), 0);
    assert!(proc.stop(LIMIT).await);
    world.stop_hub().await;
}
