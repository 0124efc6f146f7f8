//! A store's session over a real WebSocket that is cut again and again: every record of the store arrives once, every order
//! of the hub travels, a stranger and a wrong store get nothing.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use central_hub::config::HubConfig;
use central_hub::db::quotas::QuotaKey;
use central_hub::db::sqlite::Sqlite;
use central_hub::db::{Quotas, Stores};
use central_hub::{clock, run};
use futures_util::{SinkExt, StreamExt};
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use model::{SkuId, StoreId};
use std::path::Path;
use std::time::Duration;
use sync::doc::{DocActor, DocId, DocKey, Document};
use sync::lane::{Lane, LaneState};
use sync::peer::{Input, Limits, Opening, OutRecord, Output, Peer, PeerConfig};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};
use tokio_util::sync::CancellationToken;

const TOKEN: &str = "0123456789abcdef";
const RECORDS: u64 = 300;

fn config(dir: &Path) -> HubConfig {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!(
        "profile = \"demo\"\nlisten = \"127.0.0.1:{port}\"\ndata_dir = \"data\"\n[[stores]]\nid = \"s1\"\n\
         name = \"Indiranagar\"\nlat = 12.9716\nlon = 77.6412\ntoken = \"{TOKEN}\"\n"
    );
    std::fs::write(dir.join("hub.toml"), text).unwrap();
    HubConfig::load(&dir.join("hub.toml")).unwrap()
}

fn sku(n: u64) -> SkuId {
    SkuId::new(format!("SKU-{n}")).unwrap()
}

/// The store's log: one grant a record.
fn log(store: &StoreId) -> Vec<OutRecord> {
    let id = DocId::Quota { store: store.clone(), epoch: StoreEpoch(1), generation: HubGeneration(1) };
    let actor = DocActor { side: Owner::Store, store: store.clone(), boot: 1 };
    let mut document = Document::new(id.clone(), &actor).unwrap();
    let record = |seq: u64| {
        document.set_granted(&sku(seq), seq).unwrap();
        let doc: DocKey = id.key();
        OutRecord { seq, doc, change: document.commit().unwrap().unwrap() }
    };
    (1..=RECORDS).map(record).collect()
}

fn peer(store: &StoreId) -> Peer {
    let config = PeerConfig {
        side: Owner::Store,
        store: store.clone(),
        epoch: StoreEpoch(1),
        generation: HubGeneration(1),
        boot: 1,
        lanes: std::array::from_fn(|lane| LaneState {
            sent: if lane == 0 { RECORDS } else { 0 },
            ..LaneState::default()
        }),
        newest: PeerConfig::NEWEST,
        pledges: None,
        limits: Limits { retry_first_ms: 100, window_bytes: 2_000, ..Limits::default() },
    };
    Peer::new(config, clock::now())
}

/// One connection of the store, for at most so many frames. Gives the last acknowledged record.
async fn connect(url: &str, token: &str, peer: &mut Peer, log: &[OutRecord], frames: usize) -> Option<u64> {
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.ok()?;
    peer.handle(clock::now(), Input::Connected(Opening::default()));
    let mut seen = 0;
    while seen < frames {
        while let Some(output) = peer.poll() {
            match output {
                Output::Send(bytes) => {
                    let _ = socket.send(Message::Binary(bytes.into())).await;
                }
                Output::NeedOut { lane, after, limit } => {
                    let part = log.iter().filter(|r| r.seq > after).take(limit as usize).cloned();
                    peer.handle(clock::now(), Input::Out { lane, records: part.collect() });
                }
                // As the store does: a connection that the peer gives up is left, and another one is made.
                Output::Close { .. } => seen = frames,
                Output::Acked { .. }
                | Output::Deliver { .. }
                | Output::PeerHello { .. }
                | Output::Quiet
                | Output::Manifest(_)
                | Output::Refused { .. }
                | Output::OneLane
                | Output::WantDoc { .. }
                | Output::Repair { .. }
                | Output::Whole { .. }
                | Output::Live
                | Output::Stale => {}
            }
        }
        if peer.acked(Lane::Orders) == RECORDS {
            break;
        }
        match tokio::time::timeout(Duration::from_millis(150), socket.next()).await {
            Ok(Some(Ok(Message::Binary(bytes)))) => {
                seen += 1;
                peer.handle(clock::now(), Input::Frame(bytes.to_vec()));
            }
            Ok(Some(Ok(_))) | Err(_) => peer.handle(clock::now(), Input::Tick),
            Ok(Some(Err(_)) | None) => break,
        }
    }
    // No farewell: the line is cut.
    drop(socket);
    peer.handle(clock::now(), Input::Disconnected);
    // An acknowledgement among these was heard on this connection and is told on none that comes after: ask the peer.
    while peer.poll().is_some() {}
    Some(peer.acked(Lane::Orders))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_record_arrives_once_over_a_line_that_is_cut_again_and_again() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let stop = CancellationToken::new();
    let task = tokio::spawn(run::run(config.clone(), stop.clone()));
    let store = StoreId::new("s1").unwrap();
    let url = format!("ws://{}/sync/v1/connect", config.listen);
    let log = log(&store);
    let mut ours = peer(&store);
    let (mut acked, mut tries) = (0, 0);
    while acked < RECORDS && tries < 400 {
        tries += 1;
        match connect(&url, TOKEN, &mut ours, &log, 3 + tries % 4).await {
            Some(upto) => acked = acked.max(upto),
            None => tokio::time::sleep(Duration::from_millis(25)).await,
        }
    }
    assert_eq!(acked, RECORDS, "after {tries} connections");
    assert!(tries > 3, "the line was cut: {tries}");
    let stranger = connect(&url, "not-the-token-of-s1", &mut peer(&store), &log, 9).await;
    assert_eq!(stranger, None);
    let mut other = peer(&StoreId::new("s2").unwrap());
    assert_eq!(
        connect(&url, TOKEN, &mut other, &log, 9).await,
        Some(0),
        "the token of s1 does not speak for s2"
    );
    stop.cancel();
    task.await.unwrap().unwrap();
    let data = Sqlite::open_reader(&config.data_dir.join("hub.db")).unwrap();
    assert_eq!(data.lanes(&store).unwrap()[0].received, RECORDS);
    let key = QuotaKey { store, epoch: StoreEpoch(1), generation: HubGeneration(1) };
    for n in 1..=RECORDS {
        assert_eq!(data.rights(&key, &sku(n)).unwrap().granted_seen(), n);
    }
}

/// Heard a moment before its line is cut, a store must not count as online afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_whose_line_was_cut_is_offline_and_stays_so() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let stop = CancellationToken::new();
    let task = tokio::spawn(run::run(config.clone(), stop.clone()));
    let store = StoreId::new("s1").unwrap();
    let url = format!("ws://{}/sync/v1/connect", config.listen);
    let log = log(&store);
    let mut ours = peer(&store);
    let mut talked = None;
    for _ in 0..400 {
        talked = connect(&url, TOKEN, &mut ours, &log, 4).await;
        if talked.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert!(talked.is_some(), "the hub never opened");
    let data = Sqlite::open_reader(&config.data_dir.join("hub.db")).unwrap();
    // Longer than two rounds of signs of life.
    for _ in 0..25 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let row = data.store(&store).unwrap().unwrap();
    assert!(row.heard_at.is_some(), "it was heard");
    assert!(!row.online, "heard before the cut, online after it");
    stop.cancel();
    task.await.unwrap().unwrap();
}
