//! Riders: shift, position, deliveries, and how they were scored.

use super::Db;
use model::api::hub::{Fix, LostWhy, Point, RiderScore};
use model::{OrderId, Paise, RiderId, Timestamp};

/// A rider.
#[derive(Debug, Clone, PartialEq)]
pub struct RiderRow {
    /// Id.
    pub id: RiderId,
    /// E.164.
    pub phone: String,
    /// First name.
    pub name: String,
    /// Badge code (`LR:` and this).
    pub code: String,
    /// 0 to 5.
    pub rating: f64,
    /// On shift.
    pub on_shift: bool,
    /// Planned end of the shift.
    pub shift_until: Option<Timestamp>,
    /// Last position.
    pub fix: Option<Fix>,
    /// When the hub last heard where the rider is, by its own clock.
    pub heard_at: Option<Timestamp>,
    /// Cash collected and not yet handed in.
    pub cash: Paise,
}

/// A delivery with its proof accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryRow {
    /// Which order.
    pub order: OrderId,
    /// Who.
    pub rider: RiderId,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub point: Point,
    /// Cash taken.
    pub cash: Paise,
}

/// An order that a rider was sent for and does not have any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostRow {
    /// Who.
    pub rider: RiderId,
    /// Which order.
    pub order: OrderId,
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub why: LostWhy,
}

/// The riders aggregate.
pub trait Riders {
    /// By id.
    fn rider(&self, id: &RiderId) -> Db<Option<RiderRow>>;
    /// By phone.
    fn rider_by_phone(&self, phone: &str) -> Db<Option<RiderRow>>;
    /// By the code on the badge.
    fn rider_by_code(&self, code: &str) -> Db<Option<RiderRow>>;
    /// New or changed name; shift, position and cash stay.
    fn put_rider(&mut self, row: &RiderRow) -> Db<()>;
    /// Saves shift, position and cash.
    fn save_rider(&mut self, row: &RiderRow) -> Db<()>;
    /// On shift now, by code.
    fn riders_on_shift(&self) -> Db<Vec<RiderRow>>;
    /// A position in the history; the same again changes nothing.
    fn add_fix(&mut self, rider: &RiderId, fix: &Fix) -> Db<()>;
    /// Where a rider was since a time, oldest first.
    fn places_since(&self, rider: &RiderId, since: Timestamp) -> Db<Vec<Point>>;
    /// Forgets positions before a time.
    fn forget_fixes(&mut self, before: Timestamp) -> Db<usize>;
    /// Open orders of a rider that are not yet delivered, oldest first.
    fn orders_of_rider(&self, rider: &RiderId) -> Db<Vec<OrderId>>;
    /// Deliveries since a time.
    fn deliveries_since(&self, rider: &RiderId, since: Timestamp) -> Db<u32>;
    /// A delivery.
    fn add_delivery(&mut self, row: &DeliveryRow) -> Db<()>;
    /// Replaces the scores of an order.
    fn put_score(
        &mut self,
        order: &OrderId,
        rider: &RiderId,
        score: f64,
        parts: &str,
        at: Timestamp,
    ) -> Db<()>;
    /// When a rider was last scored for an order.
    fn scored_at(&self, order: &OrderId, rider: &RiderId) -> Db<Option<Timestamp>>;
    /// A rider does not have an order any more; the newest loss counts.
    fn put_lost(&mut self, row: &LostRow) -> Db<()>;
    /// Whether and why a rider lost an order.
    fn lost(&self, rider: &RiderId, order: &OrderId) -> Db<Option<LostRow>>;
    /// What a rider lost last.
    fn last_lost(&self, rider: &RiderId) -> Db<Option<LostRow>>;
    /// Forgets losses before a time.
    fn forget_lost(&mut self, before: Timestamp) -> Db<usize>;
    /// How riders were scored for an order, best first.
    fn scores(&self, order: &OrderId) -> Db<Vec<RiderScore>>;
}
