//! GS1 texts: element strings, Digital Links and whole scans. No panic; an item that is read has a right check digit, and
//! what a scan says never depends on a second look.
#![no_main]

use device_drivers::gs1::{self, Reading, check};
use device_drivers::scanner::{Scan, parse_scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(elements) = gs1::parse(data) {
        for item in elements.gtin.iter().chain(&elements.content) {
            assert!(check::has_valid_check_digit(item.as_gtin14().as_bytes()));
        }
    }
    for reading in [Reading::STRICT, Reading::SHOP] {
        if let Ok(link) = gs1::link::parse(data, &reading) {
            let _ = gs1::Elements::of_link(&link);
        }
    }
    let scan = parse_scan(data);
    assert_eq!(scan, parse_scan(data));
    if let Ok(Scan::Ean(item)) = scan {
        assert!(check::has_valid_check_digit(item.as_gtin14().as_bytes()));
    }
});
