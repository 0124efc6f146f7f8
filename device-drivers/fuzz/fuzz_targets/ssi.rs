//! Zebra SSI: whatever bytes, pieces and pauses, no panic, bounded, and nothing but packets with a right checksum answers.
#![no_main]

use std::time::Duration;

use device_drivers::scanner::parse_scan;
use device_drivers::scanner::ssi::packet::{Deframer, Packet};
use device_drivers::scanner::ssi::{Session, Step};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [piece, pause, bytes @ ..] = data else { return };
    for packet in Deframer::default().push(bytes) {
        // What was read is what would be sent, but for status bits that mean nothing to us.
        assert_eq!(Deframer::default().push(&packet.bytes()), [Packet { ..packet }]);
    }
    let mut session = Session::default();
    let mut now = Duration::ZERO;
    for part in bytes.chunks(usize::from(*piece).max(1)) {
        let mut steps = session.push(part, now);
        now += Duration::from_millis(u64::from(*pause));
        steps.extend(session.pass(now));
        for step in steps {
            if let Step::Scan(raw, _) = step {
                assert!(raw.len() <= 600);
                let _ = parse_scan(&raw);
            }
        }
    }
    // Quiet for a second: whatever was begun is over, and a whole packet is read.
    session.pass(now + Duration::from_secs(5));
    assert!(session.wakes_at().is_none_or(|at| at > now));
});
