//! A store that claims to know more of the hub's life than the hub does. Only what the hub itself has pledged is believed: a
//! new generation blocks the rights of every store of the city, so that nobody may talk a hub into it.

use super::*;
use central_hub::db::Terms;
use central_hub::rules::Rules;
use hub_core::proof::HubKey;
use model::api::machine::{EPOCH_HEADER, PLEDGES_HEADER};
use model::quota::{FIRST_EPOCH, FIRST_GENERATION};
use sync::pledge::{self, Pledge, PledgeKey, Word};

/// What a hello says besides who speaks.
#[derive(Clone, Copy)]
struct Said {
    epoch: u32,
    generation: u32,
    /// Of the hub's log.
    received: u64,
}

const HONEST: Said = Said { epoch: 1, generation: 1, received: 0 };

impl Rogue {
    /// Connects, says this, shows these pledges; gives what the hub says at the end.
    async fn claims(hub: &Hub, boot: u32, said: Said, shown: &[Pledge]) -> Option<CloseReason> {
        let text = pledge::to_text(shown);
        let mut this = Self::dial_with(hub, boot, &[(PLEDGES_HEADER, text)]).await.unwrap();
        let mine = Connection { boot, attempt: 1 };
        let speak = |heard| {
            let Frame::Hello(mut hello) = hello("s1", mine, heard) else { panic!("no hello") };
            hello.epoch = StoreEpoch(said.epoch);
            hello.generation = HubGeneration(said.generation);
            hello.lanes.iter_mut().for_each(|lane| lane.received = said.received);
            Frame::Hello(hello)
        };
        this.send(&speak(None)).await;
        let mut last = None;
        while let Some(frame) = this.hear().await {
            if let Frame::Hello(theirs) = &frame {
                this.send(&speak(Some(theirs.connection))).await;
            }
            if let Frame::Bye { reason } = frame {
                last = Some(reason);
            }
        }
        last
    }
}

impl Hub {
    fn terms(&self) -> (HubGeneration, StoreEpoch) {
        let data = Sqlite::open_reader(&self.data).unwrap();
        (data.installation().unwrap().generation, data.holder(&store("s1")).unwrap().unwrap().epoch)
    }

    /// The hub's own key for pledges, from its file, as soon as that is there.
    async fn key_when_there(&self) -> PledgeKey {
        drop(Rogue::dial(self, 900).await);
        let secret = std::fs::read(self.data.with_file_name("hub.key")).unwrap();
        Rules::new(HubKey(secret.try_into().unwrap())).pledges()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marks_epochs_and_generations_that_the_hub_does_not_know_change_nothing() {
    let hub = Hub::start().await;
    let claims = [
        ("the log", Said { received: 1 << 30, ..HONEST }),
        ("an epoch", Said { epoch: 9, ..HONEST }),
        ("a generation", Said { generation: 5 << 20, ..HONEST }),
    ];
    let terms = (StoreEpoch(9), HubGeneration(5 << 20));
    let far = LaneSeq { lane: Lane::States, seq: 1 << 30 };
    let forger = PledgeKey::new([9; 32]);
    let neighbour = hub.key_when_there().await;
    // Nothing, seals of nobody, of a key that is not the hub's, and the hub's own for the neighbour.
    let shown = [
        vec![],
        vec![Pledge { epoch: terms.0, generation: terms.1, word: Word::Sent(far), seal: [0; 8] }],
        [Word::Sent(far), Word::Terms].map(|word| forger.pledge(&store("s1"), terms, word)).to_vec(),
        [Word::Sent(far), Word::Terms].map(|word| neighbour.pledge(&store("s2"), terms, word)).to_vec(),
    ];
    let mut boot = 1;
    for (what, said) in claims {
        for pledges in &shown {
            let told = Rogue::claims(&hub, boot, said, pledges).await;
            assert!(told.is_some(), "{what}: the session ends");
            assert_eq!(hub.terms(), (FIRST_GENERATION, FIRST_EPOCH), "{what}");
            boot += 1;
        }
    }
    let (whose, doc, why) = hub.quarantined("no pledge of this hub").await;
    assert_eq!((whose.as_str(), doc.as_str()), ("s1", ""));
    assert!(why.contains("was set back"), "says what to do: {why}");
    let kept = hub.quarantine().iter().filter(|row| row.2.contains("no pledge")).count();
    assert_eq!(kept, claims.len(), "each claim is named once: {:?}", hub.quarantine());
    // An acknowledgement of what was never sent, and a Bye that says the hub was set back.
    let mut rogue = Rogue::connect(&hub, 50).await;
    rogue.send(&Frame::Ack { upto: lane(1 << 20), seal: None }).await;
    rogue.ended().await;
    for (boot, reason) in (51..).zip([
        CloseReason::TheyRolledBack { mine: 77, theirs: 1 },
        CloseReason::WrongEpoch { mine: 77, theirs: 1 },
        CloseReason::WrongGeneration { mine: 7 << 20, theirs: 1 },
    ]) {
        let mut rogue = Rogue::connect(&hub, boot).await;
        rogue.send(&Frame::Bye { reason }).await;
        rogue.ended().await;
    }
    assert_eq!(hub.terms(), (FIRST_GENERATION, FIRST_EPOCH));
    Rogue::connect(&hub, 60).await.is_still_heard(&hub, "SALT").await;
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_hub_has_pledged_itself_proves_that_it_was_set_back() {
    let terms = (FIRST_EPOCH, FIRST_GENERATION);
    let beyond = Word::Sent(LaneSeq { lane: Lane::States, seq: 400 });
    let later = HubGeneration(1 << 20 | 5);
    for (said, (epoch, generation), word) in [
        (Said { received: 300, ..HONEST }, terms, beyond),
        (Said { epoch: 9, ..HONEST }, (StoreEpoch(9), terms.1), Word::Terms),
        (Said { generation: later.0, ..HONEST }, (terms.0, later), Word::Terms),
    ] {
        let hub = Hub::start().await;
        let pledge = hub.key_when_there().await.pledge(&store("s1"), (epoch, generation), word);
        let told = Rogue::claims(&hub, 1, said, &[pledge]).await;
        let (now, _) = hub.terms();
        assert!(now.number() > FIRST_GENERATION.number(), "{now:?} {told:?}");
        hub.end().await;
    }
}

/// A line that breaks right after it stood: the store dials again at once. What the hub still does for the first connection
/// never ends the second. Many hubs that have just come up, so that their tasks begin late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_dials_again_at_once_keeps_the_seat() {
    for _ in 0..24 {
        let hub = Hub::start().await;
        drop(Rogue::dial(&hub, 1).await);
        Rogue::connect(&hub, 2).await.is_still_heard(&hub, "SALT").await;
        hub.end().await;
    }
}

/// A machine that was replaced never takes the seat of the one that works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_epoch_is_refused_before_it_takes_the_seat() {
    let hub = Hub::start().await;
    let mut seated = Rogue::connect(&hub, 1).await;
    let refused = Rogue::dial_with(&hub, 2, &[(EPOCH_HEADER, "0".to_owned())]).await;
    let problem = refused.err().expect("it is not let in");
    assert_eq!(problem.code, "superseded");
    assert!(problem.detail.contains("epoch 0"), "{problem:?}");
    seated.is_still_heard(&hub, "SALT").await;
    hub.end().await;
}
