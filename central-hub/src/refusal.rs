//! What the hub says no to, as values that people see. Each has a stable word, what happened and what to do now.

use model::{OrderState, Paise, Problem, SkuId};
use serde::{Deserialize, Serialize};

/// A no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "no", rename_all = "snake_case")]
pub enum Refusal {
    /// The same id was used for something else.
    KeyReused,
    /// Not E.164.
    BadPhone,
    /// Too many passwords asked for.
    OtpTooOften,
    /// No port sends messages.
    NoMessenger,
    /// Wrong password.
    OtpWrong {
        /// Tries left.
        left: u32,
    },
    /// Too old or used.
    OtpOver,
    /// Tried too often.
    OtpDead,
    /// No gateway takes cards or UPI.
    NoGateway,
    /// The refresh token is unknown, used or too old.
    SessionOver,
    /// A text or number out of its range.
    BadValue {
        /// Which.
        field: String,
        /// What may stand there.
        want: String,
    },
    /// No such product.
    UnknownSku {
        /// The code.
        sku: SkuId,
    },
    /// Too many lines.
    CartFull,
    /// Nothing to check out.
    CartEmpty,
    /// Not one of the customer's addresses.
    UnknownAddress,
    /// Another checkout waits for its payment.
    CheckoutOpen {
        /// Its number.
        number: String,
    },
    /// No store reaches the address.
    NotServed {
        /// Metres to the nearest store.
        nearest_m: Option<u32>,
    },
    /// The store is not selling now.
    StoreNotSelling {
        /// `unreachable`, `closed`, `never_connected`.
        why: String,
        /// For the customer.
        reason: String,
    },
    /// Not all lines are there.
    OutOfStock {
        /// What is missing, and how many are left of it.
        missing: Vec<(SkuId, u64)>,
    },
    /// No such order, or not this person's.
    UnknownOrder,
    /// Not where the order stands.
    TooLate {
        /// Where it stands.
        state: OrderState,
    },
    /// No question about that line is open.
    NoQuestion,
    /// No such step.
    UnknownStep,
    /// The payment cannot take that.
    PaymentMisfit {
        /// What does not fit.
        what: String,
    },
    /// Not this rider's order.
    NotYourOrder,
    /// A rider with an order in hand cannot end the shift.
    OrderInHand {
        /// Its number.
        number: String,
    },
    /// Wrong delivery code.
    CodeWrong {
        /// Tries left.
        left: u32,
    },
    /// Too many wrong codes.
    CodeDead,
    /// Not the cash that is due.
    WrongCash {
        /// What is due.
        due: Paise,
    },
}

impl Refusal {
    /// For people and machines alike (`application/problem+json`).
    pub fn problem(&self) -> Problem {
        let p = |code, status, title, detail: String, hint| Problem::new(code, status, title, detail, hint);
        match self {
            Refusal::KeyReused | Refusal::BadValue { .. } | Refusal::PaymentMisfit { .. } => {
                self.of_request()
            }
            Refusal::BadPhone
            | Refusal::OtpTooOften
            | Refusal::NoMessenger
            | Refusal::OtpWrong { .. }
            | Refusal::OtpOver
            | Refusal::OtpDead
            | Refusal::SessionOver => self.of_session(),
            Refusal::UnknownSku { .. }
            | Refusal::CartFull
            | Refusal::CartEmpty
            | Refusal::UnknownAddress
            | Refusal::CheckoutOpen { .. }
            | Refusal::NoGateway
            | Refusal::NotServed { .. }
            | Refusal::StoreNotSelling { .. }
            | Refusal::OutOfStock { .. } => self.of_checkout(),
            Refusal::NotYourOrder
            | Refusal::OrderInHand { .. }
            | Refusal::CodeWrong { .. }
            | Refusal::CodeDead
            | Refusal::WrongCash { .. } => self.of_rider(),
            Refusal::UnknownOrder => p(
                "unknown_order",
                404,
                "There is no such order of yours",
                String::new(),
                "Look at your list of orders.",
            ),
            Refusal::TooLate { state } => p(
                "too_late",
                409,
                "It is too late for that",
                format!("The order is {state}."),
                "Ask support about a refund or an exchange once it has come.",
            ),
            Refusal::NoQuestion => p(
                "no_question",
                409,
                "No question about that line is open",
                String::new(),
                "Nothing to do: it was answered, or its minute is over.",
            ),
            Refusal::UnknownStep => p(
                "unknown_step",
                404,
                "There is no such payment step",
                String::new(),
                "Check the key the gateway was given.",
            ),
        }
    }

    fn of_request(&self) -> Problem {
        match self {
            Refusal::BadValue { field, want } => Problem::new(
                "bad_value",
                422,
                "A value is out of its range",
                format!("{field}: {want}."),
                "Correct it and send again.",
            ),
            Refusal::PaymentMisfit { what } => Problem::new(
                "payment_misfit",
                409,
                "The payment cannot take that now",
                what.clone(),
                "Nothing to do; operations can see it in the order's history.",
            ),
            _ => Problem::new(
                "key_reused",
                409,
                "This Idempotency-Key was used for another request",
                "Nothing was changed.",
                "Make a new key for a new request; repeat the old request unchanged to get its answer.",
            ),
        }
    }

    fn of_session(&self) -> Problem {
        match self {
            Refusal::BadPhone => Problem::new(
                "bad_phone",
                422,
                "That is not a phone number",
                "Wanted: a plus, the country code and the number, for example +919800000001.",
                "Correct the number and send again.",
            ),
            Refusal::OtpTooOften => Problem::new(
                "rate_limited",
                429,
                "Too many codes were asked for",
                format!("At most {} in 10 minutes.", hub_core::otp::ASKS),
                "Wait ten minutes, then ask once.",
            ),
            Refusal::NoMessenger => Problem::new(
                "no_messenger",
                503,
                "No code can be sent",
                "This hub has no message port configured.",
                "Configure one, or use profile = \"demo\" on this machine.",
            ),
            Refusal::OtpWrong { left } => Problem::new(
                "wrong_otp",
                401,
                "That is not the code",
                format!("{left} tries left."),
                "Look at the newest message and type its six digits.",
            ),
            Refusal::OtpOver => Problem::new(
                "otp_expired",
                401,
                "That code is over",
                "It was used, or is older than 10 minutes.",
                "Ask for a new code.",
            ),
            Refusal::OtpDead => Problem::new(
                "too_many_tries",
                429,
                "That code was tried too often",
                format!("At most {} tries.", hub_core::otp::TRIES),
                "Ask for a new code.",
            ),
            _ => Problem::new(
                "session_over",
                401,
                "The session is over",
                "The token is unknown, used or too old.",
                "Log in again; your cart is kept.",
            ),
        }
    }

    fn of_checkout(&self) -> Problem {
        let p = |code, status, title, detail: String, hint| Problem::new(code, status, title, detail, hint);
        match self {
            Refusal::UnknownSku { sku } => {
                p("unknown_sku", 404, "There is no such product", sku.to_string(), "Search for it by name.")
            }
            Refusal::CartFull => p(
                "cart_full",
                422,
                "The cart is full",
                format!("At most {} different products.", model::order_doc::LINES_MAX),
                "Check out, then order the rest.",
            ),
            Refusal::CartEmpty => {
                p("empty_cart", 409, "The cart is empty", String::new(), "Put something in first.")
            }
            Refusal::NoGateway => p(
                "payment_unavailable",
                503,
                "Cards and UPI cannot be taken now",
                "This hub has no payment gateway configured.".to_owned(),
                "Pay cash at the door; your cart is kept.",
            ),
            Refusal::UnknownAddress => p(
                "unknown_address",
                404,
                "That is not one of your addresses",
                String::new(),
                "Choose one of yours, or add it first.",
            ),
            Refusal::CheckoutOpen { number } => p(
                "checkout_open",
                409,
                "Another order waits for its payment",
                format!("Order {number}."),
                "Wait until it is confirmed, or cancel it.",
            ),
            Refusal::NotServed { nearest_m } => p(
                "no_serviceable_store",
                409,
                "We do not deliver there yet",
                nearest_m.map_or_else(String::new, |m| format!("The nearest store is {m} m away.")),
                "Choose another address.",
            ),
            Refusal::StoreNotSelling { why, reason } => {
                let code = if why == "unreachable" { "store_unreachable" } else { "store_closed" };
                p(
                    code,
                    409,
                    "Temporarily unavailable",
                    reason.clone(),
                    "Try again in a few minutes; your cart is kept.",
                )
            }
            Refusal::OutOfStock { missing } => {
                let parts: Vec<String> =
                    missing.iter().map(|(sku, left)| format!("{sku}: {left} left")).collect();
                p(
                    "out_of_stock",
                    409,
                    "Some goods have just run out",
                    parts.join(", "),
                    "Change these lines; the rest of your cart is kept.",
                )
            }
            _ => p("refused", 409, "That cannot be done now", String::new(), "Look at your cart."),
        }
    }

    fn of_rider(&self) -> Problem {
        let p = |code, status, title, detail: String, hint| Problem::new(code, status, title, detail, hint);
        match self {
            Refusal::NotYourOrder => p(
                "not_your_order",
                403,
                "That order is not yours",
                String::new(),
                "Look at your next action; another rider may have been chosen.",
            ),
            Refusal::OrderInHand { number } => p(
                "order_in_hand",
                409,
                "You still have an order in hand",
                format!("Order {number}."),
                "Deliver it first, or call operations.",
            ),
            Refusal::CodeWrong { left } => p(
                "wrong_code",
                422,
                "That is not the customer's code",
                format!("{left} tries left."),
                "Ask the customer for the four digits on the order's page.",
            ),
            Refusal::WrongCash { due } => p(
                "wrong_cash",
                422,
                "That is not the amount due",
                format!("Due: {due}."),
                "Take exactly that amount and send again.",
            ),
            _ => p(
                "code_dead",
                409,
                "Too many wrong codes",
                String::new(),
                "Call operations: they can see the order and the customer.",
            ),
        }
    }
}
