//! Batches and closed hours over the real link: a store node with papers ships its ledger to a hub, is killed and comes back
//! with more of it, and gives a closed hour that the hub lacks.

use crate::rig::{Hub, now, papers, store};
use std::path::Path;
use std::time::Duration;
use store_node::engine::Engine;
use tests::scorecard::stage;

/// The store's engine over its file, while no node runs.
fn engine(data: &Path) -> Engine {
    let manifest = stage::manifest(data, [1, 2, 3], "").unwrap();
    let setup = store_node::manifest::setup(&manifest).unwrap();
    Engine::open(&store_node::run::database(data), setup, now()).unwrap()
}

fn number(path: &Path, sql: &str) -> i64 {
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.query_row(sql, [], |r| r.get(0)).unwrap_or(0)
}

/// Whether the hub has every row of s1's ledger that is there now, within so long. The ledger grows meanwhile: rights are granted.
async fn level(hub: &Hub, data: &Path, limit: Duration) -> bool {
    let rows = number(&store_node::run::database(data), "SELECT max(seq) FROM ledger");
    let end = tokio::time::Instant::now() + limit;
    while tokio::time::Instant::now() < end {
        if number(&hub.data(), "SELECT upto FROM chain WHERE store = 's1' AND stream = 'ledger'") >= rows {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_reaches_the_hub_over_the_link_and_goes_on_after_a_cut() {
    let hub = Hub::start(|authority, dir| papers(authority, "s1", &dir.join("papers"))).await;
    let (papers, data) = (hub.dir.path().join("papers"), tempfile::tempdir().unwrap());
    stage::fill(&mut engine(data.path()), now()).unwrap();
    for round in 0..2 {
        let (stop, task) = store(&hub, &papers, data.path());
        assert!(level(&hub, data.path(), Duration::from_secs(60)).await, "round {round}");
        stop.cancel();
        task.await.unwrap();
        // Cut off, the store's ledger grows.
        let sku = stage::product(round).unwrap().sku;
        let line = store_node::command::OpeningLine { sku, qty: model::Qty::new(3).unwrap(), expiry: None };
        let command = store_node::command::Command::OpenStock { lines: vec![line] };
        let id = model::CommandId::new(now(), 900 + round as u128);
        let actor = store_node::command::system("test").unwrap();
        let envelope = store_node::command::Envelope { id, actor, command };
        engine(data.path()).apply(now(), vec![envelope]).unwrap().replies.remove(0).unwrap();
    }
    assert_eq!(number(&hub.data(), "SELECT count(*) FROM chain_batch WHERE former IS NOT NULL"), 0);
    assert_eq!(number(&hub.data(), "SELECT count(*) FROM quarantine"), 0);
    hub.end().await;
}
