//! Frames and registers of SHT3x, SHT4x, BME280, MAX31865 and Modbus transmitters: no bytes make a value that the chip
//! cannot have, and a frame is only taken with both of its checksums.
#![no_main]

use device_drivers::sensor::bme280::{Counts, Trimming, compensate};
use device_drivers::sensor::max31865::{Element, RtdFaults};
use device_drivers::sensor::sht::{ShtFamily, crc8, parse};
use device_drivers::sensor::transmitter::RegisterMap;
use firmware_config::{RegisterForm, Settings};
use libfuzzer_sys::fuzz_target;

fn bytes<const N: usize>(data: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = data.split_first_chunk()?;
    *data = rest;
    Some(*first)
}

fn sht(frame: &[u8; 6]) {
    for family in [ShtFamily::Sht3x, ShtFamily::Sht4x] {
        let Ok(measured) = parse(family, frame) else { continue };
        assert!(crc8(&frame[..2]) == frame[2] && crc8(&frame[3..5]) == frame[5]);
        assert!((-45_000..=130_000).contains(&measured.milli_c));
        assert!(measured.humidity_milli_pct.is_some_and(|humidity| humidity <= 100_000));
    }
}

fn bme280(low: &[u8; 26], high: &[u8; 7], burst: &[u8; 8]) {
    let Ok(counts) = Counts::read(burst) else { return };
    let climate = compensate(&Trimming::read(low, high), &counts);
    assert!((-40.0..=85.0).contains(&climate.celsius), "{climate:?}");
    assert!((30_000.0..=110_000.0).contains(&climate.pascals), "{climate:?}");
    assert!((0.0..=100.0).contains(&climate.humidity_pct), "{climate:?}");
}

fn transmitter(form: u8, words: [u8; 8]) {
    const FORMS: [RegisterForm; 6] = [
        RegisterForm::I16,
        RegisterForm::U16,
        RegisterForm::I32,
        RegisterForm::I32Swapped,
        RegisterForm::F32,
        RegisterForm::F32Swapped,
    ];
    let settings = Settings {
        slave: Some(1),
        register: Some(5),
        humidity_register: Some(7),
        register_form: FORMS.get(usize::from(form)).copied(),
        ..Settings::default()
    };
    let Some(map) = RegisterMap::from_settings(&settings) else { return };
    let words: Vec<u16> = words.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    if let Ok(measured) = map.measured(&words) {
        assert!(measured.humidity_milli_pct.is_some_and(|humidity| humidity <= 100_000));
    }
}

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    let Some([kind]) = bytes::<1>(&mut rest) else { return };
    match kind % 4 {
        0 => {
            if let Some(frame) = bytes(&mut rest) {
                sht(&frame);
            }
        }
        1 => {
            if let (Some(low), Some(high), Some(burst)) =
                (bytes(&mut rest), bytes(&mut rest), bytes(&mut rest))
            {
                bme280(&low, &high, &burst);
            }
        }
        2 => {
            if let Some([high, low, faults]) = bytes(&mut rest) {
                let count = u16::from_be_bytes([high, low]) >> 1;
                let value = Element::PT100.milli_c(count);
                assert!(value.is_none_or(|value| (-200_000..=850_000).contains(&value)));
                assert!(!RtdFaults::from_bits(faults).to_string().is_empty());
            }
        }
        _ => {
            if let (Some([form]), Some(words)) = (bytes(&mut rest), bytes(&mut rest)) {
                transmitter(form, words);
            }
        }
    }
});
