//! GET /metrics: the hub's figures as Prometheus reads them. No order, SKU or customer stands in a label.

use super::problem::HttpProblem;
use super::state::App;
use crate::views::figures::{self, HubFigures, StoreFigures};
use ::figures::Text;
use ::sync::lane::Lane;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use model::Timestamp;
use model::api::hub::OpsHubBackup;

/// GET /metrics
pub async fn metrics(State(app): State<App>) -> Result<Response, HttpProblem> {
    let backups = app.newest_backups().await?;
    let known = app.see(move |data, look| figures::now(data, look, &backups)).await?;
    let mut page = Text::default();
    city(&mut page, &known);
    stores(&mut page, &known.stores);
    own_backup(&mut page, &app.own_backup.borrow(), crate::clock::now());
    let writing = app.writer.writing();
    page.gauge(
        "larder_hub_writer_queue",
        "Jobs that wait for the writing thread.",
        app.writer.waiting() as f64,
    );
    page.histogram("larder_hub_writer_group_commands", "Commands in one commit.", &writing.group, 1.0);
    let help = "From asking for a commit until it is on the disk.";
    page.histogram("larder_hub_commit_seconds", help, &writing.commit_us, 1e6);
    Ok(([(CONTENT_TYPE, Text::CONTENT_TYPE)], page.finish()).into_response())
}

/// Nothing where the configuration asks for no backups.
fn own_backup(page: &mut Text, own: &OpsHubBackup, now: Timestamp) {
    let failed = match own {
        OpsHubBackup::Off => return,
        OpsHubBackup::Waiting | OpsHubBackup::Kept { .. } => 0.0,
        OpsHubBackup::Failed { .. } => 1.0,
    };
    page.gauge(
        "larder_hub_backup_failed",
        "1 while the last round of the hub's own backup came to nothing.",
        failed,
    );
    if let Some(at) = own.at() {
        let age = now.since_ms(at).max(0) as f64 / 1e3;
        page.gauge("larder_hub_backup_age_seconds", "Age of the newest backup of the hub itself.", age);
    }
}

fn city(page: &mut Text, known: &HubFigures) {
    let mut number = |name: &str, help: &str, value: u32| page.gauge(name, help, f64::from(value));
    number("larder_hub_riders_on_shift", "Riders on shift.", known.riders_on_shift);
    number("larder_hub_orders_placed_last_hour", "Orders placed in the last hour.", known.placed_last_hour);
    number(
        "larder_hub_orders_delivered_last_hour",
        "Orders delivered in the last hour.",
        known.delivered_last_hour,
    );
    number("larder_hub_generation", "The hub's generation.", known.generation);
    let help = "1 while a restored hub's former life waits for two people to close it.";
    number("larder_hub_former_life_open", help, u32::from(known.former_life_open));
    let rows = known
        .quarantine
        .iter()
        .map(|((store, why), count)| (vec![store.to_string(), why.clone()], *count as f64));
    let help = "Changes of a store that could not be used, by reason.";
    page.gauges("larder_hub_quarantine_records", help, &["store", "reason"], rows);
}

fn stores(page: &mut Text, stores: &[StoreFigures]) {
    let mut each = |name: &str, help: &str, value: fn(&StoreFigures) -> Option<f64>| {
        let rows = stores.iter().filter_map(|store| Some((vec![store.store.to_string()], value(store)?)));
        page.gauges(&format!("larder_hub_store_{name}"), help, &["store"], rows);
    };
    each("link_up", "Whether the store's session is live.", |s| Some(f64::from(u8::from(s.online))));
    each("heard_seconds", "Seconds since something was heard of the store.", |s| {
        Some(s.heard_ms? as f64 / 1e3)
    });
    each("selling", "Whether the hub sells for the store now.", |s| Some(f64::from(u8::from(s.selling))));
    each("open_orders", "Orders that have no end yet.", |s| Some(f64::from(s.open_orders)));
    each("alarms", "Alarms that stand at the store, as it last said.", |s| Some(f64::from(s.alarms?)));
    each("facts_waiting", "Facts for the store that stand in no record yet.", |s| {
        Some(s.facts_waiting as f64)
    });
    each("epoch", "The store's epoch that holds.", |s| Some(f64::from(s.epoch)));
    each("rights_outstanding_units", "Units that the hub may still sell.", |s| {
        Some(s.rights_outstanding as f64)
    });
    each("chains_broken", "Chained tables of the store that what it sends does not continue.", |s| {
        Some(f64::from(s.chains_broken))
    });
    each("backup_age_seconds", "Age of the store's newest backup here.", |s| Some(s.backup_ms? as f64 / 1e3));
    each("catalogue_current", "Whether the store has all that was published of the catalogue.", |s| {
        Some(f64::from(u8::from(s.catalogue_current)))
    });
    each("rights_blocked_units", "Units of rights of earlier terms that nobody may sell.", |s| {
        Some(s.rights_blocked as f64)
    });
    let help = "Records for the store that it has not acknowledged, by lane.";
    let waiting = stores.iter().flat_map(|store| {
        let by_lane = Lane::ALL.into_iter().zip(store.records_waiting);
        by_lane.map(|(lane, n)| (vec![store.store.to_string(), lane.word().to_owned()], n as f64))
    });
    page.gauges("larder_hub_store_log_records_waiting", help, &["store", "lane"], waiting);
}
