//! Reading without disturbing the writer: a few query-only connections, each used on a thread that may block. Every
//! answer says what was true at its commit; nothing here changes anything.

use crate::db::DbError;
use crate::reader::Reader;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore};

/// Connections at a time; more callers wait in turn.
const READERS_MAX: usize = 4;

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The database's words.
    #[error("the database could not be read: {0}")]
    Db(#[from] DbError),
    /// The thread that read broke down.
    #[error("reading broke down: {0}")]
    Broken(String),
}

/// A pool of readers; clones share it.
#[derive(Debug, Clone)]
pub struct Reads {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Reader>>>,
    places: Arc<Semaphore>,
}

impl Reads {
    /// Opens connections when they are first needed.
    pub fn new(path: PathBuf) -> Self {
        Self { path, idle: Arc::default(), places: Arc::new(Semaphore::new(READERS_MAX)) }
    }

    /// Runs a query on a reader of its own.
    pub async fn ask<T, F>(&self, query: F) -> Result<T, ReadError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader) -> Result<T, DbError> + Send + 'static,
    {
        let _place = self.places.acquire().await.map_err(|closed| ReadError::Broken(closed.to_string()))?;
        let idle = self.idle.lock().await.pop();
        let path = self.path.clone();
        let work = move || {
            let mut reader = match idle {
                Some(reader) => reader,
                None => Reader::open(&path)?,
            };
            let answer = query(&mut reader);
            Ok::<_, DbError>((reader, answer))
        };
        let done = tokio::task::spawn_blocking(work).await.map_err(|e| ReadError::Broken(e.to_string()))?;
        let (reader, answer) = done?;
        self.idle.lock().await.push(reader);
        Ok(answer?)
    }
}
