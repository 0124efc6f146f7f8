//! A store's shelf, for operations.

use super::extract::{Ask, At};
use super::problem::HttpProblem;
use super::state::App;
use crate::views;
use axum::extract::State;
use axum::response::Json;
use model::StoreId;
use model::api::hub::OpsShelf;
use serde::Deserialize;

/// Signs of what is looked for.
const FIND_SIGNS: usize = 60;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct Find {
    #[serde(default)]
    q: String,
}

/// GET /api/v1/ops/stores/{store}/shelf
pub async fn shelf(
    State(app): State<App>,
    At(store): At<StoreId>,
    Ask(find): Ask<Find>,
) -> Result<Json<OpsShelf>, HttpProblem> {
    let find: String = find.q.chars().take(FIND_SIGNS).collect();
    Ok(Json(app.see_one("store", move |data, look| views::shelf::shelf(data, look, &store, &find)).await?))
}
