//! Split, merged, garbled and interleaved bytes never make a wrong scan: for the lines, packets and keys of all three kinds
//! of scanner. A wrong scan is an event that the store would understand as goods, a bag, a badge or a lot that nobody
//! scanned. What no receiver can see is left out: on a serial line without checksums, two errors in one number or in two
//! neighbours that cancel each other, a changed letter in free text, and noise that looks like the end of a line.

#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

use std::time::Duration;

use device_drivers::gs1::check::check_digit;
use device_drivers::scanner::aim::NamedBy;
use device_drivers::scanner::ssi::packet::{Packet, Source};
use device_drivers::scanner::ssi::{Session, Step, opcode};
use device_drivers::scanner::wedge::{InputEvent, Typed, Wedge, typed};
use device_drivers::scanner::{Framer, Framing, Line, Scan, aim, parse_scan, sieve::Sieve};
use proptest::collection::vec;
use proptest::prelude::*;

/// The meaning of an event's text, as the store reads it; `None` where it understands nothing.
fn meaning(text: &[u8]) -> Option<Scan> {
    parse_scan(text).ok().filter(|scan| !matches!(scan, Scan::Other(_)))
}

/// The texts of the events that lines make, as the agent sends them: without the AIM identifier.
fn events(sieve: &mut Sieve, raw: &[u8]) -> Option<Vec<u8>> {
    sieve.pass(raw, NamedBy::Scanner).ok().map(|()| aim::split(raw).1.to_vec())
}

fn no_wrong(sent: &[String], got: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let known: Vec<Scan> = sent.iter().filter_map(|text| meaning(aim::split(text.as_bytes()).1)).collect();
    for text in got {
        if let Some(scan) = meaning(text) {
            prop_assert!(
                known.contains(&scan),
                "{:?} was never scanned: {sent:?}",
                text.escape_ascii().to_string()
            );
        }
    }
    Ok(())
}

/// EAN-13 as a scanner sends it, with its AIM identifier. The first digit is not 0: a number with a lost digit is then
/// no UPC in another dress.
fn ean() -> impl Strategy<Value = String> {
    vec(b'1'..=b'9', 12).prop_map(|mut digits| {
        digits.extend(check_digit(&digits));
        format!("]E0{}", String::from_utf8(digits).unwrap())
    })
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        "LB:[A-Z0-9]{3}-[1-9]-[A-F0-9]{4}".prop_map(|text| format!("]Q1{text}")),
        "LL:lot-[a-z0-9]{4,8}".prop_map(|text| format!("]C0{text}")),
        (ean(), "[A-Z0-9]{1,8}").prop_map(|(ean, lot)| format!("]C1010{}10{lot}\u{1d}3103000450", &ean[3..])),
    ]
}

fn code() -> impl Strategy<Value = String> {
    prop_oneof![3 => ean(), 1 => label()]
}

#[derive(Debug, Clone)]
enum Damage {
    /// One byte arrives as another.
    Flip(usize, u8),
    /// A byte too many.
    Insert(usize, u8),
    /// The end of the line is lost.
    NoEnd,
    /// Everything from here is lost, the end too.
    Cut(usize),
}

/// One damage to one code. Digits of an EAN change as they like; of a label only to what no text holds, for a letter
/// that turns into another is beyond any receiver.
fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (0..40_usize, any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
        (0..40_usize, any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        Just(Damage::NoEnd),
        (0..20_usize).prop_map(Damage::Cut),
    ]
}

fn damaged(code: &str, damage: Option<&Damage>) -> Vec<u8> {
    let is_ean = code.starts_with("]E0");
    let mut bytes = format!("{code}\r").into_bytes();
    let noise = |byte: u8| match byte {
        b'\r' | b'\n' => b'\0',
        byte if is_ean => byte,
        byte => byte | 0x80,
    };
    match damage {
        // The line's end may turn into anything; then two codes merge.
        Some(Damage::Flip(at, byte)) => {
            let at = at % bytes.len();
            bytes[at] = noise(*byte);
        }
        Some(Damage::Insert(at, byte)) => bytes.insert(at % bytes.len(), noise(*byte)),
        Some(Damage::NoEnd) => drop(bytes.pop()),
        // A label cut in the middle is a label with another text; nothing on the line shows it.
        Some(Damage::Cut(at)) if is_ean => bytes.truncate(*at),
        Some(Damage::Cut(_)) | None => {}
    }
    bytes
}

fn read_lines(stream: &[u8], piece: usize) -> Vec<Vec<u8>> {
    let (mut framer, mut sieve) = (Framer::new(Framing::default()), Sieve::default());
    // The scanner has been heard before: it sends identifiers.
    assert!(sieve.pass(b"]E09521321109995", NamedBy::Scanner).is_ok());
    let lines = stream.chunks(piece).flat_map(|part| framer.push(part)).collect::<Vec<Line>>();
    let whole = lines.into_iter().filter_map(|line| match line {
        Line::Whole(raw) => Some(raw),
        Line::TooLong | Line::NoPrefix => None,
    });
    whole.filter_map(|raw| events(&mut sieve, &raw)).collect()
}

/// Every packet, each as its scanner would send it.
fn packets(code: &str) -> Vec<Packet> {
    let kind = if code.starts_with("]E0") { 0x0B } else { 0x1C };
    let whole = [&[kind], code.as_bytes()].concat();
    let (head, tail) = whole.split_at(whole.len() / 2);
    let part = |data: &[u8], more| Packet { more, ..Packet::new(Source::Decoder, opcode::DECODE_DATA, data) };
    if code.len().is_multiple_of(2) {
        vec![part(head, true), part(tail, false)]
    } else {
        vec![part(&whole, false)]
    }
}

/// A scanner that sends each packet until it is acknowledged, over a line that damages some, cut into pieces.
fn converse(codes: &[(String, Vec<(usize, u8)>)], piece: usize) -> Vec<Vec<u8>> {
    let (mut session, mut sieve, mut got) = (Session::default(), Sieve::default(), Vec::new());
    let mut now = Duration::from_secs(10);
    for (code, flips) in codes {
        let mut flips = flips.iter();
        'code: for mut packet in packets(code) {
            for _ in 0..4 {
                let mut bytes = packet.bytes();
                if let Some((at, byte)) = flips.next() {
                    let at = at % bytes.len();
                    bytes[at] ^= byte;
                }
                let mut steps: Vec<Step> =
                    bytes.chunks(piece).flat_map(|part| session.push(part, now)).collect();
                now += Duration::from_millis(250);
                steps.extend(session.pass(now));
                let acked = steps.contains(&Step::Send(opcode::ack()));
                let mut kept = false;
                for step in steps {
                    if let Step::Scan(raw, _) = step {
                        got.extend(events(&mut sieve, &raw));
                        kept = true;
                    }
                }
                if acked || kept {
                    continue 'code;
                }
                packet.again = true;
            }
            break; // given up: the scanner beeps, the person scans again
        }
        now += Duration::from_secs(1);
    }
    got
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_split_merged_and_garbled(
        codes in vec((code(), proptest::option::of(damage())), 1..6),
        piece in 1..40_usize,
    ) {
        let stream: Vec<u8> = codes
            .iter()
            .enumerate()
            .flat_map(|(place, (code, harm))| damaged(code, harm.as_ref().filter(|_| place % 2 == 0)))
            .collect();
        let sent: Vec<String> = codes.into_iter().map(|(code, _)| code).collect();
        no_wrong(&sent, &read_lines(&stream, piece))?;
    }

    #[test]
    fn lines_of_two_scanners_interleaved(a in ean(), b in ean(), turns in vec(1..6_usize, 0..20), piece in 1..20_usize) {
        let (mut left, mut right) = (format!("{a}\r").into_bytes(), format!("{b}\r").into_bytes());
        let mut stream = Vec::new();
        for turn in turns {
            stream.extend(left.drain(..turn.min(left.len())));
            std::mem::swap(&mut left, &mut right);
        }
        stream.extend(left);
        stream.extend(right);
        no_wrong(&[a, b], &read_lines(&stream, piece))?;
    }

    #[test]
    fn packets_split_and_garbled(
        codes in vec((code(), vec((0..40_usize, 1..=255_u8), 0..4)), 1..5),
        piece in 1..40_usize,
    ) {
        let got = converse(&codes, piece);
        let sent: Vec<String> = codes.into_iter().map(|(code, _)| code).collect();
        no_wrong(&sent, &got)?;
    }

    #[test]
    fn packets_without_damage_all_arrive_once(codes in vec(code(), 1..5), piece in 1..300_usize) {
        let codes: Vec<(String, Vec<(usize, u8)>)> = codes.into_iter().map(|code| (code, vec![])).collect();
        let sent: Vec<Vec<u8>> = codes.iter().map(|(code, _)| aim::split(code.as_bytes()).1.to_vec()).collect();
        prop_assert_eq!(converse(&codes, piece), sent);
    }

    #[test]
    fn random_bytes_are_no_scan_in_ssi(bytes in vec(any::<u8>(), 0..600), piece in 1..80_usize) {
        let (mut session, mut sieve) = (Session::default(), Sieve::default());
        let steps = bytes.chunks(piece).flat_map(|part| session.push(part, Duration::ZERO)).collect::<Vec<Step>>();
        for step in steps {
            if let Step::Scan(raw, _) = step {
                prop_assert_eq!(events(&mut sieve, &raw).and_then(|text| meaning(&text)), None);
            }
        }
    }

    #[test]
    fn keys_lost_paused_and_repeated(
        codes in vec((code(), proptest::option::of((0..60_usize, any::<bool>()))), 1..5),
    ) {
        let (mut wedge, mut sieve) = (Wedge::new(vec![], Duration::from_millis(500)), Sieve::default());
        let mut at = Duration::from_secs(1);
        let (mut sent, mut got) = (Vec::new(), Vec::new());
        for (code, harm) in codes {
            let mut keys = typed(&code, at, Duration::from_millis(2));
            if let Some((place, lost)) = harm {
                let place = place % keys.len();
                if lost {
                    // The kernel's buffer overflows: a part is gone, and it says so.
                    let end = (place + 7).min(keys.len());
                    keys.splice(place..end, [InputEvent::dropped(at)]);
                } else {
                    keys.iter_mut().skip(place).for_each(|key| key.at += Duration::from_secs(1));
                }
            }
            at += Duration::from_secs(5);
            sent.push(code);
            for typed in keys.into_iter().flat_map(|key| wedge.event(key)) {
                if let Typed::Line(Line::Whole(raw)) = typed {
                    got.extend(events(&mut sieve, &raw));
                }
            }
        }
        let texts: Vec<&[u8]> = sent.iter().map(|code| aim::split(code.as_bytes()).1).collect();
        // Stronger than for a bare line: not one text that was not sent.
        for text in got {
            prop_assert!(texts.contains(&text.as_slice()), "{:?}: {sent:?}", text.escape_ascii().to_string());
        }
    }
}
