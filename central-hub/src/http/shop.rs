//! The shop: who I am, where it is delivered, the shelf, the cart.

use super::caller::Caller;
use super::extract::{Ask, At, Body, Key};
use super::problem::HttpProblem;
use super::state::App;
use crate::clock;
use crate::command::{Answer, Command, Envelope};
use crate::system;
use crate::views;
use crate::views::place::Reach;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Json;
use model::api::hub::{
    Address, AddressIn, Cart, CartLineIn, Category, InstrumentIn, Me, MeIn, Point, SearchPage, Serviceable,
};
use model::{AddressId, InstrumentId, SkuId, StoreId};
use serde::Deserialize;

/// Signs of a query that are kept and looked at.
const QUERY_SIGNS: usize = 100;

/// A search.
#[derive(Debug, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
    category: Option<String>,
    store: Option<StoreId>,
    /// The place, if it is known: then other stores' goods are told, too.
    lat: Option<f64>,
    lon: Option<f64>,
}

/// GET /api/v1/me
pub async fn me(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Me>, HttpProblem> {
    let customer = caller.customer()?;
    Ok(Json(app.see_one("customer", move |data, _| views::cart::me(data, &customer)).await?))
}

/// PUT /api/v1/me
pub async fn set_me(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    Body(new): Body<MeIn>,
) -> Result<Json<Me>, HttpProblem> {
    let customer = caller.customer()?;
    app.apply(&caller, id, Command::SetName { customer, name: new.name }).await?;
    me(State(app), Extension(caller)).await
}

/// POST /api/v1/me/addresses
pub async fn add_address(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    Body(new): Body<AddressIn>,
) -> Result<Json<Address>, HttpProblem> {
    let customer = caller.customer()?;
    let command = Command::AddAddress { customer, text: new.text, at: new.at };
    let Answer::Address { address } = app.apply(&caller, id, command).await? else {
        return Err(HttpProblem::fault("an address without an id"));
    };
    Ok(Json(app.see_one("address", move |data, _| data.address(&customer, &address)).await?))
}

/// DELETE /api/v1/me/addresses/{id}
pub async fn drop_address(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    At(address): At<AddressId>,
) -> Result<Json<Me>, HttpProblem> {
    let customer = caller.customer()?;
    app.apply(&caller, id, Command::DropAddress { customer, address }).await?;
    me(State(app), Extension(caller)).await
}

/// POST /api/v1/me/instruments
pub async fn keep_instrument(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    Body(new): Body<InstrumentIn>,
) -> Result<Json<Me>, HttpProblem> {
    let customer = caller.customer()?;
    app.apply(&caller, id, Command::KeepInstrument { customer, new }).await?;
    me(State(app), Extension(caller)).await
}

/// DELETE /api/v1/me/instruments/{id}
pub async fn drop_instrument(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    At(instrument): At<InstrumentId>,
) -> Result<Json<Me>, HttpProblem> {
    let customer = caller.customer()?;
    app.apply(&caller, id, Command::DropInstrument { customer, instrument }).await?;
    me(State(app), Extension(caller)).await
}

/// DELETE /api/v1/me
pub async fn erase(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
) -> Result<StatusCode, HttpProblem> {
    let customer = caller.customer()?;
    app.apply(&caller, id, Command::EraseMe { customer }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A place that was named, if one was.
///
/// # Errors
/// Half a place, or none on earth.
fn on_earth(lat: Option<f64>, lon: Option<f64>) -> Result<Option<Point>, HttpProblem> {
    match (lat, lon) {
        (None, None) => Ok(None),
        (Some(lat), Some(lon)) if hub_core::geo::is_on_earth(Point { lat, lon }) => {
            Ok(Some(Point { lat, lon }))
        }
        (_, _) => Err(no_place()),
    }
}

fn no_place() -> HttpProblem {
    HttpProblem::new(
        "bad_query",
        StatusCode::BAD_REQUEST,
        "That is no place on earth",
        "lat -90 to 90, lon -180 to 180.".to_owned(),
        "Send the pin's latitude and longitude in degrees.",
    )
}

/// GET /api/v1/serviceable
pub async fn serviceable(
    State(app): State<App>,
    Ask(at): Ask<Point>,
) -> Result<Json<Serviceable>, HttpProblem> {
    if !hub_core::geo::is_on_earth(at) {
        return Err(no_place());
    }
    Ok(Json(app.see(move |data, look| views::place::serviceable(data, look, at)).await?))
}

/// GET /api/v1/categories
pub async fn categories(State(app): State<App>) -> Result<Json<Vec<Category>>, HttpProblem> {
    Ok(Json(app.see(|data, _| views::catalogue::categories(data)).await?))
}

/// GET /api/v1/search
pub async fn search(State(app): State<App>, Ask(ask): Ask<Search>) -> Result<Json<SearchPage>, HttpProblem> {
    let query: String = ask.q.chars().take(QUERY_SIGNS).collect();
    let (store, typed) = (ask.store.clone(), query.clone());
    let at = on_earth(ask.lat, ask.lon)?;
    let category = ask.category.filter(|c| !c.is_empty());
    let question = move |data: &dyn crate::db::HubTx, look: &views::Look<'_>| {
        let store = match &store {
            Some(id) => data.store(id)?,
            None => None,
        };
        let reach = match at {
            Some(at) => views::place::reach(data, look, at, store)?,
            None => Reach { store, others: Vec::new() },
        };
        views::catalogue::find(data, look, &typed, category.clone(), &reach)
    };
    let page = app.see(question).await?;
    if !query.trim().is_empty() {
        log(&app, query, ask.store, page.total);
    }
    Ok(Json(page))
}

/// Every query is kept, misses too (REQ-59), but nobody waits for it: the row is written in the background.
fn log(app: &App, query: String, store: Option<StoreId>, hits: u32) {
    let id = system::id(clock::now(), &query);
    let command = Command::LogSearch { query, store, hits };
    let writer = app.writer.clone();
    tokio::spawn(async move {
        let envelope = Envelope { id, actor: system::actor("search"), command };
        if let Err(error) = writer.try_apply(envelope).await {
            tracing::debug!(%error, "a search was not logged");
        }
    });
}

/// GET /api/v1/cart
pub async fn cart(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Cart>, HttpProblem> {
    let customer = caller.customer()?;
    Ok(Json(app.see(move |data, look| views::cart::cart(data, look, &customer)).await?))
}

/// PUT /api/v1/cart/lines/{sku}
pub async fn set_line(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Key(id): Key,
    At(sku): At<SkuId>,
    Body(line): Body<CartLineIn>,
) -> Result<Json<Cart>, HttpProblem> {
    let customer = caller.customer()?;
    app.apply(&caller, id, Command::SetCartLine { customer, sku, qty: line.qty }).await?;
    cart(State(app), Extension(caller)).await
}
