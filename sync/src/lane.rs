//! Lanes: the log of each side is several logs, each in order, without gaps and acknowledged by itself, so that what
//! somebody waits for overtakes what nobody waits for. What builds on each other stands in one document, and a document
//! is in one lane at a time; between documents no order is promised. Pure: which lane, never when.

use model::order::Owner;
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::doc::DocKey;

/// How many lanes there are.
pub const LANES: usize = 5;

/// Hours that count as fresh beside the current one: orders placed at five to eleven are on their way after eleven.
const FRESH_HOURS: i64 = 1;

/// One log of a side, the most urgent first. Numbers are on the wire and on disk: append, never renumber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lane {
    /// Orders of the hub, and rights of both sides. The only lane that a peer of version 1 knows.
    Orders,
    /// What the store says about orders of this hour and the one before.
    States,
    /// Alarms that stand at the store.
    Alarms,
    /// Stock of this hour; of the hub, what is sold and for how much.
    Stock,
    /// Everything older: sent when nothing else waits.
    Backfill,
}

impl Lane {
    /// All, the most urgent first.
    pub const ALL: [Lane; LANES] = [Lane::Orders, Lane::States, Lane::Alarms, Lane::Stock, Lane::Backfill];

    /// Its number on the wire and on disk.
    pub const fn index(self) -> usize {
        match self {
            Lane::Orders => 0,
            Lane::States => 1,
            Lane::Alarms => 2,
            Lane::Stock => 3,
            Lane::Backfill => 4,
        }
    }

    /// Its name for people and in figures.
    pub const fn word(self) -> &'static str {
        match self {
            Lane::Orders => "orders",
            Lane::States => "states",
            Lane::Alarms => "alarms",
            Lane::Stock => "stock",
            Lane::Backfill => "backfill",
        }
    }

    /// Back from [`Lane::index`].
    pub fn from_index(index: usize) -> Option<Self> {
        Self::ALL.get(index).copied()
    }

    /// Where `side` sends what it says in `doc` at `now`.
    pub const fn of(side: Owner, doc: DocKey, now: Timestamp) -> Self {
        match (doc, side) {
            (DocKey::Quota { .. }, _) | (DocKey::Orders { .. }, Owner::Hub) => Lane::Orders,
            (DocKey::Orders { hour }, Owner::Store) if is_fresh(hour, now) => Lane::States,
            (DocKey::Orders { .. }, Owner::Store) => Lane::Backfill,
            (DocKey::Alarms { .. }, _) => Lane::Alarms,
            (DocKey::Stock { .. } | DocKey::Catalogue { .. }, _) => Lane::Stock,
        }
    }

    /// Whether what waits in this lane may have become old enough for another one.
    pub const fn ages(self) -> bool {
        match self {
            Lane::States | Lane::Stock => true,
            Lane::Orders | Lane::Alarms | Lane::Backfill => false,
        }
    }
}

const fn is_fresh(hour: i64, now: Timestamp) -> bool {
    hour >= now.hour() - FRESH_HOURS
}

/// Where both logs of a lane stand, as one side durably knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LaneState {
    /// Last record of the other side's log that is durable here.
    pub received: u64,
    /// Last record of the own log.
    pub sent: u64,
    /// Last record of the own log that the other side has acknowledged.
    pub acked: u64,
    /// Records of the own log up to here will never be sent in this lane: they went to another one.
    pub skipped: u64,
}

impl LaneState {
    /// Own records that wait for an acknowledgement.
    pub const fn waiting(&self) -> u64 {
        let done = if self.skipped > self.acked { self.skipped } else { self.acked };
        self.sent.saturating_sub(done)
    }
}

/// A state for each lane, in their order.
pub type LaneStates = [LaneState; LANES];

/// All lanes as one, for people: what was skipped counts as done.
pub fn total(states: &LaneStates) -> LaneState {
    let sum = |of: fn(&LaneState) -> u64| states.iter().map(of).sum();
    LaneState {
        received: sum(|lane| lane.received),
        sent: sum(|lane| lane.sent),
        acked: sum(|lane| lane.acked.max(lane.skipped)),
        skipped: 0,
    }
}

/// The last number of each lane that occurs.
pub fn ends(places: impl IntoIterator<Item = LaneSeq>) -> Vec<LaneSeq> {
    let mut ends = [0; LANES];
    for at in places {
        let end = &mut ends[at.lane.index()];
        *end = at.seq.max(*end);
    }
    Lane::ALL
        .into_iter()
        .zip(ends)
        .filter(|(_, seq)| *seq > 0)
        .map(|(lane, seq)| LaneSeq { lane, seq })
        .collect()
}

/// A record's place: its lane and its number there. One number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct LaneSeq {
    /// Which log.
    pub lane: Lane,
    /// From 1, without gaps; at most [`SEQ_MAX`].
    pub seq: u64,
}

/// Bits of the lane in a [`LaneSeq`].
const LANE_BITS: u32 = 3;
/// The highest number of a record: a place is one number with its lane.
pub const SEQ_MAX: u64 = u64::MAX >> LANE_BITS;

impl From<LaneSeq> for u64 {
    fn from(at: LaneSeq) -> Self {
        at.seq << LANE_BITS | at.lane.index() as u64
    }
}

impl TryFrom<u64> for LaneSeq {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        let index = usize::try_from(number & ((1 << LANE_BITS) - 1)).map_err(|_| "no lane")?;
        let lane = Lane::from_index(index).ok_or("a lane of a later version")?;
        Ok(Self { lane, seq: number >> LANE_BITS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::quota::{HubGeneration, StoreEpoch};
    use model::time::HOUR_MS;

    #[test]
    fn what_somebody_waits_for_has_the_first_lane_and_old_hours_the_last() {
        let now = Timestamp::from_ms(500 * HOUR_MS + 1);
        let orders = |hour| DocKey::Orders { hour };
        let quota = DocKey::Quota { epoch: StoreEpoch(1), generation: HubGeneration(1) };
        assert_eq!(Lane::of(Owner::Store, quota, now), Lane::Orders);
        assert_eq!(Lane::of(Owner::Hub, orders(3), now), Lane::Orders);
        assert_eq!(Lane::of(Owner::Store, orders(500), now), Lane::States);
        assert_eq!(Lane::of(Owner::Store, orders(499), now), Lane::States);
        assert_eq!(Lane::of(Owner::Store, orders(498), now), Lane::Backfill);
        assert_eq!(
            Lane::of(Owner::Store, orders(9_000), Timestamp::from_ms(0)),
            Lane::States,
            "a clock at 1970"
        );
    }

    #[test]
    fn a_place_is_one_number_and_a_lane_nobody_knows_is_refused() {
        for lane in Lane::ALL {
            let at = LaneSeq { lane, seq: 77 };
            assert_eq!(LaneSeq::try_from(u64::from(at)), Ok(at));
        }
        assert!(LaneSeq::try_from(8 | 7).is_err());
    }
}
