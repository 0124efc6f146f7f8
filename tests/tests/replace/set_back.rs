//! A database that was set back without anybody saying so: a disk image, a snapshot of a virtual machine.

use super::world::{LIMIT, World, count, log, sell, until};
use model::api::store::Link;
use model::api::store::counting::Counting;
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
