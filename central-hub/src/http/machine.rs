//! For machines: the stores' sessions, health, the OpenAPI document.

use super::caller::bearer;
use super::problem::HttpProblem;
use super::state::App;
use crate::config::Profile;
use crate::tls::Certified;
use ::sync::pledge::{self, Pledge, Word};
use ::sync::wire::MAX_FRAME;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use model::StoreId;
use model::api::machine::{EPOCH_HEADER, PLEDGES_HEADER};
use serde_json::Value;

/// Bytes read from a store's socket at once: of a thousand sockets most are silent, and each has its buffer.
const READ_BUFFER: usize = 16 * 1024;

/// GET /sync/v1/connect over TLS: the certificate says which store it is; the session's first frame must say the same.
pub async fn connect_certified(
    State(app): State<App>,
    ConnectInfo(Certified { store }): ConnectInfo<Certified>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, HttpProblem> {
    if !app.links.knows(&store) {
        return Err(HttpProblem::new(
            "unknown_store",
            StatusCode::FORBIDDEN,
            "No store of this hub has this name",
            format!("The certificate is that of {store}."),
            "Enrol the store under its id, or add it to the hub's configuration.",
        ));
    }
    open(&app, store, &headers, upgrade).await
}

/// GET /sync/v1/connect: the token says which store it is; the session's first frame must say the same. On loopback only:
/// elsewhere a store shows a certificate at the address of `[sync]`.
pub async fn connect(
    State(app): State<App>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, HttpProblem> {
    if app.profile != Profile::Demo {
        return Err(HttpProblem::new(
            "certificate_needed",
            StatusCode::FORBIDDEN,
            "Stores connect by certificate",
            "A token alone opens nothing here.".to_owned(),
            "Use the address of [sync] with https and [hub.tls] in store.toml.",
        ));
    }
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
    open(&app, store, &headers, upgrade).await
}

async fn open(
    app: &App,
    store: StoreId,
    headers: &HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, HttpProblem> {
    let upgrade = upgrade.map_err(|rejected| {
        let title = "This address speaks WebSocket";
        let hint = "Connect with ws://, binary frames of the sync protocol.";
        HttpProblem::new("not_websocket", StatusCode::UPGRADE_REQUIRED, title, rejected.body_text(), hint)
    })?;
    let theirs = headers.get(EPOCH_HEADER).and_then(|value| value.to_str().ok());
    let whose = store.clone();
    let found = app.see(move |data, _| Ok((data.store(&whose)?, data.generation()?))).await?;
    let (Some(row), generation) = found else { return Err(HttpProblem::not_found("store")) };
    if let Some(theirs) = theirs.and_then(|text| text.parse::<u32>().ok())
        && theirs < row.epoch.0
    {
        return Err(replaced(theirs, row.epoch.0));
    }
    let shown = shown(headers);
    let own = app.rules.pledges().pledge(&store, (row.epoch, generation), Word::Terms);
    let links = app.links.clone();
    let Some(seat) = links.take_seat(&store) else { return Err(HttpProblem::not_found("store")) };
    let upgrade = upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME).read_buffer_size(READ_BUFFER);
    let answer =
        upgrade.on_upgrade(move |socket| async move { links.serve(store, (socket, seat), shown).await });
    Ok(([(PLEDGES_HEADER, pledge::to_text(&[own]))], answer).into_response())
}

/// What the store shows of this hub's pledges.
pub fn shown(headers: &HeaderMap) -> Vec<Pledge> {
    let text = headers.get(PLEDGES_HEADER).and_then(|value| value.to_str().ok());
    text.map(pledge::from_text).unwrap_or_default()
}

/// Who was replaced never takes the seat of the machine that works.
fn replaced(theirs: u32, current: u32) -> HttpProblem {
    HttpProblem::new(
        "superseded",
        StatusCode::CONFLICT,
        "This store was replaced",
        format!(
            "This machine is of epoch {theirs}, the store's epoch is {current}. The session was not opened."
        ),
        "Switch this machine off; the store runs on another one.",
    )
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
