//! The rider's screen: shift, next action, positions, proof.

use super::caller::Caller;
use super::extract::{At, Body, Key};
use super::problem::HttpProblem;
use super::state::App;
use crate::command::Command;
use crate::views;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Json;
use model::OrderId;
use model::api::hub::{DeliverRequest, PositionsIn, RiderNow, ShiftRequest};

/// GET /api/v1/rider/now
pub async fn now(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<RiderNow>, HttpProblem> {
    let rider = caller.rider()?;
    Ok(Json(app.see_one("rider", move |data, look| views::rider::now(data, look, &rider)).await?))
}

/// POST /api/v1/rider/shift
pub async fn shift(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    Body(ask): Body<ShiftRequest>,
) -> Result<Json<RiderNow>, HttpProblem> {
    let command = Command::SetShift { rider: caller.rider()?, on: ask.on, until: ask.until, at: ask.at };
    app.apply(&caller, id, command).await?;
    now(State(app), Extension(caller)).await
}

/// POST /api/v1/rider/positions
pub async fn positions(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    Body(ask): Body<PositionsIn>,
) -> Result<StatusCode, HttpProblem> {
    app.apply(&caller, id, Command::Positions { rider: caller.rider()?, fixes: ask.fixes }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// POST /api/v1/rider/orders/{id}/deliver
pub async fn deliver(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    At(order): At<OrderId>,
    Body(ask): Body<DeliverRequest>,
) -> Result<Json<RiderNow>, HttpProblem> {
    let command = Command::Deliver {
        rider: caller.rider()?,
        order,
        code: ask.code,
        cash: ask.cash,
        at: ask.at,
        delivered_at: ask.delivered_at,
    };
    app.apply(&caller, id, command).await?;
    now(State(app), Extension(caller)).await
}
