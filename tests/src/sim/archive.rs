//! What is for later: hours that are over become blobs, ledger and temperatures go to the hub in batches.

use super::event::Node;
use super::site::StoreSite;
use super::world::World;
use crate::checks::{Check, Checked, broken, machine};
use crate::shipping;
use central_hub::engine::HubEngine;
use model::time::HOUR_MS;
use store_node::db::docs;
use store_node::engine::manifest;
use store_node::engine::ship::Step;
use store_node::reader::Reader;
use sync::batch::Stream;

/// Batches of one table that go in one turn, so that a turn can end in the middle.
const BATCHES_MAX: usize = 2;

/// However wrong its clock is, a store's time is off by no more: small steps add up, and a restart forgets a minute.
const OFF_MAX_MS: i64 = HOUR_MS;

impl World {
    /// A machine's turn.
    pub(super) fn archive(&mut self, node: Node) -> Checked {
        if !self.is_up(node) {
            return Ok(());
        }
        let now = self.queue.now();
        let seen = match node {
            Node::Hub => {
                let local = self.hub.now(now);
                let Some(hub) = &mut self.hub.engine else { return Ok(()) };
                let seen = hub.close_hours(local).map_err(machine)?;
                seen.marked + seen.closed
            }
            Node::Store(at) => {
                let local = self.stores[at].now(now);
                let off = local.since_ms(now).abs();
                if off > OFF_MAX_MS && !self.after_night {
                    let detail = format!("what counts at store {at} is off by {off} ms");
                    return Err(broken(Check::Machine, detail));
                }
                let Some(engine) = &mut self.stores[at].engine else { return Ok(()) };
                let seen = engine.close_hours(local).map_err(machine)?;
                self.tally.hours_closed += seen.closed;
                self.ship(at)?;
                seen.marked + seen.closed
            }
        };
        if seen > 0 {
            self.moved();
        }
        self.carry(node)
    }

    fn ship(&mut self, at: usize) -> Checked {
        if self.lines[at].cut || !self.lines[at].connected {
            return Ok(());
        }
        let now = self.queue.now();
        let local = self.hub.now(now);
        self.stores[at].hub_says(now, local);
        let path = self.stores[at].path();
        let (Some(engine), Some(hub)) = (&mut self.stores[at].engine, &mut self.hub.engine) else {
            return Ok(());
        };
        let mut reader = Reader::open(&path).map_err(machine)?;
        let turn = shipping::turn((engine, &mut reader), hub, local, BATCHES_MAX).map_err(machine)?;
        self.tally.batches += u32::try_from(turn.batches).unwrap_or(u32::MAX);
        match turn.broken.first() {
            None => Ok(()),
            Some(why) => Err(broken(Check::Converged, format!("store {at}: a batch was not taken: {why}"))),
        }
    }
}

/// Both sides have closed the same hours with the same content, and the hub has every row of the store's ledger.
///
/// # Errors
/// A fault of a machine.
pub(super) fn is_level(site: &mut StoreSite, hub: &HubEngine) -> Checked<bool> {
    let store = site.setup.store.clone();
    let theirs = hub.data().manifest(&store, u32::MAX).map_err(machine)?;
    let level = site.reading(|conn| {
        let mut mine = manifest(conn, u32::MAX).map_err(machine)?;
        let mut theirs = theirs.clone();
        mine.sort_by_key(|entry| entry.doc);
        theirs.sort_by_key(|entry| entry.doc);
        let open = docs::names(conn).map_err(machine)?.iter().any(|name| name.starts_with("orders/"));
        Ok(mine == theirs && !open)
    })?;
    let mut reader = Reader::open(&site.path()).map_err(machine)?;
    // Temperatures never end; the ledger does.
    let head = shipping::head(hub, &store, Stream::Ledger).map_err(machine)?;
    let step = reader.ship(Stream::Ledger, head).map_err(machine)?;
    Ok(level == Some(true) && step == Step::Nothing)
}
