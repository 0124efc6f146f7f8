//! The link by certificate: a real store node dials a real hub, both with papers of the hub's own authority as
//! `firmware-config enrol` gives them out. Who comes with another's name, without papers, or with papers that were taken
//! back, is not let in; who is in with them is cut.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

#[path = "mtls/alarms.rs"]
mod alarms;
#[path = "mtls/cut.rs"]
mod cut;
#[path = "mtls/listing.rs"]
mod listing;
#[path = "mtls/rig.rs"]
mod rig;
#[path = "mtls/ship.rs"]
mod ship;

use central_hub::config::HubConfig;
use device_drivers::agent::ClientTls;
use model::DeviceId;
use reqwest::Method;
use rig::{Hub, now, papers, store};
use std::time::Duration;
use store_node::line::{HubLine, Reply};

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

/// At the address for certificates too, what cannot be taken is told as a problem.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_taken_over_the_link_is_told_as_a_problem() {
    let hub = Hub::start(|authority, dir| papers(authority, "s1", &dir.join("papers"))).await;
    let folder = hub.dir.path().join("papers");
    let [ca, cert, key] = ["ca.crt", "store.crt", "store.key"].map(|name| folder.join(name));
    let tls = Some(ClientTls::read(&ca, &cert, &key).unwrap());
    let line = HubLine { tls, ..HubLine::plain(&format!("https://127.0.0.1:{}", hub.port), "") };
    let large = vec![0; central_hub::engine::BATCH_BYTES_MAX + 1];
    let cases = [
        (Method::GET, "/sync/v1/chains", Vec::new(), (200, "")),
        (Method::DELETE, "/sync/v1/chains", Vec::new(), (405, "wrong_method")),
        (Method::PUT, "/sync/v1/chains/ledger?epoch=1", large, (413, "body_too_large")),
        (Method::PUT, "/sync/v1/chains/ledger", vec![0], (400, "bad_query")),
        (Method::POST, "/sync/v1/nothing", Vec::new(), (404, "unknown_path")),
    ];
    for (method, path, body, (status, code)) in cases {
        let what = format!("{method} {path}");
        let reply = answered(&line, (method, path, body)).await;
        let problem = serde_json::from_slice::<model::Problem>(&reply.body);
        let said = problem.map_or_else(|_| String::new(), |problem| problem.code);
        assert_eq!((reply.status.as_u16(), said.as_str()), (status, code), "{what}");
    }
    hub.end().await;
}

/// The hub's answer; it may still be starting.
async fn answered(line: &HubLine, (method, path, body): (Method, &str, Vec<u8>)) -> Reply {
    let end = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        match line.call(method.clone(), path, body.clone()).await {
            Ok(reply) => return reply,
            Err(error) => assert!(tokio::time::Instant::now() < end, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
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
