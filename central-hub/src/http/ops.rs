//! The operations page.

use super::extract::At;
use super::problem::HttpProblem;
use super::state::App;
use crate::views;
use axum::extract::State;
use axum::response::Json;
use model::OrderId;
use model::api::hub::{OpsNow, OpsOrder, OpsSync};

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
