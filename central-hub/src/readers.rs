//! Reading without disturbing the writer: a few query-only connections, each used on a thread that may block. Every question
//! sees one moment of the data.

use crate::db::sqlite::Sqlite;
use crate::db::{Db, DbFault, HubTx};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// Questions answered at the same time.
const AT_ONCE: usize = 8;

/// The pool; clones share it.
#[derive(Debug, Clone)]
pub struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Sqlite>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// Connections are opened when they are first needed.
    pub fn new(path: PathBuf) -> Self {
        Self { path, idle: Arc::default(), permits: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Asks on a thread that may block.
    ///
    /// # Errors
    /// [`DbFault`].
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn HubTx) -> Db<T> + Send + 'static,
    ) -> Db<T> {
        let stopping = |_| DbFault::Storage("the hub is stopping".to_owned());
        let permit = self.permits.clone().acquire_owned().await.map_err(stopping)?;
        let pool = self.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let reader = match pool.take() {
                Some(reader) => reader,
                None => Sqlite::open_reader(&pool.path)?,
            };
            let answer = reader.snapshot(|data| question(data));
            pool.give(reader);
            drop(permit);
            answer
        });
        answer.await.map_err(|error| DbFault::Storage(error.to_string()))?
    }

    fn take(&self) -> Option<Sqlite> {
        self.idle.lock().ok().and_then(|mut idle| idle.pop())
    }

    fn give(&self, reader: Sqlite) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(reader);
        }
    }
}
