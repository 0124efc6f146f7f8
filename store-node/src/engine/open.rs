//! Opening a store: schema, whose it is, a new boot number, and the floor, people and devices of `store.toml` as rows.

use super::{
    Engine, OpenError, Parts,
    docs::{Docs, SharedDocs},
};
use crate::db::marks::{self, Mark};
use crate::db::places::{self, ZoneRow};
use crate::db::{Db, DbError, Tx, cold, devices, people};
use crate::reader::facts;
use crate::setup::Setup;
use model::Timestamp;
use model::life::next_life;
use std::path::Path;
use store_core::cold::{Quiet, Watch};
use store_core::layout::{Layout, ZoneKind};

impl Engine {
    /// Opens or makes a store's database. One process at a time may write it.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(path: &Path, setup: Setup, now: Timestamp) -> Result<Self, OpenError> {
        Self::open_by(path, setup, (now, now))
    }

    /// As [`Engine::open`], where the machine's clock says something else than the time that counts: a boot number is new by
    /// whichever is later, since what counts may have been set back together with the database.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_by(
        path: &Path,
        setup: Setup,
        (now, wall): (Timestamp, Timestamp),
    ) -> Result<Self, OpenError> {
        let layout = Layout::new(&setup.layout)?;
        let mut db = Db::open(path)?;
        let tx = db.begin()?;
        let boot = begin(&tx, &setup, (now, wall))?;
        tx.commit()?;
        let docs = SharedDocs::new(Docs::new(setup.store.clone(), boot));
        Ok(Self {
            db,
            parts: Parts::of(setup, layout),
            docs,
            boot,
            #[cfg(feature = "mutations")]
            groups: 0,
        })
    }
}

impl Parts {
    pub(super) const fn of(setup: Setup, layout: Layout) -> Self {
        Self {
            setup,
            layout,
            #[cfg(feature = "mutations")]
            mutations: std::collections::BTreeSet::new(),
        }
    }
}

/// What a start writes; says the boot number.
pub(super) fn begin(
    tx: &Tx<'_>,
    setup: &Setup,
    (now, wall): (Timestamp, Timestamp),
) -> Result<u32, OpenError> {
    match marks::text(tx, facts::STORE)? {
        None => marks::set_text(tx, facts::STORE, setup.store.as_str())?,
        Some(found) if found == setup.store.as_str() => {}
        Some(found) => return Err(OpenError::OtherStore { found, wanted: setup.store.to_string() }),
    }
    let boot = next_boot(tx, now.max(wall))?;
    for mark in [Mark::Epoch, Mark::Generation] {
        if marks::get(tx, mark)? == 0 {
            marks::set(tx, mark, 1)?;
        }
    }
    for (name, value) in [
        (facts::NAME, setup.name.clone()),
        (facts::TIME_ZONE, setup.calendar.iana().to_owned()),
        (facts::POLICY, serde_json::to_string(&setup.policy).map_err(DbError::from)?),
    ] {
        marks::set_text(tx, name, &value)?;
    }
    floor(tx, setup)?;
    staff(tx, setup)?;
    watches(tx, setup, now)?;
    Ok(boot)
}

/// A number for this life of the process that no other life of this store has.
fn next_boot(tx: &Tx<'_>, now: Timestamp) -> Result<u32, DbError> {
    let before = u32::try_from(marks::get(tx, Mark::Boot)?).unwrap_or(u32::MAX);
    let boot = next_life(before, now);
    marks::set(tx, Mark::Boot, i64::from(boot))?;
    Ok(boot)
}

const fn kind_word(kind: ZoneKind) -> &'static str {
    match kind {
        ZoneKind::A => "a",
        ZoneKind::B => "b",
        ZoneKind::C => "c",
        ZoneKind::Cold => "cold",
        ZoneKind::Packing => "packing",
        ZoneKind::Dispatch => "dispatch",
    }
}

fn floor(tx: &Tx<'_>, setup: &Setup) -> Result<(), OpenError> {
    for zone in &setup.layout.zones {
        let Some(kept) = setup.zones.iter().find(|kept| kept.zone == zone.id) else {
            if matches!(zone.kind, ZoneKind::Packing | ZoneKind::Dispatch) {
                continue;
            }
            return Err(OpenError::Zone(zone.id.to_string()));
        };
        let row = ZoneRow { zone: kept.zone.clone(), temp: kept.temp, band: kept.band };
        places::put_zone(tx, &row, kind_word(zone.kind))?;
    }
    for bin in &setup.layout.bins {
        places::put_bin(tx, &bin.id, &bin.zone, bin.node.0)?;
    }
    Ok(())
}

fn staff(tx: &Tx<'_>, setup: &Setup) -> Result<(), DbError> {
    people::retire_all(tx)?;
    for person in &setup.people {
        people::put(tx, &person.person, &person.name, person.role, person.pin_hash.as_deref())?;
    }
    devices::unlist_all(tx)?;
    for device in &setup.devices {
        devices::put(tx, &device.device, device.class, device.zone.as_ref(), true)?;
    }
    Ok(())
}

/// While the node was away no sensor could be heard: silence is counted from now on. The gap shows in the log.
fn watches(tx: &Tx<'_>, setup: &Setup, now: Timestamp) -> Result<(), DbError> {
    for device in &setup.devices {
        let (Some(zone), Some(watch)) = (&device.zone, cold::watch(tx, &device.device)?) else { continue };
        if watch.quiet == Quiet::No {
            cold::put_watch(tx, &device.device, zone, &Watch { trusted_at: now, ..watch })?;
        }
    }
    Ok(())
}
