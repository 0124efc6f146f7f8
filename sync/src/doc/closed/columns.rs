//! Values of one kind side by side, so that a compressor finds what they share. Numbers stand as planes of bytes, the highest
//! first; the lowest bytes of noisy numbers stand apart, because nothing compresses them. Knows no orders.

use std::collections::BTreeMap;

use crate::doc::DocError;

/// The most values of one column: more is a mistake or an attack.
const MAX_VALUES: usize = 1_000_000;
/// Digits at the end of a text that count as its number.
const DIGITS_MAX: usize = 9;

/// Columns being written.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// What compresses.
    pub(super) easy: Vec<u8>,
    /// What does not.
    pub(super) noisy: Vec<u8>,
}

impl Columns {
    pub(super) fn count(&mut self, n: usize) {
        self.easy.extend(u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes());
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.noisy.extend(bytes);
    }

    pub(super) fn blob(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.easy.extend(bytes);
    }

    pub(super) fn bytes(&mut self, values: &[u8]) {
        self.easy.extend(values);
    }

    /// Numbers that are small or alike.
    pub(super) fn numbers(&mut self, values: &[u64]) {
        self.planes(values, 0);
    }

    /// Numbers whose lowest byte is as good as random.
    pub(super) fn noisy(&mut self, values: &[u64]) {
        self.planes(values, 1);
    }

    /// As [`Columns::noisy`], of both signs.
    pub(super) fn signed(&mut self, values: &[i64]) {
        let folded: Vec<u64> =
            values.iter().map(|n| (n.cast_unsigned() << 1) ^ (n >> 63).cast_unsigned()).collect();
        self.noisy(&folded);
    }

    fn planes(&mut self, values: &[u64], apart: usize) {
        let most = values.iter().max().copied().unwrap_or(0);
        let width = (64 - most.leading_zeros() as usize).div_ceil(8);
        self.easy.push(width as u8);
        for plane in (0..width).rev() {
            let bytes = values.iter().map(|n| n.to_le_bytes()[plane]);
            if plane < apart && width > apart { self.noisy.extend(bytes) } else { self.easy.extend(bytes) }
        }
    }

    /// Texts: what stands before the last digits, once each, and the digits as a number.
    pub(super) fn texts(&mut self, values: &[&str]) {
        let parts: Vec<(&str, &str)> = values.iter().map(|text| split(text)).collect();
        let mut heads: BTreeMap<&str, u64> = parts.iter().map(|(head, _)| (*head, 0)).collect();
        self.count(heads.len());
        for (n, (head, place)) in (0u64..).zip(heads.iter_mut()) {
            *place = n;
            self.blob(head.as_bytes());
        }
        let places: Vec<u64> = parts.iter().map(|(head, _)| heads.get(head).copied().unwrap_or(0)).collect();
        self.numbers(&places);
        let lengths: Vec<u8> = parts.iter().map(|(_, digits)| digits.len() as u8).collect();
        self.bytes(&lengths);
        let numbers: Vec<u64> = parts.iter().map(|(_, digits)| digits.parse().unwrap_or(0)).collect();
        self.noisy(&numbers);
    }
}

/// What stands before the last digits, and those.
fn split(text: &str) -> (&str, &str) {
    let digits = text.bytes().rev().take(DIGITS_MAX).take_while(u8::is_ascii_digit).count();
    text.split_at(text.len() - digits)
}

/// Columns being read.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) easy: &'a [u8],
    pub(super) noisy: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn count(&mut self) -> Result<usize, DocError> {
        let (n, rest) = self.easy.split_first_chunk::<4>().ok_or_else(cut)?;
        self.easy = rest;
        usize::try_from(u32::from_le_bytes(*n)).ok().filter(|n| *n <= MAX_VALUES).ok_or_else(many)
    }

    pub(super) fn raw(&mut self, n: usize) -> Result<&'a [u8], DocError> {
        let (bytes, rest) = self.noisy.split_at_checked(n).ok_or_else(cut)?;
        self.noisy = rest;
        Ok(bytes)
    }

    pub(super) fn blob(&mut self) -> Result<&'a [u8], DocError> {
        let n = self.count()?;
        self.bytes(n)
    }

    pub(super) fn bytes(&mut self, n: usize) -> Result<&'a [u8], DocError> {
        let (bytes, rest) = self.easy.split_at_checked(n).ok_or_else(cut)?;
        self.easy = rest;
        Ok(bytes)
    }

    pub(super) fn numbers(&mut self, n: usize) -> Result<Vec<u64>, DocError> {
        self.planes(n, 0)
    }

    pub(super) fn noisy(&mut self, n: usize) -> Result<Vec<u64>, DocError> {
        self.planes(n, 1)
    }

    pub(super) fn signed(&mut self, n: usize) -> Result<Vec<i64>, DocError> {
        let unfold = |n: u64| (n >> 1).cast_signed() ^ -((n & 1).cast_signed());
        Ok(self.noisy(n)?.into_iter().map(unfold).collect())
    }

    fn planes(&mut self, n: usize, apart: usize) -> Result<Vec<u64>, DocError> {
        if n > MAX_VALUES {
            return Err(many());
        }
        let width = usize::from(*self.bytes(1)?.first().ok_or_else(cut)?);
        if width > 8 {
            return Err(DocError::poisoned("a closed hour with numbers of over 64 bits"));
        }
        let mut values = vec![0u64; n];
        for plane in (0..width).rev() {
            let bytes = if plane < apart && width > apart { self.raw(n)? } else { self.bytes(n)? };
            for (value, byte) in values.iter_mut().zip(bytes) {
                *value |= u64::from(*byte) << (8 * plane);
            }
        }
        Ok(values)
    }

    pub(super) fn texts(&mut self, n: usize) -> Result<Vec<String>, DocError> {
        let heads = self.count()?;
        let mut known = Vec::new();
        for _ in 0..heads {
            let head = std::str::from_utf8(self.blob()?);
            known.push(head.map_err(|_| DocError::poisoned("a closed hour with a text that is none"))?);
        }
        let places = self.numbers(n)?;
        let lengths = self.bytes(n)?;
        let numbers = self.noisy(n)?;
        let text = |((place, len), number): ((u64, &u8), u64)| {
            let head = usize::try_from(place).ok().and_then(|at| known.get(at)).ok_or_else(cut)?;
            match usize::from(*len) {
                0 => Ok((*head).to_owned()),
                len @ 1..=DIGITS_MAX => Ok(format!("{head}{number:0len$}")),
                _ => Err(cut()),
            }
        };
        places.into_iter().zip(lengths).zip(numbers).map(text).collect()
    }
}

pub(super) fn cut() -> DocError {
    DocError::poisoned("a closed hour that is cut short")
}

fn many() -> DocError {
    DocError::poisoned("a closed hour with too many values")
}
