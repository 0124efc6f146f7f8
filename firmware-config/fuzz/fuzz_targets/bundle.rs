//! An update bundle and its signature, as they come on a stick: nothing but the one bundle that was signed is believed, and
//! what is unpacked stays in its folder, as files and folders, also where the signer himself packed something else.
#![no_main]

use std::path::Path;

use firmware_config::update::{Bundle, Release, unpack};
use libfuzzer_sys::fuzz_target;
use minisign_verify::{PublicKey, Signature};

/// A bundle with its signature in front, made once with the key below; the other half of that key was kept by nobody.
const SIGNED: &[u8] = include_bytes!("../seeds/bundle/signed");
const KEY: &str = "RWSPeYJ/mq8JjPR3kJlWkdkuM4Iqnhm+B0TUqM55eRk0jL67us5t5sRG";

/// The signature's text, and the bundle behind the byte that no text holds.
fn cut(data: &[u8]) -> Option<(&str, &[u8])> {
    let at = data.iter().position(|byte| *byte == 0xff)?;
    Some((std::str::from_utf8(&data[..at]).ok()?, &data[at + 1..]))
}

fn proved(text: &str, bytes: &[u8]) {
    let Ok(key) = PublicKey::from_base64(KEY) else { panic!("the key is none") };
    let Ok(signature) = Signature::decode(text) else { return };
    if let Ok(bundle) = Bundle::prove(Path::new("stick.larder"), bytes.to_vec(), &signature, &key) {
        assert_eq!(bundle.release, Release { version: "1.4.0".to_owned(), counter: 17 });
        assert_eq!(Some(bytes), cut(SIGNED).map(|(_, bytes)| bytes), "another bundle is believed");
    }
}

fn unpacked(packed: &[u8]) {
    let Ok(outside) = tempfile::tempdir() else { return };
    let folder = outside.path().join("slot");
    let _ = unpack(packed, &folder);
    let beside = std::fs::read_dir(outside.path()).map_or(0, Iterator::count);
    assert!(beside <= 1, "something lies beside the folder");
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) => assert!(kind.is_file(), "{:?} is no file", entry.path()),
                Err(_) => {}
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let (text, bytes) = cut(data).unwrap_or(("", data));
    proved(text, bytes);
    unpacked(bytes);
    // The packing's own check would keep a fuzzer from what is packed.
    if let Ok(packed) = zstd::encode_all(bytes, 1) {
        unpacked(&packed);
    }
});
