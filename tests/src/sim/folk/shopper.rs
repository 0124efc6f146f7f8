//! A customer: registers by phone, fills a cart from what the hub offers, pays, waits, answers about substitutes, and
//! sometimes thinks better of it.

use super::Heard;
use crate::checks::{Check, Checked, broken, machine};
use crate::people::customer;
use crate::sim::city;
use crate::sim::diary::Reply;
use crate::sim::world::World;
use central_hub::command::{Answer, Command};
use central_hub::db::quotas::QuotaKey;
use central_hub::refusal::Refusal;
use model::api::hub::{CheckoutRequest, Point, SplitOffer, SplitRequest};
use model::{
    Actor, AddressId, CommandId, CustomerId, DeviceId, OrderId, OrderState, PersonId, Qty, Role, SkuId,
};
use rand::Rng;

/// What a customer is about.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// Not yet a customer.
    Stranger,
    /// Waits for the code.
    Code,
    /// Waits for the session.
    Session,
    /// Names an address.
    Address(CustomerId),
    /// At leisure.
    Idle,
    /// Fills the cart: lines to go.
    Filling(Vec<(SkuId, u32)>),
    /// Asked to check out.
    Checkout,
    /// Was offered several deliveries, and takes them.
    Offered(SplitOffer),
    /// Waits for goods; whether a cancellation is wished for, and asked.
    Waiting(OrderId, bool),
}

/// See the file.
#[derive(Debug)]
pub struct Shopper {
    phone: String,
    home: Point,
    step: Step,
    me: Option<(CustomerId, AddressId)>,
    asked: Option<CommandId>,
    /// Further orders of the same basket, to wait for after the first.
    then: Vec<OrderId>,
}

impl Shopper {
    /// Customer number `n`.
    pub fn new(n: usize, stores: usize) -> Self {
        let near = city::place(n % stores.max(1));
        let home = Point { lat: near.lat + 0.002 * (n % 5) as f64, lon: near.lon + 0.003 };
        Self {
            phone: format!("+9198860{n:05}"),
            home,
            step: Step::Stranger,
            me: None,
            asked: None,
            then: Vec::new(),
        }
    }

    /// In the middle of something.
    pub const fn is_busy(&self) -> bool {
        self.asked.is_some() || !matches!(self.step, Step::Stranger | Step::Idle)
    }

    /// See [`super::act`].
    ///
    /// # Errors
    /// What the checks found.
    pub fn act(&mut self, world: &mut World, who: usize, heard: Heard) -> Checked<Option<i64>> {
        match heard {
            Some((id, reply)) if self.asked == Some(id) => {
                self.asked = None;
                self.hear(world, reply)
            }
            Some(_) => Ok(None),
            None if self.asked.is_some() => Ok(None),
            None => self.wake(world, who),
        }
    }

    fn actor(&self) -> Checked<Actor> {
        let person = PersonId::new(format!("c{}", self.phone.trim_start_matches('+'))).map_err(machine)?;
        Ok(Actor { person, device: DeviceId::new("app").map_err(machine)?, role: Role::Customer })
    }

    fn ask(&mut self, world: &mut World, who: usize, command: Command) -> Checked<Option<i64>> {
        self.asked = Some(world.ask_hub(who, self.actor()?, command));
        Ok(None)
    }

    fn wake(&mut self, world: &mut World, who: usize) -> Checked<Option<i64>> {
        let phone = self.phone.clone();
        match self.step.clone() {
            Step::Stranger if world.resting => Ok(None),
            Step::Stranger => self.ask(world, who, Command::RequestOtp { phone }),
            Step::Code => {
                let Some(hub) = &world.hub.engine else { return Ok(Some(1_000)) };
                let inbox = hub.data().messages(&phone, 1).map_err(machine)?;
                let text = inbox.first().map(|message| message.text.clone()).unwrap_or_default();
                let code =
                    text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).unwrap_or("000000");
                self.step = Step::Session;
                self.ask(world, who, Command::VerifyOtp { phone, code: code.to_owned() })
            }
            Step::Address(customer) => {
                let command = Command::AddAddress { customer, text: "1 Main Road".to_owned(), at: self.home };
                self.ask(world, who, command)
            }
            Step::Idle if world.resting => Ok(None),
            Step::Idle if world.baskets.is_some() => self.scripted(world),
            Step::Idle => self.shop(world),
            Step::Filling(mut lines) => match (lines.pop(), self.me) {
                (Some((sku, qty)), Some((customer, _))) => {
                    self.step = Step::Filling(lines);
                    let qty = Qty::new(i64::from(qty)).map_err(machine)?;
                    self.ask(world, who, Command::SetCartLine { customer, sku, qty })
                }
                (_, Some((customer, address))) => {
                    self.step = Step::Checkout;
                    let payment = customer::payment(&mut world.rng);
                    let request =
                        CheckoutRequest { address, payment, preset: customer::preset(&mut world.rng) };
                    self.ask(world, who, Command::BeginCheckout { customer, request })
                }
                (_, None) => Ok(None),
            },
            Step::Offered(offer) => self.take_offer(world, who, &offer),
            Step::Waiting(order, regret) => self.wait(world, who, order, regret),
            Step::Session | Step::Checkout => Ok(Some(1_000)),
        }
    }

    fn hear(&mut self, world: &mut World, reply: Reply) -> Checked<Option<i64>> {
        let Reply::Hub(answer) = reply else { return Ok(None) };
        let step = std::mem::replace(&mut self.step, Step::Idle);
        match (step, answer) {
            (Step::Stranger, Ok(_)) => self.step = Step::Code,
            (Step::Session, Ok(Answer::Session { subject, .. })) => {
                self.step = Step::Address(subject.parse().map_err(machine)?);
            }
            (Step::Address(customer), Ok(Answer::Address { address })) => {
                self.me = Some((customer, address));
                return Ok(Some(next_rush(world)));
            }
            (Step::Filling(lines), _) => self.step = Step::Filling(lines),
            (Step::Checkout, Ok(Answer::Order { order })) => return self.ordered(world, vec![order]),
            (Step::Checkout, Ok(Answer::Orders { orders })) => {
                world.tally.split += u32::from(orders.len() > 1);
                return self.ordered(world, orders);
            }
            (Step::Checkout, Err(Refusal::SplitOffered { offer })) if world.rng.random_range(0..3) > 0 => {
                self.step = Step::Offered(*offer);
                return Ok(Some(world.rng.random_range(2_000..20_000)));
            }
            (Step::Checkout, _) => return Ok(Some(world.rng.random_range(20_000..60_000))),
            (Step::Waiting(order, _), _) => self.step = Step::Waiting(order, false),
            (Step::Stranger | Step::Session | Step::Code, _) => {
                // Too many passwords, or one too old: later.
                self.step = Step::Stranger;
                return Ok(Some(60_000));
            }
            (Step::Address(_) | Step::Idle | Step::Offered(_), _) => {}
        }
        Ok(Some(world.rng.random_range(500..2_500)))
    }

    /// The hub has said yes, to one order or to several: every one of them counts from now on.
    fn ordered(&mut self, world: &mut World, mut orders: Vec<OrderId>) -> Checked<Option<i64>> {
        for order in &orders {
            world.tally.orders += 1;
            let row = match &world.hub.engine {
                Some(hub) => hub.data().order(order).map_err(machine)?,
                None => None,
            };
            let store = row.map(|row| row.store);
            let at = world.stores.iter().position(|site| Some(&site.setup.store) == store.as_ref());
            world.told.insert(*order, at.unwrap_or(0));
        }
        if orders.is_empty() {
            return Err(broken(Check::Lost, "a checkout gave no order".to_owned()));
        }
        let first = orders.remove(0);
        self.then = orders;
        self.expect(world, first)
    }

    fn take_offer(&mut self, world: &mut World, who: usize, offer: &SplitOffer) -> Checked<Option<i64>> {
        let Some((customer, address)) = self.me else { return Ok(None) };
        self.step = Step::Checkout;
        let payment = customer::payment(&mut world.rng);
        let stores = offer.parts.iter().map(|part| part.store.clone()).collect();
        let preset = customer::preset(&mut world.rng);
        let request = SplitRequest { address, payment, preset, stores, total: offer.total };
        self.ask(world, who, Command::BeginSplit { customer, request })
    }

    fn expect(&mut self, world: &mut World, order: OrderId) -> Checked<Option<i64>> {
        let regret = world.rng.random_range(0..8) == 0;
        self.step = Step::Waiting(order, regret);
        Ok(Some(world.rng.random_range(5_000..60_000)))
    }

    /// Takes up the next basket of the script when its time has come; of goods the hub does not offer there are none.
    fn scripted(&mut self, world: &mut World) -> Checked<Option<i64>> {
        let (Some(hub), begun) = (&world.hub.engine, world.plan.start) else { return Ok(Some(2_000)) };
        let Some(baskets) = &mut world.baskets else { return Ok(None) };
        let Some((at, _)) = baskets.front() else { return Ok(None) };
        let wait = begun.plus_ms(*at).since_ms(world.queue.now());
        if wait > 0 {
            return Ok(Some(wait.min(60_000)));
        }
        let Some((_, wanted)) = baskets.pop_front() else { return Ok(None) };
        let data = hub.data();
        let Some(row) = data.store(&world.stores[0].setup.store).map_err(machine)? else {
            return Ok(Some(2_000));
        };
        let generation = data.generation().map_err(machine)?;
        let key = QuotaKey { store: row.seed.id, epoch: row.epoch, generation };
        let mut lines = Vec::new();
        for (place, units) in wanted {
            let Some(sku) = world.goods.get(place) else { continue };
            let available = data.rights(&key, sku).map_err(machine)?.available();
            let qty = units.min(u32::try_from(available).unwrap_or(u32::MAX));
            if qty > 0 {
                lines.push((sku.clone(), qty));
            } else {
                world.tally.not_offered += 1;
            }
        }
        if !lines.is_empty() {
            self.step = Step::Filling(lines);
        }
        Ok(Some(500))
    }

    /// What the screen offers: goods with units at the nearest store that has any.
    fn shop(&mut self, world: &mut World) -> Checked<Option<i64>> {
        let pause = next_rush(world);
        let Some(hub) = &world.hub.engine else { return Ok(Some(pause)) };
        let (data, mut offered) = (hub.data(), Vec::new());
        let store = &world.stores[world.rng.random_range(0..world.stores.len())].setup.store;
        let Some(row) = data.store(store).map_err(machine)? else { return Ok(Some(pause)) };
        let generation = data.generation().map_err(machine)?;
        let key = QuotaKey { store: store.clone(), epoch: row.epoch, generation };
        for product in &world.goods {
            let available = data.rights(&key, product).map_err(machine)?.available();
            if available > 0 {
                offered.push((product.clone(), u32::try_from(available).unwrap_or(u32::MAX)));
            }
        }
        let wanted = customer::basket_size(&mut world.rng).min(offered.len());
        let mut lines = Vec::new();
        for _ in 0..wanted {
            let (sku, available) = offered.remove(favourite(&mut world.rng, offered.len()));
            let greedy = world.rng.random_range(0..6) == 0;
            let qty = if greedy { world.rng.random_range(1..=6) } else { world.rng.random_range(1..=2) };
            // Some take all there is, and one more: the hub must say no.
            let qty = if world.rng.random_range(0..40) == 0 { available + 1 } else { qty.min(available) };
            lines.push((sku, qty.min(50)));
        }
        if lines.is_empty() {
            return Ok(Some(pause));
        }
        self.step = Step::Filling(lines);
        Ok(Some(500))
    }

    fn wait(&mut self, world: &mut World, who: usize, order: OrderId, regret: bool) -> Checked<Option<i64>> {
        let pause = world.rng.random_range(8_000..20_000);
        let (Some(hub), Some((customer, _))) = (&world.hub.engine, self.me) else { return Ok(Some(pause)) };
        let data = hub.data();
        let Some(row) = data.order(&order).map_err(machine)? else { return Ok(Some(pause)) };
        if row.state.is_terminal() {
            world.tally.delivered += u32::from(row.state == OrderState::Completed);
            world.tally.cancelled += u32::from(row.state == OrderState::Cancelled);
            world.tally.unpaid += u32::from(row.state == OrderState::PaymentFailed);
            if let Some(next) = self.then.pop() {
                return self.expect(world, next);
            }
            self.step = Step::Idle;
            return Ok(Some(next_rush(world)));
        }
        let open = data.substitutes(&order).map_err(machine)?.into_iter().find(|s| s.accepted.is_none());
        if let Some(question) = open.filter(|_| world.rng.random_range(0..3) > 0) {
            let accept = world.rng.random_range(0..2) == 0;
            world.tally.answered += 1;
            let command = Command::ReplySubstitute { customer, order, line: question.ask.line, accept };
            return self.ask(world, who, command);
        }
        if regret {
            return self.ask(world, who, Command::RequestCancel { customer, order });
        }
        Ok(Some(pause))
    }
}

/// Most people want the same few things: the smallest of three draws.
fn favourite(rng: &mut impl Rng, of: usize) -> usize {
    (0..3).map(|_| rng.random_range(0..of)).min().unwrap_or(0)
}

/// People get hungry together, every other minute: their checkouts meet.
fn next_rush(world: &mut World) -> i64 {
    const RUSH_MS: i64 = 120_000;
    if world.baskets.is_some() {
        return 1_000;
    }
    RUSH_MS - world.queue.now().ms().rem_euclid(RUSH_MS) + world.rng.random_range(0..4_000)
}
