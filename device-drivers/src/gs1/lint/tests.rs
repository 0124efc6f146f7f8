//! Tests of the linters at their edges. GS1's own vectors run in `tests/gs1.rs`.

use super::*;

fn check(linter: Linter, data: &str) -> Option<(LintError, usize, usize)> {
    let fault = linter.check(data.as_bytes(), &AnyPrefix).err()?;
    Some((fault.error, fault.start, fault.length))
}

#[test]
fn names_are_the_dictionarys_and_unique() {
    for linter in Linter::ALL {
        assert_eq!(Linter::by_name(linter.name()), Some(*linter));
    }
    assert_eq!(Linter::by_name("nosuch"), None);
    assert_eq!(LintError::CouponInvalidExipirationDate.name(), "GS1_LINTER_COUPON_INVALID_EXIPIRATION_DATE");
    assert_eq!(
        LintError::CouponMissingSecondPurchaseGcpVli.name(),
        "GS1_LINTER_COUPON_MISSING_2ND_PURCHASE_GCP_VLI"
    );
}

#[test]
fn reserved_linters_accept_everything() {
    for name in ["hhmm", "iso3166list", "key", "keyoff1", "mmoptss", "yymmddhh"] {
        for data in ["", "x", "\u{7f}", "99999999"] {
            assert_eq!(check(Linter::by_name(name).unwrap(), data), None, "{name}");
        }
    }
}

#[test]
fn ibans_are_too_short_too_long_or_strange_in_this_order() {
    let cases = [
        ("", (LintError::IbanTooShort, 0, 0)),
        ("XX1", (LintError::IbanTooShort, 0, 3)),
        ("XX12", (LintError::IllegalIbanCountryCode, 0, 2)),
        ("DE12345678", (LintError::IbanTooShort, 0, 10)),
        ("DE91100000000123456789012345678901X", (LintError::IbanTooLong, 0, 35)),
        ("DE9110000000012345678a", (LintError::InvalidIbanCharacter, 21, 1)),
        ("DE9-100000000123456789", (LintError::InvalidIbanCharacter, 3, 1)),
        ("DE92100000000123456789", (LintError::IncorrectIbanChecksum, 2, 2)),
    ];
    for (data, fault) in cases {
        assert_eq!(check(Linter::Iban, data), Some(fault), "{data}");
    }
}

#[test]
fn check_pairs_hold_up_to_ninety_nine_signs() {
    assert_eq!(check(Linter::CsumAlpha, ""), Some((LintError::TooShortForCheckPair, 0, 0)));
    assert_eq!(check(Linter::CsumAlpha, "2"), Some((LintError::TooShortForCheckPair, 0, 1)));
    let (most, over) = ("!".repeat(97) + "22", "!".repeat(98) + "22");
    assert_eq!(check(Linter::CsumAlpha, &most), None, "! counts nothing");
    assert_eq!(check(Linter::CsumAlpha, &over), Some((LintError::TooLongForCheckPairImplementation, 0, 100)));
}

#[test]
fn a_letter_as_check_digit_is_a_wrong_check_digit() {
    assert_eq!(check(Linter::Csum, "0"), None);
    assert_eq!(check(Linter::Csum, "952132110999A"), Some((LintError::IncorrectCheckDigit, 12, 1)));
    assert_eq!(check(Linter::Csum, "A521321109995"), Some((LintError::NonDigitCharacter, 0, 1)));
}

#[test]
fn poles_and_the_full_circle_are_included() {
    for (linter, edge, beyond, error) in [
        (Linter::Latitude, "1800000000", "1800000001", LintError::InvalidLatitude),
        (Linter::Longitude, "3600000000", "3600000001", LintError::InvalidLongitude),
    ] {
        assert_eq!(check(linter, edge), None);
        assert_eq!(check(linter, beyond), Some((error, 0, 10)));
    }
}

#[test]
fn a_coupon_that_ends_before_it_starts() {
    let coupon = |last: &str, first: &str| format!("0123456123456111101233{last}4{first}");
    assert_eq!(check(Linter::CouponCode, &coupon("261231", "261231")), None);
    let early = check(Linter::CouponCode, &coupon("261230", "261231"));
    assert_eq!(early, Some((LintError::CouponExpirationBeforeStart, 21, 14)));
}

/// A look-up that knows one company.
struct One;

impl CompanyPrefixes for One {
    fn look_up(&self, key: &[u8]) -> PrefixVerdict {
        if key.starts_with(b"952") { PrefixVerdict::Accepted } else { PrefixVerdict::Unknown }
    }
}

#[test]
fn company_prefixes_are_asked_for_where_the_key_begins() {
    assert!(Linter::GcpPos1.check(b"9521321109995", &One).is_ok());
    assert!(Linter::GcpPos2.check(b"19521321109995", &One).is_ok());
    let fault = Linter::GcpPos2.check(b"94006381333931", &One).unwrap_err();
    assert_eq!((fault.error, fault.start, fault.length), (LintError::InvalidGcpPrefix, 1, 13));
}

/// No linter panics, and none points outside of what it was given, whatever it is given.
#[test]
fn every_fault_lies_in_the_data() {
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};
    let mut rng = SmallRng::seed_from_u64(43);
    for round in 0..60_000 {
        let (length, digits) = (rng.random_range(0..24), rng.random_bool(0.8));
        let byte = |rng: &mut SmallRng| if digits { rng.random_range(b'0'..=b'9') } else { rng.random() };
        let data: Vec<u8> = (0..length).map(|_| byte(&mut rng)).collect();
        let linter = Linter::ALL[round % Linter::ALL.len()];
        if let Err(fault) = linter.check(&data, &AnyPrefix) {
            assert!(fault.start + fault.length <= data.len(), "{linter:?} {}", data.escape_ascii());
        }
    }
}
