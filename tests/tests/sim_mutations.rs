//! The checks can fail: with a rule of a node broken on purpose, the simulation notices within a few short seeds.

#![expect(clippy::panic, reason = "a test's helpers stop at what must not happen")]

use central_hub::mutation::Mutation as Hub;
use store_node::engine::Mutation as Store;
use tests::checks::Check;
use tests::sim::{self, Mutation, Options};

/// Seeds that a mutation may survive.
const TRIES: u64 = 8;

/// Which check notices, and of which seed.
fn caught(mutation: Mutation) -> Option<(u64, Check, String)> {
    (1..=TRIES).find_map(|seed| {
        let options = Options { mutation: Some(mutation), ..Options::short(seed) };
        sim::run(&options, false).err().map(|failure| (seed, failure.broken.check, failure.broken.detail))
    })
}

#[track_caller]
fn must_be_caught(mutation: Mutation, by: &[Check]) {
    let (seed, check, detail) = caught(mutation).unwrap_or_else(|| panic!("{mutation:?} was not noticed"));
    assert!(by.contains(&check), "{mutation:?}, seed {seed}: noticed by {check:?}: {detail}");
}

#[test]
fn a_store_that_carries_out_retries_again() {
    must_be_caught(
        Mutation::Store(Store::SkipIdempotency),
        &[Check::Doubled, Check::Conserved, Check::Machine],
    );
}

#[test]
fn a_store_that_answers_before_the_commit() {
    must_be_caught(Mutation::Store(Store::AnswerBeforeCommit), &[Check::Lost]);
}

#[test]
fn a_store_that_does_not_sum_lines() {
    must_be_caught(Mutation::Store(Store::ReserveWithoutSumming), &[Check::Oversold]);
}

#[test]
fn a_store_that_releases_online_orders_by_the_clock() {
    must_be_caught(Mutation::Store(Store::ReleaseOnlineByClock), &[Check::Held]);
}

#[test]
fn a_store_that_holds_the_newest_lot_first() {
    must_be_caught(Mutation::Store(Store::NewestLotFirst), &[Check::Fefo]);
}

#[test]
fn a_store_that_does_not_tell_all_it_picked() {
    must_be_caught(Mutation::Store(Store::DropPicks), &[Check::Converged]);
}

#[test]
fn a_hub_that_carries_out_retries_again() {
    must_be_caught(Mutation::Hub(Hub::SkipIdempotency), &[Check::Doubled, Check::Lost, Check::Machine]);
}

#[test]
fn a_hub_that_answers_before_the_commit() {
    must_be_caught(Mutation::Hub(Hub::AnswerBeforeCommit), &[Check::Lost]);
}

#[test]
fn a_hub_that_does_not_sum_holds() {
    must_be_caught(Mutation::Hub(Hub::ReserveWithoutSumming), &[Check::Oversold, Check::Machine]);
}
