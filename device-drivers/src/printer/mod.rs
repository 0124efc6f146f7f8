//! Thermal printers: a label as facts -> a document -> printer bytes, and the printer's status back.
//! No orders, no queue: the agent decides when to print.

pub mod escpos;
pub mod ink;
pub mod layout;
mod legible;
mod press;
pub mod profile;
mod profiles;
pub mod script;
pub mod sheet;
pub mod status;
pub mod template;
pub mod text;
pub mod zpl;

pub use layout::{Align, Block, Document, Head, Media, RenderError, Size};
pub use press::Press;
pub use profile::Profile;
pub use status::{PrinterStatus, StatusError};
pub use template::compose;

use firmware_config::{Driver, Settings};

/// Which language a printer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Receipt printers.
    Escpos,
    /// Label printers.
    Zpl,
}

impl Language {
    /// The language of a driver; `None` for drivers of other classes.
    #[must_use]
    pub fn of(driver: Driver) -> Option<Self> {
        let languages = [(Driver::Escpos, Language::Escpos), (Driver::Zpl, Language::Zpl)];
        languages.into_iter().find(|(known, _)| *known == driver).map(|(_, language)| language)
    }

    /// The paper that is loaded, from the settings or this language's usual one.
    #[must_use]
    pub fn media(self, settings: &Settings) -> Media {
        let (width_mm, height_mm) = match self {
            Language::Escpos => (72, None),
            Language::Zpl => (50, Some(50)),
        };
        Media {
            width_mm: settings.width_mm.unwrap_or(width_mm),
            height_mm: settings.height_mm.or(height_mm),
            head: match settings.dpi {
                Some(300) => Head::Dpi300,
                Some(_) | None => Head::Dpi203,
            },
        }
    }

    /// A document as bytes for the printer.
    ///
    /// # Errors
    /// [`RenderError`] when the content cannot be printed; then nothing must be sent.
    pub fn render(self, document: &Document, media: Media) -> Result<Vec<u8>, RenderError> {
        match self {
            Language::Escpos => escpos::render(document, media),
            Language::Zpl => zpl::render(document, media),
        }
    }
}
