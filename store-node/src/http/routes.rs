//! Every route of the store node in one table (ARCHITECTURE): the router and the OpenAPI document come from here.

use super::state::App;
use super::table::Table;
use super::{
    clock, cold, cold_paper, counter, counting, enrol, fence, handhelds, machine, metrics, orders, prints,
    session, stock, stream,
};
use axum::Router;
use axum::routing::{get, post};
use model::api::fence as fenced;
use model::api::media::{Csv, Events, Pdf, Text};
use model::api::store as api;
use model::api::store::backup::BackupState;
use model::api::store::counting::{CountAnswer, CountRequest, CountTask, Counting};
use serde_json::Value;

/// The router and its OpenAPI document.
pub fn routes() -> (Router<App>, Value) {
    let table = Table::new()
        .post::<api::LoginRequest, api::LoginAnswer>("/api/v1/login", "PIN login", post(session::login))
        .open()
        .get::<api::Board>("/api/v1/board", "Orders by promise slack", get(orders::board))
        .get::<Events<String>>("/api/v1/stream", "Server-sent events: what changed", get(stream::stream))
        .get::<api::OrderDetail>("/api/v1/orders/{id}", "One order and its history", get(orders::detail))
        .post::<(), ()>(
            "/api/v1/orders/{id}/reprint",
            "Print its labels again, as DUPLICATE",
            post(prints::reprint),
        )
        .post::<api::PaperRequest, ()>("/api/v1/papers", "Print a paper", post(prints::paper))
        .post::<api::HandoverRequest, api::HandoverAnswer>(
            "/api/v1/handover",
            "Hand bags over",
            post(orders::handover),
        )
        .get::<api::StockPage>("/api/v1/stock", "Stock by SKU", get(stock::page))
        .asks("q? after?")
        .get::<api::StockDetail>("/api/v1/stock/{sku}", "One SKU by lot and bin", get(stock::detail))
        .post::<api::ReceiveRequest, api::ReceiveAnswer>(
            "/api/v1/receive",
            "Goods came in",
            post(stock::receive),
        )
        .post::<api::CounterOrderRequest, api::CounterOrderAnswer>(
            "/api/v1/counter-orders",
            "An order at the counter or by phone",
            post(counter::order),
        );
    machines(after_a_restore(cold_chain(table))).finish("Larder store node")
}

/// Temperatures, alarms, and their papers.
fn cold_chain(table: Table<App>) -> Table<App> {
    table
        .get::<api::ColdChain>("/api/v1/cold", "Sensors and alarms", get(cold::chain))
        .post::<(), ()>("/api/v1/alarms/{id}/acknowledge", "Seen; not cleared", post(cold::acknowledge))
        .get::<Csv>("/api/v1/cold/report", "Every sensor by quarter-hour", get(cold::report))
        .asks("day?")
        .get::<Csv>("/api/v1/cold/log", "Every reading", get(cold::log))
        .asks("sensor day?")
        .get::<Csv>("/api/v1/cold/excursions", "Excursions by lot", get(cold::excursions))
        .asks("day?")
        .get::<Csv>("/api/v1/cold/events", "Alarms, doors, actions", get(cold_paper::events))
        .asks("day? lang?")
        .get::<Pdf>("/api/v1/cold/day.pdf", "The day", get(cold_paper::pdf))
        .asks("day? lang?")
}

/// Devices, links, and what machines ask.
fn machines(table: Table<App>) -> Table<App> {
    table
        .get::<Vec<api::DeviceRow>>("/api/v1/devices", "Devices and prints in doubt", get(machine::devices))
        .post::<api::PrintResolve, ()>(
            "/api/v1/prints/{id}/resolve",
            "Is the label there?",
            post(prints::resolve),
        )
        .get::<api::Link>("/api/v1/link", "The link to the hub", get(machine::link))
        .get::<api::Quarantine>("/api/v1/quarantine", "What could not be used", get(machine::quarantine))
        .get::<BackupState>("/api/v1/backup", "How old the newest backup is", get(machine::backup))
        .post::<api::EnrolRequest, api::EnrolAnswer>(
            "/api/v1/handhelds",
            "Enrol a handheld",
            post(handhelds::enrol),
        )
        .post::<model::api::enrol::RedeemRequest, model::api::enrol::RedeemAnswer>(
            "/api/v1/enrol",
            "A device proves its code and gets its certificate",
            post(enrol::redeem),
        )
        .open()
        .without_key()
        .get::<api::HandheldConfig>(
            "/api/v1/handheld/config",
            "Where a handheld connects",
            get(handhelds::config),
        )
        .open()
        .get::<Text>("/healthz", "The process lives", get(machine::healthz))
        .open()
        .get::<Text>("/readyz", "It can do its work", get(machine::readyz))
        .open()
        .get::<Text>("/metrics", "Prometheus text", get(metrics::metrics))
        .open()
        .get::<Value>("/api/openapi.json", "This document", get(machine::openapi))
        .open()
        .get::<Value>("/api/asyncapi.json", "What is said over MQTT", get(machine::asyncapi))
        .open()
}

/// What a store asks of people after it was restored.
fn after_a_restore(table: Table<App>) -> Table<App> {
    table
        .get::<fenced::FenceView>("/api/v1/fence", "How a restored store stands", get(fence::view))
        .post::<(), ()>(
            "/api/v1/fence/emergency",
            "Sell what is counted, without the hub",
            post(fence::emergency),
        )
        .post::<(), ()>(
            "/api/v1/clock/right",
            "The machine's clock is right, against what the store counts",
            post(clock::right),
        )
        .post::<fenced::UnknownDecision, ()>(
            "/api/v1/fence/unknown",
            "How an order ended that nobody knew of",
            post(fence::unknown),
        )
        .get::<Counting>("/api/v1/counting", "What to count, best sellers first", get(counting::counting))
        .get::<Option<CountTask>>("/api/v1/counting/find", "By barcode, place or name", get(counting::find))
        .asks("q")
        .post::<CountRequest, CountAnswer>(
            "/api/v1/counting/{sku}",
            "What lies of it, place by place",
            post(counting::count),
        )
}
