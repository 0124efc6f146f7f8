//! The end of a run: everything that waits is done, and then both sides must say the same. Also: what the customers hear of
//! shorts and cancellations, and the rights that were ever given, written into the truth.

use super::instead::{Swaps, swaps_of};
use super::people::key_of;
use super::truth::Truth;
use super::world::World;
use crate::checks::{Both, Check, Checked, broken, machine, quotas};
use crate::sim::city;
use central_hub::command::Command as Hub;
use model::OrderId;
use model::order::{Moment, Moments, Owner};
use std::collections::BTreeMap;
use store_node::db::{docs, fence, orders, quota, unknown};
use sync::doc::{DocActor, DocId, Document};
use sync::lane::LaneState;

impl World {
    /// What the store has decided; customers hear of it from the hub, or when they get their bags.
    pub(super) fn hear_shorts(&mut self) -> Checked {
        if self.store.engine.is_none() {
            return Ok(());
        }
        let all = self.truth.online.keys().chain(self.truth.counter.keys());
        let open: Vec<OrderId> = all.filter(|order| !self.truth.ended(order)).copied().collect();
        let heard = self.store.reading(|conn| {
            let (mut heard, mut swaps) = (Vec::new(), Swaps::new());
            for order in &open {
                let shorts = orders::shorts(conn, order)?;
                let cancelled = orders::moments(conn, order)?.get(Moment::Cancelled).is_some();
                swaps.extend(swaps_of(conn, order)?);
                if !shorts.is_empty() || cancelled {
                    heard.push((*order, shorts, orders::lines(conn, order)?, cancelled));
                }
            }
            Ok((heard, swaps))
        })?;
        let (heard, swaps) = heard;
        self.truth.swapped.retain(|(order, ..), _| !open.contains(order));
        self.truth.swapped.extend(swaps);
        for (order, shorts, lines, cancelled) in heard {
            for (line, units) in shorts {
                let Some((_, wish)) = lines.iter().find(|(at, _)| *at == line) else { continue };
                self.truth.decided.insert((order, line), (wish.sku.clone(), i64::from(units)));
            }
            if cancelled {
                self.truth.cancelled.insert(order);
                self.puts_back(&order);
            }
        }
        for ((order, line), sku, units) in self.truth.untold() {
            if self.truth.shipped.contains_key(&order) {
                self.truth.tells((order, line), &sku, units);
            } else if let Some(hub) =
                self.hub.engine.as_ref().filter(|_| self.truth.online.contains_key(&order))
            {
                let lines = hub.data().lines(&order).map_err(machine)?;
                let short = lines.iter().find(|row| row.line == line).map_or(0, |row| i64::from(row.short));
                self.truth.tells((order, line), &sku, short);
            }
        }
        Ok(())
    }

    /// A database was set back: what it has given up stands in it.
    pub(super) fn shorts_of_the_backup(&mut self) -> Checked {
        self.truth.decided.clear();
        let all: Vec<OrderId> = self.truth.online.keys().chain(self.truth.counter.keys()).copied().collect();
        let known = self.store.reading(|conn| {
            let mut known = Vec::new();
            for order in &all {
                let lines = orders::lines(conn, order)?;
                for (line, units) in orders::shorts(conn, order)? {
                    let sku = lines.iter().find(|(at, _)| *at == line).map(|(_, wish)| wish.sku.clone());
                    known.extend(sku.map(|sku| ((*order, line), (sku, i64::from(units)))));
                }
            }
            Ok(known)
        })?;
        self.truth.decided.extend(known);
        Ok(())
    }

    /// Grants and returns that were ever published.
    pub(super) fn hear_rights(&mut self) -> Checked {
        if self.store.engine.is_none() || self.hub.engine.is_none() {
            return Ok(());
        }
        let terms = self.store.reading(|conn| {
            let terms = store_node::flows::terms(conn)?;
            Ok((terms, quota::every(conn, terms)?))
        })?;
        let (terms, rows) = terms;
        for (sku, rights) in rows {
            let key = (terms.epoch.0, terms.generation.0, sku);
            let most = self.truth.granted.entry(key).or_default();
            *most = (*most).max(rights.granted);
        }
        let goods = self.goods.clone();
        let hub = self.hub.engine()?;
        let key = key_of(hub.data())?;
        for sku in goods {
            let returned = hub.data().rights(&key, &sku).map_err(machine)?.returned();
            if returned > 0 {
                let most = self.truth.returned.entry((key.epoch.0, key.generation.0, sku)).or_default();
                self.tally.returned += u32::try_from(returned.saturating_sub(*most)).unwrap_or(0);
                *most = (*most).max(returned);
            }
        }
        Ok(())
    }

    /// Everybody does what is still to be done.
    pub(super) fn tidy_up(&mut self) -> Checked {
        self.line.cut = false;
        self.after_restores()?;
        self.pay()?;
        self.own_hub(Hub::ExpireHolds)?;
        self.grants()?;
        self.answers()?;
        self.closes_hours()?;
        self.counts_unseen()?;
        self.counts_next()?;
        self.decides_next()?;
        self.ship()?;
        self.forgotten()
    }

    /// A counter order that the store has forgotten for good: its customer got the money back.
    fn forgotten(&mut self) -> Checked {
        let open: Vec<OrderId> =
            self.truth.counter.keys().filter(|order| !self.truth.ended(order)).copied().collect();
        let settled =
            self.needs_epoch.is_none() && self.store.reading(fence::state)?.state == fence::State::Open;
        for order in open {
            if settled && self.store.reading(|conn| orders::find(conn, &order))?.is_none() {
                self.truth.cancelled.insert(order);
            }
        }
        Ok(())
    }

    /// Whether nothing moves any more.
    pub(super) fn is_quiet(&mut self) -> Checked<bool> {
        if self.needs_epoch.is_some() || self.hub_owes || !self.line.connected {
            return Ok(false);
        }
        let now = self.now();
        let level = self.is_level()? && self.hours_agree()? && self.is_backed()?;
        let missed = self.truth.unseen.values().all(|units| *units == 0);
        let hub = self.hub.engine()?;
        let due = hub.data().due_steps(now.plus_ms(3_600_000), 1).map_err(machine)?.is_empty();
        let held = hub.data().holds(None).map_err(machine)?.is_empty();
        if !level || !due || !held || !missed {
            return Ok(false);
        }
        let settled = self.store.reading(|conn| {
            Ok(fence::state(conn)?.state == fence::State::Open && unknown::open(conn)?.is_empty())
        })?;
        let all = self.truth.online.keys().chain(self.truth.counter.keys());
        Ok(settled && all.into_iter().all(|order| self.truth.ended(order)))
    }

    /// Whether each side has all of the other's log, and knows that it has.
    pub(super) fn is_level(&mut self) -> Checked<bool> {
        let own = self.store.engine()?.lanes().map_err(machine)?;
        let store = city::store_id(0).map_err(machine)?;
        let row = self.hub.engine()?.data().lanes(&store).map_err(machine)?;
        // What went to another lane is over there; the other side hears of the gap with the next record of this one, if ever.
        let level = |from: &LaneState, to: &LaneState| {
            from.waiting() == 0 && from.sent == to.received.max(from.skipped)
        };
        Ok(own.iter().zip(&row).all(|(own, row)| level(own, row) && level(row, own)))
    }

    /// Both sides have the same orders, rights and documents, and the books of the store hold together.
    pub(super) fn agree(&mut self) -> Checked {
        self.look()?;
        let store = city::store_id(0).map_err(machine)?;
        let online: Vec<OrderId> = self.truth.online.keys().copied().collect();
        let counter: Vec<OrderId> = self.truth.counter.keys().copied().collect();
        let goods = self.goods.clone();
        let own: BTreeMap<OrderId, Moments> = self.store.reading(|conn| {
            online.iter().map(|order| Ok((*order, orders::moments(conn, order)?))).collect()
        })?;
        let documents = self.store.reading(|conn| {
            let names = docs::names(conn)?;
            names
                .into_iter()
                .map(|name| Ok((docs::load(conn, &name)?.0, name)))
                .collect::<Result<Vec<_>, _>>()
        })?;
        let poor = self.store.reading(|conn| docs::reasons(conn, 3))?;
        let hub = self.hub.engine.as_ref().ok_or_else(|| machine("the hub is down"))?;
        for (order, own) in &own {
            let theirs = hub.data().moments(order).map_err(machine)?;
            let shared = |m: &Moments| -> Vec<Moment> {
                // A wish that came too late is the hub's note alone; a pick that a former life began may never begin anew,
                // and of an order that is over only its end is asked of people, not what came before. That a life which had
                // forgotten its leaving cancelled it counts at neither side, and the next life may never hear of it.
                let over = m.get(Moment::Dispatched).or(m.get(Moment::Cancelled)).is_some();
                let left = m.has_left();
                let own = |m: &Moment| {
                    matches!(m, Moment::CancelRequested | Moment::Picking)
                        || (over && matches!(m, Moment::Accepted | Moment::Packed))
                        || (left && *m == Moment::Cancelled)
                };
                m.0.keys().copied().filter(|m| !own(m)).collect()
            };
            if shared(own) != shared(&theirs) {
                let detail = format!("order {order}: store {own:?}, hub {theirs:?}");
                return Err(broken(Check::Converged, detail));
            }
        }
        let current = DocId::Quota {
            store: store.clone(),
            epoch: key_of(hub.data())?.epoch,
            generation: key_of(hub.data())?.generation,
        };
        for (bytes, name) in documents {
            let id: DocId = name.parse().map_err(machine)?;
            if matches!(id, DocId::Quota { .. }) && id != current {
                continue;
            }
            let actor = DocActor { side: Owner::Store, store: store.clone(), boot: u32::MAX };
            let load = |bytes: &[u8]| Document::load(id.clone(), &actor, bytes).map_err(machine);
            let theirs = hub.data().chunks(&id).map_err(machine)?;
            let (own, theirs) = (load(&bytes)?, load(&theirs)?);
            if own.heads() != theirs.heads() || own.waiting() + theirs.waiting() > 0 {
                return Err(broken(Check::Converged, format!("{name}: both sides have other changes")));
            }
        }
        if !poor.is_empty() || hub.data().quarantined().map_err(machine)? > 0 {
            let theirs = hub.data().set_aside(None, 3).map_err(machine)?;
            return Err(broken(Check::Converged, format!("in quarantine: {poor:?}, at the hub {theirs:?}")));
        }
        let _ = counter;
        let units = self.truth.swapped.values().map(|(_, units)| u32::try_from(*units).unwrap_or(0));
        self.tally.swapped += units.sum::<u32>();
        let data = hub.data();
        self.store.reading(|conn| Ok(quotas(&Both { store: &store, conn, data }, &goods)))??;
        self.books()
    }

    /// The shelf is what the books say, SKU by SKU.
    fn books(&mut self) -> Checked {
        let report = store_node::check::self_check(&self.store.path()).map_err(machine)?;
        if !report.is_clean() {
            return Err(broken(Check::Replay, format!("{:?}", report.findings)));
        }
        for sku in self.goods.clone() {
            let of = sku.clone();
            let known = self.store.reading(|conn| store_node::db::stock::places_of_sku(conn, &of))?;
            let books: i64 = known.iter().map(|(_, balance)| i64::from(balance.on_hand)).sum();
            let truth: i64 =
                self.truth.shelf.iter().filter(|(place, _)| place.sku == sku).map(|(_, units)| units).sum();
            let lost = Truth::of(&self.truth.lost, &sku);
            if books > truth + lost {
                let detail =
                    format!("{sku}: the books believe in {books}, {truth} lie there, {lost} were lost");
                return Err(broken(Check::Conserved, detail));
            }
        }
        Ok(())
    }

    /// How far each side's log has come.
    fn logs(&mut self) -> Checked<String> {
        let own = self.store.engine()?.lanes().map_err(machine)?;
        let store = city::store_id(0).map_err(machine)?;
        let row = self.hub.engine()?.data().lanes(&store).map_err(machine)?;
        Ok(format!("; logs of the store {own:?}, of the hub {row:?}"))
    }

    /// For the report of a run that does not come to rest.
    pub(super) fn state(&mut self) -> Checked<String> {
        let all = self.truth.online.keys().chain(self.truth.counter.keys());
        let open: Vec<OrderId> = all.filter(|order| !self.truth.ended(order)).copied().collect();
        let rows = self.store.reading(|conn| {
            let mut rows = Vec::new();
            for order in &open {
                let unknown = unknown::is_open(conn, order)?;
                rows.push(format!("{order} {:?} unknown {unknown}", orders::moments(conn, order)?.state()));
            }
            rows.push(format!("{:?}", fence::state(conn)?));
            rows.push(format!("{} to count", fence::uncounted(conn)?));
            Ok(rows)
        })?;
        let standing = self.store.engine()?.peer_config().map_err(machine)?;
        let store = city::store_id(0).map_err(machine)?;
        let row = self.hub.engine()?.data().store(&store).map_err(machine)?;
        let row = row.map(|row| row.epoch);
        let level = self.is_level()?;
        let soon = self.now().plus_ms(3_600_000);
        let due = self.hub.engine()?.data().due_steps(soon, 3).map_err(machine)?;
        let held = self.hub.engine()?.data().holds(None).map_err(machine)?.len();
        let (hours, backed) = (self.hours_agree()?, self.is_backed()?);
        let waits = (hours, backed, self.needs_epoch, self.hub_owes, self.line.connected, level, due, held);
        let own = (standing.epoch, standing.generation);
        let logs = if level { String::new() } else { self.logs()? };
        Ok(format!("open {rows:?}; store {own:?}, hub {row:?}; waits {waits:?}{logs}"))
    }
}
