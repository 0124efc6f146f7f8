//! The operations page.

use super::caller::Caller;
use super::extract::{At, Body, Key};
use super::problem::HttpProblem;
use super::state::App;
use crate::command::{Answer, Command};
use crate::db::HubTx;
use crate::flows::terms::VOICES;
use crate::refusal::Refusal;
use crate::views;
use axum::extract::{Extension, State};
use axum::response::Json;
use model::OrderId;
use model::api::hub::{ClosingVoices, OpsNow, OpsOrder, OpsSync, RECOVER_MAX, RecoverAnswer, RecoverRequest};
use model::quota::HubGeneration;

/// GET /api/v1/ops/now
pub async fn now(State(app): State<App>) -> Result<Json<OpsNow>, HttpProblem> {
    Ok(Json(app.see(|data, look| views::ops::now(data, look)).await?))
}

/// GET /api/v1/ops/sync
pub async fn sync(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<OpsSync>, HttpProblem> {
    let backups = app.newest_backups().await?;
    let own = app.own_backup.borrow().clone();
    let person = caller.actor.person;
    let look = move |data: &dyn HubTx, look: &views::Look<'_>| {
        views::replication::now(data, look, &person, (own, &backups))
    };
    Ok(Json(app.see(look).await?))
}

/// POST /api/v1/ops/orders/recover: a restored hub's lost orders, from the gateway's and the notifications' logs.
pub async fn recover(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    Body(RecoverRequest { orders }): Body<RecoverRequest>,
) -> Result<Json<RecoverAnswer>, HttpProblem> {
    let told = count(orders.len());
    if orders.is_empty() || orders.len() > RECOVER_MAX {
        let want = format!("1 to {RECOVER_MAX} orders");
        return Err(Refusal::BadValue { field: "orders".to_owned(), want }.into());
    }
    let Answer::Count { count: recovered } =
        app.apply(&caller, id, Command::RecoverOrders { orders }).await?
    else {
        return Err(HttpProblem::fault("recovering was answered by something else"));
    };
    Ok(Json(RecoverAnswer { recovered, known: told.saturating_sub(recovered) }))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// GET /api/v1/ops/orders/{id}
pub async fn story(State(app): State<App>, At(id): At<OrderId>) -> Result<Json<OpsOrder>, HttpProblem> {
    Ok(Json(app.see_one("order", move |data, look| views::ops::story(data, look, &id)).await?))
}

/// POST /api/v1/ops/generations/{generation}/close: this person says that every order which the hub sold in that
/// generation, or before, is here again.
pub async fn close_generation(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    At(generation): At<u32>,
) -> Result<Json<ClosingVoices>, HttpProblem> {
    let command = Command::CloseGeneration { upto: HubGeneration(generation) };
    let Answer::Count { count } = app.apply(&caller, id, command).await? else {
        return Err(HttpProblem::fault("a closing was answered by something else"));
    };
    Ok(Json(ClosingVoices { voices: count, needed: VOICES }))
}
