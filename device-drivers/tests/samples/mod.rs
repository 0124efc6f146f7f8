//! The papers of the house with something on each, and the readers that strangers made: what a picture of a paper says to
//! them, and what our scanner drivers make of that. No printer.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use device_drivers::gs1::Gtin;
use device_drivers::printer::Document;
use device_drivers::printer::sheet::{
    BagLabel, DeliveryLabel, HandoverSlip, LotLabel, ManifestLine, PickLine, PickList, ShelfLabel, Stamp,
    TemperatureStrip, Tongue, TransferManifest,
};
use device_drivers::scanner::aim::NamedBy;
use device_drivers::scanner::ssi::packet::{Packet, Source};
use device_drivers::scanner::ssi::{Session, Step, opcode};
use device_drivers::scanner::{Framer, Framing, Line, Scan, Sieve, parse_scan};
use model::{Paise, PrintJobId, Timestamp};

use crate::paper;

pub const BAG: &str = "LB:4K7-1-9F3A";
/// Element string of the lot label, as both its codes say it.
pub const MATRIX: &str = "01095213211099951726123110CRD-2611A";

/// A paper: its name, what it says, the code on it, and whether it is a list that needs a long paper.
pub struct Sample {
    pub name: &'static str,
    pub document: Document,
    pub code: Option<&'static str>,
    pub long: bool,
}

/// The names that stand on the papers, in their language.
struct Names {
    stamp: Stamp,
    milk: String,
    rice: String,
    person: String,
    from: String,
    to: String,
    zone: String,
}

fn names(tongue: Tongue) -> Names {
    let say = |english: &str, hindi: &str| match tongue {
        Tongue::English => english.to_owned(),
        Tongue::Hindi => hindi.to_owned(),
    };
    Names {
        stamp: Stamp {
            tongue,
            job: PrintJobId::new(Timestamp::from_ms(1_795_000_000_000), 7),
            duplicate: true,
        },
        milk: say("Fresh milk, 1 litre", "ताज़ा दूध, 1 लीटर"),
        rice: say(
            "Premium basmati rice, extra long grain, family pack of five kilograms",
            "प्रीमियम बासमती चावल, अतिरिक्त लंबा दाना, पाँच किलो का बड़ा पारिवारिक पैकेट",
        ),
        person: say("Ravi", "रवि कुमार"),
        from: say("Indiranagar", "इंदिरानगर"),
        to: say("Koramangala", "कोरमंगला"),
        zone: say("Dairy fridge", "डेयरी फ्रिज"),
    }
}

pub fn samples(tongue: Tongue) -> Vec<Sample> {
    let names = names(tongue);
    about_orders(&names).into_iter().chain(about_goods(&names)).collect()
}

fn about_orders(names: &Names) -> [Sample; 4] {
    let (number, code, name) = ("4K7".to_owned(), BAG.to_owned(), names.person.clone());
    let bag = BagLabel {
        number: number.clone(),
        bag: 1,
        of: 2,
        code: code.clone(),
        cold: true,
        fragile: true,
        first_name: name.clone(),
    };
    let delivery = DeliveryLabel {
        number: number.clone(),
        code: code.clone(),
        bags: 2,
        first_name: name.clone(),
        lines: vec![(names.milk.clone(), 2), (names.rice.clone(), 1)],
        cod: Paise::new(45_050),
        promise: "19:42".into(),
    };
    let picks = [("A-03-2", &names.milk, 2), ("C-11-4", &names.rice, 1)];
    let lines = picks.map(|(bin, name, units)| PickLine { bin: bin.into(), name: name.clone(), units });
    let pick =
        PickList { number: number.clone(), code: code.clone(), promise: "19:42".into(), lines: lines.into() };
    let (cod, at) = (Paise::new(0), "19:31".into());
    let handover = HandoverSlip { number, code, rider: name, bags: 2, cod, at, drawer: true };
    let of = |name, document, long| Sample { name, document, code: Some(BAG), long };
    [
        of("bag", bag.layout(&names.stamp), false),
        of("delivery", delivery.layout(&names.stamp), true),
        of("pick-list", pick.layout(&names.stamp), true),
        of("handover", handover.layout(&names.stamp), true),
    ]
}

fn about_goods(names: &Names) -> [Sample; 4] {
    let shelf = ShelfLabel {
        name: names.rice.clone(),
        bin: "C-11-4".into(),
        code: BAG.into(),
        price: Paise::new(64_900),
        pack: "5 kg".into(),
    };
    let lot = LotLabel {
        name: names.milk.clone(),
        gtin: Gtin::parse(b"9521321109995"),
        lot: "CRD-2611A".into(),
        code: "LL:CRD-2611A".into(),
        expiry: "2026-12-31".parse().ok(),
    };
    let goods = |name: &String, lot: &str, units| ManifestLine { name: name.clone(), lot: lot.into(), units };
    let manifest = TransferManifest {
        number: "TR-118".into(),
        code: BAG.into(),
        from: names.from.clone(),
        to: names.to.clone(),
        lines: vec![goods(&names.milk, "CRD-2611A", 24), goods(&names.rice, "", 6)],
    };
    let strip = TemperatureStrip {
        zone: names.zone.clone(),
        sensor: "28-00000abcdef1".into(),
        day: "2026-11-21".parse().unwrap(),
        readings: vec![("06:00".into(), 3_940), ("12:00".into(), 5_210), ("18:00".into(), 4_060)],
        lowest: Some(3_870),
        highest: Some(5_210),
        out_of_range_min: 12,
    };
    let of = |name, document, code, long| Sample { name, document, code, long };
    [
        of("shelf", shelf.layout(&names.stamp), Some(BAG), false),
        of("lot", lot.layout(&names.stamp), Some(MATRIX), false),
        of("manifest", manifest.layout(&names.stamp), Some(BAG), true),
        of("temperature", strip.layout(&names.stamp), None, true),
    ]
}

/// A code that a reader found: its symbology as a scanner's AIM identifier, and what it says.
pub type Found = (&'static str, String);

pub const QR: &str = "]Q1";
pub const BARS: &str = "]C1";
pub const DATA_MATRIX: &str = "]d2";

/// What zxing-cpp reads in each picture, by kind, control signs as they are.
pub fn zxing(files: &[PathBuf]) -> Vec<Vec<Found>> {
    // One kind at a time: the version that Debian 12 has stops when it compares codes of two kinds. It finds a DataMatrix
    // only where it looks first, so a paper is passed under it, as a hand passes a scanner over it.
    let script = "\
import sys, zxingcpp
from PIL import Image
kinds = zxingcpp.BarcodeFormat
def views(image, kind):
    yield image
    if kind == kinds.DataMatrix:
        for high in (400, 280, 560):
            for top in range(0, image.height, 80):
                yield image.crop((0, top, image.width, min(top + high, image.height)))
for file in sys.argv[1:]:
    image = Image.open(file).convert('L')
    for kind in (kinds.DataMatrix, kinds.Code128, kinds.QRCode):
        codes = (zxingcpp.read_barcode(view, formats=kind) for view in views(image, kind))
        code = next((code for code in codes if code and code.text), None)
        if code: print(code.format.name, code.text)
    print('--')
";
    let run = Command::new("/usr/bin/python3").args(["-c", script]).args(files).output().unwrap();
    let faults = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "apt-get install python3-zxing-cpp python3-pil: {faults}");
    let kinds = [("QRCode ", QR), ("Code128 ", BARS), ("DataMatrix ", DATA_MATRIX)];
    let text = String::from_utf8(run.stdout).unwrap();
    let read: Vec<Vec<Found>> = text.split_terminator("--\n").map(|lines| found(lines, &kinds)).collect();
    assert_eq!(read.len(), files.len(), "a picture was passed over");
    read
}

/// What zbar reads; it knows no DataMatrix.
pub fn zbar(png: &[u8]) -> Vec<Found> {
    found(&paper::decode(png).join("\n"), &[("QR-Code:", QR), ("CODE-128:", BARS)])
}

fn found(lines: &str, kinds: &[(&str, &'static str)]) -> Vec<Found> {
    let of = |line: &str| {
        let known = kinds.iter().find_map(|(word, aim)| Some((*aim, line.strip_prefix(word)?)));
        let (aim, text) = known.unwrap_or_else(|| panic!("a code of no kind of ours: {line:?}"));
        // Readers write a leading FNC1 as the identifier that a scanner sends, as a separator, or not at all.
        (aim, text.trim_start_matches(aim).trim_start_matches('\u{1d}').to_owned())
    };
    let mut all: Vec<Found> = lines.lines().map(of).collect();
    all.sort();
    all
}

/// What our scanner drivers make of a code that a scanner sends as these bytes: a line of a serial scanner, and packets of a
/// Zebra one, both in small pieces; both must come to the same.
fn scanned((aim, text): &Found) -> Scan {
    let raw = format!("{aim}{text}");
    let mut framer = Framer::new(Framing { prefix: vec![0x02], ..Framing::default() });
    let line = [b"\x02", raw.as_bytes(), b"\r\n"].concat();
    let lines: Vec<Line> = line.chunks(5).flat_map(|piece| framer.push(piece)).collect();
    let [Line::Whole(by_line)] = lines.as_slice() else { panic!("{lines:?}") };
    Sieve::default().pass(by_line, NamedBy::Scanner).unwrap();

    // Of bars the kind alone says which identifier it has; of the two others the scanner sends it.
    let whole = match *aim {
        BARS => [&[SSI_GS1_128], text.as_bytes()].concat(),
        _ => [&[SSI_OTHER], raw.as_bytes()].concat(),
    };
    let packet = Packet::new(Source::Decoder, opcode::DECODE_DATA, &whole).bytes();
    let mut session = Session::default();
    let steps: Vec<Step> = packet.chunks(5).flat_map(|piece| session.push(piece, Duration::ZERO)).collect();
    let [Step::Scan(by_packet, by)] = steps.as_slice() else { panic!("{steps:?}") };
    Sieve::default().pass(by_packet, *by).unwrap();

    let [one, other] = [by_line, by_packet].map(|raw| parse_scan(raw).unwrap());
    assert_eq!(one, other, "{raw:?}");
    one
}

/// Kinds of code as SSI numbers them: GS1-128, and one whose number gives no identifier.
const SSI_GS1_128: u8 = 0x0F;
const SSI_OTHER: u8 = 0x1B;

/// What a code on a paper says to our drivers is what the paper was made from.
pub fn says_what_was_printed(code: &Found, printed: Option<&str>, name: &str) {
    match (printed, scanned(code)) {
        (Some(MATRIX), Scan::Gs1(goods)) => {
            let expiry = goods.expiry.map(|day| day.to_string());
            assert_eq!(goods.gtin.as_gtin14(), "09521321109995", "{name}");
            assert_eq!(goods.lot.as_deref(), Some("CRD-2611A"), "{name}");
            assert_eq!(expiry.as_deref(), Some("2026-12-31"), "{name}");
        }
        (Some(text), Scan::Bag(_)) => assert_eq!(code.1, text, "{name}"),
        (printed, other) => panic!("{name}: {other:?} of {printed:?}"),
    }
}

/// Drawing and reading take most of the time of all tests here: every core has its share.
pub fn on_every_core<T: Sync, R: Send>(work: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let share = |core: usize| {
            let each = &each;
            scope.spawn(move || work.iter().skip(core).step_by(cores).map(each).collect::<Vec<R>>())
        };
        let shares: Vec<_> = (0..cores).map(share).collect();
        shares.into_iter().flat_map(|share| share.join().unwrap()).collect()
    })
}
