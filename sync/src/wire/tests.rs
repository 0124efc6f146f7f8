//! Frames there and back, and bytes that are none.

use super::*;
use crate::doc::DocKey;
use crate::lane::{Lane, LaneSeq, SEQ_MAX};
use model::id::StoreId;
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use proptest::prelude::*;

const DOC: DocKey = DocKey::Orders { hour: 495_312 };

fn at(seq: u64) -> LaneSeq {
    LaneSeq { lane: Lane::Orders, seq }
}

fn every_kind() -> Vec<Frame> {
    let hello = Hello {
        oldest: OLDEST_VERSION,
        newest: VERSION,
        store: StoreId::new("s1").unwrap(),
        side: Owner::Store,
        epoch: StoreEpoch(3),
        generation: HubGeneration(1),
        connection: Connection { boot: 9, attempt: 2 },
        heard: Some(Connection { boot: 4, attempt: 1 }),
        settled: false,
        lanes: vec![LaneMark { received: 77, sent: 1 << 40, skipped: 3 }, LaneMark::default()],
        heads: vec![(DOC, [7; 8])],
    };
    let items = [BatchItem { doc: DOC, change: vec![1; 300] }, BatchItem { doc: DOC, change: vec![] }];
    vec![
        Frame::Hello(hello),
        Frame::Change { at: at(5), doc: DOC, change: vec![1, 2, 3], seal: None },
        Frame::Batch(Batch::pack(at(8), &items).unwrap()),
        Frame::Ack { upto: at(9), seal: None },
        Frame::Want { doc: DOC },
        Frame::Whole { doc: DOC, digest: [1; 8], total: 5, offset: 0, bytes: vec![0; 5] },
        Frame::Ping { nonce: 1 },
        Frame::Pong { nonce: u32::MAX },
        Frame::Bye { reason: CloseReason::WrongEpoch { mine: 1, theirs: 2 } },
        Frame::Manifest { entries: vec![Closed { doc: DOC, sha256: [3; 32], length: 9_000 }] },
        Frame::Repair { doc: DOC, begins: true, digest: [1; 8], total: 5, offset: 0, bytes: vec![0; 5] },
    ]
}

#[test]
fn every_kind_comes_back_and_small_ones_are_small() {
    for frame in every_kind() {
        assert_eq!(decode(&encode(&frame).unwrap()), Ok(frame));
    }
    assert_eq!(encode(&Frame::Ack { upto: at(1_000), seal: None }).unwrap().len(), 4);
    assert!(
        encode(&Frame::Change { at: at(1_000), doc: DOC, change: vec![0; 40], seal: None }).unwrap().len()
            <= 50
    );
}

#[test]
fn limits_and_versions_are_errors_that_say_what_to_do() {
    let long = Frame::Change { at: at(1), doc: DOC, change: vec![0; MAX_FRAME], seal: None };
    assert!(matches!(encode(&long), Err(WireError::TooLong { .. })));
    assert_eq!(decode(&vec![VERSION; MAX_FRAME + 1]), Err(WireError::TooLong { len: MAX_FRAME + 1 }));
    assert_eq!(decode(&[]), Err(WireError::Empty));
    let newer = decode(&[VERSION + 1, 0]).unwrap_err();
    assert_eq!(newer, WireError::Version { found: VERSION + 1 });
    assert!(newer.to_string().contains("upgrade"));
    let mut trailing = encode(&Frame::Ack { upto: at(1), seal: None }).unwrap();
    trailing.push(0);
    assert_eq!(decode(&trailing), Err(WireError::Malformed));
}

/// Found by the fuzzer: as a place in a lane such a number is another record's.
#[test]
fn a_number_beyond_any_log_is_no_frame_of_version_1() {
    let ack = |upto: u64| postcard::to_extend(&upto, vec![1, 3]).unwrap();
    assert_eq!(decode(&ack(SEQ_MAX)), Ok(Frame::Ack { upto: at(SEQ_MAX), seal: None }));
    assert_eq!(decode(&ack(SEQ_MAX + 1)), Err(WireError::Malformed));
}

#[test]
fn a_batch_that_claims_too_much_is_refused() {
    let item = BatchItem { doc: DOC, change: vec![0; MAX_BATCH_RAW] };
    assert_eq!(Batch::pack(at(1), &[item]), Err(WireError::BadBatch));
    let bomb = zstd::bulk::compress(&vec![0; MAX_BATCH_RAW * 40], 3).unwrap();
    let mut bytes = postcard::to_stdvec(&at(1)).unwrap();
    bytes = postcard::to_extend(&bomb, bytes).unwrap();
    let batch: Batch = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(batch.unpack(), Err(WireError::BadBatch));
}

#[test]
fn kinds_lanes_and_words_of_a_hello_that_a_later_version_brings_are_passed_over() {
    assert_eq!(decode(&[VERSION, KINDS, 1, 2, 3]), Err(WireError::Unknown { kind: KINDS }));
    assert_eq!(decode(&[VERSION, 3, 8 | 7]), Err(WireError::Malformed), "a lane nobody knows");
    let hello = every_kind().remove(0);
    let mut longer = encode(&hello).unwrap();
    longer.extend([1, 2, 3]);
    assert_eq!(decode(&longer), Ok(hello));
}

#[test]
fn version_1_has_no_words_for_other_lanes() {
    for frame in every_kind() {
        let old = encode_as(&frame, 1);
        match &frame {
            Frame::Manifest { .. } | Frame::Repair { .. } => assert_eq!(old, Err(WireError::NotInVersion)),
            Frame::Hello(hello) => {
                let Ok(Frame::Hello(read)) = decode(&old.unwrap()) else { panic!("no hello") };
                assert_eq!(read.lanes, vec![LaneMark { skipped: 0, ..hello.lanes[0] }]);
            }
            Frame::Change { .. }
            | Frame::Batch(_)
            | Frame::Ack { .. }
            | Frame::Want { .. }
            | Frame::Whole { .. }
            | Frame::Ping { .. }
            | Frame::Pong { .. }
            | Frame::Bye { .. } => assert_eq!(decode(&old.unwrap()), Ok(frame)),
        }
    }
    let states = Frame::Ack { upto: LaneSeq { lane: Lane::States, seq: 1 }, seal: None };
    assert_eq!(encode_as(&states, 1), Err(WireError::NotInVersion));
}

proptest! {
    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(Frame::Batch(batch)) = decode(&bytes) {
            let _ = batch.unpack();
        }
        let mut versioned = vec![VERSION];
        versioned.extend(&bytes);
        if let Ok(Frame::Batch(batch)) = decode(&versioned) {
            let _ = batch.unpack();
        }
    }

    #[test]
    fn flipped_bits_never_panic(kind in 0..10usize, at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut bytes = encode(&every_kind()[kind]).unwrap();
        let i = at.index(bytes.len());
        bytes[i] ^= 1 << bit;
        if let Ok(Frame::Batch(batch)) = decode(&bytes) {
            let _ = batch.unpack();
        }
    }
}

#[test]
fn a_seal_stands_behind_its_frame_and_only_for_those_who_know_seals() {
    let items = [BatchItem { doc: DOC, change: vec![1; 300] }];
    let mut batch = Batch::pack(at(8), &items).unwrap();
    batch.seal = Some([7; 8]);
    let sealed = [
        Frame::Change { at: at(5), doc: DOC, change: vec![1, 2, 3], seal: Some([7; 8]) },
        Frame::Batch(batch),
        Frame::Ack { upto: at(9), seal: Some([7; 8]) },
    ];
    for frame in sealed {
        let bytes = encode(&frame).unwrap();
        assert_eq!(decode(&bytes), Ok(frame.clone()));
        assert_eq!(decode(&bytes[..bytes.len() - 1]), Err(WireError::Malformed), "half a seal");
        let older = encode_as(&frame, SEALS_SINCE - 1).unwrap();
        assert_eq!(older.len() + 8, bytes.len());
        let mut smuggled = older;
        smuggled.extend([7; 8]);
        assert_eq!(decode(&smuggled), Err(WireError::Malformed));
    }
}
