//! A command on trial: what the store would answer, were it asked now. Everything that is written to find out is rolled back,
//! and a file of another version is not brought up to date for it.

use super::group::{Care, Halt, run_one};
use super::{OpenError, Parts, open};
use crate::answer::Answer;
use crate::command::Envelope;
use crate::db::{Db, DbError};
use crate::effects::Effects;
use crate::refusal::Refusal;
use crate::setup::Setup;
use model::Timestamp;
use std::path::Path;
use store_core::layout::Layout;

/// The store's answer with `setup` in force; `None` where its file is of another version than this program.
///
/// # Errors
/// As [`super::Engine::open`].
pub fn trial(
    path: &Path,
    setup: Setup,
    now: Timestamp,
    envelope: Envelope,
) -> Result<Option<Result<Answer, Refusal>>, OpenError> {
    let layout = Layout::new(&setup.layout)?;
    let sealed = envelope.seal().map_err(DbError::from)?;
    let Some(mut db) = Db::open_as_it_is(path)? else { return Ok(None) };
    let tx = db.begin()?;
    open::begin(&tx, &setup, (now, now))?;
    let parts = Parts::of(setup, layout);
    let reply = match run_one(&tx, &parts, now, &sealed, &mut Effects::default(), Care::Savepoints) {
        Ok(reply) => reply,
        Err(Halt::Fault(fault)) => return Err(fault.into()),
        Err(Halt::Careful) => {
            let what = "a savepoint was asked for where there is one";
            return Err(DbError::Corrupt(what.to_owned()).into());
        }
    };
    tx.rollback()?;
    Ok(Some(reply))
}
