//! For machines: the stores' sessions, health, the OpenAPI document.

use super::caller::bearer;
use super::problem::HttpProblem;
use super::state::App;
use ::sync::wire::MAX_FRAME;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Json, Response};
use serde_json::Value;

/// GET /sync/v1/connect: the token says which store it is; the session's first frame must say the same.
pub async fn connect(
    State(app): State<App>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, HttpProblem> {
    let store = bearer(&headers).and_then(|token| app.links.store_of(token));
    let store = store.ok_or_else(|| {
        HttpProblem::new(
            "unknown_store",
            StatusCode::UNAUTHORIZED,
            "No store has this token",
            "The session was not opened.".to_owned(),
            "Compare [hub] token in store.toml with the hub's configuration.",
        )
    })?;
    let upgrade = upgrade.map_err(|rejected| {
        let title = "This address speaks WebSocket";
        let hint = "Connect with ws://, binary frames of the sync protocol.";
        HttpProblem::new("not_websocket", StatusCode::UPGRADE_REQUIRED, title, rejected.body_text(), hint)
    })?;
    let links = app.links.clone();
    let upgrade = upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME);
    Ok(upgrade.on_upgrade(move |socket| async move { links.serve(store, socket).await }))
}

/// GET /healthz
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// GET /readyz
pub async fn readyz(State(app): State<App>) -> Result<&'static str, HttpProblem> {
    app.see(|data, _| data.boot()).await?;
    Ok("ready\n")
}

/// GET /api/openapi.json
pub async fn openapi() -> Json<Value> {
    Json(super::openapi())
}
