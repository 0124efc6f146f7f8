//! What the agent's tests share: a real Mosquitto on a free loopback port, and a store that listens and answers.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use model::mqtt::{Ack, AckOutcome, Birth, DeviceClass, DeviceState, Event, Leaf, Topic};
use model::{DeviceId, StoreId};
use rumqttc::{AsyncClient, MqttOptions, Packet, QoS};
use tokio::sync::mpsc;

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A Mosquitto of our own. Killed when dropped.
pub struct Broker {
    pub port: u16,
    config: PathBuf,
    child: Child,
}

impl Broker {
    pub async fn start(folder: &Path) -> Self {
        let port = free_port();
        let config = folder.join("mosquitto.conf");
        let text = format!("listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n");
        std::fs::write(&config, text).unwrap();
        let broker = Self { port, child: spawn(&config), config };
        broker.wait_until_up().await;
        broker
    }

    /// Ends it at once, as a power cut does: sessions and queued messages are gone.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub async fn restart(&mut self) {
        self.child = spawn(&self.config);
        self.wait_until_up().await;
    }

    async fn wait_until_up(&self) {
        let up = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, up).await.unwrap();
    }
}

fn spawn(config: &Path) -> Child {
    let program =
        ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"].into_iter().find(|path| Path::new(path).exists());
    let program = program.unwrap_or_else(|| panic!("mosquitto is missing: apt-get install mosquitto"));
    let quiet = std::process::Stdio::null;
    Command::new(program).arg("-c").arg(config).stdout(quiet()).stderr(quiet()).spawn().unwrap()
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the store hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    Birth(DeviceId, Birth),
    State(DeviceId, DeviceState),
    Event(DeviceId, Event),
}

/// The store's ear and mouth on the broker. Acknowledges events (as the node does after its commit) unless it is mute.
pub struct Store {
    pub client: AsyncClient,
    heard: mpsc::Receiver<Heard>,
    task: tokio::task::JoinHandle<()>,
}

impl Store {
    pub async fn listen(port: u16, acknowledges: bool) -> Self {
        let store = store_id();
        let mut options = MqttOptions::new("store-under-test", "127.0.0.1", port);
        options.set_keep_alive(Duration::from_secs(5)).set_clean_session(true);
        let (client, mut events) = AsyncClient::new(options, 64);
        let mut network = rumqttc::NetworkOptions::new();
        network.set_tcp_nodelay(true);
        events.set_network_options(network);
        let (tell, heard) = mpsc::channel(10_000);
        let (up, is_up) = tokio::sync::oneshot::channel();
        let mouth = client.clone();
        let task = tokio::spawn(async move {
            let mut up = Some(up);
            loop {
                match events.poll().await {
                    Ok(rumqttc::Event::Incoming(Packet::ConnAck(_))) => {
                        for filter in Topic::filters(&store) {
                            mouth.try_subscribe(filter, QoS::AtLeastOnce).unwrap();
                        }
                    }
                    Ok(rumqttc::Event::Incoming(Packet::SubAck(_))) => {
                        up.take().map(|up| up.send(()));
                    }
                    Ok(rumqttc::Event::Incoming(Packet::Publish(publish))) => {
                        let topic: Topic = publish.topic.parse().unwrap();
                        let heard = read(&topic, &publish.payload);
                        if let (Heard::Event(_, event), true) = (&heard, acknowledges) {
                            let ack = Ack { id: event.id, outcome: AckOutcome::Applied, scanner: None };
                            let to = Topic { leaf: Leaf::Ack, ..topic };
                            let bytes = serde_json::to_vec(&ack).unwrap();
                            mouth.try_publish(to.to_string(), QoS::AtLeastOnce, false, bytes).unwrap();
                        }
                        if tell.send(heard).await.is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        tokio::time::timeout(PATIENCE, is_up).await.unwrap().unwrap();
        Self { client, heard, task }
    }

    /// The next thing that `wanted` picks out; what it does not want is passed over.
    pub async fn until<T>(&mut self, mut wanted: impl FnMut(&Heard) -> Option<T>) -> T {
        let search = async {
            loop {
                let heard = self.heard.recv().await.unwrap_or_else(|| panic!("the store's ear is closed"));
                if let Some(found) = wanted(&heard) {
                    return found;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        found.unwrap_or_else(|_| panic!("not heard in time"))
    }

    pub async fn command(&self, class: DeviceClass, device: &str, body: model::mqtt::CommandBody) {
        let topic = Topic::new(&store_id(), class, &id(device), Leaf::Cmd);
        let now = model::Timestamp::from_ms(1);
        let command = model::mqtt::Command { id: model::CommandId::new(now, 1), body };
        let bytes = serde_json::to_vec(&command).unwrap();
        self.client.publish(topic.to_string(), QoS::AtLeastOnce, false, bytes).await.unwrap();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn read(topic: &Topic, payload: &[u8]) -> Heard {
    let device = topic.device.clone();
    match topic.leaf {
        Leaf::Birth => Heard::Birth(device, serde_json::from_slice(payload).unwrap()),
        Leaf::State => Heard::State(device, serde_json::from_slice(payload).unwrap()),
        Leaf::Event => Heard::Event(device, serde_json::from_slice(payload).unwrap()),
        Leaf::Cmd | Leaf::Ack => panic!("not subscribed: {topic}"),
    }
}

pub fn store_id() -> StoreId {
    StoreId::new("s1").unwrap()
}

pub fn id(text: &str) -> DeviceId {
    DeviceId::new(text).unwrap()
}
