//! What one store is made of, and everything the machine needs to become that store.
//!
//! One file, `store.toml`, is the whole truth about a store's hardware and people. [`load`] reads it and names every
//! bad line at once, each with line, column and a hint (REQ-48). The program `firmware-config` answers in front of it:
//! `check`, `explain`, `schema`, `diff`, `render`, `template`, `profiles`, `discover`, `doctor`, `enrol`, `update`. Only [`discover`]
//! and [`doctor`] look at the machine, and neither sends a byte to a device; only [`enrol`] and [`update`] change one.
//!
//! # How to add a device
//! A model that an existing driver speaks to: one file in `profiles/` and its line in `src/profiles/list.rs`. A test
//! holds that both are there and that the lines `profiles ID` prints make a sound store.
//!
//! A driver: a variant of [`Driver`] with its line in [`Driver::TABLE`] (class, ports, settings), and three files in
//! device-drivers, whose `lib.rs` says which; `tests/tests/made_up/scale.patch` shows all four. A setting of its own: a field of
//! [`Settings`], its name in [`Settings::given`], its line in the table of [`keys`], and the new schema
//! (`LARDER_BLESS=1 cargo nextest run -p firmware-config`).

mod advice;
mod check;
mod devices;
pub mod diff;
pub mod discover;
pub mod doctor;
pub mod enrol;
mod fault;
pub mod keys;
pub mod pem;
pub mod profiles;
mod read;
mod registers;
pub mod render;
pub mod report;
pub mod schema;
mod store;
pub mod template;
pub mod update;
mod usb_printer;
mod words;

use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use devices::{Device, Driver, DriverLine, PaperLanguage, Port, PortError, PortKind, Settings};
pub use fault::{Fault, Place};
pub use registers::{Parity, RegisterForm, RegisterTable};
pub use store::{
    Band, Broker, BrokerMode, BrokerTls, Hub, HubTls, Layout, Node, Person, Scanning, Store, StoreManifest,
    Zone,
};

/// Why there is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file has faults; all of them, in file order.
    #[error("{path} has {} fault(s):\n{}", faults.len(), list(faults))]
    Faults {
        /// The file, or `store.toml` where the text came from elsewhere.
        path: PathBuf,
        /// Every bad line.
        faults: Vec<Fault>,
    },
}

fn list(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
    lines.join("\n")
}

/// Reads and checks the file at `path`.
///
/// # Errors
/// [`LoadError::Faults`] holds every bad line, not only the first.
pub fn load(path: &Path) -> Result<StoreManifest, LoadError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    parse(&text).map_err(|faults| LoadError::Faults { path: path.to_owned(), faults })
}

/// Checks the text of a `store.toml`.
///
/// # Errors
/// Every fault, in file order; an empty list is never returned.
pub fn parse(text: &str) -> Result<StoreManifest, Vec<Fault>> {
    let seen = examine(text);
    seen.manifest.ok_or(seen.faults)
}

/// What a look at the text of a `store.toml` found.
#[derive(Debug)]
pub struct Examination {
    /// The store; there is one exactly where there are no faults.
    pub manifest: Option<StoreManifest>,
    /// What stops this file from making a store, in file order.
    pub faults: Vec<Fault>,
    /// What works and is unwise, in file order; empty while there are faults.
    pub advice: Vec<Fault>,
}

/// Sound values for the keys whose absence would hide other faults of their section; only used while there are faults.
const STANDS: &[read::Stand<'static>] = &[
    ("store", "id", "'store'"),
    ("store", "name", "'name'"),
    ("store", "city", "'city'"),
    ("store", "lat", "0.0"),
    ("store", "lon", "0.0"),
    ("store", "time_zone", "'UTC'"),
    ("store", "service_radius_m", "2500"),
    ("store", "capacity_orders", "60"),
    ("hub", "url", "'https://hub.invalid'"),
    ("hub", "token", "'stands-in-for-a-token'"),
    ("layout", "aisle_spacing_cm", "300"),
    ("layout", "bay_spacing_cm", "100"),
    ("layout", "level_height_cm", "40"),
    ("layout", "packing_stations", "3"),
];

/// Looks at the text of a `store.toml`: its faults, and for a sound file what is unwise in it (REQ-48).
#[must_use]
pub fn examine(text: &str) -> Examination {
    let reading: read::Reading<'_, Draft> = read::read(text, STANDS);
    let mut faults = reading.faults;
    let manifest = match reading.value {
        Some(draft) => {
            faults.extend(check::Checker::run(&reading.tree, &draft, &reading.cut));
            draft.finish()
        }
        None => None,
    };
    faults.sort();
    match manifest {
        Some(manifest) if faults.is_empty() => {
            let advice = advice::of(&reading.tree, &manifest);
            Examination { manifest: Some(manifest), faults, advice }
        }
        Some(_) | None => Examination { manifest: None, faults, advice: Vec::new() },
    }
}

/// The file as far as it could be read: sections with faults are absent, so that the others are still checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    #[serde(default)]
    store: Option<Store>,
    #[serde(default)]
    node: Option<Node>,
    #[serde(default)]
    hub: Option<Hub>,
    #[serde(default)]
    broker: Option<Broker>,
    #[serde(default)]
    layout: Option<Layout>,
    #[serde(default)]
    scanning: Scanning,
    #[serde(default)]
    zones: Vec<Zone>,
    #[serde(default)]
    devices: Vec<Device>,
    #[serde(default)]
    people: Vec<Person>,
}

impl Draft {
    fn finish(self) -> Option<StoreManifest> {
        Some(StoreManifest {
            store: self.store?,
            node: self.node?,
            hub: self.hub?,
            broker: self.broker?,
            layout: self.layout?,
            scanning: self.scanning,
            zones: self.zones,
            devices: self.devices,
            people: self.people,
        })
    }
}
