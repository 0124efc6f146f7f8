//! A document as ESC/POS: Latin text in the printer's own fonts, other scripts and codes as raster in bands.
//! No queue, no status.

use crate::printer::ink::Ink;
use crate::printer::layout::{Align, Block, Document, Media, RenderError, Size, dots_per_module, qr_modules};
use crate::printer::script;
use crate::printer::text::{clip, fold, pair};

const ESC: u8 = 0x1b;
const GS: u8 = 0x1d;
const LF: u8 = b'\n';

/// Rows of one raster band: small printers hold no more in their buffer.
const BAND_ROWS: usize = 64;

/// The bytes that begin every job: reset, then the code page whose first half is ASCII (PC437).
pub const INIT: [u8; 5] = [ESC, b'@', ESC, b't', 0];

/// The bytes that end every job: feed and partial cut.
pub const CUT: [u8; 4] = [GS, b'V', b'B', 0];

/// A font, its magnification and its cell width in dots.
struct Face {
    font: u8,
    scale: u8,
    cell_dots: u32,
}

const fn face(size: Size) -> Face {
    match size {
        Size::Small => Face { font: 1, scale: 0x00, cell_dots: 9 },
        Size::Normal => Face { font: 0, scale: 0x00, cell_dots: 12 },
        Size::Large => Face { font: 0, scale: 0x11, cell_dots: 24 },
        Size::Huge => Face { font: 0, scale: 0x22, cell_dots: 36 },
    }
}

/// The document as one job, from [`INIT`] to [`CUT`].
///
/// # Errors
/// [`RenderError`]; a job is whole or there is none.
pub fn render(document: &Document, media: Media) -> Result<Vec<u8>, RenderError> {
    let mut out = INIT.to_vec();
    for block in &document.blocks {
        match block {
            Block::Text { text, size, align } => match fold(text) {
                Ok(plain) => line(&mut out, &clip(&plain, columns(media, *size)), *size, *align),
                Err(_) => {
                    let (em, weight) = size.drawn();
                    raster(&mut out, &script::set(text, em, weight, media.width_dots())?, *align);
                }
            },
            Block::Pair { left, right } => match (fold(left), fold(right)) {
                (Ok(left), Ok(right)) => {
                    let words = pair(&left, &right, columns(media, Size::Normal));
                    line(&mut out, &words, Size::Normal, Align::Left);
                }
                (Err(_), _) | (_, Err(_)) => {
                    let (em, _) = Size::Normal.drawn();
                    raster(&mut out, &script::pair(left, right, em, media.width_dots())?, Align::Left);
                }
            },
            Block::Rule => {
                line(&mut out, &"-".repeat(columns(media, Size::Normal)), Size::Normal, Align::Left)
            }
            Block::Qr { text, size_mm } => qr(&mut out, text, u32::from(*size_mm), media)?,
            // Bar codes differ too much between receipt printers; the QR above says the same.
            Block::Gs1Code128 { .. } => {}
        }
    }
    out.extend([ESC, b'd', 3]);
    out.extend(CUT);
    Ok(out)
}

fn columns(media: Media, size: Size) -> usize {
    usize::try_from(media.width_dots() / face(size).cell_dots).unwrap_or(0)
}

fn line(out: &mut Vec<u8>, text: &str, size: Size, align: Align) {
    let Face { font, scale, .. } = face(size);
    out.extend([ESC, b'a', u8::from(align == Align::Centre), ESC, b'M', font, GS, b'!', scale]);
    out.extend(text.as_bytes());
    out.push(LF);
}

fn qr(out: &mut Vec<u8>, text: &str, size_mm: u32, media: Media) -> Result<(), RenderError> {
    let (_, side) = qr_modules(text)?;
    let dots = dots_per_module(size_mm.min(u32::from(media.width_mm)), side);
    let dots = dots.ok_or_else(|| RenderError::QrTooLong(text.to_owned()))?;
    raster(out, &Ink::qr(text, dots)?, Align::Centre);
    out.push(LF);
    Ok(())
}

/// Dots in bands; the paper moves on by their rows.
fn raster(out: &mut Vec<u8>, ink: &Ink, align: Align) {
    if ink.width() == 0 {
        return;
    }
    out.extend([ESC, b'a', u8::from(align == Align::Centre)]);
    for band in ink.bytes().chunks(BAND_ROWS * ink.row_bytes()) {
        let rows = band.len() / ink.row_bytes();
        let [width_low, width_high] = sixteen(ink.row_bytes());
        let [rows_low, rows_high] = sixteen(rows);
        out.extend([GS, b'v', b'0', 0, width_low, width_high, rows_low, rows_high]);
        out.extend(band);
    }
}

fn sixteen(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIPT: Media = Media { width_mm: 72, height_mm: None };

    #[test]
    fn a_job_begins_with_reset_and_ends_with_the_cut() {
        let mut document = Document::default();
        document.text("Hello", Size::Large, Align::Centre);
        let bytes = render(&document, RECEIPT).unwrap();
        assert!(bytes.starts_with(&INIT) && bytes.ends_with(&CUT));
        let want = [&[ESC, b'a', 1, ESC, b'M', 0, GS, b'!', 0x11][..], b"Hello\n"].concat();
        assert!(bytes.windows(want.len()).any(|window| window == want));
    }

    #[test]
    fn long_lines_are_clipped_to_the_columns_of_their_size() {
        let mut document = Document::default();
        document.text("x".repeat(200), Size::Huge, Align::Left);
        document.block(Block::Pair { left: "y".repeat(200), right: "3".into() });
        let bytes = render(&document, RECEIPT).unwrap();
        let longest = bytes.split(|b| *b == LF).map(|l| l.iter().filter(|b| b"xy~3 ".contains(b)).count());
        assert_eq!(longest.max(), Some(48));
    }

    #[test]
    fn devanagari_is_drawn_and_a_script_without_a_font_is_refused_whole() {
        let mut document = Document::default();
        document.text("Milk", Size::Normal, Align::Left).text("दूध", Size::Normal, Align::Left);
        let bytes = render(&document, RECEIPT).unwrap();
        assert!(bytes.windows(5).any(|window| window == b"Milk\n"), "Latin stays native");
        assert!(bytes.windows(4).any(|window| window == [GS, b'v', b'0', 0]));
        document.text("பால்", Size::Normal, Align::Left);
        assert!(matches!(render(&document, RECEIPT), Err(RenderError::NoGlyph { sign: 'ப', .. })));
    }

    #[test]
    fn a_code_too_long_for_its_square_is_refused() {
        let mut document = Document::default();
        document.block(Block::Qr { text: "x".repeat(400), size_mm: 15 });
        assert!(matches!(render(&document, RECEIPT), Err(RenderError::QrTooLong(_))));
    }

    #[test]
    fn bands_add_up_to_the_whole_square() {
        let mut document = Document::default();
        document.block(Block::Qr { text: "LB:4K7-1-9F3A".into(), size_mm: 28 });
        let bytes = render(&document, RECEIPT).unwrap();
        let heads: Vec<usize> =
            (0..bytes.len() - 8).filter(|at| bytes[*at..].starts_with(&[GS, b'v', b'0', 0])).collect();
        let rows: usize =
            heads.iter().map(|at| usize::from(bytes[at + 6]) + 256 * usize::from(bytes[at + 7])).sum();
        let width = usize::from(bytes[heads[0] + 4]);
        assert!(heads.len() > 1 && rows.div_ceil(8) == width, "{rows} rows, {width} bytes");
    }
}
