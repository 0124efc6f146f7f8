//! Whatever bytes come: reading them ends, never panics, and takes nothing that it was not given.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use store_broker::wire::Level;
use store_broker::wire::read::{Frame, connect, frame, packet};

/// Bodies that look like something: lengths that fit or lie, properties, topics.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..6),
        Just(b"\0\x04MQTT\x05\x02\0\x0a".to_vec()),
        Just(b"\0\x04MQTT\x04\xC2\0\x0a".to_vec()),
        Just(b"\0\x05a/b/c".to_vec()),
        Just(b"\0\x01+\0".to_vec()),
        Just(b"\x05\x11\0\0\0\x01".to_vec()),
        Just(b"\x07\x26\0\x01p\0\x01q".to_vec()),
        Just(b"\x80\x80\x80\x80\x01".to_vec()),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn a_body_is_read_or_refused(head in any::<u8>(), body in body()) {
        let frame = Frame { head, body: Bytes::from(body) };
        let _ = connect(&frame);
        for level in [Level::V3, Level::V4, Level::V5] {
            let _ = packet(&frame, level);
        }
    }

    #[test]
    fn a_stream_is_cut_the_same_however_it_comes(stream in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>()) {
        let cut_all = |buffer: &mut BytesMut| {
            let mut found = Vec::new();
            loop {
                match frame(buffer, 100) {
                    Ok(Some(one)) => found.push(one),
                    Ok(None) => return (found, None),
                    Err(fault) => return (found, Some(fault)),
                }
            }
        };
        let whole = cut_all(&mut BytesMut::from(&stream[..]));
        let at = if stream.is_empty() { 0 } else { at.index(stream.len()) };
        let mut buffer = BytesMut::from(&stream[..at]);
        let (mut found, fault) = cut_all(&mut buffer);
        let fault = if fault.is_some() {
            fault
        } else {
            buffer.extend_from_slice(&stream[at..]);
            let (more, fault) = cut_all(&mut buffer);
            found.extend(more);
            fault
        };
        prop_assert_eq!((found, fault), whole);
    }
}
