//! Handhelds: enrolment by the manager, and where a handheld connects.

use super::extract::{Body, Key};
use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::broker::hash_password;
use crate::command::Command;
use axum::Json;
use axum::extract::State;
use model::Role;
use model::api::store::{EnrolAnswer, EnrolRequest, HandheldConfig};

/// `POST /api/v1/handhelds`. The token is told once; the store keeps its hash, and the broker learns it at once.
pub async fn enrol(
    State(app): State<App>,
    staff: Staff,
    key: Key,
    Body(request): Body<EnrolRequest>,
) -> Result<Json<EnrolAnswer>, HttpProblem> {
    staff.only(&[Role::Manager])?;
    let device = request.device;
    let token = app.facts.token("handheld", key);
    let token_hash = hash_password(&token, app.facts.salt(key));
    app.command(&staff, key, Command::EnrolHandheld { device: device.clone(), token_hash }).await?;
    let handhelds = app.ask(|reader| reader.handheld_tokens()).await?;
    app.rules.send_modify(|rules| rules.handhelds = handhelds);
    let url = format!("{}/picker/#device={device}&token={token}", app.facts.base_url);
    Ok(Json(EnrolAnswer { device, token, url }))
}

/// `GET /api/v1/handheld/config`.
pub async fn config(State(app): State<App>) -> Json<HandheldConfig> {
    let people = app.pins.everybody().filter(|(_, known)| known.role != Role::Auditor);
    Json(HandheldConfig {
        store: app.facts.store.clone(),
        store_name: app.facts.name.clone(),
        ws_port: app.facts.ws_port,
        ws_tls: app.facts.ws_tls,
        people: people.map(|(person, known)| (person.clone(), known.name.clone())).collect(),
    })
}
