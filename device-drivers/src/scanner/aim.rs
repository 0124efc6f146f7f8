//! AIM symbology identifiers: the three characters `]cm` that a scanner sets before the data.

/// What kind of code the scanner says it read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbology {
    /// `]E0`: EAN-13 or UPC, sent as 12 or 13 digits.
    Ean13,
    /// `]E4`: EAN-8.
    Ean8,
    /// `]I0`, `]I1`, `]I3`: ITF-14 on cases, sent as 14 digits.
    Itf14,
    /// `]C1`, `]e0`, `]d2`, `]Q3`, `]J1`: GS1-128, DataBar, GS1 DataMatrix, GS1 QR, GS1 DotCode: an element string.
    Gs1,
    /// `]C0`, `]d1`, `]Q1` and every other identifier: plain text follows.
    Text,
    /// The scanner sends no identifier.
    Unknown,
}

/// Where the identifier in front of a code, if there is one, comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// The scanner sent it: it sends one with every code.
    Scanner,
    /// We put it there, from what else the scanner says of the code; of other codes that says nothing.
    Us,
}

/// Splits an AIM identifier from the data; a scan without one is [`Symbology::Unknown`].
#[must_use]
pub fn split(raw: &[u8]) -> (Symbology, &[u8]) {
    let [b']', code, modifier, data @ ..] = raw else { return (Symbology::Unknown, raw) };
    if !code.is_ascii_alphabetic() || !modifier.is_ascii_alphanumeric() {
        return (Symbology::Unknown, raw);
    }
    let symbology = match (code, modifier) {
        (b'E', b'0') => Symbology::Ean13,
        (b'E', b'4') => Symbology::Ean8,
        (b'I', b'0' | b'1' | b'3') => Symbology::Itf14,
        (b'C', b'1') | (b'e', b'0') | (b'd', b'2') | (b'Q', b'3') | (b'J', b'1') => Symbology::Gs1,
        _ => Symbology::Text,
    };
    (symbology, data)
}

/// Whether a scanner that sends identifiers has sent two codes as one: the end of the first was lost. No GS1 data, no
/// label of ours and no link holds such a sign.
#[must_use]
pub fn is_merged(raw: &[u8]) -> bool {
    let is_identifier = |part: &[u8]| matches!(part, [b']', code, modifier] if code.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric());
    let mut places = raw.windows(3);
    places.next().is_some_and(is_identifier) && places.any(is_identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_split_and_named() {
        assert_eq!(split(b"]E09521321109995"), (Symbology::Ean13, &b"9521321109995"[..]));
        assert_eq!(split(b"]E496385074"), (Symbology::Ean8, &b"96385074"[..]));
        for gs1 in [&b"]C110X"[..], b"]e010X", b"]d210X", b"]Q310X"] {
            assert_eq!(split(gs1), (Symbology::Gs1, &b"10X"[..]));
        }
        assert_eq!(split(b"]Q1LB:4K7"), (Symbology::Text, &b"LB:4K7"[..]));
        assert_eq!(split(b"]A0X"), (Symbology::Text, &b"X"[..]));
    }

    #[test]
    fn two_codes_in_one_are_seen_where_the_scanner_sends_identifiers() {
        assert!(is_merged(b"]E09521321109995]E09521321109995"));
        assert!(is_merged(b"]C110L-7]Q1LB:1"));
        for one in [&b"]E09521321109995"[..], b"]Q1a]", b"LB:1]E0", b"", b"]"] {
            assert!(!is_merged(one), "{}", one.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_identifier_stays_in_the_data() {
        for raw in [&b""[..], b"]", b"]E", b"]\x1d0", b"LB:1", b"]]]x"] {
            assert_eq!(split(raw), (Symbology::Unknown, raw));
        }
    }
}
