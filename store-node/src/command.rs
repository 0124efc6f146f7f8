//! What can be asked of the store: the only way into its state. Adapters translate into these; flows carry them out.

use crate::db::quota::Terms;
use crate::db::stock::Place;
use device_drivers::scanner::Code;
pub use model::api::fence::UnknownEnd;
use model::api::store::{CounterOrderRequest, HandoverRequest, PaperRequest, ReceiveRequest};
use model::catalogue::Product;
use model::mqtt::{Birth, DeviceClass, DeviceState, PrintOutcome, Quality};
use model::order::{Moment, Moments};
use model::order_doc::{OrderHead, Picks, RiderCard, SubstituteAnswer};
use model::quota::{HubGeneration, StoreEpoch};
use model::{
    Actor, BagId, BinId, CommandId, Date, DeviceId, Grams, LotId, OrderId, PersonId, PrintJobId, Qty, Role,
    SkuId, Timestamp,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A command with its id and who sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Idempotency key; a retry carries the same.
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
        let content = if self.command.is_kept() { self.command.sha()? } else { [0; 32] };
        Ok(Sealed { envelope: self, content })
    }
}

/// A product to enter.
pub type CatalogueEntry = Product;

/// A barcode's name, for receiving.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GtinName {
    /// The barcode.
    pub gtin: String,
    /// What it is called.
    pub name: String,
    /// Address of a picture, or empty.
    pub image_url: String,
}

/// Stock that lies there when the store opens its books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningLine {
    /// What.
    pub sku: SkuId,
    /// How many; at least 1.
    pub qty: Qty,
    /// Last day of use; without one a product that expires counts as fresh: today plus its shelf life.
    pub expiry: Option<Date>,
}

/// A temperature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingIn {
    /// The sensor.
    pub sensor: DeviceId,
    /// When it was read.
    pub at: Timestamp,
    /// Thousandths of a degree; `None` when the sensor gave none that can be trusted.
    pub milli_c: Option<i32>,
    /// How far it can be trusted.
    pub quality: Quality,
    /// What only the log keeps.
    #[serde(default)]
    pub more: ReadingMore,
}

/// What of a reading only the log keeps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingMore {
    /// What the chip said, thousandths of a degree.
    pub raw_milli_c: Option<i32>,
    /// Relative humidity, thousandths of a percent.
    pub humidity_milli_pct: Option<u32>,
    /// Air pressure, pascals.
    pub pressure_pa: Option<u32>,
    /// The agent's run, and the reading's number in it from 1; 0 where readings are not numbered.
    pub session: u64,
    /// See `session`.
    pub seq: u64,
    /// Milliseconds since the agent's run began, by a clock that nobody sets.
    #[serde(default)]
    pub up_ms: Option<u64>,
}

/// A hub order that is confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptOrder {
    /// The order.
    pub order: OrderId,
    /// Its document's hour.
    pub hour: i64,
    /// What was ordered.
    pub head: OrderHead,
    /// When the customer placed it.
    pub placed_at: Timestamp,
    /// When it was confirmed.
    pub confirmed_at: Timestamp,
    /// Under which terms the hub sold it.
    pub terms: Terms,
    /// Its document's moments, the store's own former ones among them: of an order that is learnt again.
    #[serde(default, skip_serializing_if = "Moments::is_empty")]
    pub seen: Moments,
    /// What a former life of the store packed for it: of an order that is learnt again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed: Option<Picks>,
}

/// Why a store is fenced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FenceWhy {
    /// Its database came from a backup.
    Restored,
    /// It is new hardware.
    Replaced,
    /// The hub knows more of it than it does itself.
    RolledBack,
    /// Another node has taken its place: this one stays shut.
    Superseded,
    /// A person said so.
    ByHand,
}

impl FenceWhy {
    /// The stable word in the database, in alarms and on screens.
    pub const fn word(self) -> &'static str {
        match self {
            FenceWhy::Restored => "restored",
            FenceWhy::Replaced => "replaced",
            FenceWhy::RolledBack => "rolled_back",
            FenceWhy::Superseded => "superseded",
            FenceWhy::ByHand => "by_hand",
        }
    }
}

/// What people found at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The lot.
    pub lot: LotId,
    /// Where.
    pub bin: BinId,
    /// Units on the shelf, blocked ones among them.
    pub on_hand: Qty,
}

/// A PIN login. The adapter has held the PIN against the person's hash (that takes time the writer must not spend); the
/// flow decides and remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// Where: the handheld, or the console's name.
    pub device: DeviceId,
    /// Who says to be there.
    pub person: PersonId,
    /// Whether the PIN was right.
    pub pin_right: bool,
    /// SHA-256 of the console's token; `None` for a session at a handheld.
    pub token_sha: Option<[u8; 32]>,
}

/// A publication of the hub's catalogue, as its document says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenCatalogue {
    /// G.
    pub generation: HubGeneration,
    /// The document.
    pub edition: u32,
    /// Its number there.
    pub publication: u64,
    /// When the hub made it.
    pub at: Timestamp,
    /// Products that the edition names with it.
    pub named: u32,
    /// It is the first that is taken over of its edition: it says all that the edition names.
    pub anew: bool,
    /// What it says.
    pub products: Vec<Product>,
    /// What it names and nobody can read.
    pub unreadable: Vec<SkuId>,
}

/// What can be asked of the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum Command {
    /// Enters or renews products, and gives each a home bin; enters the stock that a file claims of products that this store
    /// never had.
    ImportCatalogue {
        /// The products.
        products: Vec<CatalogueEntry>,
        /// What the file says lies there.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        opening: Vec<OpeningLine>,
    },
    /// Takes over a publication of the hub's catalogue. Naturally idempotent: an older one changes nothing.
    TakeCatalogue(TakenCatalogue),
    /// Remembers names of barcodes.
    ImportGtins {
        /// The barcodes.
        rows: Vec<GtinName>,
    },
    /// Enters the stock that lies there at the beginning, each line into its SKU's home bin.
    OpenStock {
        /// The lines.
        lines: Vec<OpeningLine>,
    },
    /// Goods came in.
    Receive(ReceiveRequest),
    /// A hub order came.
    AcceptOrder(AcceptOrder),
    /// A customer stands at the counter or phones.
    CounterOrder(CounterOrderRequest),
    /// The hub asks to cancel: the store decides.
    RequestCancel {
        /// The order.
        order: OrderId,
        /// When the customer asked.
        at: Timestamp,
    },
    /// Somebody in the store cancels a counter order.
    CancelCounterOrder {
        /// The order.
        order: OrderId,
    },
    /// A moment that the hub owns happened.
    HubMoment {
        /// The order.
        order: OrderId,
        /// Which.
        moment: Moment,
        /// When.
        at: Timestamp,
    },
    /// The hub chose a rider, or chose anew.
    SetRider {
        /// The order.
        order: OrderId,
        /// Who.
        rider: RiderCard,
    },
    /// The hub gave rights back.
    TakeBackRights {
        /// Under which terms.
        terms: Terms,
        /// What.
        sku: SkuId,
        /// Units given back since the terms began.
        total: u64,
    },
    /// Grants the hub what it may sell until the next tick, and says what is wanted back.
    GrantTick,
    /// The store sells and grants nothing until it is counted and the hub has said what it sold. Whoever brings a database
    /// back says this before anything else.
    Fence {
        /// Why.
        why: FenceWhy,
    },
    /// A restored or replaced store takes the epoch that the hub minted for it, and is fenced.
    TakeEpoch {
        /// E.
        epoch: StoreEpoch,
        /// The hub's G.
        generation: HubGeneration,
        /// Restored, replaced or rolled back.
        why: FenceWhy,
    },
    /// The hub was restored: this is its generation now.
    LearnGeneration {
        /// G.
        generation: HubGeneration,
    },
    /// The hub's word on an epoch came.
    HubWord {
        /// Which.
        terms: Terms,
    },
    /// Every order of older generations is here: their rights are closed.
    CloseGeneration {
        /// The newest that is closed.
        upto: HubGeneration,
    },
    /// Hub and store are both gone: a manager opens what is counted.
    OpenEmergency,
    /// A SKU was counted in all its places.
    CountSku {
        /// Which.
        sku: SkuId,
        /// What was found; a place that is not named counts nought.
        places: Vec<Counted>,
    },
    /// The hub's documents show more of an order than this database knows.
    LearnOrder {
        /// The order.
        order: OrderId,
        /// All its moments.
        seen: Moments,
        /// What a former life of the store packed for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        packed: Option<Picks>,
    },
    /// A person says how an UNKNOWN order ended.
    ResolveUnknown {
        /// The order.
        order: OrderId,
        /// How.
        end: UnknownEnd,
    },
    /// A new business day: expired lots block themselves, old answers and readings go.
    StartDay {
        /// The day, on the store's calendar.
        day: Date,
    },
    /// A sensor spoke.
    Reading(ReadingIn),
    /// Looks whether a sensor has been silent for too long, or a breach lasts.
    WatchTick,
    /// Looks at the shelf, for the hub.
    StockTick,
    /// Looks at the alarms that stand, for the hub.
    AlarmsTick,
    /// What counts as the time is remembered, and the machine's clock judged by it.
    ClockWatch {
        /// The machine's clock is wrong by so much.
        ahead_ms: Option<i64>,
        /// The last time of the hub that was believed.
        hub: Option<Timestamp>,
    },
    /// A manager says that the machine's clock is right.
    BelieveClock {
        /// What it says.
        wall: Timestamp,
    },
    /// A scale gave a stable weight.
    Weight {
        /// The scale.
        scale: DeviceId,
        /// When.
        at: Timestamp,
        /// Net weight; `None`: what stood there is gone.
        grams: Option<Grams>,
    },
    /// A door has opened or shut.
    Door {
        /// The door.
        door: DeviceId,
        /// When it moved.
        at: Timestamp,
        /// It stands open now.
        open: bool,
    },
    /// A person has seen an alarm.
    AcknowledgeAlarm {
        /// The alarm.
        alarm: CommandId,
    },
    /// A device introduces itself.
    DeviceBorn {
        /// The device.
        device: DeviceId,
        /// Its class, from the topic.
        class: DeviceClass,
        /// What it says.
        birth: Birth,
    },
    /// How a device is.
    DeviceIs {
        /// The device.
        device: DeviceId,
        /// Its class, from the topic.
        class: DeviceClass,
        /// What it says.
        state: DeviceState,
    },
    /// A badge was scanned at a fixed scanner: it belongs to that person now.
    Badge {
        /// The scanner.
        scanner: DeviceId,
        /// Whose badge.
        person: PersonId,
    },
    /// A PIN login.
    Login(Login),
    /// The session at this device ends.
    Logout {
        /// The device.
        device: DeviceId,
    },
    /// A handheld gets its token.
    EnrolHandheld {
        /// Its name.
        device: DeviceId,
        /// The hash of its token, as the broker checks it.
        token_hash: String,
    },
    /// A count of one place: the balance becomes this.
    Count {
        /// Where.
        place: Place,
        /// Units on the shelf; promised and blocked ones stay as they are.
        on_hand: Qty,
        /// Why it was counted.
        why: String,
    },
    /// The balance of a place goes back to what the ledger says; recorded as a count (REQ-6).
    Repair {
        /// Where.
        place: Place,
    },
    /// A picker at a handheld asks for work.
    Ready,
    /// A picker scanned something at the handheld: one piece.
    Scan {
        /// The order the screen showed.
        order: OrderId,
        /// The scanned text.
        text: String,
        /// The line the screen showed.
        line: u8,
    },
    /// A fixed scanner read something.
    FixedScan {
        /// The scanner.
        scanner: DeviceId,
        /// What it read.
        #[serde(flatten)]
        code: Code,
    },
    /// A picker takes back the last pick.
    Undo {
        /// The order.
        order: OrderId,
    },
    /// A line is not on its shelf.
    NotFound {
        /// The order.
        order: OrderId,
        /// The line.
        line: u8,
    },
    /// The customer's word about a substitute.
    AnswerSubstitute {
        /// The order.
        order: OrderId,
        /// Yes or no, for which line.
        answer: SubstituteAnswer,
    },
    /// Refunds lines whose customers did not answer in time.
    SubstituteTick,
    /// The picker stands at packing.
    Pack {
        /// The order.
        order: OrderId,
    },
    /// A packed bag lies on the scale.
    WeighBag {
        /// The bag.
        bag: BagId,
        /// Its stable weight.
        grams: Grams,
    },
    /// A print job was given to its printer's agent.
    PrintSent {
        /// The job.
        job: PrintJobId,
        /// The printer it was read for.
        printer: DeviceId,
    },
    /// A printer's word about a job.
    PrintResult {
        /// The job.
        job: PrintJobId,
        /// How it went.
        outcome: PrintOutcome,
    },
    /// A person's word about a job in doubt.
    ResolvePrint {
        /// The job.
        job: PrintJobId,
        /// Whether the label is there; if not, it is printed again.
        printed: bool,
    },
    /// All labels of a packed order once more.
    Reprint {
        /// The order.
        order: OrderId,
    },
    /// A paper that a person asks for.
    PrintPaper(PaperRequest),
    /// An order is handed over at the console.
    Handover(HandoverRequest),
}

impl Command {
    /// The kind, as the command table keeps it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Command::ImportCatalogue { .. } => "import_catalogue",
            Command::TakeCatalogue(_) => "take_catalogue",
            Command::ImportGtins { .. } => "import_gtins",
            Command::OpenStock { .. } => "open_stock",
            Command::Receive(_) => "receive",
            Command::AcceptOrder(_) => "accept_order",
            Command::CounterOrder(_) => "counter_order",
            Command::RequestCancel { .. } => "request_cancel",
            Command::CancelCounterOrder { .. } => "cancel_counter_order",
            Command::HubMoment { .. } => "hub_moment",
            Command::SetRider { .. } => "set_rider",
            Command::TakeBackRights { .. } => "take_back_rights",
            Command::GrantTick => "grant_tick",
            Command::Fence { .. } => "fence",
            Command::TakeEpoch { .. } => "take_epoch",
            Command::LearnGeneration { .. } => "learn_generation",
            Command::HubWord { .. } => "hub_word",
            Command::CloseGeneration { .. } => "close_generation",
            Command::OpenEmergency => "open_emergency",
            Command::CountSku { .. } => "count_sku",
            Command::LearnOrder { .. } => "learn_order",
            Command::ResolveUnknown { .. } => "resolve_unknown",
            Command::StartDay { .. } => "start_day",
            Command::Reading(_) => "reading",
            Command::WatchTick => "watch_tick",
            Command::StockTick => "stock_tick",
            Command::AlarmsTick => "alarms_tick",
            Command::ClockWatch { .. } => "clock_watch",
            Command::BelieveClock { .. } => "believe_clock",
            Command::Weight { .. } => "weight",
            Command::Door { .. } => "door",
            Command::AcknowledgeAlarm { .. } => "acknowledge_alarm",
            Command::DeviceBorn { .. } => "device_born",
            Command::DeviceIs { .. } => "device_is",
            Command::Badge { .. } => "badge",
            Command::Login(_) => "login",
            Command::Logout { .. } => "logout",
            Command::EnrolHandheld { .. } => "enrol_handheld",
            Command::Count { .. } => "count",
            Command::Repair { .. } => "repair",
            Command::Ready => "ready",
            Command::Scan { .. } => "scan",
            Command::FixedScan { .. } => "fixed_scan",
            Command::Undo { .. } => "undo",
            Command::NotFound { .. } => "not_found",
            Command::AnswerSubstitute { .. } => "answer_substitute",
            Command::SubstituteTick => "substitute_tick",
            Command::Pack { .. } => "pack",
            Command::WeighBag { .. } => "weigh_bag",
            Command::PrintSent { .. } => "print_sent",
            Command::PrintResult { .. } => "print_result",
            Command::ResolvePrint { .. } => "resolve_print",
            Command::Reprint { .. } => "reprint",
            Command::PrintPaper(_) => "print_paper",
            Command::Handover(_) => "handover",
        }
    }

    /// Whether the first answer is kept. Not for what repeats for ever and is harmless to repeat by its own nature:
    /// ticks and terms look at the state, readings, weights and doors carry their time, a device's state replaces the one before.
    pub const fn is_kept(&self) -> bool {
        match self {
            Command::GrantTick
            | Command::TakeCatalogue(_)
            | Command::Fence { .. }
            | Command::TakeEpoch { .. }
            | Command::LearnGeneration { .. }
            | Command::HubWord { .. }
            | Command::CloseGeneration { .. }
            | Command::LearnOrder { .. }
            | Command::SubstituteTick
            | Command::PrintSent { .. }
            | Command::StartDay { .. }
            | Command::Reading(_)
            | Command::WatchTick
            | Command::StockTick
            | Command::AlarmsTick
            | Command::ClockWatch { .. }
            | Command::Weight { .. }
            | Command::Door { .. }
            | Command::DeviceBorn { .. }
            | Command::DeviceIs { .. } => false,
            Command::ImportCatalogue { .. }
            | Command::ImportGtins { .. }
            | Command::OpenStock { .. }
            | Command::Receive(_)
            | Command::AcceptOrder(_)
            | Command::CounterOrder(_)
            | Command::RequestCancel { .. }
            | Command::CancelCounterOrder { .. }
            | Command::HubMoment { .. }
            | Command::SetRider { .. }
            | Command::TakeBackRights { .. }
            | Command::AcknowledgeAlarm { .. }
            | Command::Badge { .. }
            | Command::Login(_)
            | Command::Logout { .. }
            | Command::EnrolHandheld { .. }
            | Command::Count { .. }
            | Command::Repair { .. }
            | Command::OpenEmergency
            | Command::BelieveClock { .. }
            | Command::CountSku { .. }
            | Command::ResolveUnknown { .. }
            | Command::Ready
            | Command::Scan { .. }
            | Command::FixedScan { .. }
            | Command::Undo { .. }
            | Command::NotFound { .. }
            | Command::AnswerSubstitute { .. }
            | Command::Pack { .. }
            | Command::WeighBag { .. }
            | Command::PrintResult { .. }
            | Command::ResolvePrint { .. }
            | Command::Reprint { .. }
            | Command::PrintPaper(_)
            | Command::Handover(_) => true,
        }
    }

    /// SHA-256 of the content: tells a retry from another command under the same id.
    ///
    /// # Errors
    /// When the content cannot be written as JSON.
    pub fn sha(&self) -> Result<[u8; 32], serde_json::Error> {
        Ok(Sha256::digest(serde_json::to_vec(self)?).into())
    }
}

/// The system as an actor: timers, the uplink, the node itself.
///
/// # Errors
/// Never for a name that is a code.
pub fn system(device: &str) -> Result<Actor, model::id::IdError> {
    Ok(Actor { person: PersonId::new("system")?, device: DeviceId::new(device)?, role: Role::System })
}
