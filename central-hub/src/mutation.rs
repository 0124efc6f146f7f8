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
}

impl Mutation {
    /// Whether a repeated command is done again.
    pub const fn skips_idempotency(self) -> bool {
        match self {
            Mutation::None => false,
            #[cfg(feature = "mutations")]
            Mutation::SkipIdempotency => true,
            #[cfg(feature = "mutations")]
            Mutation::AnswerBeforeCommit | Mutation::ReserveWithoutSumming => false,
        }
    }

    /// Whether the batch is answered and then forgotten.
    pub const fn answers_before_commit(self) -> bool {
        match self {
            Mutation::None => false,
            #[cfg(feature = "mutations")]
            Mutation::AnswerBeforeCommit => true,
            #[cfg(feature = "mutations")]
            Mutation::SkipIdempotency | Mutation::ReserveWithoutSumming => false,
        }
    }

    /// Whether a hold replaces what is held.
    pub const fn reserves_without_summing(self) -> bool {
        match self {
            Mutation::None => false,
            #[cfg(feature = "mutations")]
            Mutation::ReserveWithoutSumming => true,
            #[cfg(feature = "mutations")]
            Mutation::SkipIdempotency | Mutation::AnswerBeforeCommit => false,
        }
    }
}
