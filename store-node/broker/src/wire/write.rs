//! What the broker says, as bytes. Lengths are ours to get right: nothing here can fail.

use super::props::{Property, Value};
use super::{Ack, Level, Qos};
use bytes::{BufMut as _, Bytes, BytesMut};

/// Bytes that grow.
#[derive(Debug, Default)]
pub(super) struct Out(BytesMut);

impl Out {
    pub(super) fn done(self) -> Bytes {
        self.0.freeze()
    }

    fn variable(&mut self, mut number: usize) {
        loop {
            let low = (number & 0x7F) as u8;
            number >>= 7;
            if number == 0 {
                return self.0.put_u8(low);
            }
            self.0.put_u8(low | 0x80);
        }
    }

    /// Text or bytes with two bytes of length; a client's own text, so it fits.
    fn sized(&mut self, bytes: &[u8]) {
        self.0.put_u16(u16::try_from(bytes.len()).unwrap_or(u16::MAX));
        self.0.put_slice(&bytes[..bytes.len().min(usize::from(u16::MAX))]);
    }

    pub(super) fn properties(&mut self, of: &[Property]) {
        let mut inside = Self::default();
        for Property { id, value } in of {
            inside.0.put_u8(*id);
            match value {
                Value::Byte(byte) => inside.0.put_u8(*byte),
                Value::Two(number) => inside.0.put_u16(*number),
                Value::Four(number) => inside.0.put_u32(*number),
                Value::Variable(number) => inside.variable(*number as usize),
                Value::Text(text) => inside.sized(text.as_bytes()),
                Value::Binary(bytes) => inside.sized(bytes),
                Value::Pair(name, value) => {
                    inside.sized(name.as_bytes());
                    inside.sized(value.as_bytes());
                }
            }
        }
        self.variable(inside.0.len());
        self.0.put_slice(&inside.0);
    }
}

/// A whole packet.
fn packet(head: u8, body: &[u8]) -> Bytes {
    let mut out = Out(BytesMut::with_capacity(body.len() + 5));
    out.0.put_u8(head);
    out.variable(body.len());
    out.0.put_slice(body);
    out.done()
}

/// CONNACK that lets the client in.
#[must_use]
pub fn welcome(level: Level, present: bool, props: &[Property]) -> Bytes {
    let mut out = Out::default();
    // MQTT 3.1 knows no session that was present: its byte is 0.
    out.0.put_slice(&[u8::from(present && level != Level::V3), 0]);
    if level == Level::V5 {
        out.properties(props);
    }
    packet(0x20, &out.0)
}

/// CONNACK of MQTT 5 that does not.
#[must_use]
pub fn refusal(reason: u8) -> Bytes {
    packet(0x20, &[0, reason, 0])
}

/// CONNACK of MQTT 3 that does not: 1 = version, 2 = client id, 4 = login, 5 = not authorised.
#[must_use]
pub fn old_refusal(code: u8) -> Bytes {
    packet(0x20, &[0, code])
}

/// An acknowledgement; reason 0 is not written.
#[must_use]
pub fn ack(level: Level, ack: Ack, id: u16, reason: u8) -> Bytes {
    let head = match ack {
        Ack::Puback => 0x40,
        Ack::Pubrec => 0x50,
        Ack::Pubrel => 0x62,
        Ack::Pubcomp => 0x70,
    };
    let [high, low] = id.to_be_bytes();
    if level == Level::V5 && reason != 0 {
        packet(head, &[high, low, reason])
    } else {
        packet(head, &[high, low])
    }
}

/// SUBACK.
#[must_use]
pub fn suback(level: Level, id: u16, codes: &[u8]) -> Bytes {
    let mut out = Out::default();
    out.0.put_u16(id);
    if level == Level::V5 {
        out.0.put_u8(0);
    }
    out.0.put_slice(codes);
    packet(0x90, &out.0)
}

/// UNSUBACK; only MQTT 5 tells a code for each filter.
#[must_use]
pub fn unsuback(level: Level, id: u16, codes: &[u8]) -> Bytes {
    let mut out = Out::default();
    out.0.put_u16(id);
    if level == Level::V5 {
        out.0.put_u8(0);
        out.0.put_slice(codes);
    }
    packet(0xB0, &out.0)
}

/// PINGRESP.
#[must_use]
pub fn pong() -> Bytes {
    Bytes::from_static(&[0xD0, 0])
}

/// DISCONNECT of MQTT 5.
#[must_use]
pub fn disconnect(reason: u8) -> Bytes {
    packet(0xE0, &[reason])
}

/// What stands in a PUBLISH from us.
#[derive(Debug, Clone, Copy)]
pub struct Saying<'m> {
    /// Sent before.
    pub dup: bool,
    /// How surely.
    pub qos: Qos,
    /// It is a retained message.
    pub retain: bool,
    /// Where.
    pub topic: &'m str,
    /// Packet id; not written with [`Qos::Zero`].
    pub id: u16,
    /// Properties, for MQTT 5.
    pub props: &'m [Property],
    /// What.
    pub payload: &'m [u8],
}

/// PUBLISH.
#[must_use]
pub fn publish(level: Level, what: Saying<'_>) -> Bytes {
    let mut out = Out(BytesMut::with_capacity(what.topic.len() + what.payload.len() + 16));
    out.sized(what.topic.as_bytes());
    if what.qos != Qos::Zero {
        out.0.put_u16(what.id);
    }
    if level == Level::V5 {
        out.properties(what.props);
    }
    out.0.put_slice(what.payload);
    packet(0x30 | u8::from(what.dup) << 3 | what.qos.bits() << 1 | u8::from(what.retain), &out.0)
}
