//! A customer: types a word or opens a category, takes what is available, pays, sometimes with a card that fails.

use model::api::hub::{Payment, ProductCard};
use model::order_doc::SubstitutePreset;
use rand::Rng;
use rand::seq::IndexedRandom;

/// Words that people of the demo city type, in both languages and with everyday spellings.
const WORDS: [&str; 28] = [
    "milk",
    "doodh",
    "दूध",
    "atta",
    "bread",
    "onion",
    "tomato",
    "curd",
    "paneer",
    "tea",
    "coffee",
    "biscuit",
    "rice",
    "dal",
    "oil",
    "sugar",
    "soap",
    "shampoo",
    "chips",
    "juice",
    "ice cream",
    "eggs",
    "butter",
    "masala",
    "namkeen",
    "ghee",
    "potato",
    "noodles",
];

/// What to search for next.
pub fn word(rng: &mut impl Rng) -> &'static str {
    WORDS.choose(rng).copied().unwrap_or("milk")
}

/// How many different things this basket gets: most are small, some are a week's shopping.
pub fn basket_size(rng: &mut impl Rng) -> usize {
    match rng.random_range(0..10) {
        0..=4 => rng.random_range(1..=3),
        5..=8 => rng.random_range(3..=6),
        _ => rng.random_range(6..=10),
    }
}

/// Takes one of the first hits that is there, and how many of it.
pub fn choose<'a>(hits: &'a [ProductCard], rng: &mut impl Rng) -> Option<(&'a ProductCard, u32)> {
    let there: Vec<&ProductCard> = hits.iter().filter(|card| card.available > 0).take(12).collect();
    let card = there.choose(rng).copied()?;
    let wanted = if rng.random_range(0..10) < 7 { 1 } else { rng.random_range(2..=3) };
    Some((card, wanted.min(card.available)))
}

/// How this customer pays; one in fifteen has a card that is declined.
pub fn payment(rng: &mut impl Rng) -> Payment {
    match rng.random_range(0..30) {
        0..=7 => Payment::Cod,
        8..=19 => Payment::Upi { token: "tok_ok".into() },
        20..=25 => Payment::Card { token: "tok_ok".into() },
        26 | 27 => Payment::Card { token: "tok_declined".into() },
        28 => Payment::Upi { token: "tok_slow".into() },
        _ => Payment::Upi { token: "tok_error".into() },
    }
}

/// What about missing goods.
pub fn preset(rng: &mut impl Rng) -> SubstitutePreset {
    match rng.random_range(0..3) {
        0 => SubstitutePreset::Ask,
        1 => SubstitutePreset::BestMatch,
        _ => SubstitutePreset::Refund,
    }
}
