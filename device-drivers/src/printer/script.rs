//! Text as ink: shapes Devanagari (and the Latin between) with the fonts that are shipped, fills the outlines, cuts what
//! is too long with an ellipsis. Knows no printer.
//!
//! Fonts: Noto Sans Devanagari and Noto Sans, subsets under the SIL Open Font License (`fonts/OFL.txt`, `fonts/subset.sh`).

use std::sync::LazyLock;

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use harfrust::font::glyph::outline::{DrawMemory, DrawOptions, PathSink};
use harfrust::{Buffer, Direction, Font, GlyphId, ShapeOptions, ShaperFont};

use crate::printer::ink::Ink;
use crate::printer::layout::RenderError;

/// How thick the strokes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Running text.
    Regular,
    /// What must be seen first.
    Bold,
}

/// What covers at least this part of a dot burns it: a little under half, for thin strokes spread little on thermal paper.
const BURNS_AT: f32 = 0.42;
/// Units of an em in the shipped fonts.
const UNITS: f32 = 1_000.0;
/// Above the baseline, in parts of the em: the highest mark over a Devanagari letter.
const ASCENT: f32 = 0.98;
/// Below the baseline, in parts of the em: the lowest mark under one.
const DESCENT: f32 = 0.38;

struct Family {
    devanagari: Option<Font>,
    latin: Option<Font>,
}

impl Family {
    /// The one font that a sign is set in; `None` where that lacks it.
    fn font_of(&self, sign: char) -> Option<&Font> {
        let font = match sign {
            '\u{900}'..='\u{97f}' | '\u{200c}' | '\u{200d}' | '\u{25cc}' => &self.devanagari,
            _ => &self.latin,
        };
        font.as_ref().filter(|font| font.charmap().map_unicode(sign).is_some())
    }
}

static REGULAR: LazyLock<Family> = LazyLock::new(|| Family {
    devanagari: Font::new(&include_bytes!("../../fonts/NotoSansDevanagari-Regular.ttf")[..], 0),
    latin: Font::new(&include_bytes!("../../fonts/NotoSans-Regular.ttf")[..], 0),
});
static BOLD: LazyLock<Family> = LazyLock::new(|| Family {
    devanagari: Font::new(&include_bytes!("../../fonts/NotoSansDevanagari-Bold.ttf")[..], 0),
    latin: Font::new(&include_bytes!("../../fonts/NotoSans-Bold.ttf")[..], 0),
});

/// Rows that a line of text with this em takes.
#[must_use]
pub fn line_height(em: u32) -> u32 {
    (em as f32 * (ASCENT + DESCENT)).ceil() as u32
}

/// One line of text, `em` dots high in its em square, at most `max_width` dots wide: a longer one is cut at a letter and
/// ends with an ellipsis. The ink is as wide as the text and [`line_height`] high, more only where marks pile up.
///
/// # Errors
/// [`RenderError::NoGlyph`] for a sign that the fonts lack: an empty box would be a lie.
pub fn set(text: &str, em: u32, weight: Weight, max_width: u32) -> Result<Ink, RenderError> {
    Ok(draw(text, em, weight, max_width)?.ink)
}

/// Ink and the rows in it above the line's usual top.
struct Drawn {
    ink: Ink,
    above: u32,
}

fn draw(text: &str, em: u32, weight: Weight, max_width: u32) -> Result<Drawn, RenderError> {
    let text = tidy(text);
    let whole = shape(&text, weight)?.fill(em);
    if whole.ink.width() <= max_width {
        return Ok(whole);
    }
    let places = cuts(&text);
    let cut = |place: usize| {
        let kept = places.get(place).and_then(|end| text.get(..*end)).unwrap_or_default();
        shape(&format!("{}\u{2026}", kept.trim_end()), weight).map(|line| line.fill(em))
    };
    // The first `short` cuts fit, those from `long` on do not.
    let (mut short, mut long) = (0, places.len());
    let mut best = Drawn { ink: Ink::new(0, line_height(em)), above: 0 };
    while short < long {
        let middle = usize::midpoint(short, long);
        let line = cut(middle)?;
        if line.ink.width() <= max_width {
            (short, best) = (middle + 1, line);
        } else {
            long = middle;
        }
    }
    Ok(best)
}

/// Two texts at the edges of one line of exactly `width` dots: the right one whole where it can be, the left one cut.
///
/// # Errors
/// As [`set`].
pub fn pair(left: &str, right: &str, em: u32, width: u32) -> Result<Ink, RenderError> {
    let right = draw(right, em, Weight::Bold, width)?;
    let left = draw(left, em, Weight::Regular, width.saturating_sub(right.ink.width() + em / 2))?;
    let above = left.above.max(right.above);
    let rows = |half: &Drawn| half.ink.height() + above - half.above;
    let mut line = Ink::new(width, rows(&left).max(rows(&right)));
    line.lay(&left.ink, 0, above - left.above);
    line.lay(&right.ink, width - right.ink.width(), above - right.above);
    Ok(line)
}

/// Dots across that a text takes on one line that is wide enough.
///
/// # Errors
/// As [`set`].
pub fn width(text: &str, em: u32, weight: Weight) -> Result<u32, RenderError> {
    Ok(draw(text, em, weight, u32::MAX)?.ink.width())
}

/// The text on lines of at most `room` dots, broken between words; a single word that is wider stays whole, for [`set`] to cut.
/// From line `most` on nothing is broken any more.
///
/// # Errors
/// As [`set`].
pub fn broken(
    text: &str,
    em: u32,
    weight: Weight,
    room: u32,
    most: usize,
) -> Result<Vec<String>, RenderError> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let full = lines.len() >= most;
        match lines.last_mut() {
            Some(line) if full || width(&format!("{line} {word}"), em, weight)? <= room => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    Ok(lines)
}

/// Whether the fonts have this sign, or it takes no ink.
#[must_use]
pub fn draws(sign: char) -> bool {
    match plain(sign) {
        Some(sign) => [&*REGULAR, &*BOLD].iter().all(|family| family.font_of(sign).is_some()),
        None => true,
    }
}

/// Line breaks and tabs are blanks, a minus is a dash; what has no width, other than the two joiners of Devanagari, is left out.
fn tidy(text: &str) -> String {
    text.chars().filter_map(plain).collect()
}

const fn plain(sign: char) -> Option<char> {
    match sign {
        '\t' | '\n' | '\r' | '\u{a0}' | '\u{2009}' | '\u{202f}' => Some(' '),
        // The fonts have no minus of its own.
        '\u{2212}' => Some('\u{2013}'),
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}' => None,
        other => Some(other),
    }
}

/// Where a text may be cut: before a sign that begins a letter, never inside a conjunct.
fn cuts(text: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let mut joined = true;
    for (at, sign) in text.char_indices() {
        if !joined && !belongs_to_the_letter_before(sign) {
            places.push(at);
        }
        joined = matches!(sign, '\u{94d}' | '\u{200d}');
    }
    places
}

const fn belongs_to_the_letter_before(sign: char) -> bool {
    matches!(sign, '\u{900}'..='\u{903}' | '\u{93a}'..='\u{93c}' | '\u{93e}'..='\u{94f}' | '\u{951}'..='\u{957}'
        | '\u{962}' | '\u{963}' | '\u{200c}' | '\u{200d}')
}

/// A glyph and where its origin stands, in font units (1,000 an em).
struct Glyph {
    font: &'static Font,
    id: GlyphId,
    x: f32,
    y: f32,
}

struct Line {
    glyphs: Vec<Glyph>,
    advance: f32,
}

impl Line {
    fn fill(&self, em: u32) -> Drawn {
        let scale = em as f32 / UNITS;
        let advance = (self.advance * scale).ceil() as u32;
        // An em of room on every side for what leans or piles out; what stays white of it is cut off below.
        let baseline = (em as f32 * ASCENT).round() + em as f32;
        let mut fill = Rasterizer::new((advance + 2 * em) as usize, (line_height(em) + 2 * em) as usize);
        for glyph in &self.glyphs {
            let origin = point(glyph.x * scale + em as f32, baseline - glyph.y * scale);
            let mut pen = Pen { fill: &mut fill, origin, scale, start: origin, at: origin };
            if let Some(outline) = glyph.font.outline_glyphs().get(glyph.id) {
                // A glyph of a font that we ship cannot fail to draw; the tests draw each of them.
                let _ = outline.draw(&DrawOptions::new(), DrawMemory::Scratch, &mut pen);
            }
        }
        let mut dots = Vec::new();
        fill.for_each_pixel_2d(|x, y, covered| {
            if covered >= BURNS_AT {
                dots.push((x, y));
            }
        });
        let (left, right) = around(dots.iter().map(|(x, _)| *x), em, advance);
        let (top, bottom) = around(dots.iter().map(|(_, y)| *y), em, line_height(em));
        let mut ink = Ink::new(right - left, bottom - top);
        dots.into_iter().for_each(|(x, y)| ink.burn(x - left, y - top));
        Drawn { ink, above: em - top }
    }
}

/// From `start` over `length`, and further where dots stand outside.
fn around(dots: impl Iterator<Item = u32> + Clone, start: u32, length: u32) -> (u32, u32) {
    let first = dots.clone().min().map_or(start, |dot| dot.min(start));
    let end = dots.max().map_or(start + length, |dot| (dot + 1).max(start + length));
    (first, end)
}

/// Cuts the text into runs of one font and shapes each.
fn shape(text: &str, weight: Weight) -> Result<Line, RenderError> {
    let family: &'static Family = match weight {
        Weight::Regular => &REGULAR,
        Weight::Bold => &BOLD,
    };
    let missing = |sign: char| RenderError::NoGlyph { text: text.to_owned(), sign };
    let mut line = Line { glyphs: Vec::new(), advance: 0.0 };
    let mut run = String::new();
    let mut of_run: Option<&'static Font> = None;
    for sign in text.chars() {
        let font = family.font_of(sign).ok_or_else(|| missing(sign))?;
        match of_run {
            Some(before) if !std::ptr::eq(before, font) => {
                line.add(before, &run);
                run.clear();
            }
            Some(_) | None => {}
        }
        run.push(sign);
        of_run = Some(font);
    }
    if let Some(font) = of_run {
        line.add(font, &run);
    }
    Ok(line)
}

impl Line {
    fn add(&mut self, font: &'static Font, run: &str) {
        let mut buffer = Buffer::new();
        buffer.push_str(run);
        buffer.set_direction(Direction::LeftToRight);
        buffer.guess_segment_properties();
        // It refuses a buffer without direction or shaped before; this one is neither.
        if harfrust::shape(&ShaperFont::new(font), &mut buffer, ShapeOptions::new()).is_err() {
            return;
        }
        for (info, place) in buffer.glyph_infos().iter().zip(buffer.glyph_positions()) {
            self.glyphs.push(Glyph {
                font,
                id: GlyphId::new(info.glyph_id),
                x: self.advance + place.x_offset as f32,
                y: place.y_offset as f32,
            });
            self.advance += place.x_advance as f32;
        }
    }
}

/// Draws outlines (font units, y up) into the rasterizer (dots, y down).
struct Pen<'a> {
    fill: &'a mut Rasterizer,
    origin: Point,
    scale: f32,
    start: Point,
    at: Point,
}

impl Pen<'_> {
    fn dot(&self, x: f32, y: f32) -> Point {
        point(self.origin.x + x * self.scale, self.origin.y - y * self.scale)
    }
}

impl PathSink for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.start = self.dot(x, y);
        self.at = self.start;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.dot(x, y);
        self.fill.draw_line(self.at, to);
        self.at = to;
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        let (control, to) = (self.dot(cx0, cy0), self.dot(x, y));
        self.fill.draw_quad(self.at, control, to);
        self.at = to;
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let (one, two, to) = (self.dot(cx0, cy0), self.dot(cx1, cy1), self.dot(x, y));
        self.fill.draw_cubic(self.at, one, two, to);
        self.at = to;
    }

    fn close(&mut self) {
        self.fill.draw_line(self.at, self.start);
        self.at = self.start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use harfrust::font::glyph::outline::NullSink;

    fn glyphs(text: &str) -> usize {
        shape(text, Weight::Regular).unwrap().glyphs.len()
    }

    #[test]
    fn conjuncts_and_marks_are_shaped_not_strung_together() {
        // ksha and tra are one glyph each; the short i stands before the letter it is written after.
        assert_eq!((glyphs("क्ष"), glyphs("त्र"), glyphs("कष")), (1, 1, 2));
        let line = shape("कि", Weight::Regular).unwrap();
        let ka = shape("क", Weight::Regular).unwrap().glyphs[0].id;
        assert_eq!(line.glyphs.iter().position(|glyph| glyph.id == ka), Some(1));
    }

    #[test]
    fn a_mixed_line_has_all_its_signs_and_a_stranger_is_refused() {
        assert!(set("दूध 1 L ₹50 – ताज़ा", 26, Weight::Bold, 10_000).unwrap().width() > 200);
        for (text, want) in [("பால்", 'ப'), ("牛奶", '牛'), ("दूध \u{1b}@", '\u{1b}')] {
            let got = set(text, 26, Weight::Regular, 500);
            assert!(matches!(got, Err(RenderError::NoGlyph { sign, .. }) if sign == want), "{got:?}");
        }
    }

    #[test]
    fn a_long_line_is_cut_at_a_letter_and_never_wider_than_asked() {
        let long = "अत्यंत स्वादिष्ट प्रीमियम बासमती चावल का बड़ा पारिवारिक पैकेट";
        for width in (0..700).step_by(23) {
            let ink = set(long, 26, Weight::Regular, width).unwrap();
            assert!(ink.width() <= width, "{width}");
        }
        assert!(set(long, 26, Weight::Regular, 300).unwrap().width() > 250, "cut no more than needed");
        let text = "क्षत्रिय";
        let places: Vec<&str> = cuts(text).into_iter().map(|at| &text[..at]).collect();
        assert_eq!(places, ["क्ष", "क्षत्रि"]);
    }

    #[test]
    fn marks_that_pile_up_have_room_in_the_usual_line() {
        let overhang = set("J", 40, Weight::Regular, 100).unwrap();
        assert!(
            (0..overhang.height()).any(|y| overhang.black(0, y)),
            "what leans out to the left is on the paper"
        );
        // Ink outside the usual line would make it higher: these are the highest piles, and it holds them.
        let piles = ["दूध की मलाई कुर्की", "ङ्ग्रॄ ह्म्ल्यू", "क॓॓॓", "ट्ट्ठ्ठॄ", "क॑॑॑ं", "ह॒॒॒॒", "कॣ॒॒", "ÅÇgjpqy|"];
        for pile in piles {
            for weight in [Weight::Regular, Weight::Bold] {
                assert_eq!(set(pile, 40, weight, 2_000).unwrap().height(), line_height(40), "{pile}");
            }
            assert_eq!(pair(pile, "2", 40, 300).unwrap().height(), line_height(40), "{pile}");
        }
    }

    #[test]
    fn every_shipped_font_opens_and_every_glyph_of_it_draws() {
        for family in [&*REGULAR, &*BOLD] {
            for font in [&family.devanagari, &family.latin] {
                let font = font.as_ref().unwrap();
                assert_eq!(font.units_per_em(), 1_000);
                for (id, outline) in font.outline_glyphs().iter() {
                    assert!(
                        outline.draw(&DrawOptions::new(), DrawMemory::Scratch, &mut NullSink).is_ok(),
                        "{id}"
                    );
                }
            }
        }
    }
}
