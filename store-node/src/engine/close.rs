//! Hours that are over become blobs: the store's last word first, and once both sides' words stand and are acknowledged, the
//! canonical blob in place of the chunks. What cannot be read back is left as it is.

use super::docs::Docs;
use super::{Applied, Engine, Fault, Parts, inbound, late};
use crate::db::outbox::{self, Facts};
use crate::db::{DbError, Tx, docs, hours};
use crate::flows;
use model::Timestamp;
use model::fact::Fact;
use model::order::Owner;
use model::quota::FIRST_EPOCH;
use sync::doc::{ClosedHour, DocError, DocId, DocKey, ManifestEntry, OrderView};

/// Hours that one look closes at most: a look takes no longer than some commits.
const CLOSES_MAX: u32 = 16;

/// What one look at the hours did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HoursSeen {
    /// Hours in which the store said its last word: facts wait to be carried.
    pub marked: u32,
    /// Hours that are blobs now.
    pub closed: u32,
}

/// Why a blob from the hub is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlobRefused {
    /// Not a document that becomes a blob.
    #[error("only hours of orders are closed")]
    NoHour,
    /// Its content has another SHA-256 than its manifest says.
    #[error("the blob's content is not what its manifest says")]
    OtherContent,
    /// It stands here already, with another content: a person must look.
    #[error("the hour is closed here with another content")]
    Differs,
    /// Changes of that hour wait here; they would be lost.
    #[error("the hour is still open here")]
    Open,
    /// It has not what stands here, and this store cannot say it again: the two are not of one life, and a person must look.
    #[error("the hour is closed there without something that stands here")]
    Apart,
    /// It does not read.
    #[error("{0}")]
    Unreadable(#[from] DocError),
}

impl Engine {
    /// Looks at the hours: says last words, makes blobs.
    ///
    /// # Errors
    /// A fault; nothing of this look was kept.
    pub fn close_hours(&mut self, now: Timestamp) -> Result<HoursSeen, Fault> {
        let shared = self.docs.clone();
        let mut live = shared.lock();
        let store = self.parts.setup.store.clone();
        let tx = self.db.begin()?;
        let mut seen = HoursSeen { marked: flows::hours::mark(&tx, now, store.as_str())?, closed: 0 };
        late::give_up(&tx, now)?;
        if !live.is_owing() {
            for hour in hours::ready(&tx, store.as_str(), CLOSES_MAX)? {
                let key = DocKey::Orders { hour };
                let document = live.get(&tx, key)?;
                // A mark that is carried in this very moment, or a change that waits for another: the next look.
                if document.is_closed() || !document.is_complete()? {
                    continue;
                }
                match document.close() {
                    Ok(blob) => {
                        hours::close(&tx, hour, &live.name(key), &blob, now)?;
                        seen.closed += 1;
                    }
                    Err(error) => tracing::error!(hour, %error, "an hour stays a document"),
                }
            }
        }
        tx.commit()?;
        if seen.closed > 0 {
            live.forget();
        }
        Ok(seen)
    }

    /// Takes an hour as a blob, as a restored store gets it from the hub, and learns the orders of it that it has forgotten.
    /// `Ok(Err)`: it is refused, with the reason.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn take_closed(
        &mut self,
        now: Timestamp,
        entry: &ManifestEntry,
        bytes: Vec<u8>,
    ) -> Result<Result<Applied, BlobRefused>, Fault> {
        let id = entry.doc.of(&self.parts.setup.store);
        let DocId::Orders { hour, .. } = id else { return Ok(Err(BlobRefused::NoHour)) };
        let closed = match ClosedHour::read(hour, &bytes) {
            Ok(closed) => closed,
            Err(error) => return Ok(Err(error.into())),
        };
        if ClosedHour::digest(&bytes) != Ok(entry.sha256) {
            return Ok(Err(BlobRefused::OtherContent));
        }
        let mut live = self.docs.lock();
        let name = id.to_string();
        let tx = self.db.begin()?;
        let mut applied = Applied::default();
        if let Some(known) = hours::blob(&tx, &name)? {
            let same = ClosedHour::digest(&known) == Ok(entry.sha256);
            return Ok(if same { Ok(applied) } else { Err(BlobRefused::Differs) });
        }
        if docs::load(&tx, &name)?.1 > 0 {
            // What a machine that came from a backup has of the hour is older than its end.
            let restored = flows::terms(&tx)?.epoch != FIRST_EPOCH && !live.is_owing();
            let here = if restored { read_now(&tx, &mut live, hour)? } else { None };
            let Some(here) = here else { return Ok(Err(BlobRefused::Open)) };
            let Some(late) = said_since(&closed, &here)? else {
                keep_apart(&tx, now, &name, &bytes)?;
                tx.commit()?;
                return Ok(Err(BlobRefused::Apart));
            };
            outbox::push(&tx, now, late)?;
        }
        hours::close(&tx, hour, &name, &closed.blob(entry.sha256, bytes), now)?;
        learn_hour(&tx, &self.parts, now, (&closed, &name), &mut applied)?;
        late::settle(&tx, &self.parts, &mut live, now, &mut applied)?;
        tx.commit()?;
        live.forget();
        Ok(Ok(applied))
    }
}

/// The hour as it stands here. `None`: a change waits for another, or its document does not read.
fn read_now(tx: &Tx<'_>, live: &mut Docs, hour: i64) -> Result<Option<ClosedHour>, Fault> {
    let blob = live.get(tx, DocKey::Orders { hour })?.close();
    Ok(blob.and_then(|blob| ClosedHour::read(hour, &blob.bytes)).ok())
}

/// A person must look: kept once.
fn keep_apart(tx: &Tx<'_>, now: Timestamp, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    let why = format!("{name}: {}", BlobRefused::Apart);
    if !docs::is_set_aside(tx, &why)? {
        docs::quarantine(tx, now, "hub hours", name, bytes, &why)?;
    }
    Ok(())
}

/// What this store has said in an hour since the state of `closed`, for a later hour. `None`: something stands here that is not its
/// own to say again.
fn said_since(closed: &ClosedHour, here: &ClosedHour) -> Result<Option<Facts>, Fault> {
    let hour = closed.hour;
    let mut late = Facts::default();
    for view in &here.orders {
        let order = view.order;
        let known = closed.orders.iter().find(|other| (other.order, other.late) == (order, view.late));
        // What it has said late here is in no older life's hour; an order of its own hour is in the blob.
        if known.is_none() && view.late != Some(Owner::Store) {
            return Ok(None);
        }
        for (moment, at) in &view.moments.0 {
            let said = known.is_some_and(|known| known.moments.get(*moment).is_some());
            if view.head.channel.owner_of(*moment) == Owner::Store && !said {
                late.add(&Fact::Moment { order, hour, moment: *moment, at: *at })?;
            }
        }
        if let Some(picks) = view.picks.as_ref().filter(|_| known.is_none_or(|known| known.picks.is_none())) {
            late.add(&Fact::Picks { order, hour, picks: picks.clone() })?;
        }
    }
    Ok(Some(late))
}

/// The orders of an hour that this database has forgotten, as [`inbound`] learns those of an open one: a store that was never
/// restored has forgotten none.
fn learn_hour(
    tx: &Tx<'_>,
    parts: &Parts,
    now: Timestamp,
    (closed, name): (&ClosedHour, &str),
    applied: &mut Applied,
) -> Result<(), Fault> {
    let terms = flows::terms(tx)?;
    if terms.epoch == FIRST_EPOCH {
        return Ok(());
    }
    let of_former_life = |view: &&OrderView| view.terms.0 != terms.epoch;
    for view in closed.orders.iter().filter(of_former_life) {
        inbound::learn(tx, parts, now, (view, closed.hour, name), applied)?;
    }
    Ok(())
}

/// The store's newest closed hours, for the other side to compare.
///
/// # Errors
/// A fault of the database, also for a stored name that names no document.
pub fn manifest(conn: &crate::db::Connection, limit: u32) -> Result<Vec<ManifestEntry>, DbError> {
    hours::manifest(conn, limit)?.into_iter().map(entry).collect()
}

fn entry((doc, sha256, length): (String, [u8; 32], u32)) -> Result<ManifestEntry, DbError> {
    let id: DocId = doc.parse().map_err(|error: DocError| DbError::Corrupt(error.to_string()))?;
    Ok(ManifestEntry { doc: id.key(), sha256, length })
}

/// Closed hours before this one, the newest first, for the two sides' lists to be laid side by side.
///
/// # Errors
/// As [`manifest`].
pub fn closed_before(
    conn: &crate::db::Connection,
    store: &str,
    before: i64,
    limit: u32,
) -> Result<Vec<ManifestEntry>, DbError> {
    hours::before(conn, store, before, limit)?.into_iter().map(entry).collect()
}
