//! A document as ZPL II at 203 or 300 dpi: fields from top to bottom, Latin text and codes by the printer's own commands,
//! other scripts as graphic fields.
//! No queue, no status.

use crate::printer::ink::Ink;
use crate::printer::layout::{Align, Block, Document, Media, RenderError, Size, dots_per_module, qr_modules};
use crate::printer::script;
use crate::printer::text::{clip, fold, pair};

/// Blank border on every side, dots at 203 dpi.
const MARGIN: u32 = 16;
/// Blank between blocks, dots at 203 dpi.
const GAP: u32 = 6;
/// Height of a bar code, dots at 203 dpi.
const BARS: u32 = 64;
/// Dots of one bar-code module at 203 dpi: the least that 203 dpi scanners read safely.
const BAR_MODULE: u32 = 2;

/// Height and (mean) width of a character in dots.
const fn face(size: Size, media: Media) -> (u32, u32) {
    let (height, width) = match size {
        Size::Small => (16, 8),
        Size::Normal => (26, 14),
        Size::Large => (40, 21),
        Size::Huge => (64, 34),
    };
    (media.head.scaled(height), media.head.scaled(width))
}

/// The document as one label, `^XA` to `^XZ`.
///
/// # Errors
/// [`RenderError`]; a label is whole or there is none.
pub fn render(document: &Document, media: Media) -> Result<Vec<u8>, RenderError> {
    let mut fields = String::new();
    let (margin, gap) = (margin(media), media.head.scaled(GAP));
    let per_mm = media.head.dots_per_mm();
    let mut y = margin;
    for block in &document.blocks {
        let height = match block {
            Block::Text { text, size, align } => text_field(&mut fields, media, y, text, *size, *align)?,
            Block::Pair { left, right } => pair_field(&mut fields, media, y, left, right)?,
            Block::Qr { text, size_mm } => qr_field(&mut fields, media, y, text, u32::from(*size_mm))?,
            Block::Gs1Code128 { digits, tail } => gs1_field(&mut fields, media, y, digits, tail)?,
            Block::Gs1Matrix { elements, size_mm } => {
                matrix_field(&mut fields, media, y, elements, u32::from(*size_mm))?
            }
            Block::Rule => rule_field(&mut fields, media, y),
            // No drawer hangs on a label printer.
            Block::Drawer => 0,
        };
        y += if height == 0 { 0 } else { height + gap };
    }
    let needed = y - gap + margin;
    let have = media.height_mm.map(u32::from);
    if let Some(have_mm) = have.filter(|mm| needed > mm * per_mm) {
        return Err(RenderError::TooTall { needed_mm: needed.div_ceil(per_mm), have_mm });
    }
    let length = have.map_or(needed, |mm| mm * per_mm);
    let head = format!("^XA^PW{}^LL{length}^LH0,0^LS0\n", media.width_dots());
    Ok(format!("{head}{fields}^PQ1^XZ\n").into_bytes())
}

fn margin(media: Media) -> u32 {
    media.head.scaled(MARGIN)
}

fn inner(media: Media) -> u32 {
    media.width_dots().saturating_sub(2 * margin(media))
}

fn text_field(
    out: &mut String,
    media: Media,
    y: u32,
    text: &str,
    size: Size,
    align: Align,
) -> Result<u32, RenderError> {
    let (height, width) = face(size, media);
    let columns = usize::try_from(inner(media) / width).unwrap_or(0);
    let Ok(plain) = fold(text) else {
        let (em, weight) = size.drawn();
        let ink = script::set(text, media.head.scaled(em), weight, inner(media))?;
        let left = match align {
            Align::Left => 0,
            Align::Centre => (inner(media) - ink.width()) / 2,
        };
        return Ok(graphic(out, &ink, margin(media) + left, y));
    };
    let words = clip(&plain, columns);
    let justify = match align {
        Align::Left => 'L',
        Align::Centre => 'C',
    };
    let (margin, box_width) = (margin(media), inner(media));
    let escaped = escape(&words);
    // A block's text knows a line break and a soft hyphen: none of them gets through `escape`.
    out.push_str(&format!(
        "^FO{margin},{y}^A0N,{height},{width}^FB{box_width},1,0,{justify},0^FH_^FD{escaped}^FS\n"
    ));
    Ok(height)
}

fn pair_field(out: &mut String, media: Media, y: u32, left: &str, right: &str) -> Result<u32, RenderError> {
    // Two fields, so that the right one stands at the edge whatever the letters' widths.
    let (height, width) = face(Size::Normal, media);
    let columns = usize::try_from(inner(media) / width).unwrap_or(0);
    let (Ok(left), Ok(right)) = (fold(left), fold(right)) else {
        let (em, _) = Size::Normal.drawn();
        return Ok(graphic(
            out,
            &script::pair(left, right, media.head.scaled(em), inner(media))?,
            margin(media),
            y,
        ));
    };
    let joined = pair(&left, &right, columns);
    let right = clip(&right, columns);
    let left = joined.strip_suffix(right.as_str()).unwrap_or_default().trim_end();
    let (margin, box_width) = (margin(media), inner(media));
    for (words, justify) in [(left, 'L'), (right.as_str(), 'R')] {
        let escaped = escape(words);
        out.push_str(&format!(
            "^FO{margin},{y}^A0N,{height},{width}^FB{box_width},1,0,{justify},0^FH_^FD{escaped}^FS\n"
        ));
    }
    Ok(height)
}

/// A picture with its corner at `x`, `y`: bytes of the whole, bytes of a row, the dots in hexadecimal.
fn graphic(out: &mut String, ink: &Ink, x: u32, y: u32) -> u32 {
    let (bytes, row) = (ink.bytes().len(), ink.row_bytes());
    if bytes == 0 {
        return 0;
    }
    let dots: String = ink.bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    out.push_str(&format!("^FO{x},{y}^GFA,{bytes},{bytes},{row},{dots}^FS\n"));
    ink.height()
}

fn qr_field(out: &mut String, media: Media, y: u32, text: &str, size_mm: u32) -> Result<u32, RenderError> {
    let (_, side) = qr_modules(text)?;
    let too_long = || RenderError::QrTooLong(text.to_owned());
    let fits = size_mm.min(u32::from(media.width_mm));
    // The printer takes 1 to 10 dots a module.
    let dots = dots_per_module(fits, side, media.head).ok_or_else(too_long)?.min(10);
    let edge = side * dots;
    let x = media.width_dots().saturating_sub(edge) / 2;
    // The quiet zone of four modules is above and below; beside is enough room.
    let top = y + 4 * dots;
    let escaped = escape(&fold(text)?);
    out.push_str(&format!("^FO{x},{top}^BQN,2,{dots}^FH_^FDMA,{escaped}^FS\n"));
    Ok(edge + 8 * dots)
}

fn matrix_field(
    out: &mut String,
    media: Media,
    y: u32,
    elements: &str,
    size_mm: u32,
) -> Result<u32, RenderError> {
    let room = (size_mm * media.head.dots_per_mm()).min(inner(media));
    let ink = Ink::gs1_matrix(elements, room, media.head.scaled(3))?;
    Ok(graphic(out, &ink, (media.width_dots() - ink.width()) / 2, y))
}

fn gs1_field(out: &mut String, media: Media, y: u32, digits: &str, tail: &str) -> Result<u32, RenderError> {
    let tail = fold(tail)?;
    // Start C, FNC1, digit pairs, change to B, the tail, check digit: 11 modules each; 13 for the stop; 20 quiet.
    let symbols = u32::try_from(4 + digits.len() / 2 + tail.len()).unwrap_or(u32::MAX);
    let module = media.head.scaled(BAR_MODULE);
    let width = symbols.saturating_mul(11).saturating_add(13 + 20).saturating_mul(module);
    if width > media.width_dots() || !digits.len().is_multiple_of(2) {
        return Ok(0);
    }
    let x = (media.width_dots() - width) / 2 + 10 * module;
    let bars = media.head.scaled(BARS);
    // `>` commands the encoder; in data it is `>0`.
    let data = escape(&tail.replace('>', ">0"));
    out.push_str(&format!("^FO{x},{y}^BY{module}^BCN,{bars},Y,N,N,N^FH_^FD>;>8{digits}>6{data}^FS\n"));
    // The printed line below the bars is as high as a normal line.
    Ok(bars + face(Size::Normal, media).0)
}

fn rule_field(out: &mut String, media: Media, y: u32) -> u32 {
    let (margin, width, thick) = (margin(media), inner(media), media.head.scaled(2));
    out.push_str(&format!("^FO{margin},{y}^GB{width},{thick},{thick}^FS\n"));
    thick
}

/// Escapes what commands the printer: `^`, `~`, the escape sign `_` itself, and `\`, which breaks lines in a block.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'^' | b'~' | b'_' | b'\\' => safe.push_str(&format!("_{byte:02X}")),
            b' '..=b'}' => safe.push(char::from(byte)),
            // `fold` lets nothing else through.
            0..=0x1f | 0x7f..=0xff => safe.push_str(&format!("_{byte:02X}")),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::layout::Head;

    const LABEL: Media = Media { width_mm: 50, height_mm: Some(50), head: Head::Dpi203 };

    fn zpl(document: &Document) -> String {
        String::from_utf8(render(document, LABEL).unwrap()).unwrap()
    }

    #[test]
    fn text_cannot_command_the_printer() {
        let mut document = Document::default();
        document.text("^XZ~JA_\\&^FS", Size::Normal, Align::Left);
        let out = zpl(&document);
        assert!(out.contains("^FD_5EXZ_7EJA_5F_5C&_5EFS^FS"), "{out}");
        assert_eq!((out.matches("^XZ").count(), out.matches('~').count()), (1, 0));
    }

    #[test]
    fn devanagari_is_a_graphic_field_beside_native_latin() {
        let mut document = Document::default();
        document.text("4K7", Size::Huge, Align::Centre).text("दूध", Size::Normal, Align::Left);
        document.block(Block::Pair { left: "चावल".into(), right: "2".into() });
        let out = zpl(&document);
        assert!(out.contains("^FD4K7^FS"), "{out}");
        for field in out.split("^GFA,").skip(1) {
            let numbers: Vec<usize> =
                field.split(',').take(3).map(|number| number.parse().unwrap()).collect();
            let dots = field.split(',').nth(3).unwrap().split('^').next().unwrap();
            assert_eq!((numbers[0], dots.len()), (numbers[1], numbers[0] * 2));
            assert!(numbers[0].is_multiple_of(numbers[2]) && numbers[2] <= 46);
        }
        assert_eq!(out.matches("^GFA,").count(), 2);
    }

    #[test]
    fn a_label_too_tall_is_refused() {
        let mut document = Document::default();
        for _ in 0..20 {
            document.text("line", Size::Normal, Align::Left);
        }
        assert!(matches!(render(&document, LABEL), Err(RenderError::TooTall { have_mm: 50, .. })));
        assert!(render(&document, Media { height_mm: None, ..LABEL }).is_ok());
    }

    #[test]
    fn the_bar_code_is_left_out_where_it_cannot_be_read() {
        let mut document = Document::default();
        let digits = "01095213211099951726123".to_owned() + "1";
        document.block(Block::Gs1Code128 { digits, tail: "10L-7".into() }).text(
            "x",
            Size::Small,
            Align::Left,
        );
        assert!(!zpl(&document).contains("^BC"));
        let wide =
            render(&document, Media { width_mm: 100, height_mm: Some(50), head: Head::Dpi203 }).unwrap();
        assert!(String::from_utf8(wide).unwrap().contains("^FD>;>8010952132110999517261231>610L-7^FS"));
    }
}
