//! GS1 check digits: one weight rule for GTIN-8, -12, -13, -14 and SSCC. Never which product a number means.

/// The check digit of a number without it: weights 3, 1, 3, 1 ... from the right, up to the next ten.
///
/// `None` when a byte is no ASCII digit or there is none at all.
#[must_use]
pub fn check_digit(body: &[u8]) -> Option<u8> {
    if body.is_empty() {
        return None;
    }
    let mut sum: u32 = 0;
    for (index, byte) in body.iter().rev().enumerate() {
        let digit = byte.checked_sub(b'0').filter(|d| *d <= 9)?;
        sum += u32::from(digit) * if index % 2 == 0 { 3 } else { 1 };
    }
    u8::try_from((10 - sum % 10) % 10).ok().map(|d| b'0' + d)
}

/// Whether the last digit of `number` is its check digit.
#[must_use]
pub fn has_valid_check_digit(number: &[u8]) -> bool {
    match number.split_last() {
        Some((last, body)) => check_digit(body) == Some(*last),
        None => false,
    }
}

/// Whether `number` is a GTIN-8, -12, -13 or -14 with the right check digit.
#[must_use]
pub fn is_gtin(number: &[u8]) -> bool {
    matches!(number.len(), 8 | 12 | 13 | 14) && has_valid_check_digit(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_of_every_length() {
        for good in ["96385074", "614141000036", "9521321109995", "10614141000415", "106141412345678908"] {
            assert!(has_valid_check_digit(good.as_bytes()), "{good}");
        }
        assert!(is_gtin(b"9521321109995"));
        assert!(!is_gtin(b"106141412345678908"), "an SSCC is no GTIN");
    }

    #[test]
    fn every_single_digit_error_is_found() {
        let good = b"9521321109995";
        for at in 0..good.len() {
            for digit in b'0'..=b'9' {
                let mut bad = *good;
                bad[at] = digit;
                assert_eq!(is_gtin(&bad), bad == *good);
            }
        }
    }

    #[test]
    fn letters_blanks_and_nothing_are_no_numbers() {
        for bad in ["", "0x123456", " 9521321109995", "952132110999٨"] {
            assert!(!is_gtin(bad.as_bytes()), "{bad}");
        }
    }
}
