//! Stories of what is shipped in batches: it goes on where the hub is, over restarts and new hubs, and another history is found
//! out. No sockets.

use super::ship::Step;
use crate::testbed::Bed;
use sync::batch::{Batch, Head, Stream};

fn nothing() -> Head {
    Head { upto: 0, hash: Stream::Ledger.first("s1") }
}

fn ship(bed: &mut Bed, head: &mut Head) -> Vec<Batch> {
    bed.ships(Stream::Ledger, head)
}

#[test]
fn the_ledger_goes_on_where_the_hub_is() {
    let mut bed = Bed::new();
    assert_eq!(bed.reader().ship(Stream::Ledger, nothing()).unwrap(), Step::Nothing);
    bed.receive("SALT", 50, None);
    bed.counter(&[("SALT", 2)]).unwrap();
    let mut hub = nothing();
    assert_eq!(ship(&mut bed, &mut hub).len(), 1);
    assert_eq!(ship(&mut bed, &mut hub).len(), 0, "the hub has it");
    assert_eq!(
        bed.reader().figures(bed.now).unwrap().rows_unshipped,
        [(Stream::Ledger, 0), (Stream::Temperatures, 0)]
    );
    let mut bed = bed.restart();
    bed.counter(&[("SALT", 1)]).unwrap();
    let waiting = bed.reader().figures(bed.now).unwrap().rows_unshipped;
    assert!(waiting[0].1 > 0, "{waiting:?}");
    let sent = ship(&mut bed, &mut hub);
    assert!(matches!(sent.as_slice(), [batch] if batch.first > 1), "{sent:?}");
    // Another hub, which has nothing, gets all of it.
    assert_eq!(ship(&mut bed, &mut nothing())[0].first, 1);
}

#[test]
fn a_hub_of_another_history_is_found_out_and_what_both_have_is_found() {
    let mut bed = Bed::new();
    bed.receive("SALT", 50, None);
    let mut hub = nothing();
    ship(&mut bed, &mut hub);
    let first = hub;
    bed.counter(&[("SALT", 1)]).unwrap();
    ship(&mut bed, &mut hub);
    let other = Head { hash: [7; 32], ..hub };
    let further = Head { upto: hub.upto + 9, ..hub };
    let mut reader = bed.reader();
    for head in [other, further] {
        assert_eq!(reader.ship(Stream::Ledger, head).unwrap(), Step::Forked);
    }
    assert_eq!(reader.shared(Stream::Ledger, &[further, other, first]).unwrap(), Some(first));
    assert_eq!(reader.shared(Stream::Ledger, &[further, other]).unwrap(), None);
    let again = reader.ship_again(Stream::Ledger, Some(first)).unwrap().unwrap();
    assert_eq!(again.first, first.upto + 1);
    // What the hub only believes to have, is not noted as being there.
    bed.engine.shipped(Stream::Ledger, other).unwrap();
    assert_eq!(bed.reader().figures(bed.now).unwrap().rows_unshipped[0].1, 0, "it knew the true one");
}

#[test]
fn a_row_that_is_still_to_come_is_waited_for() {
    let mut bed = Bed::new();
    for _ in 0..3 {
        bed.receive("SALT", 5, None);
    }
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    conn.execute_batch("DROP TRIGGER IF EXISTS ledger_never_shrinks; DELETE FROM ledger WHERE seq = 1")
        .unwrap();
    assert_eq!(bed.reader().ship(Stream::Ledger, nothing()).unwrap(), Step::Nothing);
}
