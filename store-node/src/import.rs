//! Bringing files into a store whose node is not running: catalogue and barcodes (REQ-14). Reads a file, lets `files`
//! judge every row, and enters the good rows as one command, which the same file once more does not change; or puts that
//! command on trial. Never judges a row itself.

use crate::answer::Answer;
use crate::clock;
use crate::command::{Command, Envelope, GtinName, OpeningLine};
use crate::engine::{self, Engine, Fault, OpenError};
use crate::lock::{Lock, LockError};
use crate::refusal::Refusal;
use crate::run;
use crate::setup::Setup;
use files::{BadRow, CatalogueRow, Format, GtinRow, Outcome};
use std::path::{Path, PathBuf};

/// A file that was read and judged by itself.
#[derive(Debug)]
pub struct Judged {
    /// Rows that are good.
    pub good: usize,
    /// What they say: products, or barcodes.
    pub things: usize,
    /// Rows that are not, each with its line, reason and hint.
    pub bad: Vec<BadRow>,
    /// What was folded, merged or guessed.
    pub notes: Vec<String>,
    command: Command,
    bytes: Vec<u8>,
}

/// What a store would do with a file.
#[derive(Debug)]
pub enum Verdict {
    /// It would enter it.
    Enters(Answer),
    /// It would refuse it, for what a person reads here.
    Refuses(String),
    /// It cannot be asked.
    Unasked(Unasked),
}

/// Why a store cannot be asked what it would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unasked {
    /// It has no database yet.
    New,
    /// Its node is running.
    Running,
    /// Its database is of another version of the program.
    OtherVersion,
}

/// Why a file was not brought in. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The node is running.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// The store refused.
    #[error("{0}")]
    Refused(String),
    /// A name that is no code.
    #[error("{0}")]
    Name(#[from] model::id::IdError),
}

/// Judges products, and the stock that the file claims of those that the store never had.
///
/// # Errors
/// [`ImportError::File`].
pub fn catalogue(file: &Path, format: Format) -> Result<Judged, ImportError> {
    let bytes = read(file)?;
    let outcome = files::catalogue(&bytes, format);
    let products = outcome.rows.iter().map(|row| row.product.clone()).collect();
    let opening = outcome.rows.iter().filter_map(opening).collect();
    Ok(Judged::of(outcome, Command::ImportCatalogue { products, opening }, bytes))
}

/// Judges names of barcodes.
///
/// # Errors
/// [`ImportError::File`].
pub fn gtins(file: &Path) -> Result<Judged, ImportError> {
    let bytes = read(file)?;
    let outcome = files::gtins(&bytes);
    let row = |row: &GtinRow| GtinName {
        gtin: row.gtin.clone(),
        name: row.name.clone(),
        image_url: row.image_url.clone(),
    };
    let rows = outcome.rows.iter().map(row).collect();
    Ok(Judged::of(outcome, Command::ImportGtins { rows }, bytes))
}

fn read(path: &Path) -> Result<Vec<u8>, ImportError> {
    std::fs::read(path).map_err(|source| ImportError::File { path: path.to_owned(), source })
}

fn opening(row: &CatalogueRow) -> Option<OpeningLine> {
    let line = OpeningLine { sku: row.product.sku.clone(), qty: row.opening_stock, expiry: None };
    (!row.opening_stock.is_zero()).then_some(line)
}

impl Judged {
    fn of<T>(outcome: Outcome<T>, command: Command, bytes: Vec<u8>) -> Self {
        let Outcome { rows, good, bad, notes } = outcome;
        Self { good, things: rows.len(), bad, notes, command, bytes }
    }

    /// Whether there is something to enter; `strict` refuses everything where one row is bad.
    pub fn can_enter(&self, strict: bool) -> bool {
        self.things > 0 && (self.bad.is_empty() || !strict)
    }

    /// The id follows from the file and the moment: a file that comes again after another, or after store.toml was mended, is
    /// judged by the store as it is now, not answered from memory. That it may come again is in the command's nature.
    fn envelope(self, now: model::Timestamp) -> Result<Envelope, ImportError> {
        let seed = [&now.ms().to_be_bytes(), self.bytes.as_slice()].concat();
        let id = crate::derive::command(&seed, self.command.kind());
        Ok(Envelope { id, actor: crate::command::system("import")?, command: self.command })
    }

    /// Enters the good rows.
    ///
    /// # Errors
    /// [`ImportError`]; nothing was changed.
    pub fn enter(self, data_dir: &Path, setup: Setup) -> Result<Answer, ImportError> {
        let _lock = Lock::take(data_dir)?;
        let now = clock::now();
        let envelope = self.envelope(now)?;
        let mut engine = Engine::open(&run::database(data_dir), setup, now)?;
        let applied = engine.apply(now, vec![envelope])?;
        let answer = match applied.replies.into_iter().next() {
            Some(Ok(answer)) => answer,
            Some(Err(refusal)) => return Err(ImportError::Refused(told(&refusal))),
            None => return Err(ImportError::Refused("the store gave no answer".to_owned())),
        };
        engine.close()?;
        Ok(answer)
    }

    /// Finds out what the store would do with the good rows; changes nothing.
    ///
    /// # Errors
    /// [`ImportError`].
    pub fn on_trial(self, data_dir: &Path, setup: Setup) -> Result<Verdict, ImportError> {
        let path = run::database(data_dir);
        if !path.exists() {
            return Ok(Verdict::Unasked(Unasked::New));
        }
        let _lock = match Lock::take(data_dir) {
            Ok(lock) => lock,
            Err(LockError::Held(_)) => return Ok(Verdict::Unasked(Unasked::Running)),
            Err(error @ LockError::File { .. }) => return Err(error.into()),
        };
        let now = clock::now();
        Ok(match engine::trial(&path, setup, now, self.envelope(now)?)? {
            Some(Ok(answer)) => Verdict::Enters(answer),
            Some(Err(refusal)) => Verdict::Refuses(told(&refusal)),
            None => Verdict::Unasked(Unasked::OtherVersion),
        })
    }
}

fn told(refusal: &Refusal) -> String {
    let problem = refusal.problem();
    format!("{}: {} {}", problem.title, problem.detail, problem.hint)
}
