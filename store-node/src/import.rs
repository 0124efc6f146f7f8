//! Bringing files into a store whose node is not running: catalogue and barcodes (REQ-14). Reads the file, lets `files`
//! judge every row, and enters the good rows as one command, which the same file once more does not change. Never judges a
//! row itself.

use crate::answer::Answer;
use crate::clock;
use crate::command::{Command, Envelope, GtinName, OpeningLine};
use crate::engine::{Engine, Fault, OpenError};
use crate::lock::{Lock, LockError};
use crate::run;
use crate::setup::Setup;
use files::{BadRow, CatalogueRow, Format, GtinRow, Outcome};
use std::path::{Path, PathBuf};

/// What to do with a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    /// Judge only; change nothing.
    pub dry_run: bool,
    /// Refuse everything when one row is bad.
    pub strict: bool,
}

/// What came of a file.
#[derive(Debug)]
pub struct Report {
    /// Rows that are good.
    pub good: usize,
    /// Rows that are not, each with its line, reason and hint.
    pub bad: Vec<BadRow>,
    /// What was folded, merged or guessed.
    pub notes: Vec<String>,
    /// What the store answered; `None`: nothing was entered.
    pub entered: Option<Answer>,
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

/// Enters products, and the stock that the file claims of those that the store never had.
///
/// # Errors
/// [`ImportError`]; nothing was changed.
pub fn catalogue(
    data_dir: &Path,
    setup: Setup,
    file: &Path,
    format: Format,
    wish: Wish,
) -> Result<Report, ImportError> {
    let bytes = read(file)?;
    let outcome = files::catalogue(&bytes, format);
    if !enters(&outcome, wish) {
        return Ok(report(outcome, None));
    }
    let products = outcome.rows.iter().map(|row| row.product.clone()).collect();
    let opening = outcome.rows.iter().filter_map(opening).collect();
    let answer = enter(data_dir, setup, &bytes, Command::ImportCatalogue { products, opening })?;
    Ok(report(outcome, Some(answer)))
}

/// Enters names of barcodes.
///
/// # Errors
/// [`ImportError`]; nothing was changed.
pub fn gtins(data_dir: &Path, setup: Setup, file: &Path, wish: Wish) -> Result<Report, ImportError> {
    let bytes = read(file)?;
    let outcome = files::gtins(&bytes);
    if !enters(&outcome, wish) {
        return Ok(report(outcome, None));
    }
    let row = |row: &GtinRow| GtinName {
        gtin: row.gtin.clone(),
        name: row.name.clone(),
        image_url: row.image_url.clone(),
    };
    let rows = outcome.rows.iter().map(row).collect();
    let answer = enter(data_dir, setup, &bytes, Command::ImportGtins { rows })?;
    Ok(report(outcome, Some(answer)))
}

fn read(path: &Path) -> Result<Vec<u8>, ImportError> {
    std::fs::read(path).map_err(|source| ImportError::File { path: path.to_owned(), source })
}

fn enters<T>(outcome: &Outcome<T>, wish: Wish) -> bool {
    !wish.dry_run && !outcome.rows.is_empty() && (outcome.bad.is_empty() || !wish.strict)
}

fn opening(row: &CatalogueRow) -> Option<OpeningLine> {
    let line = OpeningLine { sku: row.product.sku.clone(), qty: row.opening_stock, expiry: None };
    (!row.opening_stock.is_zero()).then_some(line)
}

/// The id follows from the file and the moment: a file that comes again after another, or after store.toml was mended, is
/// judged by the store as it is now, not answered from memory. That it may come again is in the command's nature.
fn enter(data_dir: &Path, setup: Setup, bytes: &[u8], command: Command) -> Result<Answer, ImportError> {
    let _lock = Lock::take(data_dir)?;
    let now = clock::now();
    let seed = [&now.ms().to_be_bytes(), bytes].concat();
    let id = crate::derive::command(&seed, command.kind());
    let mut engine = Engine::open(&run::database(data_dir), setup, now)?;
    let envelope = Envelope { id, actor: crate::command::system("import")?, command };
    let applied = engine.apply(now, vec![envelope])?;
    let answer = match applied.replies.into_iter().next() {
        Some(Ok(answer)) => answer,
        Some(Err(refusal)) => {
            let problem = refusal.problem();
            let told = format!("{}: {} {}", problem.title, problem.detail, problem.hint);
            return Err(ImportError::Refused(told));
        }
        None => return Err(ImportError::Refused("the store gave no answer".to_owned())),
    };
    engine.close()?;
    Ok(answer)
}

fn report<T>(outcome: Outcome<T>, entered: Option<Answer>) -> Report {
    Report { good: outcome.rows.len(), bad: outcome.bad, notes: outcome.notes, entered }
}
