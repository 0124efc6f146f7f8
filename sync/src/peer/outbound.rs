//! The sending half: a window over the durable log, cumulative acknowledgements, one timer for sending again.
//! Decides which records to send; makes no frames.

use std::collections::BTreeMap;

use super::config::{Limits, OutRecord};
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
    window: BTreeMap<u64, OutRecord>,
    asked: bool,
    wait_ms: u64,
    resend_at: Option<i64>,
}

impl Outbound {
    pub(super) fn new(acked: u64, last: u64, limits: &Limits) -> Self {
        Self {
            acked,
            sent: acked,
            loaded: acked,
            last: last.max(acked),
            window: BTreeMap::new(),
            asked: false,
            wait_ms: limits.retry_first_ms,
            resend_at: None,
        }
    }

    pub(super) fn acked(&self) -> u64 {
        self.acked
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn resend_at(&self) -> Option<i64> {
        self.resend_at
    }

    pub(super) fn grew(&mut self, last_seq: u64) {
        self.last = self.last.max(last_seq);
    }

    /// The number after which records are needed now, if any; asked once until the answer comes.
    pub(super) fn need(&mut self, limits: &Limits) -> Option<u64> {
        let waiting: usize = self.window.values().map(|r| r.change.len()).sum();
        if self.asked || self.loaded >= self.last || waiting >= limits.window_bytes {
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
            self.window.insert(record.seq, record);
        }
        Ok(())
    }

    /// A new connection: everything not acknowledged goes out again, at once.
    pub(super) fn restart(&mut self, limits: &Limits) {
        self.sent = self.acked;
        self.asked = false;
        self.wait_ms = limits.retry_first_ms;
        self.resend_at = None;
    }

    /// Records to send now for the first time, as the window allows.
    pub(super) fn fresh(&mut self, now_ms: i64, limits: &Limits) -> Vec<OutRecord> {
        let mut in_flight: usize = self.window.range(..=self.sent).map(|(_, r)| r.change.len()).sum();
        let mut out = Vec::new();
        for (&seq, record) in self.window.range(self.sent + 1..) {
            if in_flight > 0 && in_flight + record.change.len() > limits.window_bytes {
                break;
            }
            in_flight += record.change.len();
            self.sent = seq;
            out.push(record.clone());
        }
        if self.resend_at.is_none() && !out.is_empty() {
            self.resend_at = Some(now_ms + self.wait_ms as i64);
        }
        out
    }

    /// Records to send again because nothing was acknowledged in time.
    pub(super) fn again(&mut self, now_ms: i64, limits: &Limits) -> Vec<OutRecord> {
        if self.resend_at.is_none_or(|at| now_ms < at) {
            return Vec::new();
        }
        self.wait_ms = (self.wait_ms * 2).min(limits.retry_max_ms);
        self.resend_at = Some(now_ms + self.wait_ms as i64);
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
        self.acked = upto;
        self.sent = self.sent.max(upto);
        self.loaded = self.loaded.max(upto);
        self.window = self.window.split_off(&(upto + 1));
        self.wait_ms = limits.retry_first_ms;
        self.resend_at = (self.sent > self.acked).then(|| now_ms + self.wait_ms as i64);
        true
    }
}

/// Cuts a run of records into groups that fit a batch.
pub(super) fn groups(records: Vec<OutRecord>) -> Vec<Vec<OutRecord>> {
    /// Doc key and lengths of one item, at most.
    const ITEM_OVERHEAD: usize = 24;
    let mut out: Vec<Vec<OutRecord>> = Vec::new();
    let mut bytes = 0;
    for record in records {
        let len = record.change.len() + ITEM_OVERHEAD;
        match out.last_mut() {
            Some(group) if bytes + len < MAX_BATCH_RAW => {
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
