//! Moves pages of the write-ahead log into the database file while the writing thread goes on, so that the writer's own
//! checkpoint, which everybody waits for, is rare and finds little to do. Has a connection and a thread of its own.

use crate::db::ReadDb;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Rows written from one checkpoint to the next: about a thousand pages.
const ROWS: u64 = 4_000;

/// The writer's handle; the thread ends with it.
pub(super) struct Checkpointer {
    ask: SyncSender<()>,
    thread: JoinHandle<()>,
    asked_at: u64,
}

impl Checkpointer {
    /// Starts the thread.
    pub(super) fn start(db: ReadDb) -> std::io::Result<Self> {
        let (ask, asked) = sync_channel(1);
        let thread = std::thread::Builder::new().name("checkpoint".into()).spawn(move || run(&db, &asked))?;
        Ok(Self { ask, thread, asked_at: 0 })
    }

    /// So many rows were written since the start.
    pub(super) fn after(&mut self, rows: u64) {
        if rows.saturating_sub(self.asked_at) >= ROWS && self.ask.try_send(()).is_ok() {
            self.asked_at = rows;
        }
    }

    /// Waits for its end.
    pub(super) fn stop(self) {
        drop(self.ask);
        if self.thread.join().is_err() {
            tracing::error!("the checkpointer panicked; the writer's own checkpoint follows");
        }
    }
}

fn run(db: &ReadDb, asked: &Receiver<()>) {
    while asked.recv().is_ok() {
        if let Err(error) = db.checkpoint() {
            tracing::debug!(%error, "no checkpoint beside the writer; its own follows");
        }
    }
}
