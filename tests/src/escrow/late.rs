//! Late facts and backups. They overtake their order: its hour is closed at both sides, the customer cancels a day later, and one
//! side comes from a backup of before the order; what was said late stands in another hour's document and comes with the session,
//! the closed hour comes beside it, later. And they go into an hour that is over: the hub comes from a backup of before it has
//! closed the hour in which it says late what it says late.

use super::world::{Options, World};
use crate::checks::{Check, Checked, broken, machine};
use crate::sim::net::Weather;
use central_hub::command::Command as Hub;
use model::order::{Moment, Moments, Owner};
use model::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
use model::{OrderId, Timestamp};
use store_node::command::{Command, FenceWhy};
use store_node::db::{docs, fence, orders, unknown};
use sync::doc::DocKey;

/// So many short waits at most for anything to happen.
const WAITS: u32 = 200;
/// An hour is over for its last open order by then.
const OVER_MS: i64 = 27 * HOUR_MS;

/// What both sides know at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overtaken {
    /// Of the order, at the store.
    pub at_store: Moments,
    /// The same at the hub.
    pub at_hub: Moments,
    /// Whether a person has still to say how it ended.
    pub unknown: bool,
    /// Closed hours that came beside the session.
    pub brought: u32,
    /// The reasons in quarantine, at either side.
    pub aside: Vec<String>,
}

/// Plays it: `lost` is the side that comes from its backup.
///
/// # Errors
/// What did not happen, or what broke.
pub fn overtaken(seed: u64, lost: Owner) -> Result<Overtaken, String> {
    let mut world = World::new(&Options::with_hours(seed)).map_err(|error| error.to_string())?;
    world.overtakes(lost).map_err(|error| error.to_string())
}

/// Plays the other one. See the file.
///
/// # Errors
/// As [`overtaken`].
pub fn late_in_a_closed_hour(seed: u64) -> Result<Overtaken, String> {
    let mut world = World::new(&Options::with_hours(seed)).map_err(|error| error.to_string())?;
    world.says_late_in_a_closed_hour().map_err(|error| error.to_string())
}

/// An order is open when its hour is closed, and the store comes from a backup of before it: whether the store knows it again when
/// it has the hub's word, which says that nothing was sold that it has not heard of. The closed hour has not come yet.
///
/// # Errors
/// As [`overtaken`].
pub fn known_by_the_word(seed: u64) -> Result<Overtaken, String> {
    let mut world = World::new(&Options::with_hours(seed)).map_err(|error| error.to_string())?;
    world.is_known_by_the_word().map_err(|error| error.to_string())
}

impl World {
    fn is_known_by_the_word(&mut self) -> Checked<Overtaken> {
        self.line.weather = Weather::FAIR;
        self.resting = true;
        self.dial()?;
        let now = self.now();
        self.store.save(now)?;
        let order = self.sells_one()?;
        self.is_over(self.truth.online[&order].recovered.placed_at.hour())?;
        self.brings_back_store()?;
        self.own_store(Command::Fence { why: FenceWhy::Restored })?;
        self.take_epoch(FenceWhy::Restored)?;
        self.waits_till("the word is there", |world| {
            Ok(world.store.reading(fence::state)?.word_at.is_some() && world.is_level()?)
        })?;
        let known = self.ended(order)?;
        // The hour itself comes later, and says nothing else.
        self.waits_till("both have the same hours", |world| {
            world.closes_hours()?;
            Ok(world.hours_agree()? && world.is_level()?)
        })?;
        let later = self.ended(order)?;
        if (later.unknown, &later.at_store, &later.aside) != (known.unknown, &known.at_store, &known.aside) {
            return Err(broken(Check::Converged, format!("{known:?}, then {later:?}")));
        }
        Ok(later)
    }

    fn overtakes(&mut self, lost: Owner) -> Checked<Overtaken> {
        self.line.weather = Weather::FAIR;
        self.resting = true;
        self.dial()?;
        let now = self.now();
        match lost {
            Owner::Hub => self.hub.save(now)?,
            Owner::Store => self.store.save(now)?,
        }
        let order = self.sells_one()?;
        let hour = self.truth.online[&order].recovered.placed_at.hour();
        self.is_over(hour)?;
        self.cancels(&order)?;
        self.line.cut = true;
        self.hang_up()?;
        match lost {
            Owner::Hub => {
                self.brings_back_hub()?;
                self.begin_generation()?;
            }
            Owner::Store => {
                self.brings_back_store()?;
                self.own_store(Command::Fence { why: FenceWhy::Restored })?;
            }
        }
        self.line.cut = false;
        if lost == Owner::Store {
            self.take_epoch(FenceWhy::Restored)?;
        }
        self.waits_till("the session is level", |world| {
            Ok(world.hub.peer.as_ref().is_some_and(sync::peer::Peer::is_live) && world.is_level()?)
        })?;
        self.closes_hours()?;
        self.waits_till("what that caused was heard", |world| world.is_level())?;
        self.ended(order)
    }

    /// The hub sells two orders, whose hour is closed while they are open, and is backed up. One is cancelled, and what was said of
    /// that is closed as well. The hub that comes from its backup says late of the other one in just that hour.
    fn says_late_in_a_closed_hour(&mut self) -> Checked<Overtaken> {
        self.line.weather = Weather::FAIR;
        self.resting = true;
        self.dial()?;
        let (order, other) = (self.sells_one()?, self.sells_one()?);
        let hour = self.truth.online[&order].recovered.placed_at.hour();
        self.is_over(hour)?;
        let now = self.now();
        self.hub.save(now)?;
        self.cancels(&other)?;
        self.is_over(hour + 1)?;
        self.line.cut = true;
        self.hang_up()?;
        self.brings_back_hub()?;
        self.begin_generation()?;
        self.asks_to_cancel(&order)?;
        self.line.cut = false;
        self.waits_till("the session is level", |world| {
            Ok(world.hub.peer.as_ref().is_some_and(sync::peer::Peer::is_live) && world.is_level()?)
        })?;
        self.waits_till("both have the same hours", |world| {
            world.closes_hours()?;
            Ok(world.hours_agree()? && world.is_level()?)
        })?;
        self.ended(order)
    }

    /// Lets time pass till an hour is closed at both sides.
    fn is_over(&mut self, hour: i64) -> Checked {
        let until = Timestamp::from_ms(hour * HOUR_MS).plus_ms(OVER_MS);
        while self.now() < until {
            self.pass(20 * MINUTE_MS)?;
        }
        let doc = DocKey::Orders { hour };
        self.waits_till("the hour is closed", |world| {
            world.closes_hours()?;
            let (mine, theirs) = world.closed_hours()?;
            Ok([mine, theirs].iter().all(|list| list.iter().any(|entry| entry.doc == doc)))
        })
    }

    fn asks_to_cancel(&mut self, order: &OrderId) -> Checked {
        let customer = self.truth.online[order].recovered.customer;
        let customer = customer.ok_or_else(|| machine("nobody ordered"))?;
        let asked = self.ask_hub(super::people::app()?, Hub::RequestCancel { customer, order: *order })?;
        asked.map_err(|refusal| machine(format!("{refusal:?}"))).map(drop)
    }

    fn cancels(&mut self, order: &OrderId) -> Checked {
        self.asks_to_cancel(order)?;
        self.waits_till("both sides know of the end", |world| {
            let at_hub = world.hub.engine()?.data().moments(order).map_err(machine)?;
            Ok(at_hub.get(Moment::Cancelled).is_some() && world.is_level()?)
        })
    }

    pub(super) fn ended(&mut self, order: OrderId) -> Checked<Overtaken> {
        let (at_store, unknown, aside) = self.store.reading(|conn| {
            Ok((orders::moments(conn, &order)?, unknown::is_open(conn, &order)?, docs::reasons(conn, 9)?))
        })?;
        let data = self.hub.engine()?.data();
        let theirs = data.set_aside(None, 9).map_err(machine)?.into_iter().map(|row| row.why);
        let aside = aside.into_iter().map(|(_, _, why)| why).chain(theirs).collect();
        let at_hub = data.moments(&order).map_err(machine)?;
        Ok(Overtaken { at_store, at_hub, unknown, brought: self.tally.hours_brought, aside })
    }

    pub(super) fn waits_till(
        &mut self,
        what: &str,
        mut there: impl FnMut(&mut World) -> Checked<bool>,
    ) -> Checked {
        for _ in 0..WAITS {
            self.pass(2 * SECOND_MS)?;
            if there(self)? {
                return Ok(());
            }
        }
        Err(broken(Check::Stuck, format!("it never came that {what}")))
    }
}
