//! One-time passwords, sessions, idempotency of commands.

use crate::command::{Answer, Command};
use crate::refusal::Refusal;
use crate::testkit::World;
use model::Role;

const PHONE: &str = "+919800000001";

fn verify(code: &str) -> Command {
    Command::VerifyOtp { phone: PHONE.to_owned(), code: code.to_owned() }
}

#[test]
fn five_wrong_tries_kill_a_code_and_each_is_counted_though_refused() {
    let mut world = World::new();
    world.done(Command::RequestOtp { phone: PHONE.to_owned() });
    let right = world.code_for(PHONE);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for left in (0..5).rev() {
        assert_eq!(world.ask(verify(wrong)), Err(Refusal::OtpWrong { left }));
    }
    assert_eq!(world.ask(verify(&right)), Err(Refusal::OtpDead));
    world.done(Command::RequestOtp { phone: PHONE.to_owned() });
    let right = world.code_for(PHONE);
    world.wait(10 * 60_000 + 1);
    assert_eq!(world.ask(verify(&right)), Err(Refusal::OtpOver));
}

#[test]
fn a_code_opens_one_session_and_a_retry_gets_the_same_answer() {
    let mut world = World::new();
    world.done(Command::RequestOtp { phone: PHONE.to_owned() });
    let code = world.code_for(PHONE);
    let envelope = world.envelope(verify(&code));
    let first = world.send(envelope.clone()).unwrap();
    assert_eq!(world.send(envelope.clone()), Ok(first));
    assert_eq!(world.ask(verify(&code)), Err(Refusal::OtpOver));
    let mut forged = envelope;
    forged.command = verify("111111");
    assert_eq!(world.send(forged), Err(Refusal::KeyReused));
}

#[test]
fn a_refusal_is_repeated_too_and_counts_once() {
    let mut world = World::new();
    world.done(Command::RequestOtp { phone: PHONE.to_owned() });
    let wrong = if world.code_for(PHONE) == "000000" { "000001" } else { "000000" };
    let envelope = world.envelope(verify(wrong));
    for _ in 0..9 {
        assert_eq!(world.send(envelope.clone()), Err(Refusal::OtpWrong { left: 4 }));
    }
}

#[test]
fn asking_for_codes_is_limited_and_only_phones_get_them() {
    let mut world = World::new();
    for _ in 0..5 {
        world.done(Command::RequestOtp { phone: PHONE.to_owned() });
    }
    let again = Command::RequestOtp { phone: PHONE.to_owned() };
    assert_eq!(world.ask(again), Err(Refusal::OtpTooOften));
    let bad = Command::RequestOtp { phone: "12".to_owned() };
    assert_eq!(world.ask(bad), Err(Refusal::BadPhone));
}

#[test]
fn a_refresh_token_is_used_once_and_the_same_phone_is_the_same_customer() {
    let mut world = World::new();
    world.done(Command::RequestOtp { phone: PHONE.to_owned() });
    let code = world.code_for(PHONE);
    let envelope = world.envelope(verify(&code));
    let token = world.hub.rules().key.token("refresh", &envelope.id);
    let Answer::Session { role, subject, .. } = world.send(envelope).unwrap() else { panic!() };
    assert_eq!(role, Role::Customer);
    let again = Command::Refresh { refresh: token };
    assert!(matches!(world.done(again.clone()), Answer::Session { subject: s, .. } if s == subject));
    assert_eq!(world.ask(again), Err(Refusal::SessionOver));
    assert_eq!(world.login(PHONE).1, subject);
}

#[test]
fn the_earnest_profile_never_writes_a_code_down() {
    let mut world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let rules = crate::rules::Rules { demo: false, ..crate::testkit::rules() };
    world.hub = crate::engine::HubEngine::open(&dir.path().join("hub.db"), rules, world.now).unwrap();
    let ask = Command::RequestOtp { phone: PHONE.to_owned() };
    assert_eq!(world.ask(ask), Err(Refusal::NoMessenger));
    assert!(world.hub.data().messages(PHONE, 9).unwrap().is_empty());
}
