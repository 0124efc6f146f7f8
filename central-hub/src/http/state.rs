//! What every handler can reach, and the two ways to use it: ask the readers, command the writer.

use super::caller::Caller;
use super::problem::HttpProblem;
use crate::backups::Backups;
use crate::clock;
use crate::command::{Answer, Command, Envelope};
use crate::config::Profile;
use crate::db::{Db, HubTx};
use crate::readers::Readers;
use crate::rules::Rules;
use crate::stores::Links;
use crate::views::Look;
use crate::writer::Writer;
use model::api::hub::{OpsBackup, OpsHubBackup};
use model::{CommandId, StoreId};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The parts of the hub.
#[derive(Debug, Clone)]
pub struct App {
    /// For changes.
    pub writer: Writer,
    /// For questions.
    pub readers: Readers,
    /// The stores' sessions.
    pub links: Links,
    /// The numbers.
    pub rules: Arc<Rules>,
    /// Demo or earnest.
    pub profile: Profile,
    /// The stores' backups.
    pub backups: Backups,
    /// How the hub's own backups go.
    pub own_backup: watch::Receiver<OpsHubBackup>,
    /// Ends the streams.
    pub stop: CancellationToken,
}

impl App {
    /// Asks at one moment of the data.
    pub async fn see<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn HubTx, &Look<'_>) -> Db<T> + Send + 'static,
    ) -> Result<T, HttpProblem> {
        let rules = self.rules.clone();
        let now = clock::now();
        Ok(self.readers.ask(move |data| question(data, &Look { now, rules: &rules })).await?)
    }

    /// As [`App::see`], for something that must be there.
    pub async fn see_one<T: Send + 'static>(
        &self,
        what: &'static str,
        question: impl FnOnce(&dyn HubTx, &Look<'_>) -> Db<Option<T>> + Send + 'static,
    ) -> Result<T, HttpProblem> {
        self.see(question).await?.ok_or_else(|| HttpProblem::not_found(what))
    }

    /// Each store's newest backup. One that cannot be read is told as such: a broken file of one store hides no other's figures.
    pub async fn newest_backups(&self) -> Result<BTreeMap<StoreId, OpsBackup>, HttpProblem> {
        let stores = self.see(|data, _| data.stores()).await?;
        let backups = self.backups.clone();
        let of = move |store: StoreId| (store.clone(), backups.newest(&store));
        let look = move || stores.into_iter().map(|row| of(row.seed.id)).collect();
        let done = tokio::task::spawn_blocking(look).await;
        done.map_err(|error| HttpProblem::fault(&error.to_string()))
    }

    /// Commands; answers after the commit.
    pub async fn apply(
        &self,
        caller: &Caller,
        id: CommandId,
        command: Command,
    ) -> Result<Answer, HttpProblem> {
        let envelope = Envelope { id, actor: caller.actor.clone(), command };
        Ok(self.writer.try_apply(envelope).await??)
    }
}
