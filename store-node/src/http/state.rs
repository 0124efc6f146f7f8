//! What every handler can reach, and how a handler becomes a command or a query.

use super::enrol::Desk;
use super::extract::Key;
use super::problem::HttpProblem;
use super::session::Staff;
use crate::answer::Answer;
use crate::backup::task::BackupStanding;
use crate::broker::AccessRules;
use crate::command::{Command, Envelope};
use crate::db::DbError;
use crate::effects::Effects;
use crate::pins::Pins;
use crate::reader::Reader;
use crate::reads::Reads;
use crate::uplink::LinkState;
use crate::writer::{WriteError, Writer};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{Actor, StoreId};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::{broadcast, watch};

/// The node's parts, shared by all handlers.
#[derive(Debug, Clone)]
pub struct App {
    /// The writing thread.
    pub writer: Writer,
    /// Query-only connections.
    pub reads: Reads,
    /// Whether the hub is there.
    pub link: watch::Receiver<LinkState>,
    /// How the backups stand.
    pub backup: watch::Receiver<BackupStanding>,
    /// Who may log in.
    pub pins: Pins,
    /// Who may speak on the broker; changed by enrolment.
    pub rules: watch::Sender<AccessRules>,
    /// What never changes while the node runs.
    pub facts: Arc<Facts>,
    /// Where devices are enrolled.
    pub desk: Arc<Desk>,
    /// The OpenAPI document.
    pub openapi: Arc<serde_json::Value>,
}

/// What never changes while the node runs.
#[derive(Debug)]
pub struct Facts {
    /// The store.
    pub store: StoreId,
    /// Its name.
    pub name: String,
    /// Port of the broker's WebSocket listener.
    pub ws_port: u16,
    /// Whether it is encrypted.
    pub ws_tls: bool,
    /// Where consoles and handhelds reach this node, for enrolment links.
    pub base_url: String,
    /// What tokens are made from; the same after a restart ([`crate::secrets::token_secret`]).
    pub secret: [u8; 32],
}

impl Facts {
    /// A token that a retry with the same key gets again, and nobody without the node's secret can guess: 192 bits.
    pub fn token(&self, purpose: &str, key: Key) -> String {
        let bits = self.bits(purpose, key);
        URL_SAFE_NO_PAD.encode(&bits[..24])
    }

    /// Twelve bytes of salt, likewise the same for a retry.
    pub fn salt(&self, key: Key) -> [u8; 12] {
        let bits = self.bits("salt", key);
        std::array::from_fn(|place| bits[place])
    }

    fn bits(&self, purpose: &str, key: Key) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.secret);
        hash.update(purpose.as_bytes());
        hash.update(key.0.as_bytes());
        // Hashed twice, so that nobody can lengthen a known input.
        Sha256::digest(hash.finalize()).into()
    }
}

impl App {
    /// What changed, commit by commit.
    pub fn effects(&self) -> broadcast::Receiver<Effects> {
        self.writer.effects()
    }

    /// Runs a command of a logged-in person.
    pub async fn command(&self, staff: &Staff, key: Key, command: Command) -> Result<Answer, HttpProblem> {
        self.as_actor(staff.actor.clone(), key, command).await
    }

    /// Runs a command.
    pub async fn as_actor(&self, actor: Actor, key: Key, command: Command) -> Result<Answer, HttpProblem> {
        match self.writer.try_apply(Envelope { id: key.0, actor, command }).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(refusal)) => Err(refusal.problem().into()),
            Err(WriteError::Busy | WriteError::Stopping) => Err(HttpProblem::busy()),
            Err(error @ WriteError::Fault(_)) => Err(HttpProblem::fault(&error)),
        }
    }

    /// Runs a query.
    pub async fn ask<T, F>(&self, query: F) -> Result<T, HttpProblem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader) -> Result<T, DbError> + Send + 'static,
    {
        self.reads.ask(query).await.map_err(|error| HttpProblem::fault(&error))
    }
}
