//! Paper as an ESC/POS printer leaves it. A reader of its own, written from the command references: it shares no code
//! with the encoder or the simulator, refuses what it does not know, and what the model of printer lacks.

#![expect(clippy::expect_used, reason = "a test's helpers stop at what must not happen")]

mod bars;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use device_drivers::printer::ink::Ink;
use device_drivers::printer::profile::{Cut, Picture, Profile};
use device_drivers::printer::script;

/// What came out.
#[derive(Debug, Default)]
pub struct Paper {
    /// Dots across.
    pub width: usize,
    /// Rows of dots; text stands in cells.
    pub rows: Vec<Vec<bool>>,
    /// Native text, line by line.
    pub text: String,
    /// What native codes say (QR, bars).
    pub codes: Vec<String>,
    /// Every command that was used.
    pub commands: BTreeSet<&'static str>,
    /// Times it cut.
    pub cuts: usize,
    /// Times it opened the drawer.
    pub kicks: usize,
    /// Bar codes that cannot be printed. A printer leaves them out and goes on; ours must have none.
    pub left_out: Vec<String>,
}

/// A command: its name, its length, and whether the model knows it.
struct Command {
    name: &'static str,
    length: usize,
    known: bool,
}

/// What the reader remembers between commands.
struct Head<'a> {
    profile: &'a Profile,
    centred: bool,
    font_b: bool,
    wide: usize,
    high: usize,
    line: String,
    columns: Vec<Vec<bool>>,
    graphics: Vec<Vec<bool>>,
    symbol: String,
    module: usize,
    bar: (usize, usize),
}

/// Reads a job of ours to its last byte for this model of printer.
///
/// # Errors
/// The first command that is unknown, not in the model, cut off or too wide, or a bar code that would be left out.
pub fn draw(bytes: &[u8], profile: &Profile) -> Result<Paper, String> {
    let paper = draw_foreign(bytes, profile)?;
    match paper.left_out.first() {
        None => Ok(paper),
        Some(fault) => Err(fault.clone()),
    }
}

/// Reads anybody's job as [`draw`] does, but goes on after a bar code that cannot be printed.
///
/// # Errors
/// The first command that is unknown, not in the model, cut off or too wide.
pub fn draw_foreign(bytes: &[u8], profile: &Profile) -> Result<Paper, String> {
    let mut paper = Paper { width: profile.dots as usize, ..Paper::default() };
    let mut head = Head {
        profile,
        centred: false,
        font_b: false,
        wide: 1,
        high: 1,
        line: String::new(),
        columns: Vec::new(),
        graphics: Vec::new(),
        symbol: String::new(),
        module: 3,
        bar: (3, 162),
    };
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let Some(command) = command(rest, profile) else {
            return Err(format!("byte {at}: unknown {:02x?}", &rest[..rest.len().min(8)]));
        };
        if !command.known {
            return Err(format!("byte {at}: {} has no {}", profile.name, command.name));
        }
        let Some(whole) = rest.get(..command.length) else {
            return Err(format!("byte {at}: {} is cut off", command.name));
        };
        head.obey(command.name, whole, &mut paper).map_err(|fault| format!("byte {at}: {fault}"))?;
        paper.commands.insert(command.name);
        at += command.length;
    }
    match head.line.is_empty() && head.columns.is_empty() {
        true => Ok(paper),
        false => Err(format!("{:?} never left the head", head.line)),
    }
}

fn word(low: u8, high: u8) -> usize {
    usize::from(low) + 256 * usize::from(high)
}

fn command(bytes: &[u8], profile: &Profile) -> Option<Command> {
    let picture = profile.picture;
    let of = |name, length, known| Some(Command { name, length, known });
    let graphics = picture == Picture::Raster;
    let until_nul =
        |from: usize| bytes.get(from..)?.iter().position(|byte| *byte == 0).map(|at| from + at + 1);
    match bytes {
        [0x0a, ..] => of("LF", 1, true),
        [0x09, ..] => of("HT", 1, true),
        [0x0d, ..] => of("CR", 1, true),
        [0x0c, ..] => of("FF", 1, picture == Picture::Raster),
        [0x10, 4, 1..=4, ..] => of("DLE EOT", 3, true),
        [0x1b, b'@', ..] => of("ESC @", 2, true),
        [0x1b, b't', page, ..] => of("ESC t", 3, profile.page == Some(*page)),
        [0x1b, b'2', ..] => of("ESC 2", 2, picture != Picture::None),
        [0x1b, b'3', ..] => of("ESC 3", 3, picture != Picture::None),
        [0x1b, b'a', 0..=2 | b'0'..=b'2', ..] => of("ESC a", 3, picture != Picture::None),
        [0x1b, b'd', ..] => of("ESC d", 3, picture != Picture::None),
        [0x1b, b'!', ..] => of("ESC !", 3, picture != Picture::None),
        [0x1b, b'E' | b'-' | b'{' | b'4' | b'T', ..] => of("ESC style", 3, graphics),
        [0x1b, b'M', font @ 0..=1, ..] => {
            of("ESC M", 3, graphics && (*font == 0 || profile.small_columns.is_some()))
        }
        [0x1b, b'p', ..] => of("ESC p", 5, profile.drawer),
        [0x1b, b'*', 0 | 1, low, high, ..] => {
            of("ESC * 8", 5 + word(*low, *high), matches!(picture, Picture::Columns8 | Picture::Columns24))
        }
        [0x1b, b'*', 32 | 33, low, high, ..] => {
            of("ESC * 24", 5 + 3 * word(*low, *high), picture == Picture::Columns24)
        }
        [0x1b, b'L', ..] => of("ESC L", 2, graphics),
        [0x1b, b'W', ..] => of("ESC W", 10, graphics),
        [0x1b, b'$', ..] => of("ESC $", 4, graphics),
        [0x1d, b'$' | b'\\', ..] => of("GS position", 4, graphics),
        [0x1d, b'!', ..] => of("GS !", 3, graphics),
        [0x1d, b'B', ..] => of("GS B", 3, graphics),
        [0x1d, b'h' | b'w' | b'H' | b'f', ..] => of("GS bars", 3, profile.bars),
        [0x1d, b'V', 66, ..] => of("GS V part", 4, profile.cut == Cut::Part),
        [0x1d, b'V', 65, ..] => of("GS V full", 4, profile.cut != Cut::None),
        [0x1d, b'V', 0 | 1 | 48 | 49, ..] => of("GS V", 3, profile.cut != Cut::None),
        [0x1d, b'r', 1 | 2, ..] => of("GS r", 3, true),
        [0x1d, b'k', 0..=6, ..] => of("GS k A", until_nul(3)?, profile.bars),
        [0x1d, b'k', 65..=79, length, ..] => of("GS k B", 4 + usize::from(*length), profile.bars),
        [0x1d, b'v', b'0', 0..=3, wl, wh, hl, hh, ..] => {
            of("GS v 0", 8 + word(*wl, *wh) * word(*hl, *hh), graphics)
        }
        [0x1d, b'(', b'L', low, high, ..] => of("GS ( L", 5 + word(*low, *high), graphics),
        [0x1d, b'(', b'G' | b'N', low, high, ..] => of("GS ( G", 5 + word(*low, *high), graphics),
        [0x1d, b'(', b'k', low, high, ..] => of("GS ( k", 5 + word(*low, *high), profile.qr),
        [0x1d, b'8', b'L', a, b, c, 0, ..] => {
            of("GS 8 L", 7 + word(*a, *b) + 65_536 * usize::from(*c), graphics)
        }
        [0x20..=0x7e, ..] => of("text", 1, true),
        [0x80..=0xff, ..] => of("high text", 1, profile.page.is_some()),
        [..] => None,
    }
}

impl Head<'_> {
    fn obey(&mut self, name: &str, bytes: &[u8], paper: &mut Paper) -> Result<(), String> {
        match (name, bytes) {
            ("text" | "high text", [sign]) => {
                self.line.push(if sign.is_ascii() { char::from(*sign) } else { '\u{b7}' })
            }
            ("HT", _) => self.line.push(' '),
            ("LF" | "FF", _) => self.feed(paper)?,
            ("ESC @", _) => (self.centred, self.font_b, self.wide, self.high) = (false, false, 1, 1),
            ("ESC a", [_, _, how]) => self.centred = how & 3 == 1,
            ("ESC M", [_, _, font]) => self.font_b = *font == 1,
            ("GS !", [_, _, size]) => {
                (self.wide, self.high) = (usize::from(size >> 4) + 1, usize::from(size & 7) + 1);
            }
            ("ESC !", [_, _, mode]) => {
                self.font_b = mode & 1 != 0;
                (self.wide, self.high) = (1 + usize::from(mode >> 5 & 1), 1 + usize::from(mode >> 4 & 1));
            }
            ("ESC d", [_, _, lines]) => paper.rows.extend(vec![Vec::new(); 30 * usize::from(*lines)]),
            ("ESC * 8", [_, _, mode, _, _, data @ ..]) => self.strip(data, 1, self.per_column(*mode))?,
            ("ESC * 24", [_, _, mode, _, _, data @ ..]) => self.strip(data, 3, self.per_column(*mode))?,
            ("GS v 0", [_, _, _, _, wl, wh, _, _, data @ ..]) => {
                let rows: Vec<Vec<bool>> = data.chunks(word(*wl, *wh)).map(dots).collect();
                self.place(&rows, paper)?;
            }
            ("GS ( L", [_, _, _, _, _, order @ ..]) | ("GS 8 L", [_, _, _, _, _, _, _, order @ ..]) => {
                self.graphic(order, paper)?;
            }
            ("GS ( k", [_, _, _, _, _, kind, function, data @ ..]) => match (*kind, *function, data) {
                (49, 80, [_, text @ ..]) => self.symbol = String::from_utf8_lossy(text).into_owned(),
                (49, 81, _) => {
                    let rows = symbol(&self.symbol, self.module);
                    self.place(&rows, paper)?;
                    paper.codes.push(self.symbol.clone());
                }
                (49, 67, [dots, ..]) => self.module = usize::from(*dots),
                (49, 65 | 69, _) => {}
                other => return Err(format!("GS ( k {other:?}")),
            },
            ("GS k A", [_, _, _, text @ .., _]) => {
                paper.codes.push(String::from_utf8_lossy(text).into_owned())
            }
            ("GS bars", [_, b'w', dots]) => self.bar.0 = usize::from(*dots),
            ("GS bars", [_, b'h', dots]) => self.bar.1 = usize::from(*dots),
            ("ESC p", _) => paper.kicks += 1,
            ("GS k B", [_, _, 73, _, data @ ..]) => {
                if let Err(fault) = self.code128(data, paper) {
                    paper.left_out.push(fault);
                }
            }
            ("GS k B", [_, _, _, _, text @ ..]) => {
                paper.codes.push(String::from_utf8_lossy(text).into_owned())
            }
            ("GS V part" | "GS V full" | "GS V", _) => paper.cuts += 1,
            _ => {}
        }
        Ok(())
    }

    fn code128(&self, data: &[u8], paper: &mut Paper) -> Result<(), String> {
        let (said, bars) = bars::code128(data)?;
        let row: Vec<bool> = bars.iter().flat_map(|dark| vec![*dark; self.bar.0]).collect();
        self.place(&vec![row; self.bar.1], paper)?;
        paper.codes.push(said);
        Ok(())
    }

    fn per_column(&self, mode: u8) -> usize {
        if matches!(mode, 0 | 32) { 2 } else { 1 }
    }

    /// One strip of columns; each is so many dots of the head wide.
    fn strip(&mut self, data: &[u8], bytes: usize, each: usize) -> Result<(), String> {
        for column in data.chunks(bytes) {
            self.columns.extend(vec![dots(column); each]);
        }
        let width = self.profile.dots as usize;
        (self.columns.len() <= width)
            .then_some(())
            .ok_or(format!("{} columns on {width}", self.columns.len()))
    }

    /// A picture, as it stands on the line; nothing of it may fall off the paper.
    fn place(&self, rows: &[Vec<bool>], paper: &mut Paper) -> Result<(), String> {
        let wide = rows.iter().map(Vec::len).max().unwrap_or(0);
        let inked =
            rows.iter().filter_map(|row| row.iter().rposition(|dot| *dot)).max().map_or(0, |last| last + 1);
        // The bits that fill the last byte may stand over the edge, ink never.
        if inked > paper.width || wide > paper.width.next_multiple_of(8) {
            return Err(format!("{wide} dots on {}", paper.width));
        }
        let left = if self.centred { paper.width.saturating_sub(wide) / 2 } else { 0 };
        paper.rows.extend(
            rows.iter().map(|row| std::iter::repeat_n(false, left).chain(row.iter().copied()).collect()),
        );
        Ok(())
    }

    fn graphic(&mut self, order: &[u8], paper: &mut Paper) -> Result<(), String> {
        match order {
            [48, 112, _, _, _, _, wl, wh, _, _, data @ ..] => {
                self.graphics = data.chunks(word(*wl, *wh).div_ceil(8)).map(dots).collect();
                Ok(())
            }
            [48, 2 | 50, ..] => {
                let rows = std::mem::take(&mut self.graphics);
                self.place(&rows, paper)
            }
            [48, ..] => Ok(()),
            _ => Err(format!("GS ( L {:02x?}", &order[..order.len().min(4)])),
        }
    }

    fn feed(&mut self, paper: &mut Paper) -> Result<(), String> {
        if !self.columns.is_empty() {
            let columns = std::mem::take(&mut self.columns);
            let high = columns.first().map_or(0, Vec::len);
            let rows: Vec<Vec<bool>> =
                (0..high).map(|y| columns.iter().map(|column| column[y]).collect()).collect();
            // Needles stand as far apart as two of the head's columns.
            let times = if high == 8 { 2 } else { 1 };
            let rows: Vec<Vec<bool>> = rows.into_iter().flat_map(|row| vec![row; times]).collect();
            return self.place(&rows, paper);
        }
        let text = std::mem::take(&mut self.line);
        let columns = match self.profile.small_columns {
            Some(small) if self.font_b => small,
            Some(_) | None => self.profile.columns,
        } as usize;
        let used = text.chars().count() * self.wide;
        if used > columns {
            return Err(format!("{used} columns on {columns}: {text:?}"));
        }
        let left = if self.centred { (columns - used) / 2 } else { 0 };
        paper.rows.extend(letters(&text, left, paper.width / columns.max(1), (self.wide, self.high)));
        paper.text.push_str(&text);
        paper.text.push('\n');
        Ok(())
    }
}

/// A QR code as the printer itself draws it: bytes, so that it is never smaller than a real one.
fn symbol(text: &str, module: usize) -> Vec<Vec<bool>> {
    let mut bits = qrcode::bits::Bits::new(qrcode::Version::Normal(1));
    for version in 1..=40 {
        bits = qrcode::bits::Bits::new(qrcode::Version::Normal(version));
        bits.push_byte_data(text.as_bytes()).expect("bytes fit every version's counter");
        if bits.push_terminator(qrcode::EcLevel::M).is_ok() {
            break;
        }
    }
    let code = qrcode::QrCode::with_bits(bits, qrcode::EcLevel::M).expect("a code that fits its version");
    let side = code.width();
    let dark: Vec<bool> = code.into_colors().into_iter().map(|c| c == qrcode::Color::Dark).collect();
    let rows =
        dark.chunks(side).map(|row| row.iter().flat_map(|dot| vec![*dot; module]).collect::<Vec<bool>>());
    rows.flat_map(|row| vec![row; module]).collect()
}

fn dots(bytes: &[u8]) -> Vec<bool> {
    bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0)).collect()
}

/// Native letters in their cells: good enough to look at, never read by a test.
fn letters(text: &str, left: usize, cell: usize, (wide, high): (usize, usize)) -> Vec<Vec<bool>> {
    let height = 24 * high;
    let mut rows = vec![Vec::new(); height + 6];
    let em = u32::try_from(20 * high).unwrap_or(20);
    for (place, sign) in text.chars().enumerate() {
        let Some(ink) = letter(sign, em) else { continue };
        let from = left * cell + place * cell * wide;
        for (y, row) in rows.iter_mut().enumerate() {
            row.resize(from + cell * wide, false);
            for x in 0..cell * wide {
                let source =
                    x * ink.width().max(1) as usize / (cell * wide).min(ink.width().max(1) as usize).max(1);
                let stretch = if ink.width() as usize > cell * wide { source } else { x };
                row[from + x] |=
                    ink.black(u32::try_from(stretch).unwrap_or(0), u32::try_from(y).unwrap_or(0));
            }
        }
    }
    rows
}

/// Letters that were drawn, by sign and size: papers have few different ones.
type Letters = BTreeMap<(char, u32), Option<Rc<Ink>>>;

thread_local! {
    static LETTERS: RefCell<Letters> = const { RefCell::new(Letters::new()) };
}

fn letter(sign: char, em: u32) -> Option<Rc<Ink>> {
    let draw = || {
        let mut spelt = [0; 4];
        script::set(sign.encode_utf8(&mut spelt), em, script::Weight::Regular, 400).ok().map(Rc::new)
    };
    LETTERS.with_borrow_mut(|known| known.entry((sign, em)).or_insert_with(draw).clone())
}

impl Paper {
    /// The paper as a picture with a white border, each dot `times` pixels.
    pub fn png(&self, times: u32) -> Vec<u8> {
        let border = 16;
        let width = u32::try_from(self.width).unwrap_or(0) + 2 * border;
        let height = u32::try_from(self.rows.len()).unwrap_or(0) + 2 * border;
        // Row by row as bytes: this runs unoptimised for thousands of papers.
        let (scale, edge) = (times as usize, border as usize);
        let line = width as usize * scale;
        let mut dots = vec![255_u8; line * height as usize * scale];
        for (y, row) in self.rows.iter().enumerate() {
            let from = (y + edge) * scale * line;
            for (x, _) in row.iter().enumerate().take(self.width).filter(|(_, black)| **black) {
                let at = from + (x + edge) * scale;
                dots[at..at + scale].fill(0);
            }
            for copy in 1..scale {
                dots.copy_within(from..from + line, from + copy * line);
            }
        }
        let picture = image::GrayImage::from_raw(width * times, height * times, dots).unwrap_or_default();
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).map(|()| png.into_inner()).unwrap_or_default()
    }
}

/// What zbarimg reads in a picture: lines `TYPE:data`.
pub fn decode(png: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder for the picture");
    let file = folder.path().join("paper.png");
    std::fs::write(&file, png).expect("a picture on disk");
    let run = std::process::Command::new("zbarimg").arg("--quiet").arg(&file).output();
    let output = run.expect("zbarimg is missing: apt-get install zbar-tools");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}
