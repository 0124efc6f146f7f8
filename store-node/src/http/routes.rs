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
use model::api::store as api;
use model::api::store::backup::BackupState;
use model::api::store::counting::{CountAnswer, CountRequest, CountTask, Counting};
use serde_json::Value;

/// The router and its OpenAPI document.
pub fn routes() -> (Router<App>, Value) {
    let table = Table::new()
        .post::<api::LoginRequest, api::LoginAnswer>("/api/v1/login", "PIN login", post(session::login))
        .get::<api::Board>("/api/v1/board", "Orders by promise slack", get(orders::board))
        .get::<String>("/api/v1/stream", "Server-sent events: what changed", get(stream::stream))
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
        .get::<api::StockPage>("/api/v1/stock", "Stock by SKU; ?q= and ?after=", get(stock::page))
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
        )
        .get::<api::ColdChain>("/api/v1/cold", "Sensors and alarms", get(cold::chain))
        .post::<(), ()>("/api/v1/alarms/{id}/acknowledge", "Seen; not cleared", post(cold::acknowledge))
        .get::<String>("/api/v1/cold/report", "CSV: every sensor by quarter-hour; ?day=", get(cold::report))
        .get::<String>("/api/v1/cold/log", "CSV: every reading; ?sensor= and ?day=", get(cold::log))
        .get::<String>("/api/v1/cold/excursions", "CSV: excursions by lot; ?day=", get(cold::excursions))
        .get::<String>("/api/v1/cold/events", "CSV: alarms, doors, actions; ?day=", get(cold_paper::events))
        .get::<String>("/api/v1/cold/day.pdf", "PDF: the day; ?day= and ?lang=", get(cold_paper::pdf))
        .get::<Vec<api::DeviceRow>>("/api/v1/devices", "Devices and prints in doubt", get(machine::devices))
        .post::<api::PrintResolve, ()>(
            "/api/v1/prints/{id}/resolve",
            "Is the label there?",
            post(prints::resolve),
        )
        .get::<api::Link>("/api/v1/link", "The link to the hub", get(machine::link))
        .get::<api::Quarantine>("/api/v1/quarantine", "What could not be used", get(machine::quarantine))
        .get::<BackupState>("/api/v1/backup", "How old the newest backup is", get(machine::backup));
    after_a_restore(table)
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
        .get::<api::HandheldConfig>(
            "/api/v1/handheld/config",
            "Where a handheld connects",
            get(handhelds::config),
        )
        .get::<String>("/healthz", "The process lives", get(machine::healthz))
        .get::<String>("/readyz", "It can do its work", get(machine::readyz))
        .get::<String>("/metrics", "Prometheus text", get(metrics::metrics))
        .get::<Value>("/api/openapi.json", "This document", get(machine::openapi))
        .get::<Value>("/api/asyncapi.json", "What is said over MQTT", get(machine::asyncapi))
        .finish("Larder store node")
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
        .get::<Option<CountTask>>(
            "/api/v1/counting/find",
            "By barcode, place or name; ?q=",
            get(counting::find),
        )
        .post::<CountRequest, CountAnswer>(
            "/api/v1/counting/{sku}",
            "What lies of it, place by place",
            post(counting::count),
        )
}
