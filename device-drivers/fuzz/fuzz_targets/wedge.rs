//! A keyboard wedge: any key events give bounded lines without a panic, and after one line end a clean code is read.
#![no_main]

use std::time::Duration;

use device_drivers::scanner::wedge::{EVENT_BYTES, InputEvent, Typed, Wedge, typed};
use device_drivers::scanner::{Line, parse_scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [prefix, bytes @ ..] = data else { return };
    let prefix = if prefix & 1 == 0 { vec![] } else { vec![2] };
    let mut wedge = Wedge::new(prefix, Duration::from_millis(500));
    let (events, _) = bytes.as_chunks::<EVENT_BYTES>();
    for event in events.iter().map(InputEvent::read) {
        for typed in wedge.event(event) {
            if let Typed::Line(Line::Whole(raw)) = typed {
                assert!(!raw.is_empty() && raw.len() <= 512);
                let _ = parse_scan(&raw);
            }
        }
    }
    // The kernel lost events: nothing is held any more. One end, then a code comes whole.
    wedge.event(InputEvent::dropped(Duration::MAX));
    for event in typed("", Duration::MAX, Duration::ZERO) {
        wedge.event(event);
    }
    let code = typed("\u{2}42", Duration::MAX, Duration::ZERO);
    let lines: Vec<Typed> = code.into_iter().flat_map(|event| wedge.event(event)).collect();
    assert!(lines.iter().any(|line| matches!(line, Typed::Line(Line::Whole(raw)) if raw.ends_with(b"42"))));
});
