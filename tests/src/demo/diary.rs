//! The people's own diary: what they did and what they were told, written the moment they were told it. Afterwards the
//! report compares it with the databases; nothing in the report is computed from what anybody intended.

use anyhow::Result;
use model::{CommandId, OrderId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

/// What people wrote down. Clones share one diary.
#[derive(Debug, Clone, Default)]
pub struct Diary(Arc<Mutex<Pages>>);

/// The pages. Those that are skipped in the file are figures of one run; the others are remembered by `--data`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Pages {
    /// Orders that the hub said yes to.
    pub placed: BTreeMap<OrderId, Placed>,
    /// Orders that an earlier run in the same folder placed and was killed before it wrote them down.
    pub unwritten: BTreeSet<OrderId>,
    /// Orders whose delivery the hub confirmed to the rider.
    pub delivered: Vec<OrderId>,
    /// Counter orders that a store said yes to, with what was sold.
    pub counter: BTreeMap<OrderId, Vec<(String, u32)>>,
    /// What handhelds showed, and when it came over their radio.
    #[serde(skip)]
    pub screens: Vec<Screen>,
    /// Handheld events that were answered.
    pub answered: BTreeMap<CommandId, Answered>,
    /// Handheld events whose answer has not come: done or not, nobody knows.
    pub unanswered: BTreeSet<CommandId>,
    /// Picks that an earlier run in the same folder sent and was killed before it wrote them down.
    pub unwritten_picks: BTreeSet<CommandId>,
    /// The handhelds of the demo's people; who opens the picker's page in a browser keeps no diary.
    pub handhelds: BTreeSet<String>,
    /// Scans that the store refused, by code.
    #[serde(skip)]
    pub refused_scans: BTreeMap<String, u32>,
    /// Codes that customers' pages show for the rider at the door.
    #[serde(skip)]
    pub codes: BTreeMap<OrderId, String>,
    /// Substitutes that customers were asked about.
    #[serde(skip)]
    pub asked_substitutes: u32,
    /// Checkouts refused because goods were gone.
    #[serde(skip)]
    pub refused_out_of_stock: u32,
    /// Checkouts refused because the store could not be reached.
    #[serde(skip)]
    pub refused_store_unreachable: u32,
    /// Payments that were refused.
    #[serde(skip)]
    pub payment_failed: u32,
    /// Other refusals, by code.
    #[serde(skip)]
    pub refused_other: BTreeMap<String, u32>,
    /// Of them, at the button, with a full cart; the others were told before they filled one.
    #[serde(skip)]
    pub refused_unreachable_at_checkout: u32,
    /// Milliseconds from a scan sent to its acknowledgement.
    #[serde(skip)]
    pub scan_to_ack_ms: Vec<f64>,
}

/// A confirmed order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Placed {
    /// The store that serves it.
    pub store: String,
    /// What was bought: SKU and units.
    pub lines: Vec<(String, u32)>,
}

/// A handheld's event and what the store said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answered {
    /// Which store.
    pub store: String,
    /// Done, or refused.
    pub applied: bool,
    /// What it was.
    pub deed: Deed,
}

/// What a picker did, as far as books can be held against it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Deed {
    /// Scanned a piece into an order.
    Scan {
        /// Which order.
        order: OrderId,
        /// The product in her hand; `None`: something that is not of the order.
        sku: Option<String>,
    },
    /// Anything else.
    Other,
}

/// One view as a handheld got it.
#[derive(Debug, Clone)]
pub struct Screen {
    /// Of which store.
    pub store: String,
    /// When it came.
    pub at: Timestamp,
    /// The order in hand.
    pub order: Option<OrderId>,
    /// When the newest order that it counts as waiting was accepted.
    pub newest: Option<Timestamp>,
}

impl Screen {
    /// Whether an order that its store accepted then is on it: in hand, or one of those that wait. Where a newer one waits,
    /// this one waits, too, or somebody has it already.
    pub fn shows(&self, order: &OrderId, accepted: Option<Timestamp>) -> bool {
        self.order == Some(*order)
            || accepted.is_some_and(|at| self.newest.is_some_and(|newest| newest >= at))
    }
}

impl Diary {
    /// The diary of an earlier run that kept its folder; an empty one if there is none.
    pub fn load(path: &Path) -> Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Self(Arc::new(Mutex::new(serde_json::from_slice(&bytes)?)))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps what people remember beyond this run.
    pub fn save(&self, path: &Path) -> Result<()> {
        let bytes = serde_json::to_vec(&*self.open())?;
        Ok(std::fs::write(path, bytes)?)
    }

    /// Opens the diary for a moment; nobody keeps it open across an await.
    pub fn open(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The next customer's answer to the question for a substitute: the first of all says yes, and seven of ten do, so a
    /// short demo has one too.
    pub fn takes_the_substitute(&self) -> bool {
        let mut pages = self.open();
        pages.asked_substitutes += 1;
        !matches!(pages.asked_substitutes % 10, 3 | 6 | 9)
    }
}

/// Percentiles of some figures, as the report and the scorecard print them; zeros where there are none.
pub fn percentiles(mut figures: Vec<f64>) -> serde_json::Value {
    figures.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = ((figures.len() as f64 * share).ceil() as usize).clamp(1, figures.len().max(1)) - 1;
        figures.get(place).map_or(0.0, |value| (value * 100.0).round() / 100.0)
    };
    serde_json::json!({ "n": figures.len(), "p50": at(0.50), "p95": at(0.95), "p99": at(0.99) })
}

#[cfg(test)]
mod tests {
    use super::Screen;
    use model::{OrderId, Timestamp};

    /// A screen that counts orders which waited before says nothing of this one.
    #[test]
    fn a_screen_shows_an_order_in_hand_or_one_that_waits() {
        let at = Timestamp::from_ms;
        let (order, other) = (OrderId::new(at(1), 1), OrderId::new(at(1), 2));
        let screen = |order, newest: Option<i64>| Screen {
            store: "s1".to_owned(),
            at: at(9_000),
            order,
            newest: newest.map(at),
        };
        let accepted = Some(at(5_000));
        assert!(!screen(None, Some(4_999)).shows(&order, accepted), "those that wait came before it");
        assert!(!screen(Some(other), None).shows(&order, accepted));
        assert!(!screen(None, Some(6_000)).shows(&order, None), "the store does not know it yet");
        assert!(screen(None, Some(5_000)).shows(&order, accepted));
        assert!(screen(Some(order), None).shows(&order, accepted));
    }
}
