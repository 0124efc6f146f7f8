//! Late facts (SYNC.md) overtake their order: both real engines over a line, either of them out of a backup that is older than an
//! order whose hour is closed. What was said of it a day later is heard before the hour comes, and is not lost.

use model::Moment;
use model::order::Owner;
use tests::escrow::overtaken;

/// Found in the escrow's world: the hub set the record aside.
#[test]
fn a_hub_from_its_backup_hears_late_facts_before_the_closed_hour_of_their_order() {
    let end = overtaken(1, Owner::Hub).unwrap();
    assert!(end.brought > 0, "the hour came beside the session");
    for moment in [Moment::Confirmed, Moment::Accepted, Moment::CancelRequested, Moment::Cancelled] {
        assert!(end.at_hub.get(moment).is_some(), "{moment:?}: {end:?}");
    }
    assert_eq!(end.aside, Vec::<String>::new());
}

#[test]
fn a_store_from_its_backup_hears_late_facts_before_the_closed_hour_of_their_order() {
    let end = overtaken(1, Owner::Store).unwrap();
    assert!(end.brought > 0, "the hour came beside the session");
    for moment in [Moment::Confirmed, Moment::CancelRequested, Moment::Cancelled] {
        assert!(end.at_store.get(moment).is_some(), "{moment:?}: {end:?}");
    }
    assert!(!end.unknown, "the documents say how it ended");
    assert_eq!(end.aside, Vec::<String>::new());
}
