//! Every model of the printer database, through a strict reader of ESC/POS: never a command the model lacks, never
//! wider than its paper. The reader itself is proved on receipts that other people's software made.

mod paper;

#[expect(dead_code, reason = "the generator's own entry point is for the program, not for this test")]
#[path = "../examples/printer-profiles.rs"]
mod generator;

use std::path::PathBuf;

use device_drivers::printer::profile::{Cut, Picture};
use device_drivers::printer::{Align, Block, Document, Head, Media, Profile, RenderError, Size, escpos};
use device_drivers::scanner::{Scan, parse_scan};
use proptest::prelude::*;

#[test]
fn the_committed_table_is_what_the_database_gives() {
    let Some(shared) = std::env::var_os("LARDER_SHARED").map(PathBuf::from) else { return };
    let database = std::fs::read_to_string(shared.join("data/escpos/capabilities.json")).unwrap();
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/src/printer/profiles.rs");
    assert_eq!(generator::generate(&database).unwrap(), std::fs::read_to_string(table).unwrap());
}

/// Somebody else's database: what a printer does not tell has its meaning, and the rows are in the order of their names.
#[test]
fn another_database_gives_another_table() {
    let database = r#"{"profiles": {
        "Z-1": {"vendor": "Zed", "fonts": {"0": {"columns": 48}, "1": {"columns": 64}}, "media": {"width": {"pixels": 576}},
            "codePages": {"17": "CP437", "2": "CP437", "255": "CP850"},
            "features": {"bitImageRaster": true, "barcodeA": true, "barcodeB": true, "paperPartCut": true, "qrCode": true,
                "pulseStandard": true}},
        "A \"quoted\"": {"vendor": "Ay", "fonts": {"0": {"columns": 32}}, "media": {"width": {"pixels": "Unknown"}},
            "codePages": {}, "features": {"barcodeA": true, "bitImageColumn": true, "paperFullCut": true}}}}"#;
    let table = generator::generate(database).unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("    p((")).collect();
    assert_eq!(
        rows,
        [
            r#"    p(("Ay", "A \"quoted\""), (384, 32, None), None, Columns8, (false, false, false), Full),"#,
            r#"    p(("Zed", "Z-1"), (576, 48, Some(64)), Some(2), Raster, (true, true, true), Part),"#,
        ]
    );
}

#[test]
fn a_database_that_is_none_is_refused_with_its_place() {
    let good = r#"{"profiles": {"X": {"vendor": "V", "fonts": {"0": {"columns": 42}, "1": {"columns": 56}},
        "media": {"width": {"pixels": 512}}, "codePages": {"0": "CP437"}, "features": {"qrCode": true}}}}"#;
    assert!(generator::generate(good).is_ok());
    let cases = [
        ("\"vendor\": \"V\", ", "", "profile \"X\": vendor has to be a text"),
        (
            "\"0\": {\"columns\": 42}, ",
            "",
            "profile \"X\": fonts.0.columns has to be a number from 1 to 1000",
        ),
        ("42", "0", "profile \"X\": fonts.0.columns has to be a number from 1 to 1000"),
        ("56", "\"many\"", "profile \"X\": fonts.1.columns has to be a number from 1 to 1000"),
        ("512", "-1", "profile \"X\": media.width.pixels has to be a number from 8 to 10000, or \"Unknown\""),
        (
            "512",
            "\"wide\"",
            "profile \"X\": media.width.pixels has to be a number from 8 to 10000, or \"Unknown\"",
        ),
        ("{\"0\": \"CP437\"}", "[]", "profile \"X\": codePages has to be an object of numbers and names"),
        (
            "\"0\": \"CP437\"",
            "\"300\": \"CP437\"",
            "profile \"X\": codePages.300 has to be named by a number from 0 to 255",
        ),
        ("true", "\"yes\"", "profile \"X\": features.qrCode has to be true or false"),
        ("\"profiles\"", "\"printers\"", "\"profiles\" has to be an object with a profile in it"),
        ("}}}}", "", "no JSON: EOF while parsing"),
    ];
    for (from, to, said) in cases {
        assert!(good.contains(from), "{from}");
        let fault = generator::generate(&good.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(fault.starts_with(said), "{fault}, not {said}");
    }
    for nothing in ["", "[]", "{}", r#"{"profiles": {}}"#, r#"{"profiles": []}"#] {
        assert!(generator::generate(nothing).is_err(), "{nothing}");
    }
}

/// A printer that knows everything that is in the database, and wide enough for a line of 37 signs of double width.
fn able() -> Profile {
    let media = Media { width_mm: 120, height_mm: None, head: Head::Dpi203 };
    Profile { qr: true, bars: true, drawer: true, ..Profile::standard(media) }
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,80}",
        "[ -~éàñ₹–…×]{0,40}",
        "[क-हा-ौ् ०-९]{1,60}",
        "(ताज़ा दूध|बासमती चावल|Amul|1 kg|₹50| ){1,12}",
    ]
}

fn blocks() -> impl Strategy<Value = Block> {
    let sizes = prop_oneof![Just(Size::Small), Just(Size::Normal), Just(Size::Large), Just(Size::Huge)];
    let aligns = prop_oneof![Just(Align::Left), Just(Align::Centre)];
    prop_oneof![
        4 => (words(), sizes, aligns).prop_map(|(text, size, align)| Block::Text { text, size, align }),
        2 => (words(), words()).prop_map(|(left, right)| Block::Pair { left, right }),
        1 => Just(Block::Rule),
        1 => ("[A-Z0-9:-]{1,24}", 10..40_u16).prop_map(|(text, size_mm)| Block::Qr { text, size_mm }),
        1 => ("([0-9][0-9]){0,14}", "[ -~]{0,24}")
            .prop_map(|(digits, tail)| Block::Gs1Code128 { digits, tail }),
        1 => Just(Block::Drawer),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_model_gets_what_it_lacks_or_what_is_too_wide(
        blocks in proptest::collection::vec(blocks(), 0..8),
        first in 0..Profile::ALL.len(),
    ) {
        let document = Document { blocks };
        // Five models a document, so that all fifty come up many times in one run.
        for step in 0..5 {
            let profile = &Profile::ALL[(first + step * 10) % Profile::ALL.len()];
            match escpos::render_for(&document, profile) {
                Ok(bytes) => {
                    let drawn = paper::draw(&bytes, profile);
                    prop_assert!(drawn.is_ok(), "{}: {drawn:?}", profile.name);
                    prop_assert_eq!(drawn.unwrap().cuts, usize::from(profile.cut != Cut::None));
                }
                Err(RenderError::NoPicture(_)) => prop_assert_eq!(profile.picture, Picture::None),
                Err(RenderError::QrTooLong(_) | RenderError::NoGlyph { .. }) => {}
                Err(other) => prop_assert!(false, "{}: {other}", profile.name),
            }
        }
    }
}

/// The same document on every model: each that takes pictures prints the whole of it.
#[test]
fn every_printer_prints_a_label_in_two_scripts() {
    let mut document = Document::default();
    document.text("4K7", Size::Huge, Align::Centre).text("BAG 1/2 COLD", Size::Large, Align::Centre);
    document.text("ताज़ा दूध, 1 लीटर", Size::Normal, Align::Left).block(Block::Rule);
    document
        .block(Block::Pair {
            left: "बासमती चावल का बड़ा पारिवारिक पैकेट, पाँच किलो".into(), right: "12".into()
        });
    document.block(Block::Qr { text: "LB:4K7-1-9F3A".into(), size_mm: 28 }).text(
        "job 7",
        Size::Small,
        Align::Centre,
    );
    for profile in Profile::ALL {
        let job = escpos::render_for(&document, profile);
        if profile.picture == Picture::None {
            assert!(matches!(job, Err(RenderError::NoPicture(_))), "{}", profile.name);
            continue;
        }
        let paper = paper::draw(&job.unwrap(), profile).unwrap();
        assert!(paper.text.contains("4K7\n") && paper.text.contains("job 7\n"), "{}", profile.name);
        assert_eq!(paper::decode(&paper.png(2)), ["QR-Code:LB:4K7-1-9F3A"], "{}", profile.name);
    }
}

/// A lot label with a bar code, and a slip that opens the drawer: native commands on every model that has them, none on
/// the others. What the bars say is read by a stranger and is the same item, lot and day to our own scanner driver.
#[test]
fn native_bars_and_the_drawer_come_where_the_model_has_them() {
    let (digits, tail) = ("010952132110999517261231", "10L-7");
    let mut document = Document::default();
    document.block(Block::Gs1Code128 { digits: digits.into(), tail: tail.into() }).block(Block::Drawer);
    let (mut barred, mut kicked) = (0, 0);
    for profile in Profile::ALL {
        let paper = paper::draw(&escpos::render_for(&document, profile).unwrap(), profile).unwrap();
        let drawer = profile.drawer && profile.picture != Picture::None;
        assert_eq!(paper.kicks, usize::from(drawer), "{}", profile.name);
        kicked += paper.kicks;
        // 20 symbols of 11 modules and the stop, at two dots a module.
        let room = profile.dots >= 2 * (20 * 11 + 13);
        assert_eq!(paper.commands.contains("GS k B"), profile.bars && room, "{}", profile.name);
        if !paper.commands.contains("GS k B") {
            continue;
        }
        barred += 1;
        assert_eq!(paper.codes, [format!("{digits}{tail}")], "{}", profile.name);
        let read = paper::decode(&paper.png(2));
        assert_eq!(read, [format!("CODE-128:{digits}{tail}")], "{}", profile.name);
        let Ok(Scan::Gs1(goods)) = parse_scan(format!("]C1{digits}{tail}").as_bytes()) else { panic!() };
        assert_eq!((goods.gtin.as_gtin14(), goods.lot.as_deref()), ("09521321109995", Some("L-7")));
    }
    assert!(barred >= 5 && kicked >= 5, "{barred} with bars, {kicked} with a drawer");
}

/// A reader that lets everything pass would prove nothing.
#[test]
fn the_reader_refuses_what_a_model_lacks() {
    let refused = |name: &str, bytes: &[u8]| {
        let fault = paper::draw(bytes, Profile::named(name).unwrap()).err();
        fault.unwrap_or_else(|| panic!("{name} took {bytes:02x?}"))
    };
    assert!(refused("NT-5890K", b"\x1dVB\0").contains("has no GS V"));
    assert!(refused("NT-5890K", b"\x1d(k\x03\x001Q0").contains("has no GS ( k"));
    assert!(refused("TM-U220", b"\x1dv0\0\x01\0\x01\0\xff").contains("has no GS v 0"));
    assert!(refused("TM-T88V", b"\x1bt\x63").contains("has no ESC t"));
    assert!(refused("TM-T88V", b"\x1dv0\0\x41\0\x01\0").contains("cut off"));
    assert!(
        refused("TM-T88V", &[b"\x1dv0\0\x41\0\x01\0".as_slice(), &[0xff; 65]].concat())
            .contains("520 dots on 512")
    );
    assert!(refused("TM-T88V", &[&[b'x'; 43], b"\n".as_slice()].concat()).contains("43 columns on 42"));
    assert!(refused("TM-T88V", b"\x1b\x99").contains("unknown"));
}

/// Receipts that other people's software made: every byte is understood, and the words are there.
#[test]
fn the_reader_reads_real_receipts() {
    let Some(shared) = std::env::var_os("LARDER_SHARED").map(PathBuf::from) else { return };
    let folder = shared.join("data/escpos");
    let profile = Profile { page: None, ..able() };
    // Its picture of 61 x 317 bytes wants 19,347 and the file ends 180 before that: a strict reader must notice.
    let damaged = paper::draw(&std::fs::read(folder.join("thermal-samples/retail.bin")).unwrap(), &profile);
    assert!(damaged.is_err_and(|fault| fault.contains("GS 8 L is cut off")));
    for (file, words) in RECEIPTS {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let paper = paper::draw_foreign(&bytes, &profile).unwrap_or_else(|fault| panic!("{file}: {fault}"));
        let left_out = if file.ends_with("test_receipt_4.bin") { &LEFT_OUT[..] } else { &[] };
        assert_eq!(paper.left_out, left_out, "{file}");
        for word in words {
            let said = paper.text.contains(word) || paper.codes.iter().any(|code| code.contains(word));
            assert!(said, "{file}: no {word:?} in\n{}{:?}", paper.text, paper.codes);
        }
    }
}

/// What no printer of ours prints of `test_receipt_4.bin`: a code wider than its head, small letters in code set A.
const LEFT_OUT: [&str; 2] = ["1161 dots on 960", "0x74 in code set Some(65)"];

/// File, and words that stand on it or in its codes.
const RECEIPTS: [(&str, &[&str]); 6] = [
    ("receipt-with-logo.bin", &["ExampleMart Ltd.", "Subtotal                                   12.95"]),
    ("thermal-samples/discount.bin", &["purchase over"]),
    ("thermal-samples/test_receipt_1.bin", &["Ribeye", "$27.20", "Zebra Technical Support"]),
    (
        "thermal-samples/test_receipt_2.bin",
        &["ExampleMart Ltd.", "Subtotal                                   12.95"],
    ),
    ("thermal-samples/test_receipt_3.bin", &["lazy dog", "https://nielsleenheer.com"]),
    ("thermal-samples/test_receipt_4.bin", &["underline", "CODE128 test 2", "https://google.com"]),
];
