//! The uplinks: moves frames between the two peers of every store, commits what is delivered before it is acknowledged, and
//! redials. Does for both ends what the WebSocket adapters do in earnest.

use super::event::{Event, Node};
use super::world::World;
use crate::checks::{Check, Checked, broken, machine};
use model::order::Owner;
use rand::Rng;
use store_node::engine::InboundRecord;
use sync::doc::{DocKey, Repairing};
use sync::lane::{Lane, LaneSeq, ends};
use sync::peer::{Input, Opening, Output};

/// Digests of documents.
type Heads = Vec<(DocKey, [u8; 8])>;

impl World {
    /// A frame arrives, unless nobody listens.
    pub(super) fn frame(&mut self, at: usize, to: Owner, bytes: Vec<u8>) -> Checked {
        if self.lines[at].cut || !self.lines[at].connected {
            return Ok(());
        }
        self.feed(at, to, Input::Frame(bytes))
    }

    /// A peer's own clock has something for it.
    pub(super) fn peer_tick(&mut self, at: usize, end: Owner) -> Checked {
        if self.peer_ticks.get(&(at, end)).is_none_or(|due| *due > self.queue.now().ms()) {
            return Ok(());
        }
        self.peer_ticks.remove(&(at, end));
        self.feed(at, end, Input::Tick)
    }

    /// The store dials.
    pub(super) fn dial(&mut self, at: usize) -> Checked {
        self.lines[at].dialling = false;
        let ready = !self.lines[at].cut && self.is_up(Node::Hub) && self.is_up(Node::Store(at));
        if self.lines[at].connected {
            return Ok(());
        }
        if !ready {
            self.redial(at);
            return Ok(());
        }
        self.lines[at].connected = true;
        // As the uplink does before it opens a session.
        let local = self.stores[at].now(self.queue.now());
        if let Some(engine) = &mut self.stores[at].engine {
            let lanes = engine.age_lanes(local).map_err(machine)?;
            self.feed(at, Owner::Store, Input::Lanes(lanes))?;
        }
        for end in [Owner::Store, Owner::Hub] {
            let opening = Opening { heads: self.heads(at, end, &[])?, ..Opening::default() };
            self.feed(at, end, Input::Connected(opening))?;
        }
        self.grew(at)
    }

    /// Digests of the documents that one end writes to, and of those that the other names.
    fn heads(&mut self, at: usize, end: Owner, theirs: &[DocKey]) -> Checked<Heads> {
        let now = self.queue.now();
        match end {
            Owner::Store => {
                let local = self.stores[at].now(now);
                let engine = self.stores[at].engine.as_mut();
                engine.map_or(Ok(Heads::new()), |engine| engine.heads(local, theirs).map_err(machine))
            }
            Owner::Hub => {
                let (local, store) = (self.hub.now(now), &self.stores[at].setup.store);
                let engine = self.hub.engine.as_mut();
                engine.map_or(Ok(Heads::new()), |engine| engine.heads(local, store, theirs).map_err(machine))
            }
        }
    }

    /// Nothing is on its way, so that what differs is repaired. Of what the hub alone writes no store has more.
    fn compare(&mut self, at: usize, end: Owner, theirs: Heads) -> Checked {
        let named: Vec<DocKey> = theirs.iter().map(|(doc, _)| *doc).collect();
        let mine = self.heads(at, end, &named)?;
        for (doc, heads) in theirs {
            let hubs = end == Owner::Hub && matches!(doc, DocKey::Catalogue { .. });
            if !hubs && mine.iter().any(|(key, own)| *key == doc && *own != heads) {
                self.tally.repairs += 1;
                self.feed(at, end, Input::Want { doc })?;
            }
        }
        Ok(())
    }

    /// The store notes which version its hub reads.
    fn hub_reads(&mut self, at: usize, version: u8) -> Checked {
        let Some(engine) = &mut self.stores[at].engine else { return Ok(()) };
        let lanes = engine.hub_reads(version).map_err(machine)?;
        self.feed(at, Owner::Store, Input::Lanes(lanes))
    }

    /// What was on its way has come: the store asks for whatever it has open.
    fn ask_for_all(&mut self, at: usize) -> Checked {
        for (doc, _) in self.heads(at, Owner::Store, &[])? {
            self.feed(at, Owner::Store, Input::Want { doc })?;
        }
        Ok(())
    }

    /// What the other end says of a document comes in, and there is something to say next.
    fn repair(
        &mut self,
        at: usize,
        end: Owner,
        (doc, mut so_far, message): (DocKey, Box<Repairing>, Option<Vec<u8>>),
    ) -> Checked {
        self.moved();
        let now = self.queue.now();
        let store = self.stores[at].setup.store.clone();
        let (node, answer) = match end {
            Owner::Store => {
                let local = self.stores[at].now(now);
                let Some(engine) = &mut self.stores[at].engine else { return Ok(()) };
                let said = (&mut *so_far, message.as_deref());
                let (_, answer) = engine.repair(local, doc, said).map_err(machine)?;
                self.stores[at].audit(now)?;
                (Node::Store(at), answer)
            }
            Owner::Hub => {
                let local = self.hub.now(now);
                let Some(hub) = &mut self.hub.engine else { return Ok(()) };
                let under = hub.under(&store).map_err(machine)?;
                let said = (&mut *so_far, message.as_deref());
                let (_, answer) = hub.repair(local, (&store, under), doc, said).map_err(machine)?;
                (Node::Hub, answer)
            }
        };
        self.carry(node)?;
        self.feed(at, end, Input::Repaired { doc, so_far, answer })
    }

    /// The whole of a document that the other end asks for.
    fn whole(&mut self, at: usize, end: Owner, doc: DocKey) -> Checked {
        let site = &mut self.stores[at];
        let bytes = match (end, &mut site.engine, &mut self.hub.engine) {
            (Owner::Store, Some(engine), _) => engine.whole(doc).map_err(machine)?,
            (Owner::Hub, _, Some(hub)) => hub.whole(&site.setup.store, doc).map_err(machine)?,
            (Owner::Store | Owner::Hub, _, _) => return Ok(()),
        };
        self.feed(at, end, Input::Whole { doc, bytes })
    }

    fn take_whole(&mut self, at: usize, end: Owner, (doc, bytes): (DocKey, Vec<u8>)) -> Checked {
        let now = self.queue.now();
        let node = match end {
            Owner::Store => {
                let local = self.stores[at].now(now);
                let Some(engine) = &mut self.stores[at].engine else { return Ok(()) };
                engine.inbound_whole(local, doc, &bytes).map_err(machine)?;
                Node::Store(at)
            }
            Owner::Hub => {
                let local = self.hub.now(now);
                let Some(hub) = &mut self.hub.engine else { return Ok(()) };
                hub.inbound_whole(local, &self.stores[at].setup.store, doc, bytes).map_err(machine)?;
                Node::Hub
            }
        };
        self.carry(node)
    }

    /// One end finds the connection gone; the store dials anew.
    pub(super) fn hung_up(&mut self, at: usize, end: Owner) -> Checked {
        self.lines[at].connected = false;
        self.redial(at);
        self.feed(at, end, Input::Disconnected)
    }

    /// Both ends lose the connection now.
    pub(super) fn drop_line(&mut self, at: usize) -> Checked {
        if !self.lines[at].connected {
            return Ok(());
        }
        for end in [Owner::Store, Owner::Hub] {
            self.hung_up(at, end)?;
        }
        Ok(())
    }

    fn redial(&mut self, at: usize) {
        if !self.lines[at].dialling {
            self.lines[at].dialling = true;
            let pause = self.rng.random_range(300..5_000);
            self.queue.after(pause, Event::Dial(at));
        }
    }

    /// The own log of a store grew.
    fn grew(&mut self, at: usize) -> Checked {
        self.moved();
        let Some(engine) = &self.stores[at].engine else { return Ok(()) };
        for (lane, state) in Lane::ALL.into_iter().zip(engine.lanes().map_err(machine)?) {
            self.feed(at, Owner::Store, Input::OutGrew { lane, last_seq: state.sent })?;
        }
        Ok(())
    }

    /// Gives one input to a peer and does what it asks for.
    pub(super) fn feed(&mut self, at: usize, end: Owner, input: Input) -> Checked {
        let now = self.queue.now();
        let local = match end {
            Owner::Store => self.stores[at].now(now),
            Owner::Hub => self.hub.now(now),
        };
        let peer = match end {
            Owner::Store => &mut self.stores[at].peer,
            Owner::Hub => &mut self.hub.peers[at],
        };
        let Some(peer) = peer else { return Ok(()) };
        peer.handle(local, input);
        self.obey(at, end)?;
        self.plan_tick(at, end);
        Ok(())
    }

    fn plan_tick(&mut self, at: usize, end: Owner) {
        let now = self.queue.now();
        let (peer, local) = match end {
            Owner::Store => (&self.stores[at].peer, self.stores[at].now(now)),
            Owner::Hub => (&self.hub.peers[at], self.hub.now(now)),
        };
        let Some(due) = peer.as_ref().and_then(sync::peer::Peer::next_timeout) else { return };
        let wait = due.since_ms(local).clamp(5, 30_000);
        let at_ms = now.ms() + wait;
        let planned = self.peer_ticks.get(&(at, end)).copied();
        if planned.is_none_or(|planned| planned > at_ms || planned < now.ms()) {
            self.peer_ticks.insert((at, end), at_ms);
            self.queue.after(wait, Event::PeerTick(at, end));
        }
    }

    fn obey(&mut self, at: usize, end: Owner) -> Checked {
        let mut delivered = Vec::new();
        loop {
            let peer = match end {
                Owner::Store => &mut self.stores[at].peer,
                Owner::Hub => &mut self.hub.peers[at],
            };
            let Some(output) = peer.as_mut().and_then(sync::peer::Peer::poll) else {
                if delivered.is_empty() {
                    return Ok(());
                }
                self.commit(at, end, std::mem::take(&mut delivered))?;
                continue;
            };
            match output {
                Output::Send(bytes) => self.send_frame(at, end, &bytes),
                Output::Deliver { lane, seq, doc, change, .. } => {
                    delivered.push((LaneSeq { lane, seq }, doc, change))
                }
                Output::NeedOut { lane, after, limit } => {
                    self.give_records(at, end, LaneSeq { lane, seq: after }, limit)?;
                }
                Output::Acked { lane, upto, .. } => self.acked(at, end, LaneSeq { lane, seq: upto })?,
                Output::Live => self.heard(at, end, true)?,
                Output::Stale => self.heard(at, end, false)?,
                Output::PeerHello { version, level, heads, .. } => {
                    if end == Owner::Store {
                        self.hub_reads(at, version)?;
                    }
                    if level {
                        self.compare(at, end, heads)?;
                    }
                }
                Output::Quiet if end == Owner::Store => self.ask_for_all(at)?,
                Output::Manifest(_) | Output::OneLane | Output::Quiet => {}
                Output::Repair { doc, so_far, message } => self.repair(at, end, (doc, so_far, message))?,
                Output::WantDoc { doc } => self.whole(at, end, doc)?,
                Output::Whole { doc, bytes } => self.take_whole(at, end, (doc, bytes))?,
                Output::Refused { why, .. } => {
                    return Err(broken(Check::Machine, format!("a frame was refused: {why}")));
                }
                Output::Close { reason } => {
                    use sync::wire::CloseReason as Why;
                    match reason {
                        Why::Silent { .. } | Why::Stopping => {}
                        Why::WrongStore
                        | Why::SameSide
                        | Why::WrongEpoch { .. }
                        | Why::WrongGeneration { .. }
                        | Why::NoCommonVersion
                        | Why::TheyRolledBack { .. }
                        | Why::WeRolledBack { .. }
                        | Why::LogGap { .. }
                        | Why::RecordTooBig { .. }
                        | Why::Refused { .. } => {
                            return Err(broken(Check::Lost, format!("store {at}, {end:?} closes: {reason}")));
                        }
                    }
                    let other = if end == Owner::Hub { Owner::Store } else { Owner::Hub };
                    let wait = self.rng.random_range(20..400);
                    self.queue.after(1, Event::HungUp(at, end));
                    self.queue.after(wait, Event::HungUp(at, other));
                }
            }
        }
    }

    fn send_frame(&mut self, at: usize, from: Owner, bytes: &[u8]) {
        let to = if from == Owner::Hub { Owner::Store } else { Owner::Hub };
        let waits = self.lines[at].carry(&mut self.rng);
        self.tally.frames_lost += u32::from(waits.is_empty() && !self.lines[at].cut);
        self.tally.frames_doubled += u32::from(waits.len() > 1);
        for wait in waits {
            let arrives = self.queue.now().ms() + wait;
            let overtook = self.lines[at].arrives(to, arrives);
            self.tally.frames_overtook += u32::from(overtook);
            self.queue.after(wait, Event::Frame(at, to, bytes.to_vec()));
        }
    }

    fn give_records(&mut self, at: usize, end: Owner, after: LaneSeq, limit: u32) -> Checked {
        let records = match end {
            Owner::Store => match &mut self.stores[at].engine {
                Some(engine) => engine.out_records(after.lane, after.seq, limit).map_err(machine)?,
                None => return Ok(()),
            },
            Owner::Hub => match &self.hub.engine {
                Some(hub) => hub.out_records(&self.stores[at].setup.store, after, limit).map_err(machine)?,
                None => return Ok(()),
            },
        };
        self.feed(at, end, Input::Out { lane: after.lane, records })
    }

    fn acked(&mut self, at: usize, end: Owner, upto: LaneSeq) -> Checked {
        self.moved();
        match end {
            Owner::Store => match &mut self.stores[at].engine {
                Some(engine) => engine.out_acked(upto.lane, upto.seq).map_err(machine),
                None => Ok(()),
            },
            Owner::Hub => match &mut self.hub.engine {
                Some(hub) => hub.out_acked(&self.stores[at].setup.store, upto).map_err(machine),
                None => Ok(()),
            },
        }
    }

    /// The hub notes signs of life.
    fn heard(&mut self, at: usize, end: Owner, online: bool) -> Checked {
        let now = self.hub.now(self.queue.now());
        match (&mut self.hub.engine, end) {
            (Some(hub), Owner::Hub) => hub.heard(now, &self.stores[at].setup.store, online).map_err(machine),
            (_, _) => Ok(()),
        }
    }

    /// Signs of life of all stores whose session is live, as the hub's session loop gives them.
    pub(super) fn signs_of_life(&mut self) -> Checked {
        for at in 0..self.stores.len() {
            if self.hub.peers[at].as_ref().is_some_and(sync::peer::Peer::is_live) {
                self.heard(at, Owner::Hub, true)?;
            }
        }
        Ok(())
    }

    /// Makes delivered records durable, then acknowledges them. Now and then the process dies in between.
    fn commit(&mut self, at: usize, end: Owner, records: Vec<(LaneSeq, DocKey, Vec<u8>)>) -> Checked {
        let upto = ends(records.iter().map(|record| record.0));
        self.moved();
        let now = self.queue.now();
        let crash = self.plan.luck.crash_after;
        let node =
            match end {
                Owner::Store => {
                    let local = self.stores[at].now(now);
                    let Some(engine) = &mut self.stores[at].engine else { return Ok(()) };
                    let records = records.into_iter().map(|(LaneSeq { lane, seq }, doc, change)| {
                        InboundRecord { lane, seq, doc, change, pledge: None }
                    });
                    engine.inbound(local, records.collect()).map_err(machine)?;
                    self.stores[at].audit(now)?;
                    Node::Store(at)
                }
                Owner::Hub => {
                    let local = self.hub.now(now);
                    let Some(hub) = &mut self.hub.engine else { return Ok(()) };
                    hub.inbound(local, &self.stores[at].setup.store, records).map_err(machine)?;
                    Node::Hub
                }
            };
        if !self.resting && self.chance(crash) {
            return self.dies(node);
        }
        self.carry(node)?;
        for LaneSeq { lane, seq: upto } in upto {
            self.feed(at, end, Input::Committed { lane, upto })?;
        }
        Ok(())
    }

    /// Facts become changes in the logs, and the peers learn of them.
    pub(super) fn carry(&mut self, node: Node) -> Checked {
        let now = self.queue.now();
        match node {
            Node::Store(at) => {
                let local = self.stores[at].now(now);
                let Some(engine) = &mut self.stores[at].engine else { return Ok(()) };
                if engine.carry(local).map_err(machine)? { self.grew(at) } else { Ok(()) }
            }
            Node::Hub => {
                let local = self.hub.now(now);
                let Some(hub) = &mut self.hub.engine else { return Ok(()) };
                for (store, ends) in hub.carry(local).map_err(machine)? {
                    let at = self.stores.iter().position(|site| site.setup.store == store);
                    let Some(at) = at else { continue };
                    self.moved();
                    for LaneSeq { lane, seq: last_seq } in ends {
                        self.feed(at, Owner::Hub, Input::OutGrew { lane, last_seq })?;
                    }
                }
                Ok(())
            }
        }
    }
}
