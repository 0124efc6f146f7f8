//! The fence at the console: how the store stands, the emergency, and decisions about UNKNOWN orders. The count has a screen
//! of its own.

use super::extract::{Body, Key};
use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::command::Command;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::Role;
use model::api::fence::{FenceView, UnknownDecision};

/// `GET /api/v1/fence`.
pub async fn view(State(app): State<App>, _staff: Staff) -> Result<Json<FenceView>, HttpProblem> {
    Ok(Json(app.ask(|reader| reader.fence()).await?))
}

/// `POST /api/v1/fence/emergency`.
pub async fn emergency(State(app): State<App>, staff: Staff, key: Key) -> Result<StatusCode, HttpProblem> {
    staff.only(&[Role::Manager])?;
    app.command(&staff, key, Command::OpenEmergency).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/fence/unknown`.
pub async fn unknown(
    State(app): State<App>,
    staff: Staff,
    key: Key,
    Body(decision): Body<UnknownDecision>,
) -> Result<StatusCode, HttpProblem> {
    staff.only(&[Role::Manager])?;
    let command = Command::ResolveUnknown { order: decision.order, end: decision.end };
    app.command(&staff, key, command).await?;
    Ok(StatusCode::NO_CONTENT)
}
