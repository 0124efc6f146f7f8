//! What can be read from printed paper: labels drawn by an independent renderer (ZPL by labelize, ESC/POS raster by the
//! reader here, written from the command reference), codes read by zbarimg. Shares no code with our drivers.

use std::path::Path;
use std::process::Command;

/// Labels looked at in one report; decoding takes some 50 ms each.
const LOOK_AT_MOST: usize = 60;

/// How many labels were looked at, and how many said what they should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// Drawn and decoded.
    pub looked_at: usize,
    /// Of them, with a bag code that a scanner reads.
    pub right: usize,
}

/// Reads bag labels as sent to a ZPL printer.
pub fn read_zpl(jobs: &[Vec<u8>]) -> Read {
    read(jobs, |job| {
        let options = labelize::RenderOptions {
            language: Some(labelize::Language::Zpl),
            width_mm: Some(50.0),
            height_mm: Some(50.0),
            ..labelize::RenderOptions::default()
        };
        labelize::render_png(job, options).ok().map(|png| png.bytes)
    })
}

/// Reads delivery slips as sent to an ESC/POS printer of 72 mm.
pub fn read_escpos(jobs: &[Vec<u8>]) -> Read {
    read(jobs, |job| draw_escpos(job, 576))
}

fn read(jobs: &[Vec<u8>], draw: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Read {
    let Ok(folder) = tempfile::tempdir() else { return Read { looked_at: 0, right: 0 } };
    let step = jobs.len().div_ceil(LOOK_AT_MOST).max(1);
    let seen: Vec<bool> = jobs
        .iter()
        .step_by(step)
        .map(|job| {
            draw(job).is_some_and(|png| decode(&png, folder.path()).is_some_and(|code| names(job, &code)))
        })
        .collect();
    Read { looked_at: seen.len(), right: seen.iter().filter(|right| **right).count() }
}

/// A bag code that our own scanner driver understands, with the order's number that the paper shows in words.
fn names(job: &[u8], code: &str) -> bool {
    let Ok(device_drivers::scanner::Scan::Bag(bag)) = device_drivers::scanner::parse_scan(code.as_bytes())
    else {
        return false;
    };
    let number = bag.as_str().split('-').next().unwrap_or("");
    let text = String::from_utf8_lossy(job);
    !number.is_empty() && text.matches(number).count() >= 1
}

/// The first code that zbarimg reads.
fn decode(png: &[u8], folder: &Path) -> Option<String> {
    let file = folder.join("label.png");
    std::fs::write(&file, png).ok()?;
    let output = Command::new("zbarimg").arg("--quiet").arg(&file).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().find_map(|line| line.strip_prefix("QR-Code:")).map(str::to_owned)
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
