//! The keys a scanner types with: the kernel's key codes to signs of a US keyboard, and back for the simulator.

/// A key that is held rather than typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Either shift key.
    Shift,
    /// Either control key.
    Control,
    /// The left Alt key; with the number pad it types by number.
    Alt,
}

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A sign, plain and with shift.
    Sign(u8, u8),
    /// A digit of the number pad.
    Pad(u8),
    /// Held.
    Held(Held),
    /// Ends a code.
    End,
    /// Caps lock.
    Caps,
    /// The group separator, as some scanners type it (F8).
    Separator,
    /// Means nothing in a code.
    Other,
}

/// Rows of keys with consecutive codes: the first code, plain signs, signs with shift.
const ROWS: [(u16, &[u8], &[u8]); 5] = [
    (2, b"1234567890-=", b"!@#$%^&*()_+"),
    (16, b"qwertyuiop[]", b"QWERTYUIOP{}"),
    (30, b"asdfghjkl;'`", b"ASDFGHJKL:\"~"),
    (43, b"\\zxcvbnm,./", b"|ZXCVBNM<>?"),
    (57, b" ", b" "),
];
/// The number pad: 7 8 9 - 4 5 6 + 1 2 3 0 and the point, in the order of their codes.
const PAD: (u16, &[u8]) = (71, b"789-456+1230.");
const SLASH_PAD: u16 = 98;
const STAR_PAD: u16 = 55;
/// The code of the left shift key.
pub const LEFT_SHIFT: u16 = 42;
/// The code of the left control key.
pub const LEFT_CONTROL: u16 = 29;
/// The code of the left Alt key.
pub const LEFT_ALT: u16 = 56;
/// The code of the Enter key.
pub const ENTER: u16 = 28;

/// What the key with this code is.
#[must_use]
pub fn key(code: u16) -> Key {
    match code {
        LEFT_SHIFT | 54 => Key::Held(Held::Shift),
        LEFT_CONTROL | 97 => Key::Held(Held::Control),
        LEFT_ALT => Key::Held(Held::Alt),
        // Enter, the pad's Enter, Tab.
        ENTER | 96 | 15 => Key::End,
        58 => Key::Caps,
        66 => Key::Separator,
        SLASH_PAD => Key::Sign(b'/', b'/'),
        STAR_PAD => Key::Sign(b'*', b'*'),
        _ => pad(code).or_else(|| sign(code)).unwrap_or(Key::Other),
    }
}

fn sign(code: u16) -> Option<Key> {
    ROWS.iter().find_map(|(first, plain, shifted)| {
        let place = usize::from(code.checked_sub(*first)?);
        Some(Key::Sign(*plain.get(place)?, *shifted.get(place)?))
    })
}

fn pad(code: u16) -> Option<Key> {
    let sign = *PAD.1.get(usize::from(code.checked_sub(PAD.0)?))?;
    Some(if sign.is_ascii_digit() { Key::Pad(sign) } else { Key::Sign(sign, sign) })
}

/// The key that types a sign, and whether with shift; `None` for what no key of a US keyboard types.
#[must_use]
pub fn code_of(sign: u8) -> Option<(u16, bool)> {
    ROWS.iter().find_map(|(first, plain, shifted)| {
        let place = |signs: &[u8]| signs.iter().position(|known| *known == sign);
        let (place, shift) = match place(plain) {
            Some(place) => (place, false),
            None => (place(shifted)?, true),
        };
        Some((first + u16::try_from(place).ok()?, shift))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_printable_sign_has_a_key_that_types_it() {
        for sign in b' '..=b'~' {
            let (code, shift) = code_of(sign).unwrap();
            let Key::Sign(plain, shifted) = key(code) else {
                panic!("{} is {:?}", char::from(sign), key(code))
            };
            assert_eq!(if shift { shifted } else { plain }, sign);
        }
        assert_eq!(code_of(0x1D), None);
    }

    /// Codes of linux/input-event-codes.h.
    #[test]
    fn keys_are_where_the_kernel_has_them() {
        assert_eq!(key(11), Key::Sign(b'0', b')'));
        assert_eq!(key(27), Key::Sign(b']', b'}'));
        assert_eq!(key(39), Key::Sign(b';', b':'));
        assert_eq!(key(53), Key::Sign(b'/', b'?'));
        assert_eq!(key(82), Key::Pad(b'0'));
        assert_eq!(key(74), Key::Sign(b'-', b'-'));
        assert_eq!((key(1), key(0), key(700)), (Key::Other, Key::Other, Key::Other));
    }
}
