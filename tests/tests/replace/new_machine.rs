//! Another machine becomes the store.

use super::world::{LIMIT, World, count, enrol, id, log, metrics, prints, sell, to_stick, until};
use model::api::store::backup::BackupState;
use model::api::store::counting::Counting;
use model::api::store::{Link, OrderDetail};
use store_node::backup::program::Place;
use store_node::{check, clock, run};
use tests::demo::web::WebError;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_machine_becomes_the_store_and_the_old_one_is_shut_out() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, old) = World::build(dir.path());
    let recovery = enrol(&old);
    world.start_hub().await;
    let (proc, _) = old.start().await.unwrap();
    let console = old.manager().await.unwrap();
    let before = sell(&console, 1, 5).await.unwrap();
    let sold_at = clock::now();
    // The newest backup at the hub shows a moment after the sale.
    until::<BackupState>(&console, "/api/v1/backup", |now| now.hub_at.is_some_and(|at| at > sold_at)).await;
    let kept = world.kept().await;
    proc.kill().await.unwrap();

    let (new, made) = world.replace(&old, "new", (Place::Hub, None), &recovery).await.unwrap();
    assert_eq!(made.epoch, Some(2), "{made}");
    let (proc, _) = new.start().await.unwrap();
    let console = new.manager().await.unwrap();
    // Readable, with the order that was sold before.
    let detail: OrderDetail = console.get(&format!("/api/v1/orders/{}", before.order)).await.unwrap();
    assert_eq!(detail.card.order, before.order);
    let counting = until::<Counting>(&console, "/api/v1/counting", |now| now.word).await;
    assert!(counting.needed && counting.fence == "fenced" && counting.why == "replaced", "{counting:?}");
    assert_eq!((counting.done, counting.top_total), (0, 200));
    assert!(counting.next.iter().all(|task| task.top), "best sellers first");
    // SKU by SKU: not counted, not sold.
    assert_eq!(sell(&console, 2, 7).await.unwrap_err(), "fenced");
    let counted = count(&console, 3, 7, 100).await;
    assert!(counted.open && counted.difference == 100 - i64::from(counted.expected), "{counted:?}");
    sell(&console, 4, 7).await.unwrap();
    assert_eq!(sell(&console, 5, 8).await.unwrap_err(), "fenced");
    let now: Counting = console.get("/api/v1/counting").await.unwrap();
    assert_eq!((now.done, now.top_done), (1, 1));
    let figures = metrics(&new).await;
    assert!(figures.contains("larder_fence{state=\"fenced\"} 1"), "{figures}");
    assert!(figures.contains(&format!("larder_uncounted_skus {}", now.total - now.done)), "{figures}");

    // The old machine is switched on again, with its old database. It is refused before it takes the new one's seat.
    let seated = until::<Link>(&console, "/api/v1/link", |now| now.online).await;
    let (old_proc, _) = old.start().await.unwrap();
    let old_console = old.manager().await.unwrap();
    let told = until::<Counting>(&old_console, "/api/v1/counting", |now| now.needed).await;
    assert_eq!((told.fence.as_str(), told.why.as_str()), ("fenced", "superseded"));
    assert_eq!(sell(&old_console, 6, 7).await.unwrap_err(), "fenced");
    // A count does not open it, and neither does a manager in an emergency.
    assert!(!count(&old_console, 7, 7, 50).await.open);
    assert_eq!(sell(&old_console, 10, 7).await.unwrap_err(), "fenced");
    let emergency = old_console.post::<()>("/api/v1/fence/emergency", id(9), &()).await;
    let Err(WebError::Refused(problem)) = emergency else { panic!("{emergency:?}") };
    assert!(problem.code == "fenced" && problem.detail.contains("another machine"), "{problem:?}");
    assert_eq!((prints(&old, "queued"), prints(&old, "sent")), (0, 0), "nothing goes to a printer");
    assert!(log(&old).contains("this store was replaced"), "{}", log(&old));
    let now: Link = console.get("/api/v1/link").await.unwrap();
    assert_eq!((now.online, now.since), (true, seated.since), "the new machine's session never ended");
    // It publishes nothing: the hub takes its backups no more, and says why.
    let told = until::<BackupState>(&old_console, "/api/v1/backup", |now| now.error.is_some()).await;
    assert!(told.error.as_ref().is_some_and(|why| why.contains("replaced")), "{told:?}");
    until::<BackupState>(&console, "/api/v1/backup", |now| now.hub_at.is_some()).await;
    assert!(metrics(&new).await.contains("larder_backup_age_seconds "));
    assert!(metrics(&old).await.contains("larder_backup_failing 1"));
    let newest = world.kept().await.last().unwrap().clone();
    assert!(newest.epoch > kept.last().unwrap().epoch, "{newest:?}");
    // The new one goes on.
    sell(&console, 8, 7).await.unwrap();
    assert!(old_proc.stop(LIMIT).await && proc.stop(LIMIT).await);
    world.stop_hub().await;
    let report = check::self_check(&run::database(&new.dir)).unwrap();
    assert!(report.is_clean() && report.first == 1, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_usb_file_without_a_hub_a_manager_opens_what_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, old) = World::build(dir.path());
    let recovery = enrol(&old);
    let (proc, _) = old.start().await.unwrap();
    let console = old.manager().await.unwrap();
    let before = sell(&console, 1, 5).await.unwrap();
    let stick = dir.path().join("stick.larder");
    to_stick(&old, &stick).await;
    proc.kill().await.unwrap();

    let (new, made) = world.replace(&old, "new", (Place::File(stick), None), &recovery).await.unwrap();
    assert_eq!(made.epoch, None, "the hub is away");
    let (proc, _) = new.start().await.unwrap();
    let console = new.manager().await.unwrap();
    let detail: OrderDetail = console.get(&format!("/api/v1/orders/{}", before.order)).await.unwrap();
    assert_eq!(detail.card.order, before.order);
    let counting: Counting = console.get("/api/v1/counting").await.unwrap();
    assert!(counting.needed && !counting.word, "{counting:?}");
    // Counted, and still shut: nobody knows what the hub has sold.
    assert!(!count(&console, 2, 7, 400).await.open);
    assert_eq!(sell(&console, 3, 7).await.unwrap_err(), "fenced");
    console.post::<()>("/api/v1/fence/emergency", id(4), &()).await.unwrap();
    sell(&console, 5, 7).await.unwrap();
    assert_eq!(sell(&console, 6, 8).await.unwrap_err(), "fenced");

    // The hub is there again: the machine gets its epoch by itself, and the hub's word opens what was counted.
    world.start_hub().await;
    let told = until::<Counting>(&console, "/api/v1/counting", |now| now.word).await;
    assert_eq!((told.why.as_str(), told.done), ("replaced", 1));
    assert!(!new.dir.join("epoch.wanted").exists());
    sell(&console, 7, 7).await.unwrap();
    assert!(proc.stop(LIMIT).await);
    world.stop_hub().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_before_the_last_replacement_wants_the_epoch_that_it_shuts_out() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, old) = World::build(dir.path());
    let recovery = enrol(&old);
    let stick = dir.path().join("stick.larder");
    to_stick(&old, &stick).await;
    world.start_hub().await;
    let from = || Place::File(stick.clone());
    let (second, made) = world.replace(&old, "second", (from(), None), &recovery).await.unwrap();
    assert_eq!(made.epoch, Some(2));
    // The same stick again, by somebody who knows nothing of the second machine.
    let refused = world.replace(&old, "third", (from(), None), &recovery).await.unwrap_err();
    assert!(refused.contains("--instead-of 2"), "{refused}");
    assert!(!run::database(&dir.path().join("third")).exists(), "nothing was made");
    // The second machine is gone, too, and somebody says so.
    let (third, made) = world.replace(&old, "third", (from(), Some(2)), &recovery).await.unwrap();
    assert_eq!(made.epoch, Some(3));
    let (third_proc, _) = third.start().await.unwrap();
    let console = third.manager().await.unwrap();
    until::<Counting>(&console, "/api/v1/counting", |now| now.word).await;
    let (second_proc, _) = second.start().await.unwrap();
    let console = second.manager().await.unwrap();
    until::<Counting>(&console, "/api/v1/counting", |now| now.why == "superseded").await;
    assert!(second_proc.stop(LIMIT).await && third_proc.stop(LIMIT).await);
    // Nobody makes a store of a machine that is one.
    let refused = world.replace(&old, "third", (from(), Some(3)), &recovery).await.unwrap_err();
    assert!(refused.contains("has been a store"), "{refused}");
    world.stop_hub().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_machines_that_both_become_the_store_while_the_hub_is_away_end_as_one() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, old) = World::build(dir.path());
    let recovery = enrol(&old);
    let stick = dir.path().join("stick.larder");
    to_stick(&old, &stick).await;
    let from = || (Place::File(stick.clone()), None);
    let (one, made) = world.replace(&old, "one", from(), &recovery).await.unwrap();
    let (two, also) = world.replace(&old, "two", from(), &recovery).await.unwrap();
    assert_eq!((made.epoch, also.epoch), (None, None));
    world.start_hub().await;
    let (one_proc, _) = one.start().await.unwrap();
    let console = one.manager().await.unwrap();
    until::<Counting>(&console, "/api/v1/counting", |now| now.word).await;
    let (two_proc, _) = two.start().await.unwrap();
    let other = two.manager().await.unwrap();
    until::<Counting>(&other, "/api/v1/counting", |now| now.why == "superseded").await;
    count(&console, 1, 7, 40).await;
    count(&other, 2, 7, 40).await;
    sell(&console, 3, 7).await.unwrap();
    assert_eq!(sell(&other, 4, 7).await.unwrap_err(), "fenced");
    assert!(log(&two).contains("another machine took this store over"), "{}", log(&two));
    assert!(one_proc.stop(LIMIT).await && two_proc.stop(LIMIT).await);
    world.stop_hub().await;
}
