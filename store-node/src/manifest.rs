//! From store.toml to what the engine needs: floor, zones with their watch, people, devices. Translates; the file was
//! checked by `firmware-config`, and the floor checks itself when the engine opens.

use crate::setup::{Calendar, DeviceSetup, PersonSetup, Policy, Setup, Trade, UnknownZone, ZoneSetup};
use device_drivers::gs1::instore::{Template, TemplateFault};
use firmware_config::{Device, Person, StoreManifest, Zone};
use model::catalogue::TempClass;
use model::{BinId, DeviceId};
use std::collections::{BTreeMap, BTreeSet};
use store_core::cold::{Band, Edges};
use store_core::layout::block::{Block, End};
use store_core::layout::{self, LayoutError, LayoutSpec, ZoneKind};

/// From a cross aisle to the first bay.
const END_GAP_CM: u32 = 150;

/// Why a manifest does not make a store.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The time zone is unknown here.
    #[error("[store] time_zone: {0}; write an IANA name such as Asia/Kolkata")]
    TimeZone(#[from] UnknownZone),
    /// A template of in-store numbers is none.
    #[error("[scanning] in_store: {0:?}: {1}")]
    Template(String, TemplateFault),
    /// A lamp hangs at a bin that is not there.
    #[error("device {0}: bins: there is no bin {1}; a bin is named like {2}")]
    Lamp(DeviceId, BinId, BinId),
    /// The zones do not make a floor.
    #[error("[[zones]]: {0}")]
    Floor(#[from] LayoutError),
}

/// Everything the engine must know, with the default policy.
pub fn setup(manifest: &StoreManifest) -> Result<Setup, ManifestError> {
    let devices = manifest.devices.iter().map(|device| DeviceSetup {
        device: device.id.clone(),
        class: device.class,
        zone: device.zone.clone(),
    });
    let layout = floor(manifest)?;
    hang(manifest, &layout)?;
    Ok(Setup {
        store: manifest.store.id.clone(),
        name: manifest.store.name.clone(),
        calendar: Calendar::new(&manifest.store.time_zone)?,
        layout,
        zones: manifest.zones.iter().map(zone).collect(),
        people: manifest.people.iter().map(person).collect(),
        devices: devices.collect(),
        trade: trade(manifest)?,
        policy: Policy::default(),
    })
}

/// The pick-to-light lamp at each bin that has one.
#[must_use]
pub fn lamps(manifest: &StoreManifest) -> BTreeMap<BinId, DeviceId> {
    let hung = |device: &Device| {
        let bins = device.settings.bins.clone().unwrap_or_default();
        let lamp = device.id.clone();
        bins.into_iter().map(move |bin| (bin, lamp.clone()))
    };
    manifest.devices.iter().flat_map(hung).collect()
}

/// Every lamp hangs at a bin of the floor.
fn hang(manifest: &StoreManifest, floor: &LayoutSpec) -> Result<(), ManifestError> {
    let bins: BTreeSet<&BinId> = floor.bins.iter().map(|bin| &bin.id).collect();
    let Some(example) = floor.bins.first() else { return Ok(()) };
    for (bin, lamp) in lamps(manifest) {
        if !bins.contains(&bin) {
            return Err(ManifestError::Lamp(lamp, bin, example.id.clone()));
        }
    }
    Ok(())
}

fn trade(manifest: &StoreManifest) -> Result<Trade, ManifestError> {
    let read =
        |text: &String| Template::parse(text).map_err(|fault| ManifestError::Template(text.clone(), fault));
    let stamps = manifest.devices.iter().filter_map(|d| Some((d.id.clone(), d.settings.stamp_until?)));
    Ok(Trade {
        in_store: manifest.scanning.in_store.iter().map(read).collect::<Result<_, _>>()?,
        stamps: stamps.collect(),
    })
}

/// Zones stand side by side between two cross aisles, slowest first, so that the fastest lie at packing and the cold
/// ones behind it (REQ-2).
fn floor(manifest: &StoreManifest) -> Result<LayoutSpec, LayoutError> {
    let mut zones: Vec<&Zone> = manifest.zones.iter().collect();
    zones.sort_by_key(|zone| match kind(zone) {
        ZoneKind::C => 0,
        ZoneKind::B => 1,
        ZoneKind::A => 2,
        ZoneKind::Cold | ZoneKind::Packing | ZoneKind::Dispatch => 3,
    });
    let ambient: u16 = zones.iter().filter(|zone| kind(zone) != ZoneKind::Cold).map(|zone| zone.aisles).sum();
    let aisles = zones.iter().flat_map(|zone| std::iter::repeat_n(zone.id.clone(), usize::from(zone.aisles)));
    let most = |of: fn(&Zone) -> u16| u32::from(zones.iter().map(|zone| of(zone)).max().unwrap_or(0));
    let block = Block {
        zones: zones.iter().map(|zone| layout::Zone { id: zone.id.clone(), kind: kind(zone) }).collect(),
        aisles: aisles.collect(),
        bays: most(|zone| zone.bays),
        levels: most(|zone| zone.levels),
        aisle_gap_cm: manifest.layout.aisle_spacing_cm,
        bay_gap_cm: manifest.layout.bay_spacing_cm,
        end_gap_cm: END_GAP_CM,
        packing_aisle: u32::from(ambient.saturating_sub(1)),
        packing_end: End::Front,
    };
    let mut spec = block.spec()?;
    let bays = usize::try_from(block.bays).unwrap_or(usize::MAX);
    let per_bay = 2 * usize::try_from(block.levels).unwrap_or(usize::MAX);
    let mut place = 0;
    // The block is as deep as its deepest zone; a zone has only the bays and levels it really has.
    spec.bins.retain(|bin| {
        let (bay, level) = (place / per_bay % bays, place % (per_bay / 2));
        place += 1;
        let zone = zones.iter().find(|zone| zone.id == bin.zone);
        zone.is_some_and(|zone| bay < usize::from(zone.bays) && level < usize::from(zone.levels))
    });
    Ok(spec)
}

fn kind(zone: &Zone) -> ZoneKind {
    match (zone.temp, zone.id.as_str()) {
        (TempClass::Chilled | TempClass::Frozen | TempClass::Fresh, _) => ZoneKind::Cold,
        (TempClass::Ambient, "A") => ZoneKind::A,
        (TempClass::Ambient, "B") => ZoneKind::B,
        (TempClass::Ambient, _) => ZoneKind::C,
    }
}

fn zone(zone: &Zone) -> ZoneSetup {
    let band = zone.band.map(|band| Band {
        low_milli_c: band.min_centi_c.saturating_mul(10),
        high_milli_c: band.max_centi_c.saturating_mul(10),
        delay_ms: i64::from(band.alarm_delay_s) * 1_000,
        silent_ms: i64::from(band.silent_after_s) * 1_000,
        warn: match (band.warn_min_centi_c, band.warn_max_centi_c) {
            (None, None) => None,
            (low, high) => Some(Edges {
                low_milli_c: low.unwrap_or(band.min_centi_c).saturating_mul(10),
                high_milli_c: high.unwrap_or(band.max_centi_c).saturating_mul(10),
            }),
        },
        door_ms: i64::from(band.door_grace_s) * 1_000,
    });
    ZoneSetup { zone: zone.id.clone(), temp: zone.temp, band }
}

fn person(person: &Person) -> PersonSetup {
    PersonSetup {
        person: person.id.clone(),
        name: person.name.clone(),
        role: person.role,
        pin_hash: person.pin_hash.clone().or_else(|| person.demo_pin.as_ref().map(|_| "demo".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_store_has_a_floor_with_the_bins_its_zones_have() {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware-config/examples/store.toml");
        let manifest = firmware_config::load(&path).unwrap();
        let setup = setup(&manifest).unwrap();
        let wanted: u32 = manifest
            .zones
            .iter()
            .map(|zone| 2 * u32::from(zone.aisles) * u32::from(zone.bays) * u32::from(zone.levels))
            .sum();
        assert_eq!(setup.layout.bins.len(), usize::try_from(wanted).unwrap());
        let in_zone = |id: &str| setup.layout.bins.iter().filter(|bin| bin.zone.as_str() == id).count();
        assert_eq!(in_zone("cold-1"), 2 * 16 * 4);
        assert!(store_core::layout::Layout::new(&setup.layout).is_ok());
    }

    #[test]
    fn a_lamp_hangs_at_a_bin_that_is_there() {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware-config/examples/store.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let with = |bin: &str| {
            let lamp = format!(
                "\n[[devices]]\nid = \"lamp-9\"\nclass = \"output\"\ndriver = \"gpio-output\"\n\
                 port = \"gpio:/dev/gpiochip9:9\"\nsettings = {{ bins = [{bin:?}] }}\n"
            );
            firmware_config::parse(&format!("{text}{lamp}")).unwrap()
        };
        let manifest = with("NOWHERE");
        let Err(ManifestError::Lamp(_, bin, example)) = setup(&manifest) else { panic!("it hangs nowhere") };
        assert_eq!(bin.as_str(), "NOWHERE");
        let manifest = with(example.as_str());
        assert!(setup(&manifest).is_ok());
        assert_eq!(lamps(&manifest), BTreeMap::from([(example, DeviceId::new("lamp-9").unwrap())]));
    }
}
