//! Orders: head, lines, moments, history, substitutes; and what counters have sold.

use super::Db;
use model::api::hub::Address;
use model::api::store::HistoryRow;
use model::order::Moments;
use model::order_doc::{OrderHead, SubstituteAsk, SubstitutePreset};
use model::quota::{HubGeneration, StoreEpoch};
use model::{CustomerId, Moment, OrderId, OrderState, Paise, Qty, RiderId, SkuId, StoreId, Timestamp};

/// The end of a hold of which nobody knows what a forgotten life of the hub made of it: the year 9999.
pub const HOLD_IN_DOUBT: Timestamp = Timestamp::from_ms(253_402_300_799_000);

/// An order without its lines.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRow {
    /// Id.
    pub id: OrderId,
    /// Short number.
    pub number: String,
    /// Whose.
    pub customer: CustomerId,
    /// Which store.
    pub store: StoreId,
    /// Under which E its units are held or sold.
    pub epoch: StoreEpoch,
    /// Under which G.
    pub generation: HubGeneration,
    /// Why this store.
    pub store_why: String,
    /// The address as it was.
    pub address: Address,
    /// For the label.
    pub first_name: String,
    /// What about missing goods.
    pub preset: SubstitutePreset,
    /// Sum of the lines.
    pub subtotal: Paise,
    /// Delivery fee.
    pub delivery_fee: Paise,
    /// To pay.
    pub total: Paise,
    /// When it was placed; its hour names the document.
    pub placed_at: Timestamp,
    /// Until when units are held for it; `None` once they are sold or released.
    pub hold_until: Option<Timestamp>,
    /// Promise.
    pub promise_at: Timestamp,
    /// Where it stands.
    pub state: OrderState,
    /// The rider.
    pub rider: Option<RiderId>,
    /// Bags, once packed.
    pub bags: u8,
    /// Wrong delivery codes so far.
    pub code_tries: u32,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRow {
    /// Its number from 0.
    pub line: u8,
    /// What.
    pub sku: SkuId,
    /// English name as sold.
    pub name: String,
    /// Hindi name as sold.
    pub name_hi: String,
    /// Ordered.
    pub qty: Qty,
    /// Price of one.
    pub unit_price: Paise,
    /// Picked, once known.
    pub picked: Option<Qty>,
    /// Refunded units.
    pub short: Qty,
    /// What came instead.
    pub substitute: Option<String>,
    /// Money given back, or not taken, for `short`.
    pub refunded: Paise,
}

/// A counter order as its store told it.
#[derive(Debug, Clone, PartialEq)]
pub struct CounterRow {
    /// Id.
    pub id: OrderId,
    /// Store.
    pub store: StoreId,
    /// What was sold.
    pub head: OrderHead,
    /// Its times.
    pub moments: Moments,
}

/// A proposal and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubstituteRow {
    /// What is proposed.
    pub ask: SubstituteAsk,
    /// `None` until answered.
    pub accepted: Option<bool>,
}

/// The orders aggregate.
pub trait Orders {
    /// The next number in sequence; each is given once.
    fn next_order_seq(&mut self) -> Db<u64>;
    /// A new order with its lines.
    fn add_order(&mut self, row: &OrderRow, lines: &[LineRow]) -> Db<()>;
    /// By id.
    fn order(&self, id: &OrderId) -> Db<Option<OrderRow>>;
    /// Saves what may change: hold, promise, state, rider, bags, tries.
    fn save_order(&mut self, row: &OrderRow) -> Db<()>;
    /// Its lines.
    fn lines(&self, id: &OrderId) -> Db<Vec<LineRow>>;
    /// Saves what may change: picked, short, substitute, refunded.
    fn save_line(&mut self, id: &OrderId, line: &LineRow) -> Db<()>;
    /// Its times.
    fn moments(&self, id: &OrderId) -> Db<Moments>;
    /// A moment's first time.
    fn add_moment(&mut self, id: &OrderId, moment: Moment, at: Timestamp) -> Db<()> {
        self.add_moments(id, &[(moment, at)])
    }
    /// Several moments' first times.
    fn add_moments(&mut self, id: &OrderId, moments: &[(Moment, Timestamp)]) -> Db<()>;
    /// A customer's orders, newest first.
    fn orders_of(&self, customer: &CustomerId, limit: u32) -> Db<Vec<OrderId>>;
    /// An order of this customer that waits for its payment.
    fn waiting_for_payment(&self, customer: &CustomerId) -> Db<Option<OrderId>>;
    /// Orders that are not at their end, oldest promise first; of one store or of all.
    fn open_orders(&self, store: Option<&StoreId>, limit: u32) -> Db<Vec<OrderRow>>;
    /// Orders of a store that are in its hands and for which no rider was sent yet, oldest promise first.
    fn waiting_for_rider(&self, store: &StoreId, limit: u32) -> Db<Vec<OrderRow>>;
    /// Orders of a store that are in its hands and for which a rider was sent, oldest promise first.
    fn with_rider(&self, store: &StoreId, limit: u32) -> Db<Vec<OrderRow>>;
    /// How many of a store are open, counted no further than `most`: a checkout's look must not grow with the city's load.
    fn open_up_to(&self, store: &StoreId, most: u32) -> Db<u32>;
    /// How many of a store are open, and how many of those were promised before `now`.
    fn open_count(&self, store: &StoreId, now: Timestamp) -> Db<(u32, u32)>;
    /// Orders whose hold ended at or before `now`, oldest first.
    fn holds_ended(&self, now: Timestamp, limit: u32) -> Db<Vec<OrderId>>;
    /// Orders with this moment since a time.
    fn moment_count(&self, moment: Moment, since: Timestamp) -> Db<u32>;
    /// Something happened to an order.
    fn add_history(&mut self, id: &OrderId, row: &HistoryRow) -> Db<()> {
        self.add_histories(id, std::slice::from_ref(row))
    }
    /// Several things happened to an order.
    fn add_histories(&mut self, id: &OrderId, rows: &[HistoryRow]) -> Db<()>;
    /// What happened, oldest first.
    fn history(&self, id: &OrderId) -> Db<Vec<HistoryRow>>;
    /// The proposals for an order, by line.
    fn substitutes(&self, id: &OrderId) -> Db<Vec<SubstituteRow>>;
    /// New or answered.
    fn put_substitute(&mut self, id: &OrderId, row: &SubstituteRow) -> Db<()>;
    /// New or further along.
    fn put_counter_order(&mut self, row: &CounterRow, now: Timestamp) -> Db<()>;
    /// The moments known of a counter order; none for one that is not known.
    fn counter_moments(&self, order: &OrderId) -> Db<Moments>;
    /// Counter orders known of a store.
    fn counter_count(&self, store: &StoreId) -> Db<u32>;
}
