//! The escrow's own world: one store and the hub, real databases and real peers over a bad line, and few people. It lives
//! through cuts of three days, restarts, restores of either side from old backups, rollbacks that nobody announced, and
//! shrinkage; I1 to I5 (SYNC.md) are held against its own books after every step. The seed decides everything.

mod goods;
mod line;
mod machines;
mod mishaps;
mod people;
mod quiet;
mod truth;
mod world;

pub use world::{Options, Tally, run};
