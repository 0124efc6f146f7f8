//! One sensor's watch, moment by moment.

use super::*;

const BAND: Band = Band {
    low_milli_c: 0,
    high_milli_c: 5_000,
    delay_ms: 300_000,
    silent_ms: 60_000,
    warn: None,
    door_ms: 0,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_ms(second * 1_000)
}

#[test]
fn a_breach_suspends_at_once_alarms_after_the_delay_and_ends_well_inside() {
    let mut watch = Watch::new(at(0));
    assert!(watch.reading(&BAND, at(1), Heard::Value(4_000), None).is_empty());
    assert!(matches!(watch.reading(&BAND, at(30), Heard::Value(6_000), None)[..], [Event::Suspend(_)]));
    for second in (60..330).step_by(30) {
        assert!(watch.reading(&BAND, at(second), Heard::Value(7_000), None).is_empty(), "{second}");
    }
    let breach = Breach { side: Side::Warm, since: at(30), worst: 7_000 };
    assert_eq!(watch.reading(&BAND, at(330), Heard::Value(6_500), None), [Event::Breach(breach)]);
    assert!(watch.reading(&BAND, at(350), Heard::Value(4_900), None).is_empty(), "not yet well inside");
    assert!(watch.suspends());
    assert!(matches!(watch.reading(&BAND, at(380), Heard::Value(4_600), None)[..], [Event::Recovered(_)]));
    assert!(!watch.suspends());
}

#[test]
fn a_short_breach_raises_nothing() {
    let mut watch = Watch::new(at(0));
    assert!(matches!(watch.reading(&BAND, at(1), Heard::Value(-500), None)[..], [Event::Suspend(_)]));
    assert!(matches!(watch.reading(&BAND, at(50), Heard::Value(400), None)[..], [Event::Recovered(_)]));
    assert!(watch.time(&BAND, at(100), None).is_empty());
}

#[test]
fn a_pulled_probe_is_silent_though_its_agent_speaks() {
    let mut watch = Watch::new(at(0));
    watch.reading(&BAND, at(10), Heard::Value(3_000), None);
    for second in (15..70).step_by(5) {
        assert!(watch.reading(&BAND, at(second), Heard::Nothing, None).is_empty(), "{second}");
    }
    let lost = watch.reading(&BAND, at(70), Heard::Nothing, None);
    assert_eq!(lost, [Event::Lost(Quiet::Silent, at(10))]);
    assert!(watch.reading(&BAND, at(75), Heard::Nothing, None).is_empty(), "raised once");
    assert!(
        watch.reading(&BAND, at(80), Heard::Nonsense(Doubt::Crc), None).is_empty(),
        "still nothing to trust"
    );
    assert_eq!(watch.reading(&BAND, at(85), Heard::Value(3_100), None), [Event::Heard(Quiet::Silent)]);
}

#[test]
fn an_agent_that_is_gone_is_silence_too() {
    let mut watch = Watch::new(at(0));
    assert_eq!(watch.time(&BAND, at(60), None), [Event::Lost(Quiet::Silent, at(0))]);
    assert!(watch.time(&BAND, at(120), None).is_empty(), "raised once");
}

#[test]
fn nonsense_makes_a_suspect_and_a_suspect_may_fall_silent() {
    let mut watch = Watch::new(at(0));
    watch.reading(&BAND, at(10), Heard::Value(3_000), None);
    for second in (20..70).step_by(10) {
        assert!(watch.reading(&BAND, at(second), Heard::Nonsense(Doubt::Crc), None).is_empty(), "{second}");
    }
    assert_eq!(
        watch.reading(&BAND, at(70), Heard::Nonsense(Doubt::Crc), None),
        [Event::Lost(Quiet::Suspect(Doubt::Crc), at(10))]
    );
    assert!(watch.reading(&BAND, at(129), Heard::Nothing, None).is_empty());
    let silent = [Event::Heard(Quiet::Suspect(Doubt::Crc)), Event::Lost(Quiet::Silent, at(10))];
    assert_eq!(watch.reading(&BAND, at(130), Heard::Nothing, None), silent);
}

#[test]
fn each_doubt_has_its_own_alarm_and_all_end_together() {
    let mut watch = Watch::new(at(0));
    watch.reading(&BAND, at(10), Heard::Value(3_000), None);
    for second in (20..70).step_by(10) {
        assert!(watch.reading(&BAND, at(second), Heard::Nonsense(Doubt::Crc), None).is_empty(), "{second}");
    }
    for doubt in [Doubt::Flat, Doubt::Jump, Doubt::Implausible] {
        let mut watch = watch;
        let lost = |doubt| [Event::Lost(Quiet::Suspect(doubt), at(10))];
        assert_eq!(watch.reading(&BAND, at(70), Heard::Nonsense(doubt), None), lost(doubt));
        assert!(watch.time(&BAND, at(75), None).is_empty(), "raised once");
        assert!(watch.reading(&BAND, at(80), Heard::Nonsense(doubt), None).is_empty(), "raised once");
        assert_eq!(watch.reading(&BAND, at(90), Heard::Nonsense(Doubt::Crc), None), lost(Doubt::Crc));
        let heard = watch.reading(&BAND, at(100), Heard::Value(3_000), None);
        assert_eq!(heard, [Event::Heard(Quiet::Suspect(Doubt::Crc))]);
    }
}

#[test]
fn late_readings_change_nothing() {
    let mut watch = Watch::new(at(0));
    watch.reading(&BAND, at(50), Heard::Value(3_000), None);
    let before = watch;
    assert!(watch.reading(&BAND, at(40), Heard::Value(90_000), None).is_empty());
    assert_eq!(watch, before);
}

/// Warns outside 1 to 4 degrees; a door excuses five minutes.
const WARN: Band =
    Band { warn: Some(Edges { low_milli_c: 1_000, high_milli_c: 4_000 }), door_ms: 300_000, ..BAND };

#[test]
fn a_warning_comes_before_anything_is_blocked() {
    let mut watch = Watch::new(at(0));
    for second in (30..330).step_by(30) {
        assert!(watch.reading(&WARN, at(second), Heard::Value(4_500), None).is_empty(), "{second}");
    }
    let near = Breach { side: Side::Warm, since: at(30), worst: 4_600 };
    assert_eq!(watch.reading(&WARN, at(330), Heard::Value(4_600), None), [Event::Near(near)]);
    assert!(!watch.suspends());
    assert!(watch.reading(&WARN, at(360), Heard::Value(3_800), None).is_empty(), "not yet well inside");
    assert_eq!(watch.reading(&WARN, at(390), Heard::Value(3_700), None), [Event::NearOver(near)]);
}

#[test]
fn an_alarm_needs_no_warning_beside_it() {
    let mut watch = Watch::new(at(0));
    let mut told = Vec::new();
    for second in (30..900).step_by(30) {
        told.extend(watch.reading(&WARN, at(second), Heard::Value(9_000), None));
    }
    assert!(matches!(told[..], [Event::Suspend(_), Event::Breach(_)]), "{told:?}");
    // Back inside the alarm band, and still too near its edge.
    let after = watch.reading(&WARN, at(900), Heard::Value(4_500), None);
    assert!(matches!(after[..], [Event::Recovered(_), Event::Near(_)]), "{after:?}");
}

#[test]
fn a_door_excuses_a_breach_for_a_bounded_time() {
    // Open for two minutes at the beginning: five minutes after it closed instead of five after the breach began.
    let alarm_at = |door: &dyn Fn(i64) -> Option<Timestamp>| {
        let mut watch = Watch::new(at(0));
        (10..2_000).step_by(10).find(|second| {
            let events = watch.reading(&WARN, at(*second), Heard::Value(7_000), door(*second));
            events.iter().any(|event| matches!(event, Event::Breach(_)))
        })
    };
    assert_eq!(alarm_at(&|_| None), Some(310));
    assert_eq!(alarm_at(&|second| Some(at(second.min(130)))), Some(430));
    assert_eq!(alarm_at(&|second| Some(at(second))), Some(610), "open for ever is no excuse for ever");
    assert_eq!(
        alarm_at(&|second| Some(at(second - second % 60))),
        Some(610),
        "nor is opening it every minute"
    );
    assert_eq!(alarm_at(&|_| Some(at(-5_000))), Some(310), "long closed");
}
