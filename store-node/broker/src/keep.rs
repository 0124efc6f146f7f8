//! The thread that writes retained messages: takes what waits, commits it together, then tells who waits for it. Knows
//! nothing of sessions.

use crate::db::retained::{Change, KeepError, Row, Shelf};
use std::path::Path;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Changes that may wait; who publishes waits for a place.
const WAITING_MAX: usize = 1024;
/// Changes in one transaction.
const TOGETHER_MAX: usize = 256;

/// One change, and who waits until it is on disk.
pub(crate) struct Order {
    /// What changes.
    pub change: Change,
    /// Told after the commit; `false` = not kept.
    pub done: Option<oneshot::Sender<bool>>,
}

/// The way to the thread.
#[derive(Clone)]
pub(crate) struct Keeper(mpsc::Sender<Order>);

impl Keeper {
    /// Opens the file, reads what is there and starts the thread. It ends when the last keeper is dropped.
    ///
    /// # Errors
    /// [`KeepError`], or no thread.
    pub(crate) fn start(path: &Path, now_ms: i64) -> Result<(Self, Vec<Row>, JoinHandle<()>), StartError> {
        let shelf = Shelf::open(path)?;
        let rows = shelf.load(now_ms)?;
        let (orders, waiting) = mpsc::channel(WAITING_MAX);
        let thread = std::thread::Builder::new()
            .name("broker-keep".into())
            .spawn(move || work(shelf, waiting))
            .map_err(StartError::Thread)?;
        Ok((Self(orders), rows, thread))
    }

    /// Gives one change to the thread.
    pub(crate) async fn order(&self, order: Order) {
        if self.0.send(order).await.is_err() {
            tracing::error!("a retained message came after the end");
        }
    }
}

/// Why the thread does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The file cannot be used.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// No thread.
    #[error("cannot start the thread of retained messages: {0}")]
    Thread(std::io::Error),
}

fn work(mut shelf: Shelf, mut waiting: mpsc::Receiver<Order>) {
    let mut together = Vec::with_capacity(TOGETHER_MAX);
    while waiting.blocking_recv_many(&mut together, TOGETHER_MAX) > 0 {
        let (changes, told): (Vec<Change>, Vec<_>) =
            together.drain(..).map(|order| (order.change, order.done)).unzip();
        let kept = shelf.apply(&changes);
        if let Err(error) = &kept {
            tracing::error!(%error, "retained messages not kept; their senders are not told that they are");
        }
        for done in told.into_iter().flatten() {
            let _ = done.send(kept.is_ok());
        }
    }
}
