//! The people of a run. Each does one thing at a time: asks, waits for the answer, decides what is next from what a screen
//! shows. Who they are and how they wake; what they do stands in the files beside.

pub mod clerk;
pub mod courier;
pub mod picker;
pub mod shopper;

use super::diary::Reply;
use super::event::Event;
use super::world::World;
use crate::checks::{Checked, machine};
use model::CommandId;

/// What somebody heard.
pub type Heard = Option<(CommandId, Reply)>;

/// A person.
#[derive(Debug)]
pub enum Person {
    /// Orders at the hub.
    Shopper(shopper::Shopper),
    /// Picks at a store.
    Picker(picker::Picker),
    /// Manages a store: counter, goods in, counts, dispatch bay.
    Clerk(clerk::Clerk),
    /// Rides.
    Courier(courier::Courier),
    /// Acting at this very moment.
    Acting,
}

impl Person {
    /// Whether this person is in the middle of something.
    pub const fn is_busy(&self) -> bool {
        match self {
            Person::Shopper(shopper) => shopper.is_busy(),
            Person::Picker(picker) => picker.is_busy(),
            Person::Clerk(clerk) => clerk.is_busy(),
            Person::Courier(courier) => courier.is_busy(),
            Person::Acting => true,
        }
    }

    /// For the report of a run that does not come to rest.
    pub fn describe(&self) -> String {
        format!("{self:?}")
    }
}

/// Everybody comes: the goods are brought, people start to live.
///
/// # Errors
/// When the machine under the simulation fails.
pub fn populate(world: &mut World) -> Checked {
    clerk::open_stores(world)?;
    let mut people = Vec::new();
    for at in 0..world.stores.len() {
        people.push(Person::Clerk(clerk::Clerk::new(at).map_err(machine)?));
        for n in 0..world.plan.pickers {
            people.push(Person::Picker(picker::Picker::new(at, n).map_err(machine)?));
        }
    }
    for n in 0..world.plan.riders {
        people.push(Person::Courier(courier::Courier::new(n, world.stores.len())));
    }
    for n in 0..world.plan.customers {
        people.push(Person::Shopper(shopper::Shopper::new(n, world.stores.len())));
    }
    for who in 0..people.len() {
        world.queue.after(2_000 + 137 * who as i64, Event::Wakes(who));
    }
    world.people = people;
    Ok(())
}

/// A person acts: by the clock (`heard` is nothing), or because of an answer.
///
/// # Errors
/// What the checks found meanwhile.
pub fn act(world: &mut World, who: usize, heard: Heard) -> Checked {
    let Some(slot) = world.people.get_mut(who) else { return Ok(()) };
    let mut person = std::mem::replace(slot, Person::Acting);
    let pause = match &mut person {
        Person::Shopper(shopper) => shopper.act(world, who, heard),
        Person::Picker(picker) => picker.act(world, who, heard),
        Person::Clerk(clerk) => clerk.act(world, who, heard),
        Person::Courier(courier) => courier.act(world, who, heard),
        Person::Acting => Ok(None),
    };
    world.people[who] = person;
    if let Some(ms) = pause? {
        world.queue.after(ms, Event::Wakes(who));
    }
    Ok(())
}
