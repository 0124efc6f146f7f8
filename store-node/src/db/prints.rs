//! Table `print_job`: a print is a row before it is a byte (REQ-34).

use super::{Connection, DbResult, all, one, row, run};
use model::mqtt::Label;
use model::{DeviceId, OrderId, PersonId, PrintJobId, Timestamp};

/// How a job stands. The words stand in the database and in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrintState {
    /// Written down, not sent.
    Queued,
    /// Given to the printer's agent; no word came back yet.
    Sent,
    /// The printer says that it printed, or a person does.
    Done,
    /// All bytes were sent to a printer that never tells: a person confirms.
    SentUnconfirmed,
    /// Cut off while bytes were on their way: a person decides.
    InDoubt,
    /// Cannot be printed; nothing was sent.
    Rejected,
    /// A person said that it did not come out; another job was made.
    Replaced,
}

impl PrintState {
    const ALL: [PrintState; 7] = [
        PrintState::Queued,
        PrintState::Sent,
        PrintState::Done,
        PrintState::SentUnconfirmed,
        PrintState::InDoubt,
        PrintState::Rejected,
        PrintState::Replaced,
    ];

    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            PrintState::Queued => "queued",
            PrintState::Sent => "sent",
            PrintState::Done => "done",
            PrintState::SentUnconfirmed => "sent_unconfirmed",
            PrintState::InDoubt => "in_doubt",
            PrintState::Rejected => "rejected",
            PrintState::Replaced => "replaced",
        }
    }

    fn from_word(word: &str) -> Option<PrintState> {
        PrintState::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether a person must say what became of it.
    pub const fn needs_a_person(self) -> bool {
        match self {
            PrintState::SentUnconfirmed | PrintState::InDoubt | PrintState::Rejected => true,
            PrintState::Queued | PrintState::Sent | PrintState::Done | PrintState::Replaced => false,
        }
    }

    /// Whether nothing more will happen to it.
    pub const fn is_closed(self) -> bool {
        matches!(self, PrintState::Done | PrintState::Replaced)
    }
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintJob {
    /// The job.
    pub job: PrintJobId,
    /// Its order, where it has one.
    pub order: Option<OrderId>,
    /// Which printer.
    pub printer: DeviceId,
    /// By name: `bag=1 of=2 number=4K7`, `delivery=4K7`.
    pub what: String,
    /// What to print.
    pub label: Label,
    /// How it stands.
    pub state: PrintState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it stands so.
    pub changed_at: Timestamp,
    /// The job it repeats.
    pub again_of: Option<PrintJobId>,
}

const COLUMNS: &str = "job, order_id, printer, what, label, state, created_at, changed_at, again_of";

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<PrintJob> {
    Ok(PrintJob {
        job: row::id(r, 0, PrintJobId::from_bytes)?,
        order: r.get::<_, Option<[u8; 16]>>(1)?.map(OrderId::from_bytes),
        printer: row::code(r, 2)?,
        what: r.get(3)?,
        label: row::json(r, 4)?,
        state: row::word(r, 5, "a print state", PrintState::from_word)?,
        created_at: row::time(r, 6)?,
        changed_at: row::time(r, 7)?,
        again_of: r.get::<_, Option<[u8; 16]>>(8)?.map(PrintJobId::from_bytes),
    })
}

/// Writes a job down.
///
/// # Errors
/// A fault of the database, also when the id is taken.
pub fn insert(conn: &Connection, job: &PrintJob) -> DbResult<()> {
    let sql = format!("INSERT INTO print_job ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    let params = rusqlite::params![
        job.job.as_bytes(),
        job.order.as_ref().map(OrderId::as_bytes),
        job.printer.as_str(),
        job.what,
        serde_json::to_string(&job.label)?,
        job.state.word(),
        job.created_at.ms(),
        job.changed_at.ms(),
        job.again_of.as_ref().map(PrintJobId::as_bytes),
    ];
    run(conn, &sql, params).map(|_| ())
}

/// One job.
///
/// # Errors
/// A fault of the database.
pub fn find(conn: &Connection, job: PrintJobId) -> DbResult<Option<PrintJob>> {
    one(conn, &format!("SELECT {COLUMNS} FROM print_job WHERE job = ?1"), [job.as_bytes()], read)
}

/// Jobs of an order, oldest first.
///
/// # Errors
/// A fault of the database.
pub fn of_order(conn: &Connection, order: OrderId) -> DbResult<Vec<PrintJob>> {
    let sql = format!("SELECT {COLUMNS} FROM print_job WHERE order_id = ?1 ORDER BY created_at, job");
    all(conn, &sql, [order.as_bytes()], read)
}

/// The newest job of this paper, by its particulars.
///
/// # Errors
/// A fault of the database.
pub fn latest(conn: &Connection, what: &str) -> DbResult<Option<PrintJob>> {
    let sql =
        format!("SELECT {COLUMNS} FROM print_job WHERE what = ?1 ORDER BY created_at DESC, job DESC LIMIT 1");
    one(conn, &sql, [what], read)
}

/// Queued jobs of printers that are not down, oldest first: what may be sent now.
///
/// # Errors
/// A fault of the database.
pub fn to_send(conn: &Connection, limit: u32) -> DbResult<Vec<PrintJob>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM print_job WHERE state <> 'done' AND state = 'queued'
           AND printer NOT IN (SELECT s.device FROM device_state s WHERE s.health IN ('down', 'lost'))
         ORDER BY created_at, job LIMIT ?1"
    );
    all(conn, &sql, [limit], read)
}

/// Jobs that were given to a printer's agent and of which no word came back, oldest first: after a restart they are
/// given again, under the same id, which the agent knows.
///
/// # Errors
/// A fault of the database.
pub fn unanswered(conn: &Connection, limit: u32) -> DbResult<Vec<PrintJob>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM print_job WHERE state <> 'done' AND state = 'sent' ORDER BY created_at, job LIMIT ?1"
    );
    all(conn, &sql, [limit], read)
}

/// Jobs of one printer that are not closed, oldest first.
///
/// # Errors
/// A fault of the database.
pub fn open_of(conn: &Connection, printer: &DeviceId) -> DbResult<Vec<PrintJob>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM print_job WHERE printer = ?1 AND state <> 'done' AND state <> 'replaced'
         ORDER BY created_at, job"
    );
    all(conn, &sql, [printer.as_str()], read)
}

/// Sets how a job stands.
///
/// # Errors
/// A fault of the database.
pub fn set_state(conn: &Connection, job: PrintJobId, state: PrintState, at: Timestamp) -> DbResult<()> {
    let sql = "UPDATE print_job SET state = ?2, changed_at = ?3 WHERE job = ?1";
    run(conn, sql, (job.as_bytes(), state.word(), at.ms())).map(|_| ())
}

/// Notes which person said what became of it.
///
/// # Errors
/// A fault of the database.
pub fn set_resolved_by(conn: &Connection, job: PrintJobId, person: &PersonId) -> DbResult<()> {
    run(conn, "UPDATE print_job SET resolved_by = ?2 WHERE job = ?1", (job.as_bytes(), person.as_str()))
        .map(|_| ())
}

/// Gives a job that was never sent to another printer.
///
/// # Errors
/// A fault of the database.
pub fn move_to(conn: &Connection, job: PrintJobId, printer: &DeviceId, at: Timestamp) -> DbResult<()> {
    let sql = "UPDATE print_job SET printer = ?2, changed_at = ?3 WHERE job = ?1 AND state = 'queued'";
    run(conn, sql, (job.as_bytes(), printer.as_str(), at.ms())).map(|_| ())
}

/// Printers of a driver that `store.toml` lists: those that work first, then those never heard of, then those that are
/// down; by id within.
///
/// # Errors
/// A fault of the database.
pub fn printers(conn: &Connection, driver: &str) -> DbResult<Vec<DeviceId>> {
    let sql = "SELECT d.device FROM device d LEFT JOIN device_state s ON s.device = d.device
               WHERE d.class = 'printer' AND d.driver = ?1 AND d.listed = 1
               ORDER BY CASE s.health WHEN 'ok' THEN 0 WHEN 'warn' THEN 0 WHEN 'down' THEN 2 WHEN 'lost' THEN 2
                 ELSE 1 END, d.device";
    all(conn, sql, [driver], |r| row::code(r, 0))
}

/// Every job that may have been printed in a life that this database has forgotten is in doubt.
///
/// # Errors
/// A fault of the database.
pub fn doubt_all(conn: &Connection, at: Timestamp) -> DbResult<usize> {
    let sql = "UPDATE print_job SET state = ?1, changed_at = ?2 WHERE state IN (?3, ?4)";
    let words = [PrintState::InDoubt, PrintState::Queued, PrintState::Sent].map(PrintState::word);
    run(conn, sql, (words[0], at.ms(), words[1], words[2]))
}
