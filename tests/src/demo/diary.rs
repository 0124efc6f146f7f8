//! The people's own diary: what they did and what they were told, written the moment they were told it. Afterwards the
//! report compares it with the databases; nothing in the report is computed from what anybody intended.

use model::{CommandId, OrderId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// What people wrote down. Clones share one diary.
#[derive(Debug, Clone, Default)]
pub struct Diary(Arc<Mutex<Pages>>);

/// The pages.
#[derive(Debug, Default)]
pub struct Pages {
    /// Orders that the hub said yes to.
    pub placed: BTreeMap<OrderId, Placed>,
    /// Orders whose delivery the hub confirmed to the rider.
    pub delivered: Vec<OrderId>,
    /// Counter orders that a store said yes to, with what was sold.
    pub counter: BTreeMap<OrderId, Vec<(String, u32)>>,
    /// Counter orders taken while that store's uplink was cut.
    pub counter_during_cut: u32,
    /// Handheld events that were answered: store, event, applied or not.
    pub answered: BTreeMap<CommandId, (String, bool)>,
    /// Codes that customers' pages show for the rider at the door.
    pub codes: BTreeMap<OrderId, String>,
    /// Checkouts refused because goods were gone.
    pub refused_out_of_stock: u32,
    /// Checkouts refused because the store could not be reached.
    pub refused_store_unreachable: u32,
    /// Payments that were refused.
    pub payment_failed: u32,
    /// Other refusals, by code.
    pub refused_other: BTreeMap<String, u32>,
    /// Milliseconds from the customer's confirmation to the order on a handheld's screen or its waiting count.
    pub order_to_handheld_ms: Vec<f64>,
    /// Milliseconds from a scan sent to its acknowledgement.
    pub scan_to_ack_ms: Vec<f64>,
}

/// A confirmed order.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The store that serves it.
    pub store: String,
    /// What was bought: SKU and units.
    pub lines: Vec<(String, u32)>,
    /// When the customer was told, on the demo's own clock.
    pub at: std::time::Instant,
}

impl Diary {
    /// Opens the diary for a moment; nobody keeps it open across an await.
    pub fn open(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
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
