//! What people asked for and what they were told: the evidence that databases are held against. An answer that comes
//! twice must be the same both times.

use crate::checks::{Broken, Check, broken};
use central_hub::command as hub;
use model::CommandId;
use std::collections::BTreeMap;
use store_node::command as store;

/// A command on its way.
#[derive(Debug, Clone)]
pub enum Request {
    /// To a store.
    Store(usize, store::Envelope),
    /// To the hub.
    Hub(hub::Envelope),
}

impl Request {
    /// Its id.
    pub const fn id(&self) -> CommandId {
        match self {
            Request::Store(_, envelope) => envelope.id,
            Request::Hub(envelope) => envelope.id,
        }
    }
}

/// What somebody was told.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// By a store.
    Store(Result<store_node::answer::Answer, store_node::refusal::Refusal>),
    /// By the hub.
    Hub(Result<hub::Answer, central_hub::refusal::Refusal>),
}

/// One command and its fate.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Who asked.
    pub who: usize,
    /// What.
    pub request: Request,
    /// The first answer.
    pub reply: Option<Reply>,
}

/// Everything that was asked.
#[derive(Debug, Default)]
pub struct Diary {
    entries: BTreeMap<CommandId, Entry>,
    waiting: usize,
}

impl Diary {
    /// Writes down a new command.
    pub fn asked(&mut self, who: usize, request: Request) {
        self.waiting += 1;
        self.entries.insert(request.id(), Entry { who, request, reply: None });
    }

    /// The entry.
    pub fn get(&self, id: &CommandId) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// All entries, by id.
    pub fn all(&self) -> impl Iterator<Item = (&CommandId, &Entry)> {
        self.entries.iter()
    }

    /// Commands without an answer.
    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Writes down an answer; says whether it is the first.
    ///
    /// # Errors
    /// When it differs from the first one.
    pub fn told(&mut self, id: &CommandId, reply: &Reply) -> Result<bool, Broken> {
        let Some(entry) = self.entries.get_mut(id) else {
            return Err(broken(Check::Machine, format!("an answer to {id}, which nobody asked")));
        };
        match &entry.reply {
            None => {
                entry.reply = Some(reply.clone());
                self.waiting -= 1;
                Ok(true)
            }
            Some(first) if first == reply => Ok(false),
            Some(first) => {
                let detail = format!("{:?}: first {first:?}, then {reply:?}", entry.request);
                Err(broken(Check::Doubled, detail))
            }
        }
    }
}
