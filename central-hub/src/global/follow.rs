//! Follows the global feed: asks for what comes after the last fact that was taken in, and tells users and counts. Everything
//! may be repeated; nothing that an order needs waits for it.

use crate::command::{Answer, Command, Envelope};
use crate::config::GlobalLink;
use crate::db::DbFault;
use crate::readers::Readers;
use crate::writer::Writer;
use crate::{clock, system};
use model::Moment;
use model::api::global::{CityHour, GlobalPage, PAGE_MAX};
use model::time::HOUR_MS;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two looks when there was nothing more.
const EVERY: Duration = Duration::from_secs(2);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(10);
/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(15);
/// Bytes of an answer: a page of products takes a tenth of it.
const ANSWER_MAX: usize = 1024 * 1024;
/// Hours that are told again at every look: what comes late is counted.
const HOURS: i64 = 3;

/// The task's parts.
#[derive(Debug)]
pub struct Follower {
    http: reqwest::Client,
    base: String,
    token: String,
    writer: Writer,
    readers: Readers,
}

impl Follower {
    /// Asks nothing yet.
    pub fn new(link: &GlobalLink, writer: Writer, readers: Readers) -> Self {
        let (base, token) = (link.url.trim_end_matches('/').to_owned(), link.token.clone());
        Self { http: reqwest::Client::new(), base, token, writer, readers }
    }

    /// Follows until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut told = String::new();
        loop {
            let turn = tokio::select! {
                () = stop.cancelled() => return,
                turn = self.turn() => turn,
            };
            let wait = match turn {
                Ok(more) => {
                    told.clear();
                    if more { Duration::ZERO } else { EVERY }
                }
                Err(why) => {
                    if why != told {
                        tracing::warn!(why, "the global service is not there; this city goes on by itself");
                    }
                    told = why;
                    AGAIN
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// One look; whether there is more at once.
    async fn turn(&self) -> Result<bool, String> {
        let upto = self.readers.ask(|data| data.global_upto()).await.map_err(text)?;
        let path = format!("/global/v1/facts?after={upto}");
        let page: GlobalPage = self.call(self.http.get(self.url(&path))).await?;
        if !page.facts.is_empty() {
            let count = self.apply("facts", Command::TakeGlobal { facts: page.facts }).await?;
            tracing::info!(?count, "facts of all cities were taken in");
        }
        let most = u32::try_from(PAGE_MAX).unwrap_or(u32::MAX);
        let users = self.readers.ask(move |data| data.users_to_tell(most)).await.map_err(text)?;
        let full = users.len() == PAGE_MAX;
        if !users.is_empty() {
            let () = self.call(self.http.post(self.url("/global/v1/users")).json(&users)).await?;
            self.apply("told", Command::GlobalTold { users }).await?;
        }
        let hours = self.hours().await?;
        let () = self.call(self.http.put(self.url("/global/v1/hours")).json(&hours)).await?;
        Ok(page.more || full)
    }

    /// The newest hours of this city.
    async fn hours(&self) -> Result<Vec<CityHour>, String> {
        let hour = clock::now().hour();
        let read = self.readers.ask(move |data| {
            let since = |hour: i64, moment| {
                data.moment_count(moment, model::Timestamp::from_ms(hour.saturating_mul(HOUR_MS)))
            };
            let of = |hour: i64, moment| {
                Ok::<u32, DbFault>(since(hour, moment)?.saturating_sub(since(hour + 1, moment)?))
            };
            let one = |hour| {
                let (placed, delivered) = (of(hour, Moment::Placed)?, of(hour, Moment::Delivered)?);
                Ok(CityHour { hour, placed, delivered })
            };
            (hour - HOURS + 1..=hour).map(one).collect()
        });
        read.await.map_err(text)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn call<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, String> {
        let mut answer = request.bearer_auth(&self.token).timeout(LIMIT).send().await.map_err(text)?;
        if !answer.status().is_success() {
            return Err(format!("it says {}", answer.status()));
        }
        let mut bytes = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(text)? {
            if bytes.len() + part.len() > ANSWER_MAX {
                return Err(format!("its answer is over the limit of {ANSWER_MAX} bytes"));
            }
            bytes.extend_from_slice(&part);
        }
        serde_json::from_slice(if bytes.is_empty() { b"null" } else { &bytes }).map_err(text)
    }

    async fn apply(&self, what: &str, command: Command) -> Result<Answer, String> {
        let id = system::id(clock::now(), &format!("global {what}"));
        let done = self.writer.apply(Envelope { id, actor: system::actor("global"), command }).await;
        done.map_err(text)?.map_err(|no| format!("{no:?}"))
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
