//! Orders at the counter, from the store's own share; works without the internet (REQ-28).

use super::extract::{Body, Key};
use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::answer::Answer;
use crate::command::Command;
use axum::Json;
use axum::extract::State;
use model::api::store::{CounterOrderAnswer, CounterOrderRequest};

/// `POST /api/v1/counter-orders`.
pub async fn order(
    State(app): State<App>,
    staff: Staff,
    key: Key,
    Body(request): Body<CounterOrderRequest>,
) -> Result<Json<CounterOrderAnswer>, HttpProblem> {
    let Answer::CounterOrder(answer) = app.command(&staff, key, Command::CounterOrder(request)).await? else {
        return Err(HttpProblem::fault(&"counter order got another command's answer"));
    };
    Ok(Json(answer))
}
