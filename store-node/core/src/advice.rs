//! The safest thing to do now with the link to the hub as it is (REQ-38). One word; the screens have its sentence.

/// What a manager should have the floor do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Nothing out of the ordinary.
    AllWell,
    /// The hub is out of reach: first what customers were promised, then the counter.
    FinishPromised,
    /// The hub is out of reach, and nothing that was promised is left: sell at the counter.
    CounterOnly,
}

/// What the advice depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// The hub is there.
    pub online: bool,
    /// Online orders that have not left.
    pub promised: u32,
}

impl Advice {
    /// The safest action in a situation.
    pub const fn of(now: Situation) -> Self {
        match (now.online, now.promised) {
            (true, _) => Self::AllWell,
            (false, 0) => Self::CounterOnly,
            (false, _) => Self::FinishPromised,
        }
    }

    /// Its stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AllWell => "all_well",
            Self::FinishPromised => "finish_promised",
            Self::CounterOnly => "counter_only",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_promised_comes_before_the_counter() {
        let word = |online, promised| Advice::of(Situation { online, promised }).word();
        assert_eq!(word(true, 3), "all_well");
        assert_eq!(word(false, 3), "finish_promised");
        assert_eq!(word(false, 0), "counter_only");
    }
}
