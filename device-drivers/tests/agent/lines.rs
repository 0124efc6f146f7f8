//! Doors, outputs, sensors and NCI scales through the whole agent, on simulators.

use std::time::Duration;

use device_drivers::sim::{SimDs18b20, SimGpio, SimModbus, SimScale};
use firmware_config::{Band, Driver, Port, Settings};
use model::mqtt::{CommandBody, DeviceClass, Drive, EventBody, Health};
use model::{Date, Grams, ZoneId};

use super::common::{Broker, Heard, Store};
use super::{Agent, config, device, health, wait_for};

fn door(heard: &Heard) -> Option<(bool, i64)> {
    match heard {
        Heard::Event(_, event) => match event.body {
            EventBody::Door { open } => Some((open, event.at.ms())),
            EventBody::Scan { .. }
            | EventBody::Reading { .. }
            | EventBody::Weight { .. }
            | EventBody::Print { .. } => None,
        },
        Heard::Birth(..) | Heard::State(..) => None,
    }
}

/// The scale says that what stood on it is gone.
fn emptied(heard: &Heard) -> bool {
    let weight = |event: &model::mqtt::Event| matches!(event.body, EventBody::Weight { grams: None });
    matches!(heard, Heard::Event(_, event) if weight(event))
}

fn weight(heard: &Heard) -> Option<Grams> {
    match heard {
        Heard::Event(_, event) => match event.body {
            EventBody::Weight { grams } => grams,
            EventBody::Scan { .. }
            | EventBody::Reading { .. }
            | EventBody::Door { .. }
            | EventBody::Print { .. } => None,
        },
        Heard::Birth(..) | Heard::State(..) => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_says_each_change_also_what_happened_while_the_broker_was_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = Broker::start(folder.path()).await;
    let chip = folder.path().join("chip");
    let gpio = SimGpio::plug_in(&chip).unwrap();
    gpio.set(17, false).unwrap();
    let devices = vec![device("door-1", Driver::GpioDoor, Port::Gpio(chip, 17))];
    let mut store = Store::listen(broker.port, true).await;
    let agent = Agent::start(config(folder.path(), &broker, devices));
    assert!(!store.until(door).await.0, "how it stands is said first");
    gpio.set(17, true).unwrap();
    let (open, opened_at) = store.until(door).await;
    assert!(open);
    drop(store);
    broker.kill();
    gpio.set(17, false).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    broker.restart().await;
    let mut store = Store::listen(broker.port, true).await;
    let (open, shut_at) = store.until(|heard| door(heard).filter(|(open, _)| !open)).await;
    assert!(!open && shut_at > opened_at);
    gpio.unplug(17).unwrap();
    store.until(health("door-1", Health::Down)).await;
    gpio.set(17, true).unwrap();
    assert!(store.until(door).await.0);
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_output_follows_its_commands_and_is_off_when_the_agent_stops() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let chip = folder.path().join("chip");
    let gpio = SimGpio::plug_in(&chip).unwrap();
    // Low is on: a relay board that is wired the other way round.
    gpio.set(4, false).unwrap();
    let mut buzzer = device("buzz-1", Driver::GpioOutput, Port::Gpio(chip, 4));
    buzzer.settings = Settings { active_low: Some(true), ..Settings::default() };
    let mut store = Store::listen(broker.port, true).await;
    let agent = Agent::start(config(folder.path(), &broker, vec![buzzer]));
    store.until(health("buzz-1", Health::Ok)).await;
    wait_for(|| gpio.is_high(4).unwrap()).await;
    let drive = |drive| CommandBody::Output { drive };
    store.command(DeviceClass::Output, "buzz-1", drive(Drive::On { for_ms: Some(150) })).await;
    wait_for(|| !gpio.is_high(4).unwrap()).await;
    wait_for(|| gpio.is_high(4).unwrap()).await;
    let blink = Drive::Blink { on_ms: 60, off_ms: 60, times: None };
    store.command(DeviceClass::Output, "buzz-1", drive(blink)).await;
    for on in [true, false, true, false] {
        wait_for(|| gpio.is_high(4).unwrap() != on).await;
    }
    store.command(DeviceClass::Output, "buzz-1", drive(Drive::On { for_ms: None })).await;
    wait_for(|| !gpio.is_high(4).unwrap()).await;
    agent.stop().await;
    assert!(gpio.is_high(4).unwrap());
}

/// The module's address, its door's input and its lamp's coil.
const MODULE: (u8, u16, u16) = (3, 1, 7);
const CHANNELS: u16 = 8;

fn at_module(register: u16) -> Settings {
    Settings { slave: Some(MODULE.0), register: Some(register), ..Settings::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_and_a_lamp_at_one_module_go_on_when_its_power_comes_back() {
    let (slave, input, coil) = MODULE;
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let tty = folder.path().join("rs485");
    let line = SimModbus::plug_in(&tty).unwrap();
    line.power_module(slave, CHANNELS);
    let mut door_1 = device("door-1", Driver::ModbusDoor, Port::Serial(tty.clone()));
    door_1.settings = at_module(input);
    let mut lamp = device("lamp-1", Driver::ModbusOutput, Port::Serial(tty.clone()));
    lamp.settings = at_module(coil);
    let mut store = Store::listen(broker.port, true).await;
    let agent = Agent::start(config(folder.path(), &broker, vec![door_1, lamp]));
    assert!(!store.until(door).await.0, "how it stands is said first");
    line.sense(slave, input, true);
    assert!(store.until(door).await.0);
    let drive = CommandBody::Output { drive: Drive::On { for_ms: None } };
    store.command(DeviceClass::Output, "lamp-1", drive).await;
    wait_for(|| line.coil(slave, coil) == Some(true)).await;
    // The module blinks out and back: its coils are off then, and nobody told it anything.
    line.power_module(slave, CHANNELS);
    wait_for(|| line.coil(slave, coil) == Some(true)).await;
    line.silence(slave);
    store.until(health("door-1", Health::Down)).await;
    store.until(health("lamp-1", Health::Down)).await;
    line.power_module(slave, CHANNELS);
    assert!(!store.until(door).await.0, "it was shut meanwhile");
    wait_for(|| line.coil(slave, coil) == Some(true)).await;
    drop(line);
    store.until(health("door-1", Health::Down)).await;
    let line = SimModbus::plug_in(&tty).unwrap();
    line.power_module(slave, CHANNELS);
    wait_for(|| line.coil(slave, coil) == Some(true)).await;
    agent.stop().await;
    assert_eq!(line.coil(slave, coil), Some(false), "an output is off when the agent stops");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_nci_scale_weighs_and_says_when_it_must_not() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let tty = folder.path().join("scale");
    let scale = SimScale::plug_in_nci(&tty).unwrap();
    let mut nci = device("scale-1", Driver::Nci, Port::Serial(tty));
    nci.settings.stamp_until = Some(Date::new(2020, 12, 31).unwrap());
    let mut store = Store::listen(broker.port, true).await;
    let agent = Agent::start(config(folder.path(), &broker, vec![nci]));
    assert!(store.until(health("scale-1", Health::Warn)).await.contains("2020-12-31"), "an expired stamp");
    scale.set_moving(true);
    scale.set_weight(Grams(1_250));
    assert_eq!(store.until(weight).await, Grams(1_250));
    scale.set_weight(Grams(0));
    store.until(|heard| emptied(heard).then_some(())).await;
    scale.set_weight(Grams(1_250));
    assert_eq!(store.until(weight).await, Grams(1_250));
    scale.set_faulty(true);
    store.until(health("scale-1", Health::Down)).await;
    scale.set_faulty(false);
    scale.set_weight(Grams(480));
    assert_eq!(store.until(weight).await, Grams(480));
    agent.stop().await;
}

fn reading(heard: &Heard) -> Option<(i64, Option<i32>)> {
    match heard {
        Heard::Event(_, event) => match event.body {
            EventBody::Reading { milli_c, .. } => Some((event.at.ms(), milli_c)),
            EventBody::Scan { .. }
            | EventBody::Weight { .. }
            | EventBody::Door { .. }
            | EventBody::Print { .. } => None,
        },
        Heard::Birth(..) | Heard::State(..) => None,
    }
}

/// Warm and cold again while nobody listens: the store hears each crossing of the band afterwards, with its own time, in
/// order, and what is newer not before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_fridge_did_while_the_broker_was_away_is_told_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = Broker::start(folder.path()).await;
    let w1 = folder.path().join("w1/28-01");
    let sensor = SimDs18b20::plug_in(&w1, 4_000).unwrap();
    let mut probe = device("t-1", Driver::Ds18b20, Port::File(w1));
    let zone = ZoneId::new("cold-1").unwrap();
    probe.zone = Some(zone.clone());
    let band = Band {
        min_centi_c: 0,
        max_centi_c: 500,
        alarm_delay_s: 300,
        silent_after_s: 60,
        warn_min_centi_c: None,
        warn_max_centi_c: None,
        door_grace_s: 300,
    };
    let mut house = config(folder.path(), &broker, vec![probe]);
    house.bands = [(zone, band)].into();
    let journal = house.journal.clone();
    let mut store = Store::listen(broker.port, true).await;
    let agent = Agent::start(house);
    assert_eq!(store.until(reading).await.1, Some(4_000));
    wait_for(|| super::kept_events(&journal) == 0).await;

    broker.kill();
    drop(store);
    let kept = |milli_c: &str| {
        let sql = format!("SELECT count(*) FROM outbox WHERE body LIKE '%\"milli_c\":{milli_c},%'");
        super::count(&journal, &sql)
    };
    sensor.set(12_000).unwrap();
    wait_for(|| kept("12000") == 1).await;
    sensor.set(4_500).unwrap();
    wait_for(|| kept("4500") == 1).await;
    broker.restart().await;
    let mut store = Store::listen(broker.port, true).await;
    let (mut seen, mut last) = (Vec::new(), 0);
    while seen.last() != Some(&Some(4_500)) {
        let (at, milli_c) = store.until(reading).await;
        assert!(at >= last, "{at} after {last}: {seen:?}");
        last = at;
        seen.push(milli_c);
    }
    assert!(seen.contains(&Some(12_000)), "{seen:?}");
    wait_for(|| super::kept_events(&journal) == 0).await;
    agent.stop().await;
}
