//! What a store sends: a change and everything it causes commit together with the store's place in its log, then it is
//! acknowledged. What cannot be true goes to quarantine, by name, and the rest goes on.

use super::docs::Docs;
use super::session::{Said, Under};
use super::{Fault, HubEngine};
use crate::db::DbFault;
use crate::db::quotas::QuotaKey;
use crate::flows::looks::{self, Heed};
use crate::flows::{Cx, Flow, Stop, alarms, quota, seen, shelf};
use ::sync::doc::{DocError, DocId, DocKey, Document, OrderView, StockHeader, Touched};
use ::sync::lane::{self, LANES, LaneSeq};
use hub_core::proof;
use model::alarms::AlarmsTold;
use model::life::latest_life;
use model::order::Owner;
use model::quota::FIRST_EPOCH;
use model::{Actor, CommandId, DeviceId, PersonId, Role, SkuId, StoreId, Timestamp};
use std::collections::BTreeSet;

/// One record of a store's log: its place, its document, its change.
pub type Record = (LaneSeq, DocKey, Vec<u8>);

/// What came of records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inbound {
    /// The last record of each lane of the store's log that is durable here.
    pub upto: [u64; LANES],
    /// Documents to be asked for as a whole, because too much of them waits.
    pub want: Vec<DocKey>,
    /// Records or parts that went to quarantine.
    pub quarantined: u32,
}

/// What one change means for the tables.
pub(super) enum Effect {
    Order(Box<OrderView>),
    Grant(SkuId, u64),
    Wanted(SkuId, u64),
    Shelf(StockHeader, Vec<(SkuId, u32)>),
    Alarms(AlarmsTold),
    Wrong(String),
}

impl HubEngine {
    /// Takes in records of a store's log, in order. Known ones change nothing.
    ///
    /// # Errors
    /// [`Fault`]: nothing of them happened; the store will send them again.
    pub fn inbound(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        records: Vec<Record>,
    ) -> Result<Inbound, Fault> {
        let under = self.under(store)?;
        self.inbound_under(now, store, under, records)
    }

    /// Takes in records in the transaction that is open.
    pub(super) fn take_records(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        records: &[Record],
    ) -> Result<Inbound, Fault> {
        let mut out = Inbound { upto: self.received(store)?, ..Inbound::default() };
        let mut places = Vec::with_capacity(records.len());
        for (at, key, change) in records {
            // The peer delivers each lane in order; what is durable already comes again after a lost acknowledgement.
            let upto = &mut out.upto[at.lane.index()];
            if at.seq > *upto {
                *upto = at.seq;
                places.push(*at);
                self.one_record(now, store, (at.seq, *key, change), &mut out)?;
            }
        }
        for end in lane::ends(places) {
            self.db.set_received(store, end)?;
        }
        self.db.set_heard(store, now, true)?;
        Ok(out)
    }

    /// The cache's own housekeeping, after a transaction.
    pub(super) fn trim_documents(&self) {
        self.docs.lock().trim();
    }

    fn received(&self, store: &StoreId) -> Result<[u64; LANES], Fault> {
        Ok(self.db.lanes(store)?.map(|lane| lane.received))
    }

    /// As [`HubEngine::inbound`], for a session of these terms: one that began under older ones brings nothing any more.
    ///
    /// # Errors
    /// [`Fault::OldTerms`]: the session is over.
    pub fn inbound_under(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        under: Under,
        records: Vec<Record>,
    ) -> Result<Inbound, Fault> {
        let done = self.hear(now, &[Said::Records(store.clone(), under, records)])?;
        Ok(done.into_iter().next().unwrap_or_default())
    }

    /// As [`HubEngine::inbound_whole`], for a session of these terms.
    ///
    /// # Errors
    /// [`Fault::OldTerms`]: the session is over.
    pub fn whole_under(
        &mut self,
        now: Timestamp,
        (store, under): (&StoreId, Under),
        key: DocKey,
        bytes: Vec<u8>,
    ) -> Result<Inbound, Fault> {
        self.still(store, under)?;
        self.inbound_whole(now, store, key, bytes)
    }

    /// Takes in a whole document: the repair path.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn inbound_whole(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        key: DocKey,
        bytes: Vec<u8>,
    ) -> Result<Inbound, Fault> {
        self.db.store(store)?.ok_or_else(|| Fault::UnknownStore(store.clone()))?;
        if self.is_closed(store, key)? {
            return Ok(Inbound { upto: self.received(store)?, ..Inbound::default() });
        }
        self.within(|engine| {
            let mut out = Inbound { upto: engine.received(store)?, ..Inbound::default() };
            engine.one_record(now, store, (0, key, &bytes), &mut out)?;
            Ok(out)
        })
    }

    pub(super) fn one_record(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        (seq, key, change): (u64, DocKey, &[u8]),
        out: &mut Inbound,
    ) -> Result<(), Fault> {
        let id = key.of(store);
        if let DocKey::Catalogue { .. } = key {
            let why = DocError::NotMine { field: "the catalogue".to_owned() }.to_string();
            return self.set_aside(now, store, (&id, seq), (change, &why), out);
        }
        match looks::heed(&*self.db, now, &id, change.len())? {
            Heed::Take => {}
            Heed::Old => return Ok(()),
            Heed::Wrong(why) => return self.set_aside(now, store, (&id, seq), (change, &why), out),
        }
        let shared = self.docs.clone();
        let mut docs = shared.lock();
        let applied = self.apply_from_store(now, docs.open(&*self.db, &id)?, change)?;
        let touched = match applied {
            Ok(touched) => touched,
            // From a backup, and not aware that it is closed: it takes the blob, and says anew later what is new. One that has
            // it closed says nothing anew.
            Err(DocError::HourClosed { .. }) if self.will_say_again(store, key)? => {
                tracing::info!(%store, doc = %id, seq, "a restored store writes into an hour that is closed here");
                return Ok(());
            }
            Err(error) => {
                match error {
                    DocError::TooManyPending { .. } => out.want.push(key),
                    DocError::Broken { .. } => docs.forget(),
                    DocError::BadId { .. }
                    | DocError::Poisoned { .. }
                    | DocError::Stranger { .. }
                    | DocError::NotForgotten { .. }
                    | DocError::DuplicateSeq { .. }
                    | DocError::UnknownOrder { .. }
                    | DocError::OtherContent { .. }
                    | DocError::HourClosed { .. }
                    | DocError::NotMine { .. }
                    | DocError::WrongKind { .. } => {}
                }
                return self.set_aside(now, store, (&id, seq), (change, &error.to_string()), out);
            }
        };
        // What came a second time touches nothing and is kept already.
        if touched != Touched::default() {
            self.db.add_chunk(&id, change)?;
        }
        let document = docs.open(&*self.db, &id)?;
        if let DocKey::Orders { hour } = key
            && touched.marked
            && document.has_marked(Owner::Store)?
        {
            self.db.mark_theirs(store, hour, now)?;
        }
        let effects = match key {
            DocKey::Stock { .. } => docs.shelf(&id, touched),
            DocKey::Alarms { .. } => standing(document, touched),
            DocKey::Orders { .. } | DocKey::Quota { .. } | DocKey::Catalogue { .. } => {
                effects(document, touched)
            }
        };
        drop(docs);
        self.take_effects(now, store, (&id, seq, change), effects, out)
    }

    /// Whether a store that writes into an hour which is closed here is one that was replaced, and has not shown since that it is
    /// closed there, too.
    fn will_say_again(&self, store: &StoreId, key: DocKey) -> Result<bool, Fault> {
        let (epoch, _) = self.under(store)?;
        Ok(match key {
            DocKey::Orders { hour } => {
                epoch != FIRST_EPOCH && !self.db.is_closed_there(store, hour, epoch)?
            }
            DocKey::Quota { .. }
            | DocKey::Stock { .. }
            | DocKey::Catalogue { .. }
            | DocKey::Alarms { .. } => false,
        })
    }

    /// What a change means for the tables, and what has waited for that.
    fn take_effects(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        (id, seq, change): (&DocId, u64, &[u8]),
        effects: Vec<Effect>,
        out: &mut Inbound,
    ) -> Result<(), Fault> {
        for effect in effects {
            if let Err(why) = self.take_effect(now, (store, id), change, effect)? {
                self.set_aside(now, store, (id, seq), (change, &why), out)?;
            }
        }
        if let DocId::Orders { .. } = id {
            out.quarantined += self.settle_late(now, store)?;
        }
        Ok(())
    }

    /// Applies what a store sent, if it may have written it. A restored hub learns from its stores what it has written itself
    /// in a life that it has forgotten: one that is none of those since it began anew, and that can have been by now.
    fn apply_from_store(
        &self,
        now: Timestamp,
        document: &mut Document,
        change: &[u8],
    ) -> Result<Result<Touched, DocError>, Fault> {
        if self.db.installation()?.log_whole {
            return Ok(document.apply_from(Owner::Store, change));
        }
        let (lives, latest) = (self.db.lives()?, latest_life(now));
        let forgotten = |life: u32| life <= latest && !lives.contains(&life);
        Ok(document.apply_again(Owner::Store, &forgotten, change))
    }

    /// A record, or a part of one, that cannot be true: kept with its reason for a person.
    fn set_aside(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        (id, seq): (&DocId, u64),
        (change, why): (&[u8], &str),
        out: &mut Inbound,
    ) -> Result<(), Fault> {
        tracing::warn!(%store, doc = %id, seq, %why, "a record, or a part of one, went to quarantine");
        self.db.quarantine(store, (id, seq), change, why, now)?;
        out.quarantined += 1;
        Ok(())
    }

    /// Runs the command that a change causes, in its own savepoint. `Ok(Err(why))`: it cannot be true.
    pub(super) fn take_effect(
        &mut self,
        now: Timestamp,
        (store, id): (&StoreId, &DocId),
        change: &[u8],
        effect: Effect,
    ) -> Result<Result<(), String>, Fault> {
        if let Effect::Order(view) = &effect
            && self.is_early(view)?
        {
            self.db.await_order(store, &(view.order, id.clone()))?;
            return Ok(Ok(()));
        }
        let command = command_id(now, id, change);
        let actor = store_actor(store)?;
        let rules = self.rules.clone();
        let cx = Cx { now, id: &command, actor: &actor, rules: &rules, mutation: self.mutation };
        self.db.mark()?;
        let done: Flow<()> = match effect {
            Effect::Wrong(why) => {
                self.db.undo()?;
                return Ok(Err(why));
            }
            Effect::Order(view) => seen::order(&mut *self.db, &cx, store, &view),
            Effect::Grant(sku, total) => match id {
                DocId::Quota { store, epoch, generation } => {
                    let key = QuotaKey { store: store.clone(), epoch: *epoch, generation: *generation };
                    quota::learn(&mut *self.db, &key, &sku, total).map(drop)
                }
                DocId::Orders { .. }
                | DocId::Stock { .. }
                | DocId::Catalogue { .. }
                | DocId::Alarms { .. } => Ok(()),
            },
            Effect::Wanted(..) if self.mutation.keeps_wanted() => Ok(()),
            Effect::Wanted(sku, total) => match id {
                DocId::Quota { store, epoch, generation } => {
                    let key = QuotaKey { store: store.clone(), epoch: *epoch, generation: *generation };
                    quota::wanted(&mut *self.db, &key, &sku, total)
                }
                DocId::Orders { .. }
                | DocId::Stock { .. }
                | DocId::Catalogue { .. }
                | DocId::Alarms { .. } => Ok(()),
            },
            Effect::Shelf(header, units) => shelf::seen(&mut *self.db, &cx, id, header, &units),
            Effect::Alarms(told) => alarms::seen(&mut *self.db, &cx, id, told),
        };
        match done {
            Ok(()) | Err(Stop::Counted(_)) => {
                self.db.keep()?;
                Ok(Ok(()))
            }
            Err(Stop::Refused(refusal)) => {
                self.db.undo()?;
                Ok(Err(refusal.problem().title))
            }
            Err(Stop::Fault(fault @ DbFault::Storage(_))) => Err(fault.into()),
            Err(Stop::Fault(fault @ (DbFault::Rule(_) | DbFault::Corrupt(_)))) => {
                self.db.undo()?;
                Ok(Err(fault.to_string()))
            }
        }
    }
}

impl Docs {
    /// What a change of a stock document means: nothing until a header says that its tick is whole; then everything that
    /// was touched since the last one (all that stands there, when that is not known any more).
    fn shelf(&mut self, id: &DocId, touched: Touched) -> Vec<Effect> {
        let mut effects: Vec<Effect> = touched.poisoned.into_iter().map(Effect::Wrong).collect();
        let waiting = self.unshown(id);
        if !touched.tick {
            if let Some(waiting) = waiting {
                waiting.extend(touched.skus);
            }
            return effects;
        }
        let some = waiting.map(std::mem::take);
        let Some(document) = self.known(id) else { return effects };
        let skus = match some {
            Some(waiting) => waiting.into_iter().chain(touched.skus).collect(),
            None => match document.stock_skus() {
                Ok(skus) => skus.into_iter().collect::<BTreeSet<SkuId>>(),
                Err(error) => {
                    effects.push(Effect::Wrong(error.to_string()));
                    return effects;
                }
            },
        };
        let mut units = Vec::new();
        for sku in skus {
            match document.stock(&sku) {
                Ok(n) => units.push((sku, n.unwrap_or(0))),
                Err(error) => effects.push(Effect::Wrong(error.to_string())),
            }
        }
        match document.stock_header() {
            Ok(Some(header)) => effects.push(Effect::Shelf(header, units)),
            Ok(None) => {}
            Err(error) => effects.push(Effect::Wrong(error.to_string())),
        }
        self.shown(id);
        effects
    }
}

/// What a change of an alarms document means.
fn standing(document: &Document, touched: Touched) -> Vec<Effect> {
    let mut effects: Vec<Effect> = touched.poisoned.into_iter().map(Effect::Wrong).collect();
    match document.alarms() {
        Ok(Some(told)) if touched.tick => effects.push(Effect::Alarms(told)),
        Ok(_) => {}
        Err(error) => effects.push(Effect::Wrong(error.to_string())),
    }
    effects
}

fn effects(document: &Document, touched: Touched) -> Vec<Effect> {
    let mut effects: Vec<Effect> = touched.poisoned.into_iter().map(Effect::Wrong).collect();
    for order in &touched.orders {
        match document.order(order) {
            Ok(Some(view)) => effects.push(Effect::Order(Box::new(view))),
            Ok(None) => {}
            Err(error) => effects.push(Effect::Wrong(error.to_string())),
        }
    }
    for order in &touched.late {
        match document.late(order) {
            Ok(views) => effects.extend(views.into_iter().map(|view| Effect::Order(Box::new(view)))),
            Err(error) => effects.push(Effect::Wrong(error.to_string())),
        }
    }
    for sku in touched.skus {
        match (document.granted(&sku), document.wanted(&sku)) {
            (Ok(total), Ok(wanted)) => {
                effects.push(Effect::Grant(sku.clone(), total));
                effects.push(Effect::Wanted(sku, wanted));
            }
            (Err(error), _) | (_, Err(error)) => effects.push(Effect::Wrong(error.to_string())),
        }
    }
    effects
}

/// The command that a change causes is named by the change.
fn command_id(now: Timestamp, id: &DocId, change: &[u8]) -> CommandId {
    CommandId::new(now, proof::digest_u128(&[b"inbound", id.to_string().as_bytes(), change]))
}

fn store_actor(store: &StoreId) -> Result<Actor, Fault> {
    let wrong = |e: model::id::IdError| Fault::Db(DbFault::Corrupt(e.to_string()));
    Ok(Actor {
        person: PersonId::new("system").map_err(wrong)?,
        device: DeviceId::new(store.as_str()).map_err(wrong)?,
        role: Role::System,
    })
}
