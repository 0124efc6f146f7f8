//! The clock at the console: a manager who looked at a watch says that the machine's clock is right.

use super::extract::Key;
use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::clock;
use crate::command::Command;
use axum::extract::State;
use axum::http::StatusCode;
use model::Role;

/// `POST /api/v1/clock/right`.
pub async fn right(State(app): State<App>, staff: Staff, key: Key) -> Result<StatusCode, HttpProblem> {
    staff.only(&[Role::Manager])?;
    app.command(&staff, key, Command::BelieveClock { wall: clock::wall() }).await?;
    clock::believe_wall();
    Ok(StatusCode::NO_CONTENT)
}
