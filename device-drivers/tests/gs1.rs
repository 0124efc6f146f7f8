//! GS1 as a whole: GS1's own vectors, the table against its dictionary, and properties that hold for any bytes.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test's helpers stop at what must not happen, and say what they skip"
)]

#[expect(dead_code, reason = "the generator's own entry point is for the program, not for this test")]
#[path = "../examples/gs1-table.rs"]
mod generator;

use std::path::PathBuf;
use std::process::Command;

use device_drivers::gs1::dictionary::{self, Ends, Signs};
use device_drivers::gs1::{Ai, Allow, GS, Message, Reading, carrier, goods, instore, link, parse, rules};
use proptest::prelude::*;

/// GS1's files; `None` where `LARDER_SHARED` is not set.
fn shared() -> Option<PathBuf> {
    let Some(shared) = std::env::var_os("LARDER_SHARED") else {
        println!("skipped: LARDER_SHARED is not set");
        return None;
    };
    Some(PathBuf::from(shared).join("data/gs1"))
}

#[test]
fn gs1s_own_vectors_all_pass() {
    let Some(folder) = shared() else { return };
    let run = Command::new(env!("CARGO_BIN_EXE_gs1-vectors")).arg(folder).output().unwrap();
    let report = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{report}");
    assert!(report.trim_end().ends_with(" passed, 0 failed"), "{report}");
}

#[test]
fn a_wrong_vector_fails_and_so_does_one_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let run = || Command::new(env!("CARGO_BIN_EXE_gs1-vectors")).arg(folder.path()).output().unwrap();
    assert_eq!(run().status.code(), Some(2), "no file at all");
    let file = folder.path().join("linter-vectors.jsonl");
    let vector = r#"{"kind":"linter","linter":"gs1_lint_csum","in":"0","ok":true,"err":"","highlight":null}"#;
    std::fs::write(&file, vector).unwrap();
    assert_eq!(run().status.code(), Some(0), "one file is enough");
    std::fs::write(&file, vector.replace("true", "false")).unwrap();
    let failed = run();
    assert_eq!(failed.status.code(), Some(1));
    assert!(
        String::from_utf8(failed.stdout).unwrap().contains("linter-vectors.jsonl:1: gs1_lint_csum in \"0\"")
    );
    // Rows that cannot be read, among good ones: each is named and counted, none stops the others.
    let lines: [&[u8]; 8] = [
        vector.as_bytes(),
        b"{",
        b"",
        b"\xff\xfe",
        br#"{"kind":"linter","linter":"gs1_lint_csum","ok":true}"#,
        br#"{"kind":"linter","linter":"gs1_lint_csum","in":"0","ok":"true"}"#,
        br#"{"kind":"nosuch","in":"0","ok":true}"#,
        vector.as_bytes(),
    ];
    std::fs::write(&file, lines.join(&b'\n')).unwrap();
    let failed = run();
    let report = String::from_utf8(failed.stdout).unwrap();
    assert_eq!(failed.status.code(), Some(1), "{report}");
    let rows: Vec<&str> = report.lines().collect();
    let said = [
        "linter-vectors.jsonl:2: cannot be read: EOF",
        "linter-vectors.jsonl:4: cannot be read: ",
        "linter-vectors.jsonl:5: cannot be read: no \"in\"",
        "linter-vectors.jsonl:6: cannot be read: \"ok\" cannot be \"true\"",
        "linter-vectors.jsonl:7: nosuch",
    ];
    assert_eq!(rows.len(), said.len() + 1, "{report}");
    for (row, start) in rows.iter().zip(said) {
        assert!(row.starts_with(start), "{row} does not start with {start}");
    }
    assert_eq!(rows.last(), Some(&"2 passed, 5 failed"));
}

/// What no linter looks for has a name in GS1's software as well, and its place.
#[test]
fn a_fault_that_is_no_linters_has_its_name_and_its_place() {
    let strict = Reading::STRICT;
    let many = "^99A".repeat(65);
    let faults = [
        (parse::bracketed(b"", &strict).unwrap_err(), "AI_DATA_EMPTY", 0),
        (parse::bracketed(b"(01)09521321109995(1x)A", &strict).unwrap_err(), "AI_UNRECOGNISED", 19),
        (parse::bracketed(b"(01)09521321109995x", &strict).unwrap_err(), "AI_VALUE_IS_TOO_LONG", 18),
        (parse::bracketed(b"(01)0952132110999", &strict).unwrap_err(), "AI_VALUE_IS_TOO_SHORT", 4),
        (parse::bracketed(b"(10)A^B", &strict).unwrap_err(), "AI_CONTAINS_ILLEGAL_CARAT_CHARACTER", 5),
        (parse::bracketed(b"01)09521321109995", &strict).unwrap_err(), "AI_PARSE_FAILED", 0),
        (parse::caret(b"^9X", &strict).unwrap_err(), "NO_AI_FOR_PREFIX", 1),
        (parse::caret(b"10A", &strict).unwrap_err(), "MISSING_FNC1_IN_FIRST_POSITION", 0),
        (parse::caret(many.as_bytes(), &strict).unwrap_err(), "TOO_MANY_AIS", 257),
        (link::parse(b"https://a b/01/1", &strict).unwrap_err(), "URI_CONTAINS_ILLEGAL_CHARACTERS", 9),
        (link::parse(b"ftp://a/01/1", &strict).unwrap_err(), "URI_CONTAINS_ILLEGAL_SCHEME", 0),
        (link::parse(b"https://a/menu", &strict).unwrap_err(), "NO_GS1_DL_KEYS_FOUND_IN_PATH_INFO", 9),
        (
            link::parse(b"https://a/01/09521321109995?01=09521321109995", &strict).unwrap_err(),
            "DUPLICATE_AI",
            28,
        ),
        (
            link::parse(b"https://a/01/09521321109995?10=A", &strict).unwrap_err(),
            "AI_SHOULD_BE_IN_PATH_INFO",
            28,
        ),
        (
            link::parse(b"https://a/01/09521321109995?888=A", &strict).unwrap_err(),
            "UNKNOWN_AI_IN_QUERY_PARAMS",
            28,
        ),
        (
            link::parse(b"https://a/01/09521321109995?17=", &strict).unwrap_err(),
            "AI_VALUE_QUERY_ELEMENT_IN_EMPTY",
            31,
        ),
        (link::parse(b"https://a/01/", &strict).unwrap_err(), "AI_VALUE_PATH_ELEMENT_IS_EMPTY", 13),
        (carrier::read(b"]C110A^B", &strict).unwrap_err(), "SCAN_DATA_CONTAINS_ILLEGAL_CARAT", 6),
        (carrier::read(b"9521321109995", &strict).unwrap_err(), "MISSING_SYMBOLOGY_IDENTIFIER", 0),
        (carrier::read(b"]X09521321109995", &strict).unwrap_err(), "UNSUPPORTED_SYMBOLOGY_IDENTIFIER", 0),
        (carrier::read(b"]E0952132110999", &strict).unwrap_err(), "PRIMARY_SCAN_DATA_IS_TOO_SHORT", 3),
        (carrier::read(b"]E095213211099951", &strict).unwrap_err(), "PRIMARY_MESSAGE_IS_TOO_LONG", 3),
        (
            carrier::read(b"]E09521321109994", &strict).unwrap_err(),
            "PRIMARY_MESSAGE_CHECK_DIGIT_IS_INCORRECT",
            3,
        ),
    ];
    for (fault, name, place) in faults {
        assert_eq!((fault.name(), fault.position), (name, place), "{fault}");
    }
}

/// A fault of what is to be written is counted in what was given, behind (01) and behind the bar too.
#[test]
fn a_fault_of_a_symbol_that_is_written_has_its_place() {
    use carrier::{CheckDigit::Given, Symbology, write};
    for (symbology, data, name, place) in [
        (Symbology::Ean13, "^0109521321109994", "PRIMARY_MESSAGE_CHECK_DIGIT_IS_INCORRECT", 4),
        (Symbology::DataBarOmni, "^0109521321109994", "PRIMARY_MESSAGE_CHECK_DIGIT_IS_INCORRECT", 3),
        (Symbology::DataBarLimited, "^0129521321109999", "PRIMARY_DATA_IS_TOO_LARGE", 3),
        (Symbology::Ean8, "96385074|10A", "MISSING_FNC1_IN_FIRST_POSITION", 9),
        (Symbology::DataBarExpanded, "^0109521321109995|10A", "MISSING_FNC1_IN_FIRST_POSITION", 18),
    ] {
        let fault = write(symbology, data.as_bytes(), Given).unwrap_err();
        assert_eq!((fault.name(), fault.position), (name, place), "{symbology:?} {data}: {fault}");
    }
}

#[test]
fn the_committed_table_is_what_the_dictionary_gives() {
    let Some(folder) = shared() else { return };
    let dictionary = std::fs::read_to_string(folder.join("gs1-syntax-dictionary.txt")).unwrap();
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/src/gs1/table.rs");
    assert_eq!(generator::generate(&dictionary).unwrap(), std::fs::read_to_string(table).unwrap());
}

#[test]
fn a_dictionary_that_is_not_understood_is_refused_with_its_line() {
    for bad in ["01 *? N14,nosuch", "01 *+ N14", "01 *?", "19-10 N6", "01 *? Nx"] {
        assert_eq!(generator::generate(&format!("# a comment\n{bad}\n")).unwrap_err().line, 2, "{bad}");
    }
}

/// Data that an identifier might have, most of them good.
fn value(signs: Signs, min: usize, max: usize) -> BoxedStrategy<String> {
    let signs = match signs {
        Signs::Numeric => "[0-9]",
        Signs::Set82 => r#"[!"%&'()*+,./0-9:;<=>?A-Z_a-z-]"#,
        Signs::Set39 => "[#/0-9A-Z-]",
        Signs::Base64Url => "[A-Za-z0-9_-]",
    };
    proptest::string::string_regex(&format!("{signs}{{{min},{max}}}")).unwrap().boxed()
}

/// Identifiers whose data need no sums, so that a generator finds good ones.
const EASY: [&str; 16] = [
    "10", "21", "22", "235", "240", "30", "3103", "37", "400", "403", "7004", "710", "8005", "8011", "91",
    "99",
];

fn easy_message() -> impl Strategy<Value = Message> {
    let element = prop::sample::select(&EASY[..]).prop_flat_map(|name| {
        let ai = Ai::parse(name.as_bytes()).unwrap();
        let part = dictionary::entry(ai, Allow::No).unwrap().parts[0];
        (Just(ai), value(part.signs, part.min, part.max.min(20)))
    });
    prop::collection::vec(element, 1..8).prop_filter_map("data that its linters refuse", |elements| {
        let written: Vec<_> = elements.iter().map(|(ai, value)| goods::Written { ai: *ai, value }).collect();
        goods::write(&written, &Reading::STRICT).ok()
    })
}

/// No file of old failures: they become tests with a name.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// Whatever the bytes are: no panic, and a fault that lies in them.
    #[test]
    fn nothing_panics(data in prop::collection::vec(any::<u8>(), 0..80), permit in any::<bool>()) {
        let unknown_ais = if permit { Allow::Yes } else { Allow::No };
        let reading = Reading { unknown_ais, ..Reading::SHOP };
        for error in [
            parse::element_string(&data, GS, &reading).err(),
            parse::caret(&data, &reading).err(),
            parse::bracketed(&data, &reading).err(),
            link::parse(&data, &reading).map(|_| ()).err(),
            carrier::read(&data, &reading).map(|_| ()).err(),
        ].into_iter().flatten() {
            prop_assert!(error.position + error.length <= data.len(), "{:?}", error);
        }
        _ = goods::parse(&data);
        _ = instore::read(&[], &data);
    }

    /// The same with bytes that look like GS1, which get further in.
    #[test]
    fn nothing_panics_on_what_looks_right(
        head in prop::sample::select(vec![
            "", "^", "]C1", "]e0", "]E0", "]E4", "]Q1", "]d2", "]Q3", "]J1", "(01)", "(8001)", "01", "https://a/01/", "]Q1https://a.b/x/414/",
        ]),
        tail in r"[()0-9A-Za-z^|/?&=%+.\\\x1d]{0,60}",
    ) {
        let data = [head.as_bytes(), tail.as_bytes()].concat();
        let ends = [
            parse::element_string(&data, GS, &Reading::SHOP).err(),
            parse::caret(&data, &Reading::SHOP).err(),
            parse::bracketed(&data, &Reading::SHOP).err(),
            link::parse(&data, &Reading::SHOP).map(|_| ()).err(),
            carrier::read(&data, &Reading::SHOP).map(|_| ()).err(),
        ];
        for error in ends.into_iter().flatten() {
            prop_assert!(error.position + error.length <= data.len(), "{:?}", error);
        }
        for symbology in carrier::Symbology::ALL {
            _ = carrier::write(symbology, &data, carrier::CheckDigit::Given);
            _ = carrier::write(symbology, &data, carrier::CheckDigit::Missing);
        }
    }

    /// Written down and read again, in every notation, a message is the same.
    #[test]
    fn messages_come_back(message in easy_message()) {
        let strict = &Reading::STRICT;
        prop_assert_eq!(&parse::element_string(message.to_element_string(GS).as_bytes(), GS, strict).unwrap(), &message);
        prop_assert_eq!(&parse::caret(message.to_caret().as_bytes(), strict).unwrap(), &message);
        prop_assert_eq!(&parse::bracketed(message.to_bracketed().as_bytes(), strict).unwrap(), &message);
        let scan = carrier::write(carrier::Symbology::Qr, message.to_caret().as_bytes(), carrier::CheckDigit::Given).unwrap();
        let back = carrier::read(&scan, strict).unwrap();
        prop_assert_eq!(back.content, carrier::Content::Elements(message));
    }

    /// A link that could be built reads back to the same elements, whatever their order.
    #[test]
    fn links_come_back(message in easy_message(), stem in "https://[a-z]{1,9}(/[a-z]{1,5}){0,2}/?") {
        let gtin = parse::bracketed(b"(01)09521321109995", &Reading::STRICT).unwrap();
        let all = [gtin.elements(), message.elements()].concat();
        let written: Vec<_> = all.iter().map(|it| goods::Written { ai: it.ai(), value: it.value() }).collect();
        let message = goods::write(&written, &Reading::STRICT).unwrap();
        if let Ok(text) = link::build(&message, &stem, &Reading::STRICT) {
            let back = link::parse(text.as_bytes(), &Reading::STRICT).unwrap();
            prop_assert_eq!(back.stem.trim_end_matches('/'), stem.trim_end_matches('/'));
            for element in back.message.elements() {
                prop_assert!(message.elements().contains(element));
                prop_assert_eq!(message.value(element.ai()), Some(element.value()));
            }
            for element in message.elements() {
                prop_assert!(rules::find(&back.message, element.ai().as_str(), None).is_some());
            }
        }
    }

    /// A code whose separators all got lost is never read as another lot: it is refused.
    #[test]
    fn lost_separators_never_make_another_lot(lot in "[A-Z0-9-]{1,12}", serial in "[A-Z0-9]{1,8}", date in 1_u32..=28) {
        let date = format!("2612{date:02}");
        for tail in [format!("17{date}"), format!("21{serial}"), format!("17{date}21{serial}"), format!("17{date}10{lot}")] {
            let text = format!("010952132110999510{lot}{tail}");
            let got = goods::parse_from(text.as_bytes(), device_drivers::gs1::Separators::Lost, &Reading::STRICT);
            prop_assert!(got.is_err(), "{} read as {:?}", text, got);
        }
    }
}

/// How long a usual code takes: `cargo test --release --test gs1 -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check"]
fn speed_of_a_usual_code() {
    let code = b"]C101095213211099951726123110LOT-7\x1d21A9\x1d3103001250";
    let rounds = 200_000_u32;
    let mut kept = 0;
    let start = std::time::Instant::now();
    for _ in 0..rounds {
        let scanned = carrier::read(std::hint::black_box(code), &Reading::STRICT).unwrap();
        kept += scanned.data.len();
    }
    let scan = start.elapsed() / rounds;
    let start = std::time::Instant::now();
    for _ in 0..rounds {
        kept += usize::from(goods::parse(std::hint::black_box(&code[3..])).unwrap().lot.is_some());
    }
    println!("scan {scan:?}, goods {:?} ({kept})", start.elapsed() / rounds);
}

#[test]
fn predefined_lengths_need_no_separator() {
    for name in ["00", "01", "11", "20", "3103", "414"] {
        let entry = dictionary::entry(Ai::parse(name.as_bytes()).unwrap(), Allow::No).unwrap();
        assert_eq!((entry.ends, entry.min()), (Ends::Predefined, entry.max()), "{name}");
    }
}
