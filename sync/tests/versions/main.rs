//! Frames and documents of every format that was ever written are kept as files under `fixtures/`, and this binary reads
//! them, talks to peers that speak only the older one, and lets pass what it does not know. A new format gets a new
//! folder by `LARDER_BLESS=1`; a file that is there is never written again.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

mod scene;

use model::id::StoreId;
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use scene::{Kept, SPOKEN};
use std::path::{Path, PathBuf};
use std::sync::Once;
use sync::doc::{DocKey, Document};
use sync::lane::{Lane, LaneSeq, LaneStates};
use sync::peer::{Input, Limits, Opening, OutRecord, Output, Peer, PeerConfig};
use sync::wire::{self, Closed, Frame, WireError};

fn folder(version: u8) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(format!("v{version}"))
}

/// Makes the files of the newest format, once, if somebody asks for it.
fn bless() {
    static BLESSED: Once = Once::new();
    let folder = folder(wire::VERSION);
    BLESSED.call_once(|| {
        if std::env::var_os("LARDER_BLESS").is_some() && !folder.exists() {
            std::fs::create_dir_all(&folder).unwrap();
            for kept in scene::all() {
                std::fs::write(folder.join(&kept.name), &kept.bytes).unwrap();
            }
        }
    });
}

/// The files of a format.
fn fixtures(version: u8) -> Vec<Kept> {
    bless();
    let folder = folder(version);
    let mut found: Vec<Kept> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| Kept {
            name: entry.file_name().to_string_lossy().into_owned(),
            bytes: std::fs::read(entry.path()).unwrap(),
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

#[test]
fn every_frame_that_was_ever_written_is_read() {
    for version in SPOKEN {
        let frames: Vec<Kept> = fixtures(version);
        let frames: Vec<&Kept> = frames.iter().filter(|kept| kept.name.ends_with(".frame")).collect();
        assert!(frames.len() >= 9, "version {version} has {} frames", frames.len());
        for kept in frames {
            let read = wire::decode(&kept.bytes);
            assert!(read.is_ok(), "version {version}, {}: {read:?}", kept.name);
        }
    }
}

#[test]
fn every_document_that_was_ever_written_is_read_and_says_the_same() {
    bless();
    for version in SPOKEN {
        for (name, id) in scene::documents(version) {
            for form in ["chunks", "whole"] {
                let bytes = std::fs::read(folder(version).join(format!("{name}.{form}"))).unwrap();
                let read = Document::load(id.clone(), &scene::reader(), &bytes).unwrap();
                assert_eq!(scene::said(&read), scene::expected(name), "version {version}, {name}.{form}");
            }
        }
    }
}

/// One side of a session, with a log in its first lane.
struct Side {
    peer: Peer,
    log: Vec<Vec<u8>>,
    got: Vec<Vec<u8>>,
    version: u8,
}

fn side(side: Owner, newest: u8, log: Vec<Vec<u8>>) -> Side {
    let mut lanes = LaneStates::default();
    lanes[0].sent = if newest > 1 { log.len() as u64 } else { 0 };
    let config = PeerConfig {
        side,
        store: StoreId::new("s1").unwrap(),
        epoch: StoreEpoch(3),
        generation: HubGeneration(2),
        boot: 12,
        lanes,
        newest,
        pledges: None,
        limits: Limits::default(),
    };
    Side { peer: Peer::new(config, scene::now()), log, got: vec![], version: 0 }
}

fn logs() -> [Vec<Vec<u8>>; 2] {
    [vec![vec![1; 40], vec![2; 700], vec![3; 9]], vec![vec![4; 30], vec![5; 31]]]
}

/// Empties a peer; gives what it sends.
fn pump(side: &mut Side) -> Vec<Vec<u8>> {
    let (now, doc) = (scene::now(), scene::ORDERS);
    let mut frames = vec![];
    while let Some(output) = side.peer.poll() {
        match output {
            Output::Send(bytes) => frames.push(bytes),
            Output::Deliver { lane, seq, change, .. } => {
                side.got.push(change);
                side.peer.handle(now, Input::Committed { lane, upto: seq });
            }
            Output::NeedOut { lane, after, .. } => {
                let rest = side.log.iter().zip(1u64..).skip(after as usize);
                let records = rest.map(|(c, seq)| OutRecord { seq, doc, change: c.clone() }).collect();
                side.peer.handle(now, Input::Out { lane, records });
            }
            Output::WantDoc { doc } => side.peer.handle(now, Input::Whole { doc, bytes: vec![7; 500] }),
            Output::PeerHello { version, .. } => side.version = version,
            Output::Acked { .. }
            | Output::OneLane
            | Output::Quiet
            | Output::Manifest(_)
            | Output::Repair { .. }
            | Output::Whole { .. }
            | Output::Refused { .. }
            | Output::Live
            | Output::Stale
            | Output::Close { .. } => {}
        }
    }
    frames
}

/// The session that two peers of version 1 had, frame by frame: who sent it, and its bytes.
fn recorded() -> Vec<(usize, Vec<u8>)> {
    let bytes = std::fs::read(folder(1).join("session.talk")).unwrap();
    let mut rest = bytes.as_slice();
    let mut talk = vec![];
    while let Some((&from, after)) = rest.split_first() {
        let (len, after) = after.split_first_chunk::<4>().unwrap();
        let (frame, after) = after.split_at(u32::from_be_bytes(*len) as usize);
        talk.push((usize::from(from), frame.to_vec()));
        rest = after;
    }
    talk
}

#[test]
fn a_peer_held_to_version_1_says_byte_for_byte_what_version_1_said() {
    let [hub, store] = logs();
    let mut sides = [side(Owner::Hub, 1, hub), side(Owner::Store, 1, store)];
    let now = scene::now();
    let mut talk: Vec<(usize, Vec<u8>)> = vec![];
    sides.iter_mut().for_each(|s| s.peer.handle(now, Input::Connected(Opening::default())));
    for s in &mut sides {
        let last_seq = s.log.len() as u64;
        s.peer.handle(now, Input::OutGrew { lane: Lane::Orders, last_seq });
    }
    let mut exchange = |sides: &mut [Side; 2], turns: &[usize]| {
        for &from in turns {
            for frame in pump(&mut sides[from]) {
                talk.push((from, frame.clone()));
                sides[1 - from].peer.handle(now, Input::Frame(frame));
            }
        }
    };
    exchange(&mut sides, &[0, 1].repeat(12));
    sides[0].peer.handle(now, Input::Want { doc: scene::ORDERS });
    exchange(&mut sides, &[0, 1, 0]);
    sides[1].peer.handle(now, Input::Stop);
    exchange(&mut sides, &[1]);
    assert_eq!(talk, recorded());
}

#[test]
fn the_newest_talks_to_every_older_version_in_both_roles() {
    for old in 1..=wire::VERSION {
        for newer in [0, 1] {
            let newest = |at| if at == newer { wire::VERSION } else { old };
            let [hub, store] = logs();
            let mut sides = [side(Owner::Hub, newest(0), hub), side(Owner::Store, newest(1), store)];
            let now = scene::now();
            sides.iter_mut().for_each(|s| s.peer.handle(now, Input::Connected(Opening::default())));
            for s in &mut sides {
                let last_seq = s.log.len() as u64;
                s.peer.handle(now, Input::OutGrew { lane: Lane::Orders, last_seq });
            }
            for from in [0, 1].repeat(20) {
                for frame in pump(&mut sides[from]) {
                    assert!(frame[0] <= old, "version {} to a peer of version {old}", frame[0]);
                    sides[1 - from].peer.handle(now, Input::Frame(frame));
                }
            }
            assert_eq!([&sides[0].got, &sides[1].got], [&sides[1].log, &sides[0].log], "{old}, {newer}");
            assert_eq!([sides[0].version, sides[1].version], [old, old]);
        }
    }
}

#[test]
fn no_frame_about_a_document_is_made_for_a_reader_that_does_not_know_it() {
    for doc in [scene::STOCK, scene::CATALOGUE, scene::ALARMS] {
        unknown_to_older(doc);
    }
}

fn unknown_to_older(doc: DocKey) {
    let frames = [
        Frame::Change { at: LaneSeq { lane: Lane::Orders, seq: 1 }, doc, change: vec![1], seal: None },
        Frame::Want { doc },
        Frame::Whole { doc, digest: [0; 8], total: 1, offset: 0, bytes: vec![1] },
        Frame::Manifest { entries: vec![Closed { doc, sha256: [0; 32], length: 1 }] },
    ];
    for frame in frames {
        for old in 1..wire::known_since(doc) {
            assert_eq!(wire::encode_as(&frame, old), Err(WireError::NotInVersion), "{old}: {frame:?}");
        }
        assert_eq!(wire::decode(&wire::encode(&frame).unwrap()), Ok(frame));
    }
}

#[test]
fn a_store_that_knows_no_catalogue_is_sent_none_and_hears_everything_else() {
    for old in 1..wire::CATALOGUE_SINCE {
        let [hub, store] = logs();
        let mut sides = [side(Owner::Hub, wire::VERSION, hub), side(Owner::Store, old, store)];
        let now = scene::now();
        let heads = vec![(scene::ORDERS, [1; 8]), (scene::CATALOGUE, [2; 8])];
        sides[0].peer.handle(now, Input::Connected(Opening { heads, ..Opening::default() }));
        sides[1].peer.handle(now, Input::Connected(Opening::default()));
        // Records of a catalogue wait from the days when the store was newer: there is nobody now who could read them.
        for (at, lane) in [(0, Lane::Stock), (0, Lane::Orders), (1, Lane::Orders)] {
            let last_seq = sides[at].log.len() as u64;
            sides[at].peer.handle(now, Input::OutGrew { lane, last_seq });
        }
        for from in [0, 1].repeat(20) {
            for frame in pump(&mut sides[from]) {
                let read = wire::decode(&frame).unwrap();
                let in_lane = matches!(&read, Frame::Change { at, .. } if at.lane == Lane::Stock)
                    || matches!(&read, Frame::Batch(batch) if batch.at.lane == Lane::Stock);
                let heads = matches!(&read, Frame::Hello(hello) if hello.heads.iter().any(|(doc, _)| *doc == scene::CATALOGUE));
                assert!(!in_lane && !heads, "version {old}: {read:?}");
                sides[1 - from].peer.handle(now, Input::Frame(frame));
            }
        }
        assert_eq!([&sides[0].got, &sides[1].got], [&sides[1].log, &sides[0].log], "{old}");
    }
}

#[test]
fn kinds_of_frames_that_a_later_version_brings_do_not_disturb_a_session() {
    let [hub, store] = logs();
    let mut sides = [side(Owner::Hub, wire::VERSION, hub), side(Owner::Store, wire::VERSION, store)];
    let now = scene::now();
    sides.iter_mut().for_each(|s| s.peer.handle(now, Input::Connected(Opening::default())));
    for from in [0, 1].repeat(20) {
        for frame in pump(&mut sides[from]) {
            let strange = vec![wire::VERSION, 200, 1, 2, 3];
            sides[1 - from].peer.handle(now, Input::Frame(strange));
            sides[1 - from].peer.handle(now, Input::Frame(frame));
        }
    }
    assert_eq!([&sides[0].got, &sides[1].got], [&sides[1].log, &sides[0].log]);
}
