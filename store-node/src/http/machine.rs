//! The node itself: devices, link, health, documentation.

use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::clock;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use model::api::store::backup::BackupState;
use model::api::store::{DeviceRow, Link, Quarantine};
use serde_json::Value;
use store_core::advice::{Advice, Situation};

/// `GET /api/v1/devices`.
pub async fn devices(State(app): State<App>, _staff: Staff) -> Result<Json<Vec<DeviceRow>>, HttpProblem> {
    app.ask(|reader| reader.devices(clock::now())).await.map(Json)
}

/// `GET /api/v1/link`.
pub async fn link(State(app): State<App>, _staff: Staff) -> Result<Json<Link>, HttpProblem> {
    let state = *app.link.borrow();
    let (mut link, standing) = app.ask(|reader| Ok((reader.link(clock::now())?, reader.standing()?))).await?;
    link.online = state.online;
    link.since = state.since;
    let situation = Situation { online: state.online, promised: link.orders_promised, standing };
    link.advice = Advice::of(situation).word().to_owned();
    Ok(Json(link))
}

/// `GET /api/v1/quarantine`.
pub async fn quarantine(State(app): State<App>, _staff: Staff) -> Result<Json<Quarantine>, HttpProblem> {
    app.ask(|reader| reader.quarantine(clock::now())).await.map(Json)
}

/// `GET /api/v1/backup`.
pub async fn backup(State(app): State<App>, _staff: Staff) -> Json<BackupState> {
    let now = app.backup.borrow().clone();
    Json(BackupState {
        enrolled: now.enrolled,
        hub_at: now.hub_at,
        hub_age_ms: now.hub_at.map(|at| clock::now().since_ms(at)),
        hub_bytes: now.hub_bytes,
        rehearsed_at: now.rehearsed_at,
        error: now.error,
        history_left: now.history_left,
        history_error: now.history_error,
    })
}

/// `GET /healthz`: the process answers.
pub async fn healthz() -> &'static str {
    "ok"
}

/// `GET /readyz`: the database answers; a store without its hub is ready all the same.
pub async fn readyz(State(app): State<App>) -> Result<&'static str, HttpProblem> {
    app.ask(|reader| reader.lanes()).await?;
    Ok("ready")
}

/// `GET /api/openapi.json`.
pub async fn openapi(State(app): State<App>) -> Json<Value> {
    Json(app.openapi.as_ref().clone())
}

/// `GET /api/asyncapi.json`: topics and payloads of the broker (REQ-46).
pub async fn asyncapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], model::mqtt::ASYNCAPI)
}
