//! Tests of scanners that type: signs, separators, half codes, and stalls that must not cost a scan.

use super::*;

const STEP: Duration = Duration::from_millis(2);
const GAP: Duration = Duration::from_millis(500);

fn ms(number: u64) -> Duration {
    Duration::from_millis(number)
}

fn all(wedge: &mut Wedge, events: &[InputEvent]) -> Vec<Typed> {
    events.iter().flat_map(|event| wedge.event(*event)).collect()
}

fn whole(text: &str) -> Typed {
    Typed::Line(Line::Whole(text.as_bytes().to_vec()))
}

#[test]
fn what_is_typed_is_read_whatever_sign_and_separator() {
    let mut wedge = Wedge::new(vec![], GAP);
    let every: String = (b' '..=b'~').map(char::from).collect();
    for text in
        [every.as_str(), "]C10195213211099951726120010L-7\u{1d}3103000450", "https://id.gs1.org/01/1?x=%2F"]
    {
        let events = typed(text, ms(0), STEP);
        assert_eq!(all(&mut wedge, &events), [whole(text)]);
        let bytes: Vec<u8> = events.iter().flat_map(InputEvent::bytes).collect();
        let back: Vec<InputEvent> = bytes.as_chunks::<EVENT_BYTES>().0.iter().map(InputEvent::read).collect();
        assert_eq!(back, events);
    }
}

#[test]
fn alt_and_the_number_pad_type_by_number() {
    let mut wedge = Wedge::new(vec![], GAP);
    let key = |code, down| InputEvent::key(ms(0), code, down);
    let alt = |digits: &[u16]| {
        let mut events = vec![key(keys::LEFT_ALT, true)];
        events.extend(digits.iter().flat_map(|code| [key(*code, true), key(*code, false)]));
        events.push(key(keys::LEFT_ALT, false));
        events
    };
    // 10, Alt+029, 3, Enter on the pad.
    let pad = [key(79, true), key(82, true)];
    let end = [key(81, true), key(96, true)];
    let text = [pad.to_vec(), alt(&[82, 80, 73]), end.to_vec()].concat();
    assert_eq!(all(&mut wedge, &text), [whole("10\u{1d}3")]);
    let beyond = [pad.to_vec(), alt(&[80, 75, 80]), end.to_vec()].concat();
    assert_eq!(all(&mut wedge, &beyond), [Typed::Torn], "242 means what the code page says");
    assert_eq!(all(&mut wedge, &typed("next", ms(0), STEP)), [whole("next")]);
}

#[test]
fn caps_lock_turns_letters_only() {
    let mut wedge = Wedge::new(vec![], GAP);
    let caps = [InputEvent::key(ms(0), 58, true), InputEvent::key(ms(0), 58, false)];
    let events = [caps.to_vec(), typed("aB1-_", ms(0), STEP)].concat();
    assert_eq!(all(&mut wedge, &events), [whole("Ab1-_")]);
}

/// We were not woken for seconds, but the kernel stamped the keys: nothing is lost.
#[test]
fn a_stalled_machine_costs_no_scan() {
    let mut wedge = Wedge::new(vec![], GAP);
    let events = typed("9521321109995", ms(0), ms(150));
    assert_eq!(all(&mut wedge, &events), [whole("9521321109995")]);
}

#[test]
fn a_half_code_is_dropped_with_its_other_half() {
    let mut wedge = Wedge::new(vec![], GAP);
    let mut events = typed("9521321109995", ms(0), STEP);
    for event in events.iter_mut().skip(10) {
        event.at += ms(501);
    }
    assert_eq!(all(&mut wedge, &events), [Typed::Torn]);
    assert_eq!(all(&mut wedge, &typed("96385074", ms(3_000), STEP)), [whole("96385074")]);

    all(&mut wedge, &typed("96385074", ms(4_000), STEP)[..6]);
    assert!(wedge.is_amid());
    assert_eq!(wedge.quiet(), Some(Typed::Torn));
    assert_eq!(wedge.quiet(), None);
    assert_eq!(
        all(&mut wedge, &typed("5074", ms(9_000), STEP)),
        [],
        "the other half, or a code to scan again"
    );
    assert_eq!(all(&mut wedge, &typed("96385074", ms(9_500), STEP)), [whole("96385074")]);
}

#[test]
fn lost_events_tear_the_code_and_let_go_of_all_keys() {
    let mut wedge = Wedge::new(vec![], GAP);
    let mut events = typed("aBc", ms(0), STEP);
    // Shift goes down, then the kernel's buffer overflows.
    events.truncate(3);
    events.push(InputEvent::dropped(ms(1)));
    assert_eq!(all(&mut wedge, &events), [Typed::Torn]);
    assert_eq!(all(&mut wedge, &typed("x", ms(2), STEP)), []);
    assert_eq!(all(&mut wedge, &typed("abc", ms(3), STEP)), [whole("abc")]);
}

#[test]
fn a_prefix_is_taken_off_and_asked_for() {
    let mut wedge = Wedge::new(vec![2], GAP);
    assert_eq!(all(&mut wedge, &typed("\u{2}96385074", ms(0), STEP)), [whole("96385074")]);
    assert_eq!(all(&mut wedge, &typed("96385074", ms(50), STEP)), [Typed::Line(Line::NoPrefix)]);
}

/// A key that means nothing in a code (an arrow, Escape) is no part of one.
#[test]
fn a_stray_key_and_a_repeating_one() {
    let mut wedge = Wedge::new(vec![], GAP);
    let mut events = typed("12", ms(0), STEP);
    events.insert(1, InputEvent { value: 2, ..InputEvent::key(ms(0), 2, true) });
    assert_eq!(all(&mut wedge, &events), [whole("12")]);
    events.insert(2, InputEvent::key(ms(0), 1, true));
    assert_eq!(all(&mut wedge, &events), [Typed::Torn]);
}
