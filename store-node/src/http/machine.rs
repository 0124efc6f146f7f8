//! The node itself: devices, link, health, metrics, documentation.

use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::clock;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use model::api::store::{DeviceRow, Link};
use serde_json::Value;

/// `GET /api/v1/devices`.
pub async fn devices(State(app): State<App>, _staff: Staff) -> Result<Json<Vec<DeviceRow>>, HttpProblem> {
    app.ask(|reader| reader.devices(clock::now())).await.map(Json)
}

/// `GET /api/v1/link`.
pub async fn link(State(app): State<App>, _staff: Staff) -> Result<Json<Link>, HttpProblem> {
    let state = *app.link.borrow();
    let mut link = app.ask(|reader| reader.link(clock::now())).await?;
    link.online = state.online;
    link.since = state.since;
    let advice = if state.online { "all_well" } else { "finish_and_counter" };
    link.advice = advice.to_owned();
    Ok(Json(link))
}

/// `GET /healthz`: the process answers.
pub async fn healthz() -> &'static str {
    "ok"
}

/// `GET /readyz`: the database answers; a store without its hub is ready all the same.
pub async fn readyz(State(app): State<App>) -> Result<&'static str, HttpProblem> {
    app.ask(|reader| reader.last_out()).await?;
    Ok("ready")
}

/// `GET /metrics`: Prometheus text; no SKU and no order in a label.
pub async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, HttpProblem> {
    let online = app.link.borrow().online;
    let (link, board) =
        app.ask(|reader| Ok((reader.link(clock::now())?, reader.board(clock::now())?))).await?;
    let gauges = [
        ("larder_link_up", u32::from(online)),
        ("larder_orders_promised", link.orders_promised),
        ("larder_hub_quota_units", link.hub_quota_units),
        ("larder_facts_waiting", link.facts_waiting),
        ("larder_alarms_open", board.alarms),
        ("larder_dispatched_today", board.dispatched_today),
    ];
    let text: String =
        gauges.iter().map(|(name, value)| format!("# TYPE {name} gauge\n{name} {value}\n")).collect();
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], text))
}

/// `GET /api/openapi.json`.
pub async fn openapi(State(app): State<App>) -> Json<Value> {
    Json(app.openapi.as_ref().clone())
}

/// `GET /api/asyncapi.json`: topics and payloads of the broker (REQ-46).
pub async fn asyncapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], model::mqtt::ASYNCAPI)
}
