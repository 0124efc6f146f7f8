//! The cold chain at the console: sensors, alarms, and the word that somebody has seen one.

use super::extract::{Key, Path};
use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::clock;
use crate::command::Command;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::api::store::ColdChain;
use model::{CommandId, Role};

/// `GET /api/v1/cold`.
pub async fn chain(State(app): State<App>, _staff: Staff) -> Result<Json<ColdChain>, HttpProblem> {
    app.ask(|reader| reader.cold_chain(clock::now())).await.map(Json)
}

/// `POST /api/v1/alarms/{id}/acknowledge`.
pub async fn acknowledge(
    State(app): State<App>,
    staff: Staff,
    key: Key,
    Path(alarm): Path<CommandId>,
) -> Result<StatusCode, HttpProblem> {
    staff.only(&[Role::Manager])?;
    app.command(&staff, key, Command::AcknowledgeAlarm { alarm }).await?;
    Ok(StatusCode::NO_CONTENT)
}
