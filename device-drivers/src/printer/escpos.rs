//! A document as ESC/POS: Latin text in the printer's own fonts, other scripts and codes as dots in bands, each command
//! only where the printer's profile has it. No queue, no status.

use crate::printer::ink::Ink;
use crate::printer::layout::{Align, Block, Document, Media, RenderError, Size, qr_modules};
use crate::printer::profile::{Cut, Picture, Profile};
use crate::printer::script;
use crate::printer::text::{clip, fold, pair};

const ESC: u8 = 0x1b;
const GS: u8 = 0x1d;
const LF: u8 = b'\n';

/// Rows of one raster band: small printers hold no more in their buffer.
const BAND_ROWS: usize = 64;

/// Height of a bar code, dots.
const BAR_DOTS: u8 = 80;

/// The pulse of a cash drawer, in steps of 2 ms: 50 ms on, then half a second before another may come.
const PULSE_ON: u8 = 25;
const PULSE_OFF: u8 = 250;

/// The bytes that begin every job: reset, then the code page whose first half is ASCII (PC437).
pub const INIT: [u8; 5] = [ESC, b'@', ESC, b't', 0];

/// The bytes that end every job: feed and partial cut.
pub const CUT: [u8; 4] = [GS, b'V', b'B', 0];

/// The document as one job, from [`INIT`] to [`CUT`], for a printer of which only the paper is known.
///
/// # Errors
/// [`RenderError`]; a job is whole or there is none.
pub fn render(document: &Document, media: Media) -> Result<Vec<u8>, RenderError> {
    render_for(document, &Profile::standard(media))
}

/// The document as one job for a model of printer: never a command it lacks, never wider than its paper.
///
/// # Errors
/// [`RenderError`]; a job is whole or there is none.
pub fn render_for(document: &Document, profile: &Profile) -> Result<Vec<u8>, RenderError> {
    let mut job = Job { out: vec![ESC, b'@'], profile };
    if let Some(page) = profile.page {
        job.out.extend([ESC, b't', page]);
    }
    for block in &document.blocks {
        match block {
            Block::Text { text, size, align } => match fold(text) {
                Ok(plain) => job.line(&clip(&plain, job.columns(*size)), *size, *align),
                Err(_) => job.drawn(text, *size, *align)?,
            },
            Block::Pair { left, right } => match (fold(left), fold(right)) {
                (Ok(left), Ok(right)) => {
                    let words = pair(&left, &right, job.columns(Size::Normal));
                    job.line(&words, Size::Normal, Align::Left);
                }
                (Err(_), _) | (_, Err(_)) => job.drawn_pair(left, right)?,
            },
            Block::Rule => job.line(&"-".repeat(job.columns(Size::Normal)), Size::Normal, Align::Left),
            Block::Qr { text, size_mm } => job.qr(text, u32::from(*size_mm))?,
            Block::Gs1Matrix { elements, size_mm } => job.matrix(elements, u32::from(*size_mm))?,
            Block::Gs1Code128 { digits, tail } => job.bars(digits, tail),
            Block::Drawer => job.drawer(),
        }
    }
    job.end();
    Ok(job.out)
}

/// A job in the making.
struct Job<'a> {
    out: Vec<u8>,
    profile: &'a Profile,
}

impl Job<'_> {
    /// Signs of this size on a line.
    fn columns(&self, size: Size) -> usize {
        let columns = match (size, self.profile.picture) {
            // A display has one size.
            (_, Picture::None) | (Size::Normal, _) => self.profile.columns,
            (Size::Small, _) => self.profile.small_columns.unwrap_or(self.profile.columns),
            (Size::Large, _) | (Size::Huge, Picture::Columns24 | Picture::Columns8) => {
                self.profile.columns / 2
            }
            (Size::Huge, Picture::Raster) => self.profile.columns / 3,
        };
        columns as usize
    }

    /// Text as dots, on as many lines as this printer gives it.
    fn drawn(&mut self, text: &str, size: Size, align: Align) -> Result<(), RenderError> {
        let ((em, weight), room) = (size.drawn(), self.profile.canvas().0);
        for line in script::broken(text, em, weight, room, self.profile.drawn_lines())? {
            self.picture(&script::set(&line, em, weight, room)?, align, text)?;
        }
        Ok(())
    }

    /// A pair as dots. Where the two do not stand on one line and more are given, the right one stands below the left one.
    fn drawn_pair(&mut self, left: &str, right: &str) -> Result<(), RenderError> {
        let ((em, weight), room) = (Size::Normal.drawn(), self.profile.canvas().0);
        let both =
            script::width(left, em, weight)? + em / 2 + script::width(right, em, script::Weight::Bold)?;
        if both <= room || self.profile.drawn_lines() == 1 {
            return self.picture(&script::pair(left, right, em, room)?, Align::Left, left);
        }
        self.drawn(left, Size::Normal, Align::Left)?;
        self.picture(&script::pair("", right, em, room)?, Align::Left, right)
    }

    fn line(&mut self, text: &str, size: Size, align: Align) {
        let small = size == Size::Small && self.profile.small_columns.is_some();
        let centre = u8::from(align == Align::Centre);
        match self.profile.picture {
            Picture::Raster => {
                let scale = match size {
                    Size::Small | Size::Normal => 0x00,
                    Size::Large => 0x11,
                    Size::Huge => 0x22,
                };
                self.out.extend([ESC, b'a', centre]);
                if self.profile.small_columns.is_some() {
                    self.out.extend([ESC, b'M', u8::from(small)]);
                }
                self.out.extend([GS, b'!', scale]);
            }
            // Older ones know the print mode: bit 0 = font B, bits 4 and 5 = twice as high and wide.
            Picture::Columns24 | Picture::Columns8 => {
                let double = if matches!(size, Size::Large | Size::Huge) { 0x30 } else { 0 };
                self.out.extend([ESC, b'a', centre, ESC, b'!', double | u8::from(small)]);
            }
            Picture::None => {}
        }
        self.out.extend(text.as_bytes());
        self.out.push(LF);
    }

    fn qr(&mut self, text: &str, size_mm: u32) -> Result<(), RenderError> {
        let (_, side) = qr_modules(text)?;
        let (width, per_mm) = self.profile.canvas();
        let room = (size_mm * per_mm).min(width);
        if self.profile.picture == Picture::None {
            return Err(RenderError::NoPicture(text.to_owned()));
        }
        // Needles hit where they should; a thermal dot alone is too small for a reader.
        let least = if self.profile.picture == Picture::Columns8 { 1 } else { 2 };
        // A printer may pack the text worse than we do: one version of slack, four modules.
        let own = room / (side + 12);
        if self.profile.qr && text.is_ascii() && own >= least {
            self.own_qr(text, own);
            return Ok(());
        }
        let dots = room / (side + 8);
        if dots < least {
            return Err(RenderError::QrTooLong(text.to_owned()));
        }
        self.picture(&Ink::qr(text, dots)?, Align::Centre, text)?;
        self.out.push(LF);
        Ok(())
    }

    /// The printer's own QR code, model 2 at correction M, `dots` a module; blank lines are its quiet zone.
    fn own_qr(&mut self, text: &str, dots: u32) {
        let module = u8::try_from(dots.min(16)).unwrap_or(16);
        self.out.extend([LF, ESC, b'a', 1]);
        self.out.extend([GS, b'(', b'k', 4, 0, b'1', b'A', b'2', 0]);
        self.out.extend([GS, b'(', b'k', 3, 0, b'1', b'C', module]);
        self.out.extend([GS, b'(', b'k', 3, 0, b'1', b'E', b'1']);
        let [low, high] = sixteen(text.len() + 3);
        self.out.extend([GS, b'(', b'k', low, high, b'1', b'P', b'0']);
        self.out.extend(text.as_bytes());
        self.out.extend([GS, b'(', b'k', 3, 0, b'1', b'Q', b'0', LF]);
    }

    fn matrix(&mut self, elements: &str, size_mm: u32) -> Result<(), RenderError> {
        let (width, per_mm) = self.profile.canvas();
        if self.profile.picture == Picture::None {
            return Err(RenderError::NoPicture(elements.to_owned()));
        }
        let least = if self.profile.picture == Picture::Columns8 { 1 } else { 3 };
        let ink = Ink::gs1_matrix(elements, (size_mm * per_mm).min(width), least)?;
        self.picture(&ink, Align::Centre, elements)
    }

    /// A GS1-128 that the printer draws itself, where it can and the paper has room; the codes beside it say the same, so
    /// nothing is lost where it cannot.
    fn bars(&mut self, digits: &str, tail: &str) {
        let Ok(text) = fold(&format!("{digits}{tail}")) else { return };
        if !self.profile.bars || self.profile.picture == Picture::None {
            return;
        }
        let leading = text.bytes().take_while(u8::is_ascii_digit).count() / 2 * 2;
        let (digits, rest) = text.split_at(leading);
        let pair = |pair: &[u8]| pair.iter().fold(0, |value, digit| value * 10 + (digit - b'0'));
        let pairs: Vec<u8> = digits.as_bytes().chunks(2).map(pair).collect();
        // Start, FNC1, the pairs, change to B, the rest, check digit: 11 modules each; 13 for the stop. The white at the
        // paper's edges is the quiet zone.
        let change = usize::from(!rest.is_empty() && !pairs.is_empty());
        let symbols = u32::try_from(3 + pairs.len() + change + rest.len()).unwrap_or(u32::MAX);
        let modules = symbols.saturating_mul(11).saturating_add(13);
        let Some(module) = [3, 2].into_iter().find(|dots| modules.saturating_mul(*dots) <= self.profile.dots)
        else {
            return;
        };
        // In code C a byte is a pair of digits; `{` begins a word of the command and stands twice where it is meant.
        let rest = rest.replace('{', "{{");
        let data = match (pairs.is_empty(), rest.is_empty()) {
            (true, _) => [b"{B{1", rest.as_bytes()].concat(),
            (false, true) => [b"{C{1", pairs.as_slice()].concat(),
            (false, false) => [b"{C{1", pairs.as_slice(), b"{B", rest.as_bytes()].concat(),
        };
        let (Ok(length), Ok(module)) = (u8::try_from(data.len()), u8::try_from(module)) else { return };
        self.out.extend([ESC, b'a', 1, GS, b'h', BAR_DOTS, GS, b'w', module, GS, b'H', 2]);
        self.out.extend([GS, b'k', 73, length]);
        self.out.extend(data);
        self.out.push(LF);
    }

    /// The pulse that opens a drawer, on the first of its two pins.
    fn drawer(&mut self) {
        if self.profile.drawer && self.profile.picture != Picture::None {
            self.out.extend([ESC, b'p', 0, PULSE_ON, PULSE_OFF]);
        }
    }

    /// Dots in bands; the paper moves on by their rows.
    fn picture(&mut self, ink: &Ink, align: Align, what: &str) -> Result<(), RenderError> {
        if self.profile.picture == Picture::None {
            return Err(RenderError::NoPicture(what.to_owned()));
        }
        if ink.width() == 0 {
            return Ok(());
        }
        self.out.extend([ESC, b'a', u8::from(align == Align::Centre)]);
        match self.profile.picture {
            Picture::Raster => self.raster(ink),
            Picture::Columns24 => self.bands(ink, 33, 24),
            Picture::Columns8 => self.bands(ink, 0, 8),
            Picture::None => {}
        }
        Ok(())
    }

    fn raster(&mut self, ink: &Ink) {
        for band in ink.bytes().chunks(BAND_ROWS * ink.row_bytes()) {
            let rows = band.len() / ink.row_bytes();
            let [width_low, width_high] = sixteen(ink.row_bytes());
            let [rows_low, rows_high] = sixteen(rows);
            self.out.extend([GS, b'v', b'0', 0, width_low, width_high, rows_low, rows_high]);
            self.out.extend(band);
        }
    }

    /// Columns from left to right, each from top to bottom; the line spacing is set to the height of a band.
    fn bands(&mut self, ink: &Ink, mode: u8, rows: u32) {
        self.out.extend([ESC, b'3', 16]);
        let [low, high] = sixteen(ink.width() as usize);
        for top in (0..ink.height()).step_by(rows as usize) {
            self.out.extend([ESC, b'*', mode, low, high]);
            for x in 0..ink.width() {
                for byte in (top..top + rows).step_by(8) {
                    let bits = (0..8).filter(|bit| ink.black(x, byte + bit));
                    self.out.push(bits.fold(0, |bits, bit| bits | 0x80 >> bit));
                }
            }
            self.out.push(LF);
        }
        self.out.extend([ESC, b'2']);
    }

    fn end(&mut self) {
        if self.profile.picture == Picture::None {
            return;
        }
        // To the edge where it is torn, if nothing cuts.
        let feed = if self.profile.cut == Cut::None { 6 } else { 3 };
        self.out.extend([ESC, b'd', feed]);
        match self.profile.cut {
            Cut::Part => self.out.extend(CUT),
            Cut::Full => self.out.extend([GS, b'V', b'A', 0]),
            Cut::None => {}
        }
    }
}

fn sixteen(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::layout::Head;

    const RECEIPT: Media = Media { width_mm: 72, height_mm: None, head: Head::Dpi203 };

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
    fn a_model_that_draws_qr_codes_is_told_the_text() {
        let mut document = Document::default();
        document.block(Block::Qr { text: "LB:4K7-1-9F3A".into(), size_mm: 28 });
        let epson = Profile::named("TM-T88V").unwrap();
        let bytes = render_for(&document, epson).unwrap();
        let data = [&[GS, b'(', b'k', 16, 0, b'1', b'P', b'0'][..], b"LB:4K7-1-9F3A"].concat();
        assert!(bytes.windows(data.len()).any(|window| window == data));
        assert!(!bytes.windows(3).any(|window| window == [GS, b'v', b'0']));
        let plain = render_for(&document, Profile::named("NT-5890K").unwrap()).unwrap();
        assert!(plain.windows(3).any(|window| window == [GS, b'v', b'0']), "that one draws none");
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
