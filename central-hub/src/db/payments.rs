//! Payments and the steps that the gateway still owes an answer to.

use super::Db;
use hub_core::saga::{Method, Pay};
use model::{OrderId, Paise, Timestamp};

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRow {
    /// For which order.
    pub order: OrderId,
    /// How.
    pub method: Method,
    /// The gateway's token; empty for cash.
    pub token: String,
    /// Where it stands.
    pub state: Pay,
    /// What was agreed at checkout.
    pub amount: Paise,
    /// What was taken.
    pub captured: Paise,
    /// What was given back; never above `captured`.
    pub refunded: Paise,
}

/// What the gateway is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Is the card good for it?
    Authorise,
    /// Take it now.
    Debit,
    /// Take what was authorised.
    Capture,
    /// Let the authorisation go.
    Void,
    /// Give back.
    Refund,
}

impl StepKind {
    /// The stable word in SQL and keys.
    pub const fn word(self) -> &'static str {
        match self {
            StepKind::Authorise => "authorise",
            StepKind::Debit => "debit",
            StepKind::Capture => "capture",
            StepKind::Void => "void",
            StepKind::Refund => "refund",
        }
    }
    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<StepKind> {
        [StepKind::Authorise, StepKind::Debit, StepKind::Capture, StepKind::Void, StepKind::Refund]
            .into_iter()
            .find(|k| k.word() == word)
    }
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// Ask (again) at its time.
    Due,
    /// The gateway did it.
    Done,
    /// The gateway refused for good.
    Refused,
}

impl StepState {
    /// The stable word in SQL.
    pub const fn word(self) -> &'static str {
        match self {
            StepState::Due => "due",
            StepState::Done => "done",
            StepState::Refused => "refused",
        }
    }
    /// The state of a word.
    pub fn from_word(word: &str) -> Option<StepState> {
        [StepState::Due, StepState::Done, StepState::Refused].into_iter().find(|s| s.word() == word)
    }
}

/// One step with the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// The gateway's idempotency key: asked twice, done once.
    pub key: String,
    /// For which order.
    pub order: OrderId,
    /// What.
    pub kind: StepKind,
    /// How much.
    pub amount: Paise,
    /// Where it stands.
    pub state: StepState,
    /// Errors so far.
    pub tries: u32,
    /// When to ask.
    pub due_at: Timestamp,
}

/// The payments aggregate.
pub trait Payments {
    /// A new payment.
    fn add_payment(&mut self, row: &PaymentRow) -> Db<()>;
    /// By order.
    fn payment(&self, order: &OrderId) -> Db<Option<PaymentRow>>;
    /// Saves state, captured and refunded.
    fn save_payment(&mut self, row: &PaymentRow) -> Db<()>;
    /// A new step; the same key again changes nothing.
    fn add_step(&mut self, row: &StepRow) -> Db<()>;
    /// By key.
    fn step(&self, key: &str) -> Db<Option<StepRow>>;
    /// Saves state, tries and time.
    fn save_step(&mut self, row: &StepRow) -> Db<()>;
    /// Steps to ask at or before `now`, oldest first.
    fn due_steps(&self, now: Timestamp, limit: u32) -> Db<Vec<StepRow>>;
    /// The time of the next step, if there is one.
    fn next_step_at(&self) -> Db<Option<Timestamp>>;
}
