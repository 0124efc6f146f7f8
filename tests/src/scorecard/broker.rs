//! Benchmark `broker`: the node's own broker against Mosquitto in one run, by a store's own traffic: devices publish
//! events, the node answers each with an ack, in MQTT 5 with response topic and correlation data. Both brokers are started
//! as the node starts them, with their users and rules; the clients, all of them in this process, are the same for both.
//! `kept` says what it would cost to have every message on disk before its acknowledgement, as a session that survives
//! kill -9 needs: the same flood, retained.

use super::footprint::{broker_rss_mb, load_average, tenth};
use super::stage;
use crate::demo::procs::Proc;
use anyhow::{Context, Result, bail};
use rumqttc::NetworkOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store_node::broker::{AccessRules, AgentRight, Broker, hash_password};
use store_node::secrets;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Devices; with the node that makes forty clients.
const DEVICES: usize = 39;
/// Events of one device on their way, for the throughput.
const WINDOW: usize = 16;
/// Pause between two events of one device, for the latency: a busy store, not a flood.
const PACE: Duration = Duration::from_millis(50);
/// Publishes of one client without an acknowledgement, as the node has them.
const INFLIGHT_MAX: u16 = 200;
/// An event as long as a scan's.
const PAYLOAD: [u8; 180] = [b'x'; 180];
/// A broker has to accept a connection within this time.
const UP_LIMIT: Duration = Duration::from_secs(10);
/// What has not come back by then was lost: only QoS 0 may be.
const LOST_AFTER: Duration = Duration::from_secs(2);

/// Runs the benchmark with `seconds` for each point; `error` stands in the answer if it cannot.
pub fn run(seconds: f64) -> Value {
    let measured = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(measure(Duration::from_secs_f64(seconds))));
    measured.unwrap_or_else(|error| json!({"name": "broker", "error": format!("{error:#}")}))
}

async fn measure(each: Duration) -> Result<Value> {
    let embedded = system("embedded", each).await.context("embedded")?;
    let mosquitto = system("mosquitto-managed", each).await.context("mosquitto")?;
    Ok(json!({
        "name": "broker",
        "clients": DEVICES + 1,
        "payload_bytes": PAYLOAD.len(),
        "seconds_each": each.as_secs_f64(),
        "embedded": embedded,
        "mosquitto": mosquitto,
        "notes": "messages = events delivered to the node and acks delivered to the devices, at a window of 16 per device; \
            round trip = event to ack through the node's client, at 20 events a second of each device; \
            mosquitto as the node configures it: its whole state is written at every change, which is what QoS 1 waits for; \
            embedded rss is its whole process, mosquitto's without the process that watches it",
        "load_average": load_average(),
    }))
}

/// One broker: memory with everybody connected, then both points at both qualities.
async fn system(mode: &str, each: Duration) -> Result<Value> {
    let folder = tempfile::Builder::new().prefix("larder-broker").tempdir()?;
    let dir = folder.path().join("store");
    std::fs::create_dir_all(&dir)?;
    let config = dir.join("store.toml");
    let ports = stage::free_ports()?;
    let text = stage::store_toml(&dir, ports, "").replace("\"embedded\"", &format!("\"{mode}\""));
    std::fs::write(&config, text)?;
    let (node, agent) = (secrets::node_password(&dir)?, secrets::agent_password(&dir)?);
    let proc = Proc::start("__broker", &config, &folder.path().join("broker.log"), &[])?;
    let [_, tcp, web] = ports;
    wait_until_up([tcp, web]).await?;
    let house = House { port: tcp, node, agent };
    let mut answer = serde_json::Map::new();
    for (word, qos) in [("qos0", QoS::AtMostOnce), ("qos1", QoS::AtLeastOnce)] {
        let latency = play(&house, qos, Wish { window: 1, pace: Some(PACE), kept: false }, each).await?;
        let flood = play(&house, qos, FLOOD, each).await?;
        let figures = json!({
            "messages_per_s": (flood.messages_per_s).round(),
            "round_trip_p50_ms": hundredth(latency.p50_ms),
            "round_trip_p99_ms": hundredth(latency.p99_ms),
            "flood_round_trip_p99_ms": hundredth(flood.p99_ms),
            "lost": latency.lost + flood.lost,
        });
        answer.insert(word.to_owned(), figures);
    }
    let kept = play(&house, QoS::AtLeastOnce, Wish { kept: true, ..FLOOD }, each).await?;
    let figures = json!({
        "messages_per_s": kept.messages_per_s.round(),
        "flood_round_trip_p99_ms": hundredth(kept.p99_ms),
    });
    answer.insert("qos1_kept".to_owned(), figures);
    let rss = if mode == "embedded" { proc.rss_mb() } else { broker_rss_mb(&dir) };
    answer.insert("rss_after_mb".to_owned(), json!(tenth(rss)));
    proc.stop(Duration::from_secs(5)).await;
    Ok(Value::Object(answer))
}

async fn wait_until_up(ports: [u16; 2]) -> Result<()> {
    let up = async {
        for port in ports {
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    };
    tokio::time::timeout(UP_LIMIT, up).await.context("the broker did not come up")
}

struct House {
    port: u16,
    node: String,
    agent: String,
}

#[derive(Clone, Copy)]
struct Wish {
    window: usize,
    pace: Option<Duration>,
    kept: bool,
}

/// As fast as it goes.
const FLOOD: Wish = Wish { window: WINDOW, pace: None, kept: false };

struct Figures {
    messages_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    lost: u64,
}

impl House {
    fn client(&self, id: &str, user: &str, password: &str) -> (AsyncClient, EventLoop) {
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        let mut options = MqttOptions::new(id, "127.0.0.1", self.port);
        options
            .set_credentials(user, password)
            .set_keep_alive(Duration::from_secs(30))
            .set_outgoing_inflight_upper_limit(INFLIGHT_MAX)
            .set_network_options(network);
        AsyncClient::new(options, 2_000)
    }
}

/// All clients for a while.
async fn play(house: &House, qos: QoS, wish: Wish, each: Duration) -> Result<Figures> {
    let stop = CancellationToken::new();
    let heard = Arc::new(AtomicU64::new(0));
    let ready = Arc::new(AtomicBool::new(false));
    let (client, events) = house.client("larder-node", secrets::NODE_USER, &house.node);
    let node = tokio::spawn(answer_all(client, events, qos, heard.clone(), ready.clone(), stop.clone()));
    while !ready.load(Ordering::Acquire) {
        if node.is_finished() {
            bail!("the node was not let in");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut devices = JoinSet::new();
    let until = Instant::now() + each;
    for n in 0..DEVICES {
        let (client, events) = house.client(&format!("scan-{n}"), secrets::AGENT_USER, &house.agent);
        let device = Device { topic: format!("ds/v1/s1/scanner/scan-{n}"), client, events, qos, wish };
        devices.spawn(device.live(until));
    }
    let (mut trips, mut lost) = (Vec::new(), 0);
    while let Some(done) = devices.join_next().await {
        let (own, missing) = done??;
        trips.extend(own);
        lost += missing;
    }
    stop.cancel();
    let _ = node.await;
    trips.sort();
    let at = |share: f64| {
        let place = ((trips.len() as f64 * share) as usize).min(trips.len().saturating_sub(1));
        trips.get(place).map_or(0.0, |trip: &Duration| trip.as_secs_f64() * 1_000.0)
    };
    let messages = heard.load(Ordering::Relaxed) + trips.len() as u64;
    Ok(Figures {
        messages_per_s: messages as f64 / each.as_secs_f64(),
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        lost,
    })
}

/// The node: answers every event on its device's ack.
async fn answer_all(
    client: AsyncClient,
    mut events: EventLoop,
    qos: QoS,
    heard: Arc<AtomicU64>,
    ready: Arc<AtomicBool>,
    stop: CancellationToken,
) -> Result<()> {
    client.subscribe("ds/v1/s1/+/+/event", qos).await?;
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            event = events.poll() => event?,
        };
        match event {
            Event::Incoming(Packet::SubAck(_)) => ready.store(true, Ordering::Release),
            Event::Incoming(Packet::Publish(publish)) => {
                heard.fetch_add(1, Ordering::Relaxed);
                let Some(asked) = publish.properties else { continue };
                let Some(topic) = asked.response_topic else { continue };
                let correlation_data = asked.correlation_data;
                let beside = PublishProperties { correlation_data, ..PublishProperties::default() };
                let _ = client.try_publish_with_properties(topic, qos, false, publish.payload, beside);
            }
            Event::Incoming(_) | Event::Outgoing(_) => {}
        }
    }
}

struct Device {
    topic: String,
    client: AsyncClient,
    events: EventLoop,
    qos: QoS,
    wish: Wish,
}

impl Device {
    /// Says events and times their acks; gives the round trips and how many acks never came.
    async fn live(mut self, until: Instant) -> Result<(Vec<Duration>, u64)> {
        self.client.subscribe(format!("{}/ack", self.topic), self.qos).await?;
        let (mut trips, mut open) = (Vec::new(), 0_usize);
        let begun = Instant::now();
        let mut next = tokio::time::Instant::now();
        let mut subscribed = false;
        let mut last = Instant::now();
        while Instant::now() < until || (open > 0 && last.elapsed() < LOST_AFTER) {
            let may_say = subscribed && open < self.wish.window && Instant::now() < until;
            if may_say && self.wish.pace.is_none() {
                self.say(begun)?;
                open += 1;
                continue;
            }
            let event = tokio::select! {
                event = self.events.poll() => event?,
                () = tokio::time::sleep_until(next), if may_say => {
                    next += self.wish.pace.unwrap_or_default();
                    self.say(begun)?;
                    open += 1;
                    continue;
                }
                () = tokio::time::sleep(LOST_AFTER) => break,
            };
            match event {
                Event::Incoming(Packet::SubAck(_)) => subscribed = true,
                Event::Incoming(Packet::Publish(publish)) => {
                    let sent = publish.payload.first_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes));
                    trips.push(begun.elapsed().saturating_sub(Duration::from_nanos(sent.unwrap_or(0))));
                    open = open.saturating_sub(1);
                    last = Instant::now();
                }
                Event::Incoming(_) | Event::Outgoing(_) => {}
            }
        }
        Ok((trips, open as u64))
    }

    /// One event; its first bytes say when it left.
    fn say(&self, begun: Instant) -> Result<()> {
        let mut payload = PAYLOAD.to_vec();
        let now = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        payload[..8].copy_from_slice(&now.to_be_bytes());
        let beside = PublishProperties {
            message_expiry_interval: Some(model::mqtt::EVENT_EXPIRY_S),
            response_topic: Some(format!("{}/ack", self.topic)),
            correlation_data: Some(payload[..16].to_vec().into()),
            ..PublishProperties::default()
        };
        let (topic, kept) = (format!("{}/event", self.topic), self.wish.kept);
        self.client.try_publish_with_properties(topic, self.qos, kept, payload, beside)?;
        Ok(())
    }
}

/// The role of the process that is only a broker, as the node would start it.
///
/// # Errors
/// When it does not start.
pub async fn serve(config: &Path, stop: CancellationToken) -> Result<()> {
    let manifest = firmware_config::load(config)?;
    let dir = manifest.node.data_dir.clone();
    let devices = (0..DEVICES)
        .map(|n| Ok((model::mqtt::DeviceClass::Scanner, model::DeviceId::new(format!("scan-{n}"))?)));
    let rules = AccessRules {
        store: manifest.store.id.clone(),
        node: (
            secrets::NODE_USER.to_owned(),
            hash_password(&secrets::node_password(&dir)?, secrets::random()?),
        ),
        agents: vec![AgentRight {
            user: secrets::AGENT_USER.to_owned(),
            hash: hash_password(&secrets::agent_password(&dir)?, secrets::random()?),
            devices: devices.collect::<Result<_>>()?,
        }],
        handhelds: Vec::new(),
    };
    let broker = Broker::start(&manifest, &rules).await?;
    let rules = tokio::sync::watch::Sender::new(rules);
    broker.supervise(rules.subscribe(), stop).await;
    Ok(())
}

fn hundredth(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
