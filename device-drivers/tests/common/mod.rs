//! What the agent's tests share: a real Mosquitto on a free loopback port, and a store that listens and answers.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use model::mqtt::{Ack, AckOutcome, Birth, Capability, DeviceClass, DeviceState, Event, Leaf, Reply, Topic};
use model::{CommandId, DeviceId, StoreId};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, MqttOptions};
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

/// What a command is followed by: the device's answer, and what stood beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    pub device: DeviceId,
    pub reply: Reply,
    pub correlation: Option<Vec<u8>>,
}

/// The store's ear and mouth on the broker. Acknowledges events (as the node does after its commit) unless it is mute.
pub struct Store {
    pub client: AsyncClient,
    heard: mpsc::Receiver<Heard>,
    replies: mpsc::Receiver<Answered>,
    /// Properties of each event that came, by its device.
    pub beside: mpsc::Receiver<(DeviceId, PublishProperties)>,
    capabilities: mpsc::Receiver<(DeviceId, Capability)>,
    task: tokio::task::JoinHandle<()>,
}

impl Store {
    pub async fn listen(port: u16, acknowledges: bool) -> Self {
        let store = store_id();
        let mut network = rumqttc::NetworkOptions::new();
        network.set_tcp_nodelay(true);
        let mut options = MqttOptions::new("store-under-test", "127.0.0.1", port);
        options.set_keep_alive(Duration::from_secs(5)).set_clean_start(true).set_network_options(network);
        options.set_outgoing_inflight_upper_limit(200);
        let (client, mut events) = AsyncClient::new(options, 64);
        let (tell, heard) = mpsc::channel(10_000);
        let (tell_reply, replies) = mpsc::channel(10_000);
        let (tell_beside, beside) = mpsc::channel(10_000);
        let (tell_capability, capabilities) = mpsc::channel(1_000);
        let (up, is_up) = tokio::sync::oneshot::channel();
        let mouth = client.clone();
        let task = tokio::spawn(async move {
            let mut up = Some(up);
            loop {
                match events.poll().await {
                    Ok(rumqttc::v5::Event::Incoming(Packet::ConnAck(_))) => {
                        let filters = Topic::filters(&store);
                        let capability = format!("ds/v1/{store}/+/+/capability");
                        for filter in filters.into_iter().chain([capability]) {
                            mouth.try_subscribe(filter, QoS::AtLeastOnce).unwrap();
                        }
                    }
                    Ok(rumqttc::v5::Event::Incoming(Packet::SubAck(_))) => {
                        up.take().map(|up| up.send(()));
                    }
                    Ok(rumqttc::v5::Event::Incoming(Packet::Publish(publish))) => {
                        let topic: Topic = str::from_utf8(&publish.topic).unwrap().parse().unwrap();
                        let device = topic.device.clone();
                        match topic.leaf {
                            Leaf::Reply => {
                                let reply = serde_json::from_slice(&publish.payload).unwrap();
                                let correlation = beside_of(&publish).correlation_data;
                                let correlation = correlation.map(|data| data.to_vec());
                                tell_reply.try_send(Answered { device, reply, correlation }).unwrap();
                                continue;
                            }
                            Leaf::Capability => {
                                let read = serde_json::from_slice(&publish.payload).unwrap();
                                tell_capability.try_send((device, read)).unwrap();
                                continue;
                            }
                            Leaf::Birth | Leaf::State | Leaf::Event | Leaf::Cmd | Leaf::Ack => {}
                        }
                        let heard = read(&topic, &publish.payload);
                        if let Heard::Event(device, event) = &heard {
                            let beside = beside_of(&publish);
                            let _ = tell_beside.try_send((device.clone(), beside.clone()));
                            if acknowledges && let Some(to) = beside.response_topic.clone() {
                                acknowledge(&mouth, to, event.id, beside);
                            }
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
        Self { client, heard, replies, beside, capabilities, task }
    }

    /// The next answer to a command.
    pub async fn reply(&mut self) -> Answered {
        tokio::time::timeout(PATIENCE, self.replies.recv()).await.unwrap().unwrap()
    }

    /// What a device says that it can do.
    pub async fn capability(&mut self, of: &str) -> Capability {
        let search = async {
            loop {
                let (device, capability) = self.capabilities.recv().await.unwrap();
                if device == id(of) {
                    return capability;
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.unwrap()
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
        let answer_to = Topic::new(&store_id(), class, &id(device), Leaf::Reply).to_string();
        self.command_answered_at(class, device, body, Some(answer_to)).await;
    }

    /// A command whose answer is wanted there.
    pub async fn command_answered_at(
        &self,
        class: DeviceClass,
        device: &str,
        body: model::mqtt::CommandBody,
        answer_to: Option<String>,
    ) {
        let topic = Topic::new(&store_id(), class, &id(device), Leaf::Cmd);
        let command = model::mqtt::Command { id: command_id(), body };
        let bytes = serde_json::to_vec(&command).unwrap();
        let beside = PublishProperties {
            correlation_data: answer_to.is_some().then(|| command_id().as_bytes().to_vec().into()),
            response_topic: answer_to,
            ..PublishProperties::default()
        };
        let qos = QoS::AtLeastOnce;
        self.client.publish_with_properties(topic.to_string(), qos, false, bytes, beside).await.unwrap();
    }
}

/// The id that all commands of these tests bear.
pub fn command_id() -> CommandId {
    CommandId::new(model::Timestamp::from_ms(1), 1)
}

fn beside_of(publish: &Publish) -> PublishProperties {
    publish.properties.clone().unwrap_or_default()
}

/// As the node does after its commit: where the event asks for it, with what it gave.
fn acknowledge(mouth: &AsyncClient, to: String, id: CommandId, asked: PublishProperties) {
    let ack = Ack { id, outcome: AckOutcome::Applied, scanner: None };
    let bytes = serde_json::to_vec(&ack).unwrap();
    let correlation_data = asked.correlation_data;
    let beside = PublishProperties { correlation_data, ..PublishProperties::default() };
    mouth.try_publish_with_properties(to, QoS::AtLeastOnce, false, bytes, beside).unwrap();
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
        Leaf::Capability | Leaf::Reply | Leaf::Cmd | Leaf::Ack => panic!("not for here: {topic}"),
    }
}

pub fn store_id() -> StoreId {
    StoreId::new("s1").unwrap()
}

pub fn id(text: &str) -> DeviceId {
    DeviceId::new(text).unwrap()
}
