//! The hub's decisions: which store, which rider, which fee, what a payment's answer means. Pure: no IO, no clock, no SQL,
//! no async, no randomness. Everything it needs comes in as arguments, and everything it decides can be explained.

pub mod batch;
pub mod card;
pub mod eta;
pub mod fee;
pub mod geo;
pub mod matching;
pub mod number;
pub mod otp;
pub mod proof;
pub mod rider_score;
pub mod saga;
pub mod search;
pub mod split;
pub mod stop_selling;
pub mod store_choice;
