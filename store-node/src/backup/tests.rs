//! Backups of a real small store: what is restored is what was there, nothing is sent twice, damage is named, and the
//! history comes back whole.

use super::file::FileShelf;
use super::keys::{self, Keys};
use super::packing::Memory;
use super::restore::{keys_for, rehearse, restore};
use super::round::{self, Done, Whose};
use super::{BackupError, Cut, LINKS_A_ROUND, Shelf, UNLINKED_MAX, backfill};
use crate::db::backup::{self, Part};
use crate::db::{DbError, ReadDb};
use crate::engine::Engine;
use crate::testbed::{Bed, setup};
use model::time::DAY_MS;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use sync::vault::{Cell, Name, RecoveryKey};

struct Stick {
    file: PathBuf,
    keys: Keys,
    recovery: RecoveryKey,
    memory: Memory,
    cut: Cut,
}

impl Stick {
    fn new(bed: &Bed) -> Self {
        let recovery = keys::enrol(bed.dir.path(), "s1").unwrap();
        let keys = keys::load(bed.dir.path()).unwrap().unwrap();
        let cut = Cut { ledger_rows: 8, events: 4, links: LINKS_A_ROUND, unlinked: UNLINKED_MAX };
        Self { file: bed.dir.path().join("stick.larder"), keys, recovery, memory: Memory::default(), cut }
    }

    fn back_up(&mut self, bed: &Bed) -> Result<Done, BackupError> {
        let whose = Whose { store: "s1".to_owned(), epoch: 1, files: Vec::new(), cut: self.cut };
        let mut shelf = FileShelf::grow(&self.file)?;
        let mut db = ReadDb::open(&bed.path())?;
        round::take(&mut db, &self.keys, &mut shelf, &mut self.memory, &whose, bed.now)
    }

    fn shelf(&self) -> FileShelf {
        FileShelf::open(&self.file).unwrap()
    }
}

/// Every row of every table that is backed up.
fn dump(path: &Path, only: &[&str]) -> BTreeMap<String, Vec<Vec<Cell>>> {
    let left_out = ["backfill", "backfill_later", "doc_closed"];
    ReadDb::open(path)
        .unwrap()
        .snapshot(|conn| {
            let mut all = BTreeMap::new();
            for table in backup::tables(conn)? {
                let wanted = only.is_empty() || only.contains(&table.name.as_str());
                if !wanted || left_out.contains(&table.name.as_str()) {
                    continue;
                }
                let mut rows = Vec::new();
                backup::read(conn, &table, Part::Whole, |row| {
                    rows.push(row);
                    Ok::<(), DbError>(())
                })?;
                all.insert(table.name, rows);
            }
            Ok::<_, DbError>(all)
        })
        .unwrap()
}

/// A store with a few days behind it: orders that ended long ago, and some that are open.
fn busy() -> Bed {
    let mut bed = Bed::new();
    bed.receive("SALT", 200, None);
    let fresh = bed.day(170);
    bed.receive("ATTA", 200, Some(fresh));
    for _ in 0..3 {
        for n in 0..4 {
            let order = bed.counter(&[("SALT", 1 + n % 2), ("ATTA", 1)]).unwrap();
            bed.by("meena", model::Role::Manager, crate::command::Command::CancelCounterOrder { order })
                .unwrap();
            bed.pass(60_000);
        }
        bed.pass(2 * DAY_MS);
    }
    bed.counter(&[("SALT", 3)]).unwrap();
    bed.tick();
    bed
}

#[test]
fn what_is_restored_is_what_was_there() {
    let bed = busy();
    let mut stick = Stick::new(&bed);
    let done = stick.back_up(&bed).unwrap();
    assert!(done.links > 2, "{done:?}");
    let mut shelf = stick.shelf();
    let head = shelf.head(None).unwrap().unwrap();
    // The recovery key alone is enough.
    let keys = keys_for(&head, &stick.recovery).unwrap();
    let wrong = RecoveryKey::new([9; 20]);
    assert!(keys_for(&head, &wrong).is_err());
    let to = bed.dir.path().join("new.db");
    let restored = restore(&mut shelf, &head, &keys, &to, "stick").unwrap();
    assert_eq!(
        restored.manifest.contents.ledger_head.0,
        i64::try_from(dump(&bed.path(), &["ledger"])["ledger"].len()).unwrap()
    );
    let (old, new) = (dump(&bed.path(), &[]), dump(&to, &[]));
    for (table, rows) in &old {
        let late = backup::OF_ORDERS.contains(&table.as_str()) || table == "ledger";
        let timed = backup::time_key(table).is_some();
        if late || timed {
            assert!(new[table].iter().all(|row| rows.contains(row)), "{table}");
        } else {
            assert_eq!(&new[table], rows, "{table}");
        }
    }
    assert!(new["ledger"].len() < old["ledger"].len());
    let open = |rows: &BTreeMap<String, Vec<Vec<Cell>>>| rows["allocation"].len();
    assert!(open(&new) > 0 && open(&new) <= open(&old));
    let report = crate::check::self_check(&to).unwrap();
    assert!(report.is_clean() && report.first > 1, "{report:?}");
}

#[test]
fn the_history_comes_back_whole_while_the_store_works() {
    let bed = busy();
    let mut stick = Stick::new(&bed);
    stick.back_up(&bed).unwrap();
    let mut shelf = stick.shelf();
    let head = shelf.head(None).unwrap().unwrap();
    let to = bed.dir.path().join("new.db");
    restore(&mut shelf, &head, &stick.keys, &to, "stick").unwrap();
    let mut engine = Engine::open(&to, setup(), bed.now).unwrap();
    let mut steps = 0;
    while let Some(left) = backfill::left(&mut ReadDb::open(&to).unwrap()).unwrap() {
        let rows = backfill::next(&left, "s1", &stick.keys, &mut shelf, bed.now).unwrap();
        engine.put_old(&rows).unwrap();
        // A power cut between entering and remembering repeats a step.
        engine.put_old(&rows).unwrap();
        steps += 1;
    }
    assert!(steps > 3, "{steps}");
    let report = crate::check::self_check(&to).unwrap();
    assert!(report.is_clean() && report.first == 1, "{report:?}");
    assert_eq!(report.head, crate::check::self_check(&bed.path()).unwrap().head);
    let (old, new) = (dump(&bed.path(), &[]), dump(&to, &[]));
    for (table, rows) in &old {
        // The new engine counts its own start.
        if table != "mark" && table != "meta" {
            assert_eq!(&new[table], rows, "{table}");
        }
    }
}

#[test]
fn only_what_changed_is_sent_and_a_new_start_sends_nothing_again() {
    let mut bed = busy();
    let mut stick = Stick::new(&bed);
    let first = stick.back_up(&bed).unwrap();
    assert!(first.sent.0 > 10 && first.number == 1);
    let second = stick.back_up(&bed).unwrap();
    assert_eq!((second.sent, second.number), ((0, 0), 2));
    stick.memory = Memory::default();
    assert_eq!(stick.back_up(&bed).unwrap().sent, (0, 0));
    bed.counter(&[("ATTA", 2)]).unwrap();
    let third = stick.back_up(&bed).unwrap();
    assert!(
        third.sent.0 > 3 && third.sent.0 < first.sent.0 && third.sent.1 < first.sent.1,
        "{first:?} {third:?}"
    );
}

/// A head names its objects: of a long history too many, as long as it is not in the chain.
#[test]
fn a_backup_that_begins_late_makes_its_chain_before_its_first_head() {
    let bed = busy();
    let mut patient = Stick::new(&bed);
    patient.cut.links = 1;
    let first = patient.back_up(&bed).unwrap();
    assert!(first.more && first.links == 2, "a link of the ledger and one of orders: {first:?}");
    let mut late = Stick::new(&bed);
    late.file = bed.dir.path().join("late.larder");
    late.cut = Cut { unlinked: 16, ..patient.cut };
    let done = late.back_up(&bed).unwrap();
    let (linked, all) = linked(&late);
    assert!(all - linked <= 16 && done.links > 2, "{done:?} {linked} of {all}");
    assert!(done.listed.1 < first.listed.1, "{first:?} {done:?}");
}

/// Rows of the ledger that the newest head says are in the chain, and all.
fn linked(stick: &Stick) -> (i64, i64) {
    let head = stick.shelf().head(None).unwrap().unwrap();
    let contents: sync::vault::StoreContents = head.open(&stick.keys.data).unwrap().contents;
    (contents.ledger_linked, contents.ledger_head.0)
}

/// The first rows were written by a clock that stood a month ahead; what came after them becomes history all the same.
#[test]
fn rows_that_a_clock_dated_into_the_future_keep_no_history_out_of_the_chain() {
    let mut bed = Bed::new();
    bed.pass(30 * DAY_MS);
    for _ in 0..4 {
        bed.receive("SALT", 50, None);
    }
    bed.pass(-30 * DAY_MS);
    for _ in 0..12 {
        bed.counter(&[("SALT", 1)]).unwrap();
    }
    bed.pass(2 * DAY_MS);
    let mut stick = Stick::new(&bed);
    stick.cut.ledger_rows = 4;
    stick.back_up(&bed).unwrap();
    assert_eq!(linked(&stick).0, 0, "so few rows may be new");
    stick.cut.unlinked = 8;
    stick.back_up(&bed).unwrap();
    let (linked, all) = linked(&stick);
    assert!(all > 12 && all - linked < 4, "{linked} of {all}");
}

#[test]
fn a_stick_that_was_pulled_goes_on_behind_what_is_whole() {
    let mut bed = busy();
    let mut stick = Stick::new(&bed);
    stick.back_up(&bed).unwrap();
    let whole = std::fs::read(&stick.file).unwrap();
    bed.counter(&[("ATTA", 2)]).unwrap();
    stick.back_up(&bed).unwrap();
    let longer = std::fs::read(&stick.file).unwrap();
    for cut in [whole.len() + 1, whole.len() + 40, (whole.len() + longer.len()) / 2, longer.len() - 1] {
        std::fs::write(&stick.file, &longer[..cut]).unwrap();
        let head = stick.shelf().head(None).unwrap().unwrap();
        assert_eq!(head.note.number, 1, "cut at {cut}");
        stick.memory = Memory::default();
        assert_eq!(stick.back_up(&bed).unwrap().number, 2);
        let mut shelf = stick.shelf();
        let head = shelf.head(None).unwrap().unwrap();
        rehearse(&mut shelf, &head, &stick.keys, bed.dir.path()).unwrap();
    }
    let other = bed.dir.path().join("other");
    std::fs::write(&other, b"my holiday pictures").unwrap();
    stick.file = other.clone();
    assert!(matches!(stick.back_up(&bed), Err(BackupError::Told(_))));
    assert_eq!(std::fs::read(&other).unwrap(), b"my holiday pictures");
}

#[test]
fn a_flipped_bit_anywhere_is_found_before_it_becomes_stock() {
    let bed = busy();
    let mut stick = Stick::new(&bed);
    stick.back_up(&bed).unwrap();
    let good = std::fs::read(&stick.file).unwrap();
    let mut found = 0;
    for at in (16..good.len()).step_by(997) {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        std::fs::write(&stick.file, &bad).unwrap();
        let Ok(mut shelf) = FileShelf::open(&stick.file) else { continue };
        let Ok(Some(head)) = shelf.head(None) else { continue };
        match rehearse(&mut shelf, &head, &stick.keys, bed.dir.path()) {
            Err(_) => found += 1,
            // A link of the chain, or older rows: found when the history is fetched.
            Ok(done) => {
                let note = done.manifest.note;
                let late = note.later.iter().any(|name| shelf.get(*name).is_err());
                assert!(late || links_are_damaged(&mut shelf, note.link), "byte {at}");
            }
        }
    }
    assert!(found > 0);
}

fn links_are_damaged(shelf: &mut FileShelf, mut link: Option<Name>) -> bool {
    while let Some(name) = link {
        let Ok(bytes) = shelf.get(name) else { return true };
        link = match sync::vault::Kind::of(&bytes) {
            Ok(sync::vault::Kind::Link(before)) => before,
            Ok(_) | Err(_) => return true,
        };
    }
    false
}

#[test]
fn a_link_that_does_not_lead_to_the_rows_after_it_stops_the_history() {
    let bed = busy();
    let mut stick = Stick::new(&bed);
    stick.back_up(&bed).unwrap();
    let mut shelf = stick.shelf();
    let head = shelf.head(None).unwrap().unwrap();
    let to = bed.dir.path().join("new.db");
    restore(&mut shelf, &head, &stick.keys, &to, "stick").unwrap();
    let mut left = backfill::left(&mut ReadDb::open(&to).unwrap()).unwrap().unwrap();
    left.later.clear();
    left.chain.ledger.1 = [0; 32];
    let mut told = None;
    for _ in 0..left.chain.links_left {
        match backfill::next(&left, "s1", &stick.keys, &mut shelf, bed.now) {
            Ok(rows) => left.chain = rows.then.unwrap(),
            Err(error) => told = Some(error.to_string()),
        }
    }
    assert!(told.is_some_and(|told| told.contains("were changed")));
}

#[test]
fn a_new_recovery_key_opens_new_backups_and_the_old_one_the_old() {
    let bed = busy();
    let mut stick = Stick::new(&bed);
    stick.back_up(&bed).unwrap();
    let old = stick.recovery.clone();
    stick.recovery = keys::enrol(bed.dir.path(), "s1").unwrap();
    stick.keys = keys::load(bed.dir.path()).unwrap().unwrap();
    stick.back_up(&bed).unwrap();
    let mut shelf = stick.shelf();
    let (first, second) = (shelf.head(Some(1)).unwrap().unwrap(), shelf.head(Some(2)).unwrap().unwrap());
    assert!(keys_for(&first, &old).is_ok() && keys_for(&first, &stick.recovery).is_err());
    assert!(keys_for(&second, &stick.recovery).is_ok() && keys_for(&second, &old).is_err());
}
