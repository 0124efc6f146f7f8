//! Whatever order changes come in, and however often: both sides end with the same view.

use super::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Write {
    Order(u64),
    Counter(u64),
    Moment(u64, usize),
    Picks(u64),
    Rider(u64, i64),
    Commit,
    Exchange(usize),
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        2 => (0..6u64).prop_map(Write::Order),
        1 => (10..13u64).prop_map(Write::Counter),
        4 => (0..13u64, 0..Moment::ALL.len()).prop_map(|(n, m)| Write::Moment(n, m)),
        1 => (0..13u64).prop_map(Write::Picks),
        1 => (0..6u64, 0..4i64).prop_map(|(n, ms)| Write::Rider(n, ms)),
        4 => Just(Write::Commit),
        4 => any::<usize>().prop_map(Write::Exchange),
    ]
}

struct Both {
    hub: Document,
    store: Document,
    to_store: Vec<Vec<u8>>,
    to_hub: Vec<Vec<u8>>,
}

impl Both {
    fn run(&mut self, write: &Write) {
        match *write {
            Write::Order(n) => drop(self.hub.put_order(&order(n), &head(Channel::Online, 1 + n % 4))),
            Write::Counter(n) => drop(self.store.put_order(&order(n), &head(Channel::Counter, 1 + n % 4))),
            Write::Moment(n, m) => {
                let moment = Moment::ALL[m];
                drop(self.hub.put_moment(&order(n), moment, at(m as i64 * 1_000)));
                drop(self.store.put_moment(&order(n), moment, at(m as i64 * 1_000 + 1)));
            }
            Write::Picks(n) => {
                if let Ok(Some(view)) = self.store.order(&order(n))
                    && view.head.lines.len() > 1
                {
                    self.store.put_picks(&order(n), &picks(&view.head)).unwrap();
                }
            }
            Write::Rider(n, ms) => {
                let rider = RiderCard { code: "R-1".into(), name: String::new(), eta_at: at(ms) };
                drop(self.hub.put_rider(&order(n), &rider));
            }
            Write::Commit => {
                self.to_store.extend(self.hub.commit().unwrap());
                self.to_hub.extend(self.store.commit().unwrap());
            }
            // Any change so far, also one that came before, also one too early.
            Write::Exchange(i) => {
                if let Some(n) = i.checked_rem(self.to_store.len()) {
                    self.store.apply_change(&self.to_store[n]).unwrap();
                }
                if let Some(n) = i.checked_rem(self.to_hub.len()) {
                    self.hub.apply_change(&self.to_hub[n]).unwrap();
                }
            }
        }
    }

    fn finish(&mut self, seed: u64) {
        self.run(&Write::Commit);
        let shuffled = |list: &[Vec<u8>]| {
            let mut list: Vec<(u64, Vec<u8>)> = (0u64..)
                .zip(list.iter().cloned())
                .map(|(i, c)| ((i + 1).wrapping_mul(seed | 1), c))
                .collect();
            list.sort();
            list
        };
        for (_, change) in shuffled(&self.to_store) {
            self.store.apply_change(&change).unwrap();
        }
        for (_, change) in shuffled(&self.to_hub) {
            self.hub.apply_change(&change).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn any_order_and_any_repetition_converge(writes in prop::collection::vec(write(), 1..60), seed in any::<u64>()) {
        let mut both = Both {
            hub: orders(Owner::Hub, 1),
            store: orders(Owner::Store, 1),
            to_store: vec![],
            to_hub: vec![],
        };
        for write in &writes {
            both.run(write);
        }
        both.finish(seed);
        prop_assert_eq!((both.hub.waiting(), both.store.waiting()), (0, 0));
        prop_assert_eq!(both.hub.heads(), both.store.heads());
        let views = both.hub.orders().unwrap();
        prop_assert_eq!(&views, &both.store.orders().unwrap());
        prop_assert!(views.iter().all(|(_, view)| view.is_ok()));
    }
}
