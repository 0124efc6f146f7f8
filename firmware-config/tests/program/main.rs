//! `firmware-config` as people and programs meet it: one file per command. The library's own rules are tested beside it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test's helpers stop at what must not happen, and a missing validator is said"
)]

mod check;
mod common;
mod diff;
mod discover;
mod doctor;
mod enrol;
mod profiles;
mod render;
mod template;
mod update;
