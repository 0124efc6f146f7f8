//! Old rows of a replaced store come in beside its work: in short transactions of their own, and never over a row that is
//! there. What was fetched and what is still to come commit with the last of them.

use super::{Engine, Fault};
use crate::db::restore::{self, Backfill};
use sync::vault::{LedgerPart, Name, Pack, Rows};

/// Rows of one transaction: a command waits at most as long as these take.
const AT_ONCE: usize = 512;

/// Old rows and what is to be remembered once they are here.
#[derive(Debug, Clone, PartialEq)]
pub struct OldRows {
    /// The rows; `None` to remember only.
    pub pack: Option<Pack>,
    /// The object that they came in, where it was one of those before the chain.
    pub came: Option<Name>,
    /// What is still to come.
    pub then: Option<Backfill>,
}

impl Engine {
    /// Enters old rows. Repeating it changes nothing.
    ///
    /// # Errors
    /// A fault of the database; what was entered stays, and the same may be given again.
    pub fn put_old(&mut self, old: &OldRows) -> Result<(), Fault> {
        match &old.pack {
            Some(Pack::Tables(tables)) => tables.iter().try_for_each(|rows| self.put_old_rows(rows))?,
            Some(Pack::Ledger(part)) => self.put_old_ledger(part)?,
            Some(Pack::File { .. }) | None => {}
        }
        let tx = self.db.begin()?;
        if let Some(name) = old.came {
            restore::came(&tx, name)?;
        }
        if let Some(then) = &old.then {
            restore::set_backfill(&tx, then)?;
        }
        Ok(tx.commit()?)
    }

    fn put_old_rows(&mut self, rows: &Rows) -> Result<(), Fault> {
        for part in rows.rows.chunks(AT_ONCE) {
            let tx = self.db.begin()?;
            let (table, columns) = (rows.table.clone(), rows.columns.clone());
            restore::put_old(&tx, &Rows { table, columns, rows: part.to_vec() })?;
            tx.commit()?;
        }
        Ok(())
    }

    /// In parts, each with the hash that the one before it ends at.
    fn put_old_ledger(&mut self, part: &LedgerPart) -> Result<(), Fault> {
        let (mut first, mut before, mut place) = (part.first, part.before, 0_usize);
        for rows in part.rows.chunks(AT_ONCE) {
            let within = place..place + rows.len();
            let odd = part.odd.iter().filter_map(|(at, hash)| {
                let at = usize::try_from(*at).ok().filter(|at| within.contains(at))?;
                Some((u32::try_from(at - place).ok()?, hash.clone()))
            });
            let some = LedgerPart { first, before, rows: rows.to_vec(), odd: odd.collect() };
            let tx = self.db.begin()?;
            before = restore::put_ledger(&tx, &some)?;
            tx.commit()?;
            place = within.end;
            first = first.saturating_add(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        }
        Ok(())
    }
}
