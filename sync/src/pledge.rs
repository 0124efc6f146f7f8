//! Pledges: what a hub has once said of itself, to be shown to a hub that was set back. To a store that dials it pledges its
//! terms, with every run of records how far that lane of its log has come, with every acknowledgement how far it has the
//! store's; the store keeps the newest of each and shows them when it dials. Only the hub's key makes a pledge, so that
//! nobody can talk a hub into having been set back. Decides nothing; keeps nothing on disk.

use crate::lane::{LANES, LaneSeq, LaneStates};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use model::StoreId;
use model::quota::{HubGeneration, StoreEpoch};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Bytes of a seal. It can be guessed only at the hub itself, one guess a connection, each of them kept and shown.
pub const SEAL_BYTES: usize = 8;
/// The most pledges that a store keeps and shows: one of the terms, two a lane.
pub const PLEDGES_MAX: usize = 1 + 2 * LANES;
/// Signs of a header with as many.
const TEXT_MAX: usize = 512;

/// What a key has made of a pledge's words.
pub type Seal = [u8; SEAL_BYTES];

/// The secret of a hub from which its pledges are made. It outlives every restore.
#[derive(Clone, PartialEq, Eq)]
pub struct PledgeKey([u8; 32]);

impl std::fmt::Debug for PledgeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PledgeKey(..)")
    }
}

/// What a hub pledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Word {
    /// The terms alone.
    Terms,
    /// A lane of its log for the store has come here.
    Sent(LaneSeq),
    /// It has this lane of the store's log up to here.
    Received(LaneSeq),
}

impl Word {
    /// The place among what a store keeps: 0 for the terms, then what was sent and what was received, lane by lane.
    pub const fn slot(self) -> usize {
        match self {
            Self::Terms => 0,
            Self::Sent(at) => 1 + at.lane.index(),
            Self::Received(at) => 1 + LANES + at.lane.index(),
        }
    }

    /// A place in a log as one number; 0 for the terms.
    pub fn number(self) -> u64 {
        match self {
            Self::Terms => 0,
            Self::Sent(at) | Self::Received(at) => at.into(),
        }
    }

    /// The word with this slot and number.
    pub fn read(slot: usize, number: u64) -> Option<Self> {
        let at = || LaneSeq::try_from(number).ok();
        let word = match slot {
            0 => Some(Self::Terms),
            slot if slot <= LANES => at().map(Self::Sent),
            _ => at().map(Self::Received),
        };
        word.filter(|word| word.slot() == slot)
    }
}

/// A hub's word to one store, under these terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pledge {
    /// E.
    pub epoch: StoreEpoch,
    /// G.
    pub generation: HubGeneration,
    /// What it says.
    pub word: Word,
    /// What only the hub can make of it.
    pub seal: Seal,
}

impl Pledge {
    /// E and G.
    pub const fn terms(&self) -> (StoreEpoch, HubGeneration) {
        (self.epoch, self.generation)
    }

    /// Whether a hub that now has these terms, and has come this far in both logs, has forgotten that it once said this:
    /// it was set back.
    pub fn is_forgotten(&self, (epoch, generation): (StoreEpoch, HubGeneration), lanes: &LaneStates) -> bool {
        if self.generation != generation {
            return self.generation.number() >= generation.number();
        }
        if self.epoch != epoch {
            return self.epoch > epoch;
        }
        match self.word {
            Word::Terms => false,
            Word::Sent(at) => at.seq > lanes[at.lane.index()].sent,
            Word::Received(at) => at.seq > lanes[at.lane.index()].received,
        }
    }

    /// Whether this one is to be kept rather than a newer one of the same slot: a hub that was set back says less of itself
    /// than before, and of two hubs that took one number the store has heard this one first.
    pub fn outweighs(&self, newer: &Pledge) -> bool {
        if self.generation != newer.generation {
            return self.generation.number() >= newer.generation.number();
        }
        (self.epoch, self.word.number()) > (newer.epoch, newer.word.number())
    }
}

impl PledgeKey {
    /// From a secret that serves nothing else.
    pub const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The pledge of these words.
    pub fn pledge(
        &self,
        store: &StoreId,
        (epoch, generation): (StoreEpoch, HubGeneration),
        word: Word,
    ) -> Pledge {
        // 64 bytes are a block of SHA-256: a key of that length cannot be refused.
        let mut block = [0_u8; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as Mac>::new(&block.into());
        mac.update(b"larder pledge 1");
        mac.update(&(store.as_str().len() as u64).to_be_bytes());
        mac.update(store.as_str().as_bytes());
        mac.update(&epoch.0.to_be_bytes());
        mac.update(&generation.0.to_be_bytes());
        mac.update(&(word.slot() as u64).to_be_bytes());
        mac.update(&word.number().to_be_bytes());
        let whole = mac.finalize().into_bytes();
        let mut seal = Seal::default();
        seal.copy_from_slice(&whole[..SEAL_BYTES]);
        Pledge { epoch, generation, word, seal }
    }

    /// Whether this key has made it, for this store. Compares without telling by its time where the two differ.
    pub fn made(&self, store: &StoreId, pledge: &Pledge) -> bool {
        let own = self.pledge(store, pledge.terms(), pledge.word).seal;
        own.iter().zip(pledge.seal).fold(0, |differs, (mine, theirs)| differs | (mine ^ theirs)) == 0
    }
}

/// A pledge as text, for a header.
pub fn to_text(pledges: &[Pledge]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(postcard::to_stdvec(pledges).unwrap_or_default())
}

/// Pledges of a header; none, where it is no such text.
pub fn from_text(text: &str) -> Vec<Pledge> {
    if text.len() > TEXT_MAX {
        return Vec::new();
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    let mut pledges = postcard::from_bytes::<Vec<Pledge>>(&bytes).unwrap_or_default();
    pledges.truncate(PLEDGES_MAX);
    pledges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::{Lane, SEQ_MAX};

    #[test]
    fn only_the_key_and_only_for_these_words() {
        let (key, other) = (PledgeKey::new([7; 32]), PledgeKey::new([8; 32]));
        let [s1, s2] = ["s1", "s2"].map(|id| StoreId::new(id).unwrap());
        let terms = (StoreEpoch(3), HubGeneration(1));
        let at = LaneSeq { lane: Lane::States, seq: 40 };
        let made = key.pledge(&s1, terms, Word::Sent(at));
        assert!(key.made(&s1, &made));
        assert!(!other.made(&s1, &made) && !key.made(&s2, &made));
        for forged in [
            Pledge { epoch: StoreEpoch(4), ..made },
            Pledge { generation: HubGeneration(2), ..made },
            Pledge { word: Word::Sent(LaneSeq { seq: 41, ..at }), ..made },
            Pledge { word: Word::Sent(LaneSeq { lane: Lane::Alarms, ..at }), ..made },
            Pledge { word: Word::Received(at), ..made },
            Pledge { word: Word::Terms, ..made },
            Pledge { seal: [0; SEAL_BYTES], ..made },
        ] {
            assert!(!key.made(&s1, &forged), "{forged:?}");
        }
    }

    #[test]
    fn a_hub_that_was_set_back_has_forgotten_what_it_pledged_and_its_newer_word_covers_nothing() {
        let (key, store) = (PledgeKey::new([7; 32]), StoreId::new("s1").unwrap());
        let [first, a, b, later] = {
            let first = HubGeneration(1);
            let (a, b) = (first.next(7).unwrap(), first.next(8).unwrap());
            [first, a, b, a.next(1).unwrap()]
        };
        let (old, new) = (StoreEpoch(2), StoreEpoch(3));
        let at = |seq| LaneSeq { lane: Lane::States, seq };
        let mut lanes = LaneStates::default();
        lanes[Lane::States.index()].sent = 40;
        let pledge = |epoch, generation, word| key.pledge(&store, (epoch, generation), word);
        let forgotten = |pledge: Pledge, now| pledge.is_forgotten(now, &lanes);
        let sent = |seq| pledge(new, a, Word::Sent(at(seq)));
        assert!(!forgotten(sent(40), (new, a)) && forgotten(sent(41), (new, a)));
        assert!(forgotten(pledge(new, a, Word::Received(at(1))), (new, a)));
        assert!(forgotten(pledge(new, a, Word::Terms), (old, a)), "an epoch that it minted");
        assert!(!forgotten(pledge(old, a, Word::Sent(at(99))), (new, a)), "of a log that is over");
        assert!(forgotten(pledge(old, a, Word::Terms), (new, first)), "a generation that it took");
        assert!(forgotten(pledge(old, a, Word::Terms), (old, b)), "another life of one backup took it");
        assert!(!forgotten(pledge(new, a, Word::Terms), (old, later)));

        let terms = |epoch, generation| pledge(epoch, generation, Word::Terms);
        assert!(terms(old, a).outweighs(&terms(new, first)) && !terms(new, first).outweighs(&terms(old, a)));
        assert!(terms(old, a).outweighs(&terms(new, b)) && terms(new, a).outweighs(&terms(old, a)));
        assert!(
            !sent(40).outweighs(&sent(41)) && sent(41).outweighs(&sent(40)) && !sent(40).outweighs(&sent(40))
        );
    }

    #[test]
    fn a_header_gives_back_what_was_put_in_and_nothing_of_rubbish() {
        let (key, store) = (PledgeKey::new([7; 32]), StoreId::new("s1").unwrap());
        let terms = (StoreEpoch(u32::MAX), HubGeneration(u32::MAX));
        let far = Lane::ALL.map(|lane| LaneSeq { lane, seq: SEQ_MAX });
        let words = far.iter().copied().map(Word::Sent).chain(far.iter().copied().map(Word::Received));
        let all: Vec<Pledge> =
            std::iter::once(Word::Terms).chain(words).map(|word| key.pledge(&store, terms, word)).collect();
        assert_eq!((all.len(), from_text(&to_text(&all))), (PLEDGES_MAX, all.clone()));
        for (slot, word) in all.iter().map(|pledge| pledge.word).enumerate() {
            assert_eq!((word.slot(), Word::read(slot, word.number())), (slot, Some(word)));
        }
        assert_eq!(Word::read(2, LaneSeq { lane: Lane::Orders, seq: 1 }.into()), None);
        for rubbish in ["no such thing", "", "AAAA", &"A".repeat(600)] {
            assert!(from_text(rubbish).is_empty(), "{rubbish}");
        }
    }
}
