//! `firmware-config` as people and programs meet it: one file per command. The library's own rules are tested beside it.
#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

mod check;
mod common;
mod diff;
