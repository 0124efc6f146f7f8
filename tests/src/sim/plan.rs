//! What a run is made of: size, weather and misfortunes, all drawn from the seed. Draws only; nothing happens here.

use super::net::Weather;
use crate::people::picker::Habits;
use model::Timestamp;
use model::time::{HOUR_MS, MINUTE_MS};
use rand::Rng;
use rand::rngs::SmallRng;

/// What a person asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The seed: everything else follows from it.
    pub seed: u64,
    /// Hours of trade; a quiet end follows.
    pub hours: f64,
    /// Stores.
    pub stores: usize,
    /// A rule to break on purpose.
    pub mutation: Option<Mutation>,
    /// How often everything is looked at.
    pub looks: Looks,
}

/// How often everything is looked at. What a commit did is judged after each, whichever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// Every so many events: as many seeds as there is time for.
    Usual,
    /// After every event: all balances, all open orders, and everything that was ever acknowledged.
    EveryEvent,
}

impl Options {
    /// A seed of the short campaign that every test run goes through.
    pub const fn short(seed: u64) -> Self {
        Self {
            seed,
            hours: 0.2,
            stores: if seed.is_multiple_of(4) { 2 } else { 1 },
            mutation: None,
            looks: Looks::Usual,
        }
    }
}

/// A rule broken on purpose, to see that a check notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// At the stores.
    Store(store_node::engine::Mutation),
    /// At the hub.
    Hub(central_hub::mutation::Mutation),
}

/// How often things go wrong, in thousandths of what could go wrong.
#[derive(Debug, Clone, Copy)]
pub struct Luck {
    /// The process dies before a command is taken up.
    pub crash_before: u32,
    /// The process dies after the commit and before the answer.
    pub crash_after: u32,
    /// An answer is lost on its way to the person.
    pub answer_lost: u32,
    /// A command goes out twice.
    pub twice: u32,
    /// A machine that died comes up without a change of the other side.
    pub forgets: u32,
}

/// One run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// When it begins, UTC; every third run crosses midnight of the stores.
    pub start: Timestamp,
    /// How long people trade, milliseconds.
    pub trade_ms: i64,
    /// How long everything may take to come to rest afterwards, milliseconds.
    pub rest_ms: i64,
    /// The uplinks' quality.
    pub weather: Weather,
    /// Misfortunes of commands.
    pub luck: Luck,
    /// Pickers' errors.
    pub habits: Habits,
    /// Customers.
    pub customers: usize,
    /// Riders.
    pub riders: usize,
    /// Pickers of each store.
    pub pickers: usize,
    /// How many times slower the machines' own timers run: a long day must not be all ticks.
    pub slowness: i64,
    /// Milliseconds between misfortunes of the machines (cuts, clock steps, slow disks, warm cold rooms).
    pub misfortune_ms: i64,
}

/// 2026-11-21 00:00 in Bengaluru.
const MIDNIGHT: i64 = 1_795_199_400_000;

impl Plan {
    /// Draws a plan.
    pub fn draw(options: &Options, rng: &mut SmallRng) -> Self {
        let trade_ms = (options.hours * HOUR_MS as f64) as i64;
        let before = match rng.random_range(0..3) {
            0 => rng.random_range(0..trade_ms.max(1)),
            _ => rng.random_range(5 * HOUR_MS..12 * HOUR_MS),
        };
        let weather = match rng.random_range(0..3) {
            0 => Weather::FAIR,
            _ => Weather::FOUL,
        };
        let rough = rng.random_range(0..3);
        let luck = Luck {
            crash_before: rough * 2,
            crash_after: rough * 2,
            answer_lost: rough * 10,
            twice: 15,
            forgets: 80,
        };
        Self {
            start: Timestamp::from_ms(MIDNIGHT - before),
            trade_ms,
            rest_ms: HOUR_MS,
            weather,
            luck,
            habits: Habits { wrong_scan: 30, double_tap: 30, not_found: 25, undo: 20 },
            customers: rng.random_range(5..=9) * (1 + options.stores),
            riders: 2 + options.stores * 2,
            pickers: rng.random_range(1..=2),
            slowness: 1,
            misfortune_ms: rng.random_range(2 * MINUTE_MS..8 * MINUTE_MS),
        }
    }

    /// A long day with a full house: more people, misfortunes an hour apart, slower timers.
    pub fn long_day(options: &Options, rng: &mut SmallRng) -> Self {
        let drawn = Self::draw(options, rng);
        Self {
            start: Timestamp::from_ms(MIDNIGHT + 6 * HOUR_MS),
            luck: Luck { crash_before: 1, crash_after: 1, answer_lost: 5, twice: 15, forgets: 30 },
            customers: 30,
            riders: 12,
            pickers: 4,
            slowness: 8,
            misfortune_ms: HOUR_MS,
            ..drawn
        }
    }
}
