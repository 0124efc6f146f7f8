//! The end of a run: both sides are held against each other, and everything that came in against everything that is there.

use super::world::World;
use crate::checks::{self, Both, Check, Checked, broken, machine};
use model::{OrderId, StoreId};
use std::collections::BTreeMap;

impl World {
    /// Both sides agree.
    pub(super) fn look_at_both_sides(&mut self) -> Checked {
        let mut told: BTreeMap<OrderId, StoreId> = BTreeMap::new();
        let Some(hub) = &self.hub.engine else {
            return Err(broken(Check::Machine, "the hub is down at the end"));
        };
        for order in self.told.keys() {
            let row = hub.data().order(order).map_err(machine)?;
            let row = row.ok_or_else(|| broken(Check::Lost, format!("the hub has no order {order}")))?;
            told.insert(*order, row.store);
        }
        let goods = &self.goods;
        for site in &mut self.stores {
            let store = site.setup.store.clone();
            let data = hub.data();
            site.reading(|conn| {
                let both = Both { store: &store, conn, data };
                checks::orders(&both, &told)?;
                checks::quotas(&both, goods)?;
                checks::alarms(&both)?;
                checks::documents(&both)?;
                checks::inspected(&both)?;
                checks::shipped_once(&both)
            })?;
        }
        Ok(())
    }
}
