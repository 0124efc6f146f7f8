//! Frames and documents of every format that was ever written are kept as files under `fixtures/`, and this binary reads
//! them, talks to peers that speak only the older one, and lets pass what it does not know. A new format gets a new
//! folder by `LARDER_BLESS=1`; a file that is there is never written again.

mod scene;

use scene::{Kept, SPOKEN};
use std::path::{Path, PathBuf};
use std::sync::Once;
use sync::doc::Document;
use sync::wire;

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
        for (name, id) in scene::documents() {
            for form in ["chunks", "whole"] {
                let bytes = std::fs::read(folder(version).join(format!("{name}.{form}"))).unwrap();
                let read = Document::load(id.clone(), &scene::reader(), &bytes).unwrap();
                assert_eq!(scene::said(&read), scene::expected(name), "version {version}, {name}.{form}");
            }
        }
    }
}
