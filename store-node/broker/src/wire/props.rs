//! Properties of MQTT 5: their kinds, where each may stand, how often, and which values are nonsense.

use super::Fault;
use super::read::Cursor;
use super::write::Out;
use bytes::Bytes;

/// One property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Its identifier.
    pub id: u8,
    /// Its value.
    pub value: Value,
}

/// A property's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One byte.
    Byte(u8),
    /// Two bytes.
    Two(u16),
    /// Four bytes.
    Four(u32),
    /// One to four bytes.
    Variable(u32),
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
    /// A name and its value.
    Pair(String, String),
}

/// Which packet the properties stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// CONNECT.
    Connect,
    /// The will inside a CONNECT.
    Will,
    /// PUBLISH.
    Publish,
    /// PUBACK, PUBREC, PUBREL, PUBCOMP.
    Ack,
    /// SUBSCRIBE.
    Subscribe,
    /// UNSUBSCRIBE.
    Unsubscribe,
    /// DISCONNECT.
    Disconnect,
}

/// Payload format indicator.
pub const FORMAT: u8 = 0x01;
/// Message expiry interval.
pub const MESSAGE_EXPIRY: u8 = 0x02;
/// Content type.
pub const CONTENT_TYPE: u8 = 0x03;
/// Response topic.
pub const RESPONSE_TOPIC: u8 = 0x08;
/// Correlation data.
pub const CORRELATION: u8 = 0x09;
/// Subscription identifier.
pub const SUBSCRIPTION: u8 = 0x0B;
/// Session expiry interval.
pub const SESSION_EXPIRY: u8 = 0x11;
/// Assigned client identifier.
pub const ASSIGNED_CLIENT: u8 = 0x12;
/// Authentication method.
pub const METHOD: u8 = 0x15;
/// Authentication data.
pub const METHOD_DATA: u8 = 0x16;
/// Request problem information.
pub const WANTS_PROBLEM: u8 = 0x17;
/// Will delay interval.
pub const WILL_DELAY: u8 = 0x18;
/// Request response information.
pub const WANTS_RESPONSE: u8 = 0x19;
/// Server reference.
pub const SERVER_REFERENCE: u8 = 0x1C;
/// Reason string.
pub const REASON: u8 = 0x1F;
/// Receive maximum.
pub const RECEIVE_MAX: u8 = 0x21;
/// Topic alias maximum.
pub const ALIAS_MAX: u8 = 0x22;
/// Topic alias.
pub const ALIAS: u8 = 0x23;
/// User property.
pub const USER: u8 = 0x26;
/// Maximum packet size.
pub const PACKET_MAX: u8 = 0x27;

/// Reads a property list with its length.
///
/// # Errors
/// Malformed: cut short or unknown. Protocol: in the wrong place, twice, or a value that means nothing.
pub(super) fn read(from: &mut Cursor<'_>, place: Place) -> Result<Vec<Property>, Fault> {
    let length = usize::try_from(from.variable()?).map_err(|_| Fault::Malformed)?;
    let mut inside = from.part(length)?;
    let mut found: Vec<Property> = Vec::new();
    while !inside.is_empty() {
        let id = inside.byte()?;
        let value = value(&mut inside, id)?;
        if !allowed(id, place) {
            // SUBSCRIBE and UNSUBSCRIBE know nothing they could be confused with.
            let bare = matches!(place, Place::Subscribe | Place::Unsubscribe);
            return Err(if bare { Fault::Malformed } else { Fault::Protocol });
        }
        if id != USER && found.iter().any(|other| other.id == id) {
            return Err(Fault::Protocol);
        }
        check(id, &value)?;
        found.push(Property { id, value });
    }
    Ok(found)
}

fn value(from: &mut Cursor<'_>, id: u8) -> Result<Value, Fault> {
    Ok(match id {
        FORMAT | WANTS_PROBLEM | WANTS_RESPONSE | 0x24 | 0x25 | 0x28 | 0x29 | 0x2A => {
            Value::Byte(from.byte()?)
        }
        0x13 | RECEIVE_MAX | ALIAS_MAX | ALIAS => Value::Two(from.two()?),
        MESSAGE_EXPIRY | SESSION_EXPIRY | WILL_DELAY | PACKET_MAX => Value::Four(from.four()?),
        SUBSCRIPTION => Value::Variable(from.variable()?),
        CONTENT_TYPE | RESPONSE_TOPIC | ASSIGNED_CLIENT | METHOD | 0x1A | SERVER_REFERENCE | REASON => {
            Value::Text(from.text()?)
        }
        CORRELATION | METHOD_DATA => Value::Binary(from.binary()?),
        USER => Value::Pair(from.text()?, from.text()?),
        _ => return Err(Fault::Malformed),
    })
}

const fn allowed(id: u8, place: Place) -> bool {
    match place {
        Place::Connect => matches!(
            id,
            SESSION_EXPIRY
                | RECEIVE_MAX
                | PACKET_MAX
                | ALIAS_MAX
                | WANTS_RESPONSE
                | WANTS_PROBLEM
                | USER
                | METHOD
                | METHOD_DATA
        ),
        Place::Will => matches!(
            id,
            WILL_DELAY | FORMAT | MESSAGE_EXPIRY | CONTENT_TYPE | RESPONSE_TOPIC | CORRELATION | USER
        ),
        Place::Publish => {
            matches!(id, FORMAT | MESSAGE_EXPIRY | CONTENT_TYPE | RESPONSE_TOPIC | CORRELATION | USER | ALIAS)
        }
        Place::Ack => matches!(id, REASON | USER),
        Place::Subscribe => matches!(id, SUBSCRIPTION | USER),
        Place::Unsubscribe => matches!(id, USER),
        Place::Disconnect => matches!(id, SESSION_EXPIRY | REASON | USER | SERVER_REFERENCE),
    }
}

fn check(id: u8, value: &Value) -> Result<(), Fault> {
    let sound = match value {
        Value::Byte(byte) => *byte <= 1,
        Value::Two(number) => match id {
            RECEIVE_MAX => *number > 0,
            ALIAS if *number == 0 => return Err(Fault::Alias),
            _ => true,
        },
        Value::Four(number) => id != PACKET_MAX || *number > 0,
        Value::Variable(number) => *number > 0,
        Value::Text(text) => id != RESPONSE_TOPIC || super::topic::check_topic(text).is_ok(),
        Value::Binary(_) | Value::Pair(..) => true,
    };
    if sound { Ok(()) } else { Err(Fault::Protocol) }
}

/// The number of a property, if it is there.
#[must_use]
pub fn number(of: &[Property], id: u8) -> Option<u32> {
    of.iter().find(|one| one.id == id).and_then(|one| match one.value {
        Value::Byte(number) => Some(u32::from(number)),
        Value::Two(number) => Some(u32::from(number)),
        Value::Four(number) | Value::Variable(number) => Some(number),
        Value::Text(_) | Value::Binary(_) | Value::Pair(..) => None,
    })
}

/// Reads a stored list of properties of a message.
///
/// # Errors
/// As for a packet that came in.
pub fn decode(bytes: &Bytes) -> Result<Vec<Property>, Fault> {
    read(&mut Cursor::new(bytes), Place::Publish)
}

/// A list of properties as bytes, with its length.
#[must_use]
pub fn encode(of: &[Property]) -> Bytes {
    let mut out = Out::default();
    out.properties(of);
    out.done()
}
