//! Every no that a user can get, as a value, and its wording as problem+json. Nothing was changed when one is given
//! (but failed logins, which are counted).

mod words;

use crate::command::FenceWhy;
use model::order::{Moment, OrderState};
use model::{BinId, LotId, OrderId, PersonId, Problem, Qty, Role, SkuId, Timestamp};
use serde::{Deserialize, Serialize};

/// A SKU that does not suffice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacking {
    /// What.
    pub sku: SkuId,
    /// Asked for, all lines together.
    pub wanted: Qty,
    /// What could be promised.
    pub free: u64,
}

/// Why a command is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// The id was used before, with another content.
    IdReused,
    /// The person's role may not do this.
    WrongRole {
        /// The role.
        role: Role,
        /// What would be needed.
        needs: Vec<Role>,
    },
    /// A number or text outside its limits.
    BadInput {
        /// Which part.
        field: String,
        /// What is wrong with it.
        detail: String,
    },
    /// Not enough for the whole order; nothing of it is held.
    OutOfStock {
        /// What does not suffice.
        lacking: Vec<Lacking>,
    },
    /// The goods weigh more than one order may.
    TooHeavy {
        /// What they weigh, kilograms.
        kg: u32,
        /// What they may weigh.
        most_kg: u32,
    },
    /// A name that names nothing here.
    Unknown {
        /// `product`, `order`, `bin` ...
        what: String,
        /// The name.
        name: String,
    },
    /// The same order id with another content.
    OtherContent {
        /// The order.
        order: OrderId,
    },
    /// The step does not fit where the order stands.
    IllegalMove {
        /// Where it stands.
        state: OrderState,
        /// What was asked.
        to: Moment,
    },
    /// The place cannot keep such goods.
    WrongTemperature {
        /// What.
        sku: SkuId,
        /// The place.
        bin: BinId,
    },
    /// Past its date, or too near to it to be taken in.
    ExpiredLot {
        /// The lot or batch.
        lot: String,
    },
    /// The balance is another one than the command takes for granted.
    StockConflict {
        /// What.
        sku: SkuId,
        /// Which lot.
        lot: LotId,
        /// Where.
        bin: BinId,
        /// The arithmetic that fails.
        detail: String,
    },
    /// No session at this device.
    NotLoggedIn,
    /// Another PIN.
    WrongPin {
        /// Tries left before a pause.
        tries_left: u32,
    },
    /// Too many wrong PINs.
    PinLocked {
        /// Until when.
        until: Timestamp,
    },
    /// The scanned product is not what the order wants.
    WrongItem {
        /// What was scanned.
        scanned: String,
    },
    /// The right product from the wrong lot.
    WrongLot {
        /// The lot to take.
        wanted: LotId,
        /// What was scanned.
        scanned: String,
    },
    /// The line is complete.
    OverPick {
        /// The line.
        line: u8,
    },
    /// Nothing known carries this code.
    UnknownCode {
        /// The scanned text.
        scanned: String,
    },
    /// A code that can be read in two ways: nothing is guessed (REQ-41).
    AmbiguousCode {
        /// The scanned text.
        scanned: String,
        /// Which two ways, in English.
        fault: String,
        /// The character, counted from 0, at which they part.
        place: Option<u32>,
    },
    /// A code with a fault in it.
    BadCode {
        /// The scanned text.
        scanned: String,
        /// The fault, in English.
        fault: String,
        /// Its stable word; of a fault that GS1's linters find, their name for it.
        name: String,
        /// The first bad character, counted from 0, where the fault has a place.
        place: Option<u32>,
    },
    /// Somebody else picks it.
    NotYourOrder {
        /// Who.
        person: Option<PersonId>,
    },
    /// No pick to take back.
    NothingToUndo,
    /// Lines are neither picked nor given up.
    LinesOpen {
        /// How many.
        lines: u32,
    },
    /// Bags that were not scanned, or belong to another order.
    WrongBags {
        /// The order's bags that were not scanned.
        missing: Vec<String>,
        /// Scanned bags that are not the order's.
        foreign: Vec<String>,
    },
    /// The order was cancelled meanwhile.
    OrderCancelled {
        /// Its short number.
        number: String,
    },
    /// A bag weighs more or less than its goods.
    WeightMismatch {
        /// The bag.
        bag: String,
        /// What its goods weigh, grams.
        expected_g: u32,
        /// What the scale said, grams.
        weighed_g: u32,
        /// The difference, grams; positive when it is too heavy.
        off_g: i64,
    },
    /// A bag was scanned, and no scale had a stable weight just before.
    NoWeight,
    /// The verification stamp of a scale has run out: it prices no goods (REQ-44).
    ScaleStamp {
        /// The scale.
        scale: String,
    },
    /// Another rider was chosen for this order.
    WrongRider {
        /// The code of the one who was.
        wanted: String,
    },
    /// It is already decided.
    AlreadyDone {
        /// What is, a stable word: `customer_asked`, `no_bags_yet`, `bag_gone`, `print_done` ...
        what: String,
    },
    /// The store is fenced: what it would promise or print, its other life may have promised or printed.
    Fenced {
        /// The SKU, or `labels`.
        what: String,
        /// Why it is fenced, a stable word.
        why: String,
        /// Since when.
        since: Timestamp,
        /// The hub's word is here: what is counted is open.
        word: bool,
    },
    /// Nobody knows yet how this order ended.
    OrderUnknown {
        /// Its short number.
        number: String,
    },
    /// Two hubs took the same generation.
    TwoHubs {
        /// The one this store knows.
        known: u32,
        /// The other one.
        other: u32,
    },
    /// The hub has withdrawn it: nothing more of it is promised.
    Withdrawn {
        /// What.
        sku: SkuId,
    },
    /// Products of a file that the hub's catalogue names, and says otherwise.
    HubOwns {
        /// The first of them.
        skus: Vec<SkuId>,
        /// How many there are.
        count: u32,
        /// The edition that names them.
        edition: u32,
        /// And its publication.
        publication: u64,
    },
    /// This one command met a fault that may pass; it is not stored and may be sent again.
    Unavailable {
        /// The fault.
        detail: String,
    },
    /// This one command meets a fault however often it is sent; nothing was changed.
    Broken {
        /// The fault.
        detail: String,
    },
    /// An event that this version of the node cannot read; nothing was changed.
    Unreadable {
        /// What is wrong with it.
        detail: String,
    },
}

impl Refusal {
    /// Something outside its limits.
    pub fn bad(field: &str, detail: impl Into<String>) -> Self {
        Refusal::BadInput { field: field.to_owned(), detail: detail.into() }
    }

    /// A name that names nothing here.
    pub fn unknown(what: &str, name: impl ToString) -> Self {
        Refusal::Unknown { what: what.to_owned(), name: name.to_string() }
    }

    /// The stable word; clients switch on it.
    pub const fn code(&self) -> &'static str {
        match self {
            Refusal::IdReused => "id_reused",
            Refusal::WrongRole { .. } => "wrong_role",
            Refusal::BadInput { .. } => "bad_input",
            Refusal::OutOfStock { .. } => "out_of_stock",
            Refusal::TooHeavy { .. } => "too_heavy",
            Refusal::Unknown { .. } => "unknown",
            Refusal::OtherContent { .. } => "other_content",
            Refusal::IllegalMove { .. } => "illegal_move",
            Refusal::WrongTemperature { .. } => "wrong_temperature",
            Refusal::ExpiredLot { .. } => "expired_lot",
            Refusal::StockConflict { .. } => "stock_conflict",
            Refusal::NotLoggedIn => "not_logged_in",
            Refusal::WrongPin { .. } => "wrong_pin",
            Refusal::PinLocked { .. } => "pin_locked",
            Refusal::WrongItem { .. } => "wrong_item",
            Refusal::WrongLot { .. } => "wrong_lot",
            Refusal::OverPick { .. } => "over_pick",
            Refusal::UnknownCode { .. } => "unknown_code",
            Refusal::AmbiguousCode { .. } => "ambiguous_code",
            Refusal::BadCode { .. } => "bad_code",
            Refusal::NotYourOrder { .. } => "not_your_order",
            Refusal::NothingToUndo => "nothing_to_undo",
            Refusal::LinesOpen { .. } => "lines_open",
            Refusal::WrongBags { .. } => "wrong_bags",
            Refusal::OrderCancelled { .. } => "order_cancelled",
            Refusal::WeightMismatch { .. } => "weight_mismatch",
            Refusal::NoWeight => "no_weight",
            Refusal::ScaleStamp { .. } => "scale_stamp",
            Refusal::WrongRider { .. } => "wrong_rider",
            Refusal::AlreadyDone { .. } => "already_done",
            Refusal::Fenced { .. } => "fenced",
            Refusal::OrderUnknown { .. } => "order_unknown",
            Refusal::TwoHubs { .. } => "two_hubs",
            Refusal::Withdrawn { .. } => "withdrawn",
            Refusal::HubOwns { .. } => "hub_owns",
            Refusal::Unavailable { .. } => "unavailable",
            Refusal::Broken { .. } => "broken",
            Refusal::Unreadable { .. } => "unreadable",
        }
    }

    /// As it crosses HTTP and MQTT.
    pub fn problem(&self) -> Problem {
        let words = words::of(self.code());
        let code = if let Refusal::Unknown { what, .. } = self {
            format!("unknown_{what}")
        } else {
            words.code.to_owned()
        };
        Problem::new(&code, words.status, words.title, self.detail(), words.hint).with_fields_of(self, "code")
    }

    fn detail(&self) -> String {
        match self {
            Refusal::IdReused => "The same id came with another content; the first answer stands.".to_owned(),
            Refusal::WrongRole { role, needs } => {
                format!("Logged in as {role:?}; needed is one of {needs:?}.")
            }
            Refusal::BadInput { field, detail } => format!("{field}: {detail}"),
            Refusal::OutOfStock { lacking } => {
                list(lacking, |l| format!("{}: {} wanted, {} free", l.sku, l.wanted, l.free))
            }
            Refusal::TooHeavy { kg, most_kg } => format!("The goods weigh {kg} kg; at most {most_kg} kg."),
            Refusal::Unknown { what, name } => format!("This store knows no {what} {name}."),
            Refusal::OtherContent { order } => {
                format!("Order {order} came twice with different lines; the first stands.")
            }
            Refusal::IllegalMove { state, to } => format!("An order that is {state} cannot become {to:?}."),
            Refusal::WrongTemperature { sku, bin } => format!("{sku} may not lie in {bin}."),
            Refusal::ExpiredLot { lot } => format!("Lot {lot} may not be sold any more."),
            Refusal::StockConflict { sku, lot, bin, detail } => {
                format!("{sku}, lot {lot} in {bin}: {detail}.")
            }
            Refusal::NotLoggedIn => "The device has no session, or it ended.".to_owned(),
            Refusal::WrongPin { tries_left } => format!("{tries_left} tries left."),
            Refusal::PinLocked { until } => format!("Locked until {until}."),
            Refusal::WrongItem { scanned } => format!("{scanned} stands on no open line."),
            Refusal::WrongLot { wanted, scanned } => format!("Scanned {scanned}; take lot {wanted} first."),
            Refusal::OverPick { line } => format!("Line {} needs no more.", u16::from(*line) + 1),
            Refusal::UnknownCode { scanned } => {
                format!("{scanned:?} is no product, lot or label of this store.")
            }
            Refusal::AmbiguousCode { scanned, fault, .. } | Refusal::BadCode { scanned, fault, .. } => {
                format!("{scanned:?}: {fault}.")
            }
            Refusal::NotYourOrder { person } => not_yours(person.as_ref()),
            Refusal::NothingToUndo => String::new(),
            Refusal::LinesOpen { lines } => format!("{lines} lines are neither picked nor given up."),
            Refusal::WrongBags { missing, foreign } => {
                format!("Not scanned: {}. Not of this order: {}.", missing.join(" "), foreign.join(" "))
            }
            Refusal::OrderCancelled { number } => {
                format!("Order {number} was cancelled meanwhile; nothing was counted.")
            }
            Refusal::WeightMismatch { bag, expected_g, weighed_g, off_g } => {
                format!("Bag {bag} weighs {weighed_g} g instead of {expected_g} g: {off_g:+} g.")
            }
            Refusal::NoWeight => "No scale had a stable weight in the last 30 s.".to_owned(),
            Refusal::ScaleStamp { scale } => format!("The stamp of scale {scale} has run out."),
            Refusal::WrongRider { wanted } => format!("The order goes to rider {wanted}."),
            Refusal::AlreadyDone { what } => words::done(what).to_owned(),
            Refusal::Fenced { what, why, since, word } => fenced(what, why, *since, *word),
            Refusal::OrderUnknown { number } => {
                format!("Nobody knows yet how order {number} ended in the store's former life.")
            }
            Refusal::TwoHubs { known, other } => {
                format!("This store works for the hub of generation {known}; {other} is another hub's.")
            }
            Refusal::Withdrawn { sku } => format!("The hub has withdrawn {sku}."),
            Refusal::HubOwns { skus, count, edition, publication } => {
                hub_owns(*count, (*edition, *publication), &list(skus, ToString::to_string))
            }
            Refusal::Unavailable { detail } | Refusal::Broken { detail } | Refusal::Unreadable { detail } => {
                detail.clone()
            }
        }
    }
}

fn fenced(what: &str, why: &str, since: Timestamp, word: bool) -> String {
    if why == FenceWhy::Superseded.word() {
        return format!(
            "{what}: since {since} another machine is this store; this one stays shut. Switch it off."
        );
    }
    let waits = if word { "the count" } else { "the hub's word and the count" };
    format!("{what}: fenced since {since} ({why}); waits for {waits}.")
}

fn not_yours(person: Option<&PersonId>) -> String {
    person.map_or_else(|| "Nobody picks it now.".to_owned(), |who| format!("{who} has it."))
}

fn hub_owns(count: u32, (edition, publication): (u32, u64), skus: &str) -> String {
    format!(
        "{count} products are the hub's since edition {edition}, publication {publication} of its catalogue, and the file says \
         otherwise: {skus}."
    )
}

fn list<T>(items: &[T], say: impl Fn(&T) -> String) -> String {
    items.iter().map(say).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_comes_back_from_its_stored_text() {
        let refusal = Refusal::OutOfStock {
            lacking: vec![Lacking { sku: SkuId::new("MLK-1").unwrap(), wanted: Qty::ONE, free: 0 }],
        };
        let text = serde_json::to_string(&refusal).unwrap();
        assert_eq!(serde_json::from_str::<Refusal>(&text).unwrap(), refusal);
        let problem = refusal.problem();
        assert_eq!((problem.code.as_str(), problem.status), ("out_of_stock", 409));
        assert_eq!(problem.detail, "MLK-1: 1 wanted, 0 free");
    }

    #[test]
    fn every_code_has_its_words() {
        for refusal in [Refusal::IdReused, Refusal::NothingToUndo, Refusal::unknown("bin", "X")] {
            assert_eq!(words::of(refusal.code()).code, refusal.code());
        }
        // Read from the source, so that a new variant cannot be forgotten.
        let source = include_str!("refusal.rs");
        let codes = source.split("const fn code").nth(1).unwrap().split("pub fn problem").next().unwrap();
        let codes: Vec<&str> =
            codes.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(codes.len() > 20, "{codes:?}");
        for code in codes {
            assert_eq!(words::of(code).code, code);
        }
    }

    #[test]
    fn codes_on_the_handheld_are_the_ones_the_model_names() {
        assert_eq!(Refusal::NothingToUndo.problem().code, "nothing_to_undo");
        assert_eq!(Refusal::NotLoggedIn.problem().code, "not_logged_in");
        assert_eq!(Refusal::ExpiredLot { lot: "L1".into() }.problem().code, "expired_lot");
        assert_eq!(Refusal::unknown("product", "X").problem().code, "unknown_product");
    }
}
