//! For machines: the stores' sessions, health, figures, the OpenAPI document.

use super::caller::bearer;
use super::problem::HttpProblem;
use super::state::App;
use crate::views::ops;
use ::sync::wire::MAX_FRAME;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::Value;
use std::fmt::Write;

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

/// GET /metrics. No order, SKU or customer stands in a label.
pub async fn metrics(State(app): State<App>) -> Result<Response, HttpProblem> {
    let (ops, quarantined) = app.see(|data, look| Ok((ops::now(data, look)?, data.quarantined()?))).await?;
    let mut text = String::new();
    let mut put = |name: &str, labels: &str, value: f64| {
        let _ = writeln!(text, "larder_hub_{name}{labels} {value}");
    };
    put("writer_waiting", "", app.writer.waiting() as f64);
    put("quarantined", "", f64::from(quarantined));
    put("riders_on_shift", "", ops.riders.len() as f64);
    put("orders_placed_last_hour", "", f64::from(ops.placed_last_hour));
    put("orders_delivered_last_hour", "", f64::from(ops.delivered_last_hour));
    for store in &ops.stores {
        let label = format!("{{store=\"{}\"}}", store.store);
        put("store_online", &label, f64::from(u8::from(store.online)));
        put("store_selling", &label, f64::from(u8::from(store.selling)));
        put("store_open_orders", &label, f64::from(store.open_orders));
        put("store_quota_units", &label, f64::from(store.quota_units));
        put("store_facts_waiting", &label, f64::from(store.facts_waiting));
        if let Some(age) = store.link_age_ms {
            put("store_link_age_seconds", &label, age as f64 / 1_000.0);
        }
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

/// GET /api/openapi.json
pub async fn openapi() -> Json<Value> {
    Json(super::openapi())
}
