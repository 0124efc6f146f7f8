//! Logging in by phone; the demo's inbox.

use super::caller::Caller;
use super::extract::{Ask, Body, Key};
use super::problem::HttpProblem;
use super::state::App;
use crate::command::{Answer, Command};
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Json;
use model::CommandId;
use model::api::hub::{InboxMessage, OtpRequest, RefreshRequest, Session, VerifyRequest};
use serde::Deserialize;

/// Messages of the inbox.
const SHOWN: u32 = 20;

/// Whose inbox.
#[derive(Debug, Deserialize)]
pub struct Inbox {
    phone: String,
}

/// POST /api/v1/auth/otp
pub async fn otp(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    Body(ask): Body<OtpRequest>,
) -> Result<StatusCode, HttpProblem> {
    app.apply(&caller, id, Command::RequestOtp { phone: ask.phone }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// POST /api/v1/auth/verify
pub async fn verify(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    Body(ask): Body<VerifyRequest>,
) -> Result<Json<Session>, HttpProblem> {
    let answer = app.apply(&caller, id, Command::VerifyOtp { phone: ask.phone, code: ask.code }).await?;
    session(&app, &id, answer)
}

/// POST /api/v1/auth/refresh
pub async fn refresh(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    Body(ask): Body<RefreshRequest>,
) -> Result<Json<Session>, HttpProblem> {
    let answer = app.apply(&caller, id, Command::Refresh { refresh: ask.refresh }).await?;
    session(&app, &id, answer)
}

/// The tokens are made from the hub's key and the command's id: a retry gets the same ones.
fn session(app: &App, id: &CommandId, answer: Answer) -> Result<Json<Session>, HttpProblem> {
    match answer {
        Answer::Session { role, subject, until } => {
            let (access, refresh) = (app.rules.key.token("access", id), app.rules.key.token("refresh", id));
            Ok(Json(Session { access, refresh, until, role, subject }))
        }
        Answer::Done
        | Answer::Terms { .. }
        | Answer::Address { .. }
        | Answer::Instrument { .. }
        | Answer::Order { .. }
        | Answer::Orders { .. }
        | Answer::Count { .. } => Err(HttpProblem::fault("a login without a session")),
    }
}

/// GET /api/v1/demo/inbox
pub async fn inbox(
    State(app): State<App>,
    Ask(ask): Ask<Inbox>,
) -> Result<Json<Vec<InboxMessage>>, HttpProblem> {
    // A plus that was not escaped arrives as a blank.
    let phone = ask.phone.trim().trim_start_matches('+');
    let phone = format!("+{phone}");
    Ok(Json(app.see(move |data, _| data.messages(&phone, SHOWN)).await?))
}
