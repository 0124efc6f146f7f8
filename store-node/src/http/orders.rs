//! Orders at the console: board, detail, handover.

use super::extract::{Body, Key, Path};
use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::answer::Answer;
use crate::clock;
use crate::command::Command;
use crate::refusal::Refusal;
use axum::Json;
use axum::extract::State;
use model::OrderId;
use model::api::store::{Board, HandoverAnswer, HandoverRequest, OrderDetail};

/// `GET /api/v1/board`.
pub async fn board(State(app): State<App>, _staff: Staff) -> Result<Json<Board>, HttpProblem> {
    let link = *app.link.borrow();
    let mut board = app.ask(|reader| reader.board(clock::now())).await?;
    board.online = link.online;
    board.offline_since = (!link.online).then_some(link.since);
    Ok(Json(board))
}

/// `GET /api/v1/orders/{id}`.
pub async fn detail(
    State(app): State<App>,
    _staff: Staff,
    Path(order): Path<OrderId>,
) -> Result<Json<OrderDetail>, HttpProblem> {
    let detail = app.ask(move |reader| reader.order(order)).await?;
    detail.map(Json).ok_or_else(|| Refusal::unknown("order", order).problem().into())
}

/// `POST /api/v1/handover`.
pub async fn handover(
    State(app): State<App>,
    staff: Staff,
    key: Key,
    Body(request): Body<HandoverRequest>,
) -> Result<Json<HandoverAnswer>, HttpProblem> {
    let Answer::Handover(answer) = app.command(&staff, key, Command::Handover(request)).await? else {
        return Err(HttpProblem::fault(&"handover got another command's answer"));
    };
    Ok(Json(answer))
}
