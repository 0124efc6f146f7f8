//! HTTP of the hub: shop, rider, ops, the stores' sessions. Turns requests into commands and questions, refusals into
//! problem+json. Never decides, never holds SQL.

mod auth;
mod backups;
mod caller;
mod chains;
mod epochs;
mod extract;
mod machine;
mod metrics;
mod ops;
mod orders;
mod problem;
mod rider;
mod routes;
mod shelf;
mod shop;
mod state;
mod stream;
mod table;
mod web;

pub(crate) use extract::{Ask, BODY_BYTES_MAX, Body};
pub use problem::HttpProblem;
pub use state::App;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

/// The OpenAPI document, also for those who do not run the hub.
pub fn openapi() -> Value {
    routes::routes(None).1
}

/// The whole surface, ready to serve.
pub fn router(app: App) -> Router {
    let (routes, _) = routes::routes(Some(&app));
    routes
        .method_not_allowed_fallback(wrong_method)
        .fallback(fallback)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(tower_http::compression::CompressionLayer::new())
        .with_state(app)
}

/// What stores reach over their encrypted address: their sessions, backups, epochs and archives, and whether the hub is alive.
pub fn sync_router(app: App) -> Router {
    let routes = backups::certified()
        .merge(chains::certified())
        .route("/sync/v1/connect", get(machine::connect_certified));
    routes
        .route("/healthz", get(machine::healthz))
        .method_not_allowed_fallback(wrong_method)
        .fallback(fallback)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(app)
}

/// An address of ours, and another method than it takes.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> HttpProblem {
    HttpProblem::new(
        "wrong_method",
        StatusCode::METHOD_NOT_ALLOWED,
        "This address does not take that method",
        format!("{method} {}", uri.path()),
        "See /api/openapi.json of a hub for what it takes.",
    )
}

/// Pages for people, a problem for programs. To HEAD the server answers without the page's body.
async fn fallback(method: Method, uri: Uri) -> Response {
    let reads = method == Method::GET || method == Method::HEAD;
    if reads && !uri.path().starts_with("/api/") && !uri.path().starts_with("/sync/") {
        return web::serve(&uri);
    }
    unknown_path(method, uri).await.into_response()
}

/// No address of ours.
pub(crate) async fn unknown_path(method: Method, uri: Uri) -> HttpProblem {
    HttpProblem::new(
        "unknown_path",
        StatusCode::NOT_FOUND,
        "There is nothing at this address",
        format!("{method} {}", uri.path()),
        "See /api/openapi.json of a hub for what there is.",
    )
}
