//! What can be asked of the hub: every adapter turns its input into one of these. A command carries an id (its idempotency
//! key) and who asks; nothing in it is random, because secrets are made from the hub's key and the command's id.

use crate::db::payments::StepKind;
use model::api::global::{GlobalFact, PersonFact};
pub use model::api::hub::Recovered;
use model::api::hub::{CheckoutRequest, Fix, InstrumentIn, Point, SplitRequest};
use model::quota::{HubGeneration, StoreEpoch};
use model::{
    Actor, AddressId, CommandId, CustomerId, InstrumentId, OrderId, Paise, Qty, RiderId, Role, SkuId,
    StoreId, Timestamp,
};
use serde::{Deserialize, Serialize};

/// A command, its key and who asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// The idempotency key: a retry carries the same one.
    pub id: CommandId,
    /// Who, at which device, in which role.
    pub actor: Actor,
    /// What.
    pub command: Command,
}

/// An envelope with the digest of its content, made where it came in: the writing thread need not.
#[derive(Debug, Clone, PartialEq)]
pub struct Sealed {
    /// The envelope.
    pub envelope: Envelope,
    /// SHA-256 of what a retry must repeat.
    pub content: [u8; 32],
}

impl Envelope {
    /// Closes it.
    ///
    /// # Errors
    /// When the command cannot be written as JSON.
    pub fn seal(self) -> Result<Sealed, serde_json::Error> {
        let command = serde_json::to_vec(&self.command)?;
        let content = hub_core::proof::digest(&[self.actor.person.as_str().as_bytes(), &command]);
        Ok(Sealed { envelope: self, content })
    }
}

/// What the gateway said to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Done.
    Agreed,
    /// Refused for good.
    Declined,
    /// No clear answer: ask again with the same key.
    Unclear,
}

/// A person that the configuration names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed {
    /// E.164.
    pub phone: String,
    /// First name.
    pub name: String,
    /// `rider`, `city_ops` or `admin`.
    pub role: Role,
}

/// Everything the hub does for somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// Send a one-time password (REQ-55).
    RequestOtp {
        /// E.164.
        phone: String,
    },
    /// Trade it for a session; registers a new customer.
    VerifyOtp {
        /// E.164.
        phone: String,
        /// Six digits.
        code: String,
    },
    /// Renew a session.
    Refresh {
        /// The refresh token.
        refresh: String,
    },
    /// Another first name.
    SetName {
        /// Whose.
        customer: CustomerId,
        /// At most 60 signs.
        name: String,
    },
    /// A new address.
    AddAddress {
        /// Whose.
        customer: CustomerId,
        /// House, street, landmark.
        text: String,
        /// Where.
        at: Point,
    },
    /// An address no more.
    DropAddress {
        /// Whose.
        customer: CustomerId,
        /// Which.
        address: AddressId,
    },
    /// Keeps a way to pay.
    KeepInstrument {
        /// Whose.
        customer: CustomerId,
        /// What, by the gateway's token.
        new: InstrumentIn,
    },
    /// Keeps it no more.
    DropInstrument {
        /// Whose.
        customer: CustomerId,
        /// Which.
        instrument: InstrumentId,
    },
    /// Forgets everything about a customer, in every city.
    EraseMe {
        /// Who.
        customer: CustomerId,
    },
    /// Sets a line of the cart; nought takes it out.
    SetCartLine {
        /// Whose.
        customer: CustomerId,
        /// What.
        sku: SkuId,
        /// How many, at most 50.
        qty: Qty,
    },
    /// Chooses the store, holds the units, starts the payment (REQ-62, REQ-63).
    BeginCheckout {
        /// Who.
        customer: CustomerId,
        /// Where to, how to pay, what about missing goods.
        request: CheckoutRequest,
    },
    /// The same as several deliveries, as they were offered (REQ-62).
    BeginSplit {
        /// Who.
        customer: CustomerId,
        /// Where to, how to pay, and what was agreed to.
        request: SplitRequest,
    },
    /// The gateway's answer to a step.
    PaymentResult {
        /// The step's key.
        key: String,
        /// What it said.
        outcome: Outcome,
    },
    /// A node asks for a store's next epoch (SYNC.md rule 5). Naturally idempotent for the node's key.
    MintEpoch {
        /// Which store.
        store: StoreId,
        /// The node's public key.
        node_key: String,
        /// The epoch that it is to follow.
        expect: StoreEpoch,
    },
    /// A restored hub hears of an epoch that it has forgotten. Naturally idempotent.
    AdoptEpoch {
        /// Which store.
        store: StoreId,
        /// Its epoch.
        epoch: StoreEpoch,
    },
    /// A restored hub takes its next generation (SYNC.md rule 6). Naturally idempotent for the hub's id.
    BeginGeneration {
        /// The id of this installation.
        hub: String,
        /// The generation that it is to follow.
        expect: HubGeneration,
    },
    /// People bring back orders that a restore has lost.
    RecoverOrders {
        /// From the gateway's and the notifications' logs.
        orders: Vec<Recovered>,
    },
    /// A person says that older generations' orders are all here; two people close them.
    CloseGeneration {
        /// The newest of them.
        upto: HubGeneration,
    },
    /// Lets go what was held too long. Naturally idempotent.
    ExpireHolds,
    /// The customer wants to cancel: a request, the store decides.
    RequestCancel {
        /// Who.
        customer: CustomerId,
        /// Which.
        order: OrderId,
    },
    /// The customer's answer about a substitute (REQ-33).
    ReplySubstitute {
        /// Who.
        customer: CustomerId,
        /// Which order.
        order: OrderId,
        /// Which line.
        line: u8,
        /// Take it, or refund.
        accept: bool,
    },
    /// Starts or ends a shift (REQ-74).
    SetShift {
        /// Who.
        rider: RiderId,
        /// On or off.
        on: bool,
        /// Planned end.
        until: Timestamp,
        /// Where.
        at: Point,
    },
    /// Where a rider was (REQ-78). Naturally idempotent.
    Positions {
        /// Who.
        rider: RiderId,
        /// Fixes in any order.
        fixes: Vec<Fix>,
    },
    /// The customer has it (REQ-80).
    Deliver {
        /// Who brought it.
        rider: RiderId,
        /// Which.
        order: OrderId,
        /// The customer's code.
        code: String,
        /// Cash taken.
        cash: Paise,
        /// Where.
        at: Point,
        /// When it happened.
        delivered_at: Timestamp,
    },
    /// Matches all waiting orders with all free riders (REQ-75). Naturally idempotent.
    AssignRiders,
    /// Riders and staff of the configuration. Naturally idempotent.
    SeedPeople {
        /// Who.
        people: Vec<Seed>,
    },
    /// Products of the catalogue. Naturally idempotent.
    PutProducts {
        /// New or changed.
        products: Vec<model::catalogue::Product>,
    },
    /// What somebody looked for. Naturally idempotent but for the log's length.
    LogSearch {
        /// As typed, cut at 100 signs.
        query: String,
        /// For which store.
        store: Option<model::StoreId>,
        /// How much was found.
        hits: u32,
    },
    /// Facts of the global feed, each with its number.
    TakeGlobal {
        /// In order.
        facts: Vec<(u64, GlobalFact)>,
    },
    /// The global service has heard of this.
    GlobalTold {
        /// As it was told.
        facts: Vec<PersonFact>,
    },
    /// The next part of what changed in the catalogue goes to the stores. Naturally idempotent.
    PublishCatalogue,
    /// Forgets first answers and positions that are too old. Naturally idempotent.
    Forget,
}

/// Whose logs begin anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anew<'a> {
    /// One store's.
    Store(&'a StoreId),
    /// Every store's.
    All,
}

impl Command {
    /// Whether it may change epochs or generations: then documents and logs are looked at anew.
    pub const fn changes_terms(&self) -> bool {
        self.anew().is_some()
    }

    /// Whose epoch or generation it may change.
    pub const fn anew(&self) -> Option<Anew<'_>> {
        if let Command::MintEpoch { store, .. } | Command::AdoptEpoch { store, .. } = self {
            return Some(Anew::Store(store));
        }
        if matches!(self, Command::BeginGeneration { .. }) { Some(Anew::All) } else { None }
    }

    /// Whether its first answer must be kept: doing it twice would be another thing than doing it once.
    pub const fn keeps_answer(&self) -> bool {
        match self {
            Command::RequestOtp { .. }
            | Command::VerifyOtp { .. }
            | Command::Refresh { .. }
            | Command::SetName { .. }
            | Command::AddAddress { .. }
            | Command::DropAddress { .. }
            | Command::KeepInstrument { .. }
            | Command::DropInstrument { .. }
            | Command::EraseMe { .. }
            | Command::SetCartLine { .. }
            | Command::BeginCheckout { .. }
            | Command::BeginSplit { .. }
            | Command::PaymentResult { .. }
            | Command::RequestCancel { .. }
            | Command::ReplySubstitute { .. }
            | Command::SetShift { .. }
            | Command::RecoverOrders { .. }
            | Command::Deliver { .. } => true,
            Command::MintEpoch { .. }
            | Command::AdoptEpoch { .. }
            | Command::BeginGeneration { .. }
            | Command::CloseGeneration { .. }
            | Command::ExpireHolds
            | Command::Positions { .. }
            | Command::AssignRiders
            | Command::SeedPeople { .. }
            | Command::PutProducts { .. }
            | Command::LogSearch { .. }
            | Command::TakeGlobal { .. }
            | Command::GlobalTold { .. }
            | Command::PublishCatalogue
            | Command::Forget => false,
        }
    }
}

/// What a command gave. It names things; what they look like now is asked of the views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "gave", rename_all = "snake_case")]
pub enum Answer {
    /// Done; nothing to name.
    Done,
    /// A session; its tokens are made from the hub's key and the command's id.
    Session {
        /// Role.
        role: Role,
        /// Customer or rider id, or the phone of staff.
        subject: String,
        /// End of the access token.
        until: Timestamp,
    },
    /// The terms that hold now. Of a generation alone, the epoch is nought.
    Terms {
        /// E.
        epoch: StoreEpoch,
        /// G.
        generation: HubGeneration,
    },
    /// An address.
    Address {
        /// Which.
        address: AddressId,
    },
    /// A way to pay.
    Instrument {
        /// Which.
        instrument: InstrumentId,
    },
    /// An order.
    Order {
        /// Which.
        order: OrderId,
    },
    /// Several orders of one basket.
    Orders {
        /// Which.
        orders: Vec<OrderId>,
    },
    /// How many things it did.
    Count {
        /// So many.
        count: u32,
    },
}

/// The gateway's key for a step: the same step always has the same one.
pub fn step_key(order: &OrderId, kind: StepKind, detail: &str) -> String {
    format!("{order}:{}:{detail}", kind.word())
}
