//! Refusals and faults as `application/problem+json`, each with what to do.

use crate::db::DbFault;
use crate::engine::No;
use crate::refusal::Refusal;
use crate::writer::WriteError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Problem;

/// A problem on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpProblem {
    problem: Box<Problem>,
    /// Seconds after which it is worth trying again.
    retry_after_s: Option<u32>,
}

impl HttpProblem {
    /// All parts.
    pub fn new(code: &str, status: StatusCode, title: &str, detail: String, hint: &str) -> Self {
        let problem = Box::new(Problem::new(code, status.as_u16(), title, detail, hint));
        Self { problem, retry_after_s: None }
    }

    /// A fault of ours: what it was is in the log, not on the wire.
    pub fn fault(what: &str) -> Self {
        tracing::error!(what, "a request ended in a fault");
        Self::new(
            "fault",
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong here",
            "Nothing was changed.".to_owned(),
            "Send the same request again, with the same Idempotency-Key; if it fails again, tell operations.",
        )
    }

    /// Nothing of that name.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            "not_found",
            StatusCode::NOT_FOUND,
            "There is no such thing",
            what.to_owned(),
            "Check the address.",
        )
    }
}

impl From<Refusal> for HttpProblem {
    fn from(refusal: Refusal) -> Self {
        Self { problem: Box::new(refusal.problem()), retry_after_s: None }
    }
}

impl From<No> for HttpProblem {
    fn from(no: No) -> Self {
        match no {
            No::Refused(refusal) => refusal.into(),
            No::Fault(fault) => Self::fault(&fault.to_string()),
        }
    }
}

impl From<DbFault> for HttpProblem {
    fn from(fault: DbFault) -> Self {
        Self::fault(&fault.to_string())
    }
}

impl From<WriteError> for HttpProblem {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Busy | WriteError::Stopping => Self {
                retry_after_s: Some(1),
                ..Self::new(
                    "busy",
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The hub is busy",
                    format!("{error}. Nothing was changed."),
                    "Send the same request again in a second, with the same Idempotency-Key.",
                )
            },
            WriteError::Fault(what) => Self::fault(&what),
        }
    }
}

impl IntoResponse for HttpProblem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response = (status, [kind], body).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
