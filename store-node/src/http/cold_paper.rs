//! The cold chain's papers beyond the plain CSV: the day as PDF, and what happened around the readings.

use super::extract::Query;
use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::clock;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use firmware_config::PaperLanguage;
use model::Date;
use serde::Deserialize;

/// Which day's paper, in which language.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// `2026-11-21`, on the store's calendar; without one today.
    day: Option<Date>,
    /// `en` or `hi`.
    #[serde(default)]
    lang: PaperLanguage,
}

/// `GET /api/v1/cold/day.pdf`.
pub async fn pdf(
    State(app): State<App>,
    _staff: Staff,
    Query(wanted): Query<Wanted>,
) -> Result<Response, HttpProblem> {
    let (day, bytes) = app
        .ask(move |reader| {
            let now = clock::now();
            let day = wanted.day.unwrap_or(reader.facts().calendar.date(now));
            Ok((day, reader.cold_pdf(day, wanted.lang, now)?))
        })
        .await?;
    Ok(kept(&format!("cold-chain-{day}.pdf"), "application/pdf", bytes))
}

/// `GET /api/v1/cold/events`.
pub async fn events(
    State(app): State<App>,
    _staff: Staff,
    Query(wanted): Query<Wanted>,
) -> Result<Response, HttpProblem> {
    let (day, text) = app
        .ask(move |reader| {
            let day = wanted.day.unwrap_or(reader.facts().calendar.date(clock::now()));
            Ok((day, reader.cold_events(day)?))
        })
        .await?;
    Ok(kept(&format!("cold-events-{day}.csv"), "text/csv; charset=utf-8", text.into_bytes()))
}

/// A file to keep. The name is made of a word and a date: nothing in it needs quoting.
fn kept(name: &str, kind: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response()
}
