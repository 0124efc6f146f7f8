//! Repairs that lie: what somebody with a store's token says by automerge's protocol, over a real socket, to a real hub.

use super::{Hub, QUOTA, Rogue, sku, store};
use model::order::Owner;
use sha2::{Digest, Sha256};
use sync::doc::{DocActor, Document, RepairMessage, RepairSaid, Repairing};
use sync::wire::Frame;

impl Rogue {
    async fn says(&mut self, begins: bool, message: &[u8]) {
        let digest: [u8; 32] = Sha256::digest(message).into();
        let digest = std::array::from_fn(|i| digest[i]);
        let total = u32::try_from(message.len()).unwrap();
        let bytes = message.to_vec();
        self.send(&Frame::Repair { doc: QUOTA, begins, digest, total, offset: 0, bytes }).await;
    }

    /// What the hub says of the document.
    async fn hears(&mut self) -> RepairMessage {
        loop {
            if let Some(Frame::Repair { bytes, .. }) = self.hear().await {
                return RepairMessage::read(&bytes).unwrap();
            }
        }
    }
}

fn message(said: RepairSaid) -> Vec<u8> {
    let RepairSaid::Message(bytes) = said else { panic!("{said:?}") };
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_change_in_a_repair_is_named_and_what_the_store_wrote_is_taken() {
    let hub = Hub::start().await;
    let mut rogue = Rogue::connect(&hub, 1).await;
    let mine = DocActor { side: Owner::Store, store: store("s1"), boot: 60 };
    let mut document = Document::new(QUOTA.of(&store("s1")), &mine).unwrap();
    // Said in no record: a hub that has lost it is told in a repair. Between them stands one under the hub's own actor.
    document.set_granted(&sku("SALT"), 3).unwrap();
    document.commit().unwrap().unwrap();
    let forger = DocActor { side: Owner::Hub, store: store("s1"), boot: 61 };
    let mut forged = Document::new(QUOTA.of(&store("s1")), &forger).unwrap();
    forged.set_returned(&sku("ATTA"), 9).unwrap();
    document.apply_change(&forged.commit().unwrap().unwrap()).unwrap();
    let mut so_far = Repairing::default();
    rogue.says(true, &message(document.repair(&mut so_far, None).unwrap().said)).await;
    let came = rogue.hears().await;
    rogue.says(false, &message(document.repair(&mut so_far, Some(came)).unwrap().said)).await;
    let (who, doc, why) = hub.quarantined("stranger").await;
    assert_eq!((who.as_str(), doc.as_str()), ("s1", "quota/s1/1/1"), "{why}");
    assert_eq!((hub.granted("SALT"), hub.granted("ATTA")), (3, 0));
    rogue.is_still_heard(&hub, "DAL").await;
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_are_none_and_filters_that_would_eat_the_memory_are_named_once() {
    let hub = Hub::start().await;
    let mut rogue = Rogue::connect(&hub, 1).await;
    // No places; automerge's message of no heads and no needs, with one filter that asks for four milliards of probes.
    let filter = [1, 10, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff];
    let mut said = vec![0x42, 0, 0, 1, 0, filter.len() as u8];
    said.extend(filter);
    said.push(0);
    let mut bomb = vec![0, 0, said.len() as u8];
    bomb.extend(said);
    for begins in [true, false] {
        rogue.says(begins, &bomb).await;
        rogue.says(begins, b"nothing that automerge has said").await;
    }
    hub.quarantined("does not read").await;
    rogue.is_still_heard(&hub, "SALT").await;
    assert_eq!(hub.quarantine().len(), 1, "{:?}", hub.quarantine());
    hub.end().await;
}
