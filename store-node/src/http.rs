//! HTTP of the store node: console, picker app, API. Turns requests into commands and queries, refusals into
//! problem+json. Never decides, never holds SQL.

mod clock;
mod cold;
mod cold_paper;
mod counter;
mod counting;
mod enrol;
mod extract;
mod fence;
mod handhelds;
mod machine;
mod metrics;
mod orders;
mod prints;
mod problem;
mod routes;
mod session;
mod state;
mod stock;
mod stream;
mod table;
mod web;

pub use enrol::Desk;
pub use problem::HttpProblem;
pub use state::{App, Facts};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// The OpenAPI document, also for those who do not run the node.
pub fn openapi() -> Value {
    routes::routes().1
}

/// The whole surface, ready to serve.
pub fn router(app: App) -> Router {
    let (routes, _) = routes::routes();
    routes
        .method_not_allowed_fallback(wrong_method)
        .fallback(fallback)
        .layer(DefaultBodyLimit::max(extract::BODY_BYTES_MAX))
        .layer(tower_http::compression::CompressionLayer::new())
        .with_state(app)
}

async fn wrong_method(method: Method, uri: Uri) -> HttpProblem {
    HttpProblem::new(
        "wrong_method",
        StatusCode::METHOD_NOT_ALLOWED,
        "This address does not take that method",
        format!("{method} {}", uri.path()),
        "See /api/openapi.json for what it takes.",
    )
}

/// Pages for people, a problem for programs. To HEAD the server answers without the page's body.
async fn fallback(method: Method, uri: Uri) -> Response {
    if (method == Method::GET || method == Method::HEAD) && !uri.path().starts_with("/api/") {
        return web::serve(uri).await;
    }
    HttpProblem::new(
        "unknown_path",
        StatusCode::NOT_FOUND,
        "Nothing stands at this address",
        format!("{method} {}", uri.path()),
        "See /api/openapi.json for what there is.",
    )
    .into_response()
}
