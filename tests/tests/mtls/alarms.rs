//! What stands at a store, over the real link: a store node with papers tells its hub which alarms stand there, as soon as it has
//! a link, and that somebody has seen one of them.

use crate::rig::{Hub, now, papers, store};
use model::alarms::{AlarmTold, AlarmsTold};
use model::{CommandId, Role};
use std::path::Path;
use std::time::Duration;
use store_node::command::{Command, Envelope, FenceWhy};
use store_node::engine::Engine;
use tests::scorecard::stage;

const LIMIT: Duration = Duration::from_secs(60);

/// The manager does something while no node runs.
fn does(data: &Path, n: u128, command: Command) {
    let manifest = stage::manifest(data, [1, 2, 3], "").unwrap();
    let setup = store_node::manifest::setup(&manifest).unwrap();
    let mut engine = Engine::open(&store_node::run::database(data), setup, now()).unwrap();
    let actor = stage::actor("meena", "desk", Role::Manager).unwrap();
    let envelope = Envelope { id: CommandId::new(now(), n), actor, command };
    engine.apply(now(), vec![envelope]).unwrap().replies.remove(0).unwrap();
}

/// The alarm of this kind as the hub knows it, once it is as `wanted`.
async fn comes_to(hub: &Hub, kind: &str, wanted: impl Fn(&AlarmTold) -> bool) -> AlarmTold {
    let end = tokio::time::Instant::now() + LIMIT;
    loop {
        let told: Option<String> = rusqlite::Connection::open(hub.data())
            .and_then(|conn| {
                conn.query_row("SELECT told FROM store_alarms WHERE store = 's1'", [], |r| r.get(0))
            })
            .ok();
        let told = told.map(|text| serde_json::from_str::<AlarmsTold>(&text).unwrap());
        let found = told.iter().flat_map(|told| &told.alarms).find(|alarm| alarm.kind == kind);
        if let Some(found) = found.filter(|alarm| wanted(alarm)) {
            return found.clone();
        }
        assert!(tokio::time::Instant::now() < end, "{kind} is not as it should be: {told:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hub_sees_which_alarms_stand_at_a_store_and_whether_somebody_there_has_seen_them() {
    let hub = Hub::start(|authority, dir| papers(authority, "s1", &dir.join("papers"))).await;
    let (papers, data) = (hub.dir.path().join("papers"), tempfile::tempdir().unwrap());
    does(data.path(), 1, Command::Fence { why: FenceWhy::ByHand });
    let (stop, task) = store(&hub, &papers, data.path());
    let alarm = comes_to(&hub, "store_fenced", |alarm| !alarm.seen).await;
    assert_eq!(alarm.detail, "why=by_hand");
    stop.cancel();
    task.await.unwrap();
    does(data.path(), 2, Command::AcknowledgeAlarm { alarm: alarm.id });
    let (stop, task) = store(&hub, &papers, data.path());
    comes_to(&hub, "store_fenced", |alarm| alarm.seen).await;
    stop.cancel();
    task.await.unwrap();
    let kept = rusqlite::Connection::open(hub.data()).unwrap();
    let count = kept.query_row("SELECT count(*) FROM quarantine", [], |r| r.get::<_, i64>(0));
    assert_eq!(count, Ok(0));
    hub.end().await;
}
