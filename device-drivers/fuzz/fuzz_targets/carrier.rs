//! Scan data of every symbology, read and written: no panic, a fault lies inside what was given, what is read is written
//! again byte for byte, and what is written says its symbol.
#![no_main]

use device_drivers::gs1::carrier::{self, CheckDigit, Symbology};
use device_drivers::gs1::{Gs1Error, Reading};
use libfuzzer_sys::fuzz_target;

fn is_inside(error: &Gs1Error, data: &[u8]) {
    assert!(error.position + error.length <= data.len(), "{error:?} in {data:02x?}");
    assert!(!error.to_string().is_empty() && !error.name().is_empty());
}

fn read(raw: &[u8]) {
    for reading in [Reading::STRICT, Reading::SHOP] {
        match carrier::read(raw, &reading) {
            Ok(scanned) => {
                let again = carrier::write(scanned.symbology, &scanned.data, CheckDigit::Given);
                assert_eq!(again.as_deref(), Ok(raw), "{scanned:?}");
            }
            Err(error) => is_inside(&error, raw),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    read(data);
    let [which, digit, text @ ..] = data else { return };
    let symbology = Symbology::ALL[usize::from(*which) % Symbology::ALL.len()];
    let digit = if digit & 1 == 0 { CheckDigit::Given } else { CheckDigit::Missing };
    match carrier::write(symbology, text, digit) {
        Ok(raw) => {
            assert_eq!(raw.first(), Some(&b']'));
            read(&raw);
        }
        Err(error) => is_inside(&error, text),
    }
});
