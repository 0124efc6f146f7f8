//! The hub's changes come in: documents, the commands they cause and the number up to which the hub's log is durable
//! commit together. What cannot be used is quarantined with its reason; the rest goes on.

use super::docs::Docs;
use super::group::{Care, run_one};
use super::{Applied, Engine, Fault, InboundRecord, Parts, Refused, late};
use crate::answer::Answer;
use crate::command::{AcceptOrder, Command, Envelope, TakenCatalogue, system};
use crate::db::fence::{self, State};
use crate::db::listing::{self, Publication};
use crate::db::quota::Terms;
use crate::db::{DbError, Tx, docs, hours, lanes, pledges, unknown};
use crate::refusal::Refusal;
use crate::{derive, flows};
use model::order::{Channel, Moment, Moments, Owner};
use model::order_doc::OrderHead;
use model::quota::{FIRST_GENERATION, HubGeneration, StoreEpoch};
use model::{CommandId, OrderId, SkuId, Timestamp};
use sync::doc::{self, DocError, DocKey, Document, OrderView, Touched};
use sync::lane::Lane;

/// What is set aside of one origin: a person looks at the first, and the rest fills no disk.
pub(super) const ASIDE_MAX: i64 = 200;

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
                docs::quarantine(&tx, now, &origin(record), &name, &record.change, &error.to_string())?;
                lanes::received(&tx, record.lane, record.seq)?;
                if let Some(pledge) = &record.pledge {
                    pledges::note(&tx, pledge)?;
                }
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
        let durable = lanes::states(&tx)?;
        let is_new = |record: &&InboundRecord| record.seq > durable[record.lane.index()].received;
        for pledge in records.iter().filter_map(|record| record.pledge.as_ref()) {
            pledges::note(&tx, pledge)?;
        }
        for record in records.iter().filter(is_new) {
            let came = Came { now, origin: origin(record), doc: record.doc, bytes: &record.change };
            take_one(&tx, &self.parts, live, &came, &mut applied)?;
            lanes::received(&tx, record.lane, record.seq)?;
        }
        tx.commit()?;
        applied.effects.link = true;
        Ok(applied)
    }

    /// Takes in a whole document of the hub: the repair path.
    ///
    /// # Errors
    /// A fault; nothing of it was kept.
    pub fn inbound_whole(&mut self, now: Timestamp, doc: DocKey, bytes: &[u8]) -> Result<Applied, Fault> {
        let shared = self.docs.clone();
        let mut live = shared.lock();
        if live.is_closed(self.db.read(), doc)? {
            return Ok(Applied::default());
        }
        let done = (|| {
            let tx = self.db.begin()?;
            let mut applied = Applied::default();
            let came = Came { now, origin: "hub whole".to_owned(), doc, bytes };
            take_one(&tx, &self.parts, &mut live, &came, &mut applied)?;
            tx.commit()?;
            Ok(applied)
        })();
        if done.is_err() {
            live.forget();
        }
        done
    }

    /// Keeps what was refused for a person to look at; of one origin at most `ASIDE_MAX`.
    ///
    /// # Errors
    /// A fault.
    pub fn refused(&mut self, now: Timestamp, refused: &Refused) -> Result<(), Fault> {
        let tx = self.db.begin()?;
        if docs::set_aside_of(&tx, &refused.origin)? < ASIDE_MAX {
            docs::quarantine(&tx, now, &refused.origin, "", &refused.bytes, &refused.why)?;
        }
        Ok(tx.commit()?)
    }

    /// A whole document as it durably stands here, for a hub that asks for it.
    ///
    /// # Errors
    /// A fault.
    pub fn whole(&mut self, doc: DocKey) -> Result<Vec<u8>, Fault> {
        self.docs.lock().whole(self.db.read(), doc)
    }

    /// Digests of the documents that both sides write to, for the hub to compare: rights, catalogue, the hours of `now`, those
    /// that are open here, and those of `theirs`.
    ///
    /// # Errors
    /// A fault.
    pub fn heads(&mut self, now: Timestamp, theirs: &[DocKey]) -> Result<Vec<(DocKey, [u8; 8])>, Fault> {
        let terms = flows::terms(self.db.read())?;
        let quota = DocKey::Quota { epoch: terms.epoch, generation: terms.generation };
        let open = hours::open(self.db.read(), self.parts.setup.store.as_str(), doc::COMPARED_HOURS)?;
        let hours = doc::compared_hours(now, &open, theirs);
        let catalogue = listing::standing(self.db.read())?.map(|standing| {
            let Publication { generation, edition, .. } = standing.publication;
            DocKey::Catalogue { generation, edition }
        });
        let mut live = self.docs.lock();
        let mut heads = Vec::new();
        for doc in [quota].into_iter().chain(catalogue).chain(hours) {
            heads.extend(live.heads(self.db.read(), doc)?.map(|digest| (doc, digest)));
        }
        Ok(heads)
    }
}

fn origin(record: &InboundRecord) -> String {
    match record.lane {
        Lane::Orders => format!("hub {}", record.seq),
        lane @ (Lane::States | Lane::Alarms | Lane::Stock | Lane::Backfill) => {
            format!("hub {lane:?} {}", record.seq)
        }
    }
}

/// Bytes from the hub that are to be applied to a document.
pub(super) struct Came<'a> {
    pub(super) now: Timestamp,
    /// Where they stood, for quarantine.
    pub(super) origin: String,
    pub(super) doc: DocKey,
    pub(super) bytes: &'a [u8],
}

/// One change, or one whole document: applied, kept, and what it asks for done. What cannot be used is quarantined.
pub(super) fn take_one(
    tx: &Tx<'_>,
    parts: &Parts,
    live: &mut Docs,
    came: &Came<'_>,
    applied: &mut Applied,
) -> Result<(), Fault> {
    let name = live.name(came.doc);
    let quarantine = |reason: &str| docs::quarantine(tx, came.now, &came.origin, &name, came.bytes, reason);
    if let Some(own) = stores_alone(came.doc) {
        return Ok(quarantine(&DocError::NotMine { field: own.to_owned() }.to_string())?);
    }
    if let DocKey::Catalogue { generation, edition } = came.doc
        && listing::standing(tx)?.is_some_and(|standing| {
            let Publication { generation: mine, edition: taken, .. } = standing.publication;
            (mine, taken) > (generation, edition)
        })
    {
        // An edition that is over, and its chunks are gone.
        return Ok(());
    }
    // A store that was restored learns from the hub what it has written itself in a life that it has forgotten.
    let again = fence::state(tx)?.state != State::Open || !unknown::open(tx)?.is_empty();
    let document = live.get(tx, came.doc)?;
    let applied_now =
        if again { document.apply_change(came.bytes) } else { document.apply_from(Owner::Hub, came.bytes) };
    let mut touched = match applied_now {
        Ok(touched) => touched,
        Err(error @ DocError::Broken { .. }) => return Err(error.into()),
        // A hub that came from a backup does not know yet that the hour is closed: it takes the blob, and says anew, in a
        // later hour, what it has said here since.
        Err(DocError::HourClosed { .. }) if flows::terms(tx)?.generation != FIRST_GENERATION => {
            tracing::info!(doc = %name, "a restored hub writes into an hour that is closed here");
            return Ok(());
        }
        Err(error) => {
            if matches!(error, DocError::TooManyPending { .. }) {
                applied.want.push(came.doc);
            }
            return Ok(quarantine(&error.to_string())?);
        }
    };
    // What came a second time touches nothing and is kept already.
    if touched != Touched::default() {
        live.keep(tx, came.doc, came.bytes)?;
    }
    for what in &touched.poisoned {
        quarantine(what)?;
    }
    let document = live.get(tx, came.doc)?;
    if let DocKey::Orders { hour } = came.doc {
        if touched.marked && document.has_marked(Owner::Hub)? {
            hours::mark_theirs(tx, hour, came.now)?;
        }
        late::hold_back(tx, hour, &mut touched.late, |order| again && says_all(document, order))?;
    }
    let taken = listing::standing(tx)?.map(|standing| standing.publication);
    for envelope in commands_of(document, came.doc, (&touched, again, taken), &quarantine)? {
        if carry_out(tx, parts, (came, &name), envelope, applied)? {
            live.drop_catalogues_before(came.doc);
        }
    }
    match came.doc {
        DocKey::Orders { .. } => late::settle(tx, parts, live, came.now, applied),
        DocKey::Quota { .. } | DocKey::Stock { .. } | DocKey::Catalogue { .. } | DocKey::Alarms { .. } => {
            Ok(())
        }
    }
}

/// The name of a document that the store alone writes.
const fn stores_alone(doc: DocKey) -> Option<&'static str> {
    match doc {
        DocKey::Stock { .. } => Some("stock"),
        DocKey::Alarms { .. } => Some("alarms"),
        DocKey::Orders { .. } | DocKey::Quota { .. } | DocKey::Catalogue { .. } => None,
    }
}

/// Does one thing that a change asks for; what is refused and must not be passed over is kept for a person. Says whether a
/// publication was taken over.
fn carry_out(
    tx: &Tx<'_>,
    parts: &Parts,
    (came, name): (&Came<'_>, &str),
    envelope: Envelope,
    applied: &mut Applied,
) -> Result<bool, Fault> {
    let sealed = envelope.seal().map_err(DbError::from)?;
    let reply = run_one(tx, parts, came.now, &sealed, &mut applied.effects, Care::Savepoints)?;
    if let (Command::AcceptOrder(new), Err(Refusal::OtherContent { .. } | Refusal::IdReused)) =
        (&sealed.envelope.command, &reply)
    {
        flows::other_content::refuse(tx, came.now, new, (&came.origin, name))?;
    } else if let Some(reason) = reply.as_ref().err().and_then(needs_a_person) {
        docs::quarantine(tx, came.now, &came.origin, name, came.bytes, &reason)?;
    }
    let listed = matches!(reply, Ok(Answer::Listed { .. }));
    applied.replies.push(reply);
    Ok(listed)
}

/// An order of an hour that came closed: learnt again, as one of an open hour is.
pub(super) fn learn(
    tx: &Tx<'_>,
    parts: &Parts,
    now: Timestamp,
    (view, hour, name): (&OrderView, i64, &str),
    applied: &mut Applied,
) -> Result<(), Fault> {
    let actor = system("uplink").map_err(|error| DbError::Corrupt(error.to_string()))?;
    for (id, command) in of_order(view, hour, true) {
        let sealed = Envelope { id, actor: actor.clone(), command }.seal().map_err(DbError::from)?;
        let reply = run_one(tx, parts, now, &sealed, &mut applied.effects, Care::Savepoints)?;
        if let Some(reason) = reply.as_ref().err().and_then(needs_a_person) {
            docs::quarantine(tx, now, "hub hours", name, &[], &reason)?;
        }
        applied.replies.push(reply);
    }
    Ok(())
}

/// What a change asks of the store. `again`: it learns orders again that it may have forgotten.
fn commands_of(
    document: &Document,
    key: DocKey,
    (touched, again, taken): (&Touched, bool, Option<Publication>),
    quarantine: &dyn Fn(&str) -> Result<(), DbError>,
) -> Result<Vec<Envelope>, DbError> {
    let actor = system("uplink").map_err(|error| DbError::Corrupt(error.to_string()))?;
    let mut commands = Vec::new();
    match key {
        DocKey::Orders { hour } => {
            for order in &touched.orders {
                match document.order(order).and_then(|view| Ok((view, document.rivals(order)?))) {
                    Ok((Some(view), rivals)) => {
                        commands.extend(of_order(&view, hour, again));
                        commands.extend(rivals.iter().filter_map(|head| of_rival(&view, hour, head)));
                    }
                    Ok((None, _)) => {}
                    Err(error) => quarantine(&error.to_string())?,
                }
            }
            for order in &touched.late {
                match document.late(order) {
                    Ok(views) => commands.extend(views.iter().flat_map(|view| of_order(view, hour, again))),
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
            if touched.notices {
                match (document.word(), document.closing()) {
                    (Ok(word), Ok(closing)) => commands.extend(of_notices(terms, word, closing)),
                    (Err(error), _) | (_, Err(error)) => quarantine(&error.to_string())?,
                }
            }
        }
        DocKey::Catalogue { generation, edition } => {
            let edition = Publication { generation, edition, number: 0 };
            commands.extend(of_catalogue(document, edition, taken, touched, quarantine)?);
        }
        // Refused before: the store alone writes of its shelf and its alarms.
        DocKey::Stock { .. } | DocKey::Alarms { .. } => {}
    }
    let envelope = |(id, command)| Envelope { id, actor: actor.clone(), command };
    Ok(commands.into_iter().map(envelope).collect())
}

/// Everything that an order's document asks of the store, in rank order. Ids come from order and moment, so that a
/// repeat is answered from memory.
fn of_order(view: &OrderView, hour: i64, again: bool) -> Vec<(CommandId, Command)> {
    let order = view.order;
    let id = |purpose: &str| derive::command(order.as_bytes(), purpose);
    if view.head.channel != Channel::Online {
        // The store's own: only one that has forgotten some learns them again.
        let again = again && view.late.is_none();
        return if again {
            counter_again(view, hour, id(&format!("accept {}", shows(view))))
        } else {
            Vec::new()
        };
    }
    let mut commands = Vec::new();
    let failed = view.moments.get(Moment::PaymentFailed).is_some();
    let confirmed = view.moments.get(Moment::Confirmed).filter(|_| !failed);
    if view.late.is_some() {
        // The order itself stands in an hour that is closed: only what is new is here, or all of one that is open still.
        if again {
            commands.extend(open_again(view, id(&format!("accept late {hour} {}", shows(view)))));
            let (seen, packed) = (view.moments.clone(), view.picks.clone());
            let learn = id(&format!("learn late {hour} {}", shows(view)));
            commands.push((learn, Command::LearnOrder { order, seen, packed }));
        }
    } else if let Some(confirmed_at) = confirmed {
        let placed_at = view.moments.get(Moment::Placed).unwrap_or(confirmed_at);
        let (epoch, generation) = view.terms;
        let terms = Terms { epoch, generation };
        let seen = if again { view.moments.clone() } else { Moments::default() };
        let head = view.head.clone();
        let packed = view.picks.clone().filter(|_| again);
        let (seen_then, packed_then) = (seen.clone(), packed.clone());
        let accept = AcceptOrder {
            order,
            hour,
            head,
            placed_at,
            confirmed_at,
            terms,
            seen: seen_then,
            packed: packed_then,
        };
        // What is learnt again may have been answered in a life of this database; what it shows now may be more.
        let purpose = if again { format!("accept {}", shows(view)) } else { "accept".to_owned() };
        commands.push((id(&purpose), Command::AcceptOrder(accept)));
        if again {
            let learn = id(&format!("learn {}", shows(view)));
            commands.push((learn, Command::LearnOrder { order, seen, packed }));
        }
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
    commands.extend(of_hub_moments(view));
    commands
}

/// Whether what a document says late of an order is enough to know it again.
fn says_all(document: &Document, order: &OrderId) -> bool {
    let views = document.late(order).unwrap_or_default();
    views.iter().any(|view| open_again(view, derive::command(order.as_bytes(), "late")).is_some())
}

/// An order that was open when its hour ended, as a hub says it again to a store that may have forgotten it.
fn open_again(view: &OrderView, id: CommandId) -> Option<(CommandId, Command)> {
    let placed_at = view.moments.get(Moment::Placed)?;
    let (epoch, generation) = view.terms;
    let accept = AcceptOrder {
        order: view.order,
        hour: placed_at.hour(),
        head: view.head.clone(),
        placed_at,
        confirmed_at: view.moments.get(Moment::Confirmed)?,
        terms: Terms { epoch, generation },
        seen: view.moments.clone(),
        packed: view.picks.clone(),
    };
    Some((id, Command::AcceptOrder(accept)))
}

/// What another life of the hub put under the same id. The store has one of them, and refuses the other.
fn of_rival(view: &OrderView, hour: i64, head: &OrderHead) -> Option<(CommandId, Command)> {
    let (order, (epoch, generation)) = (view.order, view.terms);
    let confirmed_at = view.moments.get(Moment::Confirmed)?;
    let accept = AcceptOrder {
        order,
        hour,
        head: head.clone(),
        placed_at: view.moments.get(Moment::Placed).unwrap_or(confirmed_at),
        confirmed_at,
        terms: Terms { epoch, generation },
        seen: Moments::default(),
        packed: None,
    };
    let id = derive::command(order.as_bytes(), &format!("rival {hour} {head:?}"));
    (head.channel == Channel::Online).then_some((id, Command::AcceptOrder(accept)))
}

/// What an order's document shows of its life, as a part of an id: a later look that shows anything else is another command.
fn shows(view: &OrderView) -> String {
    format!("{:?} {:?}", view.moments, view.picks)
}

/// What the hub alone knows of an order.
fn of_hub_moments(view: &OrderView) -> Vec<(CommandId, Command)> {
    let order = view.order;
    let id = |purpose: &str| derive::command(order.as_bytes(), purpose);
    let mut commands = Vec::new();
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

/// A whole publication that is news. One that came in one part right after the one that stands is what its change has touched; of
/// any other everything is read that a later publication than the one that stands has brought.
fn of_catalogue(
    document: &Document,
    edition: Publication,
    taken: Option<Publication>,
    touched: &Touched,
    quarantine: &dyn Fn(&str) -> Result<(), DbError>,
) -> Result<Option<(CommandId, Command)>, DbError> {
    let header = match document.catalogue_header() {
        Ok(Some(header)) if touched.tick => header,
        Ok(_) => return Ok(None),
        Err(error) => {
            quarantine(&error.to_string())?;
            return Ok(None);
        }
    };
    let Publication { generation, edition, .. } = edition;
    let said = Publication { generation, edition, number: header.publication };
    if taken.is_some_and(|taken| taken >= said) {
        return Ok(None);
    }
    let here = taken.filter(|taken| (taken.generation, taken.edition) == (generation, edition));
    let after = here.map_or(0, |taken| taken.number);
    let next = header.parts == 1 && here.is_some() && header.publication == after.saturating_add(1);
    let skus = if next { Ok(touched.skus.iter().cloned().collect()) } else { document.catalogue_skus() };
    let skus = match skus {
        Ok(skus) => skus,
        Err(error) => {
            quarantine(&error.to_string())?;
            return Ok(None);
        }
    };
    let (mut products, mut unreadable) = (Vec::new(), Vec::new());
    for sku in skus {
        match document.listing(&sku) {
            Ok(Some(listing)) if listing.publication > after => products.push(listing.product),
            Ok(_) => {}
            Err(error) => {
                quarantine(&error.to_string())?;
                unreadable.push(sku);
            }
        }
    }
    let (publication, at, anew) = (header.publication, header.at, here.is_none());
    let named = u32::try_from(header.named).unwrap_or(u32::MAX);
    let new = TakenCatalogue { generation, edition, publication, at, named, anew, products, unreadable };
    let id = derive::command(b"catalogue", &format!("{} {edition} {publication}", generation.0));
    Ok(Some((id, Command::TakeCatalogue(new))))
}

fn of_return(terms: Terms, sku: &SkuId, total: u64) -> Option<(CommandId, Command)> {
    if total == 0 {
        return None;
    }
    let purpose = format!("returned {} {} {total}", terms.epoch.0, terms.generation.0);
    let id = derive::command(sku.as_str().as_bytes(), &purpose);
    Some((id, Command::TakeBackRights { terms, sku: sku.clone(), total }))
}

/// A counter order that the hub's documents still have.
fn counter_again(view: &OrderView, hour: i64, id: CommandId) -> Vec<(CommandId, Command)> {
    let Some(placed_at) = view.moments.get(Moment::Placed) else { return Vec::new() };
    let accept = AcceptOrder {
        order: view.order,
        hour,
        head: view.head.clone(),
        placed_at,
        confirmed_at: view.moments.get(Moment::Confirmed).unwrap_or(placed_at),
        terms: Terms::FIRST,
        seen: view.moments.clone(),
        packed: view.picks.clone(),
    };
    let (seen, packed) = (view.moments.clone(), view.picks.clone());
    let learn = Command::LearnOrder { order: view.order, seen, packed };
    let again = derive::command(view.order.as_bytes(), &format!("learn {}", shows(view)));
    vec![(id, Command::AcceptOrder(accept)), (again, learn)]
}

/// What the hub says of a whole quota document.
fn of_notices(
    terms: Terms,
    word: Option<StoreEpoch>,
    closing: Option<HubGeneration>,
) -> Vec<(CommandId, Command)> {
    let id = |purpose: String| derive::command(b"notice", &purpose);
    let word = word.filter(|epoch| *epoch == terms.epoch);
    let word = word.map(|epoch| (id(format!("word {}", epoch.0)), Command::HubWord { terms }));
    let closed = closing.map(|upto| (id(format!("closed {}", upto.0)), Command::CloseGeneration { upto }));
    word.into_iter().chain(closed).collect()
}

/// Refusals of the hub's own commands that somebody must look at; the others are ordinary (too late to cancel).
fn needs_a_person(refusal: &Refusal) -> Option<String> {
    let severe = ["other_content", "bad_input"];
    let problem = refusal.problem();
    severe.contains(&problem.code.as_str()).then(|| format!("{}: {}", problem.title, problem.detail))
}
