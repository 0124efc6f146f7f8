//! The broker's state and its rules, without a socket: sessions, subscriptions, retained messages. What is to be sent is
//! a list of effects; time is an argument.

mod admit;
mod session;
mod tree;

use crate::db::retained::{Change, Row};
use crate::gate::{Deed, Gate};
use crate::wire::props::{self};
use crate::wire::topic::{matches, split_share};
use crate::wire::write;
use crate::wire::{Ack, Fault, Filter, Level, Packet, Publish, Qos, Will};
use bytes::Bytes;
use session::{Inbound, Message, Parcel, Session};
use std::collections::BTreeMap;
use std::sync::Arc;
use tree::{Sub, Tree};

pub use admit::{Arrival, Refused};

/// One connection.
pub type LineId = u64;

/// Bounds of what the broker holds and takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest packet from a client, bytes.
    pub packet_max: u32,
    /// Messages on their way to one client without its acknowledgement.
    pub flight_max: u16,
    /// Messages at QoS 2 that one client has begun to send.
    pub receive_max: u16,
    /// Topic aliases of one client.
    pub alias_max: u16,
    /// Messages that wait for one client.
    pub queue_max: usize,
    /// Their bytes.
    pub queue_bytes_max: usize,
    /// Topics with a retained message.
    pub retained_max: usize,
    /// How long a session without a connection is kept at most, seconds.
    pub session_max_s: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packet_max: 2_000_000,
            flight_max: 200,
            receive_max: 20,
            alias_max: 10,
            queue_max: 10_000,
            queue_bytes_max: 8 << 20,
            retained_max: 20_000,
            session_max_s: 30 * 86_400,
        }
    }
}

/// What the outside has to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send; who takes nothing any more is cut.
    Send(LineId, Bytes),
    /// Send, or drop it where nothing fits.
    Try(LineId, Bytes),
    /// End the connection after what was sent.
    Cut(LineId),
}

/// What one packet leads to beside effects.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// To be on disk before the acknowledgement leaves.
    pub change: Option<Change>,
    /// The acknowledgement.
    pub ack: Option<Bytes>,
    /// The client has said goodbye.
    pub ended: Option<Ended>,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With DISCONNECT: no will.
    Goodbye,
    /// Any other way: the will is said.
    Lost,
}

/// The broker.
#[derive(Debug)]
pub struct Hub {
    gate: Arc<dyn Gate>,
    limits: Limits,
    sessions: BTreeMap<Arc<str>, Session>,
    lines: BTreeMap<LineId, Arc<str>>,
    tree: Tree,
    retained: BTreeMap<Arc<str>, Arc<Message>>,
    turn: u64,
}

impl Hub {
    /// A broker with these retained messages and nobody connected. What cannot be read of them is left out.
    #[must_use]
    pub fn new(gate: Arc<dyn Gate>, limits: Limits, kept: Vec<Row>) -> Self {
        let message = |row: Row| {
            let props = props::decode(&row.props).unwrap_or_default();
            let topic: Arc<str> = row.topic.into();
            let (payload, expires_ms) = (row.payload, row.expires_ms);
            let qos = Qos::of(row.qos).unwrap_or(Qos::Zero);
            (topic.clone(), Arc::new(Message { topic, payload, qos, retain: true, props, expires_ms }))
        };
        Self {
            gate,
            limits,
            sessions: BTreeMap::new(),
            lines: BTreeMap::new(),
            tree: Tree::default(),
            retained: kept.into_iter().map(message).collect(),
            turn: 0,
        }
    }

    /// A packet of a client that was let in.
    ///
    /// # Errors
    /// [`Fault`]: the connection has to end with it.
    pub fn packet(
        &mut self,
        line: LineId,
        packet: Packet,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> Result<Outcome, Fault> {
        let client = self.lines.get(&line).cloned().ok_or(Fault::TakenOver)?;
        match packet {
            Packet::Connect(_) => Err(Fault::Protocol),
            Packet::Publish(publish) => self.published(&client, publish, now_ms, out),
            Packet::Ack { ack: Ack::Pubrel, id, .. } => self.released(&client, id, now_ms, out),
            Packet::Ack { ack, id, reason } => {
                let session = self.sessions.get_mut(&client).ok_or(Fault::TakenOver)?;
                let answer = session.acknowledged(ack, id, reason)?;
                out.extend(answer.map(|bytes| Effect::Send(line, bytes)));
                session.refill(&self.limits, now_ms, out);
                Ok(Outcome::default())
            }
            Packet::Subscribe { id, subscription, filters } => {
                self.subscribed(&client, line, id, subscription, &filters, now_ms, out);
                Ok(Outcome::default())
            }
            Packet::Unsubscribe { id, filters } => {
                self.unsubscribed(&client, line, id, &filters, out);
                Ok(Outcome::default())
            }
            Packet::Ping => {
                out.push(Effect::Send(line, write::pong()));
                Ok(Outcome::default())
            }
            Packet::Disconnect { reason, expiry_s } => self.farewell(&client, reason, expiry_s),
        }
    }

    fn farewell(&mut self, client: &str, reason: u8, expiry_s: Option<u32>) -> Result<Outcome, Fault> {
        let session = self.sessions.get_mut(client).ok_or(Fault::TakenOver)?;
        if let Some(expiry_s) = expiry_s {
            if session.expiry_s == 0 && expiry_s > 0 {
                return Err(Fault::Protocol);
            }
            session.expiry_s = expiry_s.min(self.limits.session_max_s);
        }
        let ended = if reason == 4 { Ended::Lost } else { Ended::Goodbye };
        Ok(Outcome { ended: Some(ended), ..Outcome::default() })
    }

    fn published(
        &mut self,
        client: &Arc<str>,
        mut publish: Publish,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> Result<Outcome, Fault> {
        let session = self.sessions.get_mut(client).ok_or(Fault::TakenOver)?;
        let topic = resolve(session, &mut publish, self.limits.alias_max)?;
        let allowed = !topic.starts_with('$') && self.gate.may(&session.badge, Deed::Write, &topic);
        let full = publish.retain
            && !publish.payload.is_empty()
            && self.retained.len() >= self.limits.retained_max
            && !self.retained.contains_key(&topic);
        let refusal = match (allowed, full) {
            (false, _) => Some(0x87),
            (true, true) => Some(0x97),
            (true, false) => None,
        };
        let (level, qos, id) = (session.level, publish.qos, publish.id);
        let message = refusal.is_none().then(|| Arc::new(message_of(topic, publish, now_ms)));
        let answer = |ack, reason| Some(write::ack(level, ack, id, reason));
        match (qos, message) {
            (Qos::Two, message) => {
                let begun = session.inbound.len();
                match session.inbound.get_mut(&id) {
                    // Another message under the same id: the first was given up.
                    Some(inbound) if !inbound.is(message.as_deref()) => {
                        *inbound = Inbound { message, again: false };
                    }
                    // One repeat is a lost acknowledgement, two are a client that does not listen.
                    Some(Inbound { again: true, .. }) => return Err(Fault::Protocol),
                    Some(inbound) => inbound.again = true,
                    None if begun >= usize::from(self.limits.receive_max) => {
                        return Err(Fault::ReceiveMaximum);
                    }
                    // MQTT 5 tells a refusal, and nothing more is to come.
                    None if message.is_none() && level == Level::V5 => {}
                    None => {
                        session.inbound.insert(id, Inbound { message, again: false });
                    }
                }
                let ack = answer(Ack::Pubrec, refusal.unwrap_or(0));
                Ok(Outcome { ack, ..Outcome::default() })
            }
            (Qos::One, None) => {
                Ok(Outcome { ack: answer(Ack::Puback, refusal.unwrap_or(0)), ..Outcome::default() })
            }
            (Qos::Zero, None) => Ok(Outcome::default()),
            (qos, Some(message)) => {
                let heard = self.route(client, &message, now_ms, out);
                let change = self.retain(&message);
                let ack =
                    if qos == Qos::Zero { None } else { answer(Ack::Puback, if heard { 0 } else { 0x10 }) };
                Ok(Outcome { change, ack, ended: None })
            }
        }
    }

    /// PUBREL: now the message is said.
    fn released(
        &mut self,
        client: &Arc<str>,
        id: u16,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> Result<Outcome, Fault> {
        let session = self.sessions.get_mut(client).ok_or(Fault::TakenOver)?;
        let ack = Some(write::ack(session.level, Ack::Pubcomp, id, 0));
        let mut change = None;
        if let Some(message) = session.inbound.remove(&id).and_then(|inbound| inbound.message) {
            self.route(client, &message, now_ms, out);
            change = self.retain(&message);
        }
        Ok(Outcome { change, ack, ended: None })
    }

    /// Hands a message to everybody who hears it; `false` = nobody.
    fn route(&mut self, from: &str, message: &Arc<Message>, now_ms: i64, out: &mut Vec<Effect>) -> bool {
        let mut hits = self.tree.hears(&message.topic);
        let heard = !hits.is_empty();
        hits.retain(|sub| !(sub.no_local && &*sub.client == from));
        self.turn += 1;
        self.share(&mut hits);
        hits.sort_by(|one, other| one.client.cmp(&other.client));
        for of_client in hits.chunk_by(|one, other| one.client == other.client) {
            let client = &of_client[0].client;
            let Some(session) = self.sessions.get_mut(client) else { continue };
            if !self.gate.may(&session.badge, Deed::Read, &message.topic) {
                continue;
            }
            let most = of_client.iter().map(|sub| sub.qos).max().unwrap_or(Qos::Zero);
            let parcel = Parcel {
                message: message.clone(),
                qos: most.min(message.qos),
                retain: message.retain && of_client.iter().any(|sub| sub.as_published),
                subscriptions: of_client.iter().filter_map(|sub| sub.id).collect(),
            };
            session.deliver(parcel, &self.limits, now_ms, out);
        }
        heard
    }

    /// Of each group that shares, one member stays: who is connected, in turn.
    fn share(&self, hits: &mut Vec<Sub>) {
        let mut groups: BTreeMap<Arc<str>, Vec<Sub>> = BTreeMap::new();
        hits.retain(|sub| match &sub.share {
            None => true,
            Some(share) => {
                groups.entry(share.clone()).or_default().push(sub.clone());
                false
            }
        });
        for mut members in groups.into_values() {
            let here = |sub: &Sub| self.sessions.get(&sub.client).is_some_and(|found| found.line.is_some());
            if members.iter().any(here) {
                members.retain(here);
            }
            let turn = usize::try_from(self.turn).unwrap_or(0) % members.len();
            hits.push(members.swap_remove(turn));
        }
    }

    fn retain(&mut self, message: &Arc<Message>) -> Option<Change> {
        if !message.retain {
            return None;
        }
        if message.payload.is_empty() {
            let known = self.retained.remove(&message.topic).is_some();
            return known.then(|| Change::Forget(message.topic.to_string()));
        }
        self.retained.insert(message.topic.clone(), message.clone());
        Some(Change::Keep(Row {
            topic: message.topic.to_string(),
            payload: message.payload.clone(),
            qos: message.qos.bits(),
            props: props::encode(&message.props),
            expires_ms: message.expires_ms,
        }))
    }

    #[expect(clippy::too_many_arguments, reason = "a SUBSCRIBE's own parts, used once")]
    fn subscribed(
        &mut self,
        client: &Arc<str>,
        line: LineId,
        id: u16,
        subscription: Option<u32>,
        filters: &[Filter],
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let Some(session) = self.sessions.get_mut(client) else { return };
        let codes: Vec<u8> = filters.iter().map(|filter| filter.qos.bits()).collect();
        out.push(Effect::Send(line, write::suback(session.level, id, &codes)));
        for filter in filters {
            let (group, plain) = split_share(&filter.filter);
            let sub = Sub {
                client: client.clone(),
                share: group.map(|_| filter.filter.as_str().into()),
                qos: filter.qos,
                no_local: filter.no_local,
                as_published: filter.as_published,
                id: subscription,
            };
            let known = self.tree.add(plain, sub);
            session.filters.insert(filter.filter.clone());
            if group.is_some() || filter.handling == 2 || (filter.handling == 1 && known) {
                continue;
            }
            for message in self.retained.values().filter(|message| matches(plain, &message.topic)) {
                if !self.gate.may(&session.badge, Deed::Read, &message.topic) {
                    continue;
                }
                let parcel = Parcel {
                    message: message.clone(),
                    qos: filter.qos.min(message.qos),
                    retain: true,
                    subscriptions: subscription.into_iter().collect(),
                };
                session.deliver(parcel, &self.limits, now_ms, out);
            }
        }
    }

    fn unsubscribed(
        &mut self,
        client: &str,
        line: LineId,
        id: u16,
        filters: &[String],
        out: &mut Vec<Effect>,
    ) {
        let Some(session) = self.sessions.get_mut(client) else { return };
        let mut codes = Vec::with_capacity(filters.len());
        for filter in filters {
            session.filters.remove(filter);
            let (group, plain) = split_share(filter);
            let known = self.tree.remove(plain, client, group.map(|_| filter.as_str()));
            codes.push(if known { 0 } else { 0x11 });
        }
        out.push(Effect::Send(line, write::unsuback(session.level, id, &codes)));
    }

    /// Says a will.
    fn say_will(
        &mut self,
        client: &Arc<str>,
        will: Will,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> Option<Change> {
        let badge = &self.sessions.get(client)?.badge;
        if !self.gate.may(badge, Deed::Write, &will.topic) {
            return None;
        }
        let Will { topic, payload, qos, retain, props, delay_s: _ } = will;
        let publish =
            Publish { dup: false, qos, retain, topic: String::new(), id: 0, props, alias: None, payload };
        let message = Arc::new(message_of(topic, publish, now_ms));
        self.route(client, &message, now_ms, out);
        self.retain(&message)
    }
}

/// The topic a PUBLISH means, by its alias where it has one.
fn resolve(session: &mut Session, publish: &mut Publish, most: u16) -> Result<Arc<str>, Fault> {
    let written: Option<Arc<str>> =
        (!publish.topic.is_empty()).then(|| std::mem::take(&mut publish.topic).into());
    match (publish.alias, written) {
        (None, Some(topic)) => Ok(topic),
        (Some(alias), _) if alias > most => Err(Fault::Alias),
        (Some(alias), Some(topic)) => {
            session.aliases.insert(alias, topic.clone());
            Ok(topic)
        }
        (Some(alias), None) => session.aliases.get(&alias).cloned().ok_or(Fault::Protocol),
        (None, None) => Err(Fault::Malformed),
    }
}

fn message_of(topic: Arc<str>, publish: Publish, now_ms: i64) -> Message {
    let expiry_s = props::number(&publish.props, props::MESSAGE_EXPIRY);
    Message {
        topic,
        payload: publish.payload,
        qos: publish.qos,
        retain: publish.retain,
        props: publish.props,
        expires_ms: expiry_s.map(|s| now_ms.saturating_add(i64::from(s) * 1000)),
    }
}
