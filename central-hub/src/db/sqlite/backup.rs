//! A copy of the whole database by SQLite's own backup, while the hub works.

use super::{Db, Sqlite};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::path::Path;

/// All pages in one step: a moment of the database. In WAL mode nobody waits for it, and no write begins it anew.
const ALL_PAGES: i32 = -1;

impl Sqlite {
    /// Copies the database into a file that is not there yet.
    ///
    /// # Errors
    /// [`super::DbFault`].
    pub fn copy_to(&self, to: &Path) -> Db<()> {
        let mut copy = Connection::open(to)?;
        let step = Backup::new(&self.conn, &mut copy)?.step(ALL_PAGES)?;
        if step == StepResult::Done {
            return Ok(());
        }
        Err(super::DbFault::Storage("the database is busy: try again".to_owned()))
    }
}
