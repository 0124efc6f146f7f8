//! A store that was set back without knowing it gives up an order that has left (REQ-27): both real engines over a line. What has
//! left has left, at both sides; nothing is given back for it.

use hub_core::saga::Pay;
use model::{Moment, OrderState};
use tests::escrow::set_back_over_a_date;

/// Found in the escrow's world (`losthours 19`): the order ended cancelled at both sides, the store had never heard that it had left, and
/// the hub gave the money back for goods that the customer had.
#[test]
fn what_has_left_is_not_cancelled_by_a_store_that_has_forgotten_it() {
    for seed in [1, 2, 3] {
        let end = set_back_over_a_date(seed).unwrap();
        for known in [&end.known.at_store, &end.known.at_hub] {
            assert!(known.get(Moment::Dispatched).is_some(), "{end:?}");
            assert!(known.get(Moment::Cancelled).is_some(), "what was said is not taken back: {end:?}");
            assert_eq!(known.state(), OrderState::Dispatched, "{end:?}");
        }
        assert_eq!((end.state, end.payment, end.short), (OrderState::Dispatched, Pay::AtDoor, 0), "{end:?}");
        assert!(!end.known.unknown, "nobody has to say how it ended: {end:?}");
        assert_eq!(end.known.aside, Vec::<String>::new());
    }
}
