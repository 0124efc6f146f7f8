//! GS1's notation with brackets, as people type it, and the one with carets: no panic, a fault has its place in the text, and
//! what is read says the same again when it is written and read once more.
#![no_main]

use device_drivers::gs1::{Reading, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for reading in [Reading::STRICT, Reading::SHOP] {
        for (read, notation) in [
            (parse::bracketed(data, &reading), "brackets"),
            (parse::caret(data, &reading), "carets"),
        ] {
            match read {
                Ok(message) => {
                    let text = message.to_bracketed();
                    assert_eq!(parse::bracketed(text.as_bytes(), &reading).as_ref(), Ok(&message), "{notation}: {text}");
                    let text = message.to_caret();
                    assert_eq!(parse::caret(text.as_bytes(), &reading).as_ref(), Ok(&message), "{notation}: {text}");
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
});
