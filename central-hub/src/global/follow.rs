//! Follows the global feed: asks for what comes after the last fact that was taken in, and tells what people did about
//! themselves, and counts. Everything
//! may be repeated; nothing that an order needs waits for it.

use super::line::Open;
use crate::command::{Answer, Command, Envelope};
use crate::config::GlobalLink;
use crate::db::DbFault;
use crate::readers::Readers;
use crate::writer::Writer;
use crate::{clock, system};
use hyper::Method;
use model::Moment;
use model::api::global::{CityHour, GlobalFact, GlobalPage, PAGE_MAX};
use model::time::HOUR_MS;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two looks when there was nothing more.
const EVERY: Duration = Duration::from_secs(2);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(10);
/// Hours that are told again at every look: what comes late is counted.
const HOURS: i64 = 3;

/// The task's parts.
#[derive(Debug)]
pub struct Follower {
    link: GlobalLink,
    writer: Writer,
    readers: Readers,
}

impl Follower {
    /// Asks nothing yet.
    pub const fn new(link: GlobalLink, writer: Writer, readers: Readers) -> Self {
        Self { link, writer, readers }
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
        let mut line = Open::dial(&self.link).await.map_err(text)?;
        let upto = self.readers.ask(|data| data.global_upto()).await.map_err(text)?;
        let page: GlobalPage = line.get(&format!("/global/v1/facts?after={upto}")).await.map_err(text)?;
        if !page.facts.is_empty() {
            let count = self.apply("facts", Command::TakeGlobal { facts: page.facts }).await?;
            tracing::info!(?count, "facts of all cities were taken in");
        }
        let most = u32::try_from(PAGE_MAX).unwrap_or(u32::MAX);
        let facts = self.readers.ask(move |data| data.facts_to_tell(most)).await.map_err(text)?;
        let full = facts.len() == PAGE_MAX;
        if !facts.is_empty() {
            let told: Vec<_> = facts.iter().cloned().map(GlobalFact::Person).collect();
            line.tell(Method::POST, "/global/v1/facts", &told).await.map_err(text)?;
            self.apply("told", Command::GlobalTold { facts }).await?;
        }
        let hours = self.hours().await?;
        line.tell(Method::PUT, "/global/v1/hours", &hours).await.map_err(text)?;
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

    async fn apply(&self, what: &str, command: Command) -> Result<Answer, String> {
        let id = system::id(clock::now(), &format!("global {what}"));
        let done = self.writer.apply(Envelope { id, actor: system::actor("global"), command }).await;
        done.map_err(text)?.map_err(|no| format!("{no:?}"))
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
