//! Every route of the hub, in one table: method, path, whom it admits, what it takes and gives.

use super::caller::Admits::{self, Anyone, Demo, Roles};
use super::state::App;
use super::table::{Place, Table};
use super::{auth, backups, chains, epochs, machine, metrics, ops, orders, rider, shelf, shop, stream};
use axum::Router;
use axum::routing::{delete, get, post, put};
use model::Role;
use model::api::hub as api;
use model::api::machine::{BackupKept, EpochAnswer, EpochRequest};
use model::api::media::{Events, Octets, Socket, Text};
use serde_json::Value;

const SHOPPER: Admits = Roles(&[Role::Customer]);
const RIDER: Admits = Roles(&[Role::Rider]);
const OPS: Admits = Roles(&[Role::CityOps, Role::Admin]);

const fn read(path: &'static str, admits: Admits, query: &'static str, summary: &'static str) -> Place {
    Place { method: "get", path, admits, summary, query }
}

const fn write(method: &'static str, path: &'static str, admits: Admits, summary: &'static str) -> Place {
    Place { method, path, admits, summary, query: "" }
}

/// The router and the OpenAPI document; without an app only the document.
pub fn routes(app: Option<&App>) -> (Router<App>, Value) {
    let table = Table::new(app);
    let table = delivery(shopping(browsing(people(table))));
    archive(backup(machines(table))).finish("Larder central hub")
}

#[rustfmt::skip]
fn people(table: Table<'_>) -> Table<'_> {
    table
        .route::<api::OtpRequest, ()>(write("post", "/api/v1/auth/otp", Anyone, "Send a one-time password"), post(auth::otp))
        .route::<api::VerifyRequest, api::Session>(write("post", "/api/v1/auth/verify", Anyone, "Trade it for a session"), post(auth::verify))
        .route::<api::RefreshRequest, api::Session>(write("post", "/api/v1/auth/refresh", Anyone, "Renew a session"), post(auth::refresh))
        .route::<(), Vec<api::InboxMessage>>(read("/api/v1/demo/inbox", Demo, "phone", "Messages of a phone (demo)"), get(auth::inbox))
        .route::<(), api::Me>(read("/api/v1/me", SHOPPER, "", "Who I am"), get(shop::me))
        .route::<api::MeIn, api::Me>(write("put", "/api/v1/me", SHOPPER, "Change my name"), put(shop::set_me))
        .route::<api::AddressIn, api::Address>(write("post", "/api/v1/me/addresses", SHOPPER, "Add an address"), post(shop::add_address))
        .route::<(), api::Me>(write("delete", "/api/v1/me/addresses/{id}", SHOPPER, "Forget an address"), delete(shop::drop_address))
        .route::<api::InstrumentIn, api::Me>(write("post", "/api/v1/me/instruments", SHOPPER, "Keep a way to pay, by the gateway's token"), post(shop::keep_instrument))
        .route::<(), api::Me>(write("delete", "/api/v1/me/instruments/{id}", SHOPPER, "Keep it no more"), delete(shop::drop_instrument))
        .route::<(), ()>(write("delete", "/api/v1/me", SHOPPER, "Forget everything about me, in every city"), delete(shop::erase))
}

#[rustfmt::skip]
fn browsing(table: Table<'_>) -> Table<'_> {
    table
        .route::<(), api::Serviceable>(read("/api/v1/serviceable", Anyone, "lat lon", "Whether a place is served"), get(shop::serviceable))
        .route::<(), Vec<api::Category>>(read("/api/v1/categories", Anyone, "", "Categories"), get(shop::categories))
        .route::<(), api::SearchPage>(read("/api/v1/search", Anyone, "q? category? store? lat? lon?", "Find products; with the place also what other stores could bring there"), get(shop::search))
}

#[rustfmt::skip]
fn shopping(table: Table<'_>) -> Table<'_> {
    table
        .route::<(), api::Cart>(read("/api/v1/cart", SHOPPER, "", "My cart"), get(shop::cart))
        .route::<api::CartLineIn, api::Cart>(write("put", "/api/v1/cart/lines/{sku}", SHOPPER, "Set a line; 0 takes it out"), put(shop::set_line))
        .route::<api::CheckoutRequest, api::Order>(write("post", "/api/v1/checkout", SHOPPER, "Check out the cart"), post(orders::checkout))
        .route::<api::SplitRequest, Vec<api::Order>>(write("post", "/api/v1/checkout/split", SHOPPER, "Check out the cart as the several deliveries that `split_offered` offered"), post(orders::checkout_split))
        .route::<(), Vec<api::Order>>(read("/api/v1/orders", SHOPPER, "", "My orders, newest first"), get(orders::list))
        .route::<(), api::Order>(read("/api/v1/orders/{id}", SHOPPER, "", "One of my orders"), get(orders::one))
        .route::<(), Events<api::Tracking>>(read("/api/v1/orders/{id}/stream", SHOPPER, "", "Server-sent events `order` while it is under way"), get(stream::track))
        .route::<(), api::Order>(write("post", "/api/v1/orders/{id}/cancel", SHOPPER, "Ask to cancel"), post(orders::cancel))
        .route::<api::SubstituteReply, api::Order>(write("post", "/api/v1/orders/{id}/substitute", SHOPPER, "Answer about a substitute"), post(orders::substitute))
}

#[rustfmt::skip]
fn delivery(table: Table<'_>) -> Table<'_> {
    table
        .route::<api::ShiftRequest, api::RiderNow>(write("post", "/api/v1/rider/shift", RIDER, "Start or end a shift"), post(rider::shift))
        .route::<(), api::RiderNow>(read("/api/v1/rider/now", RIDER, "", "My next action"), get(rider::now))
        .route::<api::PositionsIn, ()>(write("post", "/api/v1/rider/positions", RIDER, "Where I was"), post(rider::positions))
        .route::<api::DeliverRequest, api::RiderNow>(write("post", "/api/v1/rider/orders/{id}/deliver", RIDER, "The customer has it"), post(rider::deliver))
        .route::<(), api::OpsNow>(read("/api/v1/ops/now", OPS, "", "Stores, riders and open orders"), get(ops::now))
        .route::<(), api::OpsSync>(read("/api/v1/ops/sync", OPS, "", "Links, lag, rights and quarantine of every store"), get(ops::sync))
        .route::<api::RecoverRequest, api::RecoverAnswer>(write("post", "/api/v1/ops/orders/recover", OPS, "A restored hub's lost orders, from the gateway's and the notifications' logs"), post(ops::recover))
        .route::<(), api::OpsShelf>(read("/api/v1/ops/stores/{store}/shelf", OPS, "q?", "What a store has on its shelf by SKU, as of when it was heard"), get(shelf::shelf))
        .route::<(), api::ClosingVoices>(write("post", "/api/v1/ops/generations/{generation}/close", OPS, "A person says that a restored hub's older orders are all here; two do"), post(ops::close_generation))
        .route::<(), api::OpsOrder>(read("/api/v1/ops/orders/{id}", OPS, "", "One order's story"), get(ops::story))
}

#[rustfmt::skip]
fn archive(table: Table<'_>) -> Table<'_> {
    table
        .route::<(), i64>(read("/sync/v1/time", Admits::Store, "", "The hub's time in milliseconds, by which a store judges its own clock"), get(chains::time))
        .route::<(), Value>(read("/sync/v1/chains", Admits::Store, "", "How far ledger and temperatures of a store have come: pairs of a stream and its head"), get(chains::heads))
        .route::<(), Value>(read("/sync/v1/chains/{stream}/ends", Admits::Store, "upto", "Where batches end, the newest first: a restored store goes on at one"), get(chains::ends))
        .route::<Octets, Value>(write("put", "/sync/v1/chains/{stream}", Admits::Store, "Take a batch of rows, if it continues the chain").asking("epoch"), put(chains::put_batch))
        .route::<Octets, ()>(write("put", "/sync/v1/hours/{hour}", Admits::Store, "Take a closed hour whose blob is missing here").asking("sha256 epoch?"), put(chains::put_hour))
        .route::<(), Value>(read("/sync/v1/hours", Admits::Store, "before", "Closed hours before one, newest first: a page of names, SHA-256s and lengths"), get(chains::hours))
        .route::<(), Octets>(read("/sync/v1/hours/{hour}", Admits::Store, "", "A closed hour"), get(chains::hour))
}

#[rustfmt::skip]
fn backup(table: Table<'_>) -> Table<'_> {
    table
        .route::<EpochRequest, EpochAnswer>(write("post", "/sync/v1/epoch", Admits::Store, "A machine asks to be the store"), post(epochs::mint))
        .route::<(), EpochAnswer>(read("/sync/v1/epoch", Admits::Store, "", "The terms that hold"), get(epochs::current))
        .route::<(), Vec<BackupKept>>(read("/sync/v1/backup", Admits::Store, "", "A store's backups, oldest first"), get(backups::list))
        .route::<Octets, Octets>(write("post", "/sync/v1/backup/missing", Admits::Store, "Which objects are not here: names of 32 bytes each, in and out"), post(backups::missing))
        .route::<Octets, ()>(write("put", "/sync/v1/backup/objects/{name}", Admits::Store, "Keep an object, named by its SHA-256"), put(backups::put_object))
        .route::<(), Octets>(read("/sync/v1/backup/objects/{name}", Admits::Store, "", "An object"), get(backups::object))
        .route::<Octets, ()>(write("put", "/sync/v1/backup/heads/{number}", Admits::Store, "Keep a head"), put(backups::put_head))
        .route::<(), Octets>(read("/sync/v1/backup/heads/{number}", Admits::Store, "", "A head by its number, or the `newest`"), get(backups::head))
}

#[rustfmt::skip]
fn machines(table: Table<'_>) -> Table<'_> {
    table
        .route::<(), Socket>(read("/sync/v1/connect", Admits::Store, "", "A store's session: sync frames"), get(machine::connect))
        .route::<(), Text>(read("/healthz", Anyone, "", "The process is alive"), get(machine::healthz))
        .route::<(), Text>(read("/readyz", Anyone, "", "The database answers"), get(machine::readyz))
        .route::<(), Text>(read("/metrics", Anyone, "", "Figures for Prometheus"), get(metrics::metrics))
        .route::<(), Value>(read("/api/openapi.json", Anyone, "", "This document"), get(machine::openapi))
}
