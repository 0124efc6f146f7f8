//! Deliberate faults, for the tests that show that the checks can fail. Compiled with feature `mutations` only; a
//! released node has no trace of them.

use super::Engine;

/// A deliberate fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutation {
    /// A repeated command is carried out again.
    SkipIdempotency,
    /// Every fifth group is answered and then rolled back.
    AnswerBeforeCommit,
    /// Lines of one SKU are held against the stock one by one.
    ReserveWithoutSumming,
    /// Units are held of the lot that expires last.
    NewestLotFirst,
    /// Of some orders the hub is never told what was picked.
    DropPicks,
    /// The store takes an online order's units back when nobody picks it for a while.
    ReleaseOnlineByClock,
    /// A restored store promises as if nothing had happened.
    NoFence,
    /// A restored store opens what it has counted, without the hub's word.
    NoWord,
    /// A restored store picks what it learns again.
    PickUnknown,
    /// Customers are told "short" while an order with the same goods is UNKNOWN.
    ShortWhileUnknown,
    /// What an older generation of the hub may have sold counts as given back.
    FreeOldRights,
    /// Rights are granted from lots that do not outlive the horizon.
    GrantFromDying,
    /// Rights that nothing stands behind any more are not wanted back.
    NeverWantBack,
    /// A substitute takes what the hub may sell.
    SubstituteFromRights,
}

impl Engine {
    /// Turns a fault on.
    pub fn mutate(&mut self, mutation: Mutation) {
        self.parts.mutations.insert(mutation);
    }
}
