//! What a device asks that wants to be let in, and what it is answered, over a line that others may listen to: nobody is
//! let in but who shows that he knows the code, byte for byte, and a device believes nobody else's answer.
#![no_main]

use std::sync::LazyLock;

use firmware_config::enrol::{Admission, Applicant, Ask, Authority, Code};
use libfuzzer_sys::fuzz_target;
use model::{DeviceId, Timestamp};

/// What a device asked that knew the code of these tests.
const RIGHT: &[u8] = include_bytes!("../seeds/ask/right");
/// Random bytes that give its code.
const RANDOM: [u8; 32] = [7; 32];
const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

/// A store with its authority, in a folder of its own.
struct Store {
    authority: Authority,
    right: Ask,
    device: DeviceId,
    _folder: tempfile::TempDir,
}

static STORE: LazyLock<Option<Store>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().ok()?;
    let authority = Authority::create(folder.path(), "s1", &["127.0.0.1".to_owned()], NOW).ok()?;
    let right: Ask = serde_json::from_slice(RIGHT).ok()?;
    Some(Store { authority, device: right.device.clone(), right, _folder: folder })
});

fn invited(store: &Store) -> Code {
    match store.authority.invite(&store.device, NOW, &mut RANDOM.as_slice()) {
        Ok(code) => code,
        Err(error) => panic!("no code: {error}"),
    }
}

fuzz_target!(|data: &[u8]| {
    let Some(store) = &*STORE else { panic!("no store to ask") };
    if let Ok(ask) = serde_json::from_slice::<Ask>(data) {
        let written = serde_json::to_vec(&ask).unwrap_or_default();
        assert_eq!(serde_json::from_slice::<Ask>(&written).ok().as_ref(), Some(&ask));
        let code = invited(store);
        // Its digits may be small or large letters; what they say may not differ.
        let same = ask.device == store.right.device
            && ask.public_key == store.right.public_key
            && ask.proof.eq_ignore_ascii_case(&store.right.proof);
        let admitted = store.authority.admit(&ask, NOW);
        assert_eq!(admitted.is_ok(), same, "{ask:?}");
        if admitted.is_ok() {
            assert!(store.authority.admit(&ask, NOW).is_err(), "{code} has let in two");
        }
    }
    if let Ok(answer) = serde_json::from_slice::<Admission>(data) {
        let Ok(applicant) = Applicant::new(store.device.clone(), &Code::typed("01HZA-M8Y95")) else { return };
        assert!(applicant.take(answer).is_err(), "an answer of nobody is believed");
    }
});
