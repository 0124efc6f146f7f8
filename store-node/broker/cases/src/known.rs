//! What brokers are known to read otherwise than the cases want, each with the clause and the reason. A deviation is told by
//! what a case sends and by how it went, never by a case's name or a number of cases, so that it holds for cases nobody here
//! has seen; and it explains only the one way of going wrong that it speaks of.

use crate::packet::{
    CONNECT, PINGREQ, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, Packet, Property, SUBACK,
    SUBSCRIBE, UNSUBACK,
};
use crate::{Case, Kind, Step};

/// A way in which a broker differs.
#[derive(Debug, Clone, Copy)]
pub struct Deviation {
    /// The clause, what the broker does instead, and why.
    pub reason: &'static str,
    /// How a case goes wrong by it.
    kind: Kind,
    /// Whether a case asks for it.
    asks: fn(&Case) -> bool,
}

impl Deviation {
    /// Whether a case that went wrong in this way did so by this deviation.
    #[must_use]
    pub fn explains(&self, case: &Case, kind: Kind) -> bool {
        self.kind == kind && (self.asks)(case)
    }
}

/// The broker of this house.
pub const EMBEDDED: &[Deviation] = &[Deviation {
    reason: "Mosquitto's bridges tell their state at $SYS/broker/connection/NAME/state; we have no bridges, and nobody \
             writes below $ (MQTT 4.7.2 leaves that to the server)",
    kind: Kind::Refused,
    asks: |case| {
        last(case).and_then(|packet| of(packet, PUBLISH)?.publish(case.version)).is_some_and(|publish| {
            publish.topic.starts_with(b"$SYS/broker/connection/") && publish.topic.ends_with(b"/state")
        })
    },
}];

/// Mosquitto as Debian 12 has it (2.0.11); a newer one does less of this. All of it is leniency: the case wants the
/// connection ended, and Mosquitto goes on.
pub const MOSQUITTO: &[Deviation] = &[
    Deviation {
        reason: "MQTT 2.1.2: only a server sends SUBACK, UNSUBACK and PINGRESP. Mosquitto takes them from anybody, since one \
                 handler serves clients and its own bridges, and drops them",
        kind: Kind::WentOn,
        asks: |case| last(case).is_some_and(|packet| [SUBACK, UNSUBACK, PINGRESP].contains(&packet.kind)),
    },
    Deviation {
        reason: "[MQTT-2.1.3-1] (3.1.1: [MQTT-2.2.2-2]): wrong reserved flags are malformed. Mosquitto 2.0 does not look at them \
                 in PUBACK, PUBREC, PUBCOMP and PINGREQ",
        kind: Kind::WentOn,
        asks: |case| {
            last(case).is_some_and(|packet| {
                [PUBACK, PUBREC, PUBCOMP, PINGREQ].contains(&packet.kind) && packet.flags != 0
            })
        },
    },
    Deviation {
        reason: "MQTT 2.1.4: bytes behind the last field do not belong to the packet. Mosquitto 2.0 reads the fields of an \
                 acknowledgement or a ping and leaves the rest",
        kind: Kind::WentOn,
        asks: |case| last(case).is_some_and(|packet| has_more(packet, case.version)),
    },
    Deviation {
        reason: "MQTT 5, tables 3-4 to 3-7: a reason code that the packet does not have. Mosquitto 2.0 does not look at the code \
                 of an acknowledgement for a message that it does not know",
        kind: Kind::WentOn,
        asks: |case| case.version == 5 && last(case).is_some_and(has_strange_reason),
    },
    Deviation {
        reason: "[MQTT-3.3.1-2]: DUP must be 0 at QoS 0. Mosquitto 2.0 takes the message",
        kind: Kind::WentOn,
        asks: |case| {
            last(case).is_some_and(|packet| packet.kind == PUBLISH && packet.flags & 0b1110 == 0b1000)
        },
    },
    Deviation {
        reason: "MQTT 5, 3.3.2.3.2: a payload is bytes (0) or text (1). Mosquitto 2.0 takes any payload format indicator",
        kind: Kind::WentOn,
        asks: |case| {
            published(case, |(id, value)| *id == 0x01 && value.first().is_some_and(|format| *format > 1))
        },
    },
    Deviation {
        reason: "[MQTT-3.3.4-6]: a client's PUBLISH has no subscription identifier. Mosquitto 2.0 overlooks one that is 0",
        kind: Kind::WentOn,
        asks: |case| published(case, |(id, value)| *id == 0x0B && *value == [0]),
    },
    Deviation {
        reason: "[MQTT-3.8.3-4]: no local on a shared subscription is a protocol error. Mosquitto 2.0 takes the subscription",
        kind: Kind::WentOn,
        asks: |case| {
            let packet = last(case).and_then(|packet| of(packet, SUBSCRIBE));
            let shared = |(filter, options): &(&[u8], u8)| filter.starts_with(b"$share/") && options & 4 != 0;
            case.version == 5 && packet.is_some_and(|packet| packet.filters().iter().any(shared))
        },
    },
    Deviation {
        reason: "MQTT 5, 3.1.2.11.10: authentication data without a method is a protocol error. Mosquitto 2.0 lets the client in",
        kind: Kind::WentOn,
        asks: |case| {
            let has = |list: &[Property<'_>], id| list.iter().any(|(one, _)| *one == id);
            let connect = last(case).and_then(|packet| of(packet, CONNECT)?.connect());
            connect.is_some_and(|connect| has(&connect.properties, 0x16) && !has(&connect.properties, 0x15))
        },
    },
    Deviation {
        reason: "[MQTT-4.7.3-1]: a topic has a sign at least. Mosquitto 2.0 does not look at the response topic of a will",
        kind: Kind::WentOn,
        asks: |case| {
            let connect = last(case).and_then(|packet| of(packet, CONNECT)?.connect());
            connect.is_some_and(|connect| connect.will_properties.contains(&(0x08, &[0, 0])))
        },
    },
    Deviation {
        reason: "MQTT 2.1.1: packet type 0 is forbidden. Mosquitto 2.0 waits for the end of the remaining length before it looks \
                 at the type",
        kind: Kind::WentOn,
        asks: |case| last_bytes(case).is_some_and(|bytes| bytes.len() > 1 && Packet::read(bytes).is_none()),
    },
];

/// The last bytes that a case sends: it is judged by them.
fn last_bytes(case: &Case) -> Option<&[u8]> {
    case.steps.iter().rev().find_map(|step| match step {
        Step::Send(bytes) => Some(bytes.as_slice()),
        Step::Hear(_) | Step::Publish { .. } => None,
    })
}

fn last(case: &Case) -> Option<Packet<'_>> {
    last_bytes(case).and_then(Packet::read)
}

fn of(packet: Packet<'_>, kind: u8) -> Option<Packet<'_>> {
    (packet.kind == kind).then_some(packet)
}

fn published(case: &Case, has: impl Fn(&Property<'_>) -> bool) -> bool {
    let publish = last(case).and_then(|packet| of(packet, PUBLISH)?.publish(case.version));
    publish.is_some_and(|publish| publish.properties.iter().any(has))
}

/// Whether an acknowledgement or a ping is longer than its fields.
fn has_more(packet: Packet<'_>, version: u8) -> bool {
    match (packet.kind, version) {
        (PINGREQ, _) => !packet.body.is_empty(),
        (PUBACK | PUBREC | PUBREL | PUBCOMP, 5) => {
            let properties = packet.body.get(3..).and_then(crate::packet::number);
            properties.is_some_and(|(length, list)| list.len() > length)
        }
        (PUBACK | PUBREC | PUBREL | PUBCOMP, _) => packet.body.len() > 2,
        _ => false,
    }
}

/// Whether an acknowledgement of MQTT 5 gives a reason that its kind does not have.
fn has_strange_reason(packet: Packet<'_>) -> bool {
    let reasons: &[u8] = match packet.kind {
        PUBACK | PUBREC => &[0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
        PUBREL | PUBCOMP => &[0x00, 0x92],
        _ => return false,
    };
    packet.body.get(2).is_some_and(|reason| !reasons.contains(reason))
}
