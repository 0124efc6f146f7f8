//! A store's broker as the node starts it, with everybody's password known.

use super::client::{Client, PATIENCE, Way};
use super::papers::Papers;
use firmware_config::{BrokerMode, BrokerTls, StoreManifest};
use model::mqtt::DeviceClass;
use model::{DeviceId, StoreId};
use rumqttc::{LastWill, MqttOptions, QoS, v5};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use store_node::broker::{AccessRules, AgentRight, Broker, hash_password};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Says to this test's own program that it is to be a broker: the mode and the folder.
const ASKED: &str = "LARDER_TEST_BROKER";

/// Who may come in.
pub fn rules() -> AccessRules {
    let device = |id| DeviceId::new(id).unwrap();
    AccessRules {
        store: StoreId::new("s1").unwrap(),
        node: ("larder-node".into(), hash_password("node", [1; 12])),
        agents: vec![AgentRight {
            user: "agent".into(),
            hash: hash_password("agent", [2; 12]),
            devices: vec![
                (DeviceClass::Scanner, device("scan-1")),
                (DeviceClass::Printer, device("label-1")),
            ],
        }],
        handhelds: vec![(device("h1"), hash_password("token", [3; 12]))],
    }
}

pub struct House {
    folder: tempfile::TempDir,
    mode: BrokerMode,
    ports: [u16; 2],
    papers: Option<Papers>,
    pub rules: watch::Sender<AccessRules>,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
    child: Option<Child>,
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn manifest(folder: &Path, mode: BrokerMode, ports: [u16; 2], tls: Option<BrokerTls>) -> StoreManifest {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../firmware-config/examples/store.toml");
    let mut manifest = firmware_config::load(Path::new(example)).unwrap();
    manifest.node.data_dir = folder.to_owned();
    manifest.broker.mode = mode;
    [manifest.broker.tcp_port, manifest.broker.websocket_port] = ports;
    manifest.broker.tls = tls;
    manifest
}

impl House {
    fn new(mode: BrokerMode, papers: Option<&Papers>) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            mode,
            ports: [free_port(), free_port()],
            papers: papers.cloned(),
            rules: watch::Sender::new(rules()),
            stop: CancellationToken::new(),
            task: None,
            child: None,
        }
    }

    /// A broker of this process.
    pub async fn open(mode: BrokerMode, papers: Option<&Papers>) -> Self {
        let mut house = Self::new(mode, papers);
        let tls = papers.map(|papers| papers.write(house.folder.path()));
        let manifest = manifest(house.folder.path(), mode, house.ports, tls);
        let broker = Broker::start(&manifest, &rules()).await.unwrap();
        let supervise = broker.supervise(house.rules.subscribe(), house.stop.clone());
        house.task = Some(tokio::spawn(supervise));
        house
    }

    /// A broker of a process of its own, that can be killed.
    pub async fn apart(mode: BrokerMode) -> Self {
        let mut house = Self::new(mode, None);
        house.start_again().await;
        house
    }

    pub async fn start_again(&mut self) {
        let mode = if self.mode == BrokerMode::Embedded { "embedded" } else { "mosquitto" };
        let [tcp, web] = self.ports;
        let asked = format!("{mode} {tcp} {web} {}", self.folder.path().display());
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["a_broker_of_its_own", "--exact", "--nocapture"])
            .env(ASKED, asked)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let up = async {
            while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, web)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, up).await.expect("the broker is up");
    }

    /// Waits until Mosquitto, where that is the broker, has written what it has acknowledged by now.
    pub async fn wait_for_mosquitto(&self) {
        if self.mode == BrokerMode::Embedded {
            return;
        }
        let file = self.folder.path().join("broker/mosquitto.db");
        let written = async {
            let mut sizes = (0, 1);
            while sizes.0 != sizes.1 || sizes.0 == 0 {
                tokio::time::sleep(Duration::from_millis(600)).await;
                let size = std::fs::metadata(&file).map_or(0, |about| about.len());
                sizes = (sizes.1, size);
            }
        };
        tokio::time::timeout(PATIENCE, written).await.expect("mosquitto writes");
    }

    /// Kills the broker without a word: the process itself, and Mosquitto where that is the broker.
    pub async fn kill_9(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let file = self.folder.path().join("broker/mosquitto.pid");
        if let Ok(text) = std::fs::read_to_string(file) {
            let pid = rustix::process::Pid::from_raw(text.trim().parse().unwrap()).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        }
        let gone = async {
            while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports[0])).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.expect("the broker is gone");
    }

    pub async fn close(mut self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task.take().unwrap()).await.unwrap().unwrap();
    }

    pub fn options(&self, client: &str, user: &str, password: &str, way: Way) -> MqttOptions {
        let [tcp, web] = self.ports;
        let mut options = match &way {
            Way::WebSocket => MqttOptions::new(client, format!("ws://127.0.0.1:{web}/mqtt"), web),
            Way::SecureWebSocket => MqttOptions::new(client, format!("wss://127.0.0.1:{web}/mqtt"), web),
            Way::Tcp | Way::Tls(_) => MqttOptions::new(client, "127.0.0.1", tcp),
        };
        options.set_clean_session(false).set_keep_alive(Duration::from_secs(30)).set_inflight(200);
        if !user.is_empty() {
            options.set_credentials(user, password);
        }
        options.set_transport(way.transport(self.papers.as_ref().map(Papers::nobody)));
        options
    }

    /// The same in MQTT 5, over TCP.
    pub fn options_5(&self, client: &str, user: &str, password: &str) -> v5::MqttOptions {
        let mut options = v5::MqttOptions::new(client, "127.0.0.1", self.ports[0]);
        options
            .set_credentials(user, password)
            .set_clean_start(false)
            .set_session_expiry_interval(Some(model::mqtt::SESSION_EXPIRY_S))
            .set_outgoing_inflight_upper_limit(100);
        options
    }

    async fn client(&self, client: &str, user: &str, password: &str, way: Way) -> Client {
        Client::connect(self.options(client, user, password, way), "s1").await.unwrap()
    }

    pub async fn node(&self) -> Client {
        self.client("larder-node", "larder-node", "node", Way::Tcp).await
    }

    pub async fn agent(&self, device: &str) -> Client {
        self.client(device, "agent", "agent", Way::Tcp).await
    }

    pub async fn handheld(&self, way: Way) -> Client {
        assert!(way.is_web() || matches!(way, Way::Tcp));
        self.client("h1", "h1", "token", way).await
    }

    /// An agent's device with a last will.
    pub async fn with_will(&self, device: &str, will: &str) -> Client {
        let mut options = self.options(device, "agent", "agent", Way::Tcp);
        let topic = format!("ds/v1/s1/scanner/{device}/state");
        options.set_last_will(LastWill::new(topic, will, QoS::AtLeastOnce, false));
        Client::connect(options, "s1").await.unwrap()
    }

    /// The certificate with this serial number is taken back.
    pub fn take_back(&self, serial: u64) {
        self.papers.as_ref().unwrap().take_back(self.folder.path(), serial);
    }

    /// Somebody with a certificate of this name, who calls itself `client`.
    pub async fn certified(&self, name: &str, client: &str) -> Result<Client, String> {
        let papers = self.papers.as_ref().unwrap();
        Client::connect(self.options(client, "", "", Way::Tls(papers.client(name))), "s1").await
    }

    /// Comes again with its certificate, as soon as the broker is there.
    pub async fn back(&self, name: &str) -> Client {
        let come = async {
            loop {
                match self.certified(name, name).await {
                    Ok(client) => return client,
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, come).await.expect("the broker lets it in again")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The other process: a broker until it is killed. Returns at once where nobody asked.
pub async fn play_broker_if_asked() {
    let Ok(asked) = std::env::var(ASKED) else { return };
    let mut words = asked.splitn(4, ' ');
    let mut word = || words.next().unwrap();
    let mode = if word() == "embedded" { BrokerMode::Embedded } else { BrokerMode::MosquittoManaged };
    let ports = [word().parse().unwrap(), word().parse().unwrap()];
    let manifest = manifest(&PathBuf::from(word()), mode, ports, None);
    let broker = Broker::start(&manifest, &rules()).await.unwrap();
    let rules = watch::Sender::new(rules());
    broker.supervise(rules.subscribe(), CancellationToken::new()).await;
}
