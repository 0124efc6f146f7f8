//! The deterministic world: many stores, a hub, their lines, devices and people in one thread over real SQLite files. The
//! seed decides everything; a failing run prints its seed and replays.

mod amnesia;
mod archive;
pub mod city;
pub(crate) mod clock;
mod desk;
mod diary;
mod event;
mod folk;
mod link;
mod mishap;
pub(crate) mod net;
mod plan;
mod rest;
mod site;
mod world;

pub use plan::{Looks, Mutation, Options};
pub use world::{Basket, Failure, Report, Script, Tally, run, run_script};
