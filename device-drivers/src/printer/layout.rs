//! A printed thing before any printer language: blocks from top to bottom, in millimetres and characters.

use crate::printer::script::Weight;

/// How fine the head is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Head {
    /// 203 dots an inch: receipt printers and most label printers.
    #[default]
    Dpi203,
    /// 300 dots an inch.
    Dpi300,
}

impl Head {
    /// Dots per millimetre.
    #[must_use]
    pub const fn dots_per_mm(self) -> u32 {
        match self {
            Head::Dpi203 => 8,
            Head::Dpi300 => 12,
        }
    }

    /// A length that is `dots` at 203 dpi, in this head's dots.
    #[must_use]
    pub const fn scaled(self, dots: u32) -> u32 {
        dots * self.dots_per_mm() / 8
    }
}

/// The paper that is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media {
    /// Printable width in millimetres.
    pub width_mm: u16,
    /// Height of one label in millimetres; `None` = endless paper.
    pub height_mm: Option<u16>,
    /// How fine the head is.
    pub head: Head,
}

impl Media {
    /// Printable width in dots.
    #[must_use]
    pub const fn width_dots(self) -> u32 {
        self.width_mm as u32 * self.head.dots_per_mm()
    }
}

/// Size of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Footers.
    Small,
    /// Running text.
    Normal,
    /// What is read at arm's length.
    Large,
    /// What is read across the table.
    Huge,
}

impl Size {
    /// Em square in dots and strokes of text that is drawn, not set in the printer's own letters.
    #[must_use]
    pub const fn drawn(self) -> (u32, Weight) {
        match self {
            Size::Small => (18, Weight::Regular),
            Size::Normal => (24, Weight::Regular),
            Size::Large => (36, Weight::Bold),
            Size::Huge => (56, Weight::Bold),
        }
    }
}

/// Where a block stands on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// At the left edge.
    Left,
    /// In the middle.
    Centre,
}

/// One thing on the paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// One line of text; clipped by [`crate::printer::text::clip`].
    Text {
        /// The text: in the printer's own letters where it folds to ASCII, else drawn.
        text: String,
        /// How big.
        size: Size,
        /// Where.
        align: Align,
    },
    /// Two texts at the edges of one line.
    Pair {
        /// Clipped when there is no room.
        left: String,
        /// Always whole.
        right: String,
    },
    /// A QR code in the middle.
    Qr {
        /// What it says.
        text: String,
        /// Edge length in millimetres, at most; modules are whole dots.
        size_mm: u16,
    },
    /// A GS1-128 bar code, digits first, printed only where the printer draws it and the paper has room at two dots a module.
    Gs1Code128 {
        /// Identifiers of fixed length: an even number of digits.
        digits: String,
        /// What follows: an identifier of variable length with its data.
        tail: String,
    },
    /// A GS1 DataMatrix in the middle, drawn as dots: what no bar code has room for on a small label.
    Gs1Matrix {
        /// Identifiers with their data one after the other, a GS (0x1D) only behind one of variable length.
        elements: String,
        /// Edge length in millimetres, at most; modules are whole dots.
        size_mm: u16,
    },
    /// A line across.
    Rule,
    /// Opens the cash drawer that hangs on the printer, where there is one; nothing on the paper.
    Drawer,
}

/// A printed thing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// From top to bottom.
    pub blocks: Vec<Block>,
}

impl Document {
    /// Adds a line of text.
    pub fn text(&mut self, text: impl Into<String>, size: Size, align: Align) -> &mut Self {
        self.blocks.push(Block::Text { text: text.into(), size, align });
        self
    }

    /// Adds any block.
    pub fn block(&mut self, block: Block) -> &mut Self {
        self.blocks.push(block);
        self
    }
}

/// Why a document cannot be printed; nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A sign that neither the printer's fonts nor ours have.
    #[error("{text:?} holds {sign:?}: only Latin and Devanagari letters can be printed")]
    NoGlyph {
        /// The text.
        text: String,
        /// The first such sign.
        sign: char,
    },
    /// The QR code's content does not fit its size.
    #[error("{0:?} is too long for its QR code")]
    QrTooLong(String),
    /// The element string is none that a DataMatrix can hold.
    #[error("{0:?} cannot be a GS1 DataMatrix")]
    NoMatrix(String),
    /// A code or another script for a printer that takes no pictures.
    #[error("{0:?} has to be drawn, and this printer takes no pictures")]
    NoPicture(String),
    /// More than fits on the label.
    #[error("the label needs {needed_mm} mm and the paper has {have_mm} mm")]
    TooTall {
        /// What it needs.
        needed_mm: u32,
        /// What is loaded.
        have_mm: u32,
    },
}

/// Dots of `size_mm` that one module of a QR with `modules` a side (quiet zone of four included) may take.
#[must_use]
pub(crate) fn dots_per_module(size_mm: u32, modules: u32, head: Head) -> Option<u32> {
    let dots = size_mm * head.dots_per_mm() / (modules + 8);
    (dots >= head.scaled(2)).then_some(dots)
}

/// The modules of a QR at error correction M, row by row, true = black; and how many a side.
pub(crate) fn qr_modules(text: &str) -> Result<(Vec<bool>, u32), RenderError> {
    let too_long = |_| RenderError::QrTooLong(text.to_owned());
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).map_err(too_long)?;
    let side = u32::try_from(code.width()).unwrap_or(u32::MAX);
    let dark = code.into_colors().into_iter().map(|colour| colour == qrcode::Color::Dark).collect();
    Ok((dark, side))
}
