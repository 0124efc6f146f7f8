//! What requests carry, with every rejection as a problem that says what to do.

use super::problem::HttpProblem;
use axum::body::{Bytes, to_bytes};
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Json, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use http_body_util::LengthLimitError;
use model::CommandId;
use serde::de::DeserializeOwned;

/// The largest JSON body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// A body of bytes that only both ends understand, at most `MAX` of them.
#[derive(Debug)]
pub struct Raw<const MAX: usize>(pub Bytes);

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
        return too_large(BODY_BYTES_MAX);
    }
    let (code, title, hint) = if matches!(rejection, JsonRejection::JsonDataError(_)) {
        let hint = "Compare it with its schema (/api/openapi.json of a hub) and send it again.";
        ("wrong_shape", "The body has another shape", hint)
    } else if matches!(rejection, JsonRejection::MissingJsonContentType(_)) {
        ("not_json", "The body is not marked as JSON", "Set Content-Type: application/json.")
    } else {
        ("malformed_json", "The body is no JSON", "Check quotes, commas and brackets, and send it again.")
    };
    HttpProblem::new(code, status, title, text, hint)
}

fn too_large(max: usize) -> HttpProblem {
    HttpProblem::new(
        "body_too_large",
        StatusCode::PAYLOAD_TOO_LARGE,
        "The body is too large",
        format!("At most {max} bytes."),
        "Send less at once.",
    )
}

impl<S: Send + Sync, const MAX: usize> FromRequest<S> for Raw<MAX> {
    type Rejection = HttpProblem;
    async fn from_request(request: Request, _: &S) -> Result<Self, HttpProblem> {
        to_bytes(request.into_body(), MAX).await.map(Self).map_err(|error| unread(&error, MAX))
    }
}

fn unread(error: &axum::Error, max: usize) -> HttpProblem {
    if std::error::Error::source(error).is_some_and(|source| source.is::<LengthLimitError>()) {
        return too_large(max);
    }
    let (title, hint) = ("The body did not come whole", "Send it again.");
    HttpProblem::new("body_broken", StatusCode::BAD_REQUEST, title, error.to_string(), hint)
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
            let hint = "See /api/openapi.json of a hub for what may stand after the question mark.";
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body as Sent;
    use axum::response::IntoResponse;

    async fn read(body: Sent) -> Result<Bytes, (StatusCode, String)> {
        let request = Request::new(body);
        match Raw::<8>::from_request(request, &()).await {
            Ok(Raw(bytes)) => Ok(bytes),
            Err(problem) => {
                let response = problem.into_response();
                let status = response.status();
                assert_eq!(response.headers()["content-type"], "application/problem+json");
                let said = to_bytes(response.into_body(), 10_000).await.unwrap();
                Err((status, serde_json::from_slice::<model::Problem>(&said).unwrap().code))
            }
        }
    }

    #[tokio::test]
    async fn a_body_of_bytes_is_taken_up_to_its_limit_and_refused_as_a_problem() {
        assert_eq!(read(Sent::from("12345678")).await.unwrap(), "12345678");
        let refused = read(Sent::from("123456789")).await.unwrap_err();
        assert_eq!(refused, (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large".to_owned()));
        let torn = [Ok("1234"), Err(std::io::Error::other("cut"))];
        let refused = read(Sent::from_stream(futures_util::stream::iter(torn))).await.unwrap_err();
        assert_eq!(refused, (StatusCode::BAD_REQUEST, "body_broken".to_owned()));
    }
}
