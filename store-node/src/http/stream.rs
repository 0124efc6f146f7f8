//! Server-sent events: tells a console what to look at again. Carries no data itself, so a lost event costs one look.

use super::session::Staff;
use super::state::App;
use crate::effects::Effects;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// Changes within this time are told together.
const GATHER: Duration = Duration::from_millis(100);

/// `GET /api/v1/stream`.
pub async fn stream(
    State(app): State<App>,
    _staff: Staff,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let state = (app.effects(), app.link.clone(), Vec::<&'static str>::new());
    let events = stream::unfold(state, |(mut effects, mut link, mut pending)| async move {
        loop {
            if let Some(what) = pending.pop() {
                return Some((Ok(Event::default().event("changed").data(what)), (effects, link, pending)));
            }
            tokio::select! {
                change = effects.recv() => {
                    let mut all = match change {
                        Ok(first) => first,
                        Err(RecvError::Lagged(_)) => everything(),
                        Err(RecvError::Closed) => return None,
                    };
                    tokio::time::sleep(GATHER).await;
                    while let Ok(more) = effects.try_recv() { all.merge(more); }
                    pending = words(&all);
                }
                change = link.changed() => {
                    if change.is_err() { return None; }
                    pending = vec!["link", "board"];
                }
            }
        }
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(5)))
}

fn everything() -> Effects {
    Effects { board: true, stock: true, cold: true, devices: true, link: true, ..Effects::default() }
}

fn words(effects: &Effects) -> Vec<&'static str> {
    let told = [
        (effects.board, "board"),
        (effects.stock, "stock"),
        (effects.cold, "cold"),
        (effects.devices, "devices"),
        (effects.link, "link"),
    ];
    told.into_iter().filter_map(|(changed, word)| changed.then_some(word)).collect()
}
