//! Who answers whom, where: the node against devices that a test plays. An answer goes to the asker's own topic, with what
//! it was asked with; a printer's word about a command is heard.

use super::PATIENCE;
use model::api::store::PaperRequest;
use model::mqtt::{
    Ack, AckOutcome, Birth, COMMAND_EXPIRY_S, Command, CommandBody, DeviceState, Event, EventBody, Health,
    PAYLOAD_BYTES_MAX, Reply, ReplyOutcome,
};
use model::{CommandId, SkuId, Timestamp};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, EventLoop, MqttOptions};
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use std::time::Duration;
use tests::demo::now;
use tests::demo::web::Site;
use tests::scorecard::order_commit::basket;
use tests::scorecard::served::House;

const DEVICES: &str = "[[devices]]\nid = \"scan-1\"\nclass = \"scanner\"\ndriver = \"serial-lines\"\nport = \"serial:/dev/null\"\n\n\
     [[devices]]\nid = \"label-1\"\nclass = \"printer\"\ndriver = \"zpl\"\nport = \"tcp:127.0.0.1:9\"\n\n";
const REPLY: &str = "ds/v1/s1/printer/label-1/reply";

/// Longer than the pause after which the node says an unanswered print job again.
const SAID_AGAIN: Duration = Duration::from_secs(7);

fn options(house: &House, device: &str) -> MqttOptions {
    let port = firmware_config::load(&house.config).unwrap().broker.tcp_port;
    let password = store_node::secrets::agent_password(&house.dir).unwrap();
    let mut options = MqttOptions::new(device, "127.0.0.1", port);
    options.set_credentials(store_node::secrets::AGENT_USER, password).set_outgoing_inflight_upper_limit(16);
    options.set_max_packet_size(Some(200_000));
    options
}

/// A device as the agent would play it.
struct Device {
    client: AsyncClient,
    events: EventLoop,
    base: String,
}

impl Device {
    async fn come(house: &House, class: &str, device: &str) -> Self {
        let (client, events) = AsyncClient::new(options(house, device), 16);
        let mut came = Self { client, events, base: format!("ds/v1/s1/{class}/{device}") };
        for leaf in ["cmd", "ack"] {
            came.client.subscribe(format!("{}/{leaf}", came.base), QoS::AtLeastOnce).await.unwrap();
            while !matches!(came.packet().await, Some(Packet::SubAck(_))) {}
        }
        came
    }

    /// A printer that is there, so that the store gives it jobs.
    async fn printer(house: &House) -> Self {
        let mut printer = Self::come(house, "printer", "label-1").await;
        let birth = Birth {
            schema: 1,
            session: 1,
            at: now(),
            driver: "zpl".into(),
            model: String::new(),
            firmware: String::new(),
            calibration: None,
        };
        let state = DeviceState {
            session: 1,
            at: now(),
            health: Health::Ok,
            detail: String::new(),
            hint: String::new(),
            battery_pct: None,
            queued: 0,
        };
        printer.say("birth", &birth, PublishProperties::default()).await;
        printer.say("state", &state, PublishProperties::default()).await;
        for _ in 0..2 {
            while !matches!(printer.packet().await, Some(Packet::PubAck(_))) {}
        }
        printer
    }

    async fn packet(&mut self) -> Option<Packet> {
        match self.events.poll().await.unwrap() {
            rumqttc::v5::Event::Incoming(packet) => Some(packet),
            rumqttc::v5::Event::Outgoing(_) => None,
        }
    }

    async fn say(&self, leaf: &str, what: &impl Serialize, beside: PublishProperties) {
        // It leaves with the next poll.
        let (topic, payload) = (format!("{}/{leaf}", self.base), serde_json::to_vec(what).unwrap());
        let qos = QoS::AtLeastOnce;
        self.client.publish_with_properties(topic, qos, false, payload, beside).await.unwrap();
    }

    /// The next message within this time.
    async fn hears(&mut self, within: Duration) -> Option<Publish> {
        let next = async {
            loop {
                if let Some(Packet::Publish(publish)) = self.packet().await {
                    return publish;
                }
            }
        };
        tokio::time::timeout(within, next).await.ok()
    }

    /// The next answer.
    async fn ack(&mut self) -> Ack {
        let answer = self.hears(PATIENCE).await.expect("an answer");
        serde_json::from_slice(&answer.payload).unwrap()
    }

    /// Answers a command with the data that stood beside it.
    async fn reply(&self, asked: &Publish, outcome: ReplyOutcome) {
        let command: Command = serde_json::from_slice(&asked.payload).unwrap();
        let correlation_data = asked.properties.as_ref().unwrap().correlation_data.clone();
        let beside = PublishProperties { correlation_data, ..PublishProperties::default() };
        self.say("reply", &Reply { id: command.id, outcome }, beside).await;
    }
}

fn scan(n: u128) -> Event {
    let body = EventBody::Scan {
        text: format!("unknown-{n}"),
        aim: None,
        separators: model::mqtt::Separators::Unknown,
    };
    Event {
        id: CommandId::new(Timestamp::from_ms(1_795_000_000_000), n),
        at: now(),
        session: 1,
        seq: 1,
        body,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_answers_on_the_devices_own_topic_with_what_it_was_asked_with() {
    let dir = tempfile::tempdir().unwrap();
    let house =
        House { program: env!("CARGO_BIN_EXE_demo").into(), ..House::build(dir.path(), DEVICES).unwrap() };
    let (node, _) = house.start().await.unwrap();
    let mut scanner = Device::come(&house, "scanner", "scan-1").await;
    let mut printer = Device::come(&house, "printer", "label-1").await;
    for (n, asked_at, data) in [
        (1, Some("ds/v1/s1/scanner/scan-1/ack"), Some(&b"0123456789abcdef"[..])),
        // A response topic that it may not hear itself: the node would be the one who says it.
        (2, Some("ds/v1/s1/printer/label-1/cmd"), Some(&b"x"[..])),
        (3, Some("elsewhere"), None),
        // As one that speaks 3.1.1 does.
        (4, None, None),
    ] {
        let beside = PublishProperties {
            response_topic: asked_at.map(str::to_owned),
            correlation_data: data.map(|data| data.to_vec().into()),
            ..PublishProperties::default()
        };
        let event = scan(n);
        scanner.say("event", &event, beside).await;
        let answer = scanner.hears(PATIENCE).await.expect("an answer");
        let ack: Ack = serde_json::from_slice(&answer.payload).unwrap();
        assert_eq!(ack.id, event.id, "{n}");
        let correlation = answer.properties.and_then(|beside| beside.correlation_data);
        assert_eq!(correlation.as_deref(), data, "{n}");
    }
    assert_eq!(printer.hears(Duration::from_millis(300)).await, None, "nobody made the node speak to it");
    node.stop(PATIENCE).await;
}

/// An event without an answer is repeated for ever, and whatever its sender did since waits behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_node_cannot_read_is_answered_so_that_nothing_waits_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    let house =
        House { program: env!("CARGO_BIN_EXE_demo").into(), ..House::build(dir.path(), DEVICES).unwrap() };
    let (node, _) = house.start().await.unwrap();
    let mut scanner = Device::come(&house, "scanner", "scan-1").await;
    let (mut newer, mut negative) =
        (serde_json::to_value(scan(1)).unwrap(), serde_json::to_value(scan(2)).unwrap());
    newer["body"]["type"] = "sing".into();
    negative["seq"] = (-1).into();
    let EventBody::Scan { aim, separators, .. } = scan(3).body else { panic!() };
    let long =
        Event { body: EventBody::Scan { text: "9".repeat(PAYLOAD_BYTES_MAX), aim, separators }, ..scan(3) };
    let long = serde_json::to_value(long).unwrap();
    for (n, event) in [(1, newer), (2, negative), (3, long)] {
        scanner.say("event", &event, PublishProperties::default()).await;
        let ack = scanner.ack().await;
        let AckOutcome::Refused { problem } = ack.outcome else { panic!("{n}: {ack:?}") };
        assert_eq!((ack.id, problem.code.as_str()), (scan(n).id, "unreadable"), "{n}");
    }
    // What names no id has no answer; a person finds it in quarantine, of one origin not without end.
    scanner.say("event", &"mumble", PublishProperties::default()).await;
    scanner.say("event", &scan(4), PublishProperties::default()).await;
    let ack = scanner.ack().await;
    let AckOutcome::Refused { problem } = ack.outcome else { panic!("{ack:?}") };
    assert_eq!((ack.id, problem.code.as_str()), (scan(4).id, "not_logged_in"), "and the next is heard");
    let db =
        Connection::open_with_flags(store_node::run::database(&house.dir), OpenFlags::SQLITE_OPEN_READ_ONLY);
    let sql = "SELECT origin, bytes FROM quarantine";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?));
    let aside = db.unwrap().query_row(sql, [], row).unwrap();
    assert_eq!(aside, ("device scan-1".to_owned(), b"\"mumble\"".to_vec()));
    node.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_print_command_names_where_its_answer_goes_and_the_answer_counts() {
    let dir = tempfile::tempdir().unwrap();
    let house =
        House { program: env!("CARGO_BIN_EXE_demo").into(), ..House::build(dir.path(), DEVICES).unwrap() };
    let (node, _) = house.start().await.unwrap();
    let console = house.manager().await.unwrap();
    let mut printer = Device::printer(&house).await;

    let first = ask_for_a_label(&console, &mut printer, 1).await;
    let beside = first.properties.clone().unwrap();
    let command: Command = serde_json::from_slice(&first.payload).unwrap();
    assert!(matches!(command.body, CommandBody::Print { .. }));
    assert_eq!(beside.response_topic.as_deref(), Some(REPLY));
    assert_eq!(beside.correlation_data.as_deref(), Some(&command.id.as_bytes()[..]));
    assert!(beside.message_expiry_interval.is_some_and(|left| left > 0 && left <= COMMAND_EXPIRY_S));
    let again = printer.hears(SAID_AGAIN).await.expect("said again until somebody has it");
    assert_eq!(timeless(&again.payload), timeless(&first.payload));
    assert!(waited(&again.payload) > waited(&first.payload), "and says how long it has waited by now");
    printer.reply(&again, ReplyOutcome::Taken).await;
    assert_eq!(printer.hears(SAID_AGAIN).await, None, "the agent has it on disk");

    // What the device cannot do is told to a person: the job is rejected, and not said again.
    let second = ask_for_a_label(&console, &mut printer, 2).await;
    let detail = "too wide".to_owned();
    printer.reply(&second, ReplyOutcome::Refused { detail }).await;
    let rejected = async {
        while state_of(&house, &second) != "rejected" {
            let _ = printer.hears(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, rejected).await.expect("rejected");
    assert_eq!(state_of(&house, &first), "sent");
    node.stop(PATIENCE).await;
}

/// Asks until the store knows the printer and says the job to it.
async fn ask_for_a_label(console: &Site, printer: &mut Device, sku: usize) -> Publish {
    for n in 0..20 {
        let request = PaperRequest::Shelf { sku: SkuId::new(basket::code(sku)).unwrap() };
        let key = CommandId::new(now(), (sku * 100 + n) as u128);
        if console.post::<()>("/api/v1/papers", key, &request).await.is_ok() {
            return printer.hears(PATIENCE).await.expect("a command");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the store does not know its printer");
}

fn state_of(house: &House, said: &Publish) -> String {
    let command: Command = serde_json::from_slice(&said.payload).unwrap();
    let CommandBody::Print { job, .. } = command.body else { panic!("{command:?}") };
    let path = store_node::run::database(&house.dir);
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    db.query_row("SELECT state FROM print_job WHERE job = ?1", [&job.as_bytes()[..]], |row| row.get(0))
        .unwrap()
}

/// A print command without the time that it has waited.
fn timeless(payload: &[u8]) -> Command {
    let mut command: Command = serde_json::from_slice(payload).unwrap();
    if let CommandBody::Print { waited_ms, .. } = &mut command.body {
        *waited_ms = 0;
    }
    command
}

fn waited(payload: &[u8]) -> u64 {
    let command: Command = serde_json::from_slice(payload).unwrap();
    let CommandBody::Print { waited_ms, .. } = command.body else { panic!("{command:?}") };
    waited_ms
}
