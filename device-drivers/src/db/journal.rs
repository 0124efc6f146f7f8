//! The journal: sessions, events not yet confirmed by the store, and print jobs, so that a restart prints nothing
//! twice and loses no scan. Labels stay only until their outcome; afterwards the job id alone is kept (decision 6).

use std::path::Path;

use model::mqtt::{Event, Label, PrintOutcome};
use model::{CommandId, DeviceId, PrintJobId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

/// In order; a journal's version is the number of those that it has.
const MIGRATIONS: [&str; 2] = [include_str!("0001_journal.sql"), include_str!("0002_last_code.sql")];

/// Events of one device that may wait; a scanner makes fewer in a month of outage.
pub const OUTBOX_MAX: u32 = 100_000;

/// Readings of one sensor that may wait: three days of one a minute, and what crossed its band. The oldest go first.
pub const READINGS_MAX: u32 = 5_000;

/// Why the journal does not answer.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// SQLite says no: disk full, file damaged.
    #[error("journal: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A row that cannot be read back.
    #[error("journal row: {0}")]
    Row(#[from] serde_json::Error),
    /// Made by a newer agent.
    #[error("the journal has schema {0}, this agent knows {known}", known = MIGRATIONS.len())]
    Newer(i64),
    /// [`OUTBOX_MAX`] events of this device wait already.
    #[error("{OUTBOX_MAX} events wait for the store: the outbox is full")]
    Full,
    /// The thread that owns the file has ended.
    #[error("the journal is closed")]
    Closed,
}

/// Where a print job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Taken over; not a byte was sent.
    Accepted,
    /// Bytes may have reached the printer.
    Started,
    /// Ended.
    Ended(PrintOutcome),
}

/// What came of a print command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// New: it waits now.
    New,
    /// Known and not ended: nothing to do.
    Pending,
    /// Known and ended: its outcome stands in the outbox again, under its old event id.
    Repeated(PrintOutcome),
}

/// A job that waits for the printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingJob {
    /// The job.
    pub job: PrintJobId,
    /// What to print.
    pub label: Label,
    /// When the store wrote it down, by this machine's clock.
    pub made: Timestamp,
}

/// The open journal. One thread owns it.
#[derive(Debug)]
pub struct Journal {
    db: Connection,
}

impl Journal {
    /// Opens or makes the file; its folder must exist. Every commit is on disk before it returns.
    ///
    /// # Errors
    /// [`JournalError`] when the file cannot be used.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let mut db = Connection::open(path)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.busy_timeout(std::time::Duration::from_secs(5))?;
        let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let known = usize::try_from(version).ok().filter(|known| *known <= MIGRATIONS.len());
        let known = known.ok_or(JournalError::Newer(version))?;
        if known < MIGRATIONS.len() {
            let tx = db.transaction()?;
            for migration in MIGRATIONS.iter().skip(known) {
                tx.execute_batch(migration)?;
            }
            tx.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))?;
            tx.commit()?;
        }
        Ok(Self { db })
    }

    /// The number of a device's new session: above every earlier one, also when the journal itself was lost.
    ///
    /// # Errors
    /// [`JournalError`]; then the device has no session and must not speak.
    pub fn next_session(&mut self, device: &DeviceId, now: Timestamp) -> Result<u64, JournalError> {
        let session: i64 = self.db.query_row(
            "INSERT INTO session (device, session) VALUES (?1, ?2)
             ON CONFLICT (device) DO UPDATE SET session = max(session + 1, excluded.session)
             RETURNING session",
            params![device.as_str(), now.ms()],
            |row| row.get(0),
        )?;
        Ok(u64::try_from(session).unwrap_or(0))
    }

    /// Keeps an event until the store confirms it. Adding it again changes nothing.
    ///
    /// # Errors
    /// [`JournalError::Full`] above [`OUTBOX_MAX`].
    pub fn add_event(&mut self, device: &DeviceId, event: &Event) -> Result<(), JournalError> {
        if self.events_waiting(device)? >= OUTBOX_MAX {
            return Err(JournalError::Full);
        }
        insert_event(&self.db, device, event)
    }

    /// The same for the event of a scanner's `code`, which the scanner repeats until it is acknowledged: both in one commit.
    ///
    /// # Errors
    /// [`JournalError::Full`] above [`OUTBOX_MAX`].
    pub fn add_code(&mut self, device: &DeviceId, event: &Event, code: &[u8]) -> Result<(), JournalError> {
        if self.events_waiting(device)? >= OUTBOX_MAX {
            return Err(JournalError::Full);
        }
        let tx = self.db.transaction()?;
        insert_event(&tx, device, event)?;
        tx.prepare_cached(
            "INSERT INTO last_code (device, code, at_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (device) DO UPDATE SET code = excluded.code, at_ms = excluded.at_ms",
        )?
        .execute(params![device.as_str(), code, event.at.ms()])?;
        tx.commit()?;
        Ok(())
    }

    /// The acknowledgement of a scanner's last code has left: what comes now is another one.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn code_acknowledged(&mut self, device: &DeviceId) -> Result<(), JournalError> {
        self.db.prepare_cached("DELETE FROM last_code WHERE device = ?1")?.execute([device.as_str()])?;
        Ok(())
    }

    /// The code that is kept and of which no acknowledgement is known to have left, and when it came.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn unacknowledged_code(
        &mut self,
        device: &DeviceId,
    ) -> Result<Option<(Vec<u8>, Timestamp)>, JournalError> {
        let sql = "SELECT code, at_ms FROM last_code WHERE device = ?1";
        let found =
            self.db.query_row(sql, [device.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        Ok(found.map(|(code, at)| (code, Timestamp::from_ms(at))))
    }

    /// Keeps a reading until the store confirms it. Above [`READINGS_MAX`] the oldest go: what a store that was away for days
    /// needs most is how it stands now.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn add_reading(&mut self, device: &DeviceId, event: &Event) -> Result<(), JournalError> {
        let tx = self.db.transaction()?;
        insert_event(&tx, device, event)?;
        let waiting: u32 = tx
            .prepare_cached("SELECT count(*) FROM outbox WHERE device = ?1")?
            .query_row([device.as_str()], |row| row.get(0))?;
        if waiting > READINGS_MAX {
            tx.prepare_cached(
                "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE device = ?1 ORDER BY seq LIMIT ?2)",
            )?
            .execute(params![device.as_str(), waiting - READINGS_MAX])?;
        }
        tx.commit()?;
        Ok(())
    }

    /// Forgets an event that the store has confirmed.
    ///
    /// # Errors
    /// [`JournalError`]; the event is then sent once more, which the store tolerates.
    pub fn confirm_event(&mut self, id: CommandId) -> Result<(), JournalError> {
        self.db.execute("DELETE FROM outbox WHERE id = ?1", [id.as_bytes()])?;
        Ok(())
    }

    /// The oldest events that the store has not confirmed, in the order they happened.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn events(&mut self, device: &DeviceId, limit: u32) -> Result<Vec<Event>, JournalError> {
        let mut query =
            self.db.prepare_cached("SELECT body FROM outbox WHERE device = ?1 ORDER BY seq LIMIT ?2")?;
        let rows = query.query_map(params![device.as_str(), limit], |row| row.get::<_, String>(0))?;
        let mut events = Vec::new();
        for body in rows {
            events.push(serde_json::from_str(&body?)?);
        }
        Ok(events)
    }

    /// How many events of a device wait.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn events_waiting(&mut self, device: &DeviceId) -> Result<u32, JournalError> {
        let mut query = self.db.prepare_cached("SELECT count(*) FROM outbox WHERE device = ?1")?;
        Ok(query.query_row([device.as_str()], |row| row.get(0))?)
    }

    /// Takes a print job over that the store wrote down at `made`. A job seen before is never taken twice, whatever its label says now.
    ///
    /// # Errors
    /// [`JournalError`]; the job is then not taken over and must not be acknowledged.
    pub fn accept_job(
        &mut self,
        device: &DeviceId,
        job: PrintJobId,
        label: &Label,
        made: Timestamp,
        now: Timestamp,
    ) -> Result<Admission, JournalError> {
        let tx = self.db.transaction()?;
        let known = tx
            .query_row("SELECT state, event FROM print_job WHERE job = ?1", [job.as_bytes()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
            })
            .optional()?;
        let admission = match known {
            None => {
                tx.execute(
                    "INSERT INTO print_job (job, device, state, label, accepted_ms, changed_ms)
                     VALUES (?1, ?2, 'accepted', ?3, ?4, ?5)",
                    params![
                        job.as_bytes(),
                        device.as_str(),
                        serde_json::to_string(label)?,
                        made.ms(),
                        now.ms()
                    ],
                )?;
                Admission::New
            }
            Some((state, event)) => match (ended(&state), event) {
                (Some(outcome), Some(body)) => {
                    insert_event(&tx, device, &serde_json::from_str(&body)?)?;
                    Admission::Repeated(outcome)
                }
                (Some(_) | None, _) => Admission::Pending,
            },
        };
        tx.commit()?;
        Ok(admission)
    }

    /// The oldest job that waits, if any.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn next_job(&mut self, device: &DeviceId) -> Result<Option<WaitingJob>, JournalError> {
        let row = self
            .db
            .query_row(
                "SELECT job, label, accepted_ms FROM print_job
                 WHERE device = ?1 AND state = 'accepted' AND label IS NOT NULL ORDER BY rowid LIMIT 1",
                [device.as_str()],
                |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?)),
            )
            .optional()?;
        let Some((job, label, made)) = row else { return Ok(None) };
        let (job, made) = (PrintJobId::from_bytes(job), Timestamp::from_ms(made));
        Ok(Some(WaitingJob { job, label: serde_json::from_str(&label)?, made }))
    }

    /// How many jobs wait.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn jobs_waiting(&mut self, device: &DeviceId) -> Result<u32, JournalError> {
        let sql = "SELECT count(*) FROM print_job WHERE device = ?1 AND state = 'accepted'";
        Ok(self.db.query_row(sql, [device.as_str()], |row| row.get(0))?)
    }

    /// Notes that the next byte to the printer belongs to this job. `false` = it is not waiting: send nothing.
    ///
    /// # Errors
    /// [`JournalError`]; send nothing.
    pub fn start_job(&mut self, job: PrintJobId, now: Timestamp) -> Result<bool, JournalError> {
        let changed = self.db.execute(
            "UPDATE print_job SET state = 'started', changed_ms = ?2 WHERE job = ?1 AND state = 'accepted'",
            params![job.as_bytes(), now.ms()],
        )?;
        Ok(changed == 1)
    }

    /// Ends a job and puts the event that tells so into the outbox, in one commit. `false` = it had ended before.
    ///
    /// # Errors
    /// [`JournalError`]; after a restart a started job is found in doubt.
    pub fn end_job(
        &mut self,
        device: &DeviceId,
        job: PrintJobId,
        outcome: PrintOutcome,
        event: &Event,
    ) -> Result<bool, JournalError> {
        let tx = self.db.transaction()?;
        let changed = tx.execute(
            "UPDATE print_job SET state = ?2, label = NULL, event = ?3, changed_ms = ?4
             WHERE job = ?1 AND state IN ('accepted', 'started')",
            params![job.as_bytes(), word(outcome), serde_json::to_string(event)?, event.at.ms()],
        )?;
        if changed == 1 {
            insert_event(&tx, device, event)?;
        }
        tx.commit()?;
        Ok(changed == 1)
    }

    /// Jobs whose bytes were on their way when the agent ended: a person must decide (REQ-34).
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn interrupted_jobs(&mut self, device: &DeviceId) -> Result<Vec<PrintJobId>, JournalError> {
        let mut query = self
            .db
            .prepare("SELECT job FROM print_job WHERE device = ?1 AND state = 'started' ORDER BY rowid")?;
        let rows = query.query_map([device.as_str()], |row| row.get::<_, [u8; 16]>(0))?;
        Ok(rows.map(|row| row.map(PrintJobId::from_bytes)).collect::<Result<_, _>>()?)
    }

    /// Where a job stands; `None` = never seen.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn job_state(&mut self, job: PrintJobId) -> Result<Option<JobState>, JournalError> {
        let sql = "SELECT state FROM print_job WHERE job = ?1";
        let state = self.db.query_row(sql, [job.as_bytes()], |row| row.get::<_, String>(0)).optional()?;
        Ok(state.map(|word| match ended(&word) {
            Some(outcome) => JobState::Ended(outcome),
            None if word == "started" => JobState::Started,
            None => JobState::Accepted,
        }))
    }

    /// Forgets jobs that ended before `before`; the store repeats no command that long.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn forget_jobs(&mut self, before: Timestamp) -> Result<(), JournalError> {
        self.db.execute(
            "DELETE FROM print_job WHERE changed_ms < ?1 AND state NOT IN ('accepted', 'started')",
            [before.ms()],
        )?;
        Ok(())
    }
}

fn insert_event(db: &Connection, device: &DeviceId, event: &Event) -> Result<(), JournalError> {
    db.prepare_cached(
        "INSERT INTO outbox (id, device, body) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING",
    )?
    .execute(params![event.id.as_bytes(), device.as_str(), serde_json::to_string(event)?])?;
    Ok(())
}

const fn word(outcome: PrintOutcome) -> &'static str {
    match outcome {
        PrintOutcome::Done => "done",
        PrintOutcome::SentUnconfirmed => "sent_unconfirmed",
        PrintOutcome::InDoubt => "in_doubt",
        PrintOutcome::Rejected => "rejected",
    }
}

fn ended(state: &str) -> Option<PrintOutcome> {
    let all =
        [PrintOutcome::Done, PrintOutcome::SentUnconfirmed, PrintOutcome::InDoubt, PrintOutcome::Rejected];
    all.into_iter().find(|outcome| word(*outcome) == state)
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
