//! The stores' backups over HTTP: objects one by one, then a head. Who may write is the store of the token, and only while
//! its epoch is the current one: a node that was replaced publishes nothing.

use super::caller::bearer;
use super::epochs;
use super::extract::{At, Raw};
use super::problem::HttpProblem;
use super::state::App;
use crate::backups::{Backups, KeepError};
use crate::clock;
use crate::config::Profile;
use crate::engine::HubEngine;
use crate::tls::Certified;
use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Json;
use axum::routing::{get, post, put};
use model::StoreId;
use model::api::machine::{BackupKept, STORE_HEADER};
use sync::vault::{Head, Name};

/// Bytes of a body: an object or a head, and a little.
pub const BODY_MAX: usize = sync::vault::OBJECT_MAX + 1_024;

/// GET /sync/v1/backup
pub async fn list(State(app): State<App>, Whose(store): Whose) -> Result<Json<Vec<BackupKept>>, HttpProblem> {
    let kept = on_disk(&app, move |backups| backups.list(&store)).await?;
    let row = |kept: &crate::backups::Kept| BackupKept {
        number: kept.number,
        at: kept.at,
        epoch: kept.epoch,
        bytes: kept.bytes,
        links: kept.links,
    };
    Ok(Json(kept.iter().map(row).collect()))
}

/// POST /sync/v1/backup/missing: names of 32 bytes each, in and out.
pub async fn missing(
    State(app): State<App>,
    Whose(store): Whose,
    Raw(body): Raw<BODY_MAX>,
) -> Result<Vec<u8>, HttpProblem> {
    let names: Vec<Name> = body.chunks(32).filter_map(|bytes| bytes.try_into().ok().map(Name)).collect();
    let missing = on_disk(&app, move |backups| Ok(backups.missing(&store, &names))).await?;
    Ok(missing.into_iter().flat_map(|name| name.0).collect())
}

/// PUT /sync/v1/backup/objects/{name}
pub async fn put_object(
    State(app): State<App>,
    Whose(store): Whose,
    At(name): At<String>,
    Raw(body): Raw<BODY_MAX>,
) -> Result<StatusCode, HttpProblem> {
    let name = name.parse::<Name>().map_err(KeepError::Vault)?;
    on_disk(&app, move |backups| backups.put(&store, name, &body)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// GET /sync/v1/backup/objects/{name}
pub async fn object(
    State(app): State<App>,
    Whose(store): Whose,
    At(name): At<String>,
) -> Result<Vec<u8>, HttpProblem> {
    let name = name.parse::<Name>().map_err(KeepError::Vault)?;
    let found = on_disk(&app, move |backups| backups.get(&store, name)).await?;
    found.ok_or_else(|| HttpProblem::not_found("object of a backup"))
}

/// PUT /sync/v1/backup/heads/{number}
pub async fn put_head(
    State(app): State<App>,
    Whose(store): Whose,
    Raw(body): Raw<BODY_MAX>,
) -> Result<StatusCode, HttpProblem> {
    let note = Head::decode(&body).map_err(KeepError::Vault)?.note;
    if note.owner != store.as_str() {
        return Err(others(&store, &note.owner));
    }
    let term = note.term;
    let of = store.clone();
    let known = app.see_one("store", move |data, _| data.store(&of)).await?;
    if term != u64::from(known.epoch.0) {
        return Err(superseded(term, known.epoch.0));
    }
    let now = clock::now();
    on_disk(&app, move |backups| backups.put_head(&store, &body, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// GET /sync/v1/backup/heads/{number}, or `newest`.
pub async fn head(
    State(app): State<App>,
    Whose(store): Whose,
    At(number): At<String>,
) -> Result<Vec<u8>, HttpProblem> {
    let number = match number.as_str() {
        "newest" => None,
        text => Some(text.parse().map_err(|_| HttpProblem::not_found("head of a backup"))?),
    };
    let found = on_disk(&app, move |backups| backups.head(&store, number)).await?;
    found.ok_or_else(|| HttpProblem::not_found("head of a backup"))
}

fn others(store: &StoreId, owner: &str) -> HttpProblem {
    HttpProblem::new(
        "others_backup",
        StatusCode::FORBIDDEN,
        "This backup is of another store",
        format!("{store} sends a backup of {owner}. It was not kept."),
        "Compare [store] id in store.toml with the certificate in [hub.tls].",
    )
}

fn superseded(term: u64, current: u32) -> HttpProblem {
    HttpProblem::new(
        "superseded",
        StatusCode::CONFLICT,
        "This store was replaced",
        format!("The backup is of epoch {term}, the store's epoch is {current}. Nothing was kept."),
        "Switch this machine off; the store runs on another one.",
    )
}

/// The store that asks: by its certificate at the address of `[sync]`; by its token in profile demo only.
#[derive(Debug)]
pub struct Whose(pub(super) StoreId);

impl FromRequestParts<App> for Whose {
    type Rejection = HttpProblem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, HttpProblem> {
        let refused = |code, status, title, hint| {
            HttpProblem::new(code, status, title, "Nothing was changed.".to_owned(), hint)
        };
        let unknown = || {
            let hint = "Compare [hub] in store.toml with the hub's configuration.";
            refused("unknown_store", StatusCode::UNAUTHORIZED, "No store is known by this", hint)
        };
        if let Some(ConnectInfo(Certified { store })) = parts.extensions.get::<ConnectInfo<Certified>>() {
            if !app.links.knows(store) {
                return Err(unknown());
            }
            if let Some(said) = parts.headers.get(STORE_HEADER).filter(|said| *said != store.as_str()) {
                let said = String::from_utf8_lossy(said.as_bytes()).into_owned();
                let why = format!("the machine says that it is {said}, its certificate is that of {store}");
                let refused = other_papers(&why);
                let of = store.clone();
                let aside = move |engine: &mut HubEngine, now| engine.aside(now, &of, said.as_bytes(), &why);
                app.writer.archive(aside).await?;
                return Err(refused);
            }
            return Ok(Self(store.clone()));
        }
        if app.profile != Profile::Demo {
            let hint = "Use the address of [sync] with https and [hub.tls] in store.toml.";
            let title = "Stores show a certificate";
            return Err(refused("certificate_needed", StatusCode::FORBIDDEN, title, hint));
        }
        let store = bearer(&parts.headers).and_then(|token| app.links.store_of(token));
        store.map(Self).ok_or_else(unknown)
    }
}

/// A machine that says it is one store and shows the papers of another: neither is spoken for.
fn other_papers(why: &str) -> HttpProblem {
    HttpProblem::new(
        "other_certificate",
        StatusCode::FORBIDDEN,
        "This certificate is of another store",
        format!("Here {why}. Nothing was changed."),
        "Put the papers of this store where [hub.tls] in store.toml says.",
    )
}

/// The routes, for the address where stores show certificates.
pub fn certified() -> Router<App> {
    Router::new()
        .route("/sync/v1/epoch", get(epochs::current).post(epochs::mint))
        .route("/sync/v1/backup", get(list))
        .route("/sync/v1/backup/missing", post(missing))
        .route("/sync/v1/backup/objects/{name}", put(put_object).get(object))
        .route("/sync/v1/backup/heads/{number}", put(put_head).get(head))
}

async fn on_disk<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Backups) -> Result<T, KeepError> + Send + 'static,
) -> Result<T, HttpProblem> {
    let backups = app.backups.clone();
    let done = tokio::task::spawn_blocking(move || work(&backups)).await;
    Ok(done.map_err(|error| HttpProblem::fault(&error.to_string()))??)
}

impl From<KeepError> for HttpProblem {
    fn from(error: KeepError) -> Self {
        let (code, status, title, hint) = match &error {
            KeepError::File { .. } => return HttpProblem::fault(&error.to_string()),
            KeepError::Vault(_) | KeepError::OtherName(_) => {
                let hint = "Send the object again; if it is refused again, the sender is of another version.";
                ("not_a_backup", StatusCode::BAD_REQUEST, "This is no part of a backup", hint)
            }
            KeepError::Number { .. } => {
                let hint = "Read the newest head and continue from it. If two machines are this store, switch the older one off.";
                ("not_the_next", StatusCode::CONFLICT, "This is not the next backup", hint)
            }
            KeepError::Lacking(_) => (
                "object_missing",
                StatusCode::CONFLICT,
                "The backup is not whole",
                "Ask what is missing, and send it first.",
            ),
            KeepError::Full { .. } => {
                let hint = "Raise the bound at the hub, or back up to a new file.";
                (
                    "backup_full",
                    StatusCode::INSUFFICIENT_STORAGE,
                    "The store's share of the disk is used up",
                    hint,
                )
            }
        };
        HttpProblem::new(code, status, title, error.to_string(), hint)
    }
}
