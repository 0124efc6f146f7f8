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
    /// The store is fenced: it promises nothing before its shelves are counted.
    CountShelves,
    /// Another machine has taken this one's place.
    SwitchOff,
}

/// Whether this machine may promise anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It sells as ever, or what a manager has opened in an emergency.
    Open,
    /// It came from a backup, and is being counted.
    Fenced,
    /// Another machine is the store now.
    Superseded,
}

/// What the advice depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// The hub is there.
    pub online: bool,
    /// Online orders that have not left.
    pub promised: u32,
    /// Whether this machine may promise anything.
    pub standing: Standing,
}

impl Advice {
    /// The safest action in a situation.
    pub const fn of(now: Situation) -> Self {
        match (now.standing, now.online, now.promised) {
            (Standing::Superseded, _, _) => Self::SwitchOff,
            (Standing::Fenced, _, _) => Self::CountShelves,
            (Standing::Open, true, _) => Self::AllWell,
            (Standing::Open, false, 0) => Self::CounterOnly,
            (Standing::Open, false, _) => Self::FinishPromised,
        }
    }

    /// Its stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AllWell => "all_well",
            Self::FinishPromised => "finish_promised",
            Self::CounterOnly => "counter_only",
            Self::CountShelves => "count_shelves",
            Self::SwitchOff => "switch_off",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_promised_comes_before_the_counter() {
        let standing = Standing::Open;
        let word = |online, promised| Advice::of(Situation { online, promised, standing }).word();
        assert_eq!(word(true, 3), "all_well");
        assert_eq!(word(false, 3), "finish_promised");
        assert_eq!(word(false, 0), "counter_only");
    }

    /// A store that may promise nothing is never told to sell, whatever the link is like.
    #[test]
    fn a_store_that_may_not_sell_is_not_told_to() {
        for (online, promised) in [(true, 0), (true, 3), (false, 0), (false, 3)] {
            let word = |standing| Advice::of(Situation { online, promised, standing }).word();
            assert_eq!(word(Standing::Fenced), "count_shelves");
            assert_eq!(word(Standing::Superseded), "switch_off");
        }
    }
}
