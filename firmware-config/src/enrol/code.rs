//! A code that a person carries to a device: short, random, read aloud without doubt. Kept only as its hash.

use std::fmt;
use std::io::Read;

use sha2::{Digest, Sha256};

use super::EnrolError;

/// Digits and letters without I, L, O and U.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Signs of a code: 50 bits.
const LENGTH: usize = 10;

/// A code, as `4K7PM-9F3AX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// A new one from a source of random bytes.
    ///
    /// # Errors
    /// [`EnrolError::Random`] when the source has none.
    pub fn new(random: &mut impl Read) -> Result<Self, EnrolError> {
        let mut bytes = [0_u8; LENGTH];
        random.read_exact(&mut bytes).map_err(EnrolError::Random)?;
        // 32 signs and a byte's lower five bits: each sign is as likely as any other.
        Ok(Self(bytes.iter().map(|byte| char::from(SIGNS[usize::from(byte & 31)])).collect()))
    }

    /// What a person typed: case and hyphens do not matter, and what looks alike is the same.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        let sign = |sign: char| match sign.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            other => other,
        };
        Self(text.chars().filter(|c| !matches!(c, '-' | ' ')).map(sign).collect())
    }

    /// The hash under which it is kept, with the device it is for: a code of one is none of another.
    #[must_use]
    pub fn hash(&self, device: &str) -> String {
        let digest = Sha256::digest(format!("{device}\n{}", self.0));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        write!(f, "{first}-{second}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_survives_how_people_write_it() {
        let code = Code::new(&mut [0_u8, 1, 17, 31, 10, 20, 200, 30, 9, 5].as_slice()).unwrap();
        assert_eq!(code.to_string(), "01HZA-M8Y95");
        for typed in ["01HZA-M8Y95", "01hzam8y95", "O1HZA M8Y95", "0lhza-m8y95"] {
            assert_eq!(Code::typed(typed).hash("hh-1"), code.hash("hh-1"), "{typed}");
        }
        assert_ne!(code.hash("hh-1"), code.hash("hh-2"));
        assert!(Code::new(&mut [0_u8; 3].as_slice()).is_err());
    }
}
