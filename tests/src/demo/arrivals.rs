//! How long orders took from the hub's word to a handheld's screen: the moments of both databases beside what handhelds
//! showed. Each order and each screen is looked at once, however long the demo ran.

use super::books::{Books, MomentsOf, moments};
use super::cuts::Cuts;
use super::diary::{Pages, Screen};
use anyhow::Result;
use model::{OrderId, Timestamp};
use std::collections::BTreeMap;

/// From the hub's word to a handheld's screen.
#[derive(Debug, Default)]
pub struct Arrivals {
    /// Milliseconds, for orders that were confirmed while the store could be heard.
    pub ms: Vec<f64>,
    /// Orders confirmed while it could not: they came when the cut was over.
    pub waited_for_cut: u32,
    /// Orders that no handheld showed.
    pub unseen: u32,
}

impl Arrivals {
    /// Of the orders of this run: from the hub's confirmation to the first screen of their store that has the order in
    /// hand, or counts it among those that wait.
    pub fn of(books: &Books, pages: &Pages, cuts: &Cuts, begun: Timestamp) -> Result<Self> {
        let (mut all, hub) = (Self::default(), moments(&books.hub)?);
        for (name, store) in &books.stores {
            let (here, screens) = (moments(store)?, Screens::of(name, pages));
            for (order, _) in pages.placed.iter().filter(|(_, placed)| placed.store == *name) {
                let Some(confirmed) = at(&hub, order, "cf").filter(|at| *at >= begun) else { continue };
                if cuts.off(name, confirmed) {
                    all.waited_for_cut += 1;
                    continue;
                }
                match screens.first(order, at(&here, order, "ac")) {
                    Some(screen) => all.ms.push(screen.at.since_ms(confirmed) as f64),
                    None => all.unseen += 1,
                }
            }
        }
        Ok(all)
    }
}

fn at(side: &MomentsOf, order: &OrderId, word: &str) -> Option<Timestamp> {
    side.get(order.as_bytes().as_slice())?.get(word).map(|ms| Timestamp::from_ms(*ms))
}

/// What the handhelds of one store showed, in the order in which it came.
struct Screens<'a> {
    all: Vec<&'a Screen>,
    /// Where an order is in hand for the first time.
    in_hand: BTreeMap<OrderId, usize>,
    /// For each place, the newest waiting order of all screens up to it: it never falls, so it can be searched.
    newest: Vec<Option<Timestamp>>,
}

impl<'a> Screens<'a> {
    fn of(store: &str, pages: &'a Pages) -> Self {
        let all: Vec<&Screen> = pages.screens.iter().filter(|screen| screen.store == store).collect();
        let (mut in_hand, mut newest, mut so_far) = (BTreeMap::new(), Vec::with_capacity(all.len()), None);
        for (place, screen) in all.iter().enumerate() {
            if let Some(order) = screen.order {
                in_hand.entry(order).or_insert(place);
            }
            so_far = so_far.max(screen.newest);
            newest.push(so_far);
        }
        Self { all, in_hand, newest }
    }

    /// The first that shows an order which its store accepted then, as [`Screen::shows`] has it.
    fn first(&self, order: &OrderId, accepted: Option<Timestamp>) -> Option<&'a Screen> {
        let waits = accepted.map(|at| self.newest.partition_point(|newest| *newest < Some(at)));
        let place = self.in_hand.get(order).copied().into_iter().chain(waits).min()?;
        self.all.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Screens;
    use crate::demo::diary::{Pages, Screen};
    use model::{OrderId, Timestamp};

    fn order(n: u128) -> OrderId {
        OrderId::new(Timestamp::from_ms(1), n)
    }

    /// Screens of two stores that come and go: orders in hand twice, and orders that wait and are taken.
    fn pages() -> Pages {
        let screen = |at: i64| Screen {
            store: if at % 3 == 0 { "s2" } else { "s1" }.to_owned(),
            at: Timestamp::from_ms(at),
            order: (at % 4 == 1).then(|| order((at as u128 / 8) % 5)),
            newest: (at % 5 != 2).then(|| Timestamp::from_ms((at * 7) % 40)),
        };
        Pages { screens: (0..60).map(screen).collect(), ..Pages::default() }
    }

    #[test]
    fn the_search_finds_the_screen_that_a_look_at_each_would_find() {
        let pages = pages();
        let mut found = 0;
        for store in ["s1", "s2", "s3"] {
            let screens = Screens::of(store, &pages);
            for n in 0..7 {
                for accepted in (-1..45).map(|ms| (ms >= 0).then(|| Timestamp::from_ms(ms))) {
                    let shows = |s: &&Screen| s.store == store && s.shows(&order(n), accepted);
                    let one_by_one = pages.screens.iter().find(shows).map(|screen| screen.at);
                    let searched = screens.first(&order(n), accepted).map(|screen| screen.at);
                    assert_eq!(searched, one_by_one, "{store} {n} {accepted:?}");
                    found += u32::from(searched.is_some());
                }
            }
        }
        assert!(found > 100, "{found}");
    }
}
