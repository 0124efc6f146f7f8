//! What goes over a store's broker, with everybody a process of its own (issue 3, points 6 and 7). Behind the files that
//! `firmware-config enrol` makes, on both brokers: a scan goes through, a print comes back, who is not of the store stays
//! outside, a renewed certificate is taken up while everybody runs. What hangs on a session, and who answers whom where.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helpers stop at what must not happen"
)]

#[path = "mqtt/answers.rs"]
mod answers;
#[path = "mqtt/guest.rs"]
mod guest;
#[path = "mqtt/store.rs"]
mod store;

use guest::Guest;
use std::time::Duration;
use store::Store;

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long who was taken back may stay connected.
const OUT_WITHIN: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_behind_certificates_with_the_embedded_broker() {
    Box::pin(story("embedded")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_behind_certificates_with_mosquitto() {
    Box::pin(story("mosquitto-managed")).await;
}

async fn story(broker: &str) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), broker).await;
    store.scans_count().await;
    store.a_label_comes_out().await;
    Box::pin(strangers_stay_outside(&store)).await;
    who_is_signed_and_unlisted_can_do_nothing(&store).await;
    who_is_taken_back_is_out(&store).await;
    renewed_certificates_are_taken_up(&mut store).await;
    store.scans_count().await;
    store.a_label_comes_out().await;
    store.close().await;
}

/// Sessions of the embedded broker live in memory: whoever kills it takes them along. Nothing is lost by that, nothing comes
/// twice: the agent repeats until the store has confirmed, the store says its print jobs until the agent has them. (Handhelds
/// repeat too; `kill9_devices` kills the store under pickers who pick, pack and print.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_hangs_on_the_sessions_of_a_broker_that_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), "embedded").await;
    let papers = store.papers("label-9");
    let absent = Guest::with(&store, "label-9", &store.authority_file(), &papers).lasting();
    // A print that was said to an agent that no longer reads waits in a session that dies.
    store.device_is_there("label-1").await;
    store.freeze_agent();
    store.ask_for_a_label().await;
    store.wait_until_said().await;
    store.without_agent().await;
    assert!(!absent.come().await.unwrap().resumed);
    assert!(absent.come().await.unwrap().resumed, "its session waits");
    store.without_node().await;
    store.with_node().await;
    assert!(!absent.come().await.unwrap().resumed, "its session is gone");
    store.with_agent();
    store.label_is_out(1).await;

    // Scans while there is no broker at all.
    let before = store.counted().await;
    store.device_is_there("scan-pack").await;
    store.without_node().await;
    store.scan_unheard(3).await;
    store.with_node().await;
    store.wait_until_counted(before + 3).await;
    // The screen of this test's handheld does not subscribe anew, as a real one does: the store is asked instead.
    store.scan_unheard(3).await;
    store.wait_until_counted(before + 6).await;
    store.close().await;
}

/// The certificate of another store, none, no encryption; and a broker that is another store's.
async fn strangers_stay_outside(store: &Store) {
    let other = store.other_authority();
    let own = store.papers("label-9");
    let foreign = Store::papers_of(&other, "label-9");
    let ca = store.authority_file();
    for (what, guest) in [
        ("in the clear", Guest::plain(store, "label-9")),
        ("without a certificate", Guest::trusting(store, "label-9", &ca)),
        ("with another store's certificate", Guest::with(store, "label-9", &ca, &foreign)),
        ("that trusts another store's authority", Guest::with(store, "label-9", &foreign.authority, &own)),
        ("under a name that its certificate does not bear", Guest::with(store, "scan-pack", &ca, &own)),
    ] {
        // Mosquitto lets a device call itself as it likes: what it may do hangs on the certificate's name.
        let named = store.is_mosquitto() && what.starts_with("under a name");
        assert!(named || guest.come().await.is_err(), "{}: {what}", store.broker);
    }
    for (what, trust, wants) in [
        ("trusts", Some(ca), true),
        ("trusts another", Some(foreign.authority), false),
        ("is in the clear", None, false),
    ] {
        assert_eq!(
            store.handheld_comes(trust.as_deref()).await,
            wants,
            "{}: a handheld that {what}",
            store.broker
        );
    }
    // A device that is listed comes in with what it was given.
    Guest::with(store, "label-9", &store.authority_file(), &own).come().await.unwrap();
}

/// The store's authority has signed for it, and no list names it: not let in, or without any right.
async fn who_is_signed_and_unlisted_can_do_nothing(store: &Store) {
    let papers = store.papers("stranger");
    let guest = Guest::with(store, "stranger", &store.authority_file(), &papers);
    if !store.is_mosquitto() {
        assert!(guest.come().await.is_err(), "the embedded broker does not let it in");
        return;
    }
    let mut inside = guest.come().await.unwrap();
    for filter in ["#", "ds/v1/#", "ds/v1/s1/handheld/stranger/cmd", "homeassistant/#", "$SYS/#"] {
        inside.subscribe(filter).await;
    }
    for topic in [
        "ds/v1/s1/scanner/scan-pack/event",
        "ds/v1/s1/scanner/stranger/event",
        "ds/v1/s1/handheld/stranger/event",
        "ds/v1/s1/printer/label-1/cmd",
        "elsewhere",
    ] {
        assert!(inside.is_refused(topic).await, "{topic}");
    }
    // The node speaks meanwhile: a print command, at least; and births and states are retained.
    store.a_label_comes_out().await;
    assert_eq!(inside.heard().await, Vec::<String>::new());
}

async fn who_is_taken_back_is_out(store: &Store) {
    let papers = store.papers("label-9");
    let guest = Guest::with(store, "label-9", &store.authority_file(), &papers);
    let mut inside = guest.come().await.unwrap();
    store.take_back("label-9");
    // Getting papers has taken its former ones back: Mosquitto may start again for those first, and let it in once more.
    let out = async {
        loop {
            inside.until_cut().await;
            store.broker_is_up().await;
            match guest.come().await {
                Ok(again) => inside = again,
                Err(_) => return,
            }
        }
    };
    assert!(tokio::time::timeout(OUT_WITHIN, out).await.is_ok(), "{}: it is still in", store.broker);
    assert!(guest.come().await.is_err(), "{}: it comes in again", store.broker);
}

/// Broker, node and agent get new ones and the former are taken back; nobody is started again by hand.
async fn renewed_certificates_are_taken_up(store: &mut Store) {
    let papers = store.papers("label-1");
    let before = guest::shown(store, &papers).await;
    assert_eq!(before, store.certificate("broker"));
    let former = store.copy_of("node");
    store.renew();
    let wanted = store.certificate("broker");
    assert_ne!(before, wanted);
    let taken_up = async {
        while guest::shown(store, &papers).await != wanted {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, taken_up).await.is_ok(), "{}: the broker's", store.broker);
    let guest = Guest::with(store, "larder-node", &store.authority_file(), &former);
    assert!(guest.come().await.is_err(), "{}: a former certificate lets nobody in", store.broker);
    // The broker has cut both of them; without the new ones neither would be back.
    store.device_is_there("scan-pack").await;
}
