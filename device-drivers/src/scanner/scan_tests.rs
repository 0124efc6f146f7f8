//! Tests of whole scans: real forms, and noise that must never become another product.

use super::*;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

fn gtin(digits: &str) -> Gtin {
    Gtin::parse(digits.as_bytes()).unwrap()
}

#[test]
fn products_with_and_without_an_aim_id() {
    for raw in [&b"]E09521321109995"[..], b"9521321109995", b"09521321109995"] {
        assert_eq!(parse_scan(raw), Ok(Scan::Ean(gtin("9521321109995"))), "{}", raw.escape_ascii());
    }
    assert_eq!(parse_scan(b"]E0614141000036"), Ok(Scan::Ean(gtin("614141000036"))));
    assert_eq!(parse_scan(b"]E496385074"), Ok(Scan::Ean(gtin("96385074"))));
    assert_eq!(parse_scan(b"]I119521321109992"), Ok(Scan::Ean(gtin("19521321109992"))));
    assert_eq!(parse_scan(b"]I119521321109993"), Err(ScanError::CheckDigit { position: 16 }));
    assert_eq!(parse_scan(b"]I10042"), Ok(Scan::Other("0042".into())));
}

#[test]
fn gs1_in_its_four_symbologies_and_bare() {
    for raw in ["]C1", "]e0", "]d2", "]Q3", "", "\u{1d}"] {
        let raw = format!("{raw}01095213211099951726120010L-7\u{1d}3103000450");
        let Ok(Scan::Gs1(got)) = parse_scan(raw.as_bytes()) else { panic!("{raw:?}") };
        assert_eq!(got.gtin, gtin("9521321109995"));
        assert_eq!(got.lot.as_deref(), Some("L-7"));
        assert_eq!(got.expiry.unwrap().to_string(), "2026-12-31");
        assert_eq!(got.net_weight_g, Some(450));
    }
}

#[test]
fn digital_links_are_read_and_other_addresses_are_text() {
    for head in ["]Q1", "]d1", ""] {
        let raw = format!("{head}https://id.gs1.org/01/09521321109995/10/L-7?17=261200&3103=000450&x=y");
        let Ok(Scan::Gs1(got)) = parse_scan(raw.as_bytes()) else { panic!("{raw:?}") };
        assert_eq!((got.gtin, got.lot.as_deref()), (gtin("9521321109995"), Some("L-7")));
        assert_eq!((got.expiry.unwrap().to_string(), got.net_weight_g), ("2026-12-31".to_owned(), Some(450)));
    }
    for text in ["https://larder.example/menu", "https://a.example/01", "http://x"] {
        assert_eq!(parse_scan(format!("]Q1{text}").as_bytes()), Ok(Scan::Other(text.into())));
    }
    let wrong = parse_scan(b"]Q1https://id.gs1.org/01/09521321109997").unwrap_err();
    let ScanError::Gs1(error) = wrong else { panic!("{wrong:?}") };
    assert_eq!((error.position, error.name()), (38, "GS1_LINTER_INCORRECT_CHECK_DIGIT"));
    assert_eq!(parse_scan(b"https://id.gs1.org/00/952132110000000013"), Err(ScanError::NoItem));
}

#[test]
fn our_own_labels() {
    assert_eq!(parse_scan(b"]Q1LB:4K7-1"), Ok(Scan::Bag(BagId::new("4K7-1").unwrap())));
    assert_eq!(parse_scan(b"LP:asha"), Ok(Scan::Badge(PersonId::new("asha").unwrap())));
    assert_eq!(parse_scan(b"]C0LL:lot-9"), Ok(Scan::Lot(LotId::new("lot-9").unwrap())));
    assert_eq!(parse_scan(b"LR:r17"), Ok(Scan::Rider("r17".into())));
    assert_eq!(parse_scan(b"LB:4K 7"), Err(ScanError::DamagedLabel));
    assert_eq!(parse_scan("नमक".as_bytes()), Ok(Scan::Other("नमक".into())));
}

#[test]
fn faults_are_named() {
    assert_eq!(parse_scan(b""), Err(ScanError::Empty));
    assert_eq!(parse_scan(b"]C1"), Err(ScanError::Empty));
    assert_eq!(parse_scan(b"9521321109997"), Err(ScanError::CheckDigit { position: 12 }));
    assert_eq!(parse_scan(b"]E0952132110999"), Err(ScanError::CheckDigit { position: 14 }));
    assert_eq!(parse_scan(b"]E095213211099"), Err(ScanError::EanLength { have: 11, position: 3 }));
    assert_eq!(parse_scan(b"]E09521321109A95"), Err(ScanError::NotDigits { position: 13 }));
    assert_eq!(parse_scan(b"ab\x07c"), Err(ScanError::Noise { position: 2 }));
    assert_eq!(parse_scan(b"ab\xff"), Err(ScanError::Noise { position: 2 }));
    assert_eq!(parse_scan(b"]C110LOT"), Err(ScanError::NoItem));
    assert_eq!(parse_scan(b"]Q1LB:a\x1db"), Err(ScanError::Noise { position: 7 }));
}

/// One disturbed byte: an EAN must never turn into another product (its check digit sees every single error).
#[test]
fn one_disturbed_byte_never_makes_another_product() {
    let truth = gtin("9521321109995");
    let raw = b"]E09521321109995";
    for at in 0..raw.len() {
        for byte in 0..=255_u8 {
            let mut torn = *raw;
            torn[at] = byte;
            if let Ok(Scan::Ean(read)) = parse_scan(&torn) {
                assert_eq!(read, truth, "{}", torn.escape_ascii());
            }
        }
    }
}

/// Random bytes: never a panic, never a bag, a badge or a lot out of nothing.
#[test]
fn garbage_never_becomes_one_of_our_labels() {
    let mut rng = SmallRng::seed_from_u64(41);
    for round in 0..20_000 {
        let length = rng.random_range(0..60);
        let bytes: Vec<u8> = (0..length).map(|_| rng.random()).collect();
        match parse_scan(&bytes) {
            Ok(Scan::Other(_) | Scan::Ean(_)) | Err(_) => {}
            Ok(found) => panic!("round {round}: {found:?} from {}", bytes.escape_ascii()),
        }
    }
}
