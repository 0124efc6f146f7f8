//! Hours that are over become blobs at both sides while everything goes wrong, and what one side has forgotten of them it gets
//! from the other, as the adapters do it over HTTP. Where [`super::Options::hours`] says so: the kept seeds of the time before
//! are worlds without.

use super::world::World;
use crate::checks::{Check, Checked, broken, machine};
use crate::sim::city;
use model::order::Owner;
use store_node::db::hours;
use store_node::engine::{BlobRefused as StoreNo, manifest};
use sync::doc::ManifestEntry;

impl World {
    /// Each side looks which hours are over.
    pub(super) fn closes_hours(&mut self) -> Checked {
        if !self.options.hours {
            return Ok(());
        }
        let now = self.now();
        if let Some(store) = &mut self.store.engine {
            self.tally.hours_closed += store.close_hours(now).map_err(machine)?.closed;
            self.carry(Owner::Store)?;
        }
        if let Some(hub) = &mut self.hub.engine {
            hub.close_hours(now).map_err(machine)?;
            self.carry(Owner::Hub)?;
        }
        self.look()?;
        let live = self.hub.peer.as_ref().is_some_and(sync::peer::Peer::is_live);
        let steady = live && self.line.connected && !self.line.cut && self.needs_epoch.is_none();
        if steady { self.levels_hours() } else { Ok(()) }
    }

    /// The closed hours of each side.
    pub(super) fn closed_hours(&mut self) -> Checked<(Vec<ManifestEntry>, Vec<ManifestEntry>)> {
        let store = city::store_id(0).map_err(machine)?;
        let mut theirs = self.hub.engine()?.data().manifest(&store, u32::MAX).map_err(machine)?;
        let mut mine = self.store.reading(|conn| manifest(conn, u32::MAX))?;
        theirs.sort_by_key(|entry| entry.doc);
        mine.sort_by_key(|entry| entry.doc);
        Ok((mine, theirs))
    }

    /// Whether both sides have closed the same hours to the same content.
    pub(super) fn hours_agree(&mut self) -> Checked<bool> {
        let (mine, theirs) = self.closed_hours()?;
        Ok(mine == theirs)
    }

    fn levels_hours(&mut self) -> Checked {
        let (mine, theirs) = self.closed_hours()?;
        let (now, store) = (self.now(), city::store_id(0).map_err(machine)?);
        let lacks =
            |list: &[ManifestEntry], entry: &ManifestEntry| !list.iter().any(|known| known.doc == entry.doc);
        for entry in mine.iter().filter(|entry| lacks(&theirs, entry)) {
            let name = entry.doc.of(&store).to_string();
            let Some(blob) = self.store.reading(|conn| hours::blob(conn, &name))? else { continue };
            if let Err(refused) = self.hub.engine()?.take_closed(now, &store, entry, blob).map_err(machine)? {
                self.note(|| format!("hub: {:?} is not taken closed: {refused}", entry.doc));
            } else {
                self.tally.hours_brought += 1;
                self.note(|| format!("hub takes {:?} closed", entry.doc));
                self.carry(Owner::Hub)?;
                self.look()?;
            }
        }
        for entry in theirs.iter().filter(|entry| lacks(&mine, entry)) {
            let id = entry.doc.of(&store);
            let Some(blob) = self.hub.engine()?.data().closed_blob(&id).map_err(machine)? else { continue };
            match self.store.engine()?.take_closed(now, entry, blob).map_err(machine)? {
                Ok(_) => {
                    self.tally.hours_brought += 1;
                    self.note(|| format!("store takes {:?} closed", entry.doc));
                    self.carry(Owner::Store)?;
                    self.look()?;
                }
                Err(StoreNo::Open) => self.note(|| format!("store: {:?} is open here", entry.doc)),
                Err(no) => {
                    let detail = format!("store: {:?} is not taken closed: {no}", entry.doc);
                    return Err(broken(Check::Converged, detail));
                }
            }
        }
        Ok(())
    }
}
