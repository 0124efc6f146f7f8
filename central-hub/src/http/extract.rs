//! What requests carry, with every rejection as a problem that says what to do.

use super::problem::HttpProblem;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Json, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use model::CommandId;
use serde::de::DeserializeOwned;

/// The largest body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// Values of the path.
#[derive(Debug)]
pub struct At<T>(pub T);

/// Values of the query.
#[derive(Debug)]
pub struct Ask<T>(pub T);

/// The idempotency key: a UUID the client makes for each new request and repeats with each retry.
#[derive(Debug, Clone, Copy)]
pub struct Key(pub CommandId);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = HttpProblem;
    async fn from_request(request: Request, state: &S) -> Result<Self, HttpProblem> {
        Json::<T>::from_request(request, state).await.map(|Json(body)| Body(body)).map_err(|e| body(&e))
    }
}

fn body(rejection: &JsonRejection) -> HttpProblem {
    let status = rejection.status();
    let text = rejection.body_text();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = format!("At most {BODY_BYTES_MAX} bytes.");
        let hint = "Send less at once.";
        return HttpProblem::new("body_too_large", status, "The body is too large", detail, hint);
    }
    let (code, title, hint) = if matches!(rejection, JsonRejection::JsonDataError(_)) {
        let hint = "Compare it with the schema in /api/openapi.json and send it again.";
        ("wrong_shape", "The body has another shape", hint)
    } else if matches!(rejection, JsonRejection::MissingJsonContentType(_)) {
        ("not_json", "The body is not marked as JSON", "Set Content-Type: application/json.")
    } else {
        ("malformed_json", "The body is no JSON", "Check quotes, commas and brackets, and send it again.")
    };
    HttpProblem::new(code, status, title, text, hint)
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = HttpProblem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpProblem> {
        let rejected = |e: PathRejection| {
            let hint = "Check the id in the address.";
            HttpProblem::new(
                "bad_path",
                StatusCode::BAD_REQUEST,
                "The address names nothing",
                e.body_text(),
                hint,
            )
        };
        Path::<T>::from_request_parts(parts, state).await.map(|Path(at)| At(at)).map_err(rejected)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Ask<T> {
    type Rejection = HttpProblem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpProblem> {
        let rejected = |e: QueryRejection| {
            let title = "A value in the address is missing or wrong";
            let hint = "See /api/openapi.json for what may stand after the question mark.";
            HttpProblem::new("bad_query", StatusCode::BAD_REQUEST, title, e.body_text(), hint)
        };
        Query::<T>::from_request_parts(parts, state).await.map(|Query(ask)| Ask(ask)).map_err(rejected)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = HttpProblem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpProblem> {
        let text = parts.headers.get("idempotency-key").and_then(|value| value.to_str().ok());
        let problem = |detail: &str| {
            let hint = "Make a new UUID for each new request, and repeat it with each retry.";
            let title = "This write needs an Idempotency-Key";
            HttpProblem::new("idempotency_key", StatusCode::BAD_REQUEST, title, detail.to_owned(), hint)
        };
        let text = text.ok_or_else(|| problem("The header is missing."))?;
        text.parse().map(Key).map_err(|_| problem("The header is no UUID."))
    }
}
