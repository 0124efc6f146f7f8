//! Short codes (`MLK-0001`) in few bytes: up to four capitals, an optional dash, up to nine digits become one shape byte
//! and a number. Any other text travels as it is. Exact both ways.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const LETTERS_MAX: u8 = 4;
const DIGITS_MAX: u8 = 9;
/// The shape byte of a text that has no shape.
const RAW: u8 = 0;

/// A code on its way into or out of packed bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) String);

/// `letters`, dash or none, `digits`.
#[derive(Clone, Copy)]
struct Shape {
    letters: u8,
    dash: bool,
    digits: u8,
}

impl Shape {
    fn byte(self) -> u8 {
        1 + (self.letters * 2 + u8::from(self.dash)) * DIGITS_MAX + self.digits - 1
    }

    fn from_byte(byte: u8) -> Option<Self> {
        let n = byte.checked_sub(1)?;
        let (left, digits) = (n / DIGITS_MAX, n % DIGITS_MAX + 1);
        let letters = left / 2;
        (letters <= LETTERS_MAX).then_some(Shape { letters, dash: left % 2 == 1, digits })
    }
}

fn squeeze(text: &str) -> Option<(u8, u64)> {
    let count = |s: &str, ok: fn(&u8) -> bool| s.bytes().take_while(ok).count();
    let letters = count(text, u8::is_ascii_uppercase);
    let (head, tail) = text.split_at(letters);
    let digits_text = tail.strip_prefix('-').unwrap_or(tail);
    let digits = count(digits_text, u8::is_ascii_digit);
    let shape = Shape {
        letters: u8::try_from(letters).ok().filter(|n| *n <= LETTERS_MAX)?,
        dash: digits_text.len() != tail.len(),
        digits: u8::try_from(digits).ok().filter(|n| (1..=DIGITS_MAX).contains(n))?,
    };
    if digits != digits_text.len() {
        return None;
    }
    let prefix = head.bytes().fold(0u64, |n, b| n * 26 + u64::from(b - b'A'));
    let number: u64 = digits_text.parse().ok()?;
    Some((shape.byte(), prefix * 10u64.pow(u32::from(shape.digits)) + number))
}

fn unfold(byte: u8, value: u64) -> Option<String> {
    let shape = Shape::from_byte(byte)?;
    let scale = 10u64.pow(u32::from(shape.digits));
    let (mut prefix, number) = (value / scale, value % scale);
    let mut head = Vec::new();
    for _ in 0..shape.letters {
        head.push(b'A' + u8::try_from(prefix % 26).ok()?);
        prefix /= 26;
    }
    if prefix != 0 {
        return None;
    }
    let mut text: String = head.iter().rev().map(|b| char::from(*b)).collect();
    if shape.dash {
        text.push('-');
    }
    Some(format!("{text}{number:0width$}", width = usize::from(shape.digits)))
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut pair = to.serialize_tuple(2)?;
        match squeeze(&self.0) {
            Some((shape, value)) => {
                pair.serialize_element(&shape)?;
                pair.serialize_element(&value)?;
            }
            None => {
                pair.serialize_element(&RAW)?;
                pair.serialize_element(&self.0)?;
            }
        }
        pair.end()
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = Code;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a shape and a number, or 0 and a text")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Code, A::Error> {
                let short = || A::Error::custom("a code that is cut short");
                match seq.next_element::<u8>()?.ok_or_else(short)? {
                    RAW => Ok(Code(seq.next_element::<String>()?.ok_or_else(short)?)),
                    shape => {
                        let value: u64 = seq.next_element()?.ok_or_else(short)?;
                        unfold(shape, value).map(Code).ok_or_else(|| A::Error::custom("no such code"))
                    }
                }
            }
        }
        from.deserialize_tuple(2, Pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(text: &str) -> usize {
        let bytes = postcard::to_stdvec(&Code(text.into())).unwrap();
        assert_eq!(postcard::from_bytes::<Code>(&bytes).unwrap(), Code(text.into()));
        bytes.len()
    }

    #[test]
    fn usual_codes_take_five_bytes_and_strange_ones_come_back_too() {
        assert_eq!(round_trip("MLK-0001"), 5);
        for text in
            ["", "A", "-", "-1", "7", "000", "ZZZZ-999999999", "ABCDE-1", "abc-1", "A-1-2", "A_1", "०१"]
        {
            round_trip(text);
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "[A-Z]{0,6}-?[0-9]{0,11}[a-z.]{0,1}") {
            round_trip(&text);
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let _ = postcard::from_bytes::<Code>(&bytes);
        }
    }
}
