//! The uplink between the two peers: frames that get lost, doubled and overtaken; delivered records are committed before
//! they are acknowledged. What a session finds out about terms and rollbacks is acted upon as the adapters do.

use super::machines::HubBox;
use super::world::{Event, World};
use crate::checks::{Check, Checked, broken, machine};
use crate::sim::city;
use central_hub::command::Command as Hub;
use central_hub::engine::Said;
use model::order::Owner;
use rand::Rng;
use store_node::command::{Command as Store, FenceWhy};
use store_node::engine::InboundRecord;
use sync::doc::DocKey;
use sync::lane::{Lane, LaneSeq, ends};
use sync::peer::{Input, Opening, Output};
use sync::pledge::{Pledge, Word};
use sync::wire::CloseReason;

/// Records that a peer has delivered: place, document, change, and what the hub has pledged with it.
type Delivered = Vec<(LaneSeq, DocKey, Vec<u8>, Option<Pledge>)>;

impl World {
    /// The store dials; both ends begin a session.
    pub(super) fn dial(&mut self) -> Checked {
        let ready = self.store.engine.is_some() && self.hub.engine.is_some() && !self.line.cut;
        if self.line.connected || !ready {
            return Ok(());
        }
        self.line.connected = true;
        let now = self.now();
        self.pledges_terms()?;
        let lanes = self.store.engine()?.age_lanes(now).map_err(machine)?;
        self.feed(Owner::Store, Input::Lanes(lanes))?;
        self.shows_hours()?;
        for end in [Owner::Store, Owner::Hub] {
            self.feed(end, Input::Connected(Opening::default()))?;
        }
        self.store_grew()
    }

    /// Whoever dials hears under which terms the hub is, and keeps its word for it.
    pub(super) fn pledges_terms(&mut self) -> Checked {
        let store = city::store_id(0).map_err(machine)?;
        let terms = self.hub.engine()?.under(&store).map_err(machine)?;
        let pledge = HubBox::pledges().pledge(&store, terms, Word::Terms);
        self.store.engine()?.pledged(&[pledge]).map_err(machine)
    }

    /// With its hello the store shows which hours are closed there.
    fn shows_hours(&mut self) -> Checked {
        let (mine, theirs) = self.closed_hours()?;
        let (now, store) = (self.now(), city::store_id(0).map_err(machine)?);
        let hub = self.hub.engine()?;
        let (under, config) =
            (hub.under(&store).map_err(machine)?, self.store.engine()?.peer_config().map_err(machine)?);
        // A session of other terms than the store's never comes about.
        if under == (config.epoch, config.generation) {
            let said = Said::Closed(store, under, sync::doc::same_hours(&theirs, &mine));
            self.hub.engine()?.hear(now, &[said]).map_err(machine)?;
        }
        Ok(())
    }

    /// Whether what the store has of the hub's pledges shows that the hub has forgotten something.
    pub(super) fn shows_set_back(&mut self) -> Checked<bool> {
        let store = city::store_id(0).map_err(machine)?;
        let shown = self.store.engine()?.pledges().map_err(machine)?;
        let now = self.hub.engine()?.session(&store).map_err(machine)?;
        let (key, terms) = (HubBox::pledges(), (now.epoch, now.generation));
        Ok(shown.iter().any(|pledge| key.made(&store, pledge) && pledge.is_forgotten(terms, &now.lanes)))
    }

    /// The own log of the store grew.
    fn store_grew(&mut self) -> Checked {
        let lanes = self.store.engine()?.lanes().map_err(machine)?;
        for (lane, state) in Lane::ALL.into_iter().zip(lanes) {
            self.feed(Owner::Store, Input::OutGrew { lane, last_seq: state.sent })?;
        }
        Ok(())
    }

    /// Both ends lose the connection.
    pub(super) fn hang_up(&mut self) -> Checked {
        if !self.line.connected {
            return Ok(());
        }
        self.line.connected = false;
        for end in [Owner::Store, Owner::Hub] {
            self.feed(end, Input::Disconnected)?;
        }
        let now = self.now();
        let store = city::store_id(0).map_err(machine)?;
        match &mut self.hub.engine {
            Some(hub) => hub.heard(now, &store, false).map_err(machine),
            None => Ok(()),
        }
    }

    /// What happened on the line up to now.
    pub(super) fn happens(&mut self, event: Event) -> Checked {
        match event {
            Event::Frame(to, session, bytes) if self.line.connected && session == self.session => {
                self.feed(to, Input::Frame(bytes))
            }
            Event::Frame(..) => Ok(()),
            Event::Tick(end) => {
                if self.ticks.get(&end).is_none_or(|due| *due > self.now().ms()) {
                    return Ok(());
                }
                self.ticks.remove(&end);
                self.feed(end, Input::Tick)
            }
            Event::HangUp(session) if session == self.session => self.hang_up(),
            Event::HangUp(_) => Ok(()),
        }
    }

    pub(super) fn feed(&mut self, end: Owner, input: Input) -> Checked {
        let now = self.now();
        let peer = match end {
            Owner::Store => &mut self.store.peer,
            Owner::Hub => &mut self.hub.peer,
        };
        let Some(peer) = peer else { return Ok(()) };
        peer.handle(now, input);
        if let Some(due) = peer.next_timeout() {
            let at = now.ms() + due.since_ms(now).clamp(200, 30_000);
            let planned = self.ticks.get(&end).copied();
            if planned.is_none_or(|planned| planned > at || planned < now.ms()) {
                self.ticks.insert(end, at);
                self.queue.after(at - now.ms(), Event::Tick(end));
            }
        }
        self.obey(end)
    }

    fn obey(&mut self, end: Owner) -> Checked {
        let mut delivered: Delivered = Vec::new();
        loop {
            let peer = match end {
                Owner::Store => &mut self.store.peer,
                Owner::Hub => &mut self.hub.peer,
            };
            let Some(output) = peer.as_mut().and_then(sync::peer::Peer::poll) else {
                if delivered.is_empty() {
                    return Ok(());
                }
                self.commit(end, std::mem::take(&mut delivered))?;
                continue;
            };
            match output {
                Output::Send(bytes) => self.send(end, &bytes),
                Output::Deliver { lane, seq, doc, change, pledge } => {
                    delivered.push((LaneSeq { lane, seq }, doc, change, pledge));
                }
                Output::NeedOut { lane, after, limit } => {
                    self.give(end, LaneSeq { lane, seq: after }, limit)?;
                }
                Output::Acked { lane, upto, pledge } => {
                    self.acked(end, LaneSeq { lane, seq: upto }, pledge)?;
                }
                Output::Live => self.heard(end)?,
                Output::Stale
                | Output::PeerHello { .. }
                | Output::Quiet
                | Output::Manifest(_)
                | Output::OneLane => {}
                Output::Refused { why, .. } => {
                    return Err(broken(Check::Machine, format!("a frame was refused: {why}")));
                }
                Output::WantDoc { doc } | Output::Whole { doc, .. } | Output::Repair { doc, .. } => {
                    return Err(broken(Check::Machine, format!("a document was to be repaired: {doc:?}")));
                }
                Output::Close { reason } => {
                    if !delivered.is_empty() {
                        self.commit(end, std::mem::take(&mut delivered))?;
                    }
                    return self.closed(end, reason);
                }
            }
        }
    }

    fn send(&mut self, from: Owner, bytes: &[u8]) {
        let to = if from == Owner::Hub { Owner::Store } else { Owner::Hub };
        for wait in self.line.carry(&mut self.rng) {
            self.queue.after(wait, Event::Frame(to, self.session, bytes.to_vec()));
        }
    }

    fn give(&mut self, end: Owner, after: LaneSeq, limit: u32) -> Checked {
        let store = city::store_id(0).map_err(machine)?;
        let records = match end {
            Owner::Store => {
                self.store.engine()?.out_records(after.lane, after.seq, limit).map_err(machine)?
            }
            Owner::Hub => self.hub.engine()?.out_records(&store, after, limit).map_err(machine)?,
        };
        self.feed(end, Input::Out { lane: after.lane, records })
    }

    fn acked(&mut self, end: Owner, upto: LaneSeq, pledge: Option<Pledge>) -> Checked {
        let store = city::store_id(0).map_err(machine)?;
        match end {
            Owner::Store => {
                let engine = self.store.engine()?;
                engine.out_acked_with(upto.lane, upto.seq, pledge.as_ref()).map_err(machine)
            }
            Owner::Hub => self.hub.engine()?.out_acked(&store, upto).map_err(machine),
        }
    }

    pub(super) fn heard(&mut self, end: Owner) -> Checked {
        let (now, store) = (self.now(), city::store_id(0).map_err(machine)?);
        match (end, &mut self.hub.engine) {
            (Owner::Hub, Some(hub)) => hub.heard(now, &store, true).map_err(machine),
            (_, _) => Ok(()),
        }
    }

    fn commit(&mut self, end: Owner, records: Delivered) -> Checked {
        let upto = ends(records.iter().map(|record| record.0));
        let now = self.now();
        match end {
            Owner::Store => {
                let record = |(LaneSeq { lane, seq }, doc, change, pledge)| InboundRecord {
                    lane,
                    seq,
                    doc,
                    change,
                    pledge,
                };
                let records = records.into_iter().map(record).collect();
                self.note(|| format!("store hears {} records", upto.len()));
                self.store.engine()?.inbound(now, records).map_err(machine)?;
            }
            Owner::Hub => {
                let store = city::store_id(0).map_err(machine)?;
                let docs: Vec<DocKey> = records.iter().map(|record| record.1).collect();
                let records = records.into_iter().map(|(at, doc, change, _)| (at, doc, change)).collect();
                let out = self.hub.engine()?.inbound(now, &store, records).map_err(machine)?;
                self.note(|| format!("hub hears {} lanes of {docs:?}", upto.len()));
                if out.quarantined > 0 {
                    let kept = self.hub.engine()?.data().set_aside(None, 1).map_err(machine)?;
                    let detail = format!("the hub put a record into quarantine: {kept:?}");
                    return Err(broken(Check::Converged, detail));
                }
            }
        }
        self.look()?;
        // Now and then the process dies between commit and acknowledgement: the records come again.
        if !self.resting && self.rng.random_range(0..60) == 0 {
            return self.dies(end);
        }
        self.carry(end)?;
        for LaneSeq { lane, seq: upto } in upto {
            self.feed(end, Input::Committed { lane, upto })?;
        }
        Ok(())
    }

    /// Facts become changes, and the peer hears that its log grew.
    pub(super) fn carry(&mut self, end: Owner) -> Checked {
        let now = self.now();
        match end {
            Owner::Store => {
                if self.store.engine()?.carry(now).map_err(machine)? {
                    self.store_grew()
                } else {
                    Ok(())
                }
            }
            Owner::Hub => {
                for (_, ends) in self.hub.engine()?.carry(now).map_err(machine)? {
                    for LaneSeq { lane, seq: last_seq } in ends {
                        self.feed(Owner::Hub, Input::OutGrew { lane, last_seq })?;
                    }
                }
                Ok(())
            }
        }
    }

    /// A session that cannot go on says why, and the side that is behind does what SYNC.md asks of it.
    fn closed(&mut self, end: Owner, reason: CloseReason) -> Checked {
        self.note(|| format!("{end:?} closes {reason:?}"));
        use CloseReason as Why;
        // The last word may still reach the other end.
        self.queue.after(700, Event::HangUp(self.session));
        match (end, reason) {
            (_, Why::WrongGeneration { .. }) => self.generations_differ(),
            (Owner::Store, Why::WrongEpoch { mine, theirs }) if mine != theirs => self.epochs_differ(),
            (_, Why::WeRolledBack { .. } | Why::TheyRolledBack { .. }) => self.rolled_back(),
            (_, Why::Silent { .. } | Why::Stopping | Why::WrongEpoch { .. }) => Ok(()),
            (_, Why::WrongStore | Why::SameSide | Why::NoCommonVersion | Why::LogGap { .. }) => {
                Err(broken(Check::Lost, format!("{end:?} closes: {reason}")))
            }
            (_, Why::RecordTooBig { .. } | Why::Refused { .. }) => {
                Err(broken(Check::Machine, format!("{end:?} closes: {reason}")))
            }
        }
    }

    /// The store hears of a later generation. A hub that was restored from too old a backup has taken a number that the
    /// store knows already: it takes another one.
    fn generations_differ(&mut self) -> Checked {
        let own = self.store.engine()?.peer_config().map_err(machine)?.generation;
        let generation = self.hub.engine()?.data().generation().map_err(machine)?;
        if generation == own {
            return Ok(());
        }
        if generation.number() <= own.number() {
            return self.begin_generation();
        }
        self.own_store(Store::LearnGeneration { generation })?;
        self.new_session()
    }

    /// The store's epoch is another one than the hub's: the hub has forgotten that it minted it.
    fn epochs_differ(&mut self) -> Checked {
        if self.hub_rolled_back {
            // A hub that forgot an epoch was rolled back, whether the logs show it or not.
            return self.rolled_back();
        }
        let epoch = self.store.engine()?.peer_config().map_err(machine)?.epoch;
        let store = city::store_id(0).map_err(machine)?;
        let known = self.hub.engine()?.data().store(&store).map_err(machine)?.map(|row| row.epoch);
        if known.is_some_and(|known| known > epoch) {
            // A store of an older life: it waits for an epoch of its own, or it was set back and hears of it here.
            return if self.needs_epoch.is_some() { Ok(()) } else { self.rolled_back() };
        }
        self.own_hub(Hub::AdoptEpoch { store, epoch })?;
        self.new_session()
    }

    /// The marks do not fit: the side that was rolled back fences itself, and takes new terms.
    fn rolled_back(&mut self) -> Checked {
        self.tally.rollbacks_seen += 1;
        if std::mem::take(&mut self.hub_rolled_back) {
            return self.begin_generation();
        }
        if !std::mem::take(&mut self.store_rolled_back) {
            return Err(broken(Check::Lost, "the marks of the logs do not fit, and nobody was rolled back"));
        }
        self.clears_totes()?;
        self.own_store(Store::Fence { why: FenceWhy::RolledBack })?;
        self.take_epoch(FenceWhy::RolledBack)
    }

    /// Both ends with the terms of now; frames of the old session are dead.
    pub(super) fn new_session(&mut self) -> Checked {
        self.hang_up()?;
        self.session += 1;
        let now = self.now();
        if self.store.engine.is_some() {
            self.store.dial_anew(now)?;
        }
        if self.hub.engine.is_some() {
            self.hub.answer_anew(now)?;
        }
        Ok(())
    }
}
