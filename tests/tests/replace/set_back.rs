//! A database that was set back without anybody saying so: a disk image, a snapshot of a virtual machine.

use super::new_hub::log_in;
use super::world::{LIMIT, OPS, World, count, enrol, log, sell, to_stick, until};
use model::api::hub::OpsSync;
use model::api::store::Link;
use model::api::store::counting::Counting;
use model::quota::FIRST_GENERATION;
use std::path::Path;
use store_node::backup::program::Place;
use store_node::run;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_was_set_back_finds_out_at_the_hub_and_opens_by_counting() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, house) = World::build(dir.path());
    world.start_hub().await;
    let (proc, _) = house.start().await.unwrap();
    let console = house.manager().await.unwrap();
    let level = |now: &Link| now.online && now.facts_waiting == 0 && now.records_waiting == 0;
    until::<Link>(&console, "/api/v1/link", level).await;
    assert!(proc.stop(LIMIT).await);
    let (database, image) = (run::database(&house.dir), dir.path().join("image.db"));
    std::fs::copy(&database, &image).unwrap();

    // What the image does not know of: the hub has it.
    let (proc, _) = house.start().await.unwrap();
    let console = house.manager().await.unwrap();
    for n in 0..5 {
        sell(&console, 10 + n, 5).await.unwrap();
    }
    until::<Link>(&console, "/api/v1/link", level).await;
    assert!(proc.stop(LIMIT).await);
    for beside in ["store.db-wal", "store.db-shm"] {
        let _ = std::fs::remove_file(house.dir.join(beside));
    }
    std::fs::copy(&image, &database).unwrap();

    let (proc, _) = house.start().await.unwrap();
    let console = house.manager().await.unwrap();
    let told = until::<Counting>(&console, "/api/v1/counting", |now| now.needed && now.word).await;
    assert_eq!((told.fence.as_str(), told.why.as_str()), ("fenced", "rolled_back"));
    assert!(log(&house).contains("set back to an older state"), "{}", log(&house));
    assert_eq!(sell(&console, 20, 5).await.unwrap_err(), "fenced");
    assert!(count(&console, 21, 5, 60).await.open);
    sell(&console, 22, 5).await.unwrap();
    assert!(proc.stop(LIMIT).await);
    world.stop_hub().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_was_set_back_is_shown_what_it_pledged_and_begins_a_generation() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, house) = World::build(dir.path());
    world.start_hub().await;
    let (proc, _) = house.start().await.unwrap();
    let console = house.manager().await.unwrap();
    let level = |now: &Link| now.online && now.facts_waiting == 0 && now.records_waiting == 0;
    until::<Link>(&console, "/api/v1/link", level).await;
    world.stop_hub().await;
    let image = dir.path().join("hub-image.db");
    std::fs::copy(dir.path().join("hub/hub.db"), &image).unwrap();

    // What the image does not know of: the store's word on orders at the counter, and the hub's answers in its log.
    world.start_hub().await;
    for n in 0..5 {
        sell(&console, 10 + n, 5).await.unwrap();
    }
    until::<Link>(&console, "/api/v1/link", level).await;
    let hub = log_in(&world, OPS[0], 300).await;
    let before: OpsSync = hub.get("/api/v1/ops/sync").await.unwrap();
    assert_eq!(before.generation, FIRST_GENERATION);
    until::<OpsSync>(&hub, "/api/v1/ops/sync", |now| now.stores[0].rights_units > 0).await;
    world.stop_hub().await;
    // A new session under the terms of now, whose log has come further than the image's.
    set_hub_back(dir.path(), &image);

    world.start_hub().await;
    let hub = log_in(&world, OPS[0], 310).await;
    let anew = |now: &OpsSync| now.generation > FIRST_GENERATION && now.stores[0].rights_units > 0;
    let now = until::<OpsSync>(&hub, "/api/v1/ops/sync", anew).await;
    assert!(now.quarantine.iter().all(|row| row.kind != "unproved"), "{:?}", now.quarantine);
    assert!(proc.stop(LIMIT).await);
    world.stop_hub().await;
}

/// Both sides are older than what has been: the hub begins anew before it mints, or the new machine's epoch would be of a
/// generation that the store has left behind, and both would wait for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_was_set_back_hears_of_it_from_a_machine_that_becomes_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, house) = World::build(dir.path());
    let recovery = enrol(&house);
    world.start_hub().await;
    let (proc, _) = house.start().await.unwrap();
    let console = house.manager().await.unwrap();
    let level = |now: &Link| now.online && now.facts_waiting == 0 && now.records_waiting == 0;
    until::<Link>(&console, "/api/v1/link", level).await;
    world.stop_hub().await;
    let image = dir.path().join("hub-image.db");
    std::fs::copy(dir.path().join("hub/hub.db"), &image).unwrap();

    // The first time the store shows it in a session: the second generation.
    world.start_hub().await;
    sell(&console, 10, 5).await.unwrap();
    until::<Link>(&console, "/api/v1/link", level).await;
    world.stop_hub().await;
    set_hub_back(dir.path(), &image);
    world.start_hub().await;
    let hub = log_in(&world, OPS[0], 310).await;
    let second = until::<OpsSync>(&hub, "/api/v1/ops/sync", |now| now.generation > FIRST_GENERATION).await;
    until::<Link>(&console, "/api/v1/link", level).await;
    let stick = dir.path().join("stick.larder");
    to_stick(&house, &stick).await;
    proc.kill().await.unwrap();

    // The second time there is no session: the store's machine is gone, too.
    world.stop_hub().await;
    set_hub_back(dir.path(), &image);
    world.start_hub().await;
    let (new, made) = world.replace(&house, "new", (Place::File(stick), None), &recovery).await.unwrap();
    assert!(made.epoch.is_some_and(|epoch| epoch > 1), "{made}");
    let (proc, _) = new.start().await.unwrap();
    let console = new.manager().await.unwrap();
    until::<Link>(&console, "/api/v1/link", level).await;
    let hub = log_in(&world, OPS[0], 320).await;
    let third: OpsSync = hub.get("/api/v1/ops/sync").await.unwrap();
    assert!(third.generation.number() > second.generation.number(), "{third:?}");
    assert_eq!(Some(third.stores[0].epoch.0), made.epoch);
    assert!(proc.stop(LIMIT).await);
    world.stop_hub().await;
}

fn set_hub_back(dir: &Path, image: &Path) {
    for beside in ["hub.db-wal", "hub.db-shm"] {
        let _ = std::fs::remove_file(dir.join("hub").join(beside));
    }
    std::fs::copy(image, dir.join("hub/hub.db")).unwrap();
}
