//! Checks a person's PIN against store.toml, away from the writing thread (argon2 is slow on purpose). Counts nothing:
//! the login flow counts wrong tries and locks.

use argon2::{Argon2, PasswordHash, PasswordVerifier};
use firmware_config::Person;
use model::{PersonId, Role};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest PIN that is looked at; longer ones are wrong.
const PIN_CHARS_MAX: usize = 8;

/// What is known of a person before any PIN is checked.
#[derive(Debug, Clone)]
pub struct Known {
    /// Name to greet by.
    pub name: String,
    /// Role at this store.
    pub role: Role,
    secret: Secret,
}

#[derive(Debug, Clone)]
enum Secret {
    Hash(String),
    Demo(String),
    None,
}

/// The people of store.toml; clones share them.
#[derive(Debug, Clone)]
pub struct Pins(Arc<BTreeMap<PersonId, Known>>);

impl Pins {
    /// From the manifest's people.
    pub fn new(people: &[Person]) -> Self {
        let known = people.iter().map(|person| {
            let secret = match (&person.pin_hash, &person.demo_pin) {
                (Some(hash), _) => Secret::Hash(hash.clone()),
                (None, Some(pin)) => Secret::Demo(pin.clone()),
                (None, None) => Secret::None,
            };
            (person.id.clone(), Known { name: person.name.clone(), role: person.role, secret })
        });
        Self(Arc::new(known.collect()))
    }

    /// Who that is, if the store knows the person.
    pub fn known(&self, person: &PersonId) -> Option<&Known> {
        self.0.get(person)
    }

    /// Everybody, by id.
    pub fn everybody(&self) -> impl Iterator<Item = (&PersonId, &Known)> {
        self.0.iter()
    }

    /// Whether the PIN is right. Takes some ten milliseconds for a hashed PIN, on a thread that may block.
    pub async fn right(&self, person: &PersonId, pin: &str) -> bool {
        if pin.chars().count() > PIN_CHARS_MAX {
            return false;
        }
        match self.0.get(person).map(|known| known.secret.clone()) {
            Some(Secret::Hash(hash)) => {
                let pin = pin.to_owned();
                tokio::task::spawn_blocking(move || verify(&hash, &pin)).await.unwrap_or(false)
            }
            Some(Secret::Demo(right)) => right == pin,
            Some(Secret::None) | None => false,
        }
    }
}

fn verify(hash: &str, pin: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(pin.as_bytes(), &hash).is_ok()
}
