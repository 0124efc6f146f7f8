//! The operations page.

use super::caller::Caller;
use super::extract::{At, Key};
use super::problem::HttpProblem;
use super::state::App;
use crate::command::{Answer, Command};
use crate::flows::terms::VOICES;
use crate::views;
use axum::extract::{Extension, State};
use axum::response::Json;
use model::OrderId;
use model::api::hub::{ClosingVoices, OpsNow, OpsOrder, OpsSync};
use model::quota::HubGeneration;

/// GET /api/v1/ops/now
pub async fn now(State(app): State<App>) -> Result<Json<OpsNow>, HttpProblem> {
    Ok(Json(app.see(|data, look| views::ops::now(data, look)).await?))
}

/// GET /api/v1/ops/sync
pub async fn sync(State(app): State<App>) -> Result<Json<OpsSync>, HttpProblem> {
    Ok(Json(app.see(|data, look| views::replication::now(data, look)).await?))
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
