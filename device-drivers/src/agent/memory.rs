//! The journal behind a queue: one thread owns the file, device tasks ask it. No SQL here.

use std::path::Path;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use crate::agent::AgentError;
use crate::db::{Journal, JournalError};

/// Questions that may wait; who asks then waits for a place (a scan waits, it is not dropped).
const QUEUE_MAX: usize = 256;

type Question = Box<dyn FnOnce(&mut Journal) + Send>;

/// A handle to the journal; the thread ends when the last one is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    questions: mpsc::Sender<Question>,
}

/// An answer under way. Dropping it drops only the answer.
pub(crate) struct Answer<R>(oneshot::Receiver<Result<R, JournalError>>);

impl<R> Answer<R> {
    /// Waits until the journal has answered, that is: until the commit is on disk.
    pub(crate) async fn get(self) -> Result<R, JournalError> {
        self.0.await.unwrap_or(Err(JournalError::Closed))
    }
}

impl Memory {
    /// Opens the journal and starts its thread.
    pub(crate) fn open(path: &Path) -> Result<(Self, JoinHandle<()>), AgentError> {
        let mut journal = Journal::open(path)?;
        let (questions, mut inbox) = mpsc::channel::<Question>(QUEUE_MAX);
        let work = move || {
            while let Some(question) = inbox.blocking_recv() {
                question(&mut journal);
            }
        };
        let thread = std::thread::Builder::new()
            .name("agent-journal".into())
            .spawn(work)
            .map_err(AgentError::Thread)?;
        Ok((Self { questions }, thread))
    }

    /// Puts a question, in order, and does not wait for its answer.
    pub(crate) async fn put<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Journal) -> Result<R, JournalError> + Send + 'static,
    ) -> Answer<R> {
        let (answer, waiting) = oneshot::channel();
        let boxed: Question = Box::new(move |journal| {
            // Nobody may be waiting any more; the work is done all the same.
            let _ = answer.send(question(journal));
        });
        if self.questions.send(boxed).await.is_err() {
            tracing::error!("the journal's thread has ended");
        }
        Answer(waiting)
    }

    /// Puts a question and waits for its answer.
    pub(crate) async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Journal) -> Result<R, JournalError> + Send + 'static,
    ) -> Result<R, JournalError> {
        self.put(question).await.get().await
    }
}
