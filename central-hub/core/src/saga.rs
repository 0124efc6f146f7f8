//! The payment's side of an order (REQ-63): reserve -> authorise (card) or debit (UPI) or nothing (cash) -> confirm ->
//! capture at packed where authorised; compensations release, void and refund. One exhaustive table; every step has a key,
//! so that the gateway does it once however often it is asked.

use model::Paise;

/// How the customer pays, without any token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Cash at the door.
    Cod,
    /// Debited at once.
    Upi,
    /// Authorised at once, captured when packed.
    Card,
}

impl Method {
    /// The stable word in APIs and SQL.
    pub const fn word(self) -> &'static str {
        match self {
            Method::Cod => "cod",
            Method::Upi => "upi",
            Method::Card => "card",
        }
    }
    /// The method of a word.
    pub fn from_word(word: &str) -> Option<Method> {
        [Method::Cod, Method::Upi, Method::Card].into_iter().find(|m| m.word() == word)
    }
}

/// Where the payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pay {
    /// The gateway has been asked and has not answered.
    Pending,
    /// Cash is taken at the door.
    AtDoor,
    /// The card is good for it.
    Authorised,
    /// The money is here.
    Paid,
    /// Refused for good.
    Failed,
    /// The hold ended before the gateway answered; whatever it answers now is undone.
    Abandoned,
    /// Authorised and let go, or cash that is no longer due.
    Voided,
    /// Given back as a whole.
    Refunded,
}

impl Pay {
    /// Every state.
    pub const ALL: [Pay; 8] = [
        Pay::Pending,
        Pay::AtDoor,
        Pay::Authorised,
        Pay::Paid,
        Pay::Failed,
        Pay::Abandoned,
        Pay::Voided,
        Pay::Refunded,
    ];
    /// The stable word in SQL.
    pub const fn word(self) -> &'static str {
        match self {
            Pay::Pending => "pending",
            Pay::AtDoor => "at_door",
            Pay::Authorised => "authorised",
            Pay::Paid => "paid",
            Pay::Failed => "failed",
            Pay::Abandoned => "abandoned",
            Pay::Voided => "voided",
            Pay::Refunded => "refunded",
        }
    }
    /// The state of a word.
    pub fn from_word(word: &str) -> Option<Pay> {
        Pay::ALL.into_iter().find(|p| p.word() == word)
    }
    /// The word the customer's API uses: `pending`, `authorised`, `paid`, `failed`, `refunded`.
    pub const fn customer_word(self) -> &'static str {
        match self {
            Pay::Pending | Pay::AtDoor => "pending",
            Pay::Authorised => "authorised",
            Pay::Paid => "paid",
            Pay::Failed | Pay::Abandoned => "failed",
            Pay::Voided | Pay::Refunded => "refunded",
        }
    }
    /// Whether nothing is owed in either direction any more.
    pub const fn is_settled(self) -> bool {
        match self {
            Pay::Paid | Pay::Failed | Pay::Voided | Pay::Refunded => true,
            Pay::Pending | Pay::AtDoor | Pay::Authorised | Pay::Abandoned => false,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The gateway authorised or debited.
    Agreed,
    /// The gateway refused for good.
    Declined,
    /// The hold ended.
    HoldEnded,
    /// The store has packed it.
    Packed,
    /// The gateway captured.
    Captured,
    /// The store gave the units back.
    Cancelled,
    /// The rider took the cash.
    CashTaken,
}

/// What is to be done now, in the same transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Do {
    /// Confirm the order: held units are sold, its document is written.
    Confirm,
    /// Give the held units back and end the order.
    Release,
    /// Ask the gateway to capture what was packed.
    Capture,
    /// Ask the gateway to let the authorisation go.
    Void,
    /// Ask the gateway to give back all that was taken and not yet refunded.
    RefundAll,
}

/// An answer that does not fit where the payment stands: a fault of ours, or a forged message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payment that is {} cannot take {event:?}", state.word())]
pub struct Misfit {
    /// Where it stands.
    pub state: Pay,
    /// What came.
    pub event: Event,
}

/// The first state of a payment, and what starts it: cash is confirmed at once, the rest waits for the gateway.
pub const fn start(method: Method) -> (Pay, Option<Do>) {
    match method {
        Method::Cod => (Pay::AtDoor, Some(Do::Confirm)),
        Method::Upi | Method::Card => (Pay::Pending, None),
    }
}

/// The table. A repeated event changes nothing and asks for nothing.
///
/// # Errors
/// [`Misfit`] for an event that cannot happen there.
pub const fn next(method: Method, state: Pay, event: Event) -> Result<(Pay, Option<Do>), Misfit> {
    let misfit = Err(Misfit { state, event });
    let stay = Ok((state, None));
    match (state, event) {
        (Pay::Pending, Event::Agreed) => match method {
            Method::Card => Ok((Pay::Authorised, Some(Do::Confirm))),
            Method::Upi => Ok((Pay::Paid, Some(Do::Confirm))),
            Method::Cod => misfit,
        },
        (Pay::Pending, Event::Declined) => Ok((Pay::Failed, Some(Do::Release))),
        (Pay::Pending, Event::HoldEnded) => Ok((Pay::Abandoned, Some(Do::Release))),
        (Pay::Abandoned, Event::Agreed) => match method {
            Method::Card => Ok((Pay::Voided, Some(Do::Void))),
            Method::Upi => Ok((Pay::Refunded, Some(Do::RefundAll))),
            Method::Cod => misfit,
        },
        (Pay::Abandoned, Event::Declined) => Ok((Pay::Failed, None)),
        (Pay::Authorised, Event::Packed) => Ok((Pay::Authorised, Some(Do::Capture))),
        (Pay::Authorised, Event::Captured) => Ok((Pay::Paid, None)),
        (Pay::Authorised, Event::Cancelled) => Ok((Pay::Voided, Some(Do::Void))),
        (Pay::Paid, Event::Cancelled) => match method {
            Method::Cod => misfit,
            Method::Upi | Method::Card => Ok((Pay::Refunded, Some(Do::RefundAll))),
        },
        (Pay::AtDoor, Event::CashTaken) => Ok((Pay::Paid, None)),
        (Pay::AtDoor, Event::Cancelled) => Ok((Pay::Voided, None)),
        // What comes twice, late, or does not concern this state.
        (Pay::Authorised | Pay::Paid, Event::Agreed | Event::HoldEnded) => stay,
        (Pay::Paid, Event::Packed | Event::Captured | Event::CashTaken) => stay,
        (Pay::AtDoor, Event::Packed | Event::HoldEnded) => stay,
        (Pay::Failed, Event::Declined | Event::HoldEnded | Event::Cancelled) => stay,
        (Pay::Abandoned, Event::HoldEnded | Event::Cancelled) => stay,
        (Pay::Voided | Pay::Refunded, Event::Agreed | Event::HoldEnded | Event::Cancelled) => stay,
        (Pay::Pending, Event::Packed | Event::Captured | Event::Cancelled | Event::CashTaken)
        | (Pay::AtDoor, Event::Agreed | Event::Declined | Event::Captured)
        | (Pay::Authorised, Event::Declined | Event::CashTaken)
        | (Pay::Paid, Event::Declined)
        | (Pay::Failed, Event::Agreed | Event::Packed | Event::Captured | Event::CashTaken)
        | (Pay::Abandoned, Event::Packed | Event::Captured | Event::CashTaken)
        | (
            Pay::Voided | Pay::Refunded,
            Event::Declined | Event::Packed | Event::Captured | Event::CashTaken,
        ) => misfit,
    }
}

/// Waits before a gateway is asked again after an error: 1 s, 2 s, 4 s ... at most 60 s.
pub const fn back_off_ms(failed_tries: u32) -> i64 {
    let power = if failed_tries > 6 { 6 } else { failed_tries };
    let wait = 1_000i64 << power;
    if wait > 60_000 { 60_000 } else { wait }
}

/// What a line's short may still give back: its units at the paid price, never above what is left of the capture.
/// `None` on overflow.
pub fn refund_for(unit_price: Paise, units: u32, captured: Paise, refunded: Paise) -> Option<Paise> {
    let due = unit_price.checked_mul(units)?;
    let left = captured.checked_sub(refunded)?;
    Some(due.min(left).max(Paise::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(method: Method, events: &[Event]) -> (Pay, Vec<Do>) {
        let (mut state, first) = start(method);
        let mut done: Vec<Do> = first.into_iter().collect();
        for event in events {
            let (after, act) = next(method, state, *event).unwrap();
            state = after;
            done.extend(act);
        }
        (state, done)
    }

    #[test]
    fn the_happy_ways() {
        let card = walk(Method::Card, &[Event::Agreed, Event::Packed, Event::Captured]);
        assert_eq!(card, (Pay::Paid, vec![Do::Confirm, Do::Capture]));
        assert_eq!(walk(Method::Upi, &[Event::Agreed, Event::Packed]), (Pay::Paid, vec![Do::Confirm]));
        assert_eq!(walk(Method::Cod, &[Event::Packed, Event::CashTaken]), (Pay::Paid, vec![Do::Confirm]));
    }

    #[test]
    fn a_payment_that_succeeds_after_its_hold_is_undone() {
        let late = [Event::HoldEnded, Event::Agreed];
        assert_eq!(walk(Method::Card, &late), (Pay::Voided, vec![Do::Release, Do::Void]));
        assert_eq!(walk(Method::Upi, &late), (Pay::Refunded, vec![Do::Release, Do::RefundAll]));
    }

    #[test]
    fn a_cancel_gives_everything_back_once() {
        let twice = [Event::Agreed, Event::Cancelled, Event::Cancelled];
        assert_eq!(walk(Method::Upi, &twice), (Pay::Refunded, vec![Do::Confirm, Do::RefundAll]));
        assert_eq!(walk(Method::Card, &twice), (Pay::Voided, vec![Do::Confirm, Do::Void]));
        assert_eq!(walk(Method::Cod, &[Event::Cancelled, Event::Cancelled]).0, Pay::Voided);
    }

    #[test]
    fn units_are_released_or_sold_never_both() {
        let events = [
            Event::Agreed,
            Event::Declined,
            Event::HoldEnded,
            Event::Packed,
            Event::Captured,
            Event::Cancelled,
            Event::CashTaken,
        ];
        for method in [Method::Cod, Method::Upi, Method::Card] {
            // Every sequence of four events, illegal ones ignored as the flows do.
            for n in 0..7u32.pow(4) {
                let (mut state, first) = start(method);
                let mut done: Vec<Do> = first.into_iter().collect();
                for place in 0..4 {
                    let event = events[(n / 7u32.pow(place) % 7) as usize];
                    if let Ok((after, act)) = next(method, state, event) {
                        state = after;
                        done.extend(act);
                    }
                }
                let ends = done.iter().filter(|d| matches!(d, Do::Confirm | Do::Release)).count();
                assert!(ends <= 1, "{method:?} {done:?}");
                let back = done.iter().filter(|d| matches!(d, Do::Void | Do::RefundAll)).count();
                assert!(back <= 1, "{method:?} {done:?}");
            }
        }
    }

    #[test]
    fn refunds_never_exceed_the_capture() {
        let p = Paise::new;
        assert_eq!(refund_for(p(500), 2, p(3_000), p(0)), Some(p(1_000)));
        assert_eq!(refund_for(p(500), 9, p(3_000), p(1_000)), Some(p(2_000)));
        assert_eq!(refund_for(p(500), 1, p(3_000), p(3_000)), Some(p(0)));
        assert_eq!(back_off_ms(0), 1_000);
        assert_eq!(back_off_ms(40), 60_000);
    }
}
