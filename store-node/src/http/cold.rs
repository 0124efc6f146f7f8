//! The cold chain at the console: sensors, alarms, the word that somebody has seen one, and the day's papers as CSV.

use super::extract::{Key, Path, Query};
use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::clock;
use crate::command::Command;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::api::store::ColdChain;
use model::{CommandId, Date, DeviceId, Role};
use serde::Deserialize;

/// `GET /api/v1/cold`.
pub async fn chain(State(app): State<App>, _staff: Staff) -> Result<Json<ColdChain>, HttpProblem> {
    app.ask(|reader| reader.cold_chain(clock::now())).await.map(Json)
}

/// `POST /api/v1/alarms/{id}/acknowledge`.
pub async fn acknowledge(
    State(app): State<App>,
    staff: Staff,
    key: Key,
    Path(alarm): Path<CommandId>,
) -> Result<StatusCode, HttpProblem> {
    staff.only(&[Role::Manager])?;
    app.command(&staff, key, Command::AcknowledgeAlarm { alarm }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which day's paper; without one today's.
#[derive(Debug, Deserialize)]
pub struct Day {
    /// `2026-11-21`, on the store's calendar.
    day: Option<Date>,
}

/// Which sensor's log of which day.
#[derive(Debug, Deserialize)]
pub struct LogOf {
    /// The sensor.
    sensor: DeviceId,
    /// `2026-11-21`, on the store's calendar; without one today.
    day: Option<Date>,
}

/// `GET /api/v1/cold/report`.
pub async fn report(
    State(app): State<App>,
    _staff: Staff,
    Query(of): Query<Day>,
) -> Result<Response, HttpProblem> {
    let (day, text) = app
        .ask(move |reader| {
            let day = of.day.unwrap_or(reader.facts().calendar.date(clock::now()));
            Ok((day, reader.cold_day(day)?))
        })
        .await?;
    Ok(paper(&format!("cold-chain-{day}.csv"), text))
}

/// `GET /api/v1/cold/log`.
pub async fn log(
    State(app): State<App>,
    _staff: Staff,
    Query(of): Query<LogOf>,
) -> Result<Response, HttpProblem> {
    let (name, text) = app
        .ask(move |reader| {
            let day = of.day.unwrap_or(reader.facts().calendar.date(clock::now()));
            Ok((format!("{}-{day}.csv", of.sensor), reader.cold_log(&of.sensor, day)?))
        })
        .await?;
    Ok(paper(&name, text))
}

/// `GET /api/v1/cold/excursions`.
pub async fn excursions(
    State(app): State<App>,
    _staff: Staff,
    Query(of): Query<Day>,
) -> Result<Response, HttpProblem> {
    let (day, text) = app
        .ask(move |reader| {
            let day = of.day.unwrap_or(reader.facts().calendar.date(clock::now()));
            Ok((day, reader.cold_excursions(day, clock::now())?))
        })
        .await?;
    Ok(paper(&format!("excursions-{day}.csv"), text))
}

/// A CSV to keep. The name is made of codes and a date: nothing in it needs quoting.
fn paper(name: &str, text: String) -> Response {
    let kept = format!("attachment; filename=\"{name}\"");
    let head =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, kept)];
    (head, text).into_response()
}
