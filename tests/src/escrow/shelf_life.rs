//! Goods that expire, also while the line is cut: what may still be promised by the date on the pack, whatever the books say;
//! the store's midnight; and the rights, which come only from lots that outlive the horizon and come back when they do not.

use super::truth::{Truth, Units};
use super::world::World;
use crate::checks::{Check, Checked, broken, machine};
use model::time::{MINUTE_MS, SECOND_MS};
use model::{Date, LotId, SkuId};
use rand::Rng;
use std::collections::BTreeMap;
use store_node::command::Command;
use store_node::db::{quota, stock, unknown};

/// The hub may sell for so long after it last heard the store, and the payment may take 15 minutes more.
const HORIZON_MS: i64 = 190 * SECOND_MS + 15 * MINUTE_MS;
/// A customer must have so much of a pack's life, percent.
const LIFE_PERCENT: i64 = 30;

/// Rights that are out and promises that wait, and the units that may stand for them.
struct Backing {
    out: u64,
    fit: i64,
}

impl World {
    fn life_of(&self, sku: &SkuId) -> i64 {
        let product = self.catalogue.iter().find(|product| product.sku == *sku);
        product.map_or(0, |product| i64::from(product.shelf_life_days))
    }

    /// Whether a unit of a lot may reach a customer on this day.
    pub(super) fn fits(&self, sku: &SkuId, lot: &LotId, on: Date) -> bool {
        let left = |date: &Date| date.days() - on.days();
        let needs = (self.life_of(sku) * LIFE_PERCENT + 99) / 100;
        self.truth.dates.get(lot).is_none_or(|date| left(date) >= needs)
    }

    /// The day on which what is promised in `ms` milliseconds is delivered.
    pub(super) fn delivered_on(&self, ms: i64) -> Date {
        let setup = &self.store.setup;
        setup.calendar.date(self.now().plus_ms(setup.policy.promise_ms + ms))
    }

    pub(super) fn today(&self) -> Date {
        self.store.setup.calendar.date(self.now())
    }

    /// A date for goods that have just come in; none for those that keep.
    pub(super) fn some_date(&mut self, sku: &SkuId) -> Option<Date> {
        let life = self.life_of(sku);
        (life > 0).then(|| self.today().plus_days(self.rng.random_range(2..=life)))
    }

    /// What lies there and no customer may get any more.
    pub(super) fn goes_off(&mut self) {
        let on = self.delivered_on(0);
        let mut unfit = Units::new();
        for (place, units) in &self.truth.shelf {
            if !self.fits(&place.sku, &place.lot, on) {
                Truth::add(&mut unfit, &place.sku, *units);
            }
        }
        self.truth.unfit = unfit;
    }

    /// The store's own midnight, as soon as the node is up after it.
    pub(super) fn begins_day(&mut self) -> Checked {
        let day = self.today();
        if self.day == Some(day) || self.store.engine.is_none() {
            return Ok(());
        }
        self.day = Some(day);
        self.own_store(Command::StartDay { day })
    }

    /// A tick of granting. What was granted on it comes from lots that outlive the horizon.
    pub(super) fn grants(&mut self) -> Checked {
        let before = self.granted()?;
        self.own_store(Command::GrantTick)?;
        for (sku, units) in self.granted()? {
            if units <= before.get(&sku).copied().unwrap_or(0) {
                continue;
            }
            let Backing { out, fit } = self.backing(&sku)?;
            if i64::try_from(out).unwrap_or(i64::MAX) > fit {
                let detail = format!("{sku}: granted up to {out}, {fit} units outlive the horizon");
                return Err(broken(Check::Oversold, detail));
            }
        }
        Ok(())
    }

    fn granted(&mut self) -> Checked<BTreeMap<SkuId, u64>> {
        let rows = self.store.reading(|conn| {
            let terms = store_node::flows::terms(conn)?;
            quota::every(conn, terms)
        })?;
        Ok(rows.into_iter().map(|(sku, rights)| (sku, rights.granted)).collect())
    }

    fn backing(&mut self, sku: &SkuId) -> Checked<Backing> {
        let (of, on) = (sku.clone(), self.delivered_on(HORIZON_MS));
        let (out, lots) = self.store.reading(|conn| {
            let out = quota::outstanding(conn, &of)?.saturating_add(unknown::need(conn, &of)?);
            Ok((out, stock::lots_of(conn, &of)?))
        })?;
        let lots = lots.iter().filter(|row| self.fits(sku, &row.lot, on));
        Ok(Backing { out, fit: lots.map(|row| i64::from(row.balance.available())).sum() })
    }

    /// Whether every right to a product is backed.
    pub(super) fn is_backed_now(&mut self, sku: &SkuId) -> Checked<bool> {
        let Backing { out, fit } = self.backing(sku)?;
        Ok(i64::try_from(out).map_err(machine)? <= fit)
    }

    /// Whether every right that the hub has is backed by units that outlive the horizon: what is not has come back.
    pub(super) fn is_backed(&mut self) -> Checked<bool> {
        for sku in self.goods.clone() {
            if !self.is_backed_now(&sku)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
