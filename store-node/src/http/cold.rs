//! The cold chain at the console: sensors, alarms, the word that somebody has seen one, and the day's papers as CSV.

use super::extract::{Key, Path, Query};
use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::clock;
use crate::command::Command;
use crate::db::DbResult;
use crate::reader::Reader;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::api::store::ColdChain;
use model::{CommandId, Date, DeviceId, Role, Timestamp};
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
    of_day(&app, "cold-chain", of.day, |reader, day, _| reader.cold_day(day)).await
}

/// `GET /api/v1/cold/log`.
pub async fn log(
    State(app): State<App>,
    _staff: Staff,
    Query(of): Query<LogOf>,
) -> Result<Response, HttpProblem> {
    let sensor = of.sensor.clone();
    of_day(&app, of.sensor.as_str(), of.day, move |reader, day, _| reader.cold_log(&sensor, day)).await
}

/// `GET /api/v1/cold/excursions`.
pub async fn excursions(
    State(app): State<App>,
    _staff: Staff,
    Query(of): Query<Day>,
) -> Result<Response, HttpProblem> {
    of_day(&app, "excursions", of.day, Reader::cold_excursions).await
}

/// A day's paper by this name; without a day, today's on the store's calendar.
async fn of_day<F>(app: &App, name: &str, day: Option<Date>, read: F) -> Result<Response, HttpProblem>
where
    F: FnOnce(&mut Reader, Date, Timestamp) -> DbResult<String> + Send + 'static,
{
    let (day, text) = app
        .ask(move |reader| {
            let now = clock::now();
            let day = day.unwrap_or(reader.facts().calendar.date(now));
            Ok((day, read(reader, day, now)?))
        })
        .await?;
    Ok(paper(&format!("{name}-{day}.csv"), text))
}

/// A CSV to keep. The name is made of codes and a date: nothing in it needs quoting.
fn paper(name: &str, text: String) -> Response {
    let kept = format!("attachment; filename=\"{name}\"");
    let head =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, kept)];
    (head, text).into_response()
}
