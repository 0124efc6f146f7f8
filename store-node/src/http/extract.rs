//! Extractors that refuse with problem+json instead of axum's plain text: body, path, query, idempotency key.

use super::problem::HttpProblem;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts};
use axum::http::{StatusCode, request::Parts};
use model::CommandId;

/// The largest body in bytes; nothing a console sends comes near it.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// A JSON body.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(HttpProblem))]
pub struct Body<T>(pub T);

/// Path parts.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(HttpProblem))]
pub struct Path<T>(pub T);

/// Query parts.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(HttpProblem))]
pub struct Query<T>(pub T);

/// The `Idempotency-Key` header: the command's id. A retry carries the same and gets the first answer.
#[derive(Debug, Clone, Copy)]
pub struct Key(pub CommandId);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, HttpProblem> {
        let text = parts.headers.get("idempotency-key").and_then(|value| value.to_str().ok()).unwrap_or("");
        text.parse().map(Key).map_err(|_| {
            HttpProblem::new(
                "idempotency_key",
                StatusCode::BAD_REQUEST,
                "The request has no usable Idempotency-Key",
                format!("Got {text:?}."),
                "Send a fresh UUID in the Idempotency-Key header, and the same one again when you retry.",
            )
        })
    }
}

impl From<JsonRejection> for HttpProblem {
    fn from(rejection: JsonRejection) -> Self {
        let (status, text) = (rejection.status(), rejection.body_text());
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            let detail = format!("At most {BODY_BYTES_MAX} bytes.");
            return Self::new(
                "body_too_large",
                status,
                "The body is too large",
                detail,
                "Send less at once.",
            );
        }
        let (code, title, hint) = if matches!(rejection, JsonRejection::JsonDataError(_)) {
            let hint = "Compare it with the schema in /api/openapi.json and send it again.";
            ("wrong_shape", "The body has another shape", hint)
        } else if matches!(rejection, JsonRejection::MissingJsonContentType(_)) {
            ("not_json", "The body is not marked as JSON", "Set Content-Type: application/json.")
        } else {
            ("malformed_json", "The body is no JSON", "Check quotes, commas and brackets, and send it again.")
        };
        Self::new(code, status, title, text, hint)
    }
}

impl From<PathRejection> for HttpProblem {
    fn from(rejection: PathRejection) -> Self {
        let hint = "Check the id in the address.";
        Self::new(
            "bad_path",
            StatusCode::BAD_REQUEST,
            "The address cannot be read",
            rejection.body_text(),
            hint,
        )
    }
}

impl From<QueryRejection> for HttpProblem {
    fn from(rejection: QueryRejection) -> Self {
        let hint = "Check what stands after `?`; see /api/openapi.json.";
        Self::new(
            "bad_query",
            StatusCode::BAD_REQUEST,
            "The query cannot be read",
            rejection.body_text(),
            hint,
        )
    }
}
