//! The few people: customers at the hub and at the counter, one picker who does everything to the bay, a manager who takes
//! goods in and counts. Each does one whole thing in a step; what really happens to units goes into the truth.

use super::truth::{Sold, Truth, Units};
use super::world::World;
use crate::checks::{Check, Checked, broken, machine};
use crate::sim::city;
use central_hub::command::{Answer as HubAnswer, Command as Hub, Outcome, Recovered};
use central_hub::db::HubTx;
use central_hub::db::quotas::QuotaKey;
use model::api::hub::{CheckoutRequest, Payment};
use model::api::store::{CounterLine, CounterOrderRequest, HandoverRequest, ReceiveRequest};
use model::order::{Channel, Moment};
use model::order_doc::{HeadLine, OrderHead, SubstitutePreset};
use model::time::SECOND_MS;
use model::{
    Actor, AddressId, CustomerId, Date, DeviceId, OrderId, OrderState, Paise, PersonId, Qty, Role, SkuId,
};
use rand::Rng;
use store_node::answer::Answer;
use store_node::command::{Command, Counted, Login};
use store_node::db::stock::Place;
use store_node::db::{bags, fence, orders, pick_assign, picks, stock, unknown};

/// A customer who can order.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) id: CustomerId,
    pub(super) address: AddressId,
    /// An order that waits for its payment.
    pub(super) waits: Option<OrderId>,
}

/// The manager at the console.
pub(super) fn manager() -> Checked<Actor> {
    let person = city::manager(0).map_err(machine)?;
    Ok(Actor { person, device: DeviceId::new("console").map_err(machine)?, role: Role::Manager })
}

fn picker() -> Checked<Actor> {
    let (person, device) = city::picker(0, 0).map_err(machine)?;
    Ok(Actor { person, device, role: Role::Picker })
}

pub(super) fn app() -> Checked<Actor> {
    let (person, device) = (PersonId::new("app"), DeviceId::new("app"));
    Ok(Actor { person: person.map_err(machine)?, device: device.map_err(machine)?, role: Role::Customer })
}

impl World {
    /// The beginning: goods are known and lie there, customers have registered.
    pub(super) fn open(&mut self) -> Checked {
        let products = self.catalogue.clone();
        self.own_hub(Hub::PutProducts { products: products.clone() })?;
        self.own_store(Command::ImportCatalogue { products, opening: Vec::new() })?;
        for sku in self.goods.clone() {
            let units = self.rng.random_range(2..14);
            let date = self.some_date(&sku);
            self.receive(&sku, units, (true, date))?;
        }
        for n in 0..6 {
            let phone = format!("+9198860{n:05}");
            self.own_hub(Hub::RequestOtp { phone: phone.clone() })?;
            let inbox = self.hub.engine()?.data().messages(&phone, 1).map_err(machine)?;
            let text = inbox.first().map(|message| message.text.clone()).unwrap_or_default();
            let code = text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6);
            let code = code.unwrap_or_default().to_owned();
            let opened = self.ask_hub(app()?, Hub::VerifyOtp { phone, code })?;
            let Ok(HubAnswer::Session { subject, .. }) = opened else { return Err(machine("no session")) };
            let id: CustomerId = subject.parse().map_err(machine)?;
            let at = city::place(0);
            let added = Hub::AddAddress { customer: id, text: "near by".to_owned(), at };
            let Ok(HubAnswer::Address { address }) = self.ask_hub(app()?, added)? else {
                return Err(machine("no address"));
            };
            self.customers.push(Customer { id, address, waits: None });
        }
        self.grants()
    }

    /// Somebody does something.
    pub(super) fn step(&mut self) -> Checked {
        self.tally.steps += 1;
        self.after_restores()?;
        match self.rng.random_range(0..100) {
            0..=19 => self.orders(),
            20..=21 => self.flash(),
            22..=27 => self.pay(),
            28..=39 => self.tick(),
            40..=41 => self.closes_hours(),
            42..=48 => self.sell(),
            49..=50 => self.weighs(),
            51..=70 => self.ship(),
            71..=73 => self.regrets(),
            74..=76 => self.leaves(),
            77..=79 => self.unit_vanishes(),
            80 => self.vanishes_unseen(),
            81..=84 => self.delivery(),
            85 => self.own_hub(Hub::ExpireHolds),
            86..=88 => self.saves(),
            89..=91 => self.mishap(),
            92..=96 => self.counts_next(),
            _ => self.decides_next(),
        }
    }

    /// The store's tick of granting, if it is up.
    fn tick(&mut self) -> Checked {
        if self.store.engine.is_some() { self.grants() } else { Ok(()) }
    }

    /// Orders at the hub whatever it offers.
    fn orders(&mut self) -> Checked {
        let at = self.rng.random_range(0..self.customers.len());
        let customer = self.customers[at].clone();
        let wanted = self.offered()?;
        if self.hub.engine.is_none() || customer.waits.is_some() || wanted.is_empty() {
            return Ok(());
        }
        let customer_id = customer.id;
        self.empties_cart(customer_id)?;
        for _ in 0..self.rng.random_range(1..=3) {
            let (sku, available) = wanted[self.rng.random_range(0..wanted.len())].clone();
            let most = if self.rng.random_range(0..3) == 0 { available } else { 1 };
            let qty = Qty::new(most.clamp(1, 4)).map_err(machine)?;
            self.ask_hub(app()?, Hub::SetCartLine { customer: customer_id, sku, qty })?.ok();
        }
        let payment = if self.rng.random_range(0..10) < 7 {
            Payment::Cod
        } else {
            Payment::Upi { token: "tok_ok".to_owned() }
        };
        let preset = match self.rng.random_range(0..4) {
            0 => SubstitutePreset::Ask,
            1 => SubstitutePreset::BestMatch,
            _ => SubstitutePreset::Refund,
        };
        let request = CheckoutRequest { address: customer.address, payment, preset };
        let begun = Hub::BeginCheckout { customer: customer_id, request };
        if let Ok(HubAnswer::Order { order }) = self.ask_hub(app()?, begun)? {
            self.customers[at].waits = Some(order);
            self.are_told()?;
        }
        Ok(())
    }

    pub(super) fn empties_cart(&mut self, customer: CustomerId) -> Checked {
        for (sku, _) in self.hub.engine()?.data().cart(&customer).map_err(machine)? {
            self.ask_hub(app()?, Hub::SetCartLine { customer, sku, qty: Qty::ZERO })?.ok();
        }
        Ok(())
    }

    /// What the shop shows: goods with units.
    pub(super) fn offered(&mut self) -> Checked<Vec<(SkuId, i64)>> {
        let goods = self.goods.clone();
        let Some(hub) = &self.hub.engine else { return Ok(Vec::new()) };
        let key = key_of(hub.data())?;
        let mut offered = Vec::new();
        for sku in goods {
            let units = hub.data().rights(&key, &sku).map_err(machine)?.available();
            if units > 0 {
                offered.push((sku, i64::try_from(units).unwrap_or(i64::MAX)));
            }
        }
        Ok(offered)
    }

    /// The gateway answers what it was asked.
    pub(super) fn pay(&mut self) -> Checked {
        let now = self.now();
        let Some(hub) = &self.hub.engine else { return Ok(()) };
        let due = hub.data().due_steps(now, 20).map_err(machine)?;
        for step in due {
            let no = !self.resting && self.rng.random_range(0..6) == 0;
            let outcome = if no { Outcome::Declined } else { Outcome::Agreed };
            self.own_hub(Hub::PaymentResult { key: step.key, outcome })?;
        }
        self.are_told()
    }

    /// Customers whose order is confirmed are told so: from now on it exists, whatever is restored.
    pub(super) fn are_told(&mut self) -> Checked {
        for at in 0..self.customers.len() {
            let Some(order) = self.customers[at].waits else { continue };
            let data = self.hub.engine()?.data();
            let Some(row) = data.order(&order).map_err(machine)? else {
                self.customers[at].waits = None;
                continue;
            };
            let moments = data.moments(&order).map_err(machine)?;
            if let Some(confirmed_at) = moments.get(Moment::Confirmed) {
                let lines = data.lines(&order).map_err(machine)?;
                let payment = data.payment(&order).map_err(machine)?;
                let cash = payment.is_some_and(|p| p.method == hub_core::saga::Method::Cod);
                let line = |l: &central_hub::db::orders::LineRow| HeadLine {
                    sku: l.sku.clone(),
                    qty: l.qty,
                    unit_price: l.unit_price,
                };
                let head = OrderHead {
                    number: row.number.clone(),
                    channel: Channel::Online,
                    promise_at: row.promise_at,
                    first_name: row.first_name.clone(),
                    cod: if cash { row.total } else { Paise::ZERO },
                    preset: row.preset,
                    lines: lines.iter().map(line).collect(),
                };
                let mut units = Units::new();
                lines.iter().for_each(|l| Truth::add(&mut units, &l.sku, i64::from(l.qty)));
                let recovered = Recovered {
                    order,
                    store: row.store,
                    epoch: row.epoch,
                    generation: row.generation,
                    head,
                    placed_at: row.placed_at,
                    confirmed_at,
                    customer: Some(row.customer),
                    address: Some(row.address),
                    paid: !cash,
                };
                self.truth.online.insert(order, Sold { recovered, units });
                self.tally.orders += 1;
                self.customers[at].waits = None;
            } else if moments.state().is_terminal() {
                self.customers[at].waits = None;
            }
        }
        self.look()
    }

    fn sell(&mut self) -> Checked {
        if self.store.engine.is_none() {
            return Ok(());
        }
        let (mut lines, mut units) = (Vec::new(), Units::new());
        for _ in 0..self.rng.random_range(1..=2) {
            let sku = self.some_good();
            let qty = self.rng.random_range(1..=2);
            Truth::add(&mut units, &sku, qty);
            lines.push(CounterLine { sku, qty: Qty::new(qty).map_err(machine)? });
        }
        let request = CounterOrderRequest { lines, first_name: "Walk-in".to_owned() };
        // The books are looked at before the customer's promise is written down, and again afterwards.
        if let Ok(Answer::CounterOrder(answer)) =
            self.ask_store(manager()?, Command::CounterOrder(request))?
        {
            self.tally.counter += 1;
            self.truth.counter.insert(answer.order, units);
            self.look()?;
        }
        Ok(())
    }

    pub(super) fn some_good(&mut self) -> SkuId {
        // Most people want the same few things.
        let draw = |world: &mut Self| world.rng.random_range(0..world.goods.len());
        let at = draw(self).min(draw(self));
        self.goods[at].clone()
    }

    /// The picker takes an order as far as it goes: from the shelf, into bags, out of the door.
    pub(super) fn ship(&mut self) -> Checked {
        if self.store.engine.is_none() {
            return Ok(());
        }
        if self.rng.random_range(0..3) == 0 && self.hands_over()? {
            return Ok(());
        }
        let who = picker()?;
        let login = Login {
            device: who.device.clone(),
            person: who.person.clone(),
            pin_right: true,
            token_sha: None,
        };
        self.ask_store(who.clone(), Command::Login(login))?.ok();
        self.ask_store(who.clone(), Command::Ready)?.ok();
        let person = who.person.clone();
        let mine = self.store.reading(|conn| pick_assign::of_person(conn, &person))?;
        let Some((order, _)) = mine else {
            self.hands_over()?;
            return Ok(());
        };
        for _ in 0..60 {
            let held = self.store.reading(|conn| picks::held(conn, order))?;
            let Some(next) = held.iter().find(|held| !held.open().is_zero()) else { break };
            let place = Place { sku: next.sku.clone(), lot: next.lot.clone(), bin: next.bin.clone() };
            if self.truth.shelf.get(&place).copied().unwrap_or(0) == 0 {
                let (line, missing) = (next.line, i64::from(next.open()));
                self.misses(&place, missing);
                self.ask_store(who.clone(), Command::NotFound { order, line })?.ok();
                // The customer may be asked about something else.
                self.pass(2 * SECOND_MS)?;
                self.answers()?;
                self.pass(2 * SECOND_MS)?;
                continue;
            }
            let scan = Command::Scan { order, text: format!("LL:{}", next.lot), line: next.line };
            if let Err(refusal) = self.ask_store(who.clone(), scan)? {
                if refusal.code() == "order_unknown" || refusal.code() == "not_your_order" {
                    return Ok(());
                }
                return Err(broken(Check::Machine, format!("a scan of {place:?} was refused: {refusal:?}")));
            }
            self.moves(order, &place, 1);
            if self.truth.dates.get(&place.lot).is_some_and(|date| *date < self.today()) {
                return Err(broken(Check::Oversold, format!("{place:?} was picked after its date")));
            }
        }
        if self.rng.random_range(0..4) > 0 || self.resting {
            let packed = self.ask_store(who, Command::Pack { order })?;
            if packed.is_ok() && (self.resting || self.rng.random_range(0..3) > 0) {
                self.hands_over()?;
            }
        }
        Ok(())
    }

    /// A unit goes from a place into an order's bags, or back.
    fn moves(&mut self, order: OrderId, place: &Place, units: i64) {
        *self.truth.shelf.entry(place.clone()).or_default() -= units;
        *self.truth.bags.entry(order).or_default().entry(place.clone()).or_default() += units;
    }

    /// An order's goods go back to where they came from.
    pub(super) fn puts_back(&mut self, order: &OrderId) {
        for (place, units) in self.truth.bags.remove(order).unwrap_or_default() {
            *self.truth.shelf.entry(place).or_default() += units;
        }
    }

    /// Gives a packed order to whoever stands there.
    fn hands_over(&mut self) -> Checked<bool> {
        let packed = self.store.reading(|conn| {
            for row in orders::open(conn)? {
                let state = orders::moments(conn, &row.order)?.state();
                if state == OrderState::Packed && !unknown::is_open(conn, &row.order)? {
                    let bags = bags::of(conn, row.order)?.into_iter().map(|bag| bag.bag).collect();
                    return Ok(Some((row.order, row.channel, bags)));
                }
            }
            Ok(None)
        })?;
        let Some((order, channel, bags)) = packed else { return Ok(false) };
        let rider = if channel == Channel::Online { "R1".to_owned() } else { String::new() };
        let given = Command::Handover(HandoverRequest { order, rider, bags });
        if self.ask_store(manager()?, given)?.is_ok() {
            *self.truth.shipped.entry(order).or_default() += 1;
            self.truth.bags.remove(&order);
            self.tally.shipped += 1;
            self.look()?;
        }
        Ok(true)
    }

    /// A customer at the hub thinks better of it.
    fn regrets(&mut self) -> Checked {
        let open: Vec<(OrderId, Option<CustomerId>)> = self
            .truth
            .online
            .iter()
            .filter(|(order, _)| !self.truth.ended(order))
            .map(|(order, sold)| (*order, sold.recovered.customer))
            .collect();
        if open.is_empty() || self.hub.engine.is_none() {
            return Ok(());
        }
        let (order, customer) = open[self.rng.random_range(0..open.len())];
        let Some(customer) = customer else { return Ok(()) };
        self.ask_hub(app()?, Hub::RequestCancel { customer, order })?.ok();
        Ok(())
    }

    /// A customer at the counter walks away.
    fn leaves(&mut self) -> Checked {
        let order = self.truth.counter.keys().rev().find(|order| !self.truth.ended(order)).copied();
        let (Some(order), true) = (order, self.store.engine.is_some()) else { return Ok(()) };
        self.ask_store(manager()?, Command::CancelCounterOrder { order })?.ok();
        Ok(())
    }

    /// A unit is found to be gone, and counted at once.
    fn unit_vanishes(&mut self) -> Checked {
        if self.store.engine.is_none() {
            return Ok(());
        }
        let open = self.store.reading(fence::state)?.state == fence::State::Open;
        let there: Vec<Place> = self
            .truth
            .shelf
            .iter()
            .filter(|(_, units)| **units > 0)
            .map(|(place, _)| place.clone())
            .collect();
        if !open || there.is_empty() {
            return Ok(());
        }
        let place = there[self.rng.random_range(0..there.len())].clone();
        *self.truth.shelf.entry(place.clone()).or_default() -= 1;
        Truth::add(&mut self.truth.lost, &place.sku, 1);
        self.tally.lost += 1;
        self.counts(&place.sku)
    }

    fn delivery(&mut self) -> Checked {
        if self.store.engine.is_none() {
            return Ok(());
        }
        let (sku, units) = (self.some_good(), self.rng.random_range(1..8));
        let date = self.some_date(&sku);
        self.receive(&sku, units, (true, date))
    }

    /// Goods are taken into the books; `new`: they have just come in.
    fn receive(&mut self, sku: &SkuId, units: i64, (new, expiry): (bool, Option<Date>)) -> Checked {
        let mrp = self.catalogue.first().map_or(Paise::ZERO, |product| product.mrp);
        let qty = Qty::new(units).map_err(machine)?;
        let batch = format!("B{}", self.rng.random_range(100..999));
        let request = ReceiveRequest { sku: sku.clone(), qty, batch, expiry, mrp, bin: None };
        match self.ask_store(manager()?, Command::Receive(request))? {
            Ok(Answer::Received(answer)) => {
                if new {
                    Truth::add(&mut self.truth.received, sku, units);
                }
                let place = Place { sku: sku.clone(), lot: answer.lot, bin: answer.bin };
                self.truth.dates.extend(expiry.map(|date| (place.lot.clone(), date)));
                *self.truth.shelf.entry(place).or_default() += units;
                Ok(())
            }
            other => Err(broken(Check::Machine, format!("goods were not taken in: {other:?}"))),
        }
    }

    /// Counts a SKU in all its places. What lies there and stands in no book is taken into the books first.
    pub(super) fn counts(&mut self, sku: &SkuId) -> Checked {
        let of = sku.clone();
        let known = self.store.reading(|conn| stock::places_of_sku(conn, &of))?;
        let strange: Vec<(Place, i64)> = self
            .truth
            .shelf
            .iter()
            .filter(|(place, units)| {
                place.sku == *sku && **units > 0 && !known.iter().any(|(at, _)| at == *place)
            })
            .map(|(place, units)| (place.clone(), *units))
            .collect();
        for (place, units) in strange {
            let date = self.truth.dates.get(&place.lot).copied();
            if date.is_some_and(|date| date < self.today()) {
                // Past its date: thrown away.
                Truth::add(&mut self.truth.lost, sku, units);
            } else {
                self.receive(sku, units, (false, date))?;
            }
            // Only now: while it is taken in it lies there, and is looked at.
            self.truth.shelf.remove(&place);
        }
        self.finds_out(sku);
        let of = sku.clone();
        let known = self.store.reading(|conn| stock::places_of_sku(conn, &of))?;
        let mut places = Vec::new();
        for (place, _) in known {
            let on_hand = self.truth.shelf.get(&place).copied().unwrap_or(0);
            let on_hand = Qty::new(on_hand).map_err(machine)?;
            places.push(Counted { lot: place.lot, bin: place.bin, on_hand });
        }
        match self.ask_store(manager()?, Command::CountSku { sku: sku.clone(), places })? {
            Ok(_) => Ok(()),
            Err(refusal) => Err(broken(Check::Machine, format!("a count of {sku} was refused: {refusal:?}"))),
        }
    }
}

/// The rights the hub may sell from now.
pub(super) fn key_of(data: &dyn HubTx) -> Checked<QuotaKey> {
    let store = city::store_id(0).map_err(machine)?;
    let row = data.store(&store).map_err(machine)?.ok_or_else(|| machine("a store without a row"))?;
    let generation = data.generation().map_err(machine)?;
    Ok(QuotaKey { store, epoch: row.epoch, generation })
}
