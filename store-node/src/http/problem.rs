//! Every refusal and fault as problem+json (RFC 9457) with what to do; also for what axum itself would refuse in plain
//! text. Never decides what is refused.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Problem;

/// A [`Problem`] as an HTTP response; boxed, so that a handler's `Result` stays small.
#[derive(Debug, Clone)]
pub struct HttpProblem(pub Box<Problem>);

impl HttpProblem {
    /// All five parts at once, as [`Problem::new`].
    pub fn new(code: &str, status: StatusCode, title: &str, detail: impl Into<String>, hint: &str) -> Self {
        Self(Box::new(Problem::new(code, status.as_u16(), title, detail, hint)))
    }

    /// The writer's queue is full (REQ-90): come back in a second, with the same key.
    pub fn busy() -> Self {
        Self::new(
            "busy",
            StatusCode::SERVICE_UNAVAILABLE,
            "The store node has more to do than it can take in",
            "The queue of commands is full; nothing was changed.",
            "Try again in a second with the same Idempotency-Key.",
        )
    }

    /// Something broke here; the log has it.
    pub fn fault(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        Self::new(
            "fault",
            StatusCode::INTERNAL_SERVER_ERROR,
            "The store node could not do this",
            "The cause is in the node's log; nothing was changed.",
            "Try again with the same Idempotency-Key; if it stays, run `store-node self-check`.",
        )
    }

    /// No or an ended session.
    pub fn unauthorised() -> Self {
        Self::new(
            "not_logged_in",
            StatusCode::UNAUTHORIZED,
            "Log in first",
            "The request carries no session, or one that has ended.",
            "POST /api/v1/login with person and PIN, then send Authorization: Bearer.",
        )
    }
}

impl From<Problem> for HttpProblem {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl IntoResponse for HttpProblem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
