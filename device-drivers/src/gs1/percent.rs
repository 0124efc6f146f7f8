//! Percent coding as Digital Links use it: bytes to text and back. Never what the bytes are.

/// The part of a link that is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// Between slashes.
    Path,
    /// Behind the question mark, where a blank is a plus sign.
    Query,
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Codes every byte but letters, digits and `-._~`.
#[must_use]
pub fn encode(data: &[u8], place: Where) -> String {
    let mut out = String::with_capacity(data.len());
    for byte in data {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(*byte))
            }
            b' ' if place == Where::Query => out.push('+'),
            _ => {
                let digit = |value: u8| HEX.get(usize::from(value)).map_or('0', |hex| char::from(*hex));
                out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    out
}

/// The bytes that `text` stands for; a `%` without two hex digits stands for itself. `None` where a zero byte is coded.
#[must_use]
pub fn decode(text: &[u8], place: Where) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        let (decoded, width) = first(rest, *byte, place);
        if decoded == 0 && width > 1 {
            return None;
        }
        out.push(decoded);
        rest = behind.get(width - 1..).unwrap_or_default();
    }
    Some(out)
}

/// The first byte that `text`, which begins with `byte`, stands for, and how many signs it takes.
fn first(text: &[u8], byte: u8, place: Where) -> (u8, usize) {
    let hex = |sign: u8| char::from(sign).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if let [b'%', high, low, ..] = text
        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
    {
        return (high << 4 | low, 3);
    }
    (if byte == b'+' && place == Where::Query { b' ' } else { byte }, 1)
}

/// The place in `text` at which its decoded byte number `index` begins.
pub(super) fn place_of(text: &[u8], index: usize, place: Where) -> usize {
    let mut at = 0;
    for _ in 0..index {
        let rest = text.get(at..).unwrap_or_default();
        let Some(byte) = rest.first() else { break };
        at += first(rest, *byte, place).1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (1..=255).collect();
        for place in [Where::Path, Where::Query] {
            assert_eq!(decode(encode(&all, place).as_bytes(), place), Some(all.clone()));
        }
    }

    #[test]
    fn what_is_no_code_stands_for_itself() {
        for (text, bytes) in [("%", "%"), ("%4", "%4"), ("%4x", "%4x"), ("%%41", "%A"), ("a+b", "a+b")] {
            assert_eq!(decode(text.as_bytes(), Where::Path).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        assert_eq!(decode(b"a%00", Where::Path), None);
        assert_eq!(decode(b"a+b", Where::Query).as_deref(), Some(&b"a b"[..]));
        assert_eq!(place_of(b"a%41b", 2, Where::Path), 4);
    }
}
