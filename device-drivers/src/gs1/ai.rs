//! The application identifier itself: two to four digits. Never what stands behind it: that is the dictionary's.

use std::fmt;

/// An application identifier, whether the dictionary knows it or not. Ordered as the dictionary is: digit by digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ai {
    /// The digits, filled up with zero bytes (which sort before every digit).
    digits: [u8; 4],
}

impl Ai {
    /// (00) serial shipping container code.
    pub const SSCC: Ai = Ai { digits: *b"00\0\0" };
    /// (01) trade item.
    pub const GTIN: Ai = Ai { digits: *b"01\0\0" };
    /// (02) trade items inside.
    pub const CONTENT: Ai = Ai { digits: *b"02\0\0" };
    /// (10) batch or lot.
    pub const LOT: Ai = Ai { digits: *b"10\0\0" };
    /// (21) serial number.
    pub const SERIAL: Ai = Ai { digits: *b"21\0\0" };

    /// Reads two to four digits and nothing else.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if !(2..=4).contains(&text.len()) || !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut digits = [0; 4];
        digits.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { digits })
    }

    /// How many digits it has: 2 to 4.
    #[must_use]
    pub fn length(self) -> usize {
        self.digits.iter().take_while(|digit| **digit != 0).count()
    }

    /// The digits as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII digits get in.
        std::str::from_utf8(self.digits.get(..self.length()).unwrap_or_default()).unwrap_or_default()
    }

    /// Whether it is `pattern`, in which every `n` stands for any digit; the digits must come first: `35nn`.
    #[must_use]
    pub fn matches(self, pattern: &str) -> bool {
        let fixed = pattern.bytes().take_while(u8::is_ascii_digit).count();
        fixed > 0 && pattern.len() == self.length() && self.as_str().get(..fixed) == pattern.get(..fixed)
    }

    /// The last digit: where it counts decimal places (310n).
    #[must_use]
    pub fn last_digit(self) -> u8 {
        self.as_str().bytes().next_back().map_or(0, |digit| digit - b'0')
    }

    /// The two digits that tell how long the identifier is, as a number.
    pub(super) fn family(self) -> usize {
        let [tens, ones, ..] = self.digits;
        usize::from(tens.saturating_sub(b'0')) * 10 + usize::from(ones.saturating_sub(b'0'))
    }
}

impl fmt::Display for Ai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_to_four_digits_are_an_identifier() {
        for (text, length) in [("00", 2), ("235", 3), ("8008", 4)] {
            let ai = Ai::parse(text.as_bytes()).unwrap();
            assert_eq!((ai.as_str(), ai.length(), ai.to_string()), (text, length, text.to_owned()));
        }
        for bad in ["", "1", "12345", "1A", " 01", "٠١"] {
            assert_eq!(Ai::parse(bad.as_bytes()), None, "{bad}");
        }
        assert!(Ai::parse(b"8001") < Ai::parse(b"81") && Ai::parse(b"01") < Ai::parse(b"011"));
    }

    #[test]
    fn a_pattern_has_its_digits_first_and_the_same_length() {
        let weight = Ai::parse(b"3103").unwrap();
        for (pattern, is) in [("3103", true), ("310n", true), ("3nnn", true), ("nnnn", false), ("310", false)]
        {
            assert_eq!(weight.matches(pattern), is, "{pattern}");
        }
        assert_eq!((weight.last_digit(), weight.family()), (3, 31));
    }
}
