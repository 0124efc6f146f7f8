//! The kinds of stock movements and what each does to a balance (REQ-5, REQ-7). Pure arithmetic: where a movement is
//! written down, and who may cause it, is decided elsewhere.

use model::Qty;
use model::qty::QtyError;

/// The units of one (SKU, lot, bin). What may be promised is derived by [`Balance::available`] and stored nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// On the shelf.
    pub on_hand: Qty,
    /// Of these, promised to orders in the store.
    pub reserved: Qty,
    /// Of these, blocked for whatever reason. Reserved and blocked units are different ones.
    pub blocked: Qty,
}

impl Balance {
    /// Units that are neither promised nor blocked.
    pub fn available(&self) -> Qty {
        self.on_hand.saturating_sub(self.reserved).saturating_sub(self.blocked)
    }

    /// A balance with these numbers, if reserved and blocked units fit into those on hand.
    pub fn new(on_hand: i64, reserved: i64, blocked: i64) -> Result<Balance, MovementError> {
        let balance = Balance { on_hand: qty(on_hand)?, reserved: qty(reserved)?, blocked: qty(blocked)? };
        let held = i64::from(balance.reserved).saturating_add(i64::from(balance.blocked));
        if held > on_hand {
            return Err(MovementError::Overdrawn { on_hand, held });
        }
        Ok(balance)
    }
}

/// Why a movement cannot happen to a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MovementError {
    /// A number would leave 0..=1,000,000.
    #[error("a balance would become {0}")]
    Range(i64),
    /// More units would be promised and blocked than there are.
    #[error("{held} units would be promised or blocked of {on_hand} on hand")]
    Overdrawn {
        /// Units on hand afterwards.
        on_hand: i64,
        /// Promised and blocked units afterwards.
        held: i64,
    },
}

impl From<QtyError> for MovementError {
    fn from(error: QtyError) -> Self {
        MovementError::Range(error.0)
    }
}

/// A kind of movement (REQ-7). The words stand in the ledger for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Goods came in.
    Received,
    /// Goods left the receiving place for their shelf.
    PutAwayOut,
    /// ... and arrived there.
    PutAwayIn,
    /// Goods left a bin for another one.
    MovedOut,
    /// ... and arrived there.
    MovedIn,
    /// Promised to an order.
    Reserved,
    /// The promise was taken back.
    Released,
    /// Taken from the shelf for an order that had them reserved.
    Picked,
    /// Put back on the shelf by the picker, still reserved.
    PutBack,
    /// Put into a bag; leaves balances as they are.
    Packed,
    /// Left the store in its bag; leaves balances as they are.
    Dispatched,
    /// Came back sellable.
    Returned,
    /// Blocked: broken, leaking, opened.
    Damaged,
    /// Blocked: past its date.
    Expired,
    /// Blocked for another reason (missing on the shelf, cold chain, recall).
    Blocked,
    /// The block was lifted.
    Unblocked,
    /// A count said otherwise: the balance is set.
    Counted,
    /// Left for another store.
    TransferredOut,
    /// Came from another store.
    TransferredIn,
    /// The hub got rights to sell; moves no unit.
    QuotaGranted,
    /// The hub gave rights back; moves no unit.
    QuotaReturned,
}

/// What a kind does to each number: +1, -1 or 0 times the quantity.
struct Signs(i64, i64, i64);

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 21] = [
        Kind::Received,
        Kind::PutAwayOut,
        Kind::PutAwayIn,
        Kind::MovedOut,
        Kind::MovedIn,
        Kind::Reserved,
        Kind::Released,
        Kind::Picked,
        Kind::PutBack,
        Kind::Packed,
        Kind::Dispatched,
        Kind::Returned,
        Kind::Damaged,
        Kind::Expired,
        Kind::Blocked,
        Kind::Unblocked,
        Kind::Counted,
        Kind::TransferredOut,
        Kind::TransferredIn,
        Kind::QuotaGranted,
        Kind::QuotaReturned,
    ];

    /// The word in the ledger.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Received => "received",
            Kind::PutAwayOut => "put_away_out",
            Kind::PutAwayIn => "put_away_in",
            Kind::MovedOut => "moved_out",
            Kind::MovedIn => "moved_in",
            Kind::Reserved => "reserved",
            Kind::Released => "released",
            Kind::Picked => "picked",
            Kind::PutBack => "put_back",
            Kind::Packed => "packed",
            Kind::Dispatched => "dispatched",
            Kind::Returned => "returned",
            Kind::Damaged => "damaged",
            Kind::Expired => "expired",
            Kind::Blocked => "blocked",
            Kind::Unblocked => "unblocked",
            Kind::Counted => "counted",
            Kind::TransferredOut => "transferred_out",
            Kind::TransferredIn => "transferred_in",
            Kind::QuotaGranted => "quota_granted",
            Kind::QuotaReturned => "quota_returned",
        }
    }

    /// The kind of a word; `None` for one of a later version.
    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    const fn signs(self) -> Option<Signs> {
        match self {
            Kind::Received | Kind::PutAwayIn | Kind::MovedIn | Kind::Returned | Kind::TransferredIn => {
                Some(Signs(1, 0, 0))
            }
            Kind::PutAwayOut | Kind::MovedOut | Kind::TransferredOut => Some(Signs(-1, 0, 0)),
            Kind::Reserved => Some(Signs(0, 1, 0)),
            Kind::Released => Some(Signs(0, -1, 0)),
            Kind::Picked => Some(Signs(-1, -1, 0)),
            Kind::PutBack => Some(Signs(1, 1, 0)),
            Kind::Damaged | Kind::Expired | Kind::Blocked => Some(Signs(0, 0, 1)),
            Kind::Unblocked => Some(Signs(0, 0, -1)),
            Kind::Packed | Kind::Dispatched | Kind::QuotaGranted | Kind::QuotaReturned => {
                Some(Signs(0, 0, 0))
            }
            Kind::Counted => None,
        }
    }
}

/// What happens to a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Units move as the kind says.
    By(Kind, Qty),
    /// A count sets the balance ([`Kind::Counted`]).
    To(Balance),
}

impl Change {
    /// The kind, for the ledger.
    pub const fn kind(&self) -> Kind {
        match self {
            Change::By(kind, _) => *kind,
            Change::To(_) => Kind::Counted,
        }
    }

    /// Units, for the ledger; of a count the difference on hand.
    pub fn qty(&self, before: &Balance) -> Qty {
        match self {
            Change::By(_, qty) => *qty,
            Change::To(after) => match after.on_hand.checked_sub(before.on_hand) {
                Some(more) => more,
                None => before.on_hand.saturating_sub(after.on_hand),
            },
        }
    }
}

/// The balance afterwards.
///
/// # Errors
/// When a number would fall below zero, grow above its limit, or more would be held than is there. `By(Counted, _)` is
/// a count without its result: [`MovementError::Range`] with -1.
pub fn apply(before: &Balance, change: &Change) -> Result<Balance, MovementError> {
    let (kind, qty) = match change {
        Change::To(after) => {
            return Balance::new(
                i64::from(after.on_hand),
                i64::from(after.reserved),
                i64::from(after.blocked),
            );
        }
        Change::By(kind, qty) => (*kind, i64::from(*qty)),
    };
    let Signs(on_hand, reserved, blocked) = kind.signs().ok_or(MovementError::Range(-1))?;
    Balance::new(
        i64::from(before.on_hand) + on_hand * qty,
        i64::from(before.reserved) + reserved * qty,
        i64::from(before.blocked) + blocked * qty,
    )
}

fn qty(count: i64) -> Result<Qty, MovementError> {
    Ok(Qty::new(count)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn q(n: i64) -> Qty {
        Qty::new(n).unwrap()
    }

    #[test]
    fn words_are_unique_and_come_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(Kind::from_word("stolen"), None);
    }

    #[test]
    fn the_life_of_a_unit_keeps_the_balance() {
        let mut balance = Balance::default();
        let steps = [
            (Kind::Received, 5, (5, 0, 0)),
            (Kind::Reserved, 2, (5, 2, 0)),
            (Kind::Damaged, 1, (5, 2, 1)),
            (Kind::Picked, 1, (4, 1, 1)),
            (Kind::Packed, 1, (4, 1, 1)),
            (Kind::Released, 1, (4, 0, 1)),
            (Kind::Unblocked, 1, (4, 0, 0)),
        ];
        for (kind, n, (on_hand, reserved, blocked)) in steps {
            balance = apply(&balance, &Change::By(kind, q(n))).unwrap();
            assert_eq!(balance, Balance::new(on_hand, reserved, blocked).unwrap(), "{kind:?}");
        }
        assert_eq!(balance.available(), q(4));
    }

    #[test]
    fn nothing_is_promised_that_is_not_there() {
        let balance = Balance::new(3, 2, 1).unwrap();
        let overdrawn = apply(&balance, &Change::By(Kind::Reserved, q(1)));
        assert_eq!(overdrawn, Err(MovementError::Overdrawn { on_hand: 3, held: 4 }));
        assert!(apply(&balance, &Change::By(Kind::Released, q(3))).is_err());
        assert!(apply(&balance, &Change::By(Kind::MovedOut, q(1))).is_err());
        assert!(apply(&balance, &Change::By(Kind::Counted, q(1))).is_err());
        let full = Balance::new(1_000_000, 0, 0).unwrap();
        assert!(apply(&full, &Change::By(Kind::Received, q(1))).is_err());
    }

    #[test]
    fn a_count_sets_the_balance_and_says_the_difference() {
        let before = Balance::new(7, 1, 0).unwrap();
        let count = Change::To(Balance::new(5, 1, 0).unwrap());
        assert_eq!(count.qty(&before), q(2));
        assert_eq!(apply(&before, &count).unwrap().on_hand, q(5));
    }
}
