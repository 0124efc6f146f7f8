//! Each rule that can be broken on purpose is noticed when it is (issue A, 11); run with `--features mutations`.

use crate::command::Command;
use crate::engine::No;
use crate::mutation::Mutation;
use crate::testkit::World;
use model::api::hub::{CheckoutRequest, Payment};
use model::order_doc::SubstitutePreset;

fn checkout(world: &mut World, n: u32, payment: Payment) -> crate::command::Envelope {
    let who = world.customer(n);
    world.cart(who.0, 1, 1);
    let request = CheckoutRequest { address: who.1, payment, preset: SubstitutePreset::Refund };
    world.envelope(Command::BeginCheckout { customer: who.0, request })
}

#[test]
fn without_idempotency_a_retry_is_answered_otherwise() {
    let mut world = World::new();
    world.grant(1, 9);
    let envelope = checkout(&mut world, 1, Payment::Cod);
    let first = world.send(envelope.clone());
    assert_eq!(world.send(envelope.clone()), first);
    world.hub.mutate(Mutation::SkipIdempotency);
    assert_ne!(world.send(envelope), first);
}

#[test]
fn an_answer_before_the_commit_is_lost_by_a_crash() {
    let mut world = World::new();
    world.grant(1, 9);
    let envelope = checkout(&mut world, 1, Payment::Cod);
    world.hub.mutate(Mutation::AnswerBeforeCommit);
    let crate::command::Answer::Order { order } = world.send(envelope).unwrap() else { panic!() };
    world.restart();
    assert!(world.hub.data().order(&order).unwrap().is_none());
}

#[test]
fn holds_that_are_not_summed_are_stopped_by_the_schema_at_last() {
    let mut world = World::new();
    world.grant(1, 1);
    let upi = || Payment::Upi { token: "tok_ok".to_owned() };
    let (a, b) = (checkout(&mut world, 1, upi()), checkout(&mut world, 2, upi()));
    world.hub.mutate(Mutation::ReserveWithoutSumming);
    world.send(a).unwrap();
    world.send(b).unwrap();
    let mut faults = 0;
    for step in world.hub.data().due_steps(world.now, 9).unwrap() {
        let outcome = crate::command::Outcome::Agreed;
        let envelope = world.envelope(Command::PaymentResult { key: step.key, outcome });
        let answer = world.hub.apply(world.now, vec![envelope]).unwrap().answers.remove(0);
        faults += u32::from(matches!(answer, Err(No::Fault(_))));
    }
    assert_eq!(faults, 1);
}
