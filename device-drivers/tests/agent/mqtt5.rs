//! What stands beside a payload in MQTT 5: where an answer is wanted, what it answers, how long a message waits; and the
//! document in which a device says what it can do.

use super::common::{Broker, PATIENCE, Store, command_id, id};
use super::{Agent, bag_label, config, device, health, job, kept_events, print, printed, scanned, wait_for};
use device_drivers::printer::Language;
use device_drivers::sim::{SimDs18b20, SimGpio, SimPrinter, SimScanner};
use firmware_config::{Driver, Port, Settings};
use model::mqtt::{
    Ack, AckOutcome, CommandBody, CommandKind, DeviceClass, EVENT_EXPIRY_S, EventKind, Health, PrintOutcome,
    ReplyOutcome, Signal,
};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_counts_says_where_its_answer_is_wanted_and_all_expire() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let [tty, w1] = ["scanner", "w1/28-01"].map(|name| folder.path().join(name));
    let mut scanner = SimScanner::plug_in(&tty).unwrap();
    let _sensor = SimDs18b20::plug_in(&w1, 4_000).unwrap();
    let devices = vec![
        device("sc-1", Driver::SerialLines, Port::Serial(tty)),
        device("t-1", Driver::Ds18b20, Port::File(w1)),
    ];
    let mut store = Store::listen(broker.port, true).await;
    let agent = Agent::start(config(folder.path(), &broker, devices));
    store.until(health("sc-1", Health::Ok)).await;
    scanner.scan("9521321109995").await.unwrap();
    let event = store.until(|heard| scanned(heard).and(super::event_id(heard))).await;
    let mut seen = (None, None);
    while seen.0.is_none() || seen.1.is_none() {
        let (device, beside) =
            tokio::time::timeout(PATIENCE, store.beside.recv()).await.unwrap().expect("an event");
        match beside.response_topic.is_some() {
            true if device == id("sc-1") => seen.0 = Some(beside),
            false if device == id("t-1") => seen.1 = Some(beside),
            // Readings that are kept for a store that is away are answered, too.
            true | false => {}
        }
    }
    let (scan, reading) = (seen.0.unwrap(), seen.1.unwrap());
    assert_eq!(scan.response_topic.as_deref(), Some("ds/v1/s1/scanner/sc-1/ack"));
    assert_eq!(scan.correlation_data.as_deref(), Some(&event.as_bytes()[..]));
    assert_eq!((reading.response_topic, reading.correlation_data), (None, None), "nobody answers the latest");
    for expiry in [scan.message_expiry_interval, reading.message_expiry_interval] {
        let left = expiry.expect("it expires");
        assert!(left <= EVENT_EXPIRY_S && left + 5 > EVENT_EXPIRY_S, "{left}");
    }
    // The answer came there, with the same correlation data: the journal keeps the scan no longer.
    wait_for(|| kept_events(&folder.path().join("agent.db")) == 0).await;
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_answered_where_it_asks_for_it_with_what_it_gave() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let printer = SimPrinter::start(Language::Zpl, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mut store = Store::listen(broker.port, true).await;
    let devices = vec![device("pr-1", Driver::Zpl, Port::Tcp(printer.address().to_string()))];
    let agent = Agent::start(config(folder.path(), &broker, devices));
    store.until(health("pr-1", Health::Ok)).await;
    let correlation = Some(command_id().as_bytes().to_vec());

    store.command(DeviceClass::Printer, "pr-1", print(1)).await;
    let answer = store.reply().await;
    assert_eq!((answer.reply.id, &answer.reply.outcome), (command_id(), &ReplyOutcome::Taken));
    assert_eq!((answer.device, answer.correlation), (id("pr-1"), correlation.clone()));
    assert_eq!(store.until(printed).await, (job(1), PrintOutcome::Done));
    store.command(DeviceClass::Printer, "pr-1", print(1)).await;
    assert_eq!(store.reply().await.reply.outcome, ReplyOutcome::Known);
    assert_eq!(printer.jobs().len(), 1, "known, and not printed again");

    // A printer does not beep, and says so.
    let beep = CommandBody::Signal { signal: Signal::Right };
    store.command(DeviceClass::Printer, "pr-1", beep).await;
    assert!(matches!(store.reply().await.reply.outcome, ReplyOutcome::Refused { .. }));
    // Nobody makes it speak on another's topic; a command of an older store asks for no answer.
    for elsewhere in [Some("ds/v1/s1/printer/pr-2/reply".to_owned()), None] {
        let label = CommandBody::Print { job: job(2), label: Box::new(bag_label(2)), waited_ms: 0 };
        store.command_answered_at(DeviceClass::Printer, "pr-1", label, elsewhere).await;
    }
    // The first job's word comes once more, since the store has asked again.
    while store.until(printed).await != (job(2), PrintOutcome::Done) {}
    let unread = PublishProperties {
        response_topic: Some("ds/v1/s1/printer/pr-1/reply".into()),
        correlation_data: Some(command_id().as_bytes().to_vec().into()),
        ..PublishProperties::default()
    };
    let (topic, qos) = ("ds/v1/s1/printer/pr-1/cmd", QoS::AtLeastOnce);
    store
        .client
        .publish_with_properties(topic, qos, false, "{\"from\":\"the future\"}", unread)
        .await
        .unwrap();
    let answer = store.reply().await;
    assert!(matches!(answer.reply.outcome, ReplyOutcome::Refused { .. }), "the next answer: {answer:?}");
    assert_eq!((answer.reply.id, answer.correlation), (command_id(), correlation));
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_with_anothers_correlation_data_confirms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let tty = folder.path().join("scanner");
    let mut scanner = SimScanner::plug_in(&tty).unwrap();
    let mut store = Store::listen(broker.port, false).await;
    let devices = vec![device("sc-1", Driver::SerialLines, Port::Serial(tty))];
    let agent = Agent::start(config(folder.path(), &broker, devices));
    let journal = folder.path().join("agent.db");
    store.until(health("sc-1", Health::Ok)).await;
    scanner.scan("9521321109995").await.unwrap();
    let event = store.until(|heard| scanned(heard).and(super::event_id(heard))).await;
    let answer = |correlation: &[u8]| {
        let ack = Ack { id: event, outcome: AckOutcome::Applied, scanner: None };
        let correlation_data = Some(correlation.to_vec().into());
        let beside = PublishProperties { correlation_data, ..PublishProperties::default() };
        let payload = serde_json::to_vec(&ack).unwrap();
        let (topic, qos) = ("ds/v1/s1/scanner/sc-1/ack", QoS::AtLeastOnce);
        store.client.try_publish_with_properties(topic, qos, false, payload, beside).unwrap();
    };
    answer(command_id().as_bytes());
    // It is said again: it was not confirmed.
    assert_eq!(store.until(|heard| scanned(heard).and(super::event_id(heard))).await, event);
    assert_eq!(kept_events(&journal), 1);
    answer_right(&store, event);
    wait_for(|| kept_events(&journal) == 0).await;
    agent.stop().await;
}

fn answer_right(store: &Store, event: model::CommandId) {
    let ack = Ack { id: event, outcome: AckOutcome::Applied, scanner: None };
    let beside = PublishProperties {
        correlation_data: Some(event.as_bytes().to_vec().into()),
        ..PublishProperties::default()
    };
    let payload = serde_json::to_vec(&ack).unwrap();
    let (topic, qos) = ("ds/v1/s1/scanner/sc-1/ack", QoS::AtLeastOnce);
    store.client.try_publish_with_properties(topic, qos, false, payload, beside).unwrap();
}

/// The document is retained: who comes later reads it too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_leaves_a_document_of_what_it_can_do() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let w1 = folder.path().join("w1/28-01");
    let _sensor = SimDs18b20::plug_in(&w1, 4_000).unwrap();
    let mut sensor = device("t-1", Driver::Ds18b20, Port::File(w1));
    sensor.settings = Settings {
        model: Some("maxim-ds18b20".into()),
        offset_milli_c: Some(-250),
        certificate: Some("C-7".into()),
        ..sensor.settings
    };
    let printer = device("pr-1", Driver::Escpos, Port::Tcp("127.0.0.1:9".into()));
    let mut early = Store::listen(broker.port, true).await;
    let agent = Agent::start(config(folder.path(), &broker, vec![sensor, printer]));
    early.until(health("t-1", Health::Ok)).await;
    agent.stop().await;
    drop(early);
    let mut store = Store::listen(broker.port, true).await;
    let sensor = store.capability("t-1").await;
    assert_eq!((sensor.class, sensor.driver.as_str()), (DeviceClass::Sensor, "ds18b20"));
    assert!(sensor.model.ends_with("DS18B20"), "{}", sensor.model);
    assert_eq!((sensor.events, sensor.commands), (vec![EventKind::Reading], vec![]));
    assert_eq!((sensor.measures[0].min, sensor.measures[0].unit.as_str()), (-55_000, "mCel"));
    assert_eq!(sensor.calibration.unwrap().certificate, "C-7");
    drop(store);
    let mut store = Store::listen(broker.port, true).await;
    let printer = store.capability("pr-1").await;
    assert_eq!(printer.commands, [CommandKind::Print]);
    assert_eq!(printer.paper.unwrap().width_mm, 72);
}

/// Who runs Home Assistant on this broker finds an entity for each thing that a device tells, whenever it comes: retained.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn home_assistant_finds_what_each_device_tells() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let [w1, chip, tty] = ["w1/28-01", "gpiochip0", "scanner"].map(|name| folder.path().join(name));
    let _sensor = SimDs18b20::plug_in(&w1, 4_000).unwrap();
    let gpio = SimGpio::plug_in(&chip).unwrap();
    gpio.set(17, false).unwrap();
    let _scanner = SimScanner::plug_in(&tty).unwrap();
    let devices = vec![
        device("t-1", Driver::Ds18b20, Port::File(w1)),
        device("door-1", Driver::GpioDoor, Port::Gpio(chip, 17)),
        device("sc-1", Driver::SerialLines, Port::Serial(tty)),
    ];
    let mut store = Store::listen(broker.port, true).await;
    let agent = Agent::start(config(folder.path(), &broker, devices));
    let mut well = ["t-1", "door-1", "sc-1"].map(|name| (health(name, Health::Ok), false));
    store
        .until(|heard| {
            for (is_well, seen) in &mut well {
                *seen |= is_well(heard).is_some();
            }
            well.iter().all(|(_, seen)| *seen).then_some(())
        })
        .await;
    let (client, mut events) =
        AsyncClient::new(MqttOptions::new("home-assistant", "127.0.0.1", broker.port), 16);
    client.subscribe("homeassistant/#", QoS::AtLeastOnce).await.unwrap();
    // Behind what is retained comes our own word: what was there by then is all.
    let mut found = Vec::new();
    loop {
        match tokio::time::timeout(PATIENCE, events.poll()).await.unwrap().unwrap() {
            Event::Incoming(Packet::SubAck(_)) => {
                client.publish("homeassistant/status", QoS::AtLeastOnce, false, "online").await.unwrap();
            }
            Event::Incoming(Packet::Publish(publish)) if publish.topic == "homeassistant/status" => break,
            Event::Incoming(Packet::Publish(publish)) => {
                let document: serde_json::Value = serde_json::from_slice(&publish.payload).unwrap();
                let topic = String::from_utf8(publish.topic.to_vec()).unwrap();
                found.push((topic, document["state_topic"].as_str().unwrap().to_owned(), publish.retain));
            }
            Event::Incoming(_) | Event::Outgoing(_) => {}
        }
    }
    found.sort();
    let of = |topic: &str, state: &str| (topic.to_owned(), state.to_owned(), true);
    assert_eq!(
        found,
        [
            of("homeassistant/binary_sensor/s1/door-1/config", "ds/v1/s1/door/door-1/event"),
            of("homeassistant/sensor/s1/t-1/config", "ds/v1/s1/sensor/t-1/event"),
        ]
    );
    agent.stop().await;
}
