//! Repair of a document that differs, by automerge's own sync protocol: what is said of heads, of what one has and of what one
//! needs is automerge's; the changes themselves travel in the form that every other change has, so that they pass the same
//! checks before a byte of them is applied. Nothing here applies a change, sends or keeps anything.
//!
//! ```text
//! message  runs of { leb(author) leb(seq) leb(length) }   changes here that wait for one that is not
//!          places of { leb(author) leb(seq) }             what they wait for
//!          leb(length) automerge's message without changes
//!          slim changes, one after the other
//! ```

use std::collections::{BTreeMap, BTreeSet};

use automerge::sync::{ChunkList, Have, Message, MessageVersion, State, SyncDoc};
use automerge::{Change, ChangeHash};

use super::actor::Author;
use super::chunk::{self, Chunk, Place, leb};
use super::document::Document;
use super::{DocError, guard};

/// The largest message in bytes. What is more goes as a whole document, which says the same in fewer bytes and is applied at once.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// Messages that one side says of one document before it gives up: three are enough where nobody refuses anything.
const ROUNDS_MAX: u32 = 8;
/// Filters of one message; automerge writes one.
const HAVES_MAX: usize = 4;
/// Probes that a filter may ask for; automerge writes seven.
const PROBES_MAX: u64 = 32;

/// What one session knows of the other side's copy of one document; thrown away with the session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repairing {
    state: State,
    rounds: u32,
}

/// Changes of one author in a row: the first, and how many.
type Run = (Place, u64);

/// A message that was read, and nothing done about it yet.
#[derive(Debug, Clone)]
pub struct RepairMessage {
    /// Slim changes, each to be checked and applied like one that came in its lane.
    pub changes: Vec<Vec<u8>>,
    message: Message,
    held: Vec<Run>,
    lacking: Vec<Place>,
}

/// What there is to say next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RepairSaid {
    /// Nothing: both have the same, or it makes no sense to go on.
    #[default]
    Nothing,
    /// This.
    Message(Vec<u8>),
    /// More than a message may be: the whole document instead.
    TooMuch,
}

/// Where a repair stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RepairAnswer {
    /// Everything that the other side has said it has is here.
    pub level: bool,
    /// What there is to say next.
    pub said: RepairSaid,
}

impl RepairMessage {
    /// Reads bytes from outside. Nothing in them is believed: its changes are bytes still.
    ///
    /// # Errors
    /// [`DocError::Poisoned`].
    pub fn read(bytes: &[u8]) -> Result<Self, DocError> {
        let bad = || DocError::poisoned("a repair message that does not read");
        if bytes.len() > MAX_MESSAGE {
            return Err(bad());
        }
        let (held, after) = read_held(bytes).ok_or_else(bad)?;
        let (lacking, after) = read_places(after).ok_or_else(bad)?;
        let (len, after) = leb::read(after).ok_or_else(bad)?;
        let len = usize::try_from(len).map_err(|_| bad())?;
        let (said, mut rest) = after.split_at_checked(len).ok_or_else(bad)?;
        let mut message = guard::guarded("a repair message", || Message::decode(said).map_err(|_| bad()))?;
        let plain = message.changes.is_empty() && matches!(message.version, MessageVersion::V1);
        if !plain || message.have.len() > HAVES_MAX || !message.have.iter().all(is_honest) {
            return Err(bad());
        }
        // Automerge compares lists of heads as they stand.
        message.heads.sort_unstable();
        message.need.sort_unstable();
        let mut changes = Vec::new();
        while !rest.is_empty() {
            let (chunk, after) = chunk::next(rest)?;
            if !matches!(chunk, Chunk::Slim(_)) {
                return Err(bad());
            }
            changes.push(rest.get(..rest.len() - after.len()).unwrap_or_default().to_vec());
            rest = after;
        }
        Ok(Self { changes, message, held, lacking })
    }
}

impl Document {
    /// What to say now: first, or after the changes of a message have been applied as far as they could be.
    ///
    /// # Errors
    /// [`DocError::Poisoned`] for a message that automerge cannot take; [`DocError::Broken`] for a document that must be
    /// loaded again.
    pub fn repair(
        &mut self,
        so_far: &mut Repairing,
        came: Option<RepairMessage>,
    ) -> Result<RepairAnswer, DocError> {
        if self.is_closed() {
            return Ok(RepairAnswer::default());
        }
        if let Some(came) = came {
            guard::guarded("a repair message", || self.hear(&mut so_far.state, came))?;
        }
        let theirs = so_far.state.their_heads.as_ref();
        let level = theirs.is_some_and(|heads| heads.iter().all(|head| self.place_of(head).is_some()));
        so_far.rounds += 1;
        if so_far.rounds > ROUNDS_MAX {
            return Ok(RepairAnswer { level, said: RepairSaid::Nothing });
        }
        let next = guard::guarded("a repair", || Ok(self.am.generate_sync_message(&mut so_far.state)))?;
        let said = match next {
            None => RepairSaid::Nothing,
            Some(message) => self.write(message)?,
        };
        Ok(RepairAnswer { level, said })
    }

    /// Notes what the other side has said of itself.
    fn hear(&mut self, state: &mut State, came: RepairMessage) -> Result<(), DocError> {
        let mut message = came.message;
        let lacking = came.lacking.iter().filter_map(|place| self.hash_at(place));
        let need: BTreeSet<ChangeHash> = message.need.iter().copied().chain(lacking).collect();
        message.need = need.into_iter().collect();
        let heard = self.am.receive_sync_message(state, message);
        heard.map_err(|error| DocError::poisoned(format!("a repair message: {error}")))?;
        // Whole documents travel in a form of our own; every change is looked at by itself.
        state.their_capabilities = None;
        state.peer_read_only = false;
        // What only waits over there need not be said again.
        for ((author, first), length) in came.held {
            state.sent_hashes.extend(self.hashes_in((author, first), length));
        }
        Ok(())
    }

    /// Automerge's message with its changes in the form of our own.
    fn write(&self, mut message: Message) -> Result<RepairSaid, DocError> {
        let changes = std::mem::replace(&mut message.changes, ChunkList::empty());
        if !matches!(message.version, MessageVersion::V1) {
            return Ok(RepairSaid::TooMuch);
        }
        let (held, lacking) = self.gaps();
        let mut out = Vec::new();
        write_held(&mut out, &held);
        leb::write(&mut out, lacking.len() as u64);
        lacking.iter().for_each(|place| write_place(&mut out, *place));
        let said = message.encode();
        leb::write(&mut out, said.len() as u64);
        out.extend(said);
        for bytes in changes.iter() {
            let change = Change::from_bytes(bytes.to_vec())
                .map_err(|error| DocError::Broken { what: format!("an own change: {error}") })?;
            out.extend(self.slim(&change)?);
            if out.len() > MAX_MESSAGE {
                return Ok(RepairSaid::TooMuch);
            }
        }
        Ok(if out.len() > MAX_MESSAGE { RepairSaid::TooMuch } else { RepairSaid::Message(out) })
    }

    /// Changes that wait here, and what they wait for.
    fn gaps(&self) -> (BTreeSet<Place>, BTreeSet<Place>) {
        let waiting = self.waiting_by_place();
        let held: BTreeSet<Place> = waiting.keys().copied().collect();
        let deps = waiting.values().flat_map(|slim| slim.deps.iter().copied());
        let mut lacking: BTreeSet<Place> = deps.filter(|dep| self.hash_at(dep).is_none()).collect();
        lacking.retain(|place| !held.contains(place));
        (held, lacking)
    }
}

/// Whether a filter can be asked at all: what it says of itself decides how much memory and time a question takes.
fn is_honest(have: &Have) -> bool {
    let bytes = have.bloom.to_bytes();
    if bytes.is_empty() {
        return true;
    }
    let numbers =
        leb::read(&bytes).and_then(|(_, after)| leb::read(after)).and_then(|(_, after)| leb::read(after));
    numbers.is_some_and(|(probes, bits)| probes <= PROBES_MAX && !bits.is_empty())
}

fn write_place(out: &mut Vec<u8>, (author, seq): Place) {
    leb::write(out, author.code());
    leb::write(out, seq);
}

/// Numbers of one author in a row are one run.
fn write_held(out: &mut Vec<u8>, held: &BTreeSet<Place>) {
    let mut runs: BTreeMap<Place, u64> = BTreeMap::new();
    for (author, seq) in held.iter().copied() {
        match runs.last_entry() {
            Some(mut run) if run.key().0 == author && run.key().1.checked_add(*run.get()) == Some(seq) => {
                *run.get_mut() += 1
            }
            Some(_) | None => drop(runs.insert((author, seq), 1)),
        }
    }
    leb::write(out, runs.len() as u64);
    for (place, length) in runs {
        write_place(out, place);
        leb::write(out, length);
    }
}

fn read_place(bytes: &[u8]) -> Option<(Place, &[u8])> {
    let (author, after) = leb::read(bytes)?;
    let (seq, after) = leb::read(after)?;
    Some(((Author::from_code(author)?, seq), after))
}

fn read_held(bytes: &[u8]) -> Option<(Vec<Run>, &[u8])> {
    let (count, mut rest) = leb::read(bytes)?;
    let mut held = Vec::new();
    for _ in 0..count {
        let (place, after) = read_place(rest)?;
        let (length, after) = leb::read(after)?;
        held.push((place, length));
        rest = after;
    }
    Some((held, rest))
}

fn read_places(bytes: &[u8]) -> Option<(Vec<Place>, &[u8])> {
    let (count, mut rest) = leb::read(bytes)?;
    let mut places = Vec::new();
    for _ in 0..count {
        let (place, after) = read_place(rest)?;
        places.push(place);
        rest = after;
    }
    Some((places, rest))
}
