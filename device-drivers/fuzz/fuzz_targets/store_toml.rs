//! The one file of a store: whatever its text, a store or faults that are named, in order and inside the text; never
//! both, never neither, and a second look says the same.
#![no_main]

use firmware_config::examine;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let seen = examine(text);
    assert_eq!(seen.manifest.is_some(), seen.faults.is_empty());
    assert!(seen.faults.is_sorted());
    assert!(seen.faults.is_empty() || seen.advice.is_empty());
    for fault in seen.faults.iter().chain(&seen.advice) {
        assert!(!fault.to_string().is_empty());
    }
    assert_eq!(examine(text).faults, seen.faults);
});
