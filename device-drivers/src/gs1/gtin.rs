//! A trade item number that has passed its check digit. Never which product it is: that is the store's catalogue.

use std::fmt;

use crate::gs1::check::is_gtin;

/// A GTIN-8, -12, -13 or -14 with the right check digit (REQ-41).
///
/// Two of them are the same item when their fourteen-digit forms agree, so that is what is compared and kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gtin([u8; 14]);

impl Gtin {
    /// Reads 8, 12, 13 or 14 digits; `None` when the length or the check digit is wrong.
    #[must_use]
    pub fn parse(digits: &[u8]) -> Option<Self> {
        if !is_gtin(digits) {
            return None;
        }
        let mut fourteen = [b'0'; 14];
        for (to, from) in fourteen.iter_mut().rev().zip(digits.iter().rev()) {
            *to = *from;
        }
        Some(Self(fourteen))
    }

    /// The fourteen digits, padded with zeros on the left: what GS1 labels carry and what is compared.
    #[must_use]
    pub fn as_gtin14(&self) -> &str {
        // Only ASCII digits get in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The form a catalogue usually holds: 13 digits, or 14 when a case number leads.
    #[must_use]
    pub fn as_gtin13(&self) -> &str {
        let all = self.as_gtin14();
        all.strip_prefix('0').unwrap_or(all)
    }

    /// Whether `digits`, of any of the four lengths, is this item.
    #[must_use]
    pub fn is(&self, digits: &str) -> bool {
        Self::parse(digits.as_bytes()).is_some_and(|other| other == *self)
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_gtin13())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_item_in_all_its_lengths_is_the_same() {
        let upc = Gtin::parse(b"614141000036").unwrap();
        let ean = Gtin::parse(b"0614141000036").unwrap();
        let case = Gtin::parse(b"00614141000036").unwrap();
        assert!(upc == ean && ean == case);
        assert!(upc.is("614141000036") && !upc.is("96385074"));
        assert_eq!(upc.as_gtin14(), "00614141000036");
        assert_eq!(upc.to_string(), "0614141000036");
        assert_eq!(Gtin::parse(b"10614141000415").unwrap().as_gtin13(), "10614141000415");
    }

    #[test]
    fn wrong_digits_and_lengths_are_refused() {
        for bad in ["614141000037", "61414100003", "", "0000614141000036"] {
            assert_eq!(Gtin::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
