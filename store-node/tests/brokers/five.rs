//! What MQTT 5 brings to agent and node, on both brokers: response topic and correlation data, expiry of messages and of
//! sessions, and a reason for each refusal.

use super::BOTH;
use super::client::PATIENCE;
use super::house::House;
use firmware_config::BrokerMode;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use std::time::Duration;

/// A second, which is the unit of all expiry, is over; Mosquitto counts whole ones.
const EXPIRED: Duration = Duration::from_millis(2_300);
/// A session of a second is over: both brokers look at it once in a while.
const SESSION_OVER: Duration = Duration::from_millis(2_600);

struct Client {
    client: AsyncClient,
    events: EventLoop,
    resumed: bool,
}

impl Client {
    async fn connect(options: MqttOptions) -> Self {
        let (client, mut events) = AsyncClient::new(options, 64);
        let first = tokio::time::timeout(PATIENCE, events.poll()).await.unwrap().unwrap();
        let Event::Incoming(Packet::ConnAck(welcome)) = first else { panic!("{first:?}") };
        Self { client, events, resumed: welcome.session_present }
    }

    async fn node(house: &House) -> Self {
        Self::connect(house.options_5("larder-node", "larder-node", "node")).await
    }

    async fn agent(house: &House, device: &str) -> Self {
        Self::connect(house.options_5(device, "agent", "agent")).await
    }

    async fn next(&mut self) -> Packet {
        loop {
            let event = tokio::time::timeout(PATIENCE, self.events.poll()).await.expect("a packet").unwrap();
            if let Event::Incoming(packet) = event {
                return packet;
            }
        }
    }

    async fn subscribe(&mut self, filter: &str) {
        self.client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        while !matches!(self.next().await, Packet::SubAck(_)) {}
    }

    /// Publishes and waits for the broker's word.
    async fn say(&mut self, topic: &str, payload: &str, beside: PublishProperties) -> PubAckReason {
        let qos = QoS::AtLeastOnce;
        let topic = format!("ds/v1/s1/{topic}");
        self.client.publish_with_properties(topic, qos, false, payload.to_owned(), beside).await.unwrap();
        loop {
            if let Packet::PubAck(ack) = self.next().await {
                return ack.reason;
            }
        }
    }

    async fn hears(&mut self) -> Publish {
        loop {
            if let Packet::Publish(publish) = self.next().await {
                return publish;
            }
        }
    }
}

fn expiring(seconds: u32) -> PublishProperties {
    PublishProperties { message_expiry_interval: Some(seconds), ..PublishProperties::default() }
}

#[tokio::test]
async fn where_an_answer_is_wanted_and_for_what_passes_through() {
    for mode in BOTH {
        let house = House::open(mode, None).await;
        let mut node = Client::node(&house).await;
        node.subscribe("ds/v1/s1/+/+/event").await;
        let mut agent = Client::agent(&house, "scan-1").await;
        agent.subscribe("ds/v1/s1/scanner/scan-1/ack").await;
        let asked = PublishProperties {
            response_topic: Some("ds/v1/s1/scanner/scan-1/ack".into()),
            correlation_data: Some(vec![0, 255, 7].into()),
            ..expiring(600)
        };
        agent.say("scanner/scan-1/event", "scanned", asked).await;
        let heard = node.hears().await.properties.unwrap();
        assert_eq!(heard.response_topic.as_deref(), Some("ds/v1/s1/scanner/scan-1/ack"), "{mode:?}");
        assert_eq!(heard.correlation_data.as_deref(), Some(&[0, 255, 7][..]), "{mode:?}");
        assert!(heard.message_expiry_interval.is_some_and(|left| left > 590 && left <= 600), "{mode:?}");
        let correlation_data = heard.correlation_data;
        let answer = PublishProperties { correlation_data, ..PublishProperties::default() };
        node.say("scanner/scan-1/ack", "counted", answer).await;
        let heard = agent.hears().await;
        assert_eq!(heard.properties.unwrap().correlation_data.as_deref(), Some(&[0, 255, 7][..]), "{mode:?}");
        house.close().await;
    }
}

#[tokio::test]
async fn what_has_expired_is_not_said_to_who_comes_back() {
    for mode in BOTH {
        let house = House::open(mode, None).await;
        let mut agent = Client::agent(&house, "label-1").await;
        agent.subscribe("ds/v1/s1/printer/label-1/cmd").await;
        drop(agent);
        let mut node = Client::node(&house).await;
        node.say("printer/label-1/cmd", "beep", expiring(1)).await;
        node.say("printer/label-1/cmd", "print", expiring(600)).await;
        tokio::time::sleep(EXPIRED).await;
        let mut agent = Client::agent(&house, "label-1").await;
        assert!(agent.resumed, "{mode:?}");
        let heard = agent.hears().await;
        assert_eq!(&heard.payload[..], b"print", "{mode:?}");
        assert!(
            heard.properties.unwrap().message_expiry_interval.unwrap() < 600,
            "{mode:?}: time has passed"
        );
        house.close().await;
    }
}

/// A message that was sent, never acknowledged and has expired takes no place: the next one is sent. Ours alone: Mosquitto
/// 2.0.11 keeps the place for the rest of the connection, which matters only where a client takes one message at a time.
#[tokio::test]
async fn an_expired_message_does_not_block_the_next() {
    let house = House::open(BrokerMode::Embedded, None).await;
    let mut options = house.options_5("label-1", "agent", "agent");
    options.set_receive_maximum(Some(1)).set_manual_acks(true);
    let mut agent = Client::connect(options.clone()).await;
    agent.subscribe("ds/v1/s1/printer/label-1/cmd").await;
    let mut node = Client::node(&house).await;
    node.say("printer/label-1/cmd", "first", expiring(1)).await;
    assert_eq!(&agent.hears().await.payload[..], b"first");
    drop(agent);
    tokio::time::sleep(EXPIRED).await;
    node.say("printer/label-1/cmd", "second", expiring(600)).await;
    let mut agent = Client::connect(options.set_manual_acks(false).clone()).await;
    assert_eq!(&agent.hears().await.payload[..], b"second");
    house.close().await;
}

#[tokio::test]
async fn a_session_lasts_as_long_as_its_client_has_asked() {
    for mode in BOTH {
        let house = House::open(mode, None).await;
        for (asked_s, resumed) in [(1, false), (600, true)] {
            let mut options = house.options_5("label-1", "agent", "agent");
            options.set_session_expiry_interval(Some(asked_s));
            drop(Client::connect(options.clone()).await);
            tokio::time::sleep(SESSION_OVER).await;
            assert_eq!(Client::connect(options).await.resumed, resumed, "{mode:?}: {asked_s} s");
        }
        house.close().await;
    }
}

#[tokio::test]
async fn who_says_what_it_may_not_is_told_so() {
    for mode in BOTH {
        let house = House::open(mode, None).await;
        let mut agent = Client::agent(&house, "scan-1").await;
        for (topic, taken) in [
            ("scanner/scan-1/birth", true),
            ("scanner/scan-1/capability", true),
            ("scanner/scan-1/reply", true),
            ("scanner/scan-1/cmd", false),
            ("scanner/scan-1/ack", false),
            ("handheld/h1/event", false),
        ] {
            let reason = agent.say(topic, "x", PublishProperties::default()).await;
            let refused = reason == PubAckReason::NotAuthorized;
            assert_eq!(refused, !taken, "{mode:?}: {topic}: {reason:?}");
        }
        house.close().await;
    }
}
