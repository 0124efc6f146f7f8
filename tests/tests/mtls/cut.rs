//! Papers that are taken back while they are in use: that link ends within seconds, every other goes on.

use super::rig::{Hub, now, papers, store};
use device_drivers::agent::ClientTls;
use model::DeviceId;
use rumqttc::tokio_rustls::TlsConnector;
use rumqttc::tokio_rustls::client::TlsStream;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A neighbour's connection that stays open.
struct Neighbour(TlsStream<TcpStream>);

impl Neighbour {
    async fn come(hub: &Hub, folder: &Path) -> Self {
        let [ca, cert, key] = ["ca.crt", "store.crt", "store.key"].map(|name| folder.join(name));
        let config = ClientTls::read(&ca, &cert, &key).unwrap().config();
        let stream = TcpStream::connect(("127.0.0.1", hub.port)).await.unwrap();
        let name = std::net::IpAddr::from([127, 0, 0, 1]).into();
        Self(TlsConnector::from(config).connect(name, stream).await.unwrap())
    }

    /// Whether the hub still answers on it.
    async fn is_answered(&mut self) -> bool {
        let asked = self.0.write_all(b"GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n").await;
        let mut answer = [0; 1024];
        let read = tokio::time::timeout(Duration::from_secs(10), self.0.read(&mut answer)).await;
        asked.is_ok() && matches!(read, Ok(Ok(length)) if answer[..length].starts_with(b"HTTP/1.1 200"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_taken_back_is_cut_within_seconds_and_nobody_else() {
    let hub = Hub::start(|authority, dir| {
        papers(authority, "s1", &dir.join("papers"));
        papers(authority, "s2", &dir.join("neighbour"));
    })
    .await;
    let data = tempfile::tempdir().unwrap();
    let (stop, task) = store(&hub, &hub.dir.path().join("papers"), data.path());
    assert!(hub.hears(Duration::from_secs(60)).await);
    let mut neighbour = Neighbour::come(&hub, &hub.dir.path().join("neighbour")).await;
    assert!(neighbour.is_answered().await);
    hub.authority.revoke(&DeviceId::new("s1").unwrap(), now()).unwrap();
    assert!(hub.comes_to(false, Duration::from_secs(5)).await, "the link is cut");
    assert!(!hub.hears(Duration::from_secs(4)).await, "and stays so");
    assert!(neighbour.is_answered().await, "the same connection as before");
    // New papers in the same place: the store takes them up by itself, and the hub knows them without a restart.
    papers(&hub.authority, "s1", &hub.dir.path().join("papers"));
    assert!(hub.hears(Duration::from_secs(60)).await);
    assert!(neighbour.is_answered().await);
    stop.cancel();
    task.await.unwrap();
    hub.end().await;
}
