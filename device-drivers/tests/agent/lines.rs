//! Doors, outputs and NCI scales through the whole agent, on simulators.

use std::time::Duration;

use device_drivers::sim::{SimGpio, SimScale};
use firmware_config::{Driver, Port, Settings};
use model::mqtt::{CommandBody, DeviceClass, Drive, EventBody, Health};
use model::{Date, Grams};

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

fn weight(heard: &Heard) -> Option<Grams> {
    match heard {
        Heard::Event(_, event) => match event.body {
            EventBody::Weight { grams } => Some(grams),
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
    scale.set_faulty(true);
    store.until(health("scale-1", Health::Down)).await;
    scale.set_faulty(false);
    scale.set_weight(Grams(480));
    assert_eq!(store.until(weight).await, Grams(480));
    agent.stop().await;
}
