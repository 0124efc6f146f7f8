//! What the store does: one file per thing, one transaction per command. A flow loads, decides (by the core), saves and
//! records. Never here: SQL, a clock, randomness, HTTP or MQTT.

pub mod accept_order;
pub mod alarms;
pub mod alarms_told;
#[cfg(test)]
mod alarms_told_tests;
pub mod cancel;
pub mod catalogue;
pub mod clock;
#[cfg(test)]
mod cold_chain_tests;
pub mod cold_events;
#[cfg(test)]
mod cold_tests;
pub mod count;
pub mod counter_order;
pub mod day;
pub mod devices;
pub mod disk;
#[cfg(test)]
mod disk_tests;
pub mod doors;
pub mod excursions;
pub mod fence;
#[cfg(test)]
mod fence_tests;
pub mod grant;
pub mod handover;
pub mod holding;
pub mod hours;
pub mod hub_moments;
pub mod listing;
#[cfg(test)]
mod listing_tests;
pub mod moments;
pub mod moving;
#[cfg(feature = "mutations")]
mod mutated;
pub mod not_found;
pub mod other_content;
pub mod pack;
#[cfg(test)]
mod paper_tests;
pub mod papers;
pub mod people;
pub mod price;
#[cfg(test)]
mod price_tests;
pub mod print;
pub mod readings;
pub mod ready;
pub mod receive;
pub mod recount;
pub mod scan;
pub mod scan_fixed;
#[cfg(test)]
mod scan_tests;
pub mod shelf;
#[cfg(test)]
mod shelf_tests;
pub mod substitute;
pub mod terms;
#[cfg(test)]
mod tests;
pub mod thinning;
pub mod undo;
pub mod unknown;
pub mod weigh;

use crate::answer::Answer;
use crate::command::Command;
use crate::db::marks::{self, Mark};
use crate::db::outbox::Facts;
use crate::db::quota::Terms;
use crate::db::{DbError, Tx};
use crate::effects::Effects;
use crate::refusal::Refusal;
use crate::setup::Setup;
use model::fact::Fact;
use model::quota::{HubGeneration, StoreEpoch};
use model::{Actor, CommandId, Role, Timestamp};
use store_core::layout::Layout;

/// Why a flow ended without an answer.
#[derive(Debug)]
pub enum Stop {
    /// No, and nothing of it is kept.
    Refused(Refusal),
    /// No, but what the flow wrote stays (failed logins are counted).
    RefusedAndKept(Refusal),
    /// The database failed; nothing is kept, and the command may be sent again.
    Fault(DbError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(refusal)
    }
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Stop::Fault(error)
    }
}

/// What a flow works with.
pub struct Flow<'a> {
    /// The transaction; lends a connection to every function of `db`.
    pub tx: &'a Tx<'a>,
    /// When this happens.
    pub now: Timestamp,
    /// The command's id: what a flow makes takes its ids from it ([`crate::derive`]).
    pub id: CommandId,
    /// Who, at which device, in which role.
    pub actor: &'a Actor,
    /// The store.
    pub setup: &'a Setup,
    /// Its floor.
    pub layout: &'a Layout,
    /// What changed; the adapters push it after the commit.
    pub effects: &'a mut Effects,
    /// What it has to tell the hub; goes into the outbox in this transaction.
    pub facts: &'a mut Facts,
    /// Deliberate faults, for the tests that show that the checks can fail.
    #[cfg(feature = "mutations")]
    pub mutations: &'a std::collections::BTreeSet<crate::engine::Mutation>,
}

impl Flow<'_> {
    /// The same command, done by somebody else: at a fixed scanner the badge says by whom.
    pub fn acting_as<'b>(&'b mut self, actor: &'b Actor) -> Flow<'b> {
        Flow {
            tx: self.tx,
            now: self.now,
            id: self.id,
            actor,
            setup: self.setup,
            layout: self.layout,
            effects: self.effects,
            facts: self.facts,
            #[cfg(feature = "mutations")]
            mutations: self.mutations,
        }
    }

    /// Only these roles may do this; the system may do everything.
    ///
    /// # Errors
    /// [`Refusal::WrongRole`].
    pub fn only(&self, roles: &[Role]) -> Result<(), Refusal> {
        if self.actor.role == Role::System || roles.contains(&self.actor.role) {
            return Ok(());
        }
        Err(Refusal::WrongRole { role: self.actor.role, needs: roles.to_vec() })
    }

    /// Tells the hub a fact: it goes into the outbox with the others of this command, in this transaction.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn tell(&mut self, fact: &Fact) -> Result<(), Stop> {
        #[cfg(feature = "mutations")]
        if mutated::drops(self, fact) {
            return Ok(());
        }
        self.facts.add(fact)?;
        self.effects.outbox_grew = true;
        self.effects.link = true;
        Ok(())
    }

    /// The epoch and generation that rights are keyed by now.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn terms(&self) -> Result<Terms, Stop> {
        Ok(terms(self.tx)?)
    }

    /// Whether a deliberate fault is on.
    #[cfg(feature = "mutations")]
    pub fn mutated(&self, mutation: crate::engine::Mutation) -> bool {
        self.mutations.contains(&mutation)
    }
}

/// The epoch and generation that rights are keyed by.
///
/// # Errors
/// A fault of the database.
pub fn terms(conn: &crate::db::Connection) -> Result<Terms, DbError> {
    let number = |mark| marks::count(conn, mark).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    Ok(Terms {
        epoch: StoreEpoch(number(Mark::Epoch)?),
        generation: HubGeneration(number(Mark::Generation)?),
    })
}

/// Refuses a text that is longer than `max` characters.
///
/// # Errors
/// [`Refusal::BadInput`].
pub fn short_enough(field: &str, text: &str, max: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length > max {
        return Err(Refusal::bad(field, format!("{length} characters, at most {max}")));
    }
    Ok(())
}

/// Refuses a text that is longer than `max` characters or holds a control sign: it stands on paper and on screens.
///
/// # Errors
/// [`Refusal::BadInput`].
pub fn one_line(field: &str, text: &str, max: usize) -> Result<(), Refusal> {
    short_enough(field, text, max)?;
    match text.chars().find(|sign| model::sign::is_control(*sign)) {
        Some(sign) => Err(Refusal::bad(field, format!("no control signs; U+{:04X} is one", u32::from(sign)))),
        None => Ok(()),
    }
}

/// Carries out a command.
///
/// # Errors
/// See [`Stop`].
pub fn run(flow: &mut Flow<'_>, command: &Command) -> Result<Answer, Stop> {
    match command {
        Command::ImportCatalogue { products, opening } => catalogue::import(flow, products, opening),
        Command::TakeCatalogue(new) => listing::take(flow, new),
        Command::ImportGtins { rows } => catalogue::import_gtins(flow, rows),
        Command::OpenStock { lines } => receive::open_stock(flow, lines),
        Command::Receive(request) => receive::receive(flow, request),
        Command::AcceptOrder(order) => accept_order::accept(flow, order),
        Command::CounterOrder(request) => counter_order::take(flow, request),
        Command::RequestCancel { order, at } => cancel::request(flow, order, *at),
        Command::CancelCounterOrder { order } => cancel::counter(flow, order),
        Command::HubMoment { order, moment, at } => hub_moments::happened(flow, order, *moment, *at),
        Command::SetRider { order, rider } => hub_moments::rider(flow, order, rider),
        Command::TakeBackRights { terms, sku, total } => grant::returned(flow, *terms, sku, *total),
        Command::GrantTick => grant::tick(flow),
        Command::StartDay { day } => day::start(flow, *day),
        Command::Reading(reading) => readings::reading(flow, reading),
        Command::WatchTick => readings::tick(flow),
        Command::StockTick => shelf::tick(flow),
        Command::AlarmsTick => alarms_told::tick(flow),
        Command::ClockWatch { ahead_ms, hub } => clock::watch(flow, *ahead_ms, *hub),
        Command::BelieveClock { wall } => clock::believe(flow, *wall),
        Command::Weight { scale, at, grams } => devices::weight(flow, scale, *at, *grams),
        Command::Door { door, at, open } => devices::door(flow, door, *at, *open),
        Command::AcknowledgeAlarm { alarm } => alarms::acknowledge(flow, alarm),
        Command::DeviceBorn { device, class, birth } => devices::born(flow, device, *class, birth),
        Command::DeviceIs { device, class, state } => devices::is(flow, device, *class, state),
        Command::Badge { scanner, person } => people::badge(flow, scanner, person),
        Command::Login(login) => people::login(flow, login),
        Command::Logout { device } => people::logout(flow, device),
        Command::EnrolHandheld { device, token_hash } => people::enrol(flow, device, token_hash),
        Command::Count { place, on_hand, why } => count::count(flow, place, *on_hand, why),
        Command::Repair { place } => count::repair(flow, place),
        Command::Fence { why } => fence::raise(flow, *why),
        Command::TakeEpoch { epoch, generation, why } => terms::take_epoch(flow, *epoch, *generation, *why),
        Command::LearnGeneration { generation } => terms::learn_generation(flow, *generation),
        Command::HubWord { terms } => fence::word(flow, *terms),
        Command::CloseGeneration { upto } => terms::close_generation(flow, *upto),
        Command::OpenEmergency => fence::emergency(flow),
        Command::CountSku { sku, places } => recount::count(flow, sku, places),
        Command::LearnOrder { order, seen, packed } => unknown::learn(flow, order, seen, packed.as_ref()),
        Command::ResolveUnknown { order, end } => unknown::resolve(flow, order, *end),
        Command::Ready => ready::ready(flow),
        Command::Scan { order, text, line } => scan::scan(flow, order, text, *line),
        Command::FixedScan { scanner, code } => scan_fixed::scanned(flow, scanner, code),
        Command::Undo { order } => undo::undo(flow, order),
        Command::NotFound { order, line } => not_found::not_found(flow, order, *line),
        Command::AnswerSubstitute { order, answer } => substitute::answer(flow, order, answer),
        Command::SubstituteTick => substitute::tick(flow),
        Command::Pack { order } => pack::pack(flow, order),
        Command::WeighBag { bag, grams } => weigh::weigh(flow, bag, *grams),
        Command::PrintSent { job, printer } => print::sent(flow, job, printer),
        Command::PrintResult { job, outcome } => print::outcome(flow, job, *outcome),
        Command::ResolvePrint { job, printed } => print::resolve(flow, job, *printed),
        Command::Reprint { order } => print::reprint(flow, order),
        Command::PrintPaper(request) => papers::print(flow, request),
        Command::Handover(request) => handover::hand_over(flow, request),
    }
}
