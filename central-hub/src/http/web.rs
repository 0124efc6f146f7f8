//! The web surfaces, built by `npm run build` into web/dist and carried inside the binary: shop at `/`, rider at `/rider/`,
//! ops at `/ops/`. A binary built without them says so on a page.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Larder</title><h1>The web surface is not built</h1>\
    <p>Run <code>make web</code>, then build the hub again. The API under <code>/api/v1</code> works without it.</p>";

/// A file of a surface; unknown paths give the surface's page, so that a reload deep inside works.
pub fn serve(uri: &Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    // Without the slash, the page's relative addresses would lead to the shop.
    if path == "rider" || path == "ops" {
        return Redirect::permanent(&format!("/{path}/")).into_response();
    }
    let (surface, rest) = match path.split_once('/') {
        Some(("rider", rest)) => ("rider", rest),
        Some(("ops", rest)) => ("ops", rest),
        Some(_) | None => ("shop", path),
    };
    let wanted = format!("{surface}/{rest}");
    let page = format!("{surface}/index.html");
    let file = Dist::get(&wanted).map(|file| (wanted, file));
    match file.or_else(|| Dist::get(&page).map(|file| (page, file))) {
        Some((name, file)) => respond(&name, file),
        None => {
            let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            (StatusCode::NOT_FOUND, kind, NOT_BUILT).into_response()
        }
    }
}

fn respond(name: &str, file: rust_embed::EmbeddedFile) -> Response {
    // Hashed assets never change; pages and service workers are asked for every time.
    let keep = if name.contains("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = Response::new(Body::from(file.data));
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(file.metadata.mimetype()) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}
