//! What a client says, from bytes: one whole packet at a time, every rule of the standard that needs no session.

use super::props::{self, Place};
use super::topic::{check_filter, check_topic, is_text};
use super::{Ack, Connect, Fault, Filter, Level, Packet, Publish, Qos, Will};
use bytes::{Buf as _, Bytes, BytesMut};

/// Reads from a packet's body; what is missing is malformed.
#[derive(Debug)]
pub(super) struct Cursor<'b> {
    bytes: &'b Bytes,
    at: usize,
    end: usize,
}

impl<'b> Cursor<'b> {
    pub(super) const fn new(bytes: &'b Bytes) -> Self {
        Self { bytes, at: 0, end: bytes.len() }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    /// The next `length` bytes as a cursor of their own.
    pub(super) fn part(&mut self, length: usize) -> Result<Self, Fault> {
        let at = self.at;
        self.take(length)?;
        Ok(Self { bytes: self.bytes, at, end: self.at })
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], Fault> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.end).ok_or(Fault::Malformed)?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn two(&mut self) -> Result<u16, Fault> {
        Ok(self.take(2)?.get_u16())
    }

    pub(super) fn four(&mut self) -> Result<u32, Fault> {
        Ok(self.take(4)?.get_u32())
    }

    /// One to four bytes, and no more than the number needs.
    pub(super) fn variable(&mut self) -> Result<u32, Fault> {
        let mut number = 0;
        for place in 0..4 {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7F) << (7 * place);
            if byte & 0x80 == 0 {
                return if byte == 0 && place > 0 { Err(Fault::Malformed) } else { Ok(number) };
            }
        }
        Err(Fault::Malformed)
    }

    pub(super) fn binary(&mut self) -> Result<Bytes, Fault> {
        let length = usize::from(self.two()?);
        let start = self.at;
        self.take(length)?;
        Ok(self.bytes.slice(start..self.at))
    }

    pub(super) fn text(&mut self) -> Result<String, Fault> {
        let length = usize::from(self.two()?);
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| Fault::Malformed)?;
        if is_text(text) { Ok(text.to_owned()) } else { Err(Fault::Malformed) }
    }

    /// A packet id: never 0.
    fn id(&mut self) -> Result<u16, Fault> {
        match self.two()? {
            0 => Err(Fault::Protocol),
            id => Ok(id),
        }
    }

    fn rest(&mut self) -> Bytes {
        let rest = self.bytes.slice(self.at..self.end);
        self.at = self.end;
        rest
    }

    const fn finish(&self) -> Result<(), Fault> {
        if self.is_empty() { Ok(()) } else { Err(Fault::Malformed) }
    }
}

/// The first byte and the body of one packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Kind and flags.
    pub head: u8,
    /// What follows the length.
    pub body: Bytes,
}

/// Cuts the next packet off what has come in; `None` = more is needed.
///
/// # Errors
/// A kind that does not exist, or a length that no packet has, or one beyond `longest`.
pub fn frame(buffer: &mut BytesMut, longest: usize) -> Result<Option<Frame>, Fault> {
    let Some(&head) = buffer.first() else { return Ok(None) };
    let mut length = 0_usize;
    let mut at = 1;
    loop {
        let Some(&byte) = buffer.get(at) else {
            return if head >> 4 == 0 { Err(Fault::Protocol) } else { Ok(None) };
        };
        length |= usize::from(byte & 0x7F) << (7 * (at - 1));
        at += 1;
        if byte & 0x80 == 0 {
            break;
        }
        if at > 4 {
            return Err(if head >> 4 == 0 { Fault::Protocol } else { Fault::Length });
        }
    }
    if head >> 4 == 0 {
        return Err(Fault::Protocol);
    }
    if length > longest {
        return Err(Fault::Length);
    }
    if buffer.len() < at + length {
        buffer.reserve(at + length - buffer.len());
        return Ok(None);
    }
    buffer.advance(at);
    Ok(Some(Frame { head, body: buffer.split_to(length).freeze() }))
}

/// Why a first packet is not taken, and whether the client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoConnect {
    /// Closed without a word.
    Silent(Fault),
    /// MQTT 5's CONNACK with the reason.
    Told(Fault),
    /// MQTT 3's CONNACK with code 1: the name and the number of the protocol do not go together.
    OldVersion,
}

/// Reads a CONNECT.
///
/// # Errors
/// [`NoConnect`].
pub fn connect(frame: &Frame) -> Result<Connect, NoConnect> {
    let silent = NoConnect::Silent;
    if frame.head >> 4 != 1 {
        return Err(silent(Fault::Protocol));
    }
    let mut from = Cursor::new(&frame.body);
    let name = from.text().map_err(silent)?;
    if name != "MQTT" && name != "MQIsdp" {
        return Err(silent(Fault::Protocol));
    }
    let level = match (name.as_str(), from.byte().map_err(silent)?) {
        ("MQIsdp", 3) => Level::V3,
        ("MQTT", 4) => Level::V4,
        ("MQTT", 5) => Level::V5,
        (_, 3..=5) => return Err(NoConnect::OldVersion),
        _ => return Err(NoConnect::Told(Fault::Version)),
    };
    // MQTT 3.1 gives the flags of a CONNECT no meaning and asks nobody to check them.
    if level != Level::V3 && frame.head & 0x0F != 0 {
        return Err(silent(Fault::Malformed));
    }
    let flags = from.byte().map_err(silent)?;
    let keep_alive_s = from.two().map_err(silent)?;
    check_flags(flags, level).map_err(silent)?;
    body(&mut from, level, flags, keep_alive_s).map_err(|(fault, told)| {
        if told && level == Level::V5 { NoConnect::Told(fault) } else { silent(fault) }
    })
}

fn check_flags(flags: u8, level: Level) -> Result<(), Fault> {
    let will = flags & 0x04 != 0;
    let will_qos = flags >> 3 & 3;
    let (user, password) = (flags & 0x80 != 0, flags & 0x40 != 0);
    let wrong = (level != Level::V3 && flags & 1 != 0)
        || (!will && (will_qos != 0 || flags & 0x20 != 0))
        || will_qos == 3
        || (level != Level::V5 && password && !user);
    if wrong { Err(Fault::Malformed) } else { Ok(()) }
}

/// After the fixed part; the flag of a fault says whether MQTT 5 tells it.
fn body(from: &mut Cursor<'_>, level: Level, flags: u8, keep_alive_s: u16) -> Result<Connect, (Fault, bool)> {
    let told = |fault| (fault, true);
    let props = match level {
        Level::V5 => props::read(from, Place::Connect).map_err(told)?,
        Level::V3 | Level::V4 => Vec::new(),
    };
    let number = |id| props::number(&props, id);
    let has = |id| props.iter().any(|one| one.id == id);
    let client = from.binary().map_err(told)?;
    let client = std::str::from_utf8(&client).ok().filter(|client| is_text(client)).map(str::to_owned);
    let client = client.ok_or((Fault::ClientId, true))?;
    if has(props::METHOD) {
        return Err(told(Fault::Method));
    }
    if has(props::METHOD_DATA) {
        return Err(told(Fault::Protocol));
    }
    let will = if flags & 0x04 == 0 { None } else { Some(will(from, level, flags).map_err(told)?) };
    let user = if flags & 0x80 == 0 { None } else { Some(from.text().map_err(|fault| (fault, false))?) };
    let password =
        if flags & 0x40 == 0 { None } else { Some(from.binary().map_err(|fault| (fault, false))?) };
    from.finish().map_err(told)?;
    let clean = flags & 2 != 0;
    let expiry_s = match level {
        Level::V5 => number(props::SESSION_EXPIRY).unwrap_or(0),
        Level::V3 | Level::V4 if clean => 0,
        Level::V3 | Level::V4 => u32::MAX,
    };
    let receive_max = number(props::RECEIVE_MAX).and_then(|max| u16::try_from(max).ok()).unwrap_or(u16::MAX);
    let packet_max = number(props::PACKET_MAX).unwrap_or(u32::MAX);
    Ok(Connect {
        level,
        client,
        clean,
        keep_alive_s,
        user,
        password,
        will,
        expiry_s,
        receive_max,
        packet_max,
    })
}

fn will(from: &mut Cursor<'_>, level: Level, flags: u8) -> Result<Will, Fault> {
    let mut found = match level {
        Level::V5 => props::read(from, Place::Will)?,
        Level::V3 | Level::V4 => Vec::new(),
    };
    let delay_s = props::number(&found, props::WILL_DELAY).unwrap_or(0);
    found.retain(|one| one.id != props::WILL_DELAY);
    let topic = from.text()?;
    check_topic(&topic)?;
    if topic.starts_with('$') {
        return Err(Fault::Malformed);
    }
    let payload = from.binary()?;
    let qos = Qos::of(flags >> 3 & 3).ok_or(Fault::Malformed)?;
    Ok(Will { topic: topic.into(), payload, qos, retain: flags & 0x20 != 0, props: found, delay_s })
}

/// Reads a packet that comes after CONNECT.
///
/// # Errors
/// [`Fault`]: the connection has to end.
pub fn packet(frame: &Frame, level: Level) -> Result<Packet, Fault> {
    let flags = frame.head & 0x0F;
    let mut from = Cursor::new(&frame.body);
    let wanted = |wanted: u8, fault| if flags == wanted { Ok(()) } else { Err(fault) };
    let found = match frame.head >> 4 {
        12 | 13 if !frame.body.is_empty() => return Err(Fault::Length),
        3 => Packet::Publish(publish(&mut from, level, flags)?),
        kind @ (4 | 5 | 7) => {
            wanted(0, Fault::Malformed)?;
            let ack = match kind {
                4 => Ack::Puback,
                5 => Ack::Pubrec,
                _ => Ack::Pubcomp,
            };
            acknowledged(&mut from, level, ack)?
        }
        6 => {
            wanted(2, Fault::Protocol)?;
            acknowledged(&mut from, level, Ack::Pubrel)?
        }
        8 => {
            wanted(2, Fault::Malformed)?;
            subscribe(&mut from, level)?
        }
        10 => {
            wanted(2, Fault::Malformed)?;
            unsubscribe(&mut from, level)?
        }
        12 => {
            wanted(0, Fault::Malformed)?;
            Packet::Ping
        }
        14 => {
            wanted(0, Fault::Protocol)?;
            disconnected(&mut from, level)?
        }
        // A second CONNECT, AUTH, and everything that only a broker says.
        9 | 11 | 13 if flags != 0 => return Err(Fault::Malformed),
        _ => return Err(Fault::Protocol),
    };
    from.finish()?;
    Ok(found)
}

fn publish(from: &mut Cursor<'_>, level: Level, flags: u8) -> Result<Publish, Fault> {
    let qos = Qos::of(flags >> 1 & 3).ok_or(Fault::Malformed)?;
    let dup = flags & 8 != 0;
    if dup && qos == Qos::Zero {
        return Err(Fault::Malformed);
    }
    let topic = from.text()?;
    if topic.contains(['+', '#']) {
        return Err(Fault::Malformed);
    }
    let id = if qos == Qos::Zero { 0 } else { from.id()? };
    let mut found = match level {
        Level::V5 => props::read(from, Place::Publish)?,
        Level::V3 | Level::V4 => Vec::new(),
    };
    let alias = props::number(&found, props::ALIAS).and_then(|alias| u16::try_from(alias).ok());
    found.retain(|one| one.id != props::ALIAS);
    if topic.is_empty() && alias.is_none() {
        return Err(Fault::Malformed);
    }
    Ok(Publish { dup, qos, retain: flags & 1 != 0, topic, id, props: found, alias, payload: from.rest() })
}

fn acknowledged(from: &mut Cursor<'_>, level: Level, ack: Ack) -> Result<Packet, Fault> {
    let id = from.id()?;
    let mut reason = 0;
    if level == Level::V5 && !from.is_empty() {
        reason = from.byte()?;
        let known = match ack {
            Ack::Puback | Ack::Pubrec => {
                matches!(reason, 0 | 0x10 | 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99)
            }
            Ack::Pubrel | Ack::Pubcomp => matches!(reason, 0 | 0x92),
        };
        if !known {
            return Err(Fault::Protocol);
        }
        if !from.is_empty() {
            props::read(from, Place::Ack)?;
        }
    }
    Ok(Packet::Ack { ack, id, reason })
}

fn subscribe(from: &mut Cursor<'_>, level: Level) -> Result<Packet, Fault> {
    let id = from.id().map_err(|_| Fault::Malformed)?;
    let found = match level {
        Level::V5 => props::read(from, Place::Subscribe)?,
        Level::V3 | Level::V4 => Vec::new(),
    };
    let subscription = props::number(&found, props::SUBSCRIPTION);
    let mut filters = Vec::new();
    while !from.is_empty() {
        let filter = from.text()?;
        check_filter(&filter)?;
        let options = from.byte()?;
        let reserved = if level == Level::V5 { 0xC0 } else { 0xFC };
        let handling = options >> 4 & 3;
        let qos = Qos::of(options & 3).filter(|_| options & reserved == 0 && handling < 3);
        let qos = qos.ok_or(Fault::Malformed)?;
        let no_local = options & 4 != 0;
        if no_local && filter.starts_with("$share/") {
            return Err(Fault::Protocol);
        }
        filters.push(Filter { filter, qos, no_local, as_published: options & 8 != 0, handling });
    }
    if filters.is_empty() {
        Err(Fault::Malformed)
    } else {
        Ok(Packet::Subscribe { id, subscription, filters })
    }
}

fn unsubscribe(from: &mut Cursor<'_>, level: Level) -> Result<Packet, Fault> {
    let id = from.id().map_err(|_| Fault::Malformed)?;
    if level == Level::V5 {
        props::read(from, Place::Unsubscribe)?;
    }
    let mut filters = Vec::new();
    while !from.is_empty() {
        let filter = from.text()?;
        check_filter(&filter)?;
        filters.push(filter);
    }
    if filters.is_empty() { Err(Fault::Malformed) } else { Ok(Packet::Unsubscribe { id, filters }) }
}

fn disconnected(from: &mut Cursor<'_>, level: Level) -> Result<Packet, Fault> {
    let mut reason = 0;
    let mut expiry_s = None;
    if level == Level::V5 && !from.is_empty() {
        reason = from.byte()?;
        if !from.is_empty() {
            let found = props::read(from, Place::Disconnect)?;
            expiry_s = props::number(&found, props::SESSION_EXPIRY);
        }
    }
    Ok(Packet::Disconnect { reason, expiry_s })
}
