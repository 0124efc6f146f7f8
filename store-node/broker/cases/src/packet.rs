//! What stands in a packet, as far as a known deviation has to look into it. Lenient: a packet that is wrong on purpose gives
//! what can be found in it.

/// A packet by its fixed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packet<'a> {
    /// The upper half of its first byte.
    pub kind: u8,
    /// The lower half.
    pub flags: u8,
    /// What stands behind the remaining length.
    pub body: &'a [u8],
}

pub(crate) const CONNECT: u8 = 1;
pub(crate) const PUBLISH: u8 = 3;
pub(crate) const PUBACK: u8 = 4;
pub(crate) const PUBREC: u8 = 5;
pub(crate) const PUBREL: u8 = 6;
pub(crate) const PUBCOMP: u8 = 7;
pub(crate) const SUBSCRIBE: u8 = 8;
pub(crate) const SUBACK: u8 = 9;
pub(crate) const UNSUBACK: u8 = 11;
pub(crate) const PINGREQ: u8 = 12;
pub(crate) const PINGRESP: u8 = 13;

/// A property: its identifier and its value's bytes.
pub(crate) type Property<'a> = (u8, &'a [u8]);

/// What a deviation looks at of a CONNECT of MQTT 5.
#[derive(Debug, Default)]
pub(crate) struct Connect<'a> {
    pub properties: Vec<Property<'a>>,
    pub will_properties: Vec<Property<'a>>,
}

/// What a deviation looks at of a PUBLISH.
#[derive(Debug, Default)]
pub(crate) struct Publish<'a> {
    pub topic: &'a [u8],
    pub properties: Vec<Property<'a>>,
}

impl<'a> Packet<'a> {
    /// `None` where the remaining length does not end.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        let (_, body) = number(rest)?;
        Some(Self { kind: first >> 4, flags: first & 0x0F, body })
    }

    pub(crate) fn connect(&self) -> Option<Connect<'a>> {
        let (_, rest) = string(self.body)?;
        let (flags, rest) = (*rest.get(1)?, rest.get(4..)?);
        let (properties, rest) = properties(rest)?;
        let (_, rest) = string(rest)?;
        let will = if flags & 4 == 0 { None } else { self::properties(rest) };
        Some(Connect { properties, will_properties: will.unwrap_or_default().0 })
    }

    pub(crate) fn publish(&self, version: u8) -> Option<Publish<'a>> {
        let (topic, rest) = string(self.body)?;
        let rest = if self.flags & 6 == 0 { rest } else { rest.get(2..)? };
        let found = if version == 5 { properties(rest)?.0 } else { Vec::new() };
        Some(Publish { topic, properties: found })
    }

    /// The filters of a SUBSCRIBE of MQTT 5, each with its options.
    pub(crate) fn filters(&self) -> Vec<(&'a [u8], u8)> {
        let mut found = Vec::new();
        let behind = self.body.get(2..).and_then(properties);
        let mut rest = behind.unwrap_or_default().1;
        while let Some((filter, after)) = string(rest)
            && let Some((options, after)) = after.split_first()
        {
            found.push((filter, *options));
            rest = after;
        }
        found
    }
}

/// Whole packets one behind the other, as their own lengths cut them; `None` where they do not end with the bytes.
pub(crate) fn cut(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut packets, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let (length, behind) = number(rest.get(1..)?)?;
        let head = rest.len() - behind.len();
        let (packet, after) = rest.split_at_checked(head + length)?;
        packets.push(packet);
        rest = after;
    }
    Some(packets)
}

/// A number of variable length, at most four bytes, and what stands behind it.
pub(crate) fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0;
    for (place, byte) in bytes.iter().take(4).enumerate() {
        number |= usize::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(place + 1..)?));
        }
    }
    None
}

fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(2)?;
    let length = usize::from(u16::from_be_bytes(length.try_into().ok()?));
    rest.split_at_checked(length)
}

fn properties(bytes: &[u8]) -> Option<(Vec<Property<'_>>, &[u8])> {
    let (length, rest) = number(bytes)?;
    let (mut list, after) = rest.split_at_checked(length)?;
    let mut found = Vec::new();
    while let Some((id, rest)) = list.split_first() {
        let size = match id {
            0x01 | 0x17 | 0x19 | 0x24 | 0x25 | 0x28..=0x2A => 1,
            0x13 | 0x21..=0x23 => 2,
            0x02 | 0x11 | 0x18 | 0x27 => 4,
            0x0B => rest.len() - number(rest)?.1.len(),
            0x26 => rest.len() - string(string(rest)?.1)?.1.len(),
            _ => rest.len() - string(rest)?.1.len(),
        };
        let (value, rest) = rest.split_at_checked(size)?;
        found.push((*id, value));
        list = rest;
    }
    Some((found, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode;

    #[test]
    fn what_a_packet_holds_is_found() {
        let bytes = encode("32 r26 s5 'topic' m1234 v9 01 i2 0B v0 26 s0 s0 'payload'").unwrap();
        let publish = Packet::read(&bytes).unwrap().publish(5).unwrap();
        assert_eq!(publish.topic, b"topic");
        assert_eq!(publish.properties, [(1, &[2][..]), (0x0B, &[0][..]), (0x26, &[0, 0, 0, 0][..])]);
        let bytes = encode("10 r24 s4 'MQTT' 05 06 k10 v0 s1 'p' 03 08 0000 s1 'p' s1 'p'").unwrap();
        let connect = Packet::read(&bytes).unwrap().connect().unwrap();
        assert_eq!((connect.properties.len(), connect.will_properties), (0, vec![(8, &[0, 0][..])]));
        let bytes = encode("82 r16 m1234 v0 s10 '$share/p/p' 04").unwrap();
        assert_eq!(Packet::read(&bytes).unwrap().filters(), [(&b"$share/p/p"[..], 4)]);
        assert_eq!(Packet::read(&[0x0A, 0xC0]), None);
    }

    #[test]
    fn packets_are_cut_by_their_own_lengths() {
        assert_eq!(cut(&[0x40, 2, 0, 1, 0xD0, 0]), Some(vec![&[0x40, 2, 0, 1][..], &[0xD0, 0][..]]));
        for torn in [&[0x40][..], &[0x40, 2, 0], &[0x40, 0x80]] {
            assert_eq!(cut(torn), None, "{torn:02x?}");
        }
    }
}
