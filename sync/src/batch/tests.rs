//! Batches that continue a chain, and every way in which one does not.

use super::*;
use model::Timestamp;

fn row(seq: i64) -> Entry {
    Entry {
        seq,
        at: Timestamp::from_ms(1_000 * seq),
        kind: "reserved".into(),
        sku: format!("MLK-{:04}", seq % 90),
        lot: format!("L-{seq:06}"),
        bin: "A-1-2".into(),
        qty: 1,
        on_hand: (9, 9),
        reserved: (seq, seq + 1),
        blocked: (0, 0),
        person: "asha".into(),
        device: "hh-1".into(),
        why: String::new(),
        reference: "order".into(),
        command: vec![seq as u8; 16],
    }
}

fn rows(range: std::ops::RangeInclusive<i64>) -> Vec<Entry> {
    range.map(row).collect()
}

/// The head after the first `n` rows.
fn head(n: i64) -> Head {
    let hash = rows(1..=n).iter().fold(first("s1"), |hash, row| next(&hash, row));
    Head { upto: n as u64, hash }
}

fn batch(range: std::ops::RangeInclusive<i64>) -> Batch {
    let before = head(range.start() - 1).hash;
    Batch::of(before, &rows(range)).unwrap().unwrap()
}

#[test]
fn batches_that_continue_are_taken_and_known_ones_passed_over() {
    let mut at = head(0);
    for range in [1..=5, 6..=6, 7..=40] {
        let sent = batch(range.clone()).encode().unwrap();
        let batch = Batch::decode(&sent).unwrap();
        assert_eq!(batch.rows::<Entry>().unwrap(), rows(range));
        let Verdict::Take(next) = judge(Stream::Ledger, at, &batch) else { panic!("not taken") };
        assert_eq!(judge(Stream::Ledger, next, &batch), Verdict::Known);
        at = next;
    }
    assert_eq!(at, head(40));
}

#[test]
fn a_gap_another_history_and_a_changed_row_are_named() {
    let why = |at: Head, batch: &Batch| match judge(Stream::Ledger, at, batch) {
        Verdict::Broken(why) => why,
        other @ (Verdict::Take(_) | Verdict::Known) => panic!("{other:?}"),
    };
    assert!(why(head(5), &batch(7..=9)).contains("a gap"));
    assert!(why(head(5), &batch(4..=9)).contains("a gap"));
    let other = Batch::of([7; 32], &rows(6..=9)).unwrap().unwrap();
    assert!(why(head(5), &other).contains("another row 5"));
    let mut changed = rows(6..=9);
    changed[1].qty = 2;
    let mut forged = Batch::of(head(5).hash, &changed).unwrap().unwrap();
    forged.after = batch(6..=9).after;
    assert!(why(head(5), &forged).contains("was changed"));
    let mut missing = rows(6..=9);
    missing.remove(2);
    let torn = Batch::of(head(5).hash, &missing).unwrap().unwrap();
    assert!(why(head(5), &torn).contains("stands where"));
}

#[test]
fn a_batch_holds_what_fits_and_says_how_far_it_goes() {
    let all = rows(1..=2_000);
    let batch = Batch::of(first("s1"), &all).unwrap().unwrap();
    assert_eq!((batch.first, batch.last), (1, ROWS_MAX as u64));
    assert_eq!(Batch::of::<Entry>(first("s1"), &[]).unwrap(), None);
    let size = batch.encode().unwrap().len();
    assert!(size < MAX_BATCH, "{size} bytes");
}

#[test]
fn bytes_that_lie_are_errors() {
    let sent = batch(1..=9).encode().unwrap();
    for cut in 0..sent.len() {
        let read = Batch::decode(&sent[..cut]).and_then(|batch| batch.check(Stream::Ledger));
        assert!(read.is_err(), "cut at {cut}");
    }
    for at in 0..sent.len() {
        let mut bytes = sent.clone();
        bytes[at] ^= 0x10;
        if let Ok(other) = Batch::decode(&bytes) {
            // A bit that the compressor does not look at leaves the rows as they are.
            let taken = matches!(judge(Stream::Ledger, head(0), &other), Verdict::Take(_));
            assert!(!taken || other.rows::<Entry>() == Ok(rows(1..=9)), "flip at {at}");
        }
    }
}

#[test]
fn rows_of_another_table_and_another_end_of_the_same_rows_are_named() {
    let sent = batch(1..=9);
    assert!(matches!(judge(Stream::Temperatures, head(0), &sent), Verdict::Broken(_)));
    // The same numbers with another content, after they were taken: no repeat.
    let mut other = rows(1..=9);
    other[8].qty = 7;
    let other = Batch::of(first("s1"), &other).unwrap().unwrap();
    assert_eq!(judge(Stream::Ledger, head(9), &sent), Verdict::Known);
    let Verdict::Broken(why) = judge(Stream::Ledger, head(9), &other) else { panic!("taken") };
    assert!(why.contains("row 9 is another one"), "{why}");
}
