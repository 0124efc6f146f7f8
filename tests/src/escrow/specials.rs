//! Goods with rules of their own, which no flow of the product has yet: a flash sale, whose pool and the live rights both bound
//! what is sold, and a weighed good, of which the upper tolerance is reserved and the actual weight settled. The core's rules
//! (`sync::quota`) decide, the real hub and the real store carry them out.

use super::people::{app, key_of, manager};
use super::truth::{Truth, Units};
use super::world::{Careless, World};
use crate::checks::{Check, Checked, broken, machine};
use central_hub::command::{Answer as HubAnswer, Command as Hub};
use central_hub::db::quotas::QuotaKey;
use central_hub::refusal::Refusal;
use model::api::hub::{CheckoutRequest, Payment};
use model::api::store::{CounterLine, CounterOrderRequest};
use model::order_doc::SubstitutePreset;
use model::time::SECOND_MS;
use model::{OrderId, OrderState, Qty, SkuId};
use rand::Rng;
use store_node::answer::Answer;
use store_node::command::Command;
use store_node::db::{fence, orders, unknown};
use sync::quota::{FlashPool, grams_to_reserve, settle_grams};

/// What is on offer among the goods.
const FLASH: usize = 1;
/// What is sold by weight.
const WEIGHED: usize = 2;
/// A unit of it.
const PORTION_G: u64 = 100;
/// How far a piece may be off what was ordered.
const TOLERANCE_PCT: u8 = 20;

/// A sale that runs. Its pool belongs to rights of one (E, G): under others it is over.
#[derive(Debug)]
struct Sale {
    key: QuotaKey,
    pool: FlashPool,
    size: u64,
    sold: u64,
}

/// A piece that is cut, and waits for the scale.
#[derive(Debug)]
struct Piece {
    order: OrderId,
    ordered: u64,
    reserved: u64,
}

/// See the file.
#[derive(Debug, Default)]
pub(super) struct Specials {
    sale: Option<Sale>,
    piece: Option<Piece>,
}

impl World {
    /// Somebody takes what the page of the sale shows.
    pub(super) fn flash(&mut self) -> Checked {
        let (sku, careless) = (self.goods[FLASH].clone(), self.options.careless);
        let Some(hub) = &self.hub.engine else { return Ok(()) };
        let key = key_of(hub.data())?;
        let rights = hub.data().rights(&key, &sku).map_err(machine)?.available();
        if self.specials.sale.as_ref().is_none_or(|sale| sale.key != key) {
            let size = self.rng.random_range(2..5);
            self.specials.sale = Some(Sale { key, pool: FlashPool::new(size), size, sold: 0 });
        }
        let Some(sale) = &self.specials.sale else { return Ok(()) };
        let shown = match careless {
            Some(Careless::FlashBeyondRights) => sale.pool.available(u64::MAX),
            Some(Careless::FlashBeyondPool) => rights,
            Some(Careless::ReserveAsOrdered | Careless::MintUnweighed) | None => sale.pool.available(rights),
        };
        let at = self.rng.random_range(0..self.customers.len());
        if shown == 0 || self.customers[at].waits.is_some() {
            return Ok(());
        }
        let units = self.rng.random_range(1..=shown.min(3));
        let Some(order) = self.takes(at, &sku, units)? else { return Ok(()) };
        self.customers[at].waits = Some(order);
        self.tally.flash += u32::try_from(units).map_err(machine)?;
        if let Some(sale) = &mut self.specials.sale {
            sale.sold += units;
            let done = sale.pool.sell(units, rights);
            if sale.sold > sale.size || (done.is_err() && careless.is_none()) {
                let detail = format!("{} sold of a pool of {}: {done:?}", sale.sold, sale.size);
                return Err(broken(Check::Oversold, detail));
            }
        }
        self.are_told()
    }

    /// A cart with this alone. What was shown as available is never sold out: nothing came between.
    pub(super) fn takes(&mut self, at: usize, sku: &SkuId, units: u64) -> Checked<Option<OrderId>> {
        let customer = self.customers[at].id;
        self.empties_cart(customer)?;
        let qty = Qty::new(i64::try_from(units).map_err(machine)?).map_err(machine)?;
        let put = self.ask_hub(app()?, Hub::SetCartLine { customer, sku: sku.clone(), qty })?;
        let request = CheckoutRequest {
            address: self.customers[at].address,
            payment: Payment::Cod,
            preset: SubstitutePreset::Refund,
        };
        let begun = match put {
            Ok(_) => self.ask_hub(app()?, Hub::BeginCheckout { customer, request })?,
            refused @ Err(_) => refused,
        };
        match begun {
            Ok(HubAnswer::Order { order }) => Ok(Some(order)),
            Err(Refusal::OutOfStock { .. }) => {
                let detail = format!("{units} of {sku} were shown in the sale, and sold out");
                Err(broken(Check::Oversold, detail))
            }
            // A store that is silent for too long, or an amount too small for a delivery.
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// A piece is ordered by weight, or one that waits is laid on the scale.
    pub(super) fn weighs(&mut self) -> Checked {
        if self.store.engine.is_none() {
            return Ok(());
        }
        match self.specials.piece.take() {
            Some(piece) => self.settles(&piece),
            None => self.cuts(),
        }
    }

    fn cuts(&mut self) -> Checked {
        let ordered = self.rng.random_range(150..420);
        let reserved = match self.options.careless {
            Some(Careless::ReserveAsOrdered) => ordered,
            Some(Careless::FlashBeyondRights | Careless::FlashBeyondPool | Careless::MintUnweighed)
            | None => grams_to_reserve(ordered, TOLERANCE_PCT).map_err(machine)?,
        };
        if let Some(order) = self.sells_portions(reserved)? {
            let reserved = reserved.div_ceil(PORTION_G) * PORTION_G;
            self.specials.piece = Some(Piece { order, ordered, reserved });
            // It is cut while others order.
            self.pass(15 * SECOND_MS)?;
            if self.rng.random_range(0..3) > 0 {
                return self.weighs();
            }
        }
        Ok(())
    }

    /// The scale says what the piece weighs: never more than was reserved, and what is free again was reserved, so that the
    /// piece is there whatever has been sold meanwhile.
    fn settles(&mut self, piece: &Piece) -> Checked {
        let order = piece.order;
        let ready = self.store.reading(|conn| {
            let known = orders::find(conn, &order)?.is_some();
            let state = orders::moments(conn, &order)?.state();
            let calm = fence::state(conn)?.state == fence::State::Open && unknown::open(conn)?.is_empty();
            Ok(known && calm && state == OrderState::Confirmed)
        })?;
        // What shrinkage has taken from under the hub's rights, a reservation that is let go makes good first.
        let sku = self.goods[WEIGHED].clone();
        if !ready || !self.is_backed_now(&sku)? {
            return Ok(());
        }
        let most = piece.ordered + piece.ordered * u64::from(TOLERANCE_PCT) / 100;
        let actual = self.rng.random_range(piece.ordered * 8 / 10..=most);
        if let Err(refused) = settle_grams(piece.reserved, actual) {
            let detail = format!("a piece of {actual} g for {} g ordered: {refused}", piece.ordered);
            return Err(broken(Check::Oversold, detail));
        }
        if self.ask_store(manager()?, Command::CancelCounterOrder { order })?.is_err() {
            return Ok(());
        }
        self.tally.weighed += 1;
        match self.sells_portions(actual)? {
            Some(_) => Ok(()),
            None => Err(broken(Check::Oversold, format!("{actual} g were reserved, and sold to others"))),
        }
    }

    fn sells_portions(&mut self, grams: u64) -> Checked<Option<OrderId>> {
        let sku = self.goods[WEIGHED].clone();
        let portions = i64::try_from(grams.div_ceil(PORTION_G)).map_err(machine)?;
        let line = CounterLine { sku: sku.clone(), qty: Qty::new(portions).map_err(machine)? };
        let request = CounterOrderRequest { lines: vec![line], first_name: "By weight".to_owned() };
        let Ok(Answer::CounterOrder(answer)) = self.ask_store(manager()?, Command::CounterOrder(request))?
        else {
            return Ok(None);
        };
        let mut units = Units::new();
        Truth::add(&mut units, &sku, portions);
        self.truth.counter.insert(answer.order, units);
        self.look()?;
        Ok(Some(answer.order))
    }
}
