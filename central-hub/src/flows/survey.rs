//! The stores that could deliver a basket to a door, with what the hub may sell of each, read in the order's own
//! transaction (REQ-62). It reads; the checkout takes.

use super::quota::{self, Rights};
use super::{Cx, Flow, Stop};
use crate::db::orders::LineRow;
use crate::db::quotas::QuotaKey;
use crate::db::stores::StoreRow;
use crate::db::{DbFault, HubTx};
use crate::refusal::Refusal;
use hub_core::geo;
use hub_core::split::{self, Part};
use hub_core::stop_selling::selling;
use hub_core::store_choice::{Candidate, Choice, NoStore, choose};
use model::api::hub::Point;
use model::{Qty, SkuId};
use std::collections::BTreeMap;

/// A store as a checkout takes from it.
#[derive(Debug)]
pub struct Site {
    /// The store.
    pub store: StoreRow,
    /// Under which terms.
    pub key: QuotaKey,
    /// The rights to each SKU that is wanted.
    pub rights: Rights,
}

/// All stores against one basket.
#[derive(Debug)]
pub struct Survey {
    door: Point,
    wanted: BTreeMap<SkuId, Qty>,
    sites: Vec<Site>,
    candidates: Vec<Candidate>,
}

impl Survey {
    /// Reads what is there for these lines.
    pub fn of(tx: &dyn HubTx, cx: &Cx<'_>, door: Point, lines: &[LineRow]) -> Flow<Self> {
        let generation = tx.generation()?;
        let wanted = sum(lines)?;
        let (mut sites, mut candidates) = (Vec::new(), Vec::new());
        for store in tx.stores()? {
            let key = QuotaKey { store: store.seed.id.clone(), epoch: store.epoch, generation };
            let mut rights = Rights::new();
            let mut open = store.seed.capacity;
            // What a store that is too far away has does not matter: nothing of it is read.
            if geo::haversine_m(store.seed.at, door) <= f64::from(store.seed.radius_m) {
                for sku in wanted.keys() {
                    rights.insert(sku.clone(), quota::rights(tx, cx, &key, sku)?);
                }
                open = tx.open_up_to(&store.seed.id, store.seed.capacity)?;
            }
            candidates.push(Candidate {
                store: store.seed.id.clone(),
                name: store.seed.name.clone(),
                at: store.seed.at,
                radius_m: store.seed.radius_m,
                selling: selling(store.heard_at, store.closed, cx.now, cx.rules.stop_after_ms),
                available: rights.iter().map(|(sku, rights)| (sku.clone(), rights.available())).collect(),
                headroom: store.seed.capacity.saturating_sub(open),
            });
            sites.push(Site { store, key, rights });
        }
        Ok(Self { door, wanted, sites, candidates })
    }

    /// The one store that delivers all of it.
    ///
    /// # Errors
    /// The reason closest to a yes.
    pub fn one(&self) -> Result<Choice, NoStore> {
        choose(self.door, &self.wanted, &self.candidates)
    }

    /// The stores that have it together.
    pub fn several(&self) -> Option<Vec<Part>> {
        split::split(self.door, &self.wanted, &self.candidates)
    }

    /// A store by its place in the list that the choice was made from.
    ///
    /// # Errors
    /// None of that place: a fault of ours.
    pub fn site(&self, at: usize) -> Flow<&Site> {
        let gone = || Stop::Fault(DbFault::Corrupt("a store was chosen that nobody looked at".to_owned()));
        self.sites.get(at).ok_or_else(gone)
    }

    /// The store of a choice.
    ///
    /// # Errors
    /// As [`Survey::site`].
    pub fn chosen(&self, choice: &Choice) -> Flow<&Site> {
        self.site(self.sites.iter().position(|site| site.store.seed.id == choice.store).unwrap_or(usize::MAX))
    }
}

fn sum(lines: &[LineRow]) -> Flow<BTreeMap<SkuId, Qty>> {
    let mut wanted: BTreeMap<_, Qty> = BTreeMap::new();
    for line in lines {
        let sum = wanted.entry(line.sku.clone()).or_default();
        let too_many = Refusal::BadValue { field: "qty".to_owned(), want: "fewer units".to_owned() };
        *sum = sum.checked_add(line.qty).ok_or(too_many)?;
    }
    Ok(wanted)
}
