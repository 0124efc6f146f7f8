//! Every paper of the house, in both languages, on every class of printer, as a picture: codes read by other people's
//! readers and fed to our own scanner driver, Hindi read back by tesseract. `LARDER_PAPERS=DIR` keeps the pictures.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

mod paper;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use device_drivers::gs1::Gtin;
use device_drivers::printer::sheet::{
    BagLabel, DeliveryLabel, HandoverSlip, LotLabel, ManifestLine, PickLine, PickList, ShelfLabel, Stamp,
    TemperatureStrip, Tongue, TransferManifest,
};
use device_drivers::printer::{Block, Document, Head, Language, Media, Profile, Size, script};
use device_drivers::scanner::aim::NamedBy;
use device_drivers::scanner::ssi::packet::{Packet, Source};
use device_drivers::scanner::ssi::{Session, Step, opcode};
use device_drivers::scanner::{Framer, Framing, Line, Scan, Sieve, parse_scan};
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

/// A class of printer with paper in it.
struct Class {
    name: String,
    language: Language,
    media: Media,
}

impl Class {
    /// Dots of a line of text.
    fn room(&self) -> u32 {
        match self.language {
            Language::Escpos => self.media.width_dots(),
            Language::Zpl => self.media.width_dots() - 2 * self.media.head.scaled(16),
        }
    }
}

/// The classes that print a paper: ESC/POS on 58 and 80 mm, ZPL at these resolutions.
fn classes(sample: &Sample, heads: &[Head]) -> Vec<Class> {
    let receipt = |(name, width_mm): (&str, u16)| {
        let media = Media { width_mm, height_mm: None, head: Head::Dpi203 };
        Class { name: name.to_owned(), language: Language::Escpos, media }
    };
    let labels: &[(u16, u16)] = if sample.long { &[(100, 150)] } else { &[(50, 50), (100, 50)] };
    let label = |head: Head| {
        labels.iter().map(move |(width_mm, height_mm)| {
            let media = Media { width_mm: *width_mm, height_mm: Some(*height_mm), head };
            Class { name: format!("{head:?}-{width_mm}mm"), language: Language::Zpl, media }
        })
    };
    [("58mm", 48), ("80mm", 72)]
        .map(receipt)
        .into_iter()
        .chain(heads.iter().copied().flat_map(label))
        .collect()
}

/// A paper as it comes out of a printer: ESC/POS by the strict reader, ZPL by labelize.
fn picture(sample: &Sample, class: &Class) -> Vec<u8> {
    let media = class.media;
    let bytes = class.language.render(&sample.document, media).unwrap();
    match class.language {
        Language::Escpos => paper::draw(&bytes, &Profile::standard(media)).unwrap().png(2),
        Language::Zpl => {
            let options = labelize::RenderOptions {
                language: Some(labelize::Language::Zpl),
                width_mm: Some(f64::from(media.width_mm)),
                height_mm: media.height_mm.map(f64::from),
                dpmm: i32::try_from(media.head.dots_per_mm()).unwrap(),
                ..labelize::RenderOptions::default()
            };
            labelize::render_png(&bytes, options).unwrap().bytes
        }
    }
}

fn pictures(sample: &Sample, tongue: Tongue, heads: &[Head]) -> Vec<(String, Vec<u8>)> {
    let named =
        |class: Class| (format!("{}-{tongue:?}-{}.png", sample.name, class.name), picture(sample, &class));
    classes(sample, heads).into_iter().map(named).collect()
}

/// A code that a reader found: its symbology as a scanner's AIM identifier, and what it says.
type Found = (&'static str, String);

const QR: &str = "]Q1";
const BARS: &str = "]C1";
const DATA_MATRIX: &str = "]d2";

/// What zxing-cpp reads, by kind, control signs as they are.
fn zxing(file: &Path) -> Vec<Found> {
    // One kind at a time: the version that Debian 12 has stops when it compares codes of two kinds.
    let script = "import sys, zxingcpp\nfrom PIL import Image\nimage = Image.open(sys.argv[1]).convert('L')\n\
        kinds = zxingcpp.BarcodeFormat\nfor kind in (kinds.DataMatrix, kinds.Code128, kinds.QRCode):\n    \
        code = zxingcpp.read_barcode(image, formats=kind)\n    \
        if code and code.text: print(code.format.name, code.text)";
    let run = Command::new("/usr/bin/python3").args(["-c", script]).arg(file).output().unwrap();
    let faults = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "apt-get install python3-zxing-cpp python3-pil: {faults}");
    let kinds = [("QRCode ", QR), ("Code128 ", BARS), ("DataMatrix ", DATA_MATRIX)];
    found(&String::from_utf8(run.stdout).unwrap(), &kinds)
}

/// What zbar reads; it knows no DataMatrix.
fn zbar(png: &[u8]) -> Vec<Found> {
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

/// Each code on each paper of each class, by each reader that knows its symbology, says to our scanner drivers what the paper
/// was made from.
#[test]
fn every_code_scans_as_what_was_printed() {
    let folder = tempfile::tempdir().unwrap();
    let mut missed = Vec::new();
    for tongue in [Tongue::English, Tongue::Hindi] {
        for sample in samples(tongue) {
            for (name, png) in pictures(&sample, tongue, &[Head::Dpi203, Head::Dpi300]) {
                keep(&name, &png);
                let file = folder.path().join(&name);
                std::fs::write(&file, &png).unwrap();
                // Bars stand where the paper is wide enough for them.
                let bars = name.ends_with("100mm.png").then_some(BARS);
                let printed: Vec<&str> = match sample.code {
                    Some(MATRIX) => bars.into_iter().chain([DATA_MATRIX]).collect(),
                    Some(_) => vec![QR],
                    None => vec![],
                };
                for (reader, read) in [("zxing", zxing(&file)), ("zbar", zbar(&png))] {
                    let kinds: Vec<&str> = read.iter().map(|(aim, _)| *aim).collect();
                    let known = printed.iter().filter(|aim| reader == "zxing" || **aim != DATA_MATRIX);
                    if kinds != known.copied().collect::<Vec<_>>() {
                        missed.push(format!("{name}: {reader} reads {read:?} of {printed:?}"));
                    }
                    read.iter().for_each(|code| says_what_was_printed(code, sample.code, &name));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

fn says_what_was_printed(code: &Found, printed: Option<&str>, name: &str) {
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

/// The Devanagari texts of a document, each as far as its line has room for it on this paper.
fn hindi(document: &Document, class: &Class) -> Vec<String> {
    let room = class.room();
    let fits = |text: &str, size: Size, room: u32| {
        let (em, weight) = size.drawn();
        as_far_as_it_fits(text, class.media.head.scaled(em), weight, room)
    };
    let texts = document.blocks.iter().flat_map(|block| match block {
        Block::Text { text, size, .. } => vec![fits(text, *size, room)],
        Block::Pair { left, right } => {
            let em = class.media.head.scaled(Size::Normal.drawn().0);
            let taken = script::set(right, em, script::Weight::Bold, room).unwrap().width() + em / 2;
            vec![fits(left, Size::Normal, room - taken), right.clone()]
        }
        Block::Qr { .. }
        | Block::Gs1Code128 { .. }
        | Block::Gs1Matrix { .. }
        | Block::Rule
        | Block::Drawer => Vec::new(),
    });
    texts.filter(|text| !signs(text).is_empty()).collect()
}

/// What stands before the ellipsis of a text that is too long: the most whole letters with which it fits.
fn as_far_as_it_fits(text: &str, em: u32, weight: script::Weight, room: u32) -> String {
    let wide = |text: &str| script::set(text, em, weight, u32::MAX).unwrap().width();
    if wide(text) <= room {
        return text.to_owned();
    }
    let ends = text.char_indices().map(|(at, _)| at).rev();
    let mut kept =
        ends.map(|at| text[..at].trim_end()).filter(|kept| wide(&format!("{kept}\u{2026}")) <= room);
    kept.next().unwrap_or_default().to_owned()
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

/// What tesseract reads in a picture, in Hindi, line by line as a person does: left to find the lines by itself, it passes over
/// some that stand beside a code or a rule.
fn read(png: &[u8], class: &Class, folder: &Path) -> String {
    let (mut files, list) = (String::new(), folder.join("lines.txt"));
    for (place, line) in lines(&grown(png, class)).iter().enumerate() {
        let file = folder.join(format!("line-{place}.png"));
        line.save(&file).unwrap();
        files += &format!("{}\n", file.display());
    }
    std::fs::write(&list, files).unwrap();
    let run = Command::new("tesseract")
        .arg(&list)
        .args(["-", "-l", "hin", "--psm", "7", "--dpi", "600"])
        .env("OMP_THREAD_LIMIT", "1")
        .output();
    let output =
        run.unwrap_or_else(|error| panic!("apt-get install tesseract-ocr tesseract-ocr-hin: {error}"));
    assert!(output.status.success(), "tesseract-ocr-hin: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Pixels of a millimetre at which papers are read: those of a scanner of 600 dpi.
const PER_MM: u32 = 24;

/// A paper as such a scanner would see it: tesseract wants letters of some 30 pixels at least.
fn grown(png: &[u8], class: &Class) -> image::GrayImage {
    let picture = image::load_from_memory(png).unwrap().into_luma8();
    // The strict reader's dots are two pixels wide.
    let per_mm = match class.language {
        Language::Escpos => 2 * class.media.head.dots_per_mm(),
        Language::Zpl => class.media.head.dots_per_mm(),
    };
    let (width, height) = (picture.width() * PER_MM / per_mm, picture.height() * PER_MM / per_mm);
    image::imageops::resize(&picture, width, height, image::imageops::FilterType::CatmullRom)
}

/// The lines of a picture, each with white around it: cut where white goes across. A mark that stands apart from its letters
/// stays with the line that it is nearest to; rules and what is taller than the largest letters are no lines.
fn lines(picture: &image::GrayImage) -> Vec<image::GrayImage> {
    let (width, height) = picture.dimensions();
    let ink = |y: u32| (0..width).filter(|x| picture.get_pixel(*x, y).0[0] < 128).count();
    let rows: Vec<usize> = (0..height).map(ink).collect();
    let mut parts: Vec<std::ops::Range<usize>> = Vec::new();
    for (y, ink) in rows.iter().enumerate().filter(|(_, ink)| **ink > 0) {
        // A rule is dark from edge to edge.
        let rule = *ink > width as usize * 3 / 4;
        match parts.last_mut() {
            _ if rule => {}
            Some(part) if y - part.end <= JOINED => part.end = y + 1,
            Some(_) | None => parts.push(y..y + 1),
        }
    }
    parts.retain(|part| (LINE_LEAST..LINE_MOST).contains(&part.len()));
    let whole = |part: &std::ops::Range<usize>| {
        let (top, rows) = (u32::try_from(part.start).unwrap(), u32::try_from(part.len()).unwrap());
        let strip = image::imageops::crop_imm(picture, 0, top, width, rows).to_image();
        let mut line = image::GrayImage::from_pixel(width, rows + 2 * PER_MM, image::Luma([255]));
        image::imageops::replace(&mut line, &strip, 0, i64::from(PER_MM));
        line
    };
    parts.iter().map(whole).collect()
}

/// White rows that do not end a line, as between a letter and its mark: half a millimetre. Between two lines of a paper there
/// are six dots of a head of 203 dpi, three quarters of a millimetre, at least.
const JOINED: usize = PER_MM as usize / 2;
/// Rows of the lowest and of the highest line: small letters, and the largest with marks above and below.
const LINE_LEAST: usize = 30;
const LINE_MOST: usize = 12 * PER_MM as usize;

/// On each paper of each printer class at most one sign in twenty is read wrongly, long names among them.
#[test]
fn hindi_on_paper_is_read_back() {
    assert_eq!((errors("दूध", "x द ूध y"), errors("दूध", "दध"), errors("ज़", "x ज\u{93c}")), (0, 1, 0));
    let all = samples(Tongue::Hindi);
    let work: Vec<_> = all
        .iter()
        .flat_map(|sample| {
            classes(sample, &[Head::Dpi203, Head::Dpi300]).into_iter().map(move |class| (sample, class))
        })
        .collect();
    // Drawing and reading take most of the time of all tests here: every core has its share.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let rows: Vec<(String, Option<String>)> = std::thread::scope(|scope| {
        let share = |core: usize| {
            let mine: Vec<_> = work.iter().skip(core).step_by(cores).collect();
            scope.spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                mine.into_iter()
                    .map(|(sample, class)| read_back(sample, class, folder.path()))
                    .collect::<Vec<_>>()
            })
        };
        let shares: Vec<_> = (0..cores).map(share).collect();
        shares.into_iter().flat_map(|share| share.join().unwrap()).collect()
    });
    let failed: Vec<_> =
        rows.iter().filter_map(|(row, page)| page.as_ref().map(|page| format!("{row}\n{page}"))).collect();
    let table: Vec<_> = rows.iter().map(|(row, _)| row.as_str()).collect();
    assert!(failed.is_empty(), "{}\n\nall:\n{}", failed.join("\n"), table.join("\n"));
}

/// What was misread on one paper; with the whole page where that is more than one sign in twenty.
fn read_back(sample: &Sample, class: &Class, folder: &Path) -> (String, Option<String>) {
    let texts = hindi(&sample.document, class);
    let page = read(&picture(sample, class), class, folder);
    let (mut wrong, mut total, mut notes) = (0, 0, Vec::new());
    for text in texts {
        let missed = errors(&text, &page);
        wrong += missed;
        total += signs(&text).len();
        if missed > 0 {
            notes.push(format!("{text:?} {missed}"));
        }
    }
    assert!(total > 0, "{}-{}: nothing to read", sample.name, class.name);
    let row = format!("{}-{}: {wrong} of {total} {notes:?}", sample.name, class.name);
    (row, (wrong * 20 > total).then_some(page))
}
