//! Every paper of the house, in both languages, on every class of printer, as a picture: codes read by other people's
//! readers and fed to our own scanner driver, Hindi read back by tesseract. `LARDER_PAPERS=DIR` keeps the pictures.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

mod paper;

use std::path::Path;
use std::process::Command;

use device_drivers::gs1::Gtin;
use device_drivers::printer::sheet::{
    BagLabel, DeliveryLabel, HandoverSlip, LotLabel, ManifestLine, PickLine, PickList, ShelfLabel, Stamp,
    TemperatureStrip, Tongue, TransferManifest,
};
use device_drivers::printer::{Block, Document, Head, Language, Media, Profile};
use device_drivers::scanner::{Scan, parse_scan};
use model::{Paise, PrintJobId, Timestamp};

const BAG: &str = "LB:4K7-1-9F3A";
const MATRIX: &str = "01095213211099951726123110CRD-2611A";

/// A paper: its name, what it says, the code on it, and whether it is a list that needs a long paper.
struct Sample {
    name: &'static str,
    document: Document,
    code: Option<&'static str>,
    long: bool,
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

fn samples(tongue: Tongue) -> Vec<Sample> {
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

fn keep(name: &str, png: &[u8]) {
    if let Some(folder) = std::env::var_os("LARDER_PAPERS") {
        std::fs::write(Path::new(&folder).join(name), png).unwrap();
    }
}

/// Pictures of one paper: ESC/POS on 58 and 80 mm by the strict reader, ZPL at 203 and 300 dpi by labelize.
fn pictures(sample: &Sample, tongue: Tongue, heads: &[Head]) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for (class, width_mm) in [("58mm", 48), ("80mm", 72)] {
        let media = Media { width_mm, height_mm: None, head: Head::Dpi203 };
        let bytes = Language::Escpos.render(&sample.document, media).unwrap();
        let paper = paper::draw(&bytes, &Profile::standard(media)).unwrap();
        all.push((format!("{}-{tongue:?}-{class}.png", sample.name), paper.png(2)));
    }
    let labels: &[(u16, u16)] = if sample.long { &[(100, 150)] } else { &[(50, 50), (100, 50)] };
    for head in heads.iter().copied() {
        for (width_mm, height_mm) in labels.iter().copied() {
            let media = Media { width_mm, height_mm: Some(height_mm), head };
            let bytes = Language::Zpl.render(&sample.document, media).unwrap();
            let options = labelize::RenderOptions {
                language: Some(labelize::Language::Zpl),
                width_mm: Some(f64::from(width_mm)),
                height_mm: Some(f64::from(height_mm)),
                dpmm: i32::try_from(head.dots_per_mm()).unwrap(),
                ..labelize::RenderOptions::default()
            };
            let png = labelize::render_png(&bytes, options).unwrap().bytes;
            all.push((format!("{}-{tongue:?}-{head:?}-{width_mm}mm.png", sample.name), png));
        }
    }
    all
}

/// What zxing-cpp reads: `symbology text`, one line a code, control signs escaped.
fn zxing(file: &Path) -> Vec<String> {
    // One kind at a time: the version that Debian 12 has stops when it compares codes of two kinds.
    let script = "import sys, zxingcpp\nfrom PIL import Image\nimage = Image.open(sys.argv[1]).convert('L')\n\
        for kind in (zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Code128):\n    \
        code = zxingcpp.read_barcode(image, formats=kind)\n    \
        if code and code.text: print(code.format.name, code.text)";
    let run = Command::new("/usr/bin/python3").args(["-c", script]).arg(file).output().unwrap();
    let faults = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "apt-get install python3-zxing-cpp python3-pil: {faults}");
    String::from_utf8(run.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Each code on each paper of each class says to our scanner driver what the paper was made from.
#[test]
fn every_code_scans_as_what_was_printed() {
    let folder = tempfile::tempdir().unwrap();
    for tongue in [Tongue::English, Tongue::Hindi] {
        for sample in samples(tongue) {
            for (name, png) in pictures(&sample, tongue, &[Head::Dpi203, Head::Dpi300]) {
                keep(&name, &png);
                match sample.code {
                    Some(MATRIX) => {
                        let file = folder.path().join(&name);
                        std::fs::write(&file, &png).unwrap();
                        lot_scans(&zxing(&file), &name);
                    }
                    Some(code) => assert_eq!(paper::decode(&png), [format!("QR-Code:{code}")], "{name}"),
                    None => assert!(paper::decode(&png).is_empty(), "{name}"),
                }
            }
        }
    }
    assert!(matches!(parse_scan(BAG.as_bytes()), Ok(Scan::Bag(_))));
}

/// The DataMatrix on every label, the bars besides where there is room for them: the same item, lot and expiry.
fn lot_scans(read: &[String], name: &str) {
    let matrix = read
        .iter()
        .find_map(|line| line.strip_prefix("DataMatrix "))
        .unwrap_or_else(|| panic!("{name}: {read:?}"));
    let bars = read.iter().find_map(|line| line.strip_prefix("Code128 "));
    assert_eq!(bars.is_some(), name.ends_with("100mm.png"), "{name}: {read:?}");
    for (aim, text) in [("]d2", Some(matrix)), ("]C1", bars)] {
        let Some(text) = text else { continue };
        // zxing writes a leading FNC1 as the identifier that a scanner sends, or not at all.
        let text = text.trim_start_matches("]d2").trim_start_matches("]C1").trim_start_matches('\u{1d}');
        let Ok(Scan::Gs1(goods)) = parse_scan(format!("{aim}{text}").as_bytes()) else {
            panic!("{name}: {text:?}")
        };
        assert_eq!(goods.gtin.as_gtin14(), "09521321109995", "{name}");
        assert_eq!(goods.lot.as_deref(), Some("CRD-2611A"), "{name}");
        assert_eq!(goods.expiry.unwrap().to_string(), "2026-12-31", "{name}");
    }
}

/// The Devanagari texts of a document, those that are surely drawn uncut.
fn hindi(document: &Document) -> Vec<String> {
    let texts = document.blocks.iter().flat_map(|block| match block {
        Block::Text { text, .. } => vec![text.clone()],
        Block::Pair { left, right } => vec![left.clone(), right.clone()],
        Block::Qr { .. }
        | Block::Gs1Code128 { .. }
        | Block::Gs1Matrix { .. }
        | Block::Rule
        | Block::Drawer => Vec::new(),
    });
    let devanagari = |text: &String| text.chars().any(|sign| ('\u{900}'..='\u{97f}').contains(&sign));
    texts.filter(|text| devanagari(text) && text.chars().count() <= 30).collect()
}

/// Its Devanagari signs; a letter with a dot below is spelt as letter and dot, as Unicode's normal form has it.
fn signs(text: &str) -> Vec<char> {
    let spelt = |sign: char| match sign {
        '\u{95b}' => vec!['ज', '\u{93c}'],
        '\u{95c}' => vec!['ड', '\u{93c}'],
        '\u{95d}' => vec!['ढ', '\u{93c}'],
        '\u{95e}' => vec!['फ', '\u{93c}'],
        '\u{900}'..='\u{97f}' => vec![sign],
        _ => Vec::new(),
    };
    text.chars().flat_map(spelt).collect()
}

/// The fewest signs to change in `text` so that it stands somewhere in `page`.
fn errors(text: &str, page: &str) -> usize {
    let (text, page) = (signs(text), signs(page));
    let mut row = vec![0; page.len() + 1];
    for (done, want) in text.iter().enumerate() {
        let mut next = vec![done + 1];
        for (at, have) in page.iter().enumerate() {
            let changed = row[at] + usize::from(want != have);
            next.push(changed.min(row[at + 1] + 1).min(next[at] + 1));
        }
        row = next;
    }
    row.into_iter().min().unwrap_or(text.len())
}

/// What tesseract reads in a picture, in Hindi.
fn read(png: &[u8], folder: &Path) -> String {
    let file = folder.join("hindi.png");
    std::fs::write(&file, png).unwrap();
    let run = Command::new("tesseract")
        .arg(&file)
        .args(["-", "-l", "hin", "--psm", "4", "--dpi", "300"])
        .env("OMP_THREAD_LIMIT", "1")
        .output();
    let output =
        run.unwrap_or_else(|error| panic!("apt-get install tesseract-ocr tesseract-ocr-hin: {error}"));
    assert!(output.status.success(), "tesseract-ocr-hin: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// At most one sign in twenty is read wrongly, over all papers of both printer classes.
#[test]
fn hindi_on_paper_is_read_back() {
    assert_eq!((errors("दूध", "x द ूध y"), errors("दूध", "दध"), errors("ज़", "x ज\u{93c}")), (0, 1, 0));
    let folder = tempfile::tempdir().unwrap();
    let (mut wrong, mut total, mut notes) = (0, 0, Vec::new());
    for sample in samples(Tongue::Hindi) {
        for (name, png) in pictures(&sample, Tongue::Hindi, &[Head::Dpi203]) {
            if name.ends_with("58mm.png") {
                // Dot for dot the letters of the wider paper.
                continue;
            }
            let grown = grow(&png);
            let page = read(&grown, folder.path());
            for text in hindi(&sample.document) {
                let missed = errors(&text, &page);
                wrong += missed;
                total += signs(&text).len();
                if missed > 0 {
                    notes.push(format!("{name}: {text:?} {missed}"));
                }
            }
        }
    }
    assert!(total > 500, "{total}");
    assert!(wrong * 20 <= total, "{wrong} of {total} signs wrong\n{}", notes.join("\n"));
}

/// As a scanner of 600 dpi would see it: tesseract wants letters of some 30 pixels.
fn grow(png: &[u8]) -> Vec<u8> {
    let picture = image::load_from_memory(png).unwrap();
    let times = if picture.width() > 1_000 { 1 } else { 3 };
    let (width, height) = (picture.width() * times, picture.height() * times);
    let grown = picture.resize_exact(width, height, image::imageops::FilterType::CatmullRom);
    let mut out = std::io::Cursor::new(Vec::new());
    grown.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}
