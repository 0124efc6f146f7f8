//! Serial lines: whatever the bytes, and however they are cut into pieces, the same lines, none too long, no panic.
#![no_main]

use device_drivers::scanner::{Ending, Framer, Framing, Line, parse_scan};
use libfuzzer_sys::fuzz_target;

const MOST: usize = 64;

fn framing(kind: u8) -> Framing {
    let prefix = if kind & 1 == 0 { vec![] } else { vec![2] };
    let ending = if kind & 2 == 0 { Ending::CrOrLf } else { Ending::Byte(3) };
    Framing { prefix, ending, max_line: MOST }
}

fuzz_target!(|data: &[u8]| {
    let [kind, piece, bytes @ ..] = data else { return };
    let whole = Framer::new(framing(*kind)).push(bytes);
    let mut framer = Framer::new(framing(*kind));
    let mut pieces = Vec::new();
    for part in bytes.chunks(usize::from(*piece).max(1)) {
        pieces.extend(framer.push(part));
        assert!(framer.pending() <= MOST);
    }
    assert_eq!(whole, pieces);
    for line in whole {
        if let Line::Whole(raw) = line {
            assert!(!raw.is_empty() && raw.len() <= MOST);
            let _ = parse_scan(&raw);
        }
    }
});
