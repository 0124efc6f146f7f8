//! Rules that tests break on purpose, to show that the checks of the simulation notice (issue A, 11). Without the feature
//! `mutations` there is only `None`, and the compiler removes every question.

/// Which rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mutation {
    /// None.
    #[default]
    None,
    /// A repeated command is done again.
    #[cfg(feature = "mutations")]
    SkipIdempotency,
    /// The batch is answered and then forgotten.
    #[cfg(feature = "mutations")]
    AnswerBeforeCommit,
    /// A hold replaces what is held instead of adding to it.
    #[cfg(feature = "mutations")]
    ReserveWithoutSumming,
    /// A restored hub gives its word before what it has forgotten is back.
    #[cfg(feature = "mutations")]
    WordAtOnce,
    /// A checkout that waits for its payment outlives the epoch or generation it holds units of.
    #[cfg(feature = "mutations")]
    HoldsOutliveTerms,
    /// A restored hub goes on with the rights of its older life.
    #[cfg(feature = "mutations")]
    KeepRights,
    /// What a store wants back is sold on.
    #[cfg(feature = "mutations")]
    KeepWanted,
}

impl Mutation {
    /// Whether a repeated command is done again.
    pub const fn skips_idempotency(self) -> bool {
        #[cfg(feature = "mutations")]
        return matches!(self, Mutation::SkipIdempotency);
        #[cfg(not(feature = "mutations"))]
        false
    }

    /// Whether the batch is answered and then forgotten.
    pub const fn answers_before_commit(self) -> bool {
        #[cfg(feature = "mutations")]
        return matches!(self, Mutation::AnswerBeforeCommit);
        #[cfg(not(feature = "mutations"))]
        false
    }

    /// Whether a hold replaces what is held.
    pub const fn reserves_without_summing(self) -> bool {
        #[cfg(feature = "mutations")]
        return matches!(self, Mutation::ReserveWithoutSumming);
        #[cfg(not(feature = "mutations"))]
        false
    }

    /// Whether the word is given before the log is whole.
    pub const fn gives_word_at_once(self) -> bool {
        #[cfg(feature = "mutations")]
        return matches!(self, Mutation::WordAtOnce);
        #[cfg(not(feature = "mutations"))]
        false
    }

    /// Whether holds outlive their terms.
    pub const fn keeps_holds(self) -> bool {
        #[cfg(feature = "mutations")]
        return matches!(self, Mutation::HoldsOutliveTerms);
        #[cfg(not(feature = "mutations"))]
        false
    }

    /// Whether a restored hub keeps its generation.
    pub const fn keeps_rights(self) -> bool {
        #[cfg(feature = "mutations")]
        return matches!(self, Mutation::KeepRights);
        #[cfg(not(feature = "mutations"))]
        false
    }

    /// Whether rights that are wanted back are kept.
    pub const fn keeps_wanted(self) -> bool {
        #[cfg(feature = "mutations")]
        return matches!(self, Mutation::KeepWanted);
        #[cfg(not(feature = "mutations"))]
        false
    }
}
