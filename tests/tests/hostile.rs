//! Hostile stores against a real hub over a real socket, one story a kind of attack: it is refused before anything of it
//! is applied, lies in quarantine with its reason, and what is right goes on, on the same connection where there is one.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail the test")]

#[path = "hostile/claims.rs"]
mod claims;
#[path = "hostile/repairs.rs"]
mod repairs;

use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, ObjId, ROOT, ReadDoc, ScalarValue};
use central_hub::config::HubConfig;
use central_hub::db::Quotas;
use central_hub::db::quotas::QuotaKey;
use central_hub::db::sqlite::Sqlite;
use futures_util::{SinkExt, StreamExt};
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use model::{OrderId, Problem, SkuId, StoreId, Timestamp};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::time::Duration;
use sync::doc::{DocActor, DocKey, Document};
use sync::lane::{LANES, Lane, LaneSeq};
use sync::wire::{self, Batch, BatchItem, CloseReason, Connection, Frame, Hello, LaneMark};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

const TOKEN: &str = "0123456789abcdef";
const QUOTA: DocKey = DocKey::Quota { epoch: StoreEpoch(1), generation: HubGeneration(1) };
const ORDERS: DocKey = DocKey::Orders { hour: 495_312 };
const PATIENCE: Duration = Duration::from_secs(20);

fn store(id: &str) -> StoreId {
    StoreId::new(id).unwrap()
}

fn sku(code: &str) -> SkuId {
    SkuId::new(code).unwrap()
}

fn lane(seq: u64) -> LaneSeq {
    LaneSeq { lane: Lane::Orders, seq }
}

/// A hub with two stores in a folder of its own.
struct Hub {
    _dir: tempfile::TempDir,
    url: String,
    data: PathBuf,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Hub {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut text = format!("profile = \"demo\"\nlisten = \"127.0.0.1:{port}\"\ndata_dir = \"data\"\n");
        for (id, token) in [("s1", TOKEN), ("s2", "fedcba9876543210")] {
            text += &format!(
                "[[stores]]\nid = \"{id}\"\nname = \"{id}\"\nlat = 12.9\nlon = 77.6\ntoken = \"{token}\"\n"
            );
        }
        std::fs::write(dir.path().join("hub.toml"), text).unwrap();
        let config = HubConfig::load(&dir.path().join("hub.toml")).unwrap();
        let (data, stop) = (config.data_dir.join("hub.db"), CancellationToken::new());
        let until = stop.clone();
        let task = tokio::spawn(async move { central_hub::run::run(config, until).await.unwrap() });
        Self { _dir: dir, url: format!("ws://127.0.0.1:{port}/sync/v1/connect"), data, stop, task }
    }

    /// What lies in quarantine: store, document, reason.
    fn quarantine(&self) -> Vec<(String, String, String)> {
        let conn = rusqlite::Connection::open(&self.data).unwrap();
        let mut rows = conn.prepare("SELECT store, doc, why FROM quarantine ORDER BY id").unwrap();
        let rows = rows.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Waits until a reason with this word lies there.
    async fn quarantined(&self, word: &str) -> (String, String, String) {
        for _ in 0..400 {
            if let Some(row) = self.quarantine().into_iter().find(|row| row.2.contains(word)) {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("nothing in quarantine says {word:?}: {:?}", self.quarantine());
    }

    fn granted(&self, code: &str) -> u64 {
        let data = Sqlite::open_reader(&self.data).unwrap();
        let key = QuotaKey { store: store("s1"), epoch: StoreEpoch(1), generation: HubGeneration(1) };
        data.rights(&key, &sku(code)).unwrap().granted_seen()
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// Somebody with the token of s1, who speaks the protocol by hand.
struct Rogue {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    honest: Document,
    next: u64,
}

impl Rogue {
    /// Connects and shakes hands. `boot` must be new for each connection.
    async fn connect(hub: &Hub, boot: u32) -> Self {
        let mut this = Self::dial(hub, boot).await;
        let mine = Connection { boot, attempt: 1 };
        this.send(&hello("s1", mine, None)).await;
        loop {
            if let Frame::Hello(theirs) = this.hear().await.expect("the hub ended the connection") {
                this.next = theirs.lanes[0].received + 1;
                this.send(&hello("s1", mine, Some(theirs.connection))).await;
                if theirs.heard == Some(mine) {
                    return this;
                }
            }
        }
    }

    async fn dial(hub: &Hub, boot: u32) -> Self {
        Self::dial_with(hub, boot, &[]).await.expect("the hub does not let it in")
    }

    /// Dials with these headers; what the hub says where it does not let it in.
    async fn dial_with(hub: &Hub, boot: u32, headers: &[(&'static str, String)]) -> Result<Self, Problem> {
        let actor = DocActor { side: Owner::Store, store: store("s1"), boot };
        let honest = Document::new(QUOTA.of(&store("s1")), &actor).unwrap();
        for _ in 0..400 {
            let mut request = hub.url.as_str().into_client_request().unwrap();
            request.headers_mut().insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
            for (name, value) in headers {
                request.headers_mut().insert(*name, value.parse().unwrap());
            }
            match tokio_tungstenite::connect_async(request).await {
                Ok((socket, _)) => return Ok(Self { socket, honest, next: 1 }),
                Err(Error::Http(answer)) => {
                    let body = answer.body().as_deref().unwrap_or_default();
                    return Err(serde_json::from_slice(body).expect("no problem"));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(25)).await,
            }
        }
        panic!("the hub does not listen");
    }

    async fn send(&mut self, frame: &Frame) {
        self.raw(wire::encode(frame).unwrap()).await;
    }

    async fn raw(&mut self, bytes: Vec<u8>) {
        let _ = self.socket.send(Message::Binary(bytes.into())).await;
    }

    /// The next frame; none when the connection is over.
    async fn hear(&mut self) -> Option<Frame> {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("the hub is silent")? {
                Ok(Message::Binary(bytes)) => return Some(wire::decode(&bytes).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Sends a record in its turn; returns when the hub has dealt with it.
    async fn record(&mut self, doc: DocKey, change: Vec<u8>) {
        let at = lane(self.next);
        self.next += 1;
        self.send(&Frame::Change { at, doc, change, seal: None }).await;
        loop {
            if let Frame::Ack { upto, .. } = self.hear().await.expect("the hub ended the connection")
                && upto.lane == at.lane
                && upto.seq >= at.seq
            {
                return;
            }
        }
    }

    /// What is right still goes on, on this very connection.
    async fn is_still_heard(&mut self, hub: &Hub, code: &str) {
        self.honest.set_granted(&sku(code), 7).unwrap();
        let change = self.honest.commit().unwrap().unwrap();
        self.record(QUOTA, change).await;
        assert_eq!(hub.granted(code), 7);
    }

    /// Waits until the hub ends the connection; gives what it said.
    async fn ended(&mut self) -> Option<CloseReason> {
        let mut said = None;
        while let Some(frame) = self.hear().await {
            if let Frame::Bye { reason } = frame {
                said = Some(reason);
            }
        }
        said
    }
}

fn hello(id: &str, connection: Connection, heard: Option<Connection>) -> Frame {
    let far = LaneMark { received: 0, sent: 1 << 40, skipped: 0 };
    Frame::Hello(Hello {
        oldest: 1,
        newest: wire::VERSION,
        store: store(id),
        side: Owner::Store,
        epoch: StoreEpoch(1),
        generation: HubGeneration(1),
        connection,
        heard,
        settled: heard.is_some(),
        lanes: vec![far; LANES],
        heads: vec![],
    })
}

/// A change of a document as its own writer would make it.
fn change(doc: DocKey, actor: &DocActor, write: impl FnOnce(&mut Document)) -> Vec<u8> {
    let mut document = Document::new(doc.of(&actor.store), actor).unwrap();
    write(&mut document);
    document.commit().unwrap().unwrap()
}

/// A whole document in which a store's code wrote what it never would: the chunk is made by hand.
fn forged(doc: DocKey, boot: u16, write: impl FnOnce(&mut Automerge)) -> Vec<u8> {
    let actor = DocActor { side: Owner::Store, store: store("s1"), boot: 900 };
    let whole = Document::new(doc.of(&store("s1")), &actor).unwrap().save_full().unwrap();
    let begin = 1 + whole[1..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    let mut am = Automerge::load(&zstd::bulk::decompress(&whole[begin..], 1 << 20).unwrap()).unwrap();
    let mut id = vec![b's'];
    id.extend(&Sha256::digest(b"s1")[..4]);
    id.extend(boot.to_be_bytes());
    am.set_actor(ActorId::from(id));
    write(&mut am);
    let packed = zstd::bulk::compress(&am.save_nocompress(), 3).unwrap();
    let mut chunk = vec![2];
    let mut len = packed.len();
    while len > 127 {
        chunk.push((len & 127) as u8 | 128);
        len >>= 7;
    }
    chunk.push(len as u8);
    chunk.extend(packed);
    chunk
}

fn map(am: &Automerge, name: &str) -> ObjId {
    am.get(ROOT, name).unwrap().unwrap().1
}

fn grant_of(code: &'static str, boot: u16, value: ScalarValue) -> Vec<u8> {
    let shard = format!("{:02x}", Sha256::digest(code.as_bytes())[0] % 64);
    forged(QUOTA, boot, |am| {
        let map = map(am, &shard);
        let mut tx = am.transaction();
        tx.put(&map, format!("g{code}"), value).unwrap();
        tx.commit();
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_under_the_hubs_own_actor_is_refused_before_it_is_applied() {
    let hub = Hub::start().await;
    let mut rogue = Rogue::connect(&hub, 1).await;
    let forger = DocActor { side: Owner::Hub, store: store("s1"), boot: 1 };
    let bytes = change(QUOTA, &forger, |doc| assert!(doc.set_returned(&sku("SALT"), 9).unwrap()));
    rogue.record(QUOTA, bytes).await;
    let (who, doc, why) = hub.quarantined("stranger").await;
    assert_eq!((who.as_str(), doc.as_str()), ("s1", "quota/s1/1/1"), "{why}");
    rogue.is_still_heard(&hub, "SALT").await;
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalogue_that_a_store_writes_is_refused_whoever_it_says_has_written_it() {
    let hub = Hub::start().await;
    let mut rogue = Rogue::connect(&hub, 1).await;
    let doc = DocKey::Catalogue { generation: HubGeneration(1), edition: 1 };
    for (side, boot) in [(Owner::Hub, 1), (Owner::Hub, 4_000_000_000)] {
        let mut document = Document::new_as(doc.of(&store("s1")), side, boot).unwrap();
        let part = model::catalogue_doc::CataloguePart {
            generation: HubGeneration(1),
            edition: 1,
            publication: 1 << 40,
            part: 1,
            at: model::Timestamp::from_ms(0),
            products: vec![],
            named: 0,
            whole: true,
        };
        assert!(document.put_catalogue(&part).unwrap());
        rogue.record(doc, document.commit().unwrap().unwrap()).await;
    }
    let (who, name, why) = hub.quarantined("may not write the catalogue").await;
    assert_eq!((who.as_str(), name.as_str()), ("s1", "catalogue/1/1"), "{why}");
    assert_eq!(hub.quarantine().len(), 2);
    rogue.is_still_heard(&hub, "SALT").await;
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_stores_path_is_refused_in_the_hello_and_in_a_record() {
    let hub = Hub::start().await;
    let mut rogue = Rogue::dial(&hub, 1).await;
    rogue.send(&hello("s2", Connection { boot: 1, attempt: 1 }, None)).await;
    assert_eq!(rogue.ended().await, Some(CloseReason::WrongStore));
    let mut rogue = Rogue::connect(&hub, 2).await;
    let neighbour = DocActor { side: Owner::Store, store: store("s2"), boot: 1 };
    let mut document = Document::new(QUOTA.of(&store("s2")), &neighbour).unwrap();
    document.set_granted(&sku("SALT"), 99).unwrap();
    document.commit().unwrap();
    rogue.record(QUOTA, document.save_full().unwrap()).await;
    hub.quarantined("stranger").await;
    rogue.is_still_heard(&hub, "SALT").await;
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_before_changes_nothing_and_a_number_used_twice_is_named() {
    let hub = Hub::start().await;
    let mut rogue = Rogue::connect(&hub, 1).await;
    let actor = DocActor { side: Owner::Store, store: store("s1"), boot: 50 };
    let once = |code: &'static str, n| {
        change(QUOTA, &actor, move |doc| assert!(doc.set_granted(&sku(code), n).unwrap()))
    };
    rogue.record(QUOTA, once("SALT", 5)).await;
    // The same record under a new number, as a recording that is played again would bring it.
    rogue.record(QUOTA, once("SALT", 5)).await;
    assert_eq!((hub.granted("SALT"), hub.quarantine().len()), (5, 0));
    // And a restored device that says something else under a number it has used.
    rogue.record(QUOTA, once("SALT", 6)).await;
    hub.quarantined("twice").await;
    assert_eq!(hub.granted("SALT"), 5);
    rogue.is_still_heard(&hub, "ATTA").await;
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn truncated_frames_and_changes_are_named_and_the_whole_ones_still_come() {
    let hub = Hub::start().await;
    let mut rogue = Rogue::connect(&hub, 1).await;
    let actor = DocActor { side: Owner::Store, store: store("s1"), boot: 60 };
    let mut whole = change(QUOTA, &actor, |doc| assert!(doc.set_granted(&sku("SALT"), 5).unwrap()));
    let mut frame =
        wire::encode(&Frame::Change { at: lane(1), doc: QUOTA, change: whole.clone(), seal: None }).unwrap();
    frame.truncate(frame.len() / 2);
    rogue.raw(frame).await;
    let (_, doc, _) = hub.quarantined("does not decode").await;
    assert_eq!(doc, "", "a frame belongs to no document");
    whole.truncate(whole.len() - 3);
    rogue.record(QUOTA, whole).await;
    hub.quarantined("cut short").await;
    rogue.is_still_heard(&hub, "ATTA").await;
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bombs_are_not_unpacked() {
    let hub = Hub::start().await;
    let mut rogue = Rogue::connect(&hub, 1).await;
    // A batch that claims to be small.
    let items = [BatchItem { doc: QUOTA, change: vec![0; 10] }];
    let batch = wire::encode(&Frame::Batch(Batch::pack(lane(1), &items).unwrap())).unwrap();
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 3).unwrap();
    let mut bytes = batch[..3].to_vec();
    let mut len = bomb.len();
    while len > 127 {
        bytes.push((len & 127) as u8 | 128);
        len >>= 7;
    }
    bytes.push(len as u8);
    bytes.extend(bomb);
    rogue.raw(bytes).await;
    hub.quarantined("does not unpack").await;
    // And a whole document.
    let packed = zstd::bulk::compress(&vec![0; 65 << 20], 3).unwrap();
    let mut chunk = vec![2];
    let mut len = packed.len();
    while len > 127 {
        chunk.push((len & 127) as u8 | 128);
        len >>= 7;
    }
    chunk.push(len as u8);
    chunk.extend(packed);
    rogue.record(ORDERS, chunk).await;
    hub.quarantined("over 64 MB").await;
    rogue.is_still_heard(&hub, "SALT").await;
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_of_10_mb_ends_its_connection_and_the_next_one_is_served() {
    let hub = Hub::start().await;
    let mut rogue = Rogue::connect(&hub, 1).await;
    rogue.raw(vec![wire::VERSION; 10 << 20]).await;
    rogue.ended().await;
    let (who, _, _) = hub.quarantined("connection was ended").await;
    assert_eq!(who, "s1");
    Rogue::connect(&hub, 2).await.is_still_heard(&hub, "SALT").await;
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_versions_and_endless_rubbish_end_their_connection_with_a_reason() {
    let hub = Hub::start().await;
    let mut rogue = Rogue::connect(&hub, 1).await;
    rogue.raw(vec![77, 1, 2, 3]).await;
    assert_eq!(rogue.ended().await, Some(CloseReason::NoCommonVersion));
    hub.quarantined("version 77").await;
    let mut rogue = Rogue::connect(&hub, 2).await;
    for n in 0..40 {
        rogue.raw(vec![wire::VERSION, 1, n]).await;
    }
    assert_eq!(rogue.ended().await, Some(CloseReason::Refused { count: 16 }));
    assert!(hub.quarantine().len() <= 20, "a shelf, not the disk");
    Rogue::connect(&hub, 3).await.is_still_heard(&hub, "SALT").await;
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_that_cannot_be_are_poison_for_their_product_alone() {
    let hub = Hub::start().await;
    let mut rogue = Rogue::connect(&hub, 1).await;
    let bad = [
        ("NEGATIVE", ScalarValue::Int(-5)),
        ("TOO-MANY", ScalarValue::Uint(u64::MAX)),
        ("SUMS-UP", ScalarValue::Uint(i64::MAX as u64)),
        ("NO-COUNT", ScalarValue::Str("many".into())),
    ];
    for (boot, (code, value)) in (900..).zip(bad) {
        rogue.record(QUOTA, grant_of(code, boot, value)).await;
        assert_eq!(hub.granted(code), 0, "{code}");
    }
    hub.quarantined("NEGATIVE").await;
    assert_eq!(hub.quarantine().len(), 4);
    rogue.is_still_heard(&hub, "SALT").await;
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn states_nobody_knows_and_places_that_are_none_are_named() {
    let hub = Hub::start().await;
    let mut rogue = Rogue::connect(&hub, 1).await;
    let order = OrderId::new(Timestamp::from_ms(495_312 * 3_600_000), 1);
    let bytes = forged(ORDERS, 900, |am| {
        let root = map(am, "o");
        let mut tx = am.transaction();
        tx.put(&root, "no order at all", 1).unwrap();
        tx.commit();
    });
    rogue.record(ORDERS, bytes).await;
    hub.quarantined("no known place").await;
    // An online order that the hub never made.
    let actor = DocActor { side: Owner::Store, store: store("s1"), boot: 70 };
    let mut document = Document::new(ORDERS.of(&store("s1")), &actor).unwrap();
    assert!(document.put_moment(&order, model::Moment::Packed, Timestamp::from_ms(1)).is_err());
    rogue.is_still_heard(&hub, "SALT").await;
    hub.end().await;
}
