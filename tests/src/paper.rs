//! What can be read from printed paper: labels drawn by an independent renderer (ZPL by labelize, ESC/POS raster by the
//! reader here, written from the command reference), codes read by zbarimg. Shares no code with our drivers.

use anyhow::Context;
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Instant;

/// Pictures that one run of zbarimg gets: its start costs more than a picture.
const AT_ONCE: usize = 32;
/// Readers beside each other.
const READERS: usize = 2;

/// The code of each paper that was looked at; `None`: none that a scanner reads, or not the one that the paper says in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Read(pub Vec<Option<String>>);

/// Reads bag labels as sent to a ZPL printer; all of them, or those that it comes to before `until`.
pub fn read_zpl(jobs: &[Vec<u8>], until: Option<Instant>) -> Read {
    read(jobs, until, |job| {
        let options = labelize::RenderOptions {
            language: Some(labelize::Language::Zpl),
            width_mm: Some(50.0),
            height_mm: Some(50.0),
            ..labelize::RenderOptions::default()
        };
        labelize::render_png(job, options).ok().map(|png| png.bytes)
    })
}

/// Reads delivery slips as sent to an ESC/POS printer of 72 mm; all of them, or those that it comes to before `until`.
pub fn read_escpos(jobs: &[Vec<u8>], until: Option<Instant>) -> Read {
    read(jobs, until, |job| draw_escpos(job, 576))
}

fn read(jobs: &[Vec<u8>], until: Option<Instant>, draw: impl Fn(&[u8]) -> Option<Vec<u8>> + Sync) -> Read {
    let share = jobs.len().div_ceil(READERS).max(1);
    let codes: Vec<Option<String>> = std::thread::scope(|scope| {
        let readers: Vec<_> =
            jobs.chunks(share).map(|jobs| scope.spawn(|| some_codes(jobs, until, &draw))).collect();
        readers.into_iter().flat_map(|reader| reader.join().unwrap_or_default()).collect()
    });
    Read(codes)
}

/// For each paper that was looked at its code, if it is the right one.
fn some_codes(
    jobs: &[Vec<u8>],
    until: Option<Instant>,
    draw: &impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> Vec<Option<String>> {
    let mut all = Vec::new();
    for few in jobs.chunks(AT_ONCE) {
        if until.is_some_and(|until| Instant::now() >= until) {
            break;
        }
        let pictures: Vec<_> = few.iter().map(|job| draw(job)).collect();
        let codes = decode(&pictures).unwrap_or_default();
        let right =
            |(place, job): (usize, &Vec<u8>)| codes.get(&place).filter(|code| names(job, code)).cloned();
        all.extend(few.iter().enumerate().map(right));
    }
    all
}

/// A bag code that our own scanner driver understands, with the order's number that the paper shows in words. A printer that
/// draws the code itself gets its text in the job, too: that is not for people, and does not count.
fn names(job: &[u8], code: &str) -> bool {
    let Ok(device_drivers::scanner::Scan::Bag(bag)) = device_drivers::scanner::parse_scan(code.as_bytes())
    else {
        return false;
    };
    let number = bag.as_str().split('-').next().unwrap_or("");
    let words = String::from_utf8_lossy(job).replace(code, "");
    !number.is_empty() && words.match_indices(number).any(|(at, _)| stands_alone(&words, at, number.len()))
}

/// Whether what stands there is a word, not a part of one; a field of ZPL begins right after `^FD`.
fn stands_alone(words: &str, at: usize, length: usize) -> bool {
    let (before, after) = (words.get(..at).unwrap_or(""), words.get(at + length..).unwrap_or(""));
    let part = |sign: Option<char>| sign.is_some_and(|sign| sign.is_ascii_alphanumeric());
    (before.ends_with("^FD") || !part(before.chars().next_back())) && !part(after.chars().next())
}

/// Whether codes can be read here at all.
///
/// # Errors
/// Without zbarimg, with where it comes from.
pub fn can_read() -> anyhow::Result<()> {
    let version = Command::new("zbarimg").arg("--version").output();
    version
        .map(drop)
        .context("zbarimg is needed to read printed labels: `make demo` installs it (Debian's zbar-tools)")
}

/// The first code that zbarimg reads in each picture, by the picture's place.
fn decode(pictures: &[Option<Vec<u8>>]) -> Option<BTreeMap<usize, String>> {
    let folder = tempfile::tempdir().ok()?;
    let mut zbar = Command::new("zbarimg");
    zbar.current_dir(folder.path()).args(["--quiet", "--xml", "-Sdisable", "-Sqrcode.enable"]);
    for (place, png) in pictures.iter().enumerate().filter_map(|(place, png)| Some((place, png.as_ref()?))) {
        let file = format!("{place}.png");
        std::fs::write(folder.path().join(&file), png).ok()?;
        zbar.arg(file);
    }
    let text = String::from_utf8(zbar.output().ok()?.stdout).ok()?;
    // <source href='7.png'> ... <data><![CDATA[LB:4BQM-1-C95D]]></data>
    let sources = text.split("<source href='").skip(1).filter_map(|source| {
        let (place, rest) = source.split_once(".png'")?;
        let (_, data) = rest.split_once("<![CDATA[")?;
        Some((place.parse().ok()?, data.split_once("]]>")?.0.to_owned()))
    });
    Some(sources.collect())
}

fn draw_escpos(bytes: &[u8], width: usize) -> Option<Vec<u8>> {
    let mut rows: Vec<Vec<bool>> = Vec::new();
    let (mut at, mut centred) = (0, false);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        at += match rest {
            [0x1b, b'@', ..] => 2,
            [0x1b, b'a', n, ..] => {
                centred = *n == 1;
                3
            }
            [0x1b, _, _, ..] | [0x1d, b'!', _, ..] => 3,
            [0x1d, b'V', _, _, ..] => 4,
            [0x1d, b'v', b'0', _, wl, wh, hl, hh, data @ ..] => {
                let (wide, high) = (word(*wl, *wh), word(*hl, *hh));
                let left = if centred { (width.saturating_sub(wide * 8)) / 2 } else { 0 };
                for row in data.get(..wide * high)?.chunks(wide) {
                    let dots = row.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0));
                    rows.push(std::iter::repeat_n(false, left).chain(dots).collect());
                }
                8 + wide * high
            }
            [b'\n', ..] => {
                rows.extend(vec![Vec::new(); 24]);
                1
            }
            // Real-time status requests (DLE EOT n) may stand between jobs.
            [0x10, 0x04, _, ..] => 3,
            _ => 1,
        };
    }
    let height = u32::try_from(rows.len()).ok()?;
    let picture = image::GrayImage::from_fn(u32::try_from(width).ok()?, height, |x, y| {
        let dark = rows.get(y as usize).and_then(|row| row.get(x as usize)).copied().unwrap_or(false);
        image::Luma([if dark { 0 } else { 255 }])
    });
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).ok()?;
    Some(png.into_inner())
}

fn word(low: u8, high: u8) -> usize {
    usize::from(low) + 256 * usize::from(high)
}

#[cfg(test)]
mod tests {
    use super::names;
    use device_drivers::scanner::{Scan, parse_scan};

    const CODE: &str = "LB:4BQM-1-C95D";

    fn zpl(words: &str) -> Vec<u8> {
        format!("^XA^FO0,0^FH_^FD{words}^FS^FO0,90^BQN,2,6^FDMA,{CODE}^FS^XZ").into_bytes()
    }

    #[test]
    fn the_number_in_words_is_wanted_beside_the_code() {
        assert!(matches!(parse_scan(CODE.as_bytes()), Ok(Scan::Bag(_))));
        assert!(names(&zpl("4BQM  1/2"), CODE));
        assert!(!names(&zpl("4BQN  1/2"), CODE), "another order's words around this order's code");
        assert!(!names(&zpl(""), CODE), "the code alone is nothing that a person reads");
        assert!(!names(&zpl("A4BQM7"), CODE));
        assert!(names(b"\x1b@\x1d!\x114BQM\n\x1dv0...", CODE), "a picture has no text in the job");
    }
}
