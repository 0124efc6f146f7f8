//! Who may come in and what each may do: asked by the broker, answered by whoever embeds it. Knows no rule of its own.

use std::sync::Arc;

/// By which listener somebody comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// TCP, in the clear or with TLS.
    Tcp,
    /// WebSocket, in the clear or with TLS.
    WebSocket,
}

/// A certificate whose signature has been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown<'k> {
    /// Its common name.
    pub name: &'k str,
    /// Its serial number, `0A:1B`.
    pub serial: &'k str,
}

/// Somebody who wants to come in.
#[derive(Debug, Clone, Copy)]
pub struct Knock<'k> {
    /// By which listener.
    pub door: Door,
    /// MQTT client id; never empty.
    pub client: &'k str,
    /// MQTT user name.
    pub user: Option<&'k str>,
    /// MQTT password.
    pub password: Option<&'k [u8]>,
    /// The certificate it proved to have.
    pub certificate: Option<Shown<'k>>,
}

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// The name its rights hang on.
    pub user: Arc<str>,
    /// Its client id.
    pub client: Arc<str>,
    /// What it proved itself with, in the gate's own words: another one means that it has to prove itself anew.
    pub proof: Arc<str>,
}

/// What somebody does with a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Publishes to it.
    Write,
    /// Is sent a message of it.
    Read,
}

/// The rules. Asked while the broker holds its state: answers at once, never waits.
pub trait Gate: Send + Sync + std::fmt::Debug {
    /// Lets in or not; `None` = not authorised.
    fn admit(&self, knock: &Knock<'_>) -> Option<Badge>;
    /// Whether who was let in would still be, after the rules changed.
    fn holds(&self, badge: &Badge) -> bool;
    /// Whether it may.
    fn may(&self, badge: &Badge, deed: Deed, topic: &str) -> bool;
}

/// Lets everybody in to everything: for tests of the protocol alone.
#[derive(Debug)]
pub struct OpenGate;

impl Gate for OpenGate {
    fn admit(&self, knock: &Knock<'_>) -> Option<Badge> {
        let name: Arc<str> = knock.client.into();
        Some(Badge { user: name.clone(), client: name, proof: "".into() })
    }

    fn holds(&self, _: &Badge) -> bool {
        true
    }

    fn may(&self, _: &Badge, _: Deed, _: &str) -> bool {
        true
    }
}
