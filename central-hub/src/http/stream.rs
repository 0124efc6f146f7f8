//! Live tracking by server-sent events: the whole state at once, then whenever it changes (REQ-78).

use super::caller::Caller;
use super::extract::At;
use super::orders::own;
use super::problem::HttpProblem;
use super::state::App;
use crate::views;
use axum::extract::{Extension, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use model::OrderId;
use model::api::hub::Tracking;
use std::convert::Infallible;
use std::time::Duration;

/// Looks again at the latest after this time: positions and ETA move on.
const LOOK: Duration = Duration::from_secs(3);
/// Two pushes are at least this far apart.
const PAUSE: Duration = Duration::from_millis(250);

struct Watch {
    app: App,
    order: OrderId,
    last: Option<Tracking>,
    changed: tokio::sync::watch::Receiver<crate::writer::Changed>,
}

/// GET /api/v1/orders/{id}/stream
pub async fn track(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    At(order): At<OrderId>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, HttpProblem> {
    own(&app, caller.customer()?, order).await?;
    let changed = app.writer.changed();
    let watch = Watch { app, order, last: None, changed };
    Ok(Sse::new(stream::unfold(watch, next)).keep_alive(KeepAlive::default()))
}

/// The next state that is another one; the stream ends with the order, the hub, or a fault.
async fn next(mut watch: Watch) -> Option<(Result<Event, Infallible>, Watch)> {
    if watch.last.as_ref().is_some_and(|t| t.order.state.is_terminal()) {
        return None;
    }
    loop {
        watch.changed.borrow_and_update();
        let order = watch.order;
        let seen = watch.app.see(move |data, look| views::tracking::tracking(data, look, &order)).await;
        let now = seen.ok().flatten()?;
        if watch.last.as_ref().is_none_or(|last| differs(last, &now)) {
            let event = Event::default().event("order").json_data(&now).ok()?;
            watch.last = Some(now);
            return Some((Ok(event), watch));
        }
        tokio::select! {
            () = watch.app.stop.cancelled() => return None,
            news = watch.changed.changed() => {
                news.ok()?;
                tokio::time::sleep(PAUSE).await;
            }
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Whether there is news besides the time of asking; a second of ETA is none.
fn differs(last: &Tracking, now: &Tracking) -> bool {
    let eta_moved = (now.eta_at.since_ms(last.eta_at)).abs() > 5_000;
    eta_moved
        || last.order != now.order
        || last.rider != now.rider
        || last.position != now.position
        || last.position_at != now.position_at
}
