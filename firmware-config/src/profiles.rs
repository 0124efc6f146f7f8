//! Profiles of device models: what is known of a model before it is plugged in. One TOML file each in `profiles/`,
//! compiled in. `check` compares a manifest with them, `render` and `discover` take USB ids from them (REQ-48).

mod list;

use std::fmt::Write as _;
use std::sync::LazyLock;

use model::mqtt::DeviceClass;
use serde::{Deserialize, Serialize};

use crate::devices::Driver;

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its id, for `settings.model`.
    pub id: String,
    /// Who makes it.
    pub maker: String,
    /// What it is called.
    pub model: String,
    /// What it is.
    pub class: DeviceClass,
    /// Who speaks to it.
    pub driver: Driver,
    /// USB vendor and product, four hexadecimal digits each: `05e0:1701`. In the mode its driver needs.
    #[serde(default)]
    pub usb: Vec<String>,
    /// What to know or to set.
    #[serde(default)]
    pub note: String,
    /// What a scanner does.
    #[serde(default)]
    pub scanner: Option<ScannerFacts>,
    /// What a printer can do.
    #[serde(default)]
    pub printer: Option<PrinterFacts>,
    /// What a sensor can do.
    #[serde(default)]
    pub sensor: Option<SensorFacts>,
    /// What a scale can do.
    #[serde(default)]
    pub scale: Option<ScaleFacts>,
}

/// How a printer ends a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// Cuts it off.
    Full,
    /// Leaves it hanging at one point.
    Partial,
    /// Has no cutter.
    None,
}

/// What a printer can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrinterFacts {
    /// Name of the profile in the collection the numbers come from.
    #[serde(default)]
    pub capability: Option<String>,
    /// Width it can print on, millimetres.
    pub printable_mm: u16,
    /// Dots across.
    #[serde(default)]
    pub dots: Option<u16>,
    /// Dots per inch.
    #[serde(default)]
    pub dpi: Option<u16>,
    /// Columns of its usual font.
    #[serde(default)]
    pub columns: Option<u16>,
    /// How it ends a receipt; label printers are not asked.
    #[serde(default)]
    pub cut: Option<Cut>,
    /// Whether it takes an image in raster bands; without it pictures go column by column.
    pub raster: bool,
    /// Whether it draws barcodes itself.
    pub barcode: bool,
    /// Whether it draws QR codes itself.
    pub qr: bool,
    /// Code pages it knows, by name.
    #[serde(default)]
    pub code_pages: Vec<String>,
}

/// What a scanner does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannerFacts {
    /// It may send one scan again within so many milliseconds.
    pub dedup_ms: u32,
}

/// What a sensor can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SensorFacts {
    /// Lowest temperature it measures, degrees Celsius.
    pub least_c: i16,
    /// Highest temperature it measures, degrees Celsius.
    pub most_c: i16,
    /// Family code at the head of its 1-wire folder.
    #[serde(default)]
    pub family: Option<String>,
}

/// What a scale can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleFacts {
    /// Shortest time between two questions, milliseconds.
    pub least_poll_ms: u32,
}

/// Every profile, by id. A file that is no profile is left out; a test holds that there is none.
static ALL: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let mut all: Vec<Profile> = list::TEXTS.iter().filter_map(|text| toml::from_str(text).ok()).collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
});

/// Every profile, by id.
#[must_use]
pub fn all() -> &'static [Profile] {
    &ALL
}

/// The profile of that id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Profile> {
    all().iter().find(|profile| profile.id == id)
}

/// The profiles that a plugged-in USB device may be, by vendor and product as `05e0:1701`.
pub fn by_usb(id: &str) -> impl Iterator<Item = &'static Profile> {
    all().iter().filter(move |profile| profile.usb.iter().any(|known| known.eq_ignore_ascii_case(id)))
}

/// The id somebody meant.
pub(crate) fn nearest(id: &str) -> Option<&'static str> {
    crate::words::closest(id, all().iter().map(|profile| profile.id.as_str()))
}

impl Profile {
    /// The profile on one line, for a list.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut facts = vec![self.driver.line().word.to_owned()];
        if let Some(printer) = &self.printer {
            facts.push(format!("{} mm", printer.printable_mm));
            facts.extend(printer.dpi.map(|dpi| format!("{dpi} dpi")));
        }
        facts.extend(self.usb.iter().map(|id| format!("usb {id}")));
        let name = format!("{} {}", self.maker, self.model);
        format!("{:<26} {:<8} {name:<32} {}", self.id, self.class.word(), facts.join(", "))
    }

    /// The profile in full, with lines for `store.toml`.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut text = format!("{}\n", self.summary());
        if !self.note.is_empty() {
            let _ = writeln!(text, "  {}", self.note);
        }
        if let Some(printer) = &self.printer {
            let yes = |can: bool| if can { "yes" } else { "no" };
            let _ = writeln!(
                text,
                "  raster image {}, own barcodes {}, own QR codes {}",
                yes(printer.raster),
                yes(printer.barcode),
                yes(printer.qr)
            );
            if !printer.code_pages.is_empty() {
                let _ = writeln!(text, "  code pages {}", printer.code_pages.join(", "));
            }
        }
        let port = self.driver.line().example;
        let width = self.printer.as_ref().map(|printer| {
            // Our layouts are made of 8 dots per millimetre: a coarser head has room for fewer of them.
            let room = printer.dots.map_or(printer.printable_mm, |dots| (dots / 8).min(printer.printable_mm));
            format!(", width_mm = {room}")
        });
        // As such modules are delivered; the note says which is which.
        let place = if self.driver.on_modbus() { ", slave = 1, register = 0" } else { "" };
        let zone = if matches!(self.class, DeviceClass::Sensor | DeviceClass::Door) {
            "zone = \"ZONE\"\n"
        } else {
            ""
        };
        let _ = write!(
            text,
            "\n[[devices]]\nid = \"{}-1\"\nclass = \"{}\"\ndriver = \"{}\"\nport = \"{port}\"\n{zone}settings = {{ model = \"{}\"{}{place} }}\n",
            self.class.word(),
            self.class.word(),
            self.driver.line().word,
            self.id,
            width.unwrap_or_default(),
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_is_listed_and_is_a_sound_profile() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        for text in list::TEXTS {
            toml::from_str::<Profile>(text).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
        }
        assert_eq!(all().iter().map(|profile| profile.id.clone()).collect::<BTreeSet<_>>(), files);
        assert_eq!(all().len(), list::TEXTS.len());
        assert!(all().len() >= 25);
        for profile in all() {
            assert_eq!(profile.driver.line().class, profile.class, "{}", profile.id);
            assert_eq!(profile.class == DeviceClass::Printer, profile.printer.is_some(), "{}", profile.id);
            for id in &profile.usb {
                let hex = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_hexdigit());
                assert!(id.split_once(':').is_some_and(|(a, b)| hex(a) && hex(b)), "{id}");
            }
        }
    }

    #[test]
    fn a_plugged_in_device_finds_its_profile() {
        let found: Vec<&str> = by_usb("1EAB:0106").map(|profile| profile.id.as_str()).collect();
        assert_eq!(found, ["newland-hr200"]);
        assert_eq!(nearest("zebra-ds2280"), Some("zebra-ds2208"));
    }
}
