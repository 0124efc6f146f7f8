//! The papers of the house in English and Hindi (REQ-31, REQ-34, REQ-37, REQ-93): each a struct of facts with a
//! `layout`. Knows no printer; names come in the language they are to stand in, and what is too long is cut when drawn.

mod goods;
mod orders;
mod words;

pub use goods::{LotLabel, ManifestLine, ShelfLabel, TemperatureStrip, TransferManifest};
pub use orders::{BagLabel, DeliveryLabel, HandoverSlip, PickLine, PickList};

use firmware_config::PaperLanguage;
use model::PrintJobId;

use crate::printer::layout::{Align, Block, Document, Size};
use crate::printer::legible;
use words::Word;

/// In which language a paper speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// English.
    English,
    /// Hindi, in Devanagari.
    Hindi,
}

impl From<PaperLanguage> for Tongue {
    fn from(language: PaperLanguage) -> Self {
        match language {
            PaperLanguage::En => Tongue::English,
            PaperLanguage::Hi => Tongue::Hindi,
        }
    }
}

/// What stands on every paper whatever it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The language.
    pub tongue: Tongue,
    /// The job; stands in the footer.
    pub job: PrintJobId,
    /// Printed before: says DUPLICATE, on every paper, and that in the paper's language besides.
    pub duplicate: bool,
}

impl Stamp {
    const fn say(&self, word: Word) -> &'static str {
        word.say(self.tongue)
    }

    fn begin(&self) -> Document {
        let mut document = Document::default();
        if self.duplicate {
            document.text(format!("** {} **", self.say(Word::Duplicate)), Size::Normal, Align::Centre);
        }
        document
    }

    /// What cannot be drawn is left out, so that no name keeps a paper from its order; a text that is empty takes no paper.
    fn end(&self, mut document: Document) -> Document {
        for block in &mut document.blocks {
            match block {
                Block::Text { text, .. } => *text = legible::part(text),
                Block::Pair { left, right } => {
                    *left = legible::part(left);
                    *right = legible::part(right);
                }
                Block::Qr { .. }
                | Block::Gs1Code128 { .. }
                | Block::Gs1Matrix { .. }
                | Block::Rule
                | Block::Drawer => {}
            }
        }
        document.blocks.retain(|block| !matches!(block, Block::Text { text, .. } if text.trim().is_empty()));
        document.text(format!("job {}", self.job), Size::Small, Align::Centre);
        document
    }
}

fn pair(document: &mut Document, left: impl Into<String>, right: impl Into<String>) {
    document.block(Block::Pair { left: left.into(), right: right.into() });
}

fn qr(document: &mut Document, text: &str, size_mm: u16) {
    document.block(Block::Qr { text: text.to_owned(), size_mm });
}
