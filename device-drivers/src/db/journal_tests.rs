//! Tests of the journal: nothing is printed twice, nothing confirmed is sent again, nothing unconfirmed is forgotten.

use super::*;
use model::mqtt::{EventBody, Separators};

fn device() -> DeviceId {
    DeviceId::new("printer-1").unwrap()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn label() -> Label {
    let (gtin, expiry) = (String::new(), String::new());
    Label::Lot { name: "Curd".into(), gtin, code: "LL:L-7".into(), expiry, duplicate: false }
}

fn scan(n: u128) -> Event {
    let body = EventBody::Scan { text: format!("code {n}"), aim: None, separators: Separators::Unknown };
    Event { id: CommandId::new(at(1), n), at: at(1), session: 1, seq: 1, body }
}

fn ending(job: PrintJobId, outcome: PrintOutcome) -> Event {
    Event { body: EventBody::Print { job, outcome }, ..scan(u128::from(job.as_bytes()[15])) }
}

struct Bench {
    folder: tempfile::TempDir,
    journal: Journal,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
        Self { folder, journal }
    }

    /// As after a crash: the file is opened anew.
    fn restart(&mut self) {
        self.journal = Journal::open(&self.folder.path().join("journal.db")).unwrap();
    }
}

#[test]
fn a_job_waits_through_a_restart_and_is_taken_once() {
    let mut bench = Bench::new();
    let job = PrintJobId::new(at(1), 7);
    assert_eq!(bench.journal.accept_job(&device(), job, &label(), at(4), at(5)).unwrap(), Admission::New);
    assert_eq!(bench.journal.accept_job(&device(), job, &label(), at(4), at(6)).unwrap(), Admission::Pending);
    bench.restart();
    let waiting = bench.journal.next_job(&device()).unwrap().unwrap();
    assert_eq!((waiting.job, waiting.label, waiting.made), (job, label(), at(4)));
    assert_eq!(bench.journal.jobs_waiting(&device()).unwrap(), 1);
}

#[test]
fn a_crash_after_the_first_byte_is_in_doubt_and_never_a_second_print() {
    let mut bench = Bench::new();
    let job = PrintJobId::new(at(1), 7);
    bench.journal.accept_job(&device(), job, &label(), at(4), at(5)).unwrap();
    assert!(bench.journal.start_job(job, at(6)).unwrap());
    bench.restart();
    assert_eq!(
        bench.journal.next_job(&device()).unwrap(),
        None,
        "it must not be offered to the printer again"
    );
    assert_eq!(bench.journal.interrupted_jobs(&device()).unwrap(), vec![job]);
    assert!(!bench.journal.start_job(job, at(7)).unwrap());
    let event = ending(job, PrintOutcome::InDoubt);
    assert!(bench.journal.end_job(&device(), job, PrintOutcome::InDoubt, &event).unwrap());
    bench.restart();
    assert_eq!(bench.journal.interrupted_jobs(&device()).unwrap(), vec![]);
    assert_eq!(bench.journal.job_state(job).unwrap(), Some(JobState::Ended(PrintOutcome::InDoubt)));
    assert_eq!(bench.journal.events(&device(), 9).unwrap(), vec![event]);
}

#[test]
fn a_repeated_command_gets_the_first_outcome_under_the_same_id() {
    let mut bench = Bench::new();
    let job = PrintJobId::new(at(1), 7);
    bench.journal.accept_job(&device(), job, &label(), at(4), at(5)).unwrap();
    bench.journal.start_job(job, at(6)).unwrap();
    let event = ending(job, PrintOutcome::Done);
    bench.journal.end_job(&device(), job, PrintOutcome::Done, &event).unwrap();
    assert!(
        !bench.journal.end_job(&device(), job, PrintOutcome::InDoubt, &event).unwrap(),
        "an end is an end"
    );
    bench.journal.confirm_event(event.id).unwrap();
    let again = bench.journal.accept_job(&device(), job, &label(), at(4), at(9)).unwrap();
    assert_eq!(again, Admission::Repeated(PrintOutcome::Done));
    assert_eq!(bench.journal.events(&device(), 9).unwrap(), vec![event]);
    assert_eq!(bench.journal.next_job(&device()).unwrap(), None);
}

#[test]
fn events_keep_their_order_until_they_are_confirmed() {
    let mut bench = Bench::new();
    for n in [3, 1, 2, 3] {
        bench.journal.add_event(&device(), &scan(n)).unwrap();
    }
    bench.journal.confirm_event(scan(1).id).unwrap();
    bench.restart();
    assert_eq!(bench.journal.events(&device(), 9).unwrap(), vec![scan(3), scan(2)]);
    assert_eq!(bench.journal.events(&device(), 1).unwrap(), vec![scan(3)]);
    assert_eq!(bench.journal.events_waiting(&device()).unwrap(), 2);
    assert_eq!(bench.journal.events(&DeviceId::new("other").unwrap(), 9).unwrap(), vec![]);
}

#[test]
fn sessions_grow_even_when_the_clock_steps_back_or_the_file_is_lost() {
    let mut bench = Bench::new();
    let first = bench.journal.next_session(&device(), at(1_000)).unwrap();
    let second = bench.journal.next_session(&device(), at(500)).unwrap();
    assert!(second > first);
    let mut fresh = Bench::new();
    assert!(fresh.journal.next_session(&device(), at(2_000)).unwrap() > second);
}

#[test]
fn old_ends_are_forgotten_and_open_jobs_are_not() {
    let mut bench = Bench::new();
    let (old, open) = (PrintJobId::new(at(1), 1), PrintJobId::new(at(1), 2));
    for job in [old, open] {
        bench.journal.accept_job(&device(), job, &label(), at(4), at(5)).unwrap();
    }
    bench
        .journal
        .end_job(&device(), old, PrintOutcome::Rejected, &ending(old, PrintOutcome::Rejected))
        .unwrap();
    bench.journal.forget_jobs(at(1_000)).unwrap();
    assert_eq!(bench.journal.job_state(old).unwrap(), None);
    assert_eq!(bench.journal.job_state(open).unwrap(), Some(JobState::Accepted));
}

#[test]
fn a_newer_journal_is_refused() {
    let bench = Bench::new();
    let path = bench.folder.path().join("journal.db");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Journal::open(&path), Err(JournalError::Newer(99))));
}

/// What the scanner repeats to the next agent is known until its acknowledgement has left.
#[test]
fn the_last_code_of_a_scanner_is_kept_with_its_event_until_it_is_acknowledged() {
    let mut bench = Bench::new();
    let scanner = DeviceId::new("scan-1").unwrap();
    assert_eq!(bench.journal.unacknowledged_code(&scanner).unwrap(), None);
    bench.journal.add_code(&scanner, &scan(1), b"]E0one").unwrap();
    bench.journal.add_code(&scanner, &scan(2), b"]E0two").unwrap();
    bench.restart();
    assert_eq!(bench.journal.events_waiting(&scanner).unwrap(), 2);
    assert_eq!(bench.journal.unacknowledged_code(&scanner).unwrap(), Some((b"]E0two".to_vec(), at(1))));
    assert_eq!(bench.journal.unacknowledged_code(&device()).unwrap(), None, "another device's is not its");
    bench.journal.code_acknowledged(&scanner).unwrap();
    bench.restart();
    assert_eq!(bench.journal.unacknowledged_code(&scanner).unwrap(), None);
    assert_eq!(bench.journal.events_waiting(&scanner).unwrap(), 2, "the events wait for the store");
}

/// A journal of the first schema goes on with what it has.
#[test]
fn an_older_journal_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(MIGRATIONS[0]).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    drop(db);
    let mut journal = Journal::open(&path).unwrap();
    journal.add_code(&device(), &scan(1), b"x").unwrap();
    journal.db.pragma_update(None, "user_version", 99).unwrap();
    drop(journal);
    assert!(matches!(Journal::open(&path), Err(JournalError::Newer(99))));
}

/// Of readings the newest stay.
#[test]
fn readings_wait_in_a_bounded_number() {
    let mut bench = Bench::new();
    let sensor = DeviceId::new("t-1").unwrap();
    for n in 0..u128::from(READINGS_MAX) + 7 {
        bench.journal.add_reading(&sensor, &scan(n)).unwrap();
    }
    assert_eq!(bench.journal.events_waiting(&sensor).unwrap(), READINGS_MAX);
    assert_eq!(bench.journal.events(&sensor, 1).unwrap(), [scan(7)]);
}
