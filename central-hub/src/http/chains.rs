//! What stores ship beside their sessions, when nothing else waits: batches of ledger and temperatures, and closed hours whose
//! blob is missing here. Each answer says how far it came, so a transfer that breaks off goes on where it was. Whose it is,
//! says the certificate.

use super::backups::Whose;
use super::extract::{Ask, At, Raw};
use super::problem::HttpProblem;
use super::state::App;
use crate::clock;
use crate::engine::{BATCH_BYTES_MAX, BatchRefused, BlobRefused};
use ::sync::batch::{Head, Stream, Taken};
use ::sync::doc::{DocKey, ManifestEntry};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::{get, put};
use model::quota::StoreEpoch;
use serde::Deserialize;

/// Ends of batches in one answer.
const ENDS_MAX: u32 = 64;
/// Closed hours in one answer.
const HOURS_PAGE: u32 = 48;
/// Bytes of an hour's blob: a thousand orders an hour are below 100 kB.
pub const HOUR_BYTES_MAX: usize = 4 * 1024 * 1024;

/// In which life of the store.
#[derive(Debug, Deserialize)]
pub struct Life {
    epoch: StoreEpoch,
}

/// Up to which row.
#[derive(Debug, Deserialize)]
pub struct Upto {
    upto: u64,
}

/// What a blob is, by the store's manifest, and in which life of the store it is sent; older releases do not say that.
#[derive(Debug, Deserialize)]
pub struct Seal {
    sha256: String,
    epoch: Option<StoreEpoch>,
}

fn stream_of(word: &str) -> Result<Stream, HttpProblem> {
    word.parse().map_err(|()| HttpProblem::not_found("chain of this name"))
}

/// GET /sync/v1/chains
pub async fn heads(
    State(app): State<App>,
    Whose(store): Whose,
) -> Result<Json<Vec<(Stream, Head)>>, HttpProblem> {
    let heads = app.see(move |data, _| {
        let head = |stream: Stream| {
            let known = data.chain(&store, stream)?.map(|row| row.head);
            let none = Head { upto: 0, hash: stream.first(store.as_str()) };
            Ok((stream, known.unwrap_or(none)))
        };
        Stream::ALL.into_iter().map(head).collect()
    });
    Ok(Json(heads.await?))
}

/// GET /sync/v1/chains/{stream}/ends
pub async fn ends(
    State(app): State<App>,
    Whose(store): Whose,
    At(stream): At<String>,
    Ask(Upto { upto }): Ask<Upto>,
) -> Result<Json<Vec<Head>>, HttpProblem> {
    let stream = stream_of(&stream)?;
    Ok(Json(app.see(move |data, _| data.chain_ends(&store, stream, upto, ENDS_MAX)).await?))
}

/// GET /sync/v1/time: the hub's time in milliseconds, by which a store judges its own clock.
pub async fn time(Whose(_): Whose) -> Json<i64> {
    Json(clock::now().ms())
}

/// PUT /sync/v1/chains/{stream}
pub async fn put_batch(
    State(app): State<App>,
    Whose(store): Whose,
    At(stream): At<String>,
    Ask(Life { epoch }): Ask<Life>,
    Raw(body): Raw<BATCH_BYTES_MAX>,
) -> Result<Json<Taken>, HttpProblem> {
    let stream = stream_of(&stream)?;
    let work = move |engine: &mut crate::engine::HubEngine, now| {
        engine.take_batch(now, &store, (epoch, stream), &body)
    };
    Ok(Json(app.writer.archive(work).await??))
}

/// PUT /sync/v1/hours/{hour}
pub async fn put_hour(
    State(app): State<App>,
    Whose(store): Whose,
    At(hour): At<i64>,
    Ask(Seal { sha256, epoch }): Ask<Seal>,
    Raw(body): Raw<HOUR_BYTES_MAX>,
) -> Result<StatusCode, HttpProblem> {
    let sha256 = ::sync::batch::hash_of(&sha256).ok_or(BlobRefused::OtherContent)?;
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let entry = ManifestEntry { doc: DocKey::Orders { hour }, sha256, length };
    let work = move |engine: &mut crate::engine::HubEngine, now| {
        engine.take_closed_of(now, (&store, epoch), &entry, body.to_vec())
    };
    app.writer.archive(work).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Before which hour.
#[derive(Debug, Deserialize)]
pub struct Before {
    before: i64,
}

/// GET /sync/v1/hours: closed hours of the store before one, newest first, a page of them.
pub async fn hours(
    State(app): State<App>,
    Whose(store): Whose,
    Ask(Before { before }): Ask<Before>,
) -> Result<Json<Vec<ManifestEntry>>, HttpProblem> {
    Ok(Json(app.see(move |data, _| data.closed_before(&store, before, HOURS_PAGE)).await?))
}

/// GET /sync/v1/hours/{hour}
pub async fn hour(
    State(app): State<App>,
    Whose(store): Whose,
    At(hour): At<i64>,
) -> Result<Vec<u8>, HttpProblem> {
    let found = app.see(move |data, _| data.closed_blob(&DocKey::Orders { hour }.of(&store))).await?;
    found.ok_or_else(|| HttpProblem::not_found("closed hour"))
}

/// The routes, for the address where stores show certificates.
pub fn certified() -> Router<App> {
    Router::new()
        .route("/sync/v1/time", get(time))
        .route("/sync/v1/chains", get(heads))
        .route("/sync/v1/chains/{stream}/ends", get(ends))
        .route("/sync/v1/chains/{stream}", put(put_batch))
        .route("/sync/v1/hours", get(hours))
        .route("/sync/v1/hours/{hour}", put(put_hour).get(hour))
}

impl From<BatchRefused> for HttpProblem {
    fn from(refused: BatchRefused) -> Self {
        let hint = "Switch this machine off; the store runs on another one.";
        let title = "This store was replaced";
        HttpProblem::new("superseded", StatusCode::CONFLICT, title, refused.to_string(), hint)
    }
}

impl From<BlobRefused> for HttpProblem {
    fn from(refused: BlobRefused) -> Self {
        let (code, hint) = match &refused {
            BlobRefused::Open => {
                ("hour_open", "Nothing is to be done: it is closed when both sides have ended it.")
            }
            BlobRefused::Superseded { .. } => {
                ("superseded", "Switch this machine off; the store runs on another one.")
            }
            BlobRefused::NotOver => {
                ("hour_not_over", "Look at the clock of the store; a closed hour is kept there.")
            }
            BlobRefused::Differs | BlobRefused::Apart => {
                ("hour_differs", "Compare the two by `sync inspect`; a person decides.")
            }
            BlobRefused::NoHour | BlobRefused::OtherContent | BlobRefused::Unreadable(_) => (
                "hour_unreadable",
                "Send it again; if it is refused again, the two are of different versions.",
            ),
        };
        let title = "This hour is not taken";
        HttpProblem::new(code, StatusCode::CONFLICT, title, refused.to_string(), hint)
    }
}
