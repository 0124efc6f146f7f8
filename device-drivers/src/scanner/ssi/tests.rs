//! Tests of the conversation with a Zebra scanner: what is answered, what is repeated, what is one scan and what are two.

use super::packet::DATA_MOST;
use super::*;

fn at(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn code(text: &str) -> Packet {
    Packet::new(Source::Decoder, opcode::DECODE_DATA, &[b"\x0b", text.as_bytes()].concat())
}

fn again(packet: &Packet) -> Packet {
    Packet { again: true, ..packet.clone() }
}

fn scan(text: &str) -> Step {
    Step::Scan(text.as_bytes().to_vec(), NamedBy::Us)
}

/// As the scanner sent it, an identifier included.
fn bare(text: &str) -> Step {
    Step::Scan(text.as_bytes().to_vec(), NamedBy::Scanner)
}

fn acked() -> Step {
    Step::Send(opcode::ack())
}

fn resend() -> [Step; 2] {
    [Step::Send(opcode::nak(Cause::Resend)), Step::Disturbed]
}

#[test]
fn a_code_is_a_scan_and_its_repetition_is_only_acknowledged() {
    let mut session = Session::default();
    let packet = code("9521321109995");
    assert_eq!(session.push(&packet.bytes(), at(0)), [scan("]E09521321109995")]);
    assert_eq!(session.push(&again(&packet).bytes(), at(400)), [acked()], "our ack was lost");
    assert_eq!(session.push(&packet.bytes(), at(900)), [scan("]E09521321109995")], "scanned once more");
    assert_eq!(session.push(&again(&packet).bytes(), at(4_500)), [scan("]E09521321109995")], "long after");
}

#[test]
fn a_torn_packet_is_asked_for_again_when_the_line_is_quiet() {
    let mut session = Session::default();
    let bytes = code("9521321109995").bytes();
    assert!(session.push(&bytes[..9], at(0)).is_empty());
    assert_eq!(session.wakes_at(), Some(at(200)));
    assert!(session.pass(at(100)).is_empty());
    assert_eq!(session.pass(at(200)), resend());
    let repeated = again(&code("9521321109995")).bytes();
    assert_eq!(session.push(&repeated, at(250)), [scan("]E09521321109995")]);
}

/// The second of two equal pieces is torn: its repetition is a scan of its own and not the first one's.
#[test]
fn a_persons_second_scan_is_not_taken_for_a_repetition() {
    let mut session = Session::default();
    let packet = code("9521321109995");
    assert_eq!(session.push(&packet.bytes(), at(0)), [scan("]E09521321109995")]);
    let mut torn = packet.bytes();
    torn[8] ^= 1;
    assert!(session.push(&torn, at(800)).is_empty());
    assert_eq!(session.pass(at(1_000)), resend());
    assert_eq!(session.push(&again(&packet).bytes(), at(1_050)), [scan("]E09521321109995")]);
}

#[test]
fn a_message_of_several_packets_is_one_scan() {
    let mut session = Session::default();
    let text: String = ('a'..='z').cycle().take(DATA_MOST + 40).collect();
    let whole = [b"\x1c".as_slice(), text.as_bytes()].concat();
    let (head, tail) = whole.split_at(DATA_MOST);
    let first = Packet { more: true, ..Packet::new(Source::Decoder, opcode::DECODE_DATA, head) };
    let second = Packet::new(Source::Decoder, opcode::DECODE_DATA, tail);
    assert_eq!(session.push(&first.bytes(), at(0)), [acked()]);
    assert_eq!(session.push(&again(&first).bytes(), at(10)), [acked()], "its part is not put in twice");
    assert_eq!(session.push(&second.bytes(), at(20)), [bare(&text)]);
}

/// Asked for once more, the whole code is given again, also of several packets; what comes instead of it is another code.
#[test]
fn a_code_that_was_not_kept_counts_when_it_comes_again() {
    let mut session = Session::default();
    let packet = code("9521321109995");
    assert_eq!(session.push(&packet.bytes(), at(0)), [scan("]E09521321109995")]);
    assert_eq!(session.not_kept(), opcode::nak(Cause::Resend));
    assert_eq!(session.push(&again(&packet).bytes(), at(10)), [scan("]E09521321109995")]);
    assert_eq!(session.push(&again(&packet).bytes(), at(20)), [acked()], "this one was kept");

    let text: String = ('a'..='z').cycle().take(DATA_MOST + 40).collect();
    let whole = [b"\x1c".as_slice(), text.as_bytes()].concat();
    let (head, tail) = whole.split_at(DATA_MOST);
    let first = Packet { more: true, ..Packet::new(Source::Decoder, opcode::DECODE_DATA, head) };
    let second = Packet::new(Source::Decoder, opcode::DECODE_DATA, tail);
    assert_eq!(session.push(&first.bytes(), at(100)), [acked()]);
    assert_eq!(session.push(&second.bytes(), at(110)), [bare(&text)]);
    let _ = session.not_kept();
    assert_eq!(session.push(&again(&second).bytes(), at(120)), [bare(&text)]);
    let _ = session.not_kept();
    assert_eq!(session.push(&packet.bytes(), at(130)), [scan("]E09521321109995")]);
}

/// Head, a torn middle that is never repaired, tail: never the two ends as one code, and never an end as a code.
#[test]
fn half_a_message_is_no_code() {
    let part = |text: &[u8], more| {
        Packet { more, ..Packet::new(Source::Decoder, opcode::DECODE_DATA, text) }.bytes()
    };
    let mut session = Session::default();
    assert_eq!(session.push(&part(b"\x1chead", true), at(0)), [acked()]);
    assert!(session.push(&part(b"middle", true)[..7], at(10)).is_empty());
    assert_eq!(session.pass(at(300)), resend());
    let cancel = || [Step::Send(opcode::nak(Cause::Cancel)), Step::Disturbed];
    assert_eq!(session.push(&part(b"more", true), at(310)), cancel());
    assert_eq!(session.push(&part(b"tail", false), at(320)), cancel());
    assert_eq!(session.push(&part(b"\x1cnew", false), at(400)), [bare("new")]);
    assert_eq!(session.push(&part(b"\x1chead", true), at(500)), [acked()]);
    assert_eq!(session.push(&part(b"\x1cwhole", false), at(5_000)), [bare("whole")], "the head was given up");
}

#[test]
fn an_endless_message_is_dropped_and_the_next_one_is_read() {
    let mut session = Session::default();
    for round in 0..100_u64 {
        let part = Packet::new(Source::Decoder, opcode::DECODE_DATA, &[u8::try_from(round).unwrap(); 200]);
        session.push(&Packet { more: true, ..part }.bytes(), at(round));
        assert!(session.parts.len() <= DEFAULT_MAX_LINE + 1);
    }
    assert_eq!(session.push(&code("x").bytes(), at(200)), [acked(), Step::TooLong]);
    assert_eq!(session.push(&code("96385074").bytes(), at(300)), [scan("]E096385074")]);
}

#[test]
fn an_aim_identifier_of_the_scanner_goes_first_and_line_ends_go() {
    let mut session = Session::default();
    assert_eq!(session.push(&code("]C1011234\r\n").bytes(), at(0)), [bare("]C1011234")]);
    assert_eq!(session.push(&code("\r\n").bytes(), at(1)), [acked()]);
    let matrix = Packet::new(Source::Decoder, opcode::DECODE_DATA, b"\x1bLB:4K7-1");
    assert_eq!(session.push(&matrix.bytes(), at(2)), [bare("LB:4K7-1")]);
}

#[test]
fn commands_go_one_at_a_time_and_a_silent_scanner_holds_none_up() {
    let mut session = Session::default();
    let said = |word| Step::Send(opcode::say(word, &[]));
    assert_eq!(session.greet(at(0)), [said(opcode::CAPABILITIES_REQUEST)]);
    let able = Packet::new(Source::Decoder, opcode::CAPABILITIES_REPLY, &[0, 0, 0, 1, opcode::BEEP, 0x80]);
    assert_eq!(session.push(&able.bytes(), at(10)), [acked(), said(opcode::REQUEST_REVISION)]);
    assert!(session.pass(at(500)).is_empty());
    assert_eq!(session.pass(at(1_010)), [said(opcode::SCAN_ENABLE)], "no answer within a second");
    let yes = Packet::new(Source::Decoder, opcode::ACK, &[]);
    assert_eq!(session.push(&yes.bytes(), at(1_020)), [Step::Send(opcode::battery_request())]);
    let battery = Packet::new(Source::Decoder, opcode::MANAGEMENT, b"\x00\x09\x02\x00\x75\x3cB\x00\x50");
    assert_eq!(session.push(&battery.bytes(), at(1_040)), [acked(), Step::Battery(80)]);
    assert_eq!(session.ask_battery(at(60_000)), [Step::Send(opcode::battery_request())]);
}

#[test]
fn a_wrong_scan_beeps_and_its_lamp_goes_out() {
    let mut session = Session::default();
    let yes = Packet::new(Source::Decoder, opcode::ACK, &[]).bytes();
    assert_eq!(session.signal(Signal::Wrong, at(0)), [Step::Send(opcode::say(opcode::BEEP, &[0x12]))]);
    assert_eq!(session.push(&yes, at(20)), [Step::Send(opcode::say(opcode::LED_ON, &[2]))]);
    assert!(session.push(&yes, at(40)).is_empty());
    assert_eq!(session.wakes_at(), Some(at(700)));
    assert_eq!(session.pass(at(700)), [Step::Send(opcode::say(opcode::LED_OFF, &[2]))]);
    let no = Packet::new(Source::Decoder, opcode::NAK, &[6]).bytes();
    assert_eq!(session.push(&no, at(710)), [Step::Refused(Cause::Denied)]);
}

#[test]
fn what_is_not_understood_is_said_so_and_our_own_echo_is_nothing() {
    let mut session = Session::default();
    let strange = Packet::new(Source::Decoder, 0x77, b"?").bytes();
    assert_eq!(session.push(&strange, at(0)), [Step::Send(opcode::nak(Cause::BadContext))]);
    assert!(session.push(&opcode::say(opcode::BEEP, &[1]), at(1)).is_empty());
}

/// Killed between keeping a code and acknowledging it: what the scanner repeats to the next agent is that one.
#[test]
fn what_a_former_session_kept_is_only_acknowledged() {
    let known = || Session::after(Some(b"]E09521321109995".to_vec()));
    let packet = code("9521321109995");
    let answered = [acked(), Step::Acknowledged];
    let mut session = known();
    assert_eq!(session.push(&again(&packet).bytes(), at(0)), answered);
    assert_eq!(session.push(&again(&packet).bytes(), at(400)), [acked()], "and once more");
    assert_eq!(session.push(&packet.bytes(), at(900)), [scan("]E09521321109995")], "a person's own");
    let mut session = known();
    assert_eq!(session.push(&packet.bytes(), at(0)), [scan("]E09521321109995")], "no repetition");
    let mut session = known();
    assert_eq!(session.push(&again(&code("9521321109988")).bytes(), at(0)), [scan("]E09521321109988")]);
    assert_eq!(
        session.push(&again(&packet).bytes(), at(10)),
        [scan("]E09521321109995")],
        "too late for that"
    );

    let text: String = ('a'..='z').cycle().take(DATA_MOST + 40).collect();
    let whole = [b"\x1c".as_slice(), text.as_bytes()].concat();
    let second = Packet::new(Source::Decoder, opcode::DECODE_DATA, &whole[DATA_MOST..]);
    let mut session = Session::after(Some(text.into_bytes()));
    assert_eq!(session.push(&again(&second).bytes(), at(0)), answered, "the last part of a longer one");
}

/// EAN, GS1 DataMatrix and UPC-E of a scanner that sends no identifiers, one after another: ours for the first is not its.
#[test]
fn kinds_of_code_follow_each_other_where_the_scanner_names_none() {
    let (mut session, mut sieve) = (Session::default(), crate::scanner::Sieve::default());
    let element = "01095213211099951726123110L-7";
    for (kind, data, want) in [
        (0x0B, "9521321109995", "]E09521321109995"),
        (0x1B, element, element),
        (opcode::UPC_E, "04252614", "]E00042100005264"),
        (0x1B, element, element),
        (0x0A, "96385074", "]E496385074"),
        (opcode::UPC_E, "042100005264", "]E0042100005264"),
    ] {
        let packet = Packet::new(Source::Decoder, opcode::DECODE_DATA, &[&[kind], data.as_bytes()].concat());
        let steps = session.push(&packet.bytes(), at(0));
        let [Step::Scan(raw, by)] = steps.as_slice() else { panic!("{steps:?}") };
        assert_eq!(str::from_utf8(raw).unwrap(), want);
        assert_eq!(sieve.pass(raw, *by), Ok(()), "{want}");
        assert!(crate::scanner::parse_scan(raw).is_ok(), "{want}");
    }
}
