//! One client's session: what is on its way to it, what waits, what it has begun to send. Outlives the connection as long
//! as the client asked for.

use super::{Effect, Limits, LineId};
use crate::gate::Badge;
use crate::wire::props::{self, Property, Value};
use crate::wire::write::{self, Saying};
use crate::wire::{Ack, Fault, Level, Qos, Will};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// A message inside the broker.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub topic: Arc<str>,
    pub payload: Bytes,
    pub qos: Qos,
    pub retain: bool,
    pub props: Vec<Property>,
    /// Milliseconds since 1970.
    pub expires_ms: Option<i64>,
}

/// One message for one client.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub message: Arc<Message>,
    pub qos: Qos,
    pub retain: bool,
    /// Identifiers of the subscriptions it comes for.
    pub subscriptions: Vec<u32>,
}

#[derive(Debug)]
struct Flight {
    parcel: Parcel,
    /// Order of sending, for repeats.
    order: u64,
    /// PUBREC was heard: only PUBREL is said again.
    received: bool,
}

/// A message at QoS 2 that the client has not released yet.
#[derive(Debug)]
pub(crate) struct Inbound {
    /// `None` = it had no right to say it.
    pub message: Option<Arc<Message>>,
    /// Said again on this connection.
    pub again: bool,
}

impl Inbound {
    /// Whether it is this message, said again.
    pub(crate) fn is(&self, other: Option<&Message>) -> bool {
        match (&self.message, other) {
            (None, None) => true,
            (Some(one), Some(other)) => one.topic == other.topic && one.payload == other.payload,
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Session {
    pub badge: Badge,
    pub level: Level,
    pub line: Option<LineId>,
    pub expiry_s: u32,
    /// When the connection ended.
    pub gone_ms: i64,
    pub filters: BTreeSet<String>,
    pub inbound: BTreeMap<u16, Inbound>,
    pub aliases: BTreeMap<u16, Arc<str>>,
    pub will: Option<Will>,
    /// When the will of a lost connection is said.
    pub will_ms: Option<i64>,
    pub receive_max: u16,
    pub packet_max: u32,
    queue: VecDeque<Parcel>,
    queued_bytes: usize,
    flight: BTreeMap<u16, Flight>,
    next_id: u16,
    order: u64,
}

impl Session {
    pub(crate) fn new(badge: Badge) -> Self {
        Self {
            badge,
            level: Level::V4,
            line: None,
            expiry_s: 0,
            gone_ms: 0,
            filters: BTreeSet::new(),
            inbound: BTreeMap::new(),
            aliases: BTreeMap::new(),
            will: None,
            will_ms: None,
            receive_max: u16::MAX,
            packet_max: u32::MAX,
            queue: VecDeque::new(),
            queued_bytes: 0,
            flight: BTreeMap::new(),
            next_id: 0,
            order: 0,
        }
    }

    /// Sends a message, or lets it wait where it may not be lost and cannot go yet.
    pub(crate) fn deliver(&mut self, parcel: Parcel, limits: &Limits, now_ms: i64, out: &mut Vec<Effect>) {
        if parcel.qos == Qos::Zero {
            if let Some(line) = self.line
                && let Some(bytes) = self.encode(&parcel, 0, false, now_ms)
            {
                out.push(Effect::Try(line, bytes));
            }
        } else if self.line.is_some() && self.has_room(limits) && self.queue.is_empty() {
            self.launch(parcel, now_ms, out);
        } else if self.queue.len() < limits.queue_max && self.queued_bytes < limits.queue_bytes_max {
            self.queued_bytes += parcel.message.payload.len();
            self.queue.push_back(parcel);
        } else {
            tracing::warn!(client = %self.badge.client, "too many messages wait; the newest is dropped");
        }
    }

    fn has_room(&self, limits: &Limits) -> bool {
        self.flight.len() < usize::from(self.receive_max.min(limits.flight_max))
    }

    fn launch(&mut self, parcel: Parcel, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(line) = self.line else { return };
        let id = self.free_id();
        let Some(bytes) = self.encode(&parcel, id, false, now_ms) else { return };
        self.order += 1;
        self.flight.insert(id, Flight { parcel, order: self.order, received: false });
        out.push(Effect::Send(line, bytes));
    }

    /// The flight is far smaller than the numbers there are, so one is free.
    fn free_id(&mut self) -> u16 {
        loop {
            self.next_id = self.next_id.checked_add(1).unwrap_or(1);
            if !self.flight.contains_key(&self.next_id) {
                return self.next_id;
            }
        }
    }

    /// Sends what waits, as far as there is room.
    pub(crate) fn refill(&mut self, limits: &Limits, now_ms: i64, out: &mut Vec<Effect>) {
        while self.line.is_some() && self.has_room(limits) {
            let Some(parcel) = self.queue.pop_front() else { return };
            self.queued_bytes = self.queued_bytes.saturating_sub(parcel.message.payload.len());
            self.launch(parcel, now_ms, out);
        }
    }

    /// After a reconnect: everything unacknowledged again, in the order it was sent. What has expired meanwhile, or is longer
    /// than the client takes now, will never be acknowledged: its place becomes free.
    pub(crate) fn repeat(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(line) = self.line else { return };
        let mut flights: Vec<(u16, u64)> =
            self.flight.iter().map(|(id, flight)| (*id, flight.order)).collect();
        flights.sort_by_key(|(_, order)| *order);
        for (id, _) in flights {
            let Some(flight) = self.flight.get(&id) else { continue };
            let bytes = if flight.received {
                Some(write::ack(self.level, Ack::Pubrel, id, 0))
            } else {
                self.encode(&flight.parcel, id, true, now_ms)
            };
            match bytes {
                Some(bytes) => out.push(Effect::Send(line, bytes)),
                None => drop(self.flight.remove(&id)),
            }
        }
    }

    /// An acknowledgement of a message from us. The answer to it, if it wants one.
    pub(crate) fn acknowledged(&mut self, ack: Ack, id: u16, reason: u8) -> Result<Option<Bytes>, Fault> {
        let refused = reason >= 0x80;
        let release = write::ack(self.level, Ack::Pubrel, id, 0);
        let Some(flight) = self.flight.get_mut(&id) else {
            // Of a message that we no longer know: whoever waits for a release gets it.
            return Ok((ack == Ack::Pubrec && !refused).then_some(release));
        };
        match (ack, flight.parcel.qos, flight.received) {
            (Ack::Puback, Qos::One, _) | (Ack::Pubcomp, Qos::Two, true) => {
                self.flight.remove(&id);
                Ok(None)
            }
            (Ack::Pubrec, Qos::Two, _) if refused => {
                self.flight.remove(&id);
                Ok(None)
            }
            (Ack::Pubrec, Qos::Two, _) => {
                flight.received = true;
                Ok(Some(release))
            }
            _ => Err(Fault::Protocol),
        }
    }

    /// A PUBLISH for this client; `None` = it has expired, or is longer than the client takes.
    fn encode(&self, parcel: &Parcel, id: u16, dup: bool, now_ms: i64) -> Option<Bytes> {
        let message = &parcel.message;
        if message.expires_ms.is_some_and(|at| at <= now_ms) {
            return None;
        }
        let changed;
        let props = if message.expires_ms.is_some() || !parcel.subscriptions.is_empty() {
            changed = own_props(parcel, now_ms);
            &changed
        } else {
            &message.props
        };
        let bytes = write::publish(
            self.level,
            Saying {
                dup,
                qos: parcel.qos,
                retain: parcel.retain,
                topic: &message.topic,
                id,
                props,
                payload: &message.payload,
            },
        );
        (bytes.len() <= self.packet_max as usize).then_some(bytes)
    }
}

/// With the time that is left, and the subscriptions it comes for.
fn own_props(parcel: &Parcel, now_ms: i64) -> Vec<Property> {
    let mut found = parcel.message.props.clone();
    for one in &mut found {
        if one.id == props::MESSAGE_EXPIRY
            && let Some(at) = parcel.message.expires_ms
        {
            let left_s = (at - now_ms + 999) / 1000;
            one.value = Value::Four(u32::try_from(left_s).unwrap_or(0));
        }
    }
    found.extend(
        parcel
            .subscriptions
            .iter()
            .map(|id| Property { id: props::SUBSCRIPTION, value: Value::Variable(*id) }),
    );
    found
}
