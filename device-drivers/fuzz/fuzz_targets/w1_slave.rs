//! The kernel's text of a DS18B20: whatever stands there, only nine bytes that fit their checksum are a temperature, and
//! the power-on value is none.
#![no_main]

use device_drivers::sensor::ds18b20::{POWER_ON_MILLI_C, crc8, parse_w1_slave};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(milli_c) = parse_w1_slave(text) else { return };
    assert_ne!(milli_c, POWER_ON_MILLI_C);
    let bytes = text.split(':').next().unwrap_or_default();
    let bytes: Vec<u8> =
        bytes.split_whitespace().filter_map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    assert_eq!(bytes.get(..9).map(crc8), Some(0));
    // Reckoned here in another way: what the bits that count are worth, in halves of a thousandth.
    let [low, high, _, _, configuration, ..] = bytes[..] else { panic!("nine bytes") };
    let step = 1 << (3 - (configuration >> 5 & 3));
    let sixteenths = i32::from(i16::from_le_bytes([low, high])).div_euclid(step) * step;
    assert_eq!(milli_c, sixteenths * 125 / 2);
});
