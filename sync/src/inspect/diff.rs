//! Where two inspections differ: two databases of one side (a backup beside the live one), or the two sides of one store.

use super::{DocumentState, Inspection, QuotaState};
use model::quota::{HubGeneration, StoreEpoch};
use model::{SkuId, order::Owner};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What stands in place of what is not there.
const NOTHING: &str = "not there";

/// One thing on which the two do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Of what: `orders/s1/495312`, `rights of MLK-1 (E1 G1)`.
    pub of: String,
    /// The first one's word.
    pub here: String,
    /// The second one's word.
    pub there: String,
}

/// Every difference; none means that both hold the same.
pub fn differences(here: &Inspection, there: &Inspection) -> Vec<Difference> {
    let mut found = Found(Vec::new());
    found.word("store", here.store.to_string(), there.store.to_string());
    found.word("store epoch", here.epoch.0.to_string(), there.epoch.0.to_string());
    found.word("hub generation", here.generation.0.to_string(), there.generation.0.to_string());
    logs(&mut found, here, there);
    documents(&mut found, here, there);
    quotas(&mut found, here, there);
    found.0
}

struct Found(Vec<Difference>);

impl Found {
    fn word(&mut self, of: impl Into<String>, here: String, there: String) {
        if here != there {
            self.0.push(Difference { of: of.into(), here, there });
        }
    }
}

/// What one side has sent the other must have received; two databases of one side must have come equally far.
fn logs(found: &mut Found, here: &Inspection, there: &Inspection) {
    let (a, b) = (&here.log, &there.log);
    if here.side == there.side {
        found.word("log: received up to", a.received.to_string(), b.received.to_string());
        found.word("log: own up to", a.sent.to_string(), b.sent.to_string());
        found.word("log: acknowledged up to", a.acked.to_string(), b.acked.to_string());
        return;
    }
    let name = |side: Owner| match side {
        Owner::Hub => "the hub's log",
        Owner::Store => "the store's log",
    };
    found.word(name(here.side), format!("sent up to {}", a.sent), format!("sent up to {}", b.received));
    found.word(name(there.side), format!("sent up to {}", a.received), format!("sent up to {}", b.sent));
}

fn documents(found: &mut Found, here: &Inspection, there: &Inspection) {
    let by_name = |all: &'_ Inspection| -> BTreeMap<String, DocumentState> {
        all.documents.iter().map(|doc| (doc.name.clone(), doc.clone())).collect()
    };
    let (mine, theirs) = (by_name(here), by_name(there));
    let names: BTreeSet<&String> = mine.keys().chain(theirs.keys()).collect();
    for name in names {
        match (mine.get(name), theirs.get(name)) {
            (Some(a), Some(b)) => one_document(found, name, a, b),
            (a, b) => found.word(name.as_str(), summary(a), summary(b)),
        }
    }
}

fn summary(doc: Option<&DocumentState>) -> String {
    doc.map_or_else(
        || NOTHING.to_owned(),
        |doc| format!("{} entries, heads {}", doc.entries.len(), doc.heads),
    )
}

/// The same heads are the same content; otherwise the entries say where.
fn one_document(found: &mut Found, name: &str, a: &DocumentState, b: &DocumentState) {
    let fault = |doc: &DocumentState| doc.fault.clone().unwrap_or_else(|| "readable".to_owned());
    found.word(name, fault(a), fault(b));
    if a.heads == b.heads {
        return;
    }
    if a.is_closed() || b.is_closed() {
        // One side has closed it and the other has not yet, or they closed it over different content.
        found.word(name, a.heads.clone(), b.heads.clone());
        return;
    }
    let keys: BTreeSet<&String> = a.entries.keys().chain(b.entries.keys()).collect();
    let says = |doc: &DocumentState, key: &String| {
        doc.entries.get(key).cloned().unwrap_or_else(|| NOTHING.to_owned())
    };
    let before = found.0.len();
    for key in keys {
        found.word(format!("{name} {key}"), says(a, key), says(b, key));
    }
    if found.0.len() == before {
        // The same words by other changes: one side has written what the other knew already.
        found.word(name, format!("heads {}", a.heads), format!("heads {}", b.heads));
    }
}

fn quotas(found: &mut Found, here: &Inspection, there: &Inspection) {
    type Key = (StoreEpoch, HubGeneration, SkuId);
    let by_key = |all: &Inspection| -> BTreeMap<Key, QuotaState> {
        all.quotas.iter().map(|q| ((q.epoch, q.generation, q.sku.clone()), q.clone())).collect()
    };
    let says = |rights: Option<&QuotaState>| {
        let (granted, returned, sold) = rights.map_or((0, 0, 0), |q| (q.granted, q.returned, q.sold));
        format!("granted {granted}, returned {returned}, sold {sold}")
    };
    let (mine, theirs) = (by_key(here), by_key(there));
    let keys: BTreeSet<&Key> = mine.keys().chain(theirs.keys()).collect();
    for key in keys {
        let (epoch, generation, sku) = key;
        let of = format!("rights of {sku} (E{} G{})", epoch.0, generation.0);
        found.word(of, says(mine.get(key)), says(theirs.get(key)));
    }
}
