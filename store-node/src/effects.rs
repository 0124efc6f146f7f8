//! What a commit changed, for the adapters that push it on. Says where to look, never what is there.

use model::DeviceId;
use std::collections::BTreeSet;

/// Where something changed. Merging two commits' effects is their union.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// Handhelds whose view changed.
    pub handhelds: BTreeSet<DeviceId>,
    /// Every handheld's view may have changed (the number of waiting orders did).
    pub all_handhelds: bool,
    /// There are print jobs to send.
    pub prints: bool,
    /// The orders board.
    pub board: bool,
    /// Stock.
    pub stock: bool,
    /// Readings or alarms.
    pub cold: bool,
    /// Devices or their prints.
    pub devices: bool,
    /// What the link page shows.
    pub link: bool,
    /// There are facts to carry, or the own log grew.
    pub outbox_grew: bool,
    /// Epoch or generation changed: the log began anew, and whoever holds a session must begin one, too.
    pub terms: bool,
}

impl Effects {
    /// The union.
    pub fn merge(&mut self, other: Effects) {
        self.handhelds.extend(other.handhelds);
        self.all_handhelds |= other.all_handhelds;
        self.prints |= other.prints;
        self.board |= other.board;
        self.stock |= other.stock;
        self.cold |= other.cold;
        self.devices |= other.devices;
        self.link |= other.link;
        self.outbox_grew |= other.outbox_grew;
        self.terms |= other.terms;
    }
}
