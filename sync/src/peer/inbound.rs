//! The receiving half of one lane: in order, once, and acknowledged only when durable. No frames, no time.

use std::collections::BTreeMap;

use crate::doc::DocKey;

/// Bytes of one lane that wait for a record before them. An honest sender has less than that on its way; a record beyond it is
/// dropped, and repeated by who sent it.
const EARLY_BYTES_MAX: usize = 1024 * 1024;

/// One received record.
pub(super) type Record = (u64, DocKey, Vec<u8>);

/// Where the other side's log stands here. `committed, skipped <= delivered < every early record`. What the sender skips is
/// passed over and never claimed: who says that it has what it has not written down, is found set back when it dies.
#[derive(Debug)]
pub(super) struct Inbound {
    committed: u64,
    skipped: u64,
    delivered: u64,
    early: BTreeMap<u64, (DocKey, Vec<u8>)>,
    early_bytes: usize,
    room: usize,
    /// Something durable was not acknowledged yet, or its acknowledgement was lost.
    ack_due: bool,
}

impl Inbound {
    pub(super) fn new(received: u64, room: usize) -> Self {
        let early = BTreeMap::new();
        Self {
            committed: received,
            skipped: 0,
            delivered: received,
            early,
            early_bytes: 0,
            room,
            ack_due: false,
        }
    }

    /// Last durable record.
    pub(super) fn committed(&self) -> u64 {
        self.committed
    }

    /// Takes one record. Gives what may now be delivered, in order; nothing for a duplicate, a record that came too
    /// early, or one there is no room for (the sender repeats it).
    pub(super) fn take(&mut self, seq: u64, doc: DocKey, change: Vec<u8>) -> Vec<Record> {
        if seq <= self.committed {
            // Already durable: the sender has missed an acknowledgement.
            self.ack_due = true;
            return Vec::new();
        }
        if seq <= self.delivered || self.is_full() {
            return Vec::new();
        }
        let ahead = seq - self.delivered;
        let fits = ahead == 1 || self.early_bytes.saturating_add(change.len()) <= EARLY_BYTES_MAX;
        if ahead <= self.room as u64 && fits && !self.early.contains_key(&seq) {
            self.early_bytes += change.len();
            self.early.insert(seq, (doc, change));
        }
        self.ready()
    }

    /// Notes what the caller made durable, and gives what there is room for now.
    pub(super) fn commit(&mut self, upto: u64) -> Vec<Record> {
        let before = self.committed;
        self.committed = self.committed.max(upto.min(self.delivered));
        self.ack_due |= self.committed > before;
        self.ready()
    }

    /// The sender will never send what is before or at `skipped` in this lane.
    pub(super) fn skip(&mut self, skipped: u64) -> Vec<Record> {
        if skipped > self.delivered {
            (self.delivered, self.skipped) = (skipped, skipped);
            self.early = self.early.split_off(&(skipped + 1));
            self.early_bytes = self.early.values().map(|(_, change)| change.len()).sum();
        }
        self.ready()
    }

    /// What is durable is acknowledged once more.
    pub(super) fn say_again(&mut self) {
        self.ack_due |= self.committed > 0;
    }

    /// Whether an acknowledgement is to be sent; asked once.
    pub(super) fn ack_due(&mut self) -> bool {
        std::mem::take(&mut self.ack_due)
    }

    fn is_full(&self) -> bool {
        self.delivered - self.committed.max(self.skipped) >= self.room as u64
    }

    fn ready(&mut self) -> Vec<Record> {
        let mut out = Vec::new();
        while !self.is_full() {
            let next = self.delivered + 1;
            let Some((doc, change)) = self.early.remove(&next) else { break };
            self.delivered = next;
            self.early_bytes = self.early_bytes.saturating_sub(change.len());
            out.push((next, doc, change));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_a_record_before_it_is_bounded_in_bytes_and_what_was_dropped_comes_again() {
        let mut lane = Inbound::new(0, 1_024);
        let doc = DocKey::Orders { hour: 1 };
        let large = vec![7; EARLY_BYTES_MAX / 4];
        for _ in 0..2 {
            for seq in 2..=9 {
                assert!(lane.take(seq, doc, large.clone()).is_empty());
            }
        }
        assert_eq!((lane.early.len(), lane.early_bytes), (4, EARLY_BYTES_MAX), "a repeated one counts once");
        let ready = lane.take(1, doc, large.clone());
        assert_eq!((ready.len(), lane.early_bytes, lane.delivered), (5, 0, 5));
        assert_eq!(lane.take(6, doc, large.clone()).len(), 1, "repeated by the sender");
        lane.take(9, doc, large.clone());
        lane.skip(9);
        assert_eq!((lane.early_bytes, lane.delivered), (0, 9));
    }
}
