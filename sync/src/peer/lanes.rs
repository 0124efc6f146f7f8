//! All lanes of a session together: who may send how much now, the most urgent first, and of what nobody waits for (stock,
//! catalogue, backfill) only what the bucket and a small window give, so that a new order never stands behind more than a moment's worth of old news.

use model::order::Owner;
use model::time::Timestamp;

use super::bucket::Bucket;
use super::config::{Limits, OutRecord};
use super::inbound::Inbound;
use super::outbound::Outbound;
use crate::lane::{LANES, Lane, LaneState, LaneStates};
use crate::wire::{CATALOGUE_SINCE, LaneMark};

/// Both halves of every lane.
#[derive(Debug)]
pub(super) struct Lanes {
    inbound: [Inbound; LANES],
    outbound: [Outbound; LANES],
    bucket: Bucket,
    /// The other side is of version 1: it knows the first lane only.
    single: bool,
    /// The other side is a store that knows no catalogue, the only thing that a hub has in that lane: it waits there.
    no_catalogue: bool,
}

/// Lanes to a store that knows no catalogue.
const WITHOUT_CATALOGUE: [Lane; LANES - 1] = [Lane::Orders, Lane::States, Lane::Alarms, Lane::Backfill];

/// Whether nobody waits for what is in a lane: it goes by the bucket, and only while little is in flight.
const fn is_patient(lane: Lane) -> bool {
    match lane {
        Lane::Orders | Lane::States | Lane::Alarms => false,
        Lane::Stock | Lane::Backfill => true,
    }
}

/// Whether a lane has its turn after everything else, repairs included.
pub(super) const fn is_last(lane: Lane) -> bool {
    match lane {
        Lane::Orders | Lane::States | Lane::Alarms | Lane::Stock => false,
        Lane::Backfill => true,
    }
}

/// The other lanes.
pub(super) const fn is_before(lane: Lane) -> bool {
    !is_last(lane)
}

impl Lanes {
    pub(super) fn new(states: &LaneStates, limits: &Limits, now: Timestamp) -> Self {
        Self {
            inbound: states.map(|state| Inbound::new(state.received, limits.receive_records)),
            outbound: states.map(|state| Outbound::new(&state, limits)),
            bucket: Bucket::new(limits.backfill_burst, limits.backfill_per_s, now.ms()),
            single: false,
            no_catalogue: false,
        }
    }

    pub(super) fn inbound(&self, lane: Lane) -> &Inbound {
        &self.inbound[lane.index()]
    }

    pub(super) fn inbound_mut(&mut self, lane: Lane) -> &mut Inbound {
        &mut self.inbound[lane.index()]
    }

    pub(super) fn outbound(&self, lane: Lane) -> &Outbound {
        &self.outbound[lane.index()]
    }

    pub(super) fn outbound_mut(&mut self, lane: Lane) -> &mut Outbound {
        &mut self.outbound[lane.index()]
    }

    /// What the other side knows, by the version that both read.
    pub(super) fn set_version(&mut self, version: u8, side: Owner) {
        self.single = version == 1;
        self.no_catalogue = side == Owner::Hub && version < CATALOGUE_SINCE;
    }

    /// The lanes that the other side knows.
    pub(super) fn known(&self) -> &'static [Lane] {
        if self.single { &Lane::ALL[..1] } else { &Lane::ALL }
    }

    /// The lanes that the other side can read what we have in.
    fn readable(&self) -> &'static [Lane] {
        if self.no_catalogue && !self.single { &WITHOUT_CATALOGUE } else { self.known() }
    }

    /// Something of ours waits in a lane that the other side does not know.
    pub(super) fn is_stuck(&self) -> bool {
        self.single && self.outbound[1..].iter().any(Outbound::is_behind)
    }

    /// Records moved between lanes on disk: what is in memory of a lane that was renumbered is worth nothing.
    pub(super) fn restate(&mut self, states: &LaneStates, limits: &Limits) {
        for (mine, state) in self.outbound.iter_mut().zip(states) {
            if mine.skipped() < state.skipped {
                *mine = Outbound::new(state, limits);
            } else {
                mine.grew(state.sent);
            }
        }
    }

    /// Where everything stands as a connection begins: what the other side is held against.
    pub(super) fn states(&self) -> LaneStates {
        Lane::ALL.map(|lane| LaneState {
            received: self.inbound(lane).committed(),
            sent: self.outbound(lane).last(),
            acked: self.outbound(lane).proved(),
            skipped: self.outbound(lane).skipped(),
        })
    }

    /// Marks for a hello.
    pub(super) fn marks(&self) -> Vec<LaneMark> {
        self.states().into_iter().map(LaneMark::from).collect()
    }

    pub(super) fn restart(&mut self, limits: &Limits) {
        self.outbound.iter_mut().for_each(|lane| lane.restart(limits));
    }

    /// What may be sent now for the first time, lane by lane, of the lanes that `turn` says. `beside`: bytes of other things
    /// that nobody waits for, on their way too.
    pub(super) fn fresh(
        &mut self,
        now_ms: i64,
        limits: &Limits,
        (turn, beside): (fn(Lane) -> bool, usize),
    ) -> Vec<(Lane, Vec<OutRecord>)> {
        let mut in_flight = self.in_flight();
        let mut out = Vec::new();
        for &lane in self.readable().iter().filter(|lane| turn(**lane)) {
            let old = is_patient(lane);
            let others = if old { beside } else { 0 };
            let window = if old { limits.backfill_window } else { limits.window_bytes };
            let mut room = window.saturating_sub(in_flight + others);
            if old {
                room = room.min(self.bucket.level(now_ms));
            }
            // One record always goes, however large: else a large one would wait for ever.
            let eager = in_flight + others == 0 && (!old || self.bucket.is_full(now_ms));
            let records = self.outbound_mut(lane).fresh(now_ms, room, eager);
            let bytes: usize = records.iter().map(|r| r.change.len()).sum();
            if old {
                self.bucket.take(bytes);
            }
            in_flight += bytes;
            if !records.is_empty() {
                out.push((lane, records));
            }
        }
        out
    }

    fn in_flight(&self) -> usize {
        self.outbound.iter().map(Outbound::in_flight).sum()
    }

    /// Whether so many bytes that are no record may go now, `beside` of their kind being on their way: as in a lane that nobody
    /// waits for.
    pub(super) fn has_room(&mut self, now_ms: i64, limits: &Limits, (beside, bytes): (usize, usize)) -> bool {
        let busy = self.in_flight() + beside;
        let fits = busy == 0 || busy + bytes <= limits.backfill_window;
        fits && (self.bucket.level(now_ms) >= bytes || self.bucket.is_full(now_ms))
    }

    /// So many bytes that are no record have gone.
    pub(super) const fn took(&mut self, bytes: usize) {
        self.bucket.take(bytes);
    }

    /// When the bucket has filled.
    pub(super) fn full_at(&self, now_ms: i64) -> Option<i64> {
        self.bucket.full_at(now_ms)
    }

    /// Records to send again, lane by lane.
    pub(super) fn again(&mut self, now_ms: i64, limits: &Limits) -> Vec<(Lane, Vec<OutRecord>)> {
        let known = self.readable();
        let of = |lane: &Lane| (*lane, self.outbound[lane.index()].again(now_ms, limits));
        known.iter().map(of).filter(|(_, records)| !records.is_empty()).collect()
    }

    /// Lanes whose log must be read on, and after which record.
    pub(super) fn need(&mut self, limits: &Limits) -> Vec<(Lane, u64)> {
        let known = self.readable();
        known.iter().filter_map(|lane| Some((*lane, self.outbound_mut(*lane).need(limits)?))).collect()
    }

    /// The next moment something must be sent again, or the bucket has filled.
    pub(super) fn due_at(&self, now_ms: i64) -> Option<i64> {
        let again = self.outbound.iter().filter_map(Outbound::resend_at).min();
        let waits = self.readable().iter().any(|lane| is_patient(*lane) && self.outbound(*lane).is_behind());
        let bucket = if waits { self.bucket.full_at(now_ms) } else { None };
        [again, bucket].into_iter().flatten().min()
    }
}
