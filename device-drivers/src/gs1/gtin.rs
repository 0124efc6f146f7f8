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

    /// Reads the eight digits of a UPC-E, from which zeros have been left out, as the UPC-A that it stands for.
    #[must_use]
    pub fn parse_upc_e(digits: &[u8]) -> Option<Self> {
        let [system @ (b'0' | b'1'), a, b, c, d, e, last, check] = *digits else { return None };
        let z = b'0';
        let (maker, item) = match last {
            b'0'..=b'2' => ([a, b, last, z, z], [z, z, c, d, e]),
            b'3' => ([a, b, c, z, z], [z, z, z, d, e]),
            b'4' => ([a, b, c, d, z], [z, z, z, z, e]),
            _ => ([a, b, c, d, e], [z, z, z, z, last]),
        };
        Self::parse(&[&[system], maker.as_slice(), item.as_slice(), &[check]].concat())
    }

    /// Reads eight digits of which nobody says whether they are an EAN-8 or a UPC-E.
    ///
    /// # Errors
    /// Both, where both check digits fit and the items differ: then only the scanner can tell (AIM identifiers).
    pub fn parse_eight(digits: &[u8]) -> Result<Option<Self>, [Self; 2]> {
        match (Self::parse(digits), Self::parse_upc_e(digits)) {
            (Some(short), Some(zeros)) if short != zeros => Err([short, zeros]),
            (short, zeros) => Ok(short.or(zeros)),
        }
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
    fn a_upc_e_gets_its_zeros_back() {
        for (short, long) in [
            ("01234505", "012000003455"),
            ("04252614", "042100005264"),
            ("01234531", "012300000451"),
            ("01234543", "012340000053"),
            ("01234565", "012345000065"),
        ] {
            assert_eq!(Gtin::parse_upc_e(short.as_bytes()), Gtin::parse(long.as_bytes()), "{short}");
            assert!(Gtin::parse(long.as_bytes()).is_some(), "{long}");
        }
        for bad in ["24252614", "04252615", "0425261", "042526140"] {
            assert_eq!(Gtin::parse_upc_e(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn eight_digits_may_be_two_items() {
        let eight = |digits: &str| Gtin::parse_eight(digits.as_bytes());
        assert_eq!(eight("96385074"), Ok(Gtin::parse(b"96385074")));
        assert_eq!(eight("04252614"), Ok(Gtin::parse(b"042100005264")));
        assert_eq!(eight("96385075"), Ok(None));
        let both = (0..1_000_000).map(|n| format!("{n:07}")).find_map(|body| {
            let check = char::from(crate::gs1::check::check_digit(body.as_bytes())?);
            let digits = format!("{body}{check}");
            eight(&digits).err()
        });
        let [short, zeros] = both.unwrap();
        assert_ne!(short, zeros);
    }

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
