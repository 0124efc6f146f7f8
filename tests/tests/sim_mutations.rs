//! The checks can fail: with a rule of a node broken on purpose, the simulation notices within a few short seeds.

#![expect(clippy::panic, reason = "a test's helpers stop at what must not happen")]

use central_hub::mutation::Mutation as Hub;
use store_node::engine::Mutation as Store;
use tests::checks::Check;
use tests::sim::{self, Mutation, Options};

/// Seeds that a mutation may survive, or that something else ends first.
const TRIES: u64 = 8;

/// The check that is meant notices within a few seeds. What the schema stopped proves nothing about the check: it does not
/// count, and neither does what another check saw first.
#[track_caller]
fn must_be_caught(mutation: Mutation, by: Check) {
    let mut others = Vec::new();
    for seed in 1..=TRIES {
        let options = Options { mutation: Some(mutation), ..Options::short(seed) };
        let Err(failure) = sim::run(&options, false) else { continue };
        if failure.broken.check == by && !failure.broken.detail.contains("constraint") {
            return;
        }
        others.push(format!("seed {seed}: {}", failure.broken));
    }
    panic!("{mutation:?} was not noticed by {by:?} in {TRIES} seeds; {others:#?}");
}

#[test]
fn a_store_that_carries_out_retries_again() {
    must_be_caught(Mutation::Store(Store::SkipIdempotency), Check::Doubled);
}

#[test]
fn a_store_that_answers_before_the_commit() {
    must_be_caught(Mutation::Store(Store::AnswerBeforeCommit), Check::Lost);
}

#[test]
fn a_store_that_does_not_sum_lines() {
    must_be_caught(Mutation::Store(Store::ReserveWithoutSumming), Check::Oversold);
}

#[test]
fn a_store_that_releases_online_orders_by_the_clock() {
    must_be_caught(Mutation::Store(Store::ReleaseOnlineByClock), Check::Held);
}

#[test]
fn a_store_that_holds_the_newest_lot_first() {
    must_be_caught(Mutation::Store(Store::NewestLotFirst), Check::Fefo);
}

#[test]
fn a_store_that_does_not_tell_all_it_picked() {
    must_be_caught(Mutation::Store(Store::DropPicks), Check::Converged);
}

#[test]
fn a_hub_that_carries_out_retries_again() {
    must_be_caught(Mutation::Hub(Hub::SkipIdempotency), Check::Doubled);
}

#[test]
fn a_hub_that_answers_before_the_commit() {
    must_be_caught(Mutation::Hub(Hub::AnswerBeforeCommit), Check::Lost);
}

#[test]
fn a_hub_that_does_not_sum_holds() {
    must_be_caught(Mutation::Hub(Hub::ReserveWithoutSumming), Check::Oversold);
}
