//! The words of Zebra's Simple Serial Interface that we say or understand: opcodes, beeps, lamps, kinds of code.

use model::mqtt::Signal;

use super::packet::{Packet, Source};

/// Scanner: something about itself, asked by [`battery_request`].
pub const MANAGEMENT: u8 = 0x80;
/// Host: which firmware and model.
pub const REQUEST_REVISION: u8 = 0xA3;
/// Scanner: firmware, board and model, as text.
pub const REPLY_REVISION: u8 = 0xA4;
/// Scanner: values of its parameters.
pub const PARAM_SEND: u8 = 0xC6;
/// Either: understood.
pub const ACK: u8 = 0xD0;
/// Either: not understood, and why.
pub const NAK: u8 = 0xD1;
/// Host: which commands there are.
pub const CAPABILITIES_REQUEST: u8 = 0xD3;
/// Scanner: four bytes about the line, then the opcodes it takes.
pub const CAPABILITIES_REPLY: u8 = 0xD4;
/// Host: beep.
pub const BEEP: u8 = 0xE6;
/// Host: lamps on.
pub const LED_ON: u8 = 0xE7;
/// Host: lamps off.
pub const LED_OFF: u8 = 0xE8;
/// Host: read codes.
pub const SCAN_ENABLE: u8 = 0xE9;
/// Scanner: a code's kind and data.
pub const DECODE_DATA: u8 = 0xF3;
/// Scanner: something happened at it.
pub const EVENT: u8 = 0xF6;

/// Why a packet is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The checksum was wrong: once more, please.
    Resend,
    /// Not understood, or not now.
    BadContext,
    /// Refused.
    Denied,
    /// Not wanted.
    Cancel,
    /// One that the guide does not name.
    Other(u8),
}

impl Cause {
    /// From the byte in a NAK.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            1 => Cause::Resend,
            2 => Cause::BadContext,
            6 => Cause::Denied,
            10 => Cause::Cancel,
            other => Cause::Other(other),
        }
    }

    const fn byte(self) -> u8 {
        match self {
            Cause::Resend => 1,
            Cause::BadContext => 2,
            Cause::Denied => 6,
            Cause::Cancel => 10,
            Cause::Other(byte) => byte,
        }
    }
}

/// A host's command.
#[must_use]
pub fn say(opcode: u8, data: &[u8]) -> Vec<u8> {
    Packet::new(Source::Host, opcode, data).bytes()
}

/// The host understood.
#[must_use]
pub fn ack() -> Vec<u8> {
    say(ACK, &[])
}

/// The host did not understand.
#[must_use]
pub fn nak(cause: Cause) -> Vec<u8> {
    say(NAK, &[cause.byte()])
}

/// Green lamp, as handheld scanners number theirs.
const GREEN: u8 = 1;
/// Red lamp.
const RED: u8 = 2;
/// Four long low beeps.
const FOUR_LONG_LOW: u8 = 0x12;
/// A slow warble.
const SLOW_WARBLE: u8 = 0x15;

/// What a signal is on such a scanner, and what ends it. A good scan is only a lamp: the scanner has beeped already.
#[must_use]
pub fn signal(signal: Signal) -> (Vec<Vec<u8>>, Vec<u8>) {
    match signal {
        Signal::Right => (vec![say(LED_ON, &[GREEN])], say(LED_OFF, &[GREEN])),
        Signal::Wrong => (vec![say(BEEP, &[FOUR_LONG_LOW]), say(LED_ON, &[RED])], say(LED_OFF, &[RED])),
        Signal::Attention => (vec![say(BEEP, &[SLOW_WARBLE]), say(LED_ON, &[RED])], say(LED_OFF, &[RED])),
    }
}

/// The kind of a UPC-E.
pub const UPC_E: u8 = 0x09;

/// The AIM identifier of a kind of code, for a scanner that sends none. Only where the kind leaves no doubt: for
/// DataMatrix and QR it does not tell whether the content is GS1's.
#[must_use]
pub const fn aim_of(kind: u8) -> Option<&'static [u8]> {
    match kind {
        0x03 => Some(b"]C0"),
        0x08 | UPC_E | 0x0B => Some(b"]E0"),
        0x0A => Some(b"]E4"),
        0x0F => Some(b"]C1"),
        0x30..=0x32 => Some(b"]e0"),
        _ => None,
    }
}

/// Attribute: what is left in the battery, percent.
const BATTERY_PCT: u16 = 30_012;

/// Asks a cordless scanner for its battery.
#[must_use]
pub fn battery_request() -> Vec<u8> {
    let [high, low] = BATTERY_PCT.to_be_bytes();
    say(MANAGEMENT, &[0, 6, 2, 0, high, low])
}

/// The battery in the answer to [`battery_request`], percent; `None` where it says something else.
#[must_use]
pub fn battery_in(data: &[u8]) -> Option<u8> {
    let [_, _, 2, 0, high, low, kind, _, value @ ..] = data else { return None };
    if u16::from_be_bytes([*high, *low]) != BATTERY_PCT {
        return None;
    }
    let percent = match (kind, value) {
        (b'B', [value, ..]) => u16::from(*value),
        (b'W', [high, low, ..]) => u16::from_be_bytes([*high, *low]),
        _ => return None,
    };
    u8::try_from(percent).ok().filter(|percent| *percent <= 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_battery_is_read_in_both_widths_and_nonsense_is_none() {
        let head = [0, 9, 2, 0, 0x75, 0x3C];
        assert_eq!(battery_in(&[&head[..], b"B\x00\x50"].concat()), Some(80));
        assert_eq!(battery_in(&[&head[..], b"W\x00\x00\x50"].concat()), Some(80));
        assert_eq!(battery_in(&[&head[..], b"W\x00\x01\x50"].concat()), None);
        assert_eq!(battery_in(&[0, 9, 2, 0, 0x75, 0x3D, b'B', 0, 80]), None);
        assert_eq!(battery_in(&[0, 9, 2, 1, 0x75, 0x3C, b'B', 0, 80]), None, "a failed answer");
        assert_eq!(battery_in(&head), None);
    }

    #[test]
    fn causes_round_trip() {
        for byte in 0..=255 {
            assert_eq!(Cause::from_byte(byte).byte(), byte);
        }
    }
}
