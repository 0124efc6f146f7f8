//! What is said on the store's topics: each payload is read or refused, what is read says the same when it is written and
//! read again, a scan in it is a code or a fault with a place, and a label in it is printed or refused, never half.
#![no_main]

use device_drivers::printer::{Language, Press};
use device_drivers::scanner::Code;
use firmware_config::Settings;
use libfuzzer_sys::fuzz_target;
use model::mqtt::{
    Ack, Action, Birth, Capability, Command, CommandBody, DeviceState, Event, EventBody, HandheldEvent,
    HandheldView, Reply, Topic,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The payload as this type, which says the same when it is written and read again.
fn said<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(payload: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(payload).ok()?;
    let written = serde_json::to_vec(&read).unwrap_or_default();
    assert_eq!(serde_json::from_slice::<T>(&written).ok().as_ref(), Some(&read));
    Some(read)
}

fn scanned(code: &Code) {
    if let Err(fault) = code.read() {
        assert!(!fault.to_string().is_empty() && !fault.name().is_empty());
        assert!(fault.position().is_none_or(|place| place <= code.text.len()), "{fault:?} in {code:?}");
    }
}

fn from_devices(payload: &[u8]) {
    said::<Birth>(payload);
    said::<Capability>(payload);
    said::<DeviceState>(payload);
    said::<Reply>(payload);
    if let Some(Event { body: EventBody::Scan { text, aim, separators }, .. }) = said(payload) {
        scanned(&Code { text, aim, separators });
    }
    if let Some(HandheldEvent { action: Action::Scan { text, .. }, .. }) = said(payload) {
        scanned(&Code::of_line(&text));
    }
}

fn from_the_store(payload: &[u8]) {
    said::<Ack>(payload);
    said::<HandheldView>(payload);
    let Some(Command { body: CommandBody::Print { job, label, .. }, .. }) = said(payload) else { return };
    for language in [Language::Escpos, Language::Zpl] {
        match Press::of(language, &Settings::default()).print(&label, job) {
            Ok(bytes) => assert!(String::from_utf8_lossy(&bytes).contains(&job.to_string())),
            Err(fault) => assert!(!fault.to_string().is_empty()),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(topic) = std::str::from_utf8(data).unwrap_or_default().parse::<Topic>() {
        assert_eq!(topic.to_string().as_bytes(), data);
    }
    from_devices(data);
    from_the_store(data);
});
