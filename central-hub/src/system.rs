//! The hub acting by itself: its actor, and ids for its own commands.

use hub_core::proof;
use model::{Actor, CommandId, DeviceId, PersonId, Role, Timestamp};

/// The system at one of its own parts; a part's name is letters only.
pub fn actor(part: &'static str) -> Actor {
    Actor { person: code("system", PersonId::new), device: code(part, DeviceId::new), role: Role::System }
}

/// An id for something the hub does by itself at `now`.
pub fn id(now: Timestamp, what: &str) -> CommandId {
    CommandId::new(now, proof::digest_u128(&[b"system", what.as_bytes(), &now.ms().to_be_bytes()]))
}

/// A code from a word of our own. The words here are plain letters, so the first attempt always stands; the loop only
/// spares a panic that could never happen.
fn code<T, E>(word: &str, make: impl Fn(String) -> Result<T, E>) -> T {
    let mut text: String = word.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    loop {
        match make(text) {
            Ok(code) => return code,
            Err(_) => text = "system".to_owned(),
        }
    }
}
