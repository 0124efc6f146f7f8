//! Which store delivers (REQ-62): inside the radius, selling, all lines available; among those the greatest headroom, at a
//! tie the nearest. Explained, so that customer and ops can read why.

use crate::geo;
use crate::stop_selling::Selling;
use model::api::hub::Point;
use model::{Qty, SkuId, StoreId, particulars};
use std::collections::BTreeMap;

/// A store as the choice sees it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Which.
    pub store: StoreId,
    /// Its name.
    pub name: String,
    /// Where.
    pub at: Point,
    /// How far it serves, in metres by air.
    pub radius_m: u32,
    /// Whether the hub sells for it now.
    pub selling: Selling,
    /// Units the hub may sell now, of the SKUs that are asked for.
    pub available: BTreeMap<SkuId, u64>,
    /// Orders it has room for before it is full; a plain measure, larger is freer.
    pub headroom: u32,
}

/// What was chosen and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The store.
    pub store: StoreId,
    /// By name: `store=Indiranagar metres=820 room=14` (all lines are there; room for so many more orders).
    pub why: String,
}

/// Why no store can take it; the most hopeful reason of all stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoStore {
    /// No store's radius reaches the address.
    Outside {
        /// The nearest, in metres.
        nearest_m: Option<u32>,
    },
    /// A store reaches the address, but the hub does not sell for it now.
    NotSelling {
        /// Which.
        store: StoreId,
        /// Why not.
        selling: Selling,
    },
    /// A store sells, but does not have it all.
    Short {
        /// Which.
        store: StoreId,
        /// What is missing there and how many units are left of it.
        missing: Vec<(SkuId, u64)>,
    },
}

/// Chooses. `wanted`: units by SKU, summed over the lines.
///
/// # Errors
/// [`NoStore`] with the reason closest to a yes.
pub fn choose(
    door: Point,
    wanted: &BTreeMap<SkuId, Qty>,
    candidates: &[Candidate],
) -> Result<Choice, NoStore> {
    let mut best: Option<(&Candidate, f64)> = None;
    let mut hope = NoStore::Outside { nearest_m: None };
    for candidate in candidates {
        match judge(candidate, door, wanted) {
            Ok(far) => {
                let beats = best.is_none_or(|(other, other_far)| {
                    candidate.headroom > other.headroom
                        || (candidate.headroom == other.headroom && far < other_far)
                });
                if beats {
                    best = Some((candidate, far));
                }
            }
            Err(no) => hope = closer(hope, no),
        }
    }
    match best {
        Some((c, far)) => Ok(Choice {
            store: c.store.clone(),
            why: particulars(&[("store", &c.name), ("metres", &format!("{far:.0}")), ("room", &c.headroom)]),
        }),
        None => Err(hope),
    }
}

/// Metres to the door, if it reaches it and sells.
pub(crate) fn judge_place(candidate: &Candidate, door: Point) -> Result<f64, NoStore> {
    let far = geo::haversine_m(candidate.at, door);
    if far > f64::from(candidate.radius_m) {
        return Err(NoStore::Outside { nearest_m: Some(far as u32) });
    }
    if candidate.selling != Selling::Open {
        return Err(NoStore::NotSelling { store: candidate.store.clone(), selling: candidate.selling });
    }
    Ok(far)
}

/// Metres to the door, if it can deliver all of it there.
fn judge(candidate: &Candidate, door: Point, wanted: &BTreeMap<SkuId, Qty>) -> Result<f64, NoStore> {
    let far = judge_place(candidate, door)?;
    let left = |sku: &SkuId| candidate.available.get(sku).copied().unwrap_or(0);
    let missing: Vec<(SkuId, u64)> = wanted
        .iter()
        .filter(|(sku, qty)| left(sku) < u64::from(qty.get()))
        .map(|(sku, _)| (sku.clone(), left(sku)))
        .collect();
    if missing.is_empty() { Ok(far) } else { Err(NoStore::Short { store: candidate.store.clone(), missing }) }
}

fn closer(a: NoStore, b: NoStore) -> NoStore {
    const fn hope(no: &NoStore) -> u8 {
        match no {
            NoStore::Outside { .. } => 0,
            NoStore::NotSelling { .. } => 1,
            NoStore::Short { .. } => 2,
        }
    }
    match (&a, &b) {
        (NoStore::Outside { nearest_m: x }, NoStore::Outside { nearest_m: y }) => {
            NoStore::Outside { nearest_m: [*x, *y].into_iter().flatten().min() }
        }
        (NoStore::Short { missing: x, .. }, NoStore::Short { missing: y, .. }) if y.len() < x.len() => b,
        _ if hope(&b) > hope(&a) => b,
        _ => a,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR: Point = Point { lat: 12.97, lon: 77.59 };

    fn store(id: &str, metres: f64, headroom: u32, units: u64) -> Candidate {
        Candidate {
            store: StoreId::new(id).unwrap(),
            name: id.to_owned(),
            at: Point { lat: 12.97 + metres / 111_195.0, lon: 77.59 },
            radius_m: 2_000,
            selling: Selling::Open,
            available: BTreeMap::from([(SkuId::new("MLK-1").unwrap(), units)]),
            headroom,
        }
    }
    fn want(n: i64) -> BTreeMap<SkuId, Qty> {
        BTreeMap::from([(SkuId::new("MLK-1").unwrap(), Qty::new(n).unwrap())])
    }
    fn chosen(stores: &[Candidate]) -> String {
        choose(DOOR, &want(2), stores).unwrap().store.to_string()
    }

    #[test]
    fn headroom_first_then_nearest() {
        assert_eq!(chosen(&[store("near", 100.0, 3, 9), store("free", 900.0, 8, 9)]), "free");
        assert_eq!(chosen(&[store("far", 900.0, 3, 9), store("near", 100.0, 3, 9)]), "near");
        assert_eq!(chosen(&[store("near", 100.0, 9, 1), store("has", 1_900.0, 1, 2)]), "has");
    }

    #[test]
    fn the_refusal_is_the_most_hopeful_one() {
        let mut silent = store("silent", 100.0, 1, 9);
        silent.selling = Selling::Unreachable { silent_ms: 200_000 };
        let outside = store("outside", 5_000.0, 1, 9);
        let short = store("short", 100.0, 1, 1);
        let ask = |stores: &[Candidate]| choose(DOOR, &want(2), stores).unwrap_err();
        assert!(
            matches!(ask(std::slice::from_ref(&outside)), NoStore::Outside { nearest_m: Some(m) } if m > 4_990)
        );
        assert!(matches!(ask(&[outside.clone(), silent.clone()]), NoStore::NotSelling { .. }));
        let NoStore::Short { missing, .. } = ask(&[short, silent, outside]) else { panic!("short") };
        assert_eq!(missing, vec![(SkuId::new("MLK-1").unwrap(), 1)]);
        assert_eq!(ask(&[]), NoStore::Outside { nearest_m: None });
    }
}
