//! Papers on request, and prints that need a person: reprint, and the word about a print in doubt (REQ-34).

use super::extract::{Body, Key, Path};
use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::command::Command;
use axum::extract::State;
use axum::http::StatusCode;
use model::api::store::{PaperRequest, PrintResolve};
use model::{OrderId, PrintJobId};

/// `POST /api/v1/orders/{id}/reprint`.
pub async fn reprint(
    State(app): State<App>,
    staff: Staff,
    key: Key,
    Path(order): Path<OrderId>,
) -> Result<StatusCode, HttpProblem> {
    app.command(&staff, key, Command::Reprint { order }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/papers`.
pub async fn paper(
    State(app): State<App>,
    staff: Staff,
    key: Key,
    Body(request): Body<PaperRequest>,
) -> Result<StatusCode, HttpProblem> {
    app.command(&staff, key, Command::PrintPaper(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/prints/{id}/resolve`.
pub async fn resolve(
    State(app): State<App>,
    staff: Staff,
    key: Key,
    Path(job): Path<PrintJobId>,
    Body(word): Body<PrintResolve>,
) -> Result<StatusCode, HttpProblem> {
    app.command(&staff, key, Command::ResolvePrint { job, printed: word.printed }).await?;
    Ok(StatusCode::NO_CONTENT)
}
