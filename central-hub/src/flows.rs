//! One file per thing the hub does = one transaction: load, decide, save, record. A flow sees the data only through
//! [`HubTx`] and the time only through [`Cx`]; it decides by `hub-core` and refuses with values.

pub mod alarms;
pub mod assign;
pub mod batch;
pub mod cancel;
pub mod cart;
pub mod checkout;
pub mod complete;
pub mod confirm;
pub mod deliver;
pub mod globals;
pub mod hours;
pub mod import;
pub mod listing;
pub mod looks;
pub mod me;
pub mod order;
pub mod otp;
pub mod pay;
pub mod placing;
pub mod quota;
pub mod reassign;
pub mod recover;
pub mod refund;
pub mod release;
pub mod seen;
pub mod session;
pub mod shelf;
pub mod shift;
pub mod substitute;
pub mod survey;
pub mod terms;
pub mod upkeep;

use crate::command::{Answer, Command};
use crate::db::{DbFault, HubTx};
use crate::mutation::Mutation;
use crate::refusal::Refusal;
use crate::rules::Rules;
use model::{Actor, CommandId, Timestamp};

/// Why a flow ended without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// No; nothing of it happened.
    Refused(Refusal),
    /// No; what was written stays (a wrong try is counted).
    Counted(Refusal),
    /// The data failed below.
    Fault(DbFault),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(refusal)
    }
}

impl From<DbFault> for Stop {
    fn from(fault: DbFault) -> Self {
        Stop::Fault(fault)
    }
}

/// What a flow gives.
pub type Flow<T> = Result<T, Stop>;

/// What a flow knows besides the data.
#[derive(Debug, Clone, Copy)]
pub struct Cx<'a> {
    /// The time of this transaction.
    pub now: Timestamp,
    /// The command's id: ids and secrets are made from it.
    pub id: &'a CommandId,
    /// Who asks.
    pub actor: &'a Actor,
    /// The numbers to decide by.
    pub rules: &'a Rules,
    /// A rule broken on purpose (tests only).
    pub mutation: Mutation,
}

/// Runs the flow of a command.
///
/// # Errors
/// [`Stop`].
pub fn run(tx: &mut dyn HubTx, cx: &Cx<'_>, command: &Command) -> Flow<Answer> {
    match command {
        Command::RequestOtp { phone } => otp::request(tx, cx, phone),
        Command::VerifyOtp { phone, code } => otp::verify(tx, cx, phone, code),
        Command::Refresh { refresh } => session::refresh(tx, cx, refresh),
        Command::SetName { customer, name } => me::set_name(tx, cx, customer, name),
        Command::AddAddress { customer, text, at } => me::add_address(tx, cx, customer, text, *at),
        Command::DropAddress { customer, address } => me::drop_address(tx, cx, customer, *address),
        Command::KeepInstrument { customer, new } => me::keep_instrument(tx, cx, customer, new),
        Command::DropInstrument { customer, instrument } => {
            me::drop_instrument(tx, cx, customer, *instrument)
        }
        Command::EraseMe { customer } => me::erase(tx, cx, customer),
        Command::SetCartLine { customer, sku, qty } => cart::set_line(tx, cx, customer, sku, *qty),
        Command::BeginCheckout { customer, request } => checkout::begin(tx, cx, customer, request),
        Command::BeginSplit { customer, request } => checkout::begin_split(tx, cx, customer, request),
        Command::PaymentResult { key, outcome } => pay::result(tx, cx, key, *outcome),
        Command::MintEpoch { store, node_key, expect } => terms::mint(tx, cx, store, node_key, *expect),
        Command::AdoptEpoch { store, epoch } => terms::adopt(tx, cx, store, *epoch),
        Command::BeginGeneration { hub, expect } => terms::begin_generation(tx, cx, hub, *expect),
        Command::RecoverOrders { orders } => recover::from_logs(tx, cx, orders),
        Command::CloseGeneration { upto } => terms::close(tx, cx, *upto),
        Command::ExpireHolds => release::expire_holds(tx, cx),
        Command::RequestCancel { customer, order } => cancel::request(tx, cx, customer, order),
        Command::ReplySubstitute { customer, order, line, accept } => {
            substitute::reply(tx, cx, customer, order, *line, *accept)
        }
        Command::SetShift { rider, on, until, at } => shift::set(tx, cx, rider, *on, *until, *at),
        Command::Positions { rider, fixes } => shift::positions(tx, cx, rider, fixes),
        Command::Deliver { rider, order, code, cash, at, delivered_at } => {
            let drop = deliver::Drop { code, cash: *cash, at: *at, delivered_at: *delivered_at };
            deliver::deliver(tx, cx, rider, order, drop)
        }
        Command::AssignRiders => assign::assign(tx, cx),
        Command::SeedPeople { people } => import::people(tx, cx, people),
        Command::PutProducts { products } => import::products(tx, products),
        Command::LogSearch { query, store, hits } => {
            tx.log_search(cx.now, query, store.as_ref(), *hits)?;
            Ok(Answer::Done)
        }
        Command::TakeGlobal { facts } => globals::take(tx, cx, facts),
        Command::GlobalTold { facts } => globals::told(tx, facts),
        Command::PublishCatalogue => listing::publish(tx, cx),
        Command::Forget => upkeep::forget(tx, cx),
    }
}

#[cfg(test)]
mod tests;
