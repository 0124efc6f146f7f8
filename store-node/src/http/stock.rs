//! Stock at the console: by SKU, by lot and bin, and a simple receipt.

use super::extract::{Body, Key, Path, Query};
use super::problem::HttpProblem;
use super::session::Staff;
use super::state::App;
use crate::answer::Answer;
use crate::clock;
use crate::command::Command;
use crate::refusal::Refusal;
use axum::Json;
use axum::extract::State;
use model::SkuId;
use model::api::store::{ReceiveAnswer, ReceiveRequest, StockDetail, StockPage};
use serde::Deserialize;

/// What stands after `?`.
#[derive(Debug, Deserialize)]
pub struct Search {
    /// Words in a name, SKU or barcode.
    #[serde(default)]
    q: String,
    /// The page after this SKU.
    after: Option<SkuId>,
}

/// `GET /api/v1/stock`.
pub async fn page(
    State(app): State<App>,
    _staff: Staff,
    Query(search): Query<Search>,
) -> Result<Json<StockPage>, HttpProblem> {
    let page =
        app.ask(move |reader| reader.stock_page(&search.q, search.after.as_ref(), clock::now())).await?;
    Ok(Json(page))
}

/// `GET /api/v1/stock/{sku}`.
pub async fn detail(
    State(app): State<App>,
    _staff: Staff,
    Path(sku): Path<SkuId>,
) -> Result<Json<StockDetail>, HttpProblem> {
    let wanted = sku.clone();
    let detail = app.ask(move |reader| reader.stock_detail(&wanted, clock::now())).await?;
    detail.map(Json).ok_or_else(|| Refusal::unknown("product", sku).problem().into())
}

/// `POST /api/v1/receive`.
pub async fn receive(
    State(app): State<App>,
    staff: Staff,
    key: Key,
    Body(request): Body<ReceiveRequest>,
) -> Result<Json<ReceiveAnswer>, HttpProblem> {
    let Answer::Received(answer) = app.command(&staff, key, Command::Receive(request)).await? else {
        return Err(HttpProblem::fault(&"receive got another command's answer"));
    };
    Ok(Json(answer))
}
