//! What the hub says no to, as values that people see. Each has a stable word, what happened and what to do now.

use model::api::hub::SplitOffer;
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
    /// The goods weigh more than one order may.
    TooHeavy {
        /// What they weigh, kilograms.
        kg: u32,
        /// What they may weigh.
        most_kg: u32,
    },
    /// Nothing to check out.
    CartEmpty,
    /// Not one of the customer's addresses.
    UnknownAddress,
    /// Not one of the ways to pay that the customer keeps.
    UnknownInstrument,
    /// The customer has an order that is not at its end.
    OrderUnderWay {
        /// Its number.
        number: String,
    },
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
    /// No single store has all of it; a few have it together (REQ-62).
    SplitOffered {
        /// Which, what each would bring, and for how much.
        offer: Box<SplitOffer>,
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
    /// Epoch or generation is another one by now: somebody else was quicker.
    TermsTaken {
        /// The store's epoch; nought where it is about the hub.
        epoch: u32,
        /// The hub's generation.
        generation: u32,
    },
    /// Not the cash that is due.
    WrongCash {
        /// What is due.
        due: Paise,
    },
}

impl Refusal {
    /// For people and machines alike (`application/problem+json`).
    pub fn problem(&self) -> Problem {
        let (code, status) = self.code();
        let problem = Problem::new(code, status, self.title(), self.detail(), self.hint());
        if let Refusal::SplitOffered { offer } = self {
            return problem.offering(offer);
        }
        problem.with_fields_of(self, "no")
    }

    /// The stable word and the HTTP status.
    pub fn code(&self) -> (&'static str, u16) {
        match self {
            Refusal::KeyReused => ("id_reused", 409),
            Refusal::BadPhone => ("bad_phone", 422),
            Refusal::OtpTooOften => ("rate_limited", 429),
            Refusal::NoMessenger => ("no_messenger", 503),
            Refusal::OtpWrong { .. } => ("wrong_otp", 401),
            Refusal::OtpOver => ("otp_expired", 401),
            Refusal::OtpDead => ("too_many_tries", 429),
            Refusal::NoGateway => ("payment_unavailable", 503),
            Refusal::SessionOver => ("session_over", 401),
            Refusal::BadValue { .. } => ("bad_input", 422),
            Refusal::UnknownSku { .. } => ("unknown_product", 404),
            Refusal::CartFull => ("cart_full", 422),
            Refusal::TooHeavy { .. } => ("too_heavy", 422),
            Refusal::CartEmpty => ("empty_cart", 409),
            Refusal::UnknownAddress => ("unknown_address", 404),
            Refusal::UnknownInstrument => ("unknown_instrument", 404),
            Refusal::OrderUnderWay { .. } => ("order_under_way", 409),
            Refusal::CheckoutOpen { .. } => ("checkout_open", 409),
            Refusal::NotServed { .. } => ("no_serviceable_store", 409),
            Refusal::StoreNotSelling { why, .. } if why == "unreachable" => ("store_unreachable", 409),
            Refusal::StoreNotSelling { .. } => ("store_closed", 409),
            Refusal::OutOfStock { .. } => ("out_of_stock", 409),
            Refusal::SplitOffered { .. } => ("split_offered", 409),
            Refusal::UnknownOrder => ("unknown_order", 404),
            Refusal::TooLate { .. } => ("too_late", 409),
            Refusal::NoQuestion => ("no_question", 409),
            Refusal::UnknownStep => ("unknown_step", 404),
            Refusal::TermsTaken { .. } => ("terms_taken", 409),
            Refusal::PaymentMisfit { .. } => ("payment_misfit", 409),
            Refusal::NotYourOrder => ("not_your_order", 403),
            Refusal::OrderInHand { .. } => ("order_in_hand", 409),
            Refusal::CodeWrong { .. } => ("wrong_code", 422),
            Refusal::CodeDead => ("code_dead", 409),
            Refusal::WrongCash { .. } => ("wrong_cash", 422),
        }
    }

    const fn title(&self) -> &'static str {
        match self {
            Refusal::KeyReused => "This Idempotency-Key was used for another request",
            Refusal::BadPhone => "That is not a phone number",
            Refusal::OtpTooOften => "Too many codes were asked for",
            Refusal::NoMessenger => "No code can be sent",
            Refusal::OtpWrong { .. } => "That is not the code",
            Refusal::OtpOver => "That code is over",
            Refusal::OtpDead => "That code was tried too often",
            Refusal::NoGateway => "Cards and UPI cannot be taken now",
            Refusal::SessionOver => "The session is over",
            Refusal::BadValue { .. } => "A value is out of its range",
            Refusal::UnknownSku { .. } => "There is no such product",
            Refusal::CartFull => "The cart is full",
            Refusal::TooHeavy { .. } => "Too heavy for one order",
            Refusal::CartEmpty => "The cart is empty",
            Refusal::UnknownAddress => "That is not one of your addresses",
            Refusal::UnknownInstrument => "That way to pay is not kept",
            Refusal::OrderUnderWay { .. } => "An order of yours is under way",
            Refusal::CheckoutOpen { .. } => "Another order waits for its payment",
            Refusal::NotServed { .. } => "We do not deliver there yet",
            Refusal::StoreNotSelling { .. } => "Temporarily unavailable",
            Refusal::OutOfStock { .. } => "Some goods have just run out",
            Refusal::SplitOffered { .. } => "No single store has all of it",
            Refusal::UnknownOrder => "There is no such order of yours",
            Refusal::TooLate { .. } => "It is too late for that",
            Refusal::NoQuestion => "No question about that line is open",
            Refusal::UnknownStep => "There is no such payment step",
            Refusal::TermsTaken { .. } => "Somebody else took it already",
            Refusal::PaymentMisfit { .. } => "The payment cannot take that now",
            Refusal::NotYourOrder => "That order is not yours",
            Refusal::OrderInHand { .. } => "You still have an order in hand",
            Refusal::CodeWrong { .. } => "That is not the customer's code",
            Refusal::CodeDead => "Too many wrong codes",
            Refusal::WrongCash { .. } => "That is not the amount due",
        }
    }

    const fn hint(&self) -> &'static str {
        match self {
            Refusal::KeyReused => {
                "Make a new key for a new request; repeat the old request unchanged to get its answer."
            }
            Refusal::BadPhone => "Correct the number and send again.",
            Refusal::OtpTooOften => "Wait ten minutes, then ask once.",
            Refusal::NoMessenger => "Configure a message port, or use profile = \"demo\" on this machine.",
            Refusal::OtpWrong { .. } => "Look at the newest message and type its six digits.",
            Refusal::OtpOver => "Ask for a new code.",
            Refusal::OtpDead => "Ask for a new code.",
            Refusal::NoGateway => "Pay cash at the door; your cart is kept.",
            Refusal::SessionOver => "Log in again; your cart is kept.",
            Refusal::BadValue { .. } => "Correct it and send again.",
            Refusal::UnknownSku { .. } => "Search for it by name.",
            Refusal::CartFull => "Check out, then order the rest.",
            Refusal::TooHeavy { .. } => "Take some of it out, check out, then order the rest.",
            Refusal::CartEmpty => "Put something in first.",
            Refusal::UnknownAddress => "Choose one of yours, or add it first.",
            Refusal::UnknownInstrument => "Choose another way to pay, or keep it again.",
            Refusal::OrderUnderWay { .. } => "Wait until it has come, or cancel it; then try again.",
            Refusal::CheckoutOpen { .. } => "Wait until it is confirmed, or cancel it.",
            Refusal::NotServed { .. } => "Choose another address; your cart is kept.",
            Refusal::StoreNotSelling { .. } => "Try again in a few minutes; your cart is kept.",
            Refusal::OutOfStock { .. } => "Change these lines; the rest of your cart is kept.",
            Refusal::SplitOffered { .. } => {
                "Accept the offered deliveries (POST /api/v1/checkout/split), or change the cart; it is kept."
            }
            Refusal::UnknownOrder => "Look at your list of orders.",
            Refusal::TooLate { .. } => "Ask support about a refund or an exchange once it has come.",
            Refusal::NoQuestion => "Nothing to do: it was answered, or its minute is over.",
            Refusal::UnknownStep => "Check the key the gateway was given.",
            Refusal::PaymentMisfit { .. } => "Nothing to do; operations see it in the order's history.",
            Refusal::NotYourOrder => "Look at your next action; another rider may have been chosen.",
            Refusal::OrderInHand { .. } => "Deliver it first, or call operations.",
            Refusal::CodeWrong { .. } => "Ask the customer for the four digits on the order's page.",
            Refusal::CodeDead => "Call operations: they can see the order and the customer.",
            Refusal::WrongCash { .. } => "Take exactly that amount and send again.",
            Refusal::TermsTaken { .. } => {
                "Look who took it; to take the next one, ask again with the new number."
            }
        }
    }

    fn detail(&self) -> String {
        match self {
            Refusal::KeyReused => "Nothing was changed.".to_owned(),
            Refusal::BadPhone => {
                "Wanted: a plus, the country code and the number, like +919800000001.".to_owned()
            }
            Refusal::OtpTooOften => format!("At most {} in 10 minutes.", hub_core::otp::ASKS),
            Refusal::NoMessenger => "This hub has no message port configured.".to_owned(),
            Refusal::OtpWrong { left } | Refusal::CodeWrong { left } => format!("{left} tries left."),
            Refusal::OtpOver => "It was used, or is older than 10 minutes.".to_owned(),
            Refusal::OtpDead => format!("At most {} tries.", hub_core::otp::TRIES),
            Refusal::NoGateway => "This hub has no payment gateway configured.".to_owned(),
            Refusal::SessionOver => "The token is unknown, used or too old.".to_owned(),
            Refusal::BadValue { field, want } => format!("{field}: {want}."),
            Refusal::UnknownSku { sku } => sku.to_string(),
            Refusal::CartFull => format!("At most {} different products.", model::order_doc::LINES_MAX),
            Refusal::TooHeavy { kg, most_kg } => format!("The goods weigh {kg} kg; at most {most_kg} kg."),
            Refusal::CheckoutOpen { number }
            | Refusal::OrderInHand { number }
            | Refusal::OrderUnderWay { number } => format!("Order {number}."),
            Refusal::NotServed { nearest_m } => {
                nearest_m.map_or_else(String::new, |m| format!("The nearest store is {m} m away."))
            }
            Refusal::StoreNotSelling { reason, .. } => reason.clone(),
            Refusal::OutOfStock { missing } => {
                let parts: Vec<String> =
                    missing.iter().map(|(sku, left)| format!("{sku}: {left} left")).collect();
                parts.join(", ")
            }
            Refusal::SplitOffered { offer } => {
                let parts = offer.parts.iter().map(|part| format!("{}: {}", part.store_name, part.total));
                format!("{} deliveries: {}.", offer.parts.len(), parts.collect::<Vec<_>>().join(", "))
            }
            Refusal::TooLate { state } => format!("The order is {state}."),
            Refusal::PaymentMisfit { what } => what.clone(),
            Refusal::WrongCash { due } => format!("Due: {due}."),
            Refusal::TermsTaken { epoch, generation } => {
                format!("Epoch {epoch}, generation {generation}.")
            }
            Refusal::CartEmpty
            | Refusal::UnknownAddress
            | Refusal::UnknownInstrument
            | Refusal::UnknownOrder
            | Refusal::NoQuestion
            | Refusal::UnknownStep
            | Refusal::NotYourOrder
            | Refusal::CodeDead => String::new(),
        }
    }
}
