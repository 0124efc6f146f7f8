//! One state of the small world, what can happen in it, and what must hold. Nothing is explored here.
//!
//! Every message that was ever sent may be delivered at any time, again, or never; so the net is only the highest number
//! published of each cumulative field, and the set of orders that exist.

use crate::rules::{Bounds, Rule};
use sync::quota::{HubQuota, StoreQuota};

/// Epochs and generations that can exist.
const TERMS: usize = 2;
/// Orders that can exist.
const ORDERS: usize = 3;

/// Cumulative counts of one (epoch, generation) at the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Ledger {
    granted: u8,
    returned: u8,
    seen: u8,
}

/// Cumulative counts of one (epoch, generation) at the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Rights {
    granted: u8,
    returned: u8,
    sold: u8,
}

/// Where an order stands at the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum At {
    #[default]
    Unheard,
    Accepted,
    /// Learnt again after a restore: its end is not known.
    Unknown,
    Closed,
}

/// What the store's database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Store {
    epoch: u8,
    generation: u8,
    hand: u8,
    deficit: u8,
    fenced: bool,
    counted: bool,
    acknowledged: bool,
    ledgers: [[Ledger; TERMS]; TERMS],
    orders: [At; ORDERS],
}

/// What the hub's database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Hub {
    rights: [[Rights; TERMS]; TERMS],
    knows: [bool; ORDERS],
}

/// One state: two databases, their backups, the net, and the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct State {
    store: Store,
    store_backup: Store,
    hub: Hub,
    hub_backup: Hub,
    hub_epoch: u8,
    hub_generation: u8,
    /// The hub has every order it ever sold.
    hub_log_whole: bool,
    /// Highest cumulative grant and return that was ever published, by (epoch, generation).
    granted: [[u8; TERMS]; TERMS],
    returned: [[u8; TERMS]; TERMS],
    /// The hub's word on the store's new epoch: which orders it names.
    word: Option<[bool; ORDERS]>,
    /// The closing of the hub's lost generation was published.
    closing: bool,
    /// Orders that exist, by the rights they were sold from.
    sold: [Option<(u8, u8)>; ORDERS],
    cancel_asked: [bool; ORDERS],
    // The truth, which no restore changes.
    physical: u8,
    shipped: [u8; ORDERS],
    shorted: [bool; ORDERS],
    cancelled: [bool; ORDERS],
    local: u8,
    shrunk: u8,
    store_restores: u8,
    hub_restores: u8,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    StoreGrants,
    HubHearsGrant { epoch: u8, generation: u8, total: u8 },
    HubSells { epoch: u8, generation: u8 },
    StoreHearsOrder(usize),
    CounterSells,
    StoreShips(usize),
    UnitVanishes,
    StoreShorts(usize),
    CustomerCancels(usize),
    StoreCancels(usize),
    HubGivesBack,
    StoreHearsReturn { generation: u8, total: u8 },
    StoreTakesRightsBack,
    StoreBackup,
    StoreRestored,
    StoreCounted,
    StoreHearsWord,
    PersonResolves(usize),
    StoreOpens,
    HubBackup,
    HubRestored,
    StoreHearsGeneration,
    HubLogRecovered,
    StoreHearsClosing,
}

impl State {
    /// The first state: units on hand, nothing granted.
    pub fn new(bounds: &Bounds) -> Self {
        let store = Store { hand: bounds.units, ..Store::default() };
        Self { store, store_backup: store, physical: bounds.units, hub_log_whole: true, ..Self::default() }
    }

    /// Everything that can happen next, with what it leads to. `out` is the rule that does not hold.
    pub fn next(&self, bounds: &Bounds, out: Option<Rule>) -> Vec<(Step, State)> {
        let mut found = Vec::new();
        let mut add = |step, state: Option<State>| found.extend(state.map(|state| (step, state)));
        add(Step::StoreGrants, self.grants(bounds, out));
        add(Step::CounterSells, self.counter_sells(bounds, out));
        add(Step::UnitVanishes, self.vanishes(bounds));
        add(Step::HubGivesBack, self.gives_back(bounds));
        add(Step::StoreTakesRightsBack, self.takes_back(out));
        add(Step::StoreBackup, self.store_backup(bounds));
        add(Step::StoreRestored, self.store_restored(bounds, out));
        add(Step::StoreCounted, self.counted());
        add(Step::StoreHearsWord, self.hears_word());
        add(Step::StoreOpens, self.opens(out));
        add(Step::HubBackup, self.hub_backup(bounds));
        add(Step::HubRestored, self.hub_restored(bounds));
        add(Step::StoreHearsGeneration, self.hears_generation());
        add(Step::HubLogRecovered, self.log_recovered(out));
        add(Step::StoreHearsClosing, self.hears_closing());
        for order in 0..ORDERS {
            add(Step::StoreHearsOrder(order), self.hears_order(order, out));
            add(Step::StoreShips(order), self.ships(order, out));
            add(Step::StoreShorts(order), self.shorts(order, out));
            add(Step::CustomerCancels(order), self.customer_cancels(order, bounds, out));
            add(Step::StoreCancels(order), self.store_cancels(order));
            add(Step::PersonResolves(order), self.resolves(order));
        }
        for (e, g) in (0..2_u8).flat_map(|e| (0..2_u8).map(move |g| (e, g))) {
            add(Step::HubSells { epoch: e, generation: g }, self.sells(bounds, (e, g), out));
            for total in 1..=self.granted[usize::from(e)][usize::from(g)] {
                let step = Step::HubHearsGrant { epoch: e, generation: g, total };
                add(step, self.hub_hears((e, g), total, out));
            }
        }
        for g in 0..2_u8 {
            for total in 1..=self.returned[usize::from(self.store.epoch)][usize::from(g)] {
                add(Step::StoreHearsReturn { generation: g, total }, self.hears_return(g, total));
            }
        }
        found
    }

    /// The invariant of SYNC.md that does not hold here, if any.
    pub fn broken(&self) -> Option<&'static str> {
        let unknown = self.store.orders.contains(&At::Unknown);
        let settled = !self.store.fenced && !unknown;
        let promises = usize::from(self.local) + self.open_promises();
        let shorts = self.shorted.iter().filter(|short| **short).count();
        let over_rights = (0..TERMS).any(|e| {
            (0..TERMS).any(|g| {
                let sold = self.sold.iter().flatten().filter(|at| **at == (e as u8, g as u8)).count();
                sold + usize::from(self.returned[e][g]) > usize::from(self.granted[e][g])
            })
        });
        let stock = usize::from(self.physical) + usize::from(self.local) + usize::from(self.shrunk);
        let received = stock + self.shipped.iter().map(|n| usize::from(*n)).sum::<usize>();
        let rules = [
            ("I1", settled && self.need() > u32::from(self.store.hand) + u32::from(self.store.deficit)),
            ("I2", over_rights),
            ("I3", promises > received),
            ("I4", shorts > usize::from(self.shrunk)),
            ("I5", self.shipped.iter().any(|times| *times > 1)),
        ];
        rules.into_iter().find(|(_, broken)| *broken).map(|(name, _)| name)
    }

    fn open_promises(&self) -> usize {
        let kept =
            |order: &usize| self.sold[*order].is_some() && !self.shorted[*order] && !self.cancelled[*order];
        (0..ORDERS).filter(kept).count()
    }

    /// Units reserved, and out as rights of this epoch.
    fn need(&self) -> u32 {
        self.reserved() + self.outstanding(None)
    }

    fn reserved(&self) -> u32 {
        let holds = |at: &&At| matches!(at, At::Accepted | At::Unknown);
        self.store.orders.iter().filter(holds).count() as u32
    }

    fn outstanding(&self, out: Option<Rule>) -> u32 {
        let ledgers = &self.store.ledgers[usize::from(self.store.epoch)];
        let blocked =
            |g: usize| out != Some(Rule::OldGenerationBlocked) || g == usize::from(self.store.generation);
        ledgers
            .iter()
            .enumerate()
            .filter(|(g, _)| blocked(*g))
            .map(|(_, l)| store_quota(*l).outstanding() as u32)
            .sum()
    }

    fn free(&self, out: Option<Rule>) -> u32 {
        u32::from(self.store.hand).saturating_sub(self.reserved() + self.outstanding(out))
    }

    fn open_for_business(&self, out: Option<Rule>) -> bool {
        !self.store.fenced || out == Some(Rule::Fence)
    }
}

fn store_quota(ledger: Ledger) -> StoreQuota {
    StoreQuota::from_counts(ledger.granted.into(), ledger.returned.into(), ledger.seen.into()).unwrap()
}

fn hub_quota(rights: Rights) -> HubQuota {
    HubQuota::from_counts(rights.granted.into(), rights.returned.into(), 0, rights.sold.into()).unwrap()
}

// The paths are given, because the walk over the real code reads this file from another folder.
#[path = "world/hub_steps.rs"]
mod hub_steps;
#[path = "world/restore_steps.rs"]
mod restore_steps;
#[path = "world/seen.rs"]
mod seen;
#[path = "world/store_steps.rs"]
mod store_steps;

pub use seen::Seen;
