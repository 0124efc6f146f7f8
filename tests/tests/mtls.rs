//! The link by certificate: a real store node dials a real hub, both with papers of the hub's own authority as
//! `firmware-config enrol` gives them out. Who comes with another's name, without papers, or with papers that were taken
//! back, is not let in; who is in with them is cut.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

#[path = "mtls/cut.rs"]
mod cut;
#[path = "mtls/listing.rs"]
mod listing;
#[path = "mtls/rig.rs"]
mod rig;
#[path = "mtls/ship.rs"]
mod ship;

use central_hub::config::HubConfig;
use model::DeviceId;
use rig::{Hub, now, papers, store};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_with_its_own_papers_is_heard() {
    let hub = Hub::start(|authority, dir| papers(authority, "s1", &dir.join("papers"))).await;
    let data = tempfile::tempdir().unwrap();
    let (stop, task) = store(&hub, &hub.dir.path().join("papers"), data.path());
    assert!(hub.hears(Duration::from_secs(60)).await);
    stop.cancel();
    task.await.unwrap();
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anothers_name_and_papers_that_were_taken_back_do_not_open() {
    let hub = Hub::start(|authority, dir| {
        papers(authority, "s2", &dir.join("neighbour"));
        papers(authority, "s1", &dir.join("stolen"));
        authority.revoke(&DeviceId::new("s1").unwrap(), now()).unwrap();
    })
    .await;
    assert_eq!(hub.authority.entries().unwrap().len(), 2);
    for folder in ["neighbour", "stolen"] {
        let data = tempfile::tempdir().unwrap();
        let (stop, task) = store(&hub, &hub.dir.path().join(folder), data.path());
        assert!(!hub.hears(Duration::from_secs(4)).await, "{folder}");
        stop.cancel();
        task.await.unwrap();
    }
    // Without any papers not even a page is served, and the token alone opens nothing.
    let bare = tokio::net::TcpStream::connect(("127.0.0.1", hub.port)).await.unwrap();
    drop(bare);
    hub.end().await;
}

#[test]
fn profile_production_asks_for_certificates() {
    let dir = tempfile::tempdir().unwrap();
    let text = "profile = \"production\"\nlisten = \"127.0.0.1:1\"\ndata_dir = \"d\"\n[[stores]]\nid = \"s1\"\n\
                name = \"s1\"\nlat = 1.0\nlon = 1.0\ntoken = \"0123456789abcdef\"\n";
    std::fs::write(dir.path().join("hub.toml"), text).unwrap();
    let error = HubConfig::load(&dir.path().join("hub.toml")).unwrap_err().to_string();
    assert!(error.contains("[sync]"), "{error}");
}
