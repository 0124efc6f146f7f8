//! Packets of Zebra's Simple Serial Interface: length, opcode, source, status, data, checksum. Never what a packet means.

/// The longest packet without its checksum, bytes.
pub const MOST: usize = 255;
/// Length, opcode, source and status.
const HEAD: usize = 4;
/// The most data in one packet, bytes.
pub const DATA_MOST: usize = MOST - HEAD;

/// Who sent a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The scanner.
    Decoder,
    /// We.
    Host,
}

impl Source {
    const fn byte(self) -> u8 {
        match self {
            Source::Decoder => 0,
            Source::Host => 4,
        }
    }
}

/// One packet whose checksum was right. Newer scanners set more status bits than the two that are read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// What it is; see [`super::opcode`].
    pub opcode: u8,
    /// Who sent it.
    pub source: Source,
    /// Status bit 0: the same packet was sent before.
    pub again: bool,
    /// Status bit 1: more of the same message follows.
    pub more: bool,
    /// At most [`DATA_MOST`] bytes.
    pub data: Vec<u8>,
}

impl Packet {
    /// A whole message of one packet.
    #[must_use]
    pub fn new(source: Source, opcode: u8, data: &[u8]) -> Self {
        let data = data.iter().copied().take(DATA_MOST).collect();
        Self { opcode, source, again: false, more: false, data }
    }

    /// Its bytes on the line.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let length = u8::try_from(HEAD + self.data.len()).unwrap_or(u8::MAX);
        let status = u8::from(self.again) | u8::from(self.more) << 1;
        let mut bytes = vec![length, self.opcode, self.source.byte(), status];
        bytes.extend(&self.data);
        let sum = checksum(&bytes);
        bytes.extend(sum.to_be_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let [body @ .., high, low] = bytes else { return None };
        let [_, opcode, source, status, data @ ..] = body else { return None };
        if checksum(body) != u16::from_be_bytes([*high, *low]) {
            return None;
        }
        let source = match source {
            0 => Source::Decoder,
            4 => Source::Host,
            _ => return None,
        };
        let (again, more) = (status & 1 != 0, status & 2 != 0);
        Some(Self { opcode: *opcode, source, again, more, data: data.to_vec() })
    }
}

/// The two's complement of the sum of all bytes, sixteen bits.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte))).wrapping_neg()
}

/// Collects bytes, in any pieces, into packets. There is no sign that begins a packet: after a broken one everything is
/// dropped until the line has been quiet, for a scanner waits for its answer before it says more.
#[derive(Debug, Default)]
pub struct Deframer {
    buffer: Vec<u8>,
    lost: bool,
}

impl Deframer {
    /// Takes the next bytes and gives the packets they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Packet> {
        let mut packets = Vec::new();
        for byte in bytes {
            // Zeros wake a sleeping partner; no packet is shorter than its head.
            if self.lost || (self.buffer.is_empty() && *byte == 0) {
                continue;
            }
            self.buffer.push(*byte);
            let length = usize::from(self.buffer.first().copied().unwrap_or_default());
            if length < HEAD {
                self.lost = true;
            } else if self.buffer.len() == length + 2 {
                match Packet::read(&self.buffer) {
                    Some(packet) => packets.push(packet),
                    None => self.lost = true,
                }
                self.buffer.clear();
            }
        }
        packets
    }

    /// Whether something was begun or broken: ask [`Deframer::quiet`] when no byte comes any more.
    #[must_use]
    pub fn is_amid(&self) -> bool {
        self.lost || !self.buffer.is_empty()
    }

    /// The line has been quiet: a packet that was begun is torn. `true` = something was lost.
    pub fn quiet(&mut self) -> bool {
        let lost = self.is_amid();
        self.lost = false;
        self.buffer.clear();
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The checksum by hand: 04 + E4 + 04 + 00 = EC; its two's complement is FF14.
    #[test]
    fn a_packet_has_the_bytes_of_the_guide() {
        assert_eq!(Packet::new(Source::Host, 0xE4, &[]).bytes(), [0x04, 0xE4, 0x04, 0x00, 0xFF, 0x14]);
        assert_eq!(Packet::new(Source::Host, 0xE6, &[1]).bytes(), [0x05, 0xE6, 0x04, 0, 1, 0xFF, 0x10]);
    }

    #[test]
    fn any_pieces_give_the_same_packets() {
        let one = Packet { again: true, ..Packet::new(Source::Decoder, 0xF3, b"\x0b9521321109995") };
        let two = Packet { more: true, ..Packet::new(Source::Decoder, 0xF3, &[b'x'; DATA_MOST]) };
        let stream: Vec<u8> = [vec![0, 0], one.bytes(), two.bytes()].concat();
        for size in 1..=stream.len() {
            let mut deframer = Deframer::default();
            let got: Vec<Packet> = stream.chunks(size).flat_map(|part| deframer.push(part)).collect();
            assert_eq!(got, [one.clone(), two.clone()], "pieces of {size}");
            assert!(!deframer.quiet());
        }
    }

    #[test]
    fn every_single_wrong_byte_is_seen_and_the_next_packet_is_whole() {
        let good = Packet::new(Source::Decoder, 0xF3, b"\x0b9521321109995");
        let bytes = good.bytes();
        for at in 0..bytes.len() {
            for wrong in (0..=255).filter(|wrong| *wrong != bytes[at]) {
                let mut torn = bytes.clone();
                torn[at] = wrong;
                let mut deframer = Deframer::default();
                let got = deframer.push(&torn);
                // Newer status bits mean nothing here, but they are part of the sum.
                assert!(got.is_empty(), "byte {at} as {wrong}: {got:?}");
                deframer.quiet();
                assert_eq!(deframer.push(&bytes), std::slice::from_ref(&good), "byte {at} as {wrong}");
            }
        }
    }
}
