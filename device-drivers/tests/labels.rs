//! Labels through independent readers: ZPL drawn by labelize, ESC/POS drawn by the small interpreter here, both decoded
//! by zbarimg, and what it reads fed to our own scanner parser: the same bag, the same GTIN, lot and expiry.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

use std::path::Path;
use std::process::Command;

use device_drivers::printer::sheet::Tongue;
use device_drivers::printer::{Head, Language, Media, Press, compose};
use device_drivers::scanner::{Scan, parse_scan};
use firmware_config::{PaperLanguage, Settings};
use model::mqtt::{Label, ManifestLine, Name, PickListLine};
use model::{BagId, LotId, Paise, PrintJobId, Timestamp};

fn job() -> PrintJobId {
    PrintJobId::new(Timestamp::from_ms(1_795_000_000_000), 7)
}

fn bag(code: &str) -> Label {
    Label::Bag {
        number: "4K7".into(),
        bag: 1,
        of: 2,
        code: code.into(),
        cold: true,
        fragile: true,
        first_name: "Ravi ^XZ~JA_".into(),
        duplicate: true,
    }
}

fn delivery(code: &str) -> Label {
    Label::Delivery {
        number: "4K7".into(),
        code: code.into(),
        bags: 2,
        first_name: "Ravi".into(),
        lines: vec![
            ("Toor dal, 1 kg".into(), 2),
            ("A name much longer than any line of this paper ever is".into(), 1),
        ],
        cod: Paise::new(45_050),
        promise: "19:42".into(),
        duplicate: false,
    }
}

/// What zbarimg reads: lines `TYPE:data`.
fn decode(png: &[u8], folder: &Path) -> Vec<String> {
    let file = folder.join("label.png");
    std::fs::write(&file, png).unwrap();
    let run = Command::new("zbarimg").arg("--quiet").arg(&file).output();
    let output = run.unwrap_or_else(|error| panic!("zbarimg (apt-get install zbar-tools): {error}"));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn zpl_png(label: &Label, media: Media) -> Vec<u8> {
    let zpl = Language::Zpl.render(&compose(label, job(), Tongue::English), media).unwrap();
    let options = labelize::RenderOptions {
        language: Some(labelize::Language::Zpl),
        width_mm: Some(f64::from(media.width_mm)),
        height_mm: media.height_mm.map(f64::from),
        ..labelize::RenderOptions::default()
    };
    labelize::render_png(&zpl, options).unwrap().bytes
}

const SMALL: Media = Media { width_mm: 50, height_mm: Some(50), head: Head::Dpi203 };
const WIDE: Media = Media { width_mm: 100, height_mm: Some(50), head: Head::Dpi203 };

#[test]
fn a_bag_label_of_a_zpl_printer_scans_as_its_bag() {
    let folder = tempfile::tempdir().unwrap();
    let png = zpl_png(&bag("LB:4K7-1-9F3A"), SMALL);
    let read = decode(&png, folder.path());
    assert_eq!(read, ["QR-Code:LB:4K7-1-9F3A"]);
    let text = read[0].strip_prefix("QR-Code:").unwrap();
    assert_eq!(parse_scan(text.as_bytes()), Ok(Scan::Bag(BagId::new("4K7-1-9F3A").unwrap())));
}

#[test]
fn the_longest_bag_code_still_scans() {
    let folder = tempfile::tempdir().unwrap();
    let code = format!("LB:{}", "X1-".repeat(13));
    assert_eq!(decode(&zpl_png(&bag(&code), SMALL), folder.path()), [format!("QR-Code:{code}")]);
}

#[test]
fn a_lot_label_scans_as_gs1_or_as_its_lot() {
    let folder = tempfile::tempdir().unwrap();
    let lot = |gtin: &str| Label::Lot {
        name: "Curd 400 g".into(),
        gtin: gtin.into(),
        code: "LL:CRD-2611A".into(),
        expiry: "2026-12-31".into(),
        duplicate: true,
    };
    let read = decode(&zpl_png(&lot("09521321109995"), WIDE), folder.path());
    let bars =
        read.iter().find_map(|line| line.strip_prefix("CODE-128:")).unwrap_or_else(|| panic!("{read:?}"));
    // A scanner sets ]C1 before a Code 128 that begins with FNC1; zbarimg leaves the sign out.
    let Ok(Scan::Gs1(goods)) = parse_scan(format!("]C1{bars}").as_bytes()) else { panic!("{bars:?}") };
    assert_eq!(goods.gtin.as_gtin14(), "09521321109995");
    assert_eq!(goods.lot.as_deref(), Some("CRD-2611A"));
    assert_eq!(goods.expiry.unwrap().to_string(), "2026-12-31");
    // Without an item there is no GS1 code: our own.
    for media in [SMALL, WIDE] {
        let read = decode(&zpl_png(&lot(""), media), folder.path());
        assert_eq!(read, ["QR-Code:LL:CRD-2611A"]);
    }
    assert_eq!(parse_scan(b"LL:CRD-2611A"), Ok(Scan::Lot(LotId::new("CRD-2611A").unwrap())));
}

#[test]
fn a_delivery_slip_of_a_receipt_printer_scans_as_its_bag() {
    for width_mm in [48, 72] {
        let folder = tempfile::tempdir().unwrap();
        let media = Media { width_mm, height_mm: None, head: Head::Dpi203 };
        let bytes = Language::Escpos
            .render(&compose(&delivery("LB:4K7-1-9F3A"), job(), Tongue::English), media)
            .unwrap();
        let paper = draw_escpos(&bytes, usize::from(width_mm) * 8);
        assert_eq!(decode(&paper.png(), folder.path()), ["QR-Code:LB:4K7-1-9F3A"], "{width_mm} mm");
        let lines: Vec<&str> = paper.text.lines().collect();
        assert!(lines.contains(&"INR 450.50"), "{lines:?}");
        assert!(lines.iter().any(|line| line.ends_with("19:42")), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("~ ") && line.ends_with(" 1")), "{lines:?}");
        assert!(lines.last().unwrap().contains(&format!("job {}", job())), "{lines:?}");
    }
}

/// Every label of the house fits the paper that its printer has by default.
#[test]
fn the_usual_labels_fit_the_usual_paper() {
    let settings = Settings::default();
    let shelf = Label::Shelf {
        name: "A name much longer than any line of this paper ever is".into(),
        bin: "C-11-4".into(),
        code: "LS:C-11-4".into(),
        price: Paise::new(64_900),
        pack: "5 kg".into(),
        duplicate: true,
    };
    let labels = Press::of(Language::Zpl, &settings);
    for label in [bag("LB:4K7-1-9F3A"), shelf.clone()] {
        labels.print(&label, job()).unwrap();
    }
    let receipts = Press::of(Language::Escpos, &settings);
    for label in [bag("LB:4K7-1-9F3A"), delivery("LB:4K7-1-9F3A"), shelf] {
        receipts.print(&label, job()).unwrap();
    }
}

fn both(en: &str, hi: &str) -> Name {
    Name { en: en.into(), hi: hi.into(), ..Name::default() }
}

/// Every paper that can be asked for over MQTT.
fn papers() -> [Label; 8] {
    let (number, code) = ("4K7".to_owned(), "LB:4K7-1-9F3A".to_owned());
    let rice = both("Premium basmati rice, five kilograms", "प्रीमियम बासमती चावल, पाँच किलो");
    let (at, duplicate) = ("19:42".to_owned(), true);
    let line = PickListLine { bin: "C-11-4".into(), name: rice.clone(), units: 2 };
    let goods = ManifestLine { name: rice.clone(), lot: "CRD-2611A".into(), units: 24 };
    let hour = |hour: u32| (format!("{hour:02}:00"), 4_000);
    [
        bag(&code),
        delivery(&code),
        Label::Lot {
            name: rice.clone(),
            gtin: "09521321109995".into(),
            code: "LL:CRD-2611A".into(),
            expiry: "2026-12-31".into(),
            duplicate,
        },
        Label::Shelf {
            name: rice,
            bin: "C-11-4".into(),
            code: "LS:C-11-4".into(),
            price: Paise::new(64_900),
            pack: "5 kg".into(),
            duplicate,
        },
        Label::PickList {
            number: number.clone(),
            code: "LO:0198d2f0-aaaa-7bbb-8ccc-0123456789ab".into(),
            promise: at.clone(),
            lines: vec![line; 20],
            duplicate,
        },
        Label::Transfer {
            number: "TR-118".into(),
            code: "TR-118".into(),
            from: both("Indiranagar", "इंदिरानगर"),
            to: both("Koramangala", "कोरमंगला"),
            lines: vec![goods; 20],
            duplicate,
        },
        Label::Temperature {
            zone: "cold-1".into(),
            sensor: "temp-1".into(),
            day: "2026-11-21".parse().unwrap(),
            readings: (0..24).map(hour).collect(),
            lowest: Some(3_900),
            highest: Some(6_100),
            out_of_range_min: 12,
            duplicate,
        },
        Label::Handover {
            number,
            code,
            rider: "रवि".into(),
            bags: 2,
            cod: Paise::new(45_050),
            at,
            drawer: true,
            duplicate,
        },
    ]
}

/// Every paper in both languages comes out of every model of receipt printer that `store.toml` can name, and those that
/// stick out of every label printer, at both resolutions.
#[test]
fn every_paper_prints_on_every_model_in_both_languages() {
    let mut printed = 0;
    for profile in firmware_config::profiles::all() {
        let Some(language) = Language::of(profile.driver) else { continue };
        for (words, dpi) in [(PaperLanguage::En, None), (PaperLanguage::Hi, Some(300))] {
            let settings = Settings {
                model: Some(profile.id.clone()),
                language: Some(words),
                dpi,
                ..Settings::default()
            };
            let press = Press::of(language, &settings);
            for label in papers().into_iter().filter(|label| language == Language::Escpos || label.sticks()) {
                let bytes =
                    press.print(&label, job()).unwrap_or_else(|e| panic!("{}: {label:?}: {e}", profile.id));
                assert!(bytes.len() > 100);
                printed += 1;
            }
        }
    }
    assert!(printed > 400, "{printed}");
}

/// Names that our fonts lack, in part or as a whole.
const STRANGE: [&str; 5] =
    ["கவிதா", "ಕವಿತಾ Rao", "Asha 😀", "आशा 👨\u{200d}👩\u{200d}👧", "Ravi\u{1b}@\u{202e}"];

/// A Tamil name or an emoji never keeps an order without its labels, on any model that can print them at all.
#[test]
fn an_order_has_its_labels_whatever_the_customer_and_the_goods_are_called() {
    let mut printed = 0;
    for profile in firmware_config::profiles::all() {
        let Some(language) = Language::of(profile.driver) else { continue };
        for (strange, words) in
            STRANGE.into_iter().zip([PaperLanguage::En, PaperLanguage::Hi].into_iter().cycle())
        {
            let settings =
                Settings { model: Some(profile.id.clone()), language: Some(words), ..Settings::default() };
            let press = Press::of(language, &settings);
            for label in papers().into_iter().filter(|label| language == Language::Escpos || label.sticks()) {
                let label = renamed(label, strange);
                let bytes =
                    press.print(&label, job()).unwrap_or_else(|e| panic!("{}: {label:?}: {e}", profile.id));
                assert!(bytes.len() > 100);
                printed += 1;
            }
        }
    }
    assert!(printed > 500, "{printed}");
}

/// Every name on a label is this one; what has a code keeps it.
fn renamed(mut label: Label, strange: &str) -> Label {
    let goods = || Name { en: strange.into(), hi: strange.into(), code: "MLK-0001".into() };
    match &mut label {
        Label::Bag { first_name, .. } => *first_name = strange.into(),
        Label::Delivery { first_name, lines, .. } => {
            *first_name = strange.into();
            lines.iter_mut().for_each(|(name, _)| *name = goods());
        }
        Label::Lot { name, .. } => *name = goods(),
        Label::Shelf { name, pack, .. } => {
            *name = goods();
            *pack = strange.into();
        }
        Label::PickList { lines, .. } => lines.iter_mut().for_each(|line| line.name = goods()),
        Label::Transfer { from, to, lines, .. } => {
            (*from, *to) = (strange.into(), strange.into());
            lines.iter_mut().for_each(|line| line.name = goods());
        }
        Label::Temperature { zone, .. } => *zone = strange.into(),
        Label::Handover { rider, .. } => *rider = strange.into(),
    }
    label
}

/// What can be drawn of it stands on the paper: the letters of the printer read back, the code decoded.
#[test]
fn a_slip_says_the_code_of_goods_and_leaves_out_a_name_that_cannot_be_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let media = Media { width_mm: 72, height_mm: None, head: Head::Dpi203 };
    let slip = |strange: &str| {
        let label = renamed(delivery("LB:4K7-1-9F3A"), strange);
        draw_escpos(&Language::Escpos.render(&compose(&label, job(), Tongue::English), media).unwrap(), 576)
    };
    let tamil = slip("கவிதா");
    assert_eq!(decode(&tamil.png(), folder.path()), ["QR-Code:LB:4K7-1-9F3A"]);
    let lines: Vec<&str> = tamil.text.lines().collect();
    assert!(lines.iter().any(|line| line.starts_with("MLK-0001") && line.ends_with(" 2")), "{lines:?}");
    let emoji = slip("Asha 😀");
    assert_eq!(emoji.text.lines().filter(|line| line.starts_with("Asha")).count(), 3, "{}", emoji.text);
    let bag = renamed(bag("LB:4K7-1-9F3A"), "கவிதா");
    assert_eq!(decode(&zpl_png(&bag, SMALL), folder.path()), ["QR-Code:LB:4K7-1-9F3A"]);
}

/// Paper as an ESC/POS printer leaves it: raster as dots, text as text.
struct Paper {
    width: usize,
    rows: Vec<Vec<bool>>,
    text: String,
}

impl Paper {
    fn png(&self) -> Vec<u8> {
        let width = u32::try_from(self.width).unwrap();
        let height = u32::try_from(self.rows.len()).unwrap();
        let picture = image::GrayImage::from_fn(width, height, |x, y| {
            let dark = self.rows[y as usize].get(x as usize).copied().unwrap_or(false);
            image::Luma([if dark { 0 } else { 255 }])
        });
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        png.into_inner()
    }
}

/// A reader of its own, written from the command reference: it shares no code with the encoder or the simulator.
fn draw_escpos(bytes: &[u8], width: usize) -> Paper {
    let mut paper = Paper { width, rows: Vec::new(), text: String::new() };
    let mut at = 0;
    let mut centred = false;
    while at < bytes.len() {
        at += match &bytes[at..] {
            [0x1b, b'@', ..] => 2,
            [0x1b, b'a', n, ..] => {
                centred = *n == 1;
                3
            }
            [0x1b, b't' | b'M' | b'd', _, ..] | [0x1d, b'!', _, ..] => 3,
            [0x1d, b'V', b'B', _, ..] => 4,
            [0x1d, b'v', b'0', 0, wl, wh, hl, hh, data @ ..] => {
                let bytes_wide = usize::from(*wl) + 256 * usize::from(*wh);
                let high = usize::from(*hl) + 256 * usize::from(*hh);
                let left = if centred { (width - bytes_wide * 8) / 2 } else { 0 };
                for row in data[..bytes_wide * high].chunks(bytes_wide) {
                    let dots = row.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0));
                    paper.rows.push(std::iter::repeat_n(false, left).chain(dots).collect());
                }
                8 + bytes_wide * high
            }
            [b'\n', ..] => {
                paper.text.push('\n');
                // A line of text as white paper, so that the picture has its margins.
                paper.rows.extend(vec![Vec::new(); 24]);
                1
            }
            [sign @ 0x20..=0x7e, ..] => {
                paper.text.push(char::from(*sign));
                1
            }
            other => panic!("a command the printer does not know: {:02x?}", &other[..other.len().min(8)]),
        };
    }
    paper
}
