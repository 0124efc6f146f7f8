//! Tests of the element strings: what goods carry, what noise does to it, what GS1's own engine says.

use super::*;

fn day(year: i16, month: i8, day: i8) -> Option<Date> {
    Some(Date::new(year, month, day).unwrap())
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
fn separators_may_lead_and_close() {
    let plain = parse(b"010952132110999510AB").unwrap();
    assert_eq!(parse(b"\x1d010952132110999510AB\x1d").unwrap(), plain);
    assert_eq!(parse(b"0109521321109995\x1d10AB").unwrap(), plain);
}

#[test]
fn every_fault_has_its_position() {
    let cases: [(&[u8], usize, Gs1Fault); 11] = [
        (b"", 0, Gs1Fault::Empty),
        (b"\x1d", 1, Gs1Fault::Empty),
        (b"01095213211099951", 16, Gs1Fault::Empty),
        (b"0109521321109997", 2, Gs1Fault::CheckDigit),
        (b"01095213211099", 2, Gs1Fault::Length { ai: "01", want: "14", have: 12 }),
        (b"010952132110999517261301", 18, Gs1Fault::NoDate { ai: "17" }),
        (b"010952132110999599X", 16, Gs1Fault::UnknownAi("99X".into())),
        (b"01095213211099950109521321109995", 18, Gs1Fault::Repeated("01")),
        (b"10\x1d", 2, Gs1Fault::Length { ai: "10", want: "1 to 20", have: 0 }),
        (b"10ABCDEFGHIJKLMNOPQRSTU", 2, Gs1Fault::Length { ai: "10", want: "1 to 20", have: 21 }),
        (b"10A B", 2, Gs1Fault::Sign { ai: "10" }),
    ];
    for (data, position, fault) in cases {
        assert_eq!(parse(data), Err(Gs1Error { position, fault }), "{}", data.escape_ascii());
    }
}

#[test]
fn a_lost_separator_is_ambiguous_and_never_a_lot() {
    let lost = parse(b"010952132110999510ABC17261231");
    assert_eq!(
        lost,
        Err(Gs1Error { position: 21, fault: Gs1Fault::Ambiguous { ai: "10", swallowed: "17" } })
    );
    // The same with its separator, or with the date already read, is clear.
    assert_eq!(parse(b"010952132110999510ABC\x1d17261231").unwrap().lot.as_deref(), Some("ABC"));
    assert_eq!(parse(b"01095213211099951726123110ABC17261231").unwrap().lot.as_deref(), Some("ABC17261231"));
}

#[test]
fn weights_scale_by_the_fourth_digit() {
    for (data, grams) in
        [("3100000012", 12_000), ("3103000012", 12), ("3105000099", 0), ("3102999999", 9_999_990)]
    {
        assert_eq!(parse(data.as_bytes()).unwrap().net_weight_g, Some(grams), "{data}");
    }
}

/// GS1's own engine on scan data that uses only the identifiers known here: whatever we accept, it accepts too.
#[test]
fn agrees_with_gs1s_own_engine() {
    let Some(shared) = std::env::var_os("LARDER_SHARED") else {
        println!("skipped: LARDER_SHARED is not set");
        return;
    };
    let path = std::path::Path::new(&shared).join("data/gs1/syntax-engine-vectors.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let mut accepted = 0;
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        if case["kind"] != "processAIdata" || case["permitUnknownAIs"] == true {
            continue;
        }
        let Some(data) = case["in"].as_str().and_then(|s| s.strip_prefix('^')) else { continue };
        let bytes: Vec<u8> = data.bytes().map(|b| if b == b'^' { GS } else { b }).collect();
        if parse(&bytes).is_ok() {
            accepted += 1;
            assert_eq!(case["ok"], true, "we accept {data:?}, GS1 refuses it");
        }
    }
    assert!(accepted > 0, "no vector was of our kind");
}
