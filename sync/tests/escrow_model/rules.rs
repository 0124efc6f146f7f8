//! The rules that can be taken out one by one, and how large a world is.

/// A rule of SYNC.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A restored store neither grants nor sells before it was counted and the hub's word came.
    Fence,
    /// That word must be the hub's list of all it sold under the old epoch; a count alone does not open.
    HubAcknowledges,
    /// A store that was restored is counted before it opens; the hub's word alone does not open.
    Count,
    /// An order is applied once, however often it comes.
    IdempotentOrders,
    /// Rights come back only by the hub's own word, never because time has passed.
    NoLeases,
    /// Rights of a lost generation stay blocked.
    OldGenerationBlocked,
    /// The hub sells only from rights of the current epoch and generation.
    CurrentRightsOnly,
    /// What a restored store learns again is UNKNOWN: nobody picks it before a person has looked.
    UnknownIsNotPicked,
    /// What the hub sold never falls: a cancelled order frees nothing at the hub.
    SoldNeverFalls,
    /// A grant is made from what is free, not from what is on hand.
    GrantFromFree,
    /// The counter sells from what is free.
    CounterFromFree,
    /// Shorts are taken only against a counted shrink.
    ShortsAreCounted,
    /// A restored hub gives its word only when the orders it lost are back from the gateway's log.
    WordNeedsWholeLog,
    /// A deficit that was open before a restore is void: the count writes it down anew.
    DeficitIsCountedAnew,
    /// While an order is UNKNOWN its units may or may not be missing: nobody is told "short" before it is resolved.
    ShortsWaitForUnknown,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Rule; 15] = [
        Rule::Fence,
        Rule::HubAcknowledges,
        Rule::Count,
        Rule::IdempotentOrders,
        Rule::NoLeases,
        Rule::OldGenerationBlocked,
        Rule::CurrentRightsOnly,
        Rule::UnknownIsNotPicked,
        Rule::SoldNeverFalls,
        Rule::GrantFromFree,
        Rule::CounterFromFree,
        Rule::ShortsAreCounted,
        Rule::WordNeedsWholeLog,
        Rule::DeficitIsCountedAnew,
        Rule::ShortsWaitForUnknown,
    ];
}

/// How much may happen in a world.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bounds {
    /// Units received at the beginning.
    pub units: u8,
    /// Orders the hub can make.
    pub orders: u8,
    /// Sales at the counter.
    pub local: u8,
    /// Restores of the store.
    pub store_restores: u8,
    /// Restores of the hub.
    pub hub_restores: u8,
    /// Units that vanish from the shelf.
    pub shrinks: u8,
    /// Cancellations.
    pub cancels: u8,
    /// Rights the hub gives back.
    pub returns: u8,
}
