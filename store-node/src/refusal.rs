//! Every no that a user can get, as a value, and its wording as problem+json. Nothing was changed when one is given
//! (but failed logins, which are counted).

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
    /// Another rider was chosen for this order.
    WrongRider {
        /// The code of the one who was.
        wanted: String,
    },
    /// It is already decided.
    AlreadyDone {
        /// What is.
        what: String,
    },
    /// This one command met a fault; it is not stored and may be sent again.
    Unavailable {
        /// The fault.
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

    /// As it crosses HTTP and MQTT.
    pub fn problem(&self) -> Problem {
        match self {
            Refusal::IdReused => p(
                "id_reused",
                409,
                "This id was used before for something else",
                "The same id came with another content; the first answer stands.",
                "Send a new command with a new id.",
            ),
            Refusal::WrongRole { role, needs } => p(
                "wrong_role",
                403,
                "This role may not do that",
                format!("Logged in as {role:?}; needed is one of {needs:?}."),
                "Ask somebody with that role.",
            ),
            Refusal::BadInput { field, detail } => p(
                "bad_input",
                422,
                "A value is outside its limits",
                format!("{field}: {detail}"),
                "Correct the value and send it with a new id.",
            ),
            Refusal::OutOfStock { lacking } => p(
                "out_of_stock",
                409,
                "Not enough for the whole order",
                list(lacking, |l| format!("{}: {} wanted, {} free", l.sku, l.wanted, l.free)),
                "Take fewer of these and try again with a new id.",
            ),
            Refusal::Unknown { what, name } => p(
                &format!("unknown_{what}"),
                404,
                "No such thing here",
                format!("This store knows no {what} {name}."),
                "Check the code; it may have been mistyped or not yet imported.",
            ),
            Refusal::OtherContent { order } => p(
                "other_content",
                409,
                "The order is already here with another content",
                format!("Order {order} came twice with different lines; the first stands."),
                "Look at both in quarantine and decide.",
            ),
            Refusal::Unavailable { detail } => p(
                "unavailable",
                503,
                "The store node could not do this now",
                detail.clone(),
                "Send it again with the same id.",
            ),
            Refusal::AlreadyDone { what } => {
                p("already_done", 409, "That is decided already", what.clone(), "Look at it again.")
            }
            Refusal::IllegalMove { .. }
            | Refusal::WrongTemperature { .. }
            | Refusal::ExpiredLot { .. }
            | Refusal::StockConflict { .. } => self.stock_problem(),
            Refusal::NotLoggedIn | Refusal::WrongPin { .. } | Refusal::PinLocked { .. } => {
                self.login_problem()
            }
            Refusal::WrongItem { .. }
            | Refusal::WrongLot { .. }
            | Refusal::OverPick { .. }
            | Refusal::UnknownCode { .. }
            | Refusal::NotYourOrder { .. }
            | Refusal::NothingToUndo
            | Refusal::LinesOpen { .. } => self.pick_problem(),
            Refusal::WrongBags { .. }
            | Refusal::OrderCancelled { .. }
            | Refusal::WeightMismatch { .. }
            | Refusal::WrongRider { .. } => self.leaving_problem(),
        }
    }

    fn stock_problem(&self) -> Problem {
        match self {
            Refusal::IllegalMove { state, to } => p(
                "illegal_move",
                409,
                "The order does not stand where this step begins",
                format!("An order that is {state} cannot become {to:?}."),
                "Look at the order again.",
            ),
            Refusal::WrongTemperature { sku, bin } => p(
                "wrong_temperature",
                409,
                "That place cannot keep such goods",
                format!("{sku} may not lie in {bin}."),
                "Choose a place of the right temperature.",
            ),
            Refusal::ExpiredLot { lot } => p(
                "expired_lot",
                409,
                "Past its date",
                format!("Lot {lot} may not be sold any more."),
                "Put it aside and take another lot.",
            ),
            Refusal::StockConflict { sku, lot, bin, detail } => p(
                "stock_conflict",
                409,
                "The stock is another one by now",
                format!("{sku}, lot {lot} in {bin}: {detail}."),
                "Look at the stock again; if it stays, recount the bin.",
            ),
            other => other.pick_problem(),
        }
    }

    fn login_problem(&self) -> Problem {
        match self {
            Refusal::WrongPin { tries_left } => p(
                "wrong_pin",
                401,
                "Wrong PIN",
                format!("{tries_left} tries left."),
                "Enter the PIN again, or ask the manager.",
            ),
            Refusal::PinLocked { until } => p(
                "pin_locked",
                429,
                "Too many wrong PINs",
                format!("Locked until {until}."),
                "Wait, or ask the manager.",
            ),
            _ => p(
                "not_logged_in",
                401,
                "Nobody is logged in here",
                "The device has no session, or it ended.",
                "Log in with your PIN, then do it again.",
            ),
        }
    }

    fn pick_problem(&self) -> Problem {
        match self {
            Refusal::WrongItem { scanned } => p(
                "wrong_item",
                409,
                "Not what this order wants",
                format!("{scanned} stands on no open line."),
                "Put it back and take what the screen shows.",
            ),
            Refusal::WrongLot { wanted, scanned } => p(
                "wrong_lot",
                409,
                "The right product, but the wrong lot",
                format!("Scanned {scanned}; take lot {wanted} first."),
                "Take the lot the screen shows and scan its label.",
            ),
            Refusal::OverPick { line } => p(
                "over_pick",
                409,
                "This line is complete",
                format!("Line {} needs no more.", u16::from(*line) + 1),
                "Put it back and go on.",
            ),
            Refusal::UnknownCode { scanned } => p(
                "unknown_code",
                404,
                "Nobody knows this code",
                format!("{scanned:?} is no product, lot or label of this store."),
                "Scan the product's own barcode.",
            ),
            Refusal::NotYourOrder { person } => p(
                "not_your_order",
                409,
                "Somebody else picks this order",
                person
                    .as_ref()
                    .map_or_else(|| "Nobody picks it now.".to_owned(), |who| format!("{who} has it.")),
                "Take the order your screen shows.",
            ),
            Refusal::NothingToUndo => {
                p("nothing_to_undo", 409, "There is no pick to take back", "", "Go on picking.")
            }
            Refusal::LinesOpen { lines } => p(
                "lines_open",
                409,
                "Some lines are still open",
                format!("{lines} lines are neither picked nor given up."),
                "Pick them, or say that they are not there.",
            ),
            _ => p("refused", 409, "Refused", format!("{self:?}"), "Look at it again."),
        }
    }

    fn leaving_problem(&self) -> Problem {
        let p = Problem::new;
        match self {
            Refusal::OrderCancelled { number } => p(
                "order_cancelled",
                409,
                "This order was cancelled",
                format!("Order {number} was cancelled meanwhile; nothing was counted."),
                "Put its goods back on their shelves.",
            ),
            Refusal::WeightMismatch { bag, expected_g, weighed_g, off_g } => p(
                "weight_mismatch",
                409,
                "The bag does not weigh what its goods weigh",
                format!("Bag {bag} weighs {weighed_g} g instead of {expected_g} g: {off_g:+} g."),
                "Look into the bag, put it right and weigh it again.",
            ),
            Refusal::WrongBags { missing, foreign } => p(
                "wrong_bags",
                409,
                "Not the bags of this order",
                format!("Not scanned: {}. Not of this order: {}.", missing.join(" "), foreign.join(" ")),
                "Scan every bag of this order and no other.",
            ),
            Refusal::WrongRider { wanted } => p(
                "wrong_rider",
                409,
                "Another rider was chosen",
                format!("The order goes to rider {wanted}."),
                "Give it to that rider, or let the hub choose anew.",
            ),
            other => other.pick_problem(),
        }
    }
}

fn p(code: &str, status: u16, title: &str, detail: impl Into<String>, hint: &str) -> Problem {
    Problem::new(code, status, title, detail, hint)
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
    fn codes_on_the_handheld_are_the_ones_the_model_names() {
        assert_eq!(Refusal::NothingToUndo.problem().code, "nothing_to_undo");
        assert_eq!(Refusal::NotLoggedIn.problem().code, "not_logged_in");
        assert_eq!(Refusal::ExpiredLot { lot: "L1".into() }.problem().code, "expired_lot");
        assert_eq!(Refusal::unknown("product", "X").problem().code, "unknown_product");
    }
}
