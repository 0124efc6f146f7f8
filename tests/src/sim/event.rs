//! What can happen in the simulated world.

use super::diary::Reply;
use model::CommandId;
use model::order::Owner;

/// A machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// The central hub.
    Hub,
    /// A store node.
    Store(usize),
}

/// What time brings without anybody asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// A store grants rights.
    Grant(usize),
    /// A store looks at sensors, substitutes and the calendar.
    Look(usize),
    /// The sensors of a store speak.
    Sensors(usize),
    /// The hub lets holds go and sends riders.
    Hub,
    /// The payment gateway answers what it was asked.
    Gateway,
    /// A machine closes hours that are over; a store ships its ledger and temperatures.
    Archive(Node),
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// Draws the next misfortune.
    Next,
    /// An uplink comes back.
    Mended(usize),
    /// Somebody sets a wrong clock right.
    Set(Node, i64),
    /// A disk is fast again.
    Fast(Node),
    /// A cold room of a store is cold again.
    Cold(usize),
}

/// An event.
#[derive(Debug, Clone)]
pub enum Event {
    /// A command reaches its machine.
    Arrives(CommandId),
    /// An answer reaches its person.
    Told(CommandId, Box<Reply>),
    /// Somebody who has no answer yet asks again.
    Again(CommandId),
    /// A frame reaches one end of a store's uplink.
    Frame(usize, Owner, Vec<u8>),
    /// A peer wants to be looked at.
    PeerTick(usize, Owner),
    /// The store dials the hub.
    Dial(usize),
    /// A connection is found to be gone.
    HungUp(usize, Owner),
    /// A person does the next thing.
    Wakes(usize),
    /// Time brings something.
    Due(Timer),
    /// Something goes wrong, or is right again.
    Mishap(Mishap),
    /// A machine is up again.
    Up(Node),
}

impl Event {
    /// A word for traces and the digest.
    pub fn word(&self) -> String {
        match self {
            Event::Arrives(id) => format!("arrives {id}"),
            Event::Told(id, reply) => format!("told {id} {reply:?}"),
            Event::Again(id) => format!("again {id}"),
            Event::Frame(at, to, bytes) => format!("frame {at} {to:?} {} bytes", bytes.len()),
            Event::PeerTick(at, end) => format!("peer tick {at} {end:?}"),
            Event::Dial(at) => format!("dial {at}"),
            Event::HungUp(at, end) => format!("hung up {at} {end:?}"),
            Event::Wakes(who) => format!("wakes {who}"),
            Event::Due(timer) => format!("due {timer:?}"),
            Event::Mishap(mishap) => format!("mishap {mishap:?}"),
            Event::Up(node) => format!("up {node:?}"),
        }
    }
}
