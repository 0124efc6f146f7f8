//! The sending half of one lane: a window over its durable log, cumulative acknowledgements, one timer for sending again.
//! Decides which records to send; makes no frames. How much all lanes together may have in flight is the machine's.

use std::collections::BTreeMap;

use super::config::{Limits, OutRecord};
use crate::lane::LaneState;
use crate::wire::{CloseReason, MAX_BATCH_RAW};

/// Bytes sent again at once when the timer has run out: enough to learn where the other side stands.
const RESEND_BYTES: usize = 32 * 1024;

/// Where the own log stands. `acked <= loaded <= last`; `window` holds the records after `acked` up to `loaded`.
#[derive(Debug)]
pub(super) struct Outbound {
    acked: u64,
    sent: u64,
    loaded: u64,
    last: u64,
    skipped: u64,
    /// The highest number that the other side itself has acknowledged; `acked` may be ahead of it by what was skipped.
    proved: u64,
    window: BTreeMap<u64, OutRecord>,
    /// Bytes in the window: sent and not acknowledged, and not sent.
    in_flight: usize,
    unsent: usize,
    asked: bool,
    wait_ms: u64,
    resend_at: Option<i64>,
}

impl Outbound {
    pub(super) fn new(state: &LaneState, limits: &Limits) -> Self {
        let begun = state.acked.max(state.skipped);
        Self {
            acked: begun,
            sent: begun,
            loaded: begun,
            last: state.sent.max(begun),
            skipped: state.skipped,
            proved: state.acked,
            window: BTreeMap::new(),
            in_flight: 0,
            unsent: 0,
            asked: false,
            wait_ms: limits.retry_first_ms,
            resend_at: None,
        }
    }

    pub(super) fn acked(&self) -> u64 {
        self.acked
    }

    /// What the other side must still have.
    pub(super) fn proved(&self) -> u64 {
        self.proved
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }

    pub(super) fn resend_at(&self) -> Option<i64> {
        self.resend_at
    }

    /// Bytes sent and not acknowledged.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Whether anything waits to be sent or loaded.
    pub(super) fn is_behind(&self) -> bool {
        self.sent < self.last
    }

    pub(super) fn grew(&mut self, last_seq: u64) {
        self.last = self.last.max(last_seq);
    }

    /// The number after which records are needed now, if any; asked once until the answer comes.
    pub(super) fn need(&mut self, limits: &Limits) -> Option<u64> {
        if self.asked || self.loaded >= self.last || self.in_flight + self.unsent >= limits.window_bytes {
            return None;
        }
        self.asked = true;
        Some(self.loaded)
    }

    /// Takes the records asked for. What is known already is passed over.
    pub(super) fn load(&mut self, records: Vec<OutRecord>) -> Result<(), CloseReason> {
        self.asked = false;
        for record in records {
            if record.seq <= self.loaded {
                continue;
            }
            if record.seq != self.loaded + 1 {
                return Err(CloseReason::LogGap { seq: self.loaded + 1 });
            }
            self.loaded = record.seq;
            self.last = self.last.max(record.seq);
            self.unsent += record.change.len();
            self.window.insert(record.seq, record);
        }
        Ok(())
    }

    /// A new connection: everything not acknowledged goes out again, at once.
    pub(super) fn restart(&mut self, limits: &Limits) {
        self.sent = self.acked;
        self.unsent += self.in_flight;
        self.in_flight = 0;
        self.asked = false;
        self.wait_ms = limits.retry_first_ms;
        self.resend_at = None;
    }

    /// Records to send now for the first time: as many as fit in `room` bytes, and one at least if `eager`.
    pub(super) fn fresh(&mut self, now_ms: i64, room: usize, eager: bool) -> Vec<OutRecord> {
        let mut bytes = 0;
        let mut out = Vec::new();
        for (&seq, record) in self.window.range(self.sent + 1..) {
            let first = out.is_empty() && eager;
            if !first && bytes + record.change.len() > room {
                break;
            }
            bytes += record.change.len();
            self.sent = seq;
            out.push(record.clone());
        }
        self.in_flight += bytes;
        self.unsent -= bytes;
        if self.resend_at.is_none() && !out.is_empty() {
            self.resend_at = Some(now_ms.saturating_add_unsigned(self.wait_ms));
        }
        out
    }

    /// Records to send again because nothing was acknowledged in time.
    pub(super) fn again(&mut self, now_ms: i64, limits: &Limits) -> Vec<OutRecord> {
        if self.resend_at.is_none_or(|at| now_ms < at) {
            return Vec::new();
        }
        self.wait_ms = (self.wait_ms * 2).min(limits.retry_max_ms);
        self.resend_at = Some(now_ms.saturating_add_unsigned(self.wait_ms));
        let mut bytes = 0;
        let mut out = Vec::new();
        for record in self.window.range(..=self.sent).map(|(_, r)| r) {
            bytes += record.change.len();
            if !out.is_empty() && bytes > RESEND_BYTES {
                break;
            }
            out.push(record.clone());
        }
        out
    }

    /// The other side has everything up to `upto`. True when that is news.
    pub(super) fn ack(&mut self, now_ms: i64, upto: u64, limits: &Limits) -> bool {
        if upto <= self.acked {
            return false;
        }
        let keep = self.window.split_off(&(upto + 1));
        for (seq, record) in std::mem::replace(&mut self.window, keep) {
            // Acknowledged on an earlier connection and not sent on this one: possible, and as good.
            let counted = if seq <= self.sent { &mut self.in_flight } else { &mut self.unsent };
            *counted = counted.saturating_sub(record.change.len());
        }
        self.acked = upto;
        self.proved = upto;
        self.sent = self.sent.max(upto);
        self.loaded = self.loaded.max(upto);
        self.wait_ms = limits.retry_first_ms;
        self.resend_at = (self.sent > self.acked).then(|| now_ms.saturating_add_unsigned(self.wait_ms));
        true
    }
}

/// Cuts a run of records into groups of at most `most` bytes that fit a batch.
pub(super) fn groups(records: Vec<OutRecord>, most: usize) -> Vec<Vec<OutRecord>> {
    /// Doc key and lengths of one item, at most.
    const ITEM_OVERHEAD: usize = 24;
    let most = most.min(MAX_BATCH_RAW);
    let mut out: Vec<Vec<OutRecord>> = Vec::new();
    let mut bytes = 0;
    for record in records {
        let len = record.change.len() + ITEM_OVERHEAD;
        match out.last_mut() {
            Some(group) if bytes + len < most => {
                bytes += len;
                group.push(record);
            }
            Some(_) | None => {
                bytes = len + ITEM_OVERHEAD;
                out.push(vec![record]);
            }
        }
    }
    out
}
