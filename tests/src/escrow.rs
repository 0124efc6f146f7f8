//! The escrow's own world: one store and the hub, real databases and real peers over a bad line, and few people. It lives
//! through cuts of three days, restarts, restores of either side from old backups, rollbacks that nobody announced, shrinkage
//! and lots that expire; hours are closed, substitutes proposed, a sale and a weighed good sold; I1 to I5 (SYNC.md) are held against its own books after every step. The seed decides everything.

mod goods;
mod hours;
mod instead;
mod late;
mod line;
mod machines;
mod mishaps;
mod people;
mod quiet;
mod same_id;
mod set_back;
mod shelf_life;
mod specials;
mod truth;
mod world;

pub use late::{Overtaken, known_by_the_word, late_in_a_closed_hour, overtaken};
pub use same_id::{Answered, same_id};
pub use set_back::{SetBack, set_back_over_a_date};
pub use world::{Careless, Options, Tally, run};
