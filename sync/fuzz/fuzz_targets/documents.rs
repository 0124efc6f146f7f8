//! Documents: whatever bytes come as a change, a whole document, a run of chunks or a message of a repair, they are applied or refused by name,
//! nothing panics, and a document that refused is as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::id::StoreId;
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use sync::doc::{DocActor, DocError, DocKey, Document, RepairMessage, Repairing};

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, bytes)) = bytes.split_first() else { return };
    let Ok(store) = StoreId::new("s1") else { return };
    let key = match kind % 3 {
        0 => DocKey::Orders { hour: 495_312 },
        2 => DocKey::Alarms { epoch: StoreEpoch(3), hour: 495_312 },
        _ => DocKey::Quota { epoch: StoreEpoch(3), generation: HubGeneration(2) },
    };
    let actor = DocActor { side: Owner::Hub, store: store.clone(), boot: 99 };
    let _ = Document::load(key.of(&store), &actor, bytes);
    let Ok(mut document) = Document::new(key.of(&store), &actor) else { return };
    let before = document.heads();
    // A repair's message is heard without a change of it being applied.
    if let Ok(came) = RepairMessage::read(bytes) {
        let _ = document.repair(&mut Repairing::default(), Some(came));
        assert_eq!(document.heads(), before);
    }
    match document.apply_from(Owner::Store, bytes) {
        Ok(_) => {
            let _ = document.orders();
            let _ = document.skus();
            let _ = document.alarms();
            assert!(document.save_full().is_ok());
        }
        Err(DocError::Broken { .. }) => {}
        Err(_) => assert_eq!(document.heads(), before),
    }
});
