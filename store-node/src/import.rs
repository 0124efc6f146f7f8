//! Bringing files into a store whose node is not running: catalogue and barcodes (REQ-14). Reads the file, lets the core
//! judge every row, and enters the good rows as one command. Never judges a row itself.

use crate::answer::Answer;
use crate::clock;
use crate::command::{Command, Envelope, GtinName, OpeningLine};
use crate::engine::{Engine, Fault, OpenError};
use crate::setup::Setup;
use model::CommandId;
use std::path::{Path, PathBuf};
use store_core::import::{self, BadRow, CatalogueRow, Format, Outcome};

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
    /// The database does not open; is the node running?
    #[error("{0}; an import needs the node stopped")]
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

/// Enters products (and the stock that the file claims, if the store has none of it yet).
pub fn catalogue(
    db: &Path,
    setup: Setup,
    file: &Path,
    format: Format,
    wish: Wish,
) -> Result<Report, ImportError> {
    let bytes = read(file)?;
    let outcome = import::catalogue(&bytes, format);
    if !enters(&outcome, wish) {
        return Ok(report(outcome, None));
    }
    let mut engine = Engine::open(db, setup, clock::now())?;
    let products = outcome.rows.iter().map(|row| row.product.clone()).collect();
    let answer = command(&mut engine, &bytes, Command::ImportCatalogue { products })?;
    let lines: Vec<OpeningLine> = outcome.rows.iter().filter_map(opening).collect();
    if !lines.is_empty() {
        command(&mut engine, &bytes, Command::OpenStock { lines })?;
    }
    engine.close()?;
    Ok(report(outcome, Some(answer)))
}

/// Enters names of barcodes.
pub fn gtins(db: &Path, setup: Setup, file: &Path, wish: Wish) -> Result<Report, ImportError> {
    let bytes = read(file)?;
    let outcome = import::gtins(&bytes);
    if !enters(&outcome, wish) {
        return Ok(report(outcome, None));
    }
    let mut engine = Engine::open(db, setup, clock::now())?;
    let row = |row: &import::GtinRow| GtinName {
        gtin: row.gtin.clone(),
        name: row.name.clone(),
        image_url: row.image_url.clone(),
    };
    let answer =
        command(&mut engine, &bytes, Command::ImportGtins { rows: outcome.rows.iter().map(row).collect() })?;
    engine.close()?;
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

/// The id follows from the file's bytes: the same file twice is the same command and changes nothing the second time.
fn command(engine: &mut Engine, bytes: &[u8], command: Command) -> Result<Answer, ImportError> {
    let id: CommandId = crate::derive::command(bytes, command.kind());
    let envelope = Envelope { id, actor: crate::command::system("import")?, command };
    let applied = engine.apply(clock::now(), vec![envelope])?;
    match applied.replies.into_iter().next() {
        Some(Ok(answer)) => Ok(answer),
        Some(Err(refusal)) => {
            let problem = refusal.problem();
            Err(ImportError::Refused(format!("{}: {} {}", problem.title, problem.detail, problem.hint)))
        }
        None => Err(ImportError::Refused("the store gave no answer".to_owned())),
    }
}

fn report<T>(outcome: Outcome<T>, entered: Option<Answer>) -> Report {
    Report { good: outcome.rows.len(), bad: outcome.bad, notes: outcome.notes, entered }
}
