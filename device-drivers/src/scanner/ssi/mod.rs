//! Zebra's Simple Serial Interface: a scanner that is answered (REQ-41). It repeats a code until the host has
//! acknowledged it, so the acknowledgement is sent only when the scan is kept. Opens no port and reads no clock: bytes
//! and times go in, steps come out.

pub mod opcode;
pub mod packet;

use std::collections::VecDeque;
use std::time::Duration;

use model::mqtt::Signal;

use opcode::Cause;
use packet::{Deframer, Packet, Source};

use super::aim::NamedBy;
use super::framing::DEFAULT_MAX_LINE;
use crate::gs1::Gtin;

/// A gap this long ends whatever was begun.
pub const QUIET: Duration = Duration::from_millis(200);
/// A scanner repeats what was not acknowledged within this time; later the same code is a new scan.
const REPEATS_WITHIN: Duration = Duration::from_secs(3);
/// How long a command waits for its answer before the next one is said.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// How long a lamp shines.
const LAMP: Duration = Duration::from_millis(700);
/// Commands that wait; more are dropped, for a late beep is worth nothing.
const WAITING_MOST: usize = 8;

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send these bytes.
    Send(Vec<u8>),
    /// A code was read, whole: keep it, then send [`opcode::ack`], or what [`Session::not_kept`] gives. Without the ack the
    /// scanner repeats it. An identifier in front may be ours, from the packet's kind of code.
    Scan(Vec<u8>, NamedBy),
    /// What a former session kept is acknowledged now.
    Acknowledged,
    /// Something was lost on the line; the scanner repeats it.
    Disturbed,
    /// A code longer than any of ours; it is gone.
    TooLong,
    /// The scanner says what it is: firmware and model.
    Revision(String),
    /// Battery, percent.
    Battery(u8),
    /// The scanner refused a command of ours.
    Refused(Cause),
}

/// One plugged-in scanner.
#[derive(Debug, Default)]
pub struct Session {
    deframer: Deframer,
    heard_at: Duration,
    /// Parts of a message that goes on.
    parts: Vec<u8>,
    /// The parts before the last one of the code that is given now.
    head: Vec<u8>,
    too_long: bool,
    /// A part was lost for good: the rest of its message is no code.
    broken: bool,
    /// The packet acknowledged last, and when.
    last: Option<(Vec<u8>, Duration)>,
    /// What a former session kept and perhaps did not acknowledge; the first code of this one decides.
    former: Option<Vec<u8>>,
    /// The code that ended with it is not kept: it counts when it comes again.
    unkept: bool,
    /// A packet was lost since then: what comes again is that one, not the last.
    lost_since: bool,
    waiting: VecDeque<Vec<u8>>,
    asked_at: Option<Duration>,
    lamp: Option<(Vec<u8>, Duration)>,
    manageable: bool,
}

impl Session {
    /// A session after another, which kept this code (as it was given) and perhaps did not acknowledge it: what the scanner
    /// repeats of it counts no second time.
    #[must_use]
    pub fn after(former: Option<Vec<u8>>) -> Self {
        Self { former, ..Self::default() }
    }

    /// What is said first: who are you, what can you do, read codes.
    pub fn greet(&mut self, now: Duration) -> Vec<Step> {
        for word in [opcode::CAPABILITIES_REQUEST, opcode::REQUEST_REVISION, opcode::SCAN_ENABLE] {
            self.ask(opcode::say(word, &[]));
        }
        self.next_command(now).into_iter().collect()
    }

    /// Takes the next bytes. `now` is any clock that only goes forward.
    pub fn push(&mut self, bytes: &[u8], now: Duration) -> Vec<Step> {
        let mut steps = self.pass(now);
        self.heard_at = now;
        for packet in self.deframer.push(bytes) {
            match packet.source {
                Source::Decoder => steps.extend(self.packet(packet, now)),
                // Our own words come back on a line that echoes.
                Source::Host => {}
            }
        }
        steps.extend(self.next_command(now));
        steps
    }

    /// Time has passed: torn packets, lamps, commands without an answer.
    pub fn pass(&mut self, now: Duration) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.deframer.is_amid() && now.saturating_sub(self.heard_at) >= QUIET && self.deframer.quiet() {
            self.lost_since = true;
            steps.extend([Step::Send(opcode::nak(Cause::Resend)), Step::Disturbed]);
        }
        if let Some((off, _)) = self.lamp.take_if(|(_, until)| *until <= now) {
            self.ask(off);
        }
        if self.asked_at.is_some_and(|at| now.saturating_sub(at) >= ANSWER_WITHIN) {
            self.asked_at = None;
        }
        steps.extend(self.next_command(now));
        steps
    }

    /// When [`Session::pass`] has something to do; `None` = not before the next byte.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Duration> {
        let quiet = self.deframer.is_amid().then(|| self.heard_at + QUIET);
        let lamp = self.lamp.as_ref().map(|(_, until)| *until);
        let answer = self.asked_at.map(|at| at + ANSWER_WITHIN);
        [quiet, lamp, answer].into_iter().flatten().min()
    }

    /// The code that was given last is not kept: what asks the scanner for it once more, and what it repeats counts.
    #[must_use]
    pub fn not_kept(&mut self) -> Vec<u8> {
        self.parts = std::mem::take(&mut self.head);
        self.unkept = true;
        opcode::nak(Cause::Resend)
    }

    /// Beeps and lamps.
    pub fn signal(&mut self, signal: Signal, now: Duration) -> Vec<Step> {
        let (on, off) = opcode::signal(signal);
        on.into_iter().for_each(|command| self.ask(command));
        self.lamp = Some((off, now + LAMP));
        self.next_command(now).into_iter().collect()
    }

    /// Asks for the battery, where the scanner can tell.
    pub fn ask_battery(&mut self, now: Duration) -> Vec<Step> {
        if self.manageable {
            self.ask(opcode::battery_request());
        }
        self.next_command(now).into_iter().collect()
    }

    fn ask(&mut self, command: Vec<u8>) {
        if self.waiting.len() < WAITING_MOST {
            self.waiting.push_back(command);
        }
    }

    /// One command at a time: the next one when the last was answered.
    fn next_command(&mut self, now: Duration) -> Option<Step> {
        if self.asked_at.is_some() {
            return None;
        }
        let command = self.waiting.pop_front()?;
        self.asked_at = Some(now);
        Some(Step::Send(command))
    }

    fn packet(&mut self, packet: Packet, now: Duration) -> Vec<Step> {
        match packet.opcode {
            opcode::ACK => {
                self.asked_at = None;
                vec![]
            }
            opcode::NAK => {
                self.asked_at = None;
                let cause = packet.data.first().copied().unwrap_or_default();
                vec![Step::Refused(Cause::from_byte(cause))]
            }
            opcode::DECODE_DATA => self.decoded(packet, now),
            opcode::CAPABILITIES_REPLY => {
                self.asked_at = None;
                self.manageable = packet.data.get(4..).is_some_and(|able| able.contains(&opcode::MANAGEMENT));
                if self.manageable {
                    self.ask(opcode::battery_request());
                }
                vec![Step::Send(opcode::ack())]
            }
            opcode::REPLY_REVISION => {
                self.asked_at = None;
                let text = String::from_utf8_lossy(&packet.data).trim().to_owned();
                vec![Step::Send(opcode::ack()), Step::Revision(text)]
            }
            opcode::MANAGEMENT => {
                self.asked_at = None;
                let battery = opcode::battery_in(&packet.data).map(Step::Battery);
                std::iter::once(Step::Send(opcode::ack())).chain(battery).collect()
            }
            opcode::EVENT | opcode::PARAM_SEND => vec![Step::Send(opcode::ack())],
            _ => vec![Step::Send(opcode::nak(Cause::BadContext))],
        }
    }

    fn decoded(&mut self, packet: Packet, now: Duration) -> Vec<Step> {
        let had = self
            .last
            .as_ref()
            .is_some_and(|(data, at)| *data == packet.data && now.saturating_sub(*at) < REPEATS_WITHIN);
        if self.former.take().is_some_and(|code| packet.again && !packet.more && ends(&code, &packet.data)) {
            self.last = Some((packet.data, now));
            return vec![Step::Send(opcode::ack()), Step::Acknowledged];
        }
        let unkept = std::mem::take(&mut self.unkept);
        if unkept && !packet.again {
            // The scanner has given that one up.
            self.parts.clear();
        }
        if packet.again && had && !self.lost_since && !unkept {
            // Our acknowledgement was lost, not the code.
            return vec![Step::Send(opcode::ack())];
        }
        let lost = std::mem::take(&mut self.lost_since);
        let late = self.last.as_ref().is_some_and(|(_, at)| now.saturating_sub(*at) >= REPEATS_WITHIN);
        if late {
            // The scanner has given the message up, of which only the head came.
            self.parts.clear();
            self.broken = false;
        }
        if self.broken || (lost && !packet.again && !self.parts.is_empty()) {
            // Not the part that was asked for: half a code is none, and what the scanner beeps for, a person scans again.
            self.parts.clear();
            self.broken = packet.more;
            return vec![Step::Send(opcode::nak(Cause::Cancel)), Step::Disturbed];
        }
        self.last = Some((packet.data.clone(), now));
        self.head = if packet.more { Vec::new() } else { self.parts.clone() };
        self.parts.extend(&packet.data);
        // The kind of code stands before the data.
        if self.parts.len() > DEFAULT_MAX_LINE + 1 {
            self.parts.clear();
            self.too_long = true;
        }
        if packet.more {
            return vec![Step::Send(opcode::ack())];
        }
        let whole = std::mem::take(&mut self.parts);
        if std::mem::take(&mut self.too_long) {
            return vec![Step::Send(opcode::ack()), Step::TooLong];
        }
        match text(&whole) {
            Some((raw, by)) => vec![Step::Scan(raw, by)],
            None => vec![Step::Send(opcode::ack())],
        }
    }
}

/// Whether a kept code ended with this packet: it is the whole of it, or the last part of a longer one, which has no kind
/// in front.
fn ends(code: &[u8], data: &[u8]) -> bool {
    let mut part = data;
    while let [rest @ .., b'\r' | b'\n'] = part {
        part = rest;
    }
    let whole = text(data).is_some_and(|(raw, _)| raw == code);
    whole || (!part.is_empty() && part.len() < code.len() && code.ends_with(part))
}

/// The text behind the kind of code, with the AIM identifier that the kind gives where the scanner sends none, and whose
/// the identifier is. Line ends that the scanner is set to send go; nothing but them is no code.
fn text(whole: &[u8]) -> Option<(Vec<u8>, NamedBy)> {
    let (kind, mut data) = whole.split_first()?;
    while let [rest @ .., b'\r' | b'\n'] = data {
        data = rest;
    }
    if data.is_empty() {
        return None;
    }
    if data.starts_with(b"]") {
        return Some((data.to_vec(), NamedBy::Scanner));
    }
    if *kind == opcode::UPC_E
        && let Some(item) = Gtin::parse_upc_e(data)
    {
        // ]E0 stands before the number with its zeros; the eight digits alone may be an EAN-8 as well.
        return Some(([b"]E0", item.as_gtin13().as_bytes()].concat(), NamedBy::Us));
    }
    match opcode::aim_of(*kind) {
        Some(aim) => Some(([aim, data].concat(), NamedBy::Us)),
        None => Some((data.to_vec(), NamedBy::Scanner)),
    }
}

#[cfg(test)]
mod tests;
