//! Advertisements of Ruuvi tags: of the right length and format, and no value beyond what its format can say.
#![no_main]

use device_drivers::sensor::ruuvi::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(tag) = decode(data) else { return };
    assert!(matches!((data[0], data.len()), (3, 14) | (5, 24)));
    assert!(tag.milli_c.is_none_or(|value| (-163_835..=163_835).contains(&value)));
    assert!(tag.humidity_milli_pct.is_none_or(|value| value <= 163_835));
    assert!(tag.pressure_pa.is_none_or(|value| (50_000..=115_535).contains(&value)));
    assert!(tag.tx_dbm.is_none_or(|value| (-40..=20).contains(&value)));
});
