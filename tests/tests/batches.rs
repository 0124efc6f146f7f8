//! Scenarios: the ledger and the temperatures of a store on their way to the hub, over real databases of both sides: a gap, a
//! forged row, a repeat, restarts between two batches, a store set back and restored. Then once over the real link: a node
//! and a hub with papers, cut in between.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

use central_hub::db::stores::StoreSeed;
use central_hub::engine::HubEngine;
use central_hub::rules::Rules;
use hub_core::proof::HubKey;
use model::api::hub::Point;
use model::mqtt::Quality;
use model::quota::StoreEpoch;
use model::{CommandId, StoreId, Timestamp};
use std::path::PathBuf;
use store_node::command::{Command, Envelope, FenceWhy, ReadingIn, ReadingMore};
use store_node::engine::Engine;
use store_node::reader::Reader;
use sync::batch::{Batch, Entry, Head, Reading, Stream};
use tests::shipping::{self, Turn};
use tests::sim::city;

/// 2026-11-21 10:00 in Bengaluru.
const MORNING: Timestamp = Timestamp::from_ms(1_795_235_400_000);

struct Two {
    dir: tempfile::TempDir,
    store: Engine,
    hub: HubEngine,
    now: Timestamp,
    ids: u128,
}

fn id() -> StoreId {
    city::store_id(0).unwrap()
}

impl Two {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = open_store(&dir.path().join("store.db"));
        let mut hub = open_hub(&dir.path().join("hub.db"));
        let at = Point { lat: 12.97, lon: 77.64 };
        hub.put_stores(&[StoreSeed { id: id(), name: "one".into(), at, radius_m: 3_000, capacity: 20 }])
            .unwrap();
        let mut two = Self { dir, store, hub, now: MORNING, ids: 0 };
        two.does(Command::ImportCatalogue { products: city::goods().unwrap(), opening: Vec::new() });
        two
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("store.db")
    }

    fn does(&mut self, command: Command) {
        self.ids += 1;
        self.now = self.now.plus_ms(1_000);
        let actor = store_node::command::system("test").unwrap();
        let envelope = Envelope { id: CommandId::new(self.now, self.ids), actor, command };
        self.store.apply(self.now, vec![envelope]).unwrap().replies.remove(0).unwrap();
    }

    /// So many rows of the ledger and readings more.
    fn goes_on(&mut self, rows: usize) {
        let sku = city::goods().unwrap()[5].sku.clone();
        let (sensor, _, middle) = city::sensors().unwrap().remove(0);
        for n in 0..rows {
            let line = store_node::command::OpeningLine {
                sku: sku.clone(),
                qty: model::Qty::new(1).unwrap(),
                expiry: None,
            };
            self.does(Command::OpenStock { lines: vec![line] });
            let more = ReadingMore { session: 1, seq: n as u64, ..ReadingMore::default() };
            let (at, milli_c) = (self.now, Some(middle));
            let reading = ReadingIn { sensor: sensor.clone(), at, milli_c, quality: Quality::Good, more };
            self.does(Command::Reading(reading));
        }
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.file()).unwrap()
    }

    fn ships(&mut self, most: usize) -> Turn {
        let mut reader = self.reader();
        shipping::turn((&mut self.store, &mut reader), &mut self.hub, self.now, most).unwrap()
    }

    fn head(&self, stream: Stream) -> Head {
        shipping::head(&self.hub, &id(), stream).unwrap()
    }

    fn broken(&self, stream: Stream) -> Option<String> {
        self.hub.data().chain(&id(), stream).unwrap().and_then(|row| row.broken).map(|(_, why)| why)
    }

    /// What the hub has is what the store has, row for row.
    fn is_level(&self) {
        let of = |stream| self.hub.data().batches(&id(), stream, 0, u32::MAX).unwrap();
        let batch = |bytes: Vec<u8>| Batch::decode(&bytes).unwrap();
        let ledger: Vec<Entry> =
            of(Stream::Ledger).into_iter().flat_map(|b| batch(b).rows().unwrap()).collect();
        let readings: Vec<Reading> =
            of(Stream::Temperatures).into_iter().flat_map(|b| batch(b).rows().unwrap()).collect();
        let conn = rusqlite::Connection::open(self.file()).unwrap();
        let ask =
            |sql: &str| conn.query_row(sql, [], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?))).unwrap();
        let (rows, sum) = ask("SELECT count(*), sum(qty * seq) FROM ledger");
        assert_eq!(
            (ledger.len() as i64, ledger.iter().map(|row| row.qty * row.seq).sum::<i64>()),
            (rows, sum)
        );
        let (rows, sum) = ask("SELECT count(*), sum(milli_c * n) FROM reading");
        let mine = readings.iter().map(|row| i64::from(row.milli_c.unwrap()) * row.n).sum::<i64>();
        assert_eq!((readings.len() as i64, mine), (rows, sum));
        let mut reader = self.reader();
        for stream in Stream::ALL {
            assert_eq!(
                reader.ship(stream, self.head(stream)).unwrap(),
                store_node::engine::ship::Step::Nothing
            );
        }
    }

    fn restart(&mut self) {
        let (store, hub) = (self.file(), self.dir.path().join("hub.db"));
        let aside = tempfile::tempdir().unwrap();
        drop(std::mem::replace(&mut self.store, open_store(&aside.path().join("store.db"))));
        drop(std::mem::replace(&mut self.hub, open_hub(&aside.path().join("hub.db"))));
        (self.store, self.hub) = (open_store(&store), open_hub(&hub));
    }
}

fn open_store(path: &std::path::Path) -> Engine {
    Engine::open(path, city::setup(0, 1, 4).unwrap(), MORNING).unwrap()
}

fn open_hub(path: &std::path::Path) -> HubEngine {
    HubEngine::open(path, Rules::new(HubKey([7; 32])), MORNING).unwrap()
}

/// The next batch of a table.
fn next(two: &Two, stream: Stream) -> Batch {
    let step = two.reader().ship(stream, two.head(stream)).unwrap();
    let store_node::engine::ship::Step::Batch(batch) = step else { panic!("{step:?}") };
    batch
}

fn give(two: &mut Two, stream: Stream, batch: &Batch) -> Option<String> {
    shipping::give(&mut two.hub, (&id(), 1), stream, batch, two.now).unwrap().0.broken
}

#[test]
fn batches_survive_restarts_of_both_between_any_two_and_repeats_change_nothing() {
    let mut two = Two::new();
    for _ in 0..4 {
        two.goes_on(12);
        let (ledger, readings) = (next(&two, Stream::Ledger), next(&two, Stream::Temperatures));
        two.restart();
        for _ in 0..2 {
            assert_eq!(give(&mut two, Stream::Ledger, &ledger), None);
            two.restart();
            assert_eq!(give(&mut two, Stream::Temperatures, &readings), None);
        }
    }
    two.is_level();
    assert_eq!(two.ships(9), Turn::default(), "nothing is left");
}

#[test]
fn a_gap_is_set_aside_by_name_shown_and_mended_by_what_comes_next() {
    let mut two = Two::new();
    two.goes_on(5);
    assert_eq!(two.ships(9).batches, 2);
    two.goes_on(3);
    let end = two.head(Stream::Ledger);
    let rows = next(&two, Stream::Ledger).rows::<Entry>().unwrap();
    let hash = sync::batch::next(&end.hash, &rows[0]);
    let gap = Batch::of(hash, &rows[1..]).unwrap().unwrap();
    for _ in 0..3 {
        assert!(give(&mut two, Stream::Ledger, &gap).unwrap().contains("do not follow row"));
        two.restart();
    }
    assert_eq!(two.head(Stream::Ledger), end);
    assert!(two.broken(Stream::Ledger).unwrap().contains("a gap"));
    assert_eq!(two.broken(Stream::Temperatures), None);
    let aside = two.hub.data().set_aside(Some(&id()), 10).unwrap();
    assert_eq!(aside.len(), 1, "the same thing is kept once: {aside:?}");
    assert!(aside[0].doc.contains("ledger") && aside[0].why.contains("a gap"));
    assert!(two.hub.data().quarantine_counts().unwrap().contains_key(&(id(), "gap".to_owned())));
    assert_eq!(two.ships(9).batches, 2);
    assert_eq!(two.broken(Stream::Ledger), None, "it goes on");
    two.is_level();
}

#[test]
fn a_forged_row_is_not_taken_and_the_other_table_goes_on() {
    let mut two = Two::new();
    two.goes_on(6);
    assert_eq!(two.ships(9).batches, 2);
    two.goes_on(2);
    // Somebody changes rows in the store's file, and the hashes with them: the first of them is at the hub already.
    let conn = rusqlite::Connection::open(two.file()).unwrap();
    conn.execute_batch(
        "DROP TRIGGER ledger_never_changes; UPDATE ledger SET hash = randomblob(32) WHERE seq > 3",
    )
    .unwrap();
    let turn = two.ships(9);
    assert_eq!(turn.batches, 1, "temperatures");
    assert!(turn.broken.iter().all(|why| why.contains("row")), "{turn:?}");
    assert!(two.broken(Stream::Ledger).is_some(), "{turn:?}");
    // One changed row in what was not shipped yet, its hash left as it was.
    let mut two = Two::new();
    two.goes_on(3);
    let mut rows = next(&two, Stream::Ledger).rows::<Entry>().unwrap();
    let honest = next(&two, Stream::Ledger);
    rows[1].qty += 1;
    let forged = Batch::of(Stream::Ledger.first("s1"), &rows).unwrap().unwrap();
    let mut bytes = forged.encode().unwrap();
    let (own, true_hash) = (forged.after, honest.after);
    let at = bytes.windows(32).position(|part| part == own).unwrap();
    bytes[at..at + 32].copy_from_slice(&true_hash);
    let taken = two.hub.take_batch(two.now, &id(), (StoreEpoch(1), Stream::Ledger), &bytes).unwrap().unwrap();
    assert!(taken.broken.unwrap().contains("a row was changed"));
    assert_eq!(two.head(Stream::Ledger).upto, 0);
    assert_eq!(two.ships(9).batches, 2);
    two.is_level();
}

#[test]
fn bytes_that_are_no_batch_and_a_machine_that_was_replaced_are_refused() {
    let mut two = Two::new();
    two.goes_on(2);
    for bytes in [vec![], vec![1, 2, 3], vec![0; 200_000]] {
        let taken =
            two.hub.take_batch(two.now, &id(), (StoreEpoch(1), Stream::Ledger), &bytes).unwrap().unwrap();
        assert!(taken.broken.is_some() && taken.head.upto == 0);
    }
    let batch = next(&two, Stream::Ledger).encode().unwrap();
    assert!(two.hub.take_batch(two.now, &id(), (StoreEpoch(2), Stream::Ledger), &batch).unwrap().is_err());
    assert_eq!(two.ships(9).batches, 2);
    two.is_level();
}

#[test]
fn a_store_that_was_set_back_goes_on_only_in_a_new_life_and_what_it_wrote_before_stays() {
    let mut two = Two::new();
    two.goes_on(4);
    two.ships(9);
    let copy = two.dir.path().join("copy.db");
    let conn = rusqlite::Connection::open(two.file()).unwrap();
    conn.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    drop(conn);
    two.goes_on(4);
    two.ships(9);
    let lost = two.head(Stream::Ledger);
    // The machine comes back as it was, and sells on.
    let aside = tempfile::tempdir().unwrap();
    drop(std::mem::replace(&mut two.store, open_store(&aside.path().join("store.db"))));
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", two.file().display()));
    }
    std::fs::copy(&copy, two.file()).unwrap();
    two.store = open_store(&two.file());
    two.goes_on(9);
    let turn = two.ships(9);
    assert_eq!((turn.batches, turn.broken.len()), (0, 2), "{turn:?}");
    assert_eq!(two.head(Stream::Ledger), lost);
    // In a new life it goes on from where both agree.
    let mint = central_hub::command::Command::MintEpoch {
        store: id(),
        node_key: "new".to_owned(),
        expect: StoreEpoch(1),
    };
    let actor = store_node::command::system("test").unwrap();
    let envelope = central_hub::command::Envelope { id: CommandId::new(two.now, 77), actor, command: mint };
    let answer = two.hub.apply(two.now, vec![envelope]).unwrap().answers.remove(0).unwrap();
    let central_hub::command::Answer::Terms { epoch, generation } = answer else { panic!("{answer:?}") };
    two.does(Command::TakeEpoch { epoch, generation, why: FenceWhy::RolledBack });
    let turn = two.ships(9);
    assert_eq!((turn.batches, turn.broken.len()), (2, 0), "{turn:?}");
    two.is_level();
    assert_eq!(two.broken(Stream::Ledger), None);
    let hub = rusqlite::Connection::open(two.dir.path().join("hub.db")).unwrap();
    let sql = "SELECT count(*) FROM chain_batch WHERE former = 1";
    assert_eq!(hub.query_row(sql, [], |r| r.get::<_, i64>(0)), Ok(2), "evidence of the former life");
}
