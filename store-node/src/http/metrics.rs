//! `GET /metrics`: the node's figures as Prometheus reads them. No SKU and no order in a label.

use super::problem::HttpProblem;
use super::state::App;
use crate::clock;
use crate::db::fence;
use crate::views::figures::Figures;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use figures::Text;

/// `GET /metrics`.
pub async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, HttpProblem> {
    let now = clock::now();
    let known = app.ask(move |reader| reader.figures(now)).await?;
    let mut page = Text::default();
    link(&mut page, &app);
    replication(&mut page, &known);
    floor(&mut page, &known);
    safety(&mut page, &app, &known);
    let writing = app.writer.writing();
    page.gauge("larder_writer_queue", "Jobs that wait for the writing thread.", app.writer.waiting() as f64);
    page.histogram("larder_writer_group_commands", "Commands in one commit.", &writing.group, 1.0);
    page.histogram(
        "larder_commit_seconds",
        "From asking for a commit until it is on the disk.",
        &writing.commit_us,
        1e6,
    );
    Ok(([(CONTENT_TYPE, Text::CONTENT_TYPE)], page.finish()))
}

fn link(page: &mut Text, app: &App) {
    let state = *app.link.borrow();
    let since = clock::now().since_ms(state.since).max(0) as f64 / 1e3;
    page.gauge(
        "larder_link_up",
        "Whether the session with the hub is live.",
        f64::from(u8::from(state.online)),
    );
    page.gauge("larder_link_state_seconds", "For how long the link has been as it is.", since);
}

fn replication(page: &mut Text, known: &Figures) {
    let mut number = |name: &str, help: &str, value: u64| page.gauge(name, help, value as f64);
    number("larder_facts_waiting", "Facts that the hub has not acknowledged.", known.facts_waiting);
    number(
        "larder_log_records_waiting",
        "Records of the own log that the hub has not acknowledged.",
        known.records_waiting,
    );
    number("larder_rights_outstanding_units", "Units that the hub may still sell.", known.rights_outstanding);
    number(
        "larder_rights_blocked_units",
        "Units of rights of earlier terms that nobody may sell.",
        known.rights_blocked,
    );
    let lag = known.oldest_fact_ms as f64 / 1e3;
    page.gauge(
        "larder_acknowledged_lag_seconds",
        "Age of the oldest fact that the hub has not acknowledged.",
        lag,
    );
    let rows = known.quarantine.iter().map(|(reason, count)| (vec![reason.clone()], *count as f64));
    page.gauge("larder_database_bytes", "Bytes of the store's database.", known.database_bytes as f64);
    if let Some(age) = known.catalogue_age_ms {
        let help = "Age of the publication of the hub's catalogue that was taken over last.";
        page.gauge("larder_catalogue_age_seconds", help, age as f64 / 1e3);
    }
    let help = "Rows of ledger and temperatures that the hub does not have yet.";
    let unshipped =
        known.rows_unshipped.iter().map(|(stream, rows)| (vec![stream.to_string()], *rows as f64));
    page.gauges("larder_rows_unshipped", help, &["stream"], unshipped);
    page.gauges("larder_quarantine_records", "Records that could not be used, by reason.", &["reason"], rows);
}

/// Whether the store is fenced, and what would be lost with this machine.
fn safety(page: &mut Text, app: &App, known: &Figures) {
    let rows = fence::State::ALL
        .map(|state| (vec![state.word().to_owned()], f64::from(u8::from(state == known.fence))));
    page.gauges("larder_fence", "How the store stands: 1 for the state it is in.", &["state"], rows);
    page.gauge(
        "larder_uncounted_skus",
        "SKUs that a fenced store still has to count.",
        known.uncounted as f64,
    );
    let help = "Orders whose end nobody knows after a restore: a person decides on the link page.";
    page.gauge("larder_unknown_orders", help, known.unknown_orders as f64);
    page.gauge("larder_epoch", "The store's epoch that holds here.", f64::from(known.terms.0));
    page.gauge("larder_generation", "The hub's generation that holds here.", f64::from(known.terms.1));
    let backup = app.backup.borrow().clone();
    let flag = |is: bool| f64::from(u8::from(is));
    page.gauge("larder_backup_enrolled", "Whether there is a recovery key.", flag(backup.enrolled));
    page.gauge("larder_backup_failing", "Whether the last backup failed.", flag(backup.error.is_some()));
    if let Some(at) = backup.hub_at {
        let age = clock::now().since_ms(at).max(0) as f64 / 1e3;
        page.gauge("larder_backup_age_seconds", "Age of the newest backup at the hub.", age);
    }
}

fn floor(page: &mut Text, known: &Figures) {
    let mut number = |name: &str, help: &str, value: u64| page.gauge(name, help, value as f64);
    number("larder_orders_promised", "Online orders that have not left the store.", known.orders_promised);
    number("larder_alarms_open", "Alarms that are not over.", known.alarms_open);
    number(
        "larder_dispatched_today",
        "Orders dispatched on the store's business day.",
        known.dispatched_today,
    );
}
