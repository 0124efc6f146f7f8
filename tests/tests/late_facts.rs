//! Late facts (SYNC.md) overtake their order: both real engines over a line, either of them out of a backup that is older than an
//! order whose hour is closed. What was said of it a day later is heard before the hour comes, and is not lost.

use model::Moment;
use model::order::Owner;
use tests::escrow::{known_by_the_word, late_in_a_closed_hour, overtaken};

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

/// The store passed it over, as said in an hour that is closed there, and the hub did not take that hour: not by either side's next
/// look, nor ever.
#[test]
fn what_a_hub_from_its_backup_says_in_an_hour_that_its_former_life_has_closed_goes_to_a_later_one() {
    let end = late_in_a_closed_hour(1).unwrap();
    assert!(end.brought > 0, "the hour came beside the session");
    for moment in [Moment::CancelRequested, Moment::Cancelled] {
        assert!(
            end.at_store.get(moment).is_some() && end.at_hub.get(moment).is_some(),
            "{moment:?}: {end:?}"
        );
    }
    assert_eq!(end.aside, Vec::<String>::new());
}

/// Found in the escrow's world: the word opened what was counted, and units of orders were sold again that stood in a closed hour.
#[test]
fn an_order_that_outlives_its_hour_is_known_to_a_store_from_its_backup_before_the_hubs_word() {
    let end = known_by_the_word(1).unwrap();
    assert!(end.unknown, "a person says how it ended: {end:?}");
    assert!(end.at_store.get(Moment::Confirmed).is_some(), "{end:?}");
    assert!(end.brought > 0, "the hour came beside the session");
    assert_eq!(end.aside, Vec::<String>::new());
}
