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
            demand: None,
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
            demand: None,
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
        demand: None,
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

#[test]
fn rights_beyond_what_is_there_are_wanted_back_and_given_as_far_as_they_are_free() {
    let mut store = StoreQuota::default();
    store.grant(8, 10).unwrap();
    assert_eq!(store.wanted_back(8), 0);
    assert_eq!(store.wanted_back(5), 3);
    let mut hub = HubQuota::default();
    hub.learn_granted(8);
    hub.hold(6).unwrap();
    assert_eq!(hub.due_back(3), 2, "six are held");
    hub.give_back(2).unwrap();
    hub.release(6).unwrap();
    assert_eq!(hub.due_back(3), 1, "the third when the hold is over");
    store.learn_returned(2).unwrap();
    assert_eq!(store.wanted_back(5), 3, "still the same total");
    assert_eq!(store.wanted_back(6), 2, "nothing more than what came back");
}

#[test]
fn a_flash_pool_sells_the_smaller_of_pool_and_live_rights() {
    let mut pool = FlashPool::new(5);
    assert_eq!((pool.available(9), pool.available(3)), (5, 3));
    pool.sell(3, 3).unwrap();
    let refused = pool.sell(3, 9);
    assert_eq!(
        refused,
        Err(QuotaRefusal::NotEnough { wanted: 3, available: 2 }),
        "never available when sold out"
    );
}

#[test]
fn a_weighed_good_reserves_its_upper_tolerance_and_settles_the_actual() {
    assert_eq!(grams_to_reserve(500, 10), Ok(550));
    assert_eq!(grams_to_reserve(333, 10), Ok(367), "rounded up");
    assert_eq!(settle_grams(550, 512), Ok(38));
    assert_eq!(settle_grams(550, 551), Err(QuotaRefusal::NotEnough { wanted: 551, available: 550 }));
    assert_eq!(grams_to_reserve(u64::MAX, 1), Err(QuotaRefusal::Overflow));
}

#[test]
fn rights_never_exceed_what_a_silent_hub_may_hold() {
    let demand = Demand { hub_per_hour: 12.0, counter_per_hour: 3.0 };
    let stock = |on_hand, demand| SkuStock {
        sku: SkuId::new("A-1").unwrap(),
        on_hand,
        reserved: 0,
        quota: StoreQuota::default(),
        suspended: false,
        demand,
    };
    let policy = GrantPolicy::default();
    let most = demand.likely_most(HORIZON_MS);
    for on_hand in 0..400 {
        assert!(stock(on_hand, Some(demand)).target(policy) <= most.max(2), "{on_hand}");
    }
    assert_eq!(stock(400, Some(demand)).target(policy), most);
    assert_eq!(stock(400, None).target(policy), 280, "without a rate a fixed share");
    assert_eq!(
        stock(2, Some(demand)).target(policy),
        2,
        "a small stock goes where the next sale is likelier"
    );
    let counter = Demand { hub_per_hour: 1.0, counter_per_hour: 9.0 };
    assert_eq!(stock(2, Some(counter)).target(policy), 0);
    // The last ten of a good that sells at the counter: what the hub holds beyond need comes back.
    let mut quota = StoreQuota::default();
    quota.grant(9, 10).unwrap();
    let rich = SkuStock { quota, ..stock(10, Some(counter)) };
    assert!(rich.wanted_back(policy) >= 5, "{}", rich.wanted_back(policy));
    assert_eq!(SkuStock { demand: None, ..rich }.wanted_back(policy), 0, "nothing is missing");
}
