//! The hub's changes come in: documents, the commands they cause and the number up to which the hub's log is durable
//! commit together. What cannot be used is quarantined with its reason; the rest goes on.

use super::docs::Docs;
use super::group::{Care, run_one};
use super::{Applied, Engine, Fault, InboundRecord};
use crate::command::{AcceptOrder, Command, Envelope, system};
use crate::db::marks::{self, Mark};
use crate::db::quota::Terms;
use crate::db::{DbError, Tx, docs};
use crate::derive;
use crate::refusal::Refusal;
use model::order::{Channel, Moment, Owner};
use model::{CommandId, SkuId, Timestamp};
use sync::doc::{DocError, DocKey, Document, OrderView, Touched};

impl Engine {
    /// Takes records of the hub's log in their order; ones that are durable already are skipped. When this returns, they
    /// may be acknowledged.
    ///
    /// # Errors
    /// A fault; nothing of the records after the last durable one was kept, and they may be given again.
    pub fn inbound(&mut self, now: Timestamp, records: Vec<InboundRecord>) -> Result<Applied, Fault> {
        match self.take(now, &records) {
            Ok(applied) => Ok(applied),
            Err(_) if records.len() > 1 => {
                let mut all = Applied::default();
                for record in &records {
                    let one = self.take_or_quarantine(now, record)?;
                    all.replies.extend(one.replies);
                    all.effects.merge(one.effects);
                }
                Ok(all)
            }
            Err(_) => match records.first() {
                Some(record) => self.take_or_quarantine(now, record),
                None => Ok(Applied::default()),
            },
        }
    }

    /// A record whose commands break the database for good must not stop the log: its bytes stay in the document (later
    /// changes build on them), it is named in quarantine, and a person looks at it.
    fn take_or_quarantine(&mut self, now: Timestamp, record: &InboundRecord) -> Result<Applied, Fault> {
        match self.take(now, std::slice::from_ref(record)) {
            Ok(applied) => Ok(applied),
            Err(Fault::Db(error)) if error.is_lasting() => {
                let mut live = self.docs.lock();
                let tx = self.db.begin()?;
                let name = live.name(record.doc);
                docs::append(&tx, &name, &record.change)?;
                let origin = format!("hub {}", record.seq);
                docs::quarantine(&tx, now, &origin, &name, &record.change, &error.to_string())?;
                received(&tx, record.seq)?;
                tx.commit()?;
                live.forget();
                Ok(Applied::default())
            }
            Err(fault) => Err(fault),
        }
    }

    fn take(&mut self, now: Timestamp, records: &[InboundRecord]) -> Result<Applied, Fault> {
        // Held until the commit: the scribe never builds on what may still be taken back.
        let shared = self.docs.clone();
        let mut live = shared.lock();
        let done = self.take_all(now, records, &mut live);
        if done.is_err() {
            live.forget();
        }
        live.trim();
        done
    }

    fn take_all(
        &mut self,
        now: Timestamp,
        records: &[InboundRecord],
        live: &mut Docs,
    ) -> Result<Applied, Fault> {
        let tx = self.db.begin()?;
        let mut applied = Applied::default();
        let durable = marks::count(&tx, Mark::Received)?;
        for record in records.iter().filter(|record| record.seq > durable) {
            let origin = format!("hub {}", record.seq);
            let name = live.name(record.doc);
            let quarantine =
                |reason: &str| docs::quarantine(&tx, now, &origin, &name, &record.change, reason);
            match live.get(&tx, record.doc)?.apply_change(&record.change) {
                Ok(touched) => {
                    live.keep(&tx, record.doc, &record.change)?;
                    for what in &touched.poisoned {
                        quarantine(what)?;
                    }
                    let document = live.get(&tx, record.doc)?;
                    for envelope in commands_of(document, record.doc, &touched, &quarantine)? {
                        let reply = run_one(
                            &tx,
                            &self.parts,
                            now,
                            &envelope.seal().map_err(DbError::from)?,
                            &mut applied.effects,
                            Care::Savepoints,
                        )?;
                        if let Some(reason) = reply.as_ref().err().and_then(needs_a_person) {
                            quarantine(&reason)?;
                        }
                        applied.replies.push(reply);
                    }
                }
                Err(error @ DocError::Broken { .. }) => return Err(error.into()),
                Err(error) => quarantine(&error.to_string())?,
            }
            received(&tx, record.seq)?;
        }
        tx.commit()?;
        applied.effects.link = true;
        Ok(applied)
    }
}

/// What a change asks of the store.
fn commands_of(
    document: &Document,
    key: DocKey,
    touched: &Touched,
    quarantine: &dyn Fn(&str) -> Result<(), DbError>,
) -> Result<Vec<Envelope>, DbError> {
    let actor = system("uplink").map_err(|error| DbError::Corrupt(error.to_string()))?;
    let mut commands = Vec::new();
    match key {
        DocKey::Orders { hour } => {
            for order in &touched.orders {
                match document.order(order) {
                    Ok(Some(view)) => commands.extend(of_order(&view, hour)),
                    Ok(None) => {}
                    Err(error) => quarantine(&error.to_string())?,
                }
            }
        }
        DocKey::Quota { epoch, generation } => {
            let terms = Terms { epoch, generation };
            for sku in &touched.skus {
                match document.returned(sku) {
                    Ok(total) => commands.extend(of_return(terms, sku, total)),
                    Err(error) => quarantine(&error.to_string())?,
                }
            }
        }
    }
    let envelope = |(id, command)| Envelope { id, actor: actor.clone(), command };
    Ok(commands.into_iter().map(envelope).collect())
}

fn received(tx: &Tx<'_>, seq: u64) -> Result<(), DbError> {
    marks::set(tx, Mark::Received, i64::try_from(seq).unwrap_or(i64::MAX))
}

/// Everything that an order's document asks of the store, in rank order. Ids come from order and moment, so that a
/// repeat is answered from memory.
fn of_order(view: &OrderView, hour: i64) -> Vec<(CommandId, Command)> {
    if view.head.channel != Channel::Online {
        return Vec::new();
    }
    let order = view.order;
    let id = |purpose: &str| derive::command(order.as_bytes(), purpose);
    let mut commands = Vec::new();
    let failed = view.moments.get(Moment::PaymentFailed).is_some();
    if let Some(confirmed_at) = view.moments.get(Moment::Confirmed).filter(|_| !failed) {
        let placed_at = view.moments.get(Moment::Placed).unwrap_or(confirmed_at);
        let accept = AcceptOrder { order, hour, head: view.head.clone(), placed_at, confirmed_at };
        commands.push((id("accept"), Command::AcceptOrder(accept)));
    } else {
        return commands;
    }
    if let Some(rider) = &view.rider {
        let purpose = format!("rider {} {} {}", rider.code, rider.name, rider.eta_at.ms());
        commands.push((id(&purpose), Command::SetRider { order, rider: rider.clone() }));
    }
    for answer in &view.answers {
        let purpose = format!("answer {} {}", answer.line, answer.accept);
        commands.push((id(&purpose), Command::AnswerSubstitute { order, answer: answer.clone() }));
    }
    for moment in Moment::ALL {
        let hubs = moment.owner() == Owner::Hub;
        let Some(at) = view.moments.get(moment).filter(|_| hubs) else { continue };
        match moment {
            Moment::CancelRequested => {
                commands.push((id("cancel_request"), Command::RequestCancel { order, at }));
            }
            Moment::Delivered | Moment::Completed | Moment::Returned => {
                commands.push((id(moment.field()), Command::HubMoment { order, moment, at }));
            }
            Moment::Placed
            | Moment::PaymentFailed
            | Moment::Confirmed
            | Moment::Accepted
            | Moment::Picking
            | Moment::Packed
            | Moment::Dispatched
            | Moment::Cancelled => {}
        }
    }
    commands
}

fn of_return(terms: Terms, sku: &SkuId, total: u64) -> Option<(CommandId, Command)> {
    if total == 0 {
        return None;
    }
    let purpose = format!("returned {} {} {total}", terms.epoch.0, terms.generation.0);
    let id = derive::command(sku.as_str().as_bytes(), &purpose);
    Some((id, Command::TakeBackRights { terms, sku: sku.clone(), total }))
}

/// Refusals of the hub's own commands that somebody must look at; the others are ordinary (too late to cancel).
fn needs_a_person(refusal: &Refusal) -> Option<String> {
    let severe = ["other_content", "bad_input"];
    let problem = refusal.problem();
    severe.contains(&problem.code.as_str()).then(|| format!("{}: {}", problem.title, problem.detail))
}
