//! The alarms' document: one word for all that stand, only the store's, and nothing that no store says.

use super::*;
use model::alarms::{AlarmTold, AlarmsTold, DETAIL_MAX, NAMED_MAX};
use model::id::{CommandId, DeviceId};

fn alarms(side: Owner, boot: u32) -> Document {
    open(DocKey::Alarms { epoch: StoreEpoch(1), hour: HOUR }, side, boot)
}

fn alarm(n: u64) -> AlarmTold {
    AlarmTold {
        id: CommandId::new(at(0), u128::from(n)),
        kind: "too_warm".into(),
        zone: None,
        device: DeviceId::new(format!("cold-{n}")).unwrap(),
        began: at(0),
        seen: false,
        detail: String::new(),
    }
}

fn look(look: u64, named: u64) -> AlarmsTold {
    let alarms: Vec<AlarmTold> = (0..named).map(alarm).collect();
    AlarmsTold { look, at: at(look as i64), standing: named as u32, alarms }
}

#[test]
fn the_newest_look_is_all_that_stands_and_a_repeated_one_is_silent() {
    let (mut store, mut hub) = (alarms(Owner::Store, 1), alarms(Owner::Hub, 1));
    assert_eq!(hub.alarms(), Ok(None));
    for told in [look(1, 2), look(2, 0)] {
        assert_eq!(store.put_alarms(&told), Ok(true));
        let touched = hub.apply_change(&store.commit().unwrap().unwrap()).unwrap();
        assert!(touched.tick && touched.poisoned.is_empty());
        assert_eq!(hub.alarms(), Ok(Some(told)));
    }
    assert_eq!((store.put_alarms(&look(2, 1)), store.commit()), (Ok(false), Ok(None)));
    assert!(matches!(hub.put_alarms(&look(3, 1)), Err(DocError::NotMine { .. })));
    assert!(matches!(orders(Owner::Store, 1).put_alarms(&look(1, 1)), Err(DocError::WrongKind { .. })));
}

#[test]
fn two_lives_that_said_something_at_once_leave_the_newer_look() {
    let (mut one, mut two, mut hub) =
        (alarms(Owner::Store, 1), alarms(Owner::Store, 2), alarms(Owner::Hub, 1));
    one.put_alarms(&look(5, 1)).unwrap();
    two.put_alarms(&look(4, 3)).unwrap();
    for document in [&mut one, &mut two] {
        hub.apply_change(&document.commit().unwrap().unwrap()).unwrap();
    }
    assert_eq!(hub.alarms(), Ok(Some(look(5, 1))));
}

#[test]
fn what_no_store_says_is_named_as_poison() {
    let crowd = look(1, NAMED_MAX as u64 + 1);
    let hidden = AlarmsTold { standing: 1, ..look(1, 2) };
    let long = AlarmTold { detail: "é".repeat(DETAIL_MAX + 1), ..alarm(1) };
    let markup = AlarmTold { kind: "<b>".into(), ..alarm(1) };
    let one = |alarm| AlarmsTold { alarms: vec![alarm], ..look(1, 1) };
    let twice = AlarmsTold { standing: 2, alarms: vec![alarm(1), alarm(1)], ..look(1, 2) };
    for told in [crowd, hidden, twice, one(long), one(markup)] {
        let (mut store, mut hub) = (alarms(Owner::Store, 1), alarms(Owner::Hub, 1));
        store.put_alarms(&told).unwrap();
        hub.apply_change(&store.commit().unwrap().unwrap()).unwrap();
        assert!(matches!(hub.alarms(), Err(DocError::Poisoned { .. })), "{told:?}");
    }
}
