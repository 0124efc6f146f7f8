//! The escrow under every interleaving proptest finds: a store and a hub with one SKU, messages lost, repeated and out
//! of order. The invariants are checked after each step; three broken rules show that they can fail.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use model::id::SkuId;
use proptest::prelude::*;

/// What may go wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    Nothing,
    /// The store takes a repeated order twice.
    OrderTwice,
    /// The counter sells what the hub may sell.
    CounterIgnoresRights,
    /// The hub sells again what a cancelled order had.
    ResellCancelled,
}

#[derive(Debug, Clone)]
enum Step {
    Receive(u64),
    Tick,
    CounterSale(u64),
    HubHears(usize),
    Hold(u64),
    Release(u64),
    Sell(u64),
    GiveBack(u64),
    CancelAtHub(usize),
    StoreHearsOrder(usize),
    StoreHearsReturn(usize),
    Ship(usize),
    CancelAtStore(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (1..6u64).prop_map(Step::Receive),
        3 => Just(Step::Tick),
        1 => (1..4u64).prop_map(Step::CounterSale),
        4 => any::<usize>().prop_map(Step::HubHears),
        2 => (1..4u64).prop_map(Step::Hold),
        1 => (1..4u64).prop_map(Step::Release),
        2 => (1..4u64).prop_map(Step::Sell),
        1 => (1..3u64).prop_map(Step::GiveBack),
        1 => any::<usize>().prop_map(Step::CancelAtHub),
        3 => any::<usize>().prop_map(Step::StoreHearsOrder),
        2 => any::<usize>().prop_map(Step::StoreHearsReturn),
        1 => any::<usize>().prop_map(Step::Ship),
        1 => any::<usize>().prop_map(Step::CancelAtStore),
    ]
}

#[derive(Debug, Default)]
struct World {
    received: u64,
    on_hand: u64,
    reserved: u64,
    promised: u64,
    store: StoreQuota,
    hub: HubQuota,
    grants_sent: Vec<u64>,
    returns_sent: Vec<u64>,
    orders: Vec<u64>,
    taken: BTreeMap<usize, u64>,
    ended: BTreeSet<usize>,
}

fn pick(list: &[u64], at: usize) -> Option<(usize, u64)> {
    let i = at.checked_rem(list.len())?;
    Some((i, list[i]))
}

impl World {
    fn unreserved(&self) -> u64 {
        self.on_hand.saturating_sub(self.reserved)
    }

    fn tick(&mut self) {
        let stock = SkuStock {
            sku: SkuId::new("A-1").unwrap(),
            on_hand: self.on_hand,
            reserved: self.reserved,
            quota: self.store,
            suspended: false,
        };
        for grant in plan_grants(GrantPolicy::default(), &[stock]) {
            self.store.grant(grant.units, self.unreserved()).unwrap();
        }
        self.grants_sent.push(self.store.granted());
    }

    fn run(&mut self, step: &Step, broken: Broken) -> Result<(), QuotaRefusal> {
        match *step {
            Step::Receive(n) => {
                self.on_hand += n;
                self.received += n;
            }
            Step::Tick => self.tick(),
            Step::CounterSale(n) => self.counter_sale(n, broken),
            Step::HubHears(at) => {
                if let Some((_, total)) = pick(&self.grants_sent, at) {
                    self.hub.learn_granted(total);
                }
            }
            Step::Hold(n) => drop(self.hub.hold(n)),
            Step::Release(n) => drop(self.hub.release(n)),
            Step::Sell(n) => {
                if self.hub.sell(n).is_ok() {
                    self.orders.push(n);
                    self.promised += n;
                }
            }
            Step::GiveBack(n) => {
                if self.hub.give_back(n).is_ok() {
                    self.returns_sent.push(self.hub.returned());
                }
            }
            Step::CancelAtHub(at) => self.cancel_at_hub(at, broken)?,
            Step::StoreHearsOrder(at) => {
                if let Some((id, n)) = pick(&self.orders, at)
                    && (!self.taken.contains_key(&id) || broken == Broken::OrderTwice)
                {
                    self.store.take_order(n)?;
                    self.taken.insert(id, n);
                    self.reserved += n;
                }
            }
            Step::StoreHearsReturn(at) => {
                if let Some((_, total)) = pick(&self.returns_sent, at) {
                    self.store.learn_returned(total)?;
                }
            }
            Step::Ship(at) => {
                if let Some(n) = self.end(at) {
                    self.reserved -= n;
                    self.on_hand -= n;
                }
            }
            Step::CancelAtStore(at) => {
                if let Some(n) = self.end(at) {
                    self.reserved -= n;
                    self.promised -= n;
                }
            }
        }
        Ok(())
    }

    fn counter_sale(&mut self, units: u64, broken: Broken) {
        let free = match broken {
            Broken::CounterIgnoresRights => self.unreserved(),
            Broken::Nothing | Broken::OrderTwice | Broken::ResellCancelled => {
                self.store.grantable(self.unreserved())
            }
        };
        if units <= free {
            self.on_hand -= units;
            self.promised += units;
        }
    }

    /// Only a request: the hub's ledger does not move, unless the rule is broken.
    fn cancel_at_hub(&mut self, at: usize, broken: Broken) -> Result<(), QuotaRefusal> {
        if let (Broken::ResellCancelled, Some((_, n))) = (broken, pick(&self.orders, at)) {
            let (seen, returned, held) = (self.hub.granted_seen(), self.hub.returned(), self.hub.held());
            self.hub = HubQuota::from_counts(seen, returned, held, self.hub.sold().saturating_sub(n))?;
        }
        Ok(())
    }

    fn end(&mut self, at: usize) -> Option<u64> {
        let open: Vec<usize> = self.taken.keys().filter(|id| !self.ended.contains(id)).copied().collect();
        let id = open[at.checked_rem(open.len())?];
        self.ended.insert(id);
        self.taken.get(&id).copied()
    }

    fn check(&self) -> Result<(), String> {
        let hub_used = self.hub.sold() + self.hub.returned();
        let rules = [
            ("I1", self.reserved + self.store.outstanding() <= self.on_hand),
            ("I2", hub_used <= self.hub.granted_seen() && self.hub.granted_seen() <= self.store.granted()),
            ("I3", self.promised <= self.received),
        ];
        match rules.iter().find(|(_, holds)| !holds) {
            Some((name, _)) => Err(format!("{name} broken: {self:?}")),
            None => Ok(()),
        }
    }
}

fn violated(steps: &[Step], broken: Broken) -> Option<String> {
    let mut world = World::default();
    for step in steps {
        if let Err(refusal) = world.run(step, broken) {
            return Some(format!("{refusal} at {step:?}"));
        }
        if let Err(why) = world.check() {
            return Some(why);
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn invariants_hold_whatever_is_lost_repeated_or_late(steps in prop::collection::vec(step(), 1..80)) {
        prop_assert_eq!(violated(&steps, Broken::Nothing), None);
    }
}

#[test]
fn each_broken_rule_is_caught() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    for broken in [Broken::OrderTwice, Broken::CounterIgnoresRights, Broken::ResellCancelled] {
        let mut runner = TestRunner::deterministic();
        let strategy = prop::collection::vec(step(), 40..80);
        let caught = (0..500).any(|_| {
            let steps = strategy.new_tree(&mut runner).unwrap().current();
            violated(&steps, broken).is_some()
        });
        assert!(caught, "{broken:?} was not caught");
    }
}

#[test]
fn the_share_follows_the_documented_rounding() {
    let grant = |on_hand, last_unit| {
        let stock = SkuStock {
            sku: SkuId::new("A-1").unwrap(),
            on_hand,
            reserved: 0,
            quota: StoreQuota::default(),
            suspended: false,
        };
        let policy = GrantPolicy { last_unit, ..GrantPolicy::default() };
        plan_grants(policy, &[stock]).first().map_or(0, |g| g.units)
    };
    let hub: Vec<u64> = [0, 1, 3, 4, 10].map(|n| grant(n, LastUnit::Hub)).to_vec();
    let counter: Vec<u64> = [0, 1, 3, 4, 10].map(|n| grant(n, LastUnit::Counter)).to_vec();
    assert_eq!(hub, [0, 1, 3, 3, 7]);
    assert_eq!(counter, [0, 0, 2, 2, 7]);
}

#[test]
fn a_suspended_sku_gets_nothing_and_shrunk_stock_does_not_underflow() {
    let mut stock = SkuStock {
        sku: SkuId::new("A-1").unwrap(),
        on_hand: 10,
        reserved: 0,
        quota: StoreQuota::default(),
        suspended: true,
    };
    assert_eq!(plan_grants(GrantPolicy::default(), &[stock.clone()]), vec![]);
    stock.suspended = false;
    stock.quota.grant(7, 10).unwrap();
    stock.on_hand = 3;
    stock.reserved = 5;
    assert_eq!(plan_grants(GrantPolicy::default(), &[stock.clone()]), vec![]);
    assert_eq!(stock.quota.grant(1, 0), Err(QuotaRefusal::NotFree { wanted: 1, grantable: 0 }));
    assert_eq!(stock.quota.take_order(8), Err(QuotaRefusal::BeyondGrant { used: 8, granted: 7 }));
    assert_eq!(stock.quota.outstanding(), 7);
}
