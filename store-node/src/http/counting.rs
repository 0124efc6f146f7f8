//! The count screen of a fenced store.

use super::extract::{Body, Key, Path, Query};
use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::answer::Answer;
use crate::command::{Command, Counted};
use crate::flows::fence;
use axum::Json;
use axum::extract::State;
use model::SkuId;
use model::api::store::counting::{CountAnswer, CountRequest, CountTask, Counting};
use serde::Deserialize;

/// What stands after `?`.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// A barcode, a SKU, a shelf place or a name.
    q: String,
}

/// `GET /api/v1/counting`.
pub async fn counting(State(app): State<App>, _staff: Staff) -> Result<Json<Counting>, HttpProblem> {
    app.ask(|reader| reader.counting()).await.map(Json)
}

/// `GET /api/v1/counting/find`.
pub async fn find(
    State(app): State<App>,
    _staff: Staff,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Option<CountTask>>, HttpProblem> {
    app.ask(move |reader| reader.count_task(&wanted.q)).await.map(Json)
}

/// `POST /api/v1/counting/{sku}`.
pub async fn count(
    State(app): State<App>,
    staff: Staff,
    key: Key,
    Path(sku): Path<SkuId>,
    Body(request): Body<CountRequest>,
) -> Result<Json<CountAnswer>, HttpProblem> {
    let counted: u32 = request.found.iter().map(|found| found.qty.get()).fold(0, u32::saturating_add);
    let place = |found: model::api::store::counting::CountFound| Counted {
        lot: found.lot,
        bin: found.bin,
        on_hand: found.qty,
    };
    let places = request.found.into_iter().map(place).collect();
    let answer = app.command(&staff, key, Command::CountSku { sku: sku.clone(), places }).await?;
    let Answer::Counted { variance, .. } = answer else {
        return Err(HttpProblem::fault(&"a count got another command's answer"));
    };
    let open = app.ask(move |reader| reader.snapshot(|conn, _| fence::opened(conn, &sku))).await?;
    let expected = u32::try_from(i64::from(counted) - variance).unwrap_or(0);
    Ok(Json(CountAnswer { expected, counted, difference: variance, open }))
}
