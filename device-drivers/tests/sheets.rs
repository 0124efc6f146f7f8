//! Every paper of the house, in both languages, on every class of printer, as a picture: codes read by other people's
//! readers and fed to our own scanner driver, Hindi read back by tesseract. `LARDER_PAPERS=DIR` keeps the pictures.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

mod paper;
mod samples;

use std::path::Path;
use std::process::Command;

use device_drivers::printer::sheet::Tongue;
use device_drivers::printer::{Block, Document, Head, Language, Media, Profile, Size, escpos, script};
use samples::{
    BARS, DATA_MATRIX, MATRIX, QR, Sample, on_every_core, samples, says_what_was_printed, zbar, zxing,
};

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
    /// What it can do, where it speaks ESC/POS.
    profile: Profile,
}

impl Class {
    /// Dots of a line of text that is drawn.
    fn room(&self) -> u32 {
        match self.language {
            Language::Escpos => self.profile.canvas().0,
            Language::Zpl => self.media.width_dots() - 2 * self.media.head.scaled(16),
        }
    }

    /// Em square and strokes of text that is drawn.
    fn drawn(&self, size: Size) -> (u32, script::Weight) {
        let (em, weight) = size.drawn();
        (self.media.head.scaled(em), weight)
    }

    /// Lines on which a text may be drawn.
    fn lines(&self) -> usize {
        match self.language {
            Language::Escpos => self.profile.drawn_lines(),
            Language::Zpl => 1,
        }
    }
}

/// The classes that print a paper: ESC/POS on 58 and 80 mm by rows of dots, on 80 mm by columns and by needles, ZPL at these
/// resolutions.
fn classes(sample: &Sample, heads: &[Head]) -> Vec<Class> {
    let receipt = |(name, width_mm, model): (&str, u16, Option<&str>)| {
        let media = Media { width_mm, height_mm: None, head: Head::Dpi203 };
        let profile = model.map_or(Profile::standard(media), |name| *Profile::named(name).unwrap());
        assert_eq!(profile.dots, media.width_dots());
        Class { name: name.to_owned(), language: Language::Escpos, media, profile }
    };
    let labels: &[(u16, u16)] = if sample.long { &[(100, 150)] } else { &[(50, 50), (100, 50)] };
    let label = |head: Head| {
        labels.iter().map(move |(width_mm, height_mm)| {
            let media = Media { width_mm: *width_mm, height_mm: Some(*height_mm), head };
            let (name, profile) = (format!("{head:?}-{width_mm}mm"), Profile::standard(media));
            Class { name, language: Language::Zpl, media, profile }
        })
    };
    [
        ("58mm", 48, None),
        ("80mm", 72, None),
        ("80mm-columns", 72, Some("TH230")),
        ("76mm-needles", 50, Some("TM-U220")),
    ]
    .map(receipt)
    .into_iter()
    .chain(heads.iter().copied().flat_map(label))
    .collect()
}

/// A paper as it comes out of a printer: ESC/POS by the strict reader, ZPL by labelize.
fn picture(sample: &Sample, class: &Class) -> Vec<u8> {
    let media = class.media;
    match class.language {
        Language::Escpos => {
            let bytes = escpos::render_for(&sample.document, &class.profile).unwrap();
            paper::draw(&bytes, &class.profile).unwrap().png(2)
        }
        Language::Zpl => {
            let bytes = class.language.render(&sample.document, media).unwrap();
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
                for (reader, read) in [("zxing", zxing(&[file]).remove(0)), ("zbar", zbar(&png))] {
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

/// The Devanagari texts of a document, each as far as its line has room for it on this paper.
fn hindi(document: &Document, class: &Class) -> Vec<String> {
    let room = class.room();
    let fits = |text: &str, size: Size, room: u32| {
        let (em, weight) = class.drawn(size);
        let lines = script::broken(text, em, weight, room, class.lines()).unwrap();
        lines.iter().map(|line| as_far_as_it_fits(line, em, weight, room)).collect()
    };
    let texts = document.blocks.iter().flat_map(|block| match block {
        Block::Text { text, size, .. } => fits(text, *size, room),
        Block::Pair { left, right } => {
            let (em, weight) = class.drawn(Size::Normal);
            let wide = |text: &str, weight| script::width(text, em, weight).unwrap();
            let taken = wide(right, script::Weight::Bold) + em / 2;
            let beside = class.lines() == 1 || wide(left, weight) + taken <= room;
            let room = if beside { room - taken } else { room };
            let mut texts: Vec<String> = fits(left, Size::Normal, room);
            texts.push(right.clone());
            texts
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
    let wide = |text: &str| script::width(text, em, weight).unwrap();
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
    let rows: Vec<(String, Option<String>)> =
        on_every_core(&work, |(sample, class)| read_back(sample, class, tempfile::tempdir().unwrap().path()));
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
