//! The embedded broker's packets: any stream is cut the same however it comes, and every frame is read or refused under
//! each of the three protocol versions.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use store_broker::wire::Level;
use store_broker::wire::read::{Frame, connect, frame, packet};

/// Longer packets are refused before their body is waited for.
const LONGEST: usize = 1_024;

fn cut(buffer: &mut BytesMut, frames: &mut Vec<Frame>) -> bool {
    loop {
        match frame(buffer, LONGEST) {
            Ok(Some(one)) => frames.push(one),
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let [piece, bytes @ ..] = data else { return };
    let mut whole = Vec::new();
    cut(&mut BytesMut::from(bytes), &mut whole);
    let (mut pieces, mut buffer) = (Vec::new(), BytesMut::new());
    for part in bytes.chunks(usize::from(*piece).max(1)) {
        buffer.extend_from_slice(part);
        if !cut(&mut buffer, &mut pieces) {
            break;
        }
    }
    assert_eq!(whole, pieces);
    for one in &whole {
        assert!(one.body.len() <= LONGEST);
        let _ = connect(one);
        for level in [Level::V3, Level::V4, Level::V5] {
            let _ = packet(one, level);
        }
    }
});
