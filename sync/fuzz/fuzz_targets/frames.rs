//! Frames: whatever bytes come, they are read or refused, a batch unpacks within its limit, what was read is written back
//! to the same frame, and a peer in the middle of a session survives them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::id::StoreId;
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use model::time::Timestamp;
use sync::lane::LaneStates;
use sync::peer::{Input, Limits, Opening, Output, Peer, PeerConfig};
use sync::wire::{self, Frame, MAX_BATCH_RAW};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(frame) = wire::decode(bytes) {
        // A frame of version 1 at the limit may be a little over it in the newest.
        if let Ok(again) = wire::encode(&frame) {
            assert_eq!(wire::decode(&again), Ok(frame.clone()));
        }
        if let Frame::Batch(batch) = frame
            && let Ok(items) = batch.unpack()
        {
            assert!(items.iter().map(|item| item.change.len()).sum::<usize>() <= MAX_BATCH_RAW);
        }
    }
    session(bytes);
});

/// Two peers shake hands; then the bytes come as frames, cut where a 0xff stands.
fn session(bytes: &[u8]) {
    let now = Timestamp::from_ms(1_790_000_000_000);
    let Ok(store) = StoreId::new("s1") else { return };
    let config = |side| PeerConfig {
        side,
        store: store.clone(),
        epoch: StoreEpoch(3),
        generation: HubGeneration(2),
        boot: 9,
        lanes: LaneStates::default(),
        newest: PeerConfig::NEWEST,
        pledges: None,
        limits: Limits::default(),
    };
    let mut peers = [Peer::new(config(Owner::Hub), now), Peer::new(config(Owner::Store), now)];
    peers.iter_mut().for_each(|peer| peer.handle(now, Input::Connected(Opening::default())));
    for at in [0, 1, 0, 1, 0, 1] {
        while let Some(output) = peers[at].poll() {
            if let Output::Send(frame) = output {
                peers[1 - at].handle(now, Input::Frame(frame));
            }
        }
    }
    for part in bytes.split(|byte| *byte == 0xff) {
        peers[0].handle(now, Input::Frame(part.to_vec()));
        while let Some(output) = peers[0].poll() {
            if let Output::Deliver { lane, seq, .. } = output {
                peers[0].handle(now, Input::Committed { lane, upto: seq });
            }
        }
    }
}
