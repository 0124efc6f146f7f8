//! One printer as `store.toml` describes it: what it speaks, its paper, what its model can do, the language on paper
//! (REQ-42, REQ-48). Sends nothing.

use firmware_config::{Settings, profiles};
use model::PrintJobId;
use model::mqtt::Label;

use crate::printer::layout::{Document, Media, RenderError};
use crate::printer::profile::Profile;
use crate::printer::sheet::Tongue;
use crate::printer::{Language, compose, escpos, zpl};

/// What makes bytes of a label for one printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press {
    kind: Kind,
    tongue: Tongue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Escpos(Profile),
    Zpl(Media),
}

impl Press {
    /// The printer of these settings. `model` chooses what an ESC/POS printer can do; without it, or with one that nobody
    /// described, a printer that takes raster pictures and cuts is taken for granted.
    #[must_use]
    pub fn of(language: Language, settings: &Settings) -> Self {
        let media = language.media(settings);
        let kind = match language {
            Language::Zpl => Kind::Zpl(media),
            Language::Escpos => Kind::Escpos(match known(settings) {
                Some(profile) => profile.narrowed(settings.width_mm),
                None => Profile::standard(media),
            }),
        };
        Self { kind, tongue: settings.language.unwrap_or_default().into() }
    }

    /// A label as bytes for the printer, and in the language that `store.toml` says.
    ///
    /// # Errors
    /// [`RenderError`] when the content cannot be printed; then nothing must be sent.
    pub fn print(&self, label: &Label, job: PrintJobId) -> Result<Vec<u8>, RenderError> {
        self.render(&compose(label, job, self.tongue))
    }

    /// A document as bytes for the printer.
    ///
    /// # Errors
    /// As [`Press::print`].
    pub fn render(&self, document: &Document) -> Result<Vec<u8>, RenderError> {
        match &self.kind {
            Kind::Escpos(profile) => escpos::render_for(document, profile),
            Kind::Zpl(media) => zpl::render(document, *media),
        }
    }
}

/// What the printer database says of the model.
fn known(settings: &Settings) -> Option<Profile> {
    let facts = profiles::find(settings.model.as_deref()?)?.printer.as_ref()?;
    Profile::named(facts.capability.as_deref()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::{Align, Size};
    use firmware_config::PaperLanguage;
    use model::Timestamp;

    fn press(language: Language, change: impl FnOnce(&mut Settings)) -> Press {
        let mut settings = Settings::default();
        change(&mut settings);
        Press::of(language, &settings)
    }

    #[test]
    fn every_model_that_names_its_capabilities_is_in_the_table() {
        let printers = profiles::all().iter().filter_map(|profile| profile.printer.as_ref());
        let names: Vec<&str> = printers.filter_map(|printer| printer.capability.as_deref()).collect();
        assert!(names.len() >= 20, "{names:?}");
        for name in names {
            assert!(Profile::named(name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_model_decides_what_is_sent() {
        let mut document = Document::default();
        document.text("दूध", Size::Normal, Align::Left);
        let has = |bytes: &[u8], want: &[u8]| bytes.windows(want.len()).any(|window| window == want);
        let of = |model: &str| {
            press(Language::Escpos, |settings| settings.model = Some(model.into())).render(&document).unwrap()
        };
        let (raster, columns, needles) = (of("epson-tm-t88v"), of("wincor-th230plus"), of("epson-tm-u220"));
        assert!(has(&raster, b"\x1dv0") && has(&raster, b"\x1dV"));
        assert!(has(&columns, b"\x1b*\x21") && !has(&columns, b"\x1dv0"));
        assert!(has(&needles, b"\x1b*\x00") && !has(&needles, b"\x1dV"), "it has no knife");
    }

    #[test]
    fn a_narrower_paper_than_the_models_is_kept() {
        let narrow = press(Language::Escpos, |settings| {
            (settings.model, settings.width_mm) = (Some("epson-tm-t88v".into()), Some(48));
        });
        let Kind::Escpos(profile) = narrow.kind else { panic!("{narrow:?}") };
        assert_eq!((profile.dots, profile.columns), (384, 31));
    }

    #[test]
    fn resolution_and_language_come_from_the_settings() {
        let fine = press(Language::Zpl, |settings| settings.dpi = Some(300));
        let label = Label::Shelf {
            name: model::mqtt::Name {
                en: "Milk".into(), hi: "दूध".into(), ..model::mqtt::Name::default()
            },
            bin: "A-1".into(),
            code: "LS:A-1".into(),
            price: model::Paise::new(100),
            pack: "1 L".into(),
            duplicate: true,
        };
        let text = |press: &Press| {
            String::from_utf8(press.print(&label, PrintJobId::new(Timestamp::from_ms(1), 1)).unwrap())
                .unwrap()
        };
        assert!(text(&fine).contains("^PW600^LL600") && text(&fine).contains("DUPLICATE"));
        let hindi = press(Language::Zpl, |settings| settings.language = Some(PaperLanguage::Hi));
        assert!(text(&hindi).contains("^PW400^LL400") && !text(&hindi).contains("Milk"), "{}", text(&hindi));
        let of_model = press(Language::Zpl, |settings| settings.model = Some("zebra-gk420d".into()));
        assert!(text(&of_model).contains("^PW400"));
    }
}
