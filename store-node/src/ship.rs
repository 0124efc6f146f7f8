//! Asks the hub for the time; ships ledger and temperatures to it in batches, and closed hours that it lacks: beside the session,
//! mostly when nothing else waits, and without one where none comes about; one piece at a time and no faster than the line's
//! spare share. Keeps nothing: where to go on, says the hub at every turn.

use crate::clock;
use crate::engine::ship::Step;
use crate::line::{HubLine, LineError, Reply};
use crate::reads::{ReadError, Reads};
use crate::uplink::LinkState;
use crate::writer::{WriteError, Writer};
use hyper::{Method, StatusCode};
use model::quota::{HubGeneration, StoreEpoch};
use model::{Problem, Timestamp};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use sync::batch::{Batch, Head, Stream, Taken};
use sync::doc::{DocKey, ManifestEntry, SAID_AGAIN_HOURS};
use sync::lane;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Between two looks at whether there are new rows.
const EVERY: Duration = Duration::from_secs(300);
/// After a batch that the hub did not take, and after a fault of this machine.
const AGAIN: Duration = Duration::from_secs(60);
/// After a line that broke: the session may not have noticed, so that no new connection names the hours again.
const SOON: Duration = Duration::from_secs(10);
/// So long without a session, and the hub is tried without one: there are networks that let HTTPS through and no WebSocket.
const WITHOUT_SESSION: Duration = Duration::from_secs(30);
/// How long a piece waits for a moment in which nothing else waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at whether something else waits.
const LOOK: Duration = Duration::from_millis(500);
/// What shipping may take of the line, bytes a second: a quarter of 1 Mbit/s.
const BYTES_PER_S: u32 = 32 * 1024;
/// Bytes of small pieces between two waits.
const TOGETHER: usize = 16 * 1024;
/// Closed hours on one page of the hub's list.
const PAGE: u32 = 48;
/// Hours that wait to be shipped; more are named again at the next connection.
pub const HOURS_MAX: usize = 256;

/// Why a turn ended early.
#[derive(Debug, thiserror::Error)]
enum ShipError {
    #[error(transparent)]
    Line(#[from] LineError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The hub's words.
    #[error("the hub says {status}: {why}")]
    Refused { status: StatusCode, why: String },
    #[error("the hub's answer does not read: {0}")]
    Answer(#[from] serde_json::Error),
}

/// What the task works with.
#[derive(Debug)]
pub struct Shipper {
    /// Where to.
    pub line: HubLine,
    /// What is shipped.
    pub reads: Reads,
    /// What the hub has is noted there.
    pub writer: Writer,
    /// Whether the session is live.
    pub link: watch::Receiver<LinkState>,
    /// Hours that are closed here and that the hub does not list.
    pub hours: mpsc::Receiver<ManifestEntry>,
    /// Bytes that went since the last wait.
    pub gone: AtomicUsize,
}

impl Shipper {
    /// Ships until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut owed = Owed::new();
        let mut levelled = None;
        loop {
            let turn = async {
                let way = self.way().await?;
                Some((way, self.turn(way, &mut owed, &mut levelled).await))
            };
            let done = tokio::select! {
                () = stop.cancelled() => return,
                done = turn => done,
            };
            let wait = match done {
                None => return,
                Some((_, Ok(()))) => EVERY,
                // Mostly there is no hub at all then, and the uplink has said so.
                Some((Way::Alone, Err(error))) => {
                    tracing::debug!(%error, "nothing shipped without a session");
                    // What waits for a session comes before every further look, so a soon one is no flood.
                    if matches!(error, ShipError::Line(_)) { SOON } else { AGAIN }
                }
                Some((Way::Beside, Err(error))) => {
                    tracing::warn!(%error, "nothing shipped to the hub; it goes on from where it is");
                    if matches!(error, ShipError::Line(_)) { SOON } else { AGAIN }
                }
            };
            let next = async {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    // A link that comes back is a reason to look, and so is an hour that the hub lacks.
                    _ = self.link.changed() => {}
                    Some(entry) = self.hours.recv() => owe(&mut owed, entry),
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = next => {}
            }
        }
    }

    /// Waits for the session, or until there has been none for so long; `None` when the uplink has ended.
    async fn way(&mut self) -> Option<Way> {
        match tokio::time::timeout(WITHOUT_SESSION, self.link.wait_for(|link| link.online)).await {
            Ok(Ok(_)) => Some(Way::Beside),
            Ok(Err(_)) => None,
            Err(_) => Some(Way::Alone),
        }
    }

    /// Everything that the hub does not have now. `levelled`: when the lists of closed hours were last laid side by side.
    async fn turn(
        &mut self,
        way: Way,
        owed: &mut Owed,
        levelled: &mut Option<Levelled>,
    ) -> Result<(), ShipError> {
        self.ship_hours(owed).await?;
        let now = self.reads.ask(|reader| Ok((reader.terms()?, reader.manifest(1)?))).await?;
        let now = Levelled { terms: now.0, newest: now.1.first().copied() };
        let due = levelled.as_ref().is_none_or(|then| match way {
            // What is closed later is named when a session opens.
            Way::Beside => then.terms != now.terms,
            Way::Alone => *then != now,
        });
        if due {
            self.level_hours().await?;
            *levelled = Some(now);
        }
        let told: i64 = read(self.call(Method::GET, "/sync/v1/time", Vec::new()).await?)?;
        if !clock::hub_says(Timestamp::from_ms(told)) {
            tracing::error!(told, "the hub's clock is before what it said earlier: it is not believed");
        }
        let heads: Vec<(Stream, Head)> = read(self.call(Method::GET, "/sync/v1/chains", Vec::new()).await?)?;
        for (stream, head) in heads {
            self.ship_rows(stream, head, owed).await?;
        }
        Ok(())
    }

    /// The hours that the hub lacks. One whose transfer breaks off stays owed; those before it are there and do not go again.
    async fn ship_hours(&mut self, owed: &mut Owed) -> Result<(), ShipError> {
        while let Ok(entry) = self.hours.try_recv() {
            owe(owed, entry);
        }
        while let Some(entry) = owed.first_entry() {
            self.ship_hour(entry.get()).await?;
            entry.remove();
        }
        Ok(())
    }

    /// Both sides' closed hours, page by page: what one side has forgotten it gets from the other. (What a session's opening
    /// names are the newest only.)
    async fn level_hours(&self) -> Result<(), ShipError> {
        // The hub takes none before these.
        let (mut before, oldest) = (i64::MAX, clock::now().hour() - SAID_AGAIN_HOURS);
        loop {
            let reply =
                self.line.call(Method::GET, &format!("/sync/v1/hours?before={before}"), Vec::new()).await?;
            // A hub of an older release has no list.
            if matches!(reply.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
                return Ok(());
            }
            if let Some(why) = refused(&reply) {
                return Err(ShipError::Refused { status: reply.status, why });
            }
            let theirs: Vec<ManifestEntry> = read(reply)?;
            let mine = self.reads.ask(move |reader| reader.closed_before(before, PAGE)).await?;
            let (from, level) = common(&mine, &theirs);
            let lacks = |list: &[ManifestEntry], entry: &ManifestEntry| {
                hour_of(entry).is_some_and(|hour| hour >= from.max(oldest)) && !stands_in(list, entry)
            };
            // The oldest first, as they ended.
            for entry in mine.iter().rev().filter(|mine| lacks(&theirs, mine)) {
                self.ship_hour(entry).await?;
            }
            for entry in theirs.iter().rev().filter(|theirs| lacks(&mine, theirs)) {
                self.fetch_hour(entry).await?;
            }
            if level || from >= before || from <= oldest {
                return Ok(());
            }
            before = from;
        }
    }

    /// An hour that is closed at the hub and not here: a life of this store closed it that this machine has forgotten.
    async fn fetch_hour(&self, entry: &ManifestEntry) -> Result<(), ShipError> {
        let DocKey::Orders { hour } = entry.doc else { return Ok(()) };
        self.spare(usize::try_from(entry.length).unwrap_or(usize::MAX)).await?;
        let reply = self.call(Method::GET, &format!("/sync/v1/hours/{hour}"), Vec::new()).await?;
        match self.writer.take_hour(*entry, reply.body.to_vec()).await? {
            Ok(()) => tracing::info!(hour, "a closed hour came from the hub"),
            Err(refused) => tracing::debug!(hour, %refused, "a closed hour of the hub is not taken"),
        }
        Ok(())
    }

    async fn ship_rows(&mut self, stream: Stream, mut head: Head, owed: &mut Owed) -> Result<(), ShipError> {
        loop {
            // They are small beside a history of rows, and may be named while one is on its way.
            self.ship_hours(owed).await?;
            self.writer.shipped(stream, head).await?;
            let step = self.reads.ask(move |reader| reader.ship(stream, head)).await?;
            let batch = match step {
                Step::Nothing => return Ok(()),
                Step::Batch(batch) => batch,
                Step::Forked => match self.rejoin(stream, head).await? {
                    Some(batch) => batch,
                    None => return Ok(()),
                },
            };
            let taken = self.put(stream, &batch).await?;
            if let Some(why) = &taken.broken {
                tracing::error!(%stream, why, "the hub does not take rows of this store: run self-check");
            }
            if taken.head.upto != batch.last || taken.broken.is_some() {
                return Ok(());
            }
            head = taken.head;
        }
    }

    /// The hub has rows that this machine has not, or others: from the newest end of a batch that both have it goes on.
    async fn rejoin(&self, stream: Stream, head: Head) -> Result<Option<Batch>, ShipError> {
        tracing::warn!(%stream, upto = head.upto, "the hub has another history than this machine");
        let mut upto = head.upto;
        loop {
            let path = format!("/sync/v1/chains/{stream}/ends?upto={upto}");
            let ends: Vec<Head> = read(self.call(Method::GET, &path, Vec::new()).await?)?;
            let oldest = ends.last().map(|end| end.upto);
            let shared = self.reads.ask(move |reader| reader.shared(stream, &ends)).await?;
            match (shared, oldest) {
                (None, Some(oldest)) if oldest > 0 => upto = oldest - 1,
                (shared, _) => {
                    return Ok(self.reads.ask(move |reader| reader.ship_again(stream, shared)).await?);
                }
            }
        }
    }

    async fn put(&self, stream: Stream, batch: &Batch) -> Result<Taken, ShipError> {
        let bytes = batch.encode().map_err(|error| ShipError::Refused {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            why: error.to_string(),
        })?;
        let epoch = self.reads.ask(|reader| reader.epoch()).await?;
        self.spare(bytes.len()).await?;
        let path = format!("/sync/v1/chains/{stream}?epoch={epoch}");
        Ok(read(self.call(Method::PUT, &path, bytes).await?)?)
    }

    /// An hour that is closed here and missing there. That it is still open there, is no failure: it ends in its time.
    async fn ship_hour(&self, entry: &ManifestEntry) -> Result<(), ShipError> {
        let DocKey::Orders { hour } = entry.doc else { return Ok(()) };
        let key = entry.doc;
        let Some(blob) = self.reads.ask(move |reader| reader.closed_blob(key)).await? else { return Ok(()) };
        self.spare(blob.len()).await?;
        let digits = crate::cold_chain::hex(&entry.sha256);
        let epoch = self.reads.ask(|reader| reader.epoch()).await?;
        let path = format!("/sync/v1/hours/{hour}?sha256={digits}&epoch={epoch}");
        let reply = self.line.call(Method::PUT, &path, blob).await?;
        match refused(&reply) {
            None => tracing::info!(hour, "a closed hour went to the hub"),
            Some(problem) => tracing::debug!(hour, problem, "a closed hour was not taken"),
        }
        Ok(())
    }

    /// Waits until nothing else waits, or for so long, and for the share of the line that so many bytes are. Small pieces go
    /// together.
    async fn spare(&self, bytes: usize) -> Result<(), ShipError> {
        let bytes = bytes.saturating_add(self.gone.load(Ordering::Relaxed));
        self.gone.store(if bytes < TOGETHER { bytes } else { 0 }, Ordering::Relaxed);
        if bytes < TOGETHER {
            return Ok(());
        }
        let latest = Instant::now() + PATIENCE;
        loop {
            let waits = lane::total(&self.reads.ask(|reader| reader.lanes()).await?).waiting();
            // Without a session nothing of that is on its way.
            let waits = if self.link.borrow().online { waits } else { 0 };
            if waits == 0 || Instant::now() >= latest {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        let share = Duration::from_secs(1).mul_f64(bytes as f64 / f64::from(BYTES_PER_S));
        tokio::time::sleep(share).await;
        Ok(())
    }

    async fn call(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Reply, ShipError> {
        let reply = self.line.call(method, path, body).await?;
        match refused(&reply) {
            None => Ok(reply),
            Some(why) => Err(ShipError::Refused { status: reply.status, why }),
        }
    }
}

/// How the hub is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Beside a live session.
    Beside,
    /// Without one.
    Alone,
}

/// What held when the lists of closed hours were laid side by side: under other terms a side may have come back out of a
/// backup, and where no session names what is closed since, the newest says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Levelled {
    terms: (StoreEpoch, HubGeneration),
    newest: Option<ManifestEntry>,
}

/// Hours that the hub lacks, oldest first, until it has answered.
type Owed = BTreeMap<DocKey, ManifestEntry>;

/// From which hour on both pages are whole, and whether both lists end with them.
fn common(mine: &[ManifestEntry], theirs: &[ManifestEntry]) -> (i64, bool) {
    let end = |page: &[ManifestEntry]| {
        let full = u32::try_from(page.len()).is_ok_and(|len| len >= PAGE);
        page.iter().filter_map(hour_of).min().filter(|_| full)
    };
    match (end(mine), end(theirs)) {
        (None, None) => (i64::MIN, true),
        (Some(end), None) | (None, Some(end)) => (end, false),
        (Some(mine), Some(theirs)) => (mine.max(theirs), false),
    }
}

const fn hour_of(entry: &ManifestEntry) -> Option<i64> {
    match entry.doc {
        DocKey::Orders { hour } => Some(hour),
        DocKey::Quota { .. } | DocKey::Stock { .. } | DocKey::Catalogue { .. } | DocKey::Alarms { .. } => {
            None
        }
    }
}

/// Whether an hour stands in a list, whatever its content: of two contents a person hears when the session opens.
fn stands_in(list: &[ManifestEntry], entry: &ManifestEntry) -> bool {
    list.iter().any(|other| other.doc == entry.doc)
}

/// Hours beyond the bound are named again at the next connection.
fn owe(owed: &mut Owed, entry: ManifestEntry) {
    if owed.len() < HOURS_MAX {
        owed.insert(entry.doc, entry);
    }
}

/// The hub's words, where it refuses.
fn refused(reply: &Reply) -> Option<String> {
    if reply.status.is_success() {
        return None;
    }
    let problem = serde_json::from_slice::<Problem>(&reply.body);
    Some(
        problem.map_or_else(|_| reply.status.to_string(), |p| format!("{}: {} {}", p.code, p.detail, p.hint)),
    )
}

fn read<T: DeserializeOwned>(reply: Reply) -> Result<T, serde_json::Error> {
    serde_json::from_slice(&reply.body)
}
