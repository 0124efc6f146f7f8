//! Tests of what a shop reads off a code: goods with everything, every fault with its place, lost separators.

use super::*;
use crate::gs1::lint::LintError;

fn day(year: i16, month: i8, day: i8) -> Option<Date> {
    Some(Date::new(year, month, day).unwrap())
}

fn ai(text: &str) -> Ai {
    Ai::parse(text.as_bytes()).unwrap()
}

#[test]
fn goods_with_everything() {
    let got = parse(b"010952132110999517261200310300125010LOT-7\x1d21A/9\x1d11260101").unwrap();
    assert_eq!(got.gtin.unwrap().as_gtin14(), "09521321109995");
    assert_eq!(got.expiry, day(2026, 12, 31));
    assert_eq!(got.made, day(2026, 1, 1));
    assert_eq!(got.net_weight_g, Some(1_250));
    assert_eq!((got.lot.as_deref(), got.serial.as_deref()), (Some("LOT-7"), Some("A/9")));
}

#[test]
fn a_pallet_says_what_is_on_it() {
    let got =
        parse(b"00952132110000000013020952132110999537144\x1d400ORDER-7\x1d70032612312359\x1d10A").unwrap();
    assert_eq!(got.sscc.as_deref(), Some("952132110000000013"));
    assert_eq!((got.content.unwrap().as_gtin13(), got.count), ("9521321109995", Some(144)));
    assert_eq!((got.expiry, got.lot.as_deref()), (day(2026, 12, 31), Some("A")));
}

#[test]
fn separators_may_lead_and_close() {
    let plain = parse(b"010952132110999510AB").unwrap();
    assert_eq!(parse(b"\x1d010952132110999510AB\x1d").unwrap(), plain);
    assert_eq!(parse(b"0109521321109995\x1d10AB").unwrap(), plain);
}

#[test]
fn every_fault_has_its_position() {
    let too_long = |text| Gs1Fault::TooLong { ai: ai(text) };
    let cases: [(&[u8], usize, Gs1Fault); 9] = [
        (b"", 0, Gs1Fault::Empty),
        (b"\x1d", 1, Gs1Fault::Empty),
        (b"01095213211099951", 16, Gs1Fault::Empty),
        (b"01095213211099", 2, Gs1Fault::TooShort { ai: ai("01") }),
        (b"0109521321109995891X", 16, Gs1Fault::NoAi("891X".into())),
        (b"010952132110999510A\x1d10B", 20, Gs1Fault::Differs { ai: ai("10") }),
        (b"10\x1d", 2, Gs1Fault::TooShort { ai: ai("10") }),
        (b"10ABCDEFGHIJKLMNOPQRSTU", 22, too_long("10")),
        (b"0109521321109995\x1d0209521321109995", 17, Gs1Fault::Exclusive { ai: ai("02"), other: ai("01") }),
    ];
    for (data, position, fault) in cases {
        let got = parse(data).unwrap_err();
        assert_eq!((got.position, got.fault), (position, fault), "{}", data.escape_ascii());
    }
}

#[test]
fn a_linters_fault_carries_its_name_and_the_very_bytes() {
    let cases: [(&[u8], usize, usize, LintError); 6] = [
        (b"0109521321109997", 15, 1, LintError::IncorrectCheckDigit),
        (b"010952132110999A", 15, 1, LintError::NonDigitCharacter),
        (b"010952132110999517261301", 20, 2, LintError::IllegalMonth),
        (b"010952132110999517260231", 22, 2, LintError::IllegalDay),
        (b"10A B", 3, 1, LintError::InvalidCset82Character),
        (b"\x1d70032612312460", 11, 2, LintError::IllegalHour),
    ];
    for (data, position, length, error) in cases {
        let got = parse(data).unwrap_err();
        assert_eq!((got.position, got.length), (position, length), "{}", data.escape_ascii());
        assert_eq!(got.name(), error.name(), "{}", data.escape_ascii());
    }
    let got = parse(b"010952132110999517261301").unwrap_err();
    assert!(got.to_string().contains("GS1_LINTER_ILLEGAL_MONTH"), "{got}");
}

#[test]
fn a_lost_separator_is_ambiguous_and_never_a_lot() {
    let lost = parse(b"010952132110999510ABC17261231").unwrap_err();
    assert_eq!((lost.position, lost.length), (21, 8));
    assert_eq!(lost.fault, Gs1Fault::Ambiguous { ai: Ai::LOT, swallowed: ai("17") });
    // A measure proves itself by its length, and several elements by all of them.
    for hidden in ["010952132110999521A3103000450", "21X1526123111260101"] {
        let got = parse(hidden.as_bytes()).map(|_| ()).unwrap_err();
        assert!(matches!(got.fault, Gs1Fault::Ambiguous { .. }), "{hidden}: {got}");
    }
    // The same with its separator, or with the date already read, is clear.
    assert_eq!(parse(b"010952132110999510ABC\x1d17261231").unwrap().lot.as_deref(), Some("ABC"));
    assert_eq!(parse(b"01095213211099951726123110ABC17261231").unwrap().lot.as_deref(), Some("ABC17261231"));
}

#[test]
fn what_is_known_of_the_scanner_decides() {
    let read = |data: &[u8], separators| parse_from(data, separators, &Reading::STRICT);
    let date: &[u8] = b"010952132110999510ABC17261231";
    assert_eq!(read(date, Separators::Trusted).unwrap().lot.as_deref(), Some("ABC17261231"));
    let serial: &[u8] = b"010952132110999510ABC21XYZ";
    assert_eq!(read(serial, Separators::Unknown).unwrap().lot.as_deref(), Some("ABC21XYZ"));
    let lost = read(serial, Separators::Lost).unwrap_err();
    assert_eq!(lost.fault, Gs1Fault::Ambiguous { ai: Ai::LOT, swallowed: Ai::SERIAL });
    assert!(read(b"010952132110999510ABC", Separators::Lost).is_ok(), "nothing can hide in that");
}

#[test]
fn weights_scale_by_the_fourth_digit() {
    for (data, grams) in
        [("3100000012", 12_000), ("3103000012", 12), ("3105000099", 0), ("3102999999", 9_999_990)]
    {
        assert_eq!(parse(data.as_bytes()).unwrap().net_weight_g, Some(grams), "{data}");
    }
}

#[test]
fn a_label_is_written_with_the_fewest_separators() {
    let elements = [("10", "L-7"), ("01", "09521321109995"), ("21", "9"), ("17", "261231")];
    let elements = elements.map(|(name, value)| Written { ai: ai(name), value });
    let message = write(&elements, &Reading::STRICT).unwrap();
    assert_eq!(message.to_element_string(GS), "01095213211099951726123110L-7\u{1d}219");
    assert_eq!(parse(message.to_element_string(GS).as_bytes()), Elements::of(&message));
    let bad = write(&[Written { ai: Ai::GTIN, value: "09521321109997" }], &Reading::STRICT).unwrap_err();
    assert_eq!((bad.position, bad.name()), (0, "GS1_LINTER_INCORRECT_CHECK_DIGIT"));
}
