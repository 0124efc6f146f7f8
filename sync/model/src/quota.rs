//! The words of the escrow quotas (SYNC.md): who may sell what while the other side is away. Rules live in `sync::quota`.

use serde::{Deserialize, Serialize};

/// Bits of a generation that hold the tag of the hub that took it; the bits above count restores.
const TAG_BITS: u32 = 20;
/// Bits of an epoch that count within one generation; the bits above say which generation's hub minted it.
const COUNT_BITS: u32 = 16;

/// The store's epoch E: grows when a store is restored or replaced. Minted by the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct StoreEpoch(pub u32);

/// The hub's generation G: grows when a hub is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HubGeneration(pub u32);

/// The first epoch of a store that nobody has replaced.
pub const FIRST_EPOCH: StoreEpoch = StoreEpoch(1);
/// The generation of a hub that was never restored.
pub const FIRST_GENERATION: HubGeneration = HubGeneration(1);

impl StoreEpoch {
    /// The next epoch that a hub of this generation may mint after this one. What a hub minted and forgot in a restore is
    /// never minted again: the generation's number is part of it. `None` when there are no numbers left, and for an epoch of
    /// a later generation than this one: no hub has minted it, whatever a machine says.
    pub fn next(self, generation: HubGeneration) -> Option<StoreEpoch> {
        let floor = generation.number().checked_shl(COUNT_BITS)?;
        (floor >> COUNT_BITS == generation.number()).then_some(())?;
        let next = self.0.max(floor).checked_add(1)?;
        (next >> COUNT_BITS == generation.number()).then_some(StoreEpoch(next))
    }
}

impl HubGeneration {
    /// How many restores lie behind the hub.
    pub const fn number(self) -> u32 {
        self.0 >> TAG_BITS
    }

    /// Whether a hub of generation `now` may have been of this one in a life that it has forgotten: of any but its own, once it
    /// was restored. The number says nothing: two lives of one backup have one number and two tags, and a hub that comes from an
    /// old backup again, when its stores were lost as well, counts from there, while its last life had gone further.
    pub fn may_be_forgotten_by(self, now: HubGeneration) -> bool {
        self != now && now != FIRST_GENERATION
    }

    /// The generation after this one, as the hub with this tag takes it: the hub's id is part of the key, so that two
    /// hubs restored from one backup never share a generation. `None` when there are no numbers left.
    pub fn next(self, tag: u32) -> Option<HubGeneration> {
        let number = self.number().checked_add(1).filter(|n| n.leading_zeros() >= TAG_BITS)?;
        Some(HubGeneration(number << TAG_BITS | tag & ((1 << TAG_BITS) - 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hubs_of_one_backup_never_share_a_generation_and_no_epoch_is_minted_twice() {
        let first = FIRST_GENERATION;
        let (a, b) = (first.next(7).unwrap(), first.next(8).unwrap());
        assert_ne!(a, b);
        assert!(a > first && a.next(1).unwrap() > b);
        let minted = FIRST_EPOCH.next(first).unwrap();
        assert_eq!(minted, StoreEpoch(2));
        // The hub forgets that it minted 2 and begins a generation: its next one is another.
        let again = FIRST_EPOCH.next(a).unwrap();
        assert!(again > minted);
        assert_eq!(HubGeneration(u32::MAX).next(1), None);
        assert_eq!(StoreEpoch(u32::MAX).next(first), None);
        // What a machine says that it follows has no weight: any epoch of an earlier life gives the same next one, and one
        // that no hub can have minted yet gives none.
        for said in [FIRST_EPOCH, minted, StoreEpoch(0xffff)] {
            assert_eq!(said.next(a), Some(again));
        }
        assert_eq!(StoreEpoch(2 << COUNT_BITS).next(a), None);
    }

    #[test]
    fn a_restored_hub_may_have_forgotten_every_generation_but_its_own_and_one_that_never_was_none() {
        let first = FIRST_GENERATION;
        let (a, b) = (first.next(7).unwrap(), first.next(8).unwrap());
        let further = b.next(9).unwrap();
        for forgotten in [first, b, further] {
            assert!(forgotten.may_be_forgotten_by(a));
        }
        assert!(
            !a.may_be_forgotten_by(a) && !a.may_be_forgotten_by(first) && !first.may_be_forgotten_by(first)
        );
    }
}
