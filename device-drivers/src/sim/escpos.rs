//! The inside of a receipt printer: splits the stream into commands, answers DLE EOT at once and GS r in its turn, says
//! changes unasked where it was told to (GS a), stops at paper out, an open cover or a stuck knife and goes on afterwards,
//! opens the drawer that hangs on it and says whether it is closed, as the real ones do.

use std::collections::VecDeque;

use crate::printer::status::{ESCPOS_ASK, is_escpos_answer};
use crate::sim::printer::{Machine, Step, Switches};

const DLE: u8 = 0x10;
const ESC: u8 = 0x1b;
const FS: u8 = 0x1c;
const GS: u8 = 0x1d;
const NUL: u8 = 0;

/// Who it says it is (GS I), neither of which receipt software treats in a way of its own.
const MAKER: &[u8] = b"Larder";
const MODEL: &[u8] = b"Virtual";

/// One command of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Command {
    /// DLE EOT n.
    RealTime(u8),
    /// DLE ENQ n: recover. Whoever stands beside it has to pull the paper out of the knife first.
    Recover,
    /// GS r n: answered when everything before it is on paper.
    Ask,
    /// GS I n: who are you.
    Who(u8),
    /// GS a n: say changes unasked, or stop to.
    Unasked(bool),
    /// The reset that begins a job.
    Init(Vec<u8>),
    /// The cut that ends a job.
    Cut(Vec<u8>),
    /// Text, fonts, raster.
    Draw(Vec<u8>),
    /// ESC p m t1 t2: the pulse that opens the drawer.
    Pulse(Vec<u8>),
    /// A filler that some send to end a torn command.
    Nothing,
}

#[derive(Debug, Default)]
pub(crate) struct EscposMachine {
    received: Vec<u8>,
    waiting: VecDeque<Command>,
    page: Vec<u8>,
    /// It has put ink on the page.
    inked: bool,
    /// What it said last of itself unasked; `None` while it was not told to.
    unasked: Option<[u8; 4]>,
}

impl Machine for EscposMachine {
    fn feed(&mut self, bytes: &[u8], switches: &Switches) -> Vec<u8> {
        self.received.extend(bytes);
        let mut answers = Vec::new();
        while let Some((command, used)) = next_command(&self.received) {
            self.received.drain(..used);
            match command {
                Command::RealTime(which) => answers.push(status(which, switches)),
                Command::Recover | Command::Nothing => {}
                Command::Ask
                | Command::Who(_)
                | Command::Unasked(_)
                | Command::Init(_)
                | Command::Cut(_)
                | Command::Pulse(_)
                | Command::Draw(_) => self.waiting.push_back(command),
            }
        }
        answers
    }

    fn step(&mut self, switches: &Switches) -> Option<Step> {
        if !switches.prints() {
            return None;
        }
        Some(match self.waiting.front()? {
            // Without a knife the answer is what ends a page.
            Command::Ask if self.inked => Step::Printed(self.page_out()),
            Command::RealTime(_)
            | Command::Recover
            | Command::Nothing
            | Command::Ask
            | Command::Who(_)
            | Command::Unasked(_)
            | Command::Init(_)
            | Command::Cut(_)
            | Command::Pulse(_)
            | Command::Draw(_) => {
                let command = self.waiting.pop_front()?;
                self.obey(command, switches)
            }
        })
    }

    fn noticed(&mut self, switches: &Switches) -> Vec<u8> {
        let now = unasked(switches);
        if switches.speaks_unasked && self.unasked.is_none() {
            self.unasked = Some(now);
            return now.to_vec();
        }
        match &mut self.unasked {
            Some(said) if *said != now => {
                *said = now;
                now.to_vec()
            }
            Some(_) | None => Vec::new(),
        }
    }

    fn is_question(&self, bytes: &[u8]) -> bool {
        bytes == ESCPOS_ASK
    }

    fn power_lost(&mut self) -> bool {
        let begun = !self.page.is_empty() || !self.received.is_empty();
        *self = Self::default();
        begun
    }
}

impl EscposMachine {
    fn obey(&mut self, command: Command, switches: &Switches) -> Step {
        match command {
            Command::RealTime(_) | Command::Recover | Command::Nothing => Step::Quiet,
            Command::Ask => Step::Answer(vec![0]),
            Command::Who(which) => {
                let name = if which == b'B' { MAKER } else { MODEL };
                Step::Answer([b"_".as_slice(), name, &[NUL]].concat())
            }
            Command::Unasked(on) => {
                let now = unasked(switches);
                self.unasked = on.then_some(now);
                if on { Step::Answer(now.to_vec()) } else { Step::Quiet }
            }
            Command::Init(bytes) => {
                (self.page, self.inked, self.unasked) = (bytes, false, None);
                Step::Quiet
            }
            Command::Draw(bytes) => {
                self.page.extend(bytes);
                self.inked = true;
                Step::Quiet
            }
            Command::Pulse(bytes) => {
                self.page.extend(bytes);
                Step::Pulse
            }
            Command::Cut(bytes) => {
                self.page.extend(bytes);
                Step::Printed(self.page_out())
            }
        }
    }

    fn page_out(&mut self) -> Vec<u8> {
        self.inked = false;
        std::mem::take(&mut self.page)
    }
}

/// The answer to DLE EOT n.
fn status(which: u8, switches: &Switches) -> u8 {
    let offline = if switches.prints() { 0 } else { 0x08 };
    let cover = if switches.cover_open { 0x04 } else { 0 };
    let stuck = if switches.cutter_stuck { 0x40 } else { 0 };
    let (stopped, ended) = if switches.paper_out { (0x20, 0x60) } else { (0, 0) };
    let byte = 0x12
        | match which {
            1 => offline | drawer(switches),
            2 => cover | stopped | stuck,
            3 => stuck >> 3,
            4 => ended,
            _ => 0,
        };
    debug_assert!(is_escpos_answer(byte));
    byte
}

/// Pin 3 of the drawer's plug, in the bit that both kinds of status have for it: the switch of a closed drawer leaves the
/// pin high.
const fn drawer(switches: &Switches) -> u8 {
    if switches.drawer_open { 0 } else { 0x04 }
}

/// The four bytes of an automatic status.
fn unasked(switches: &Switches) -> [u8; 4] {
    let offline = if switches.prints() { 0 } else { 0x08 };
    let cover = if switches.cover_open { 0x20 } else { 0 };
    let stuck = if switches.cutter_stuck { 0x08 } else { 0 };
    let ended = if switches.paper_out { 0x0f } else { 0 };
    [0x10 | offline | cover | drawer(switches), stuck, ended, 0x0f]
}

/// The first whole command and its length; `None` while it is incomplete.
fn next_command(bytes: &[u8]) -> Option<(Command, usize)> {
    let of = |length: usize| bytes.get(..length).map(<[u8]>::to_vec);
    let draw = |length: usize| of(length).map(|bytes| (Command::Draw(bytes), length));
    let number = |low: &u8, high: &u8| usize::from(u16::from_le_bytes([*low, *high]));
    match bytes {
        [] => None,
        [DLE, 4, n, ..] => Some((Command::RealTime(*n), 3)),
        [DLE, 5, _, ..] => Some((Command::Recover, 3)),
        [GS, b'r', _, ..] => Some((Command::Ask, 3)),
        [GS, b'I', n, ..] => Some((Command::Who(*n), 3)),
        [GS, b'a', n, ..] => Some((Command::Unasked(*n != 0), 3)),
        [ESC, b'@', ..] => of(2).map(|bytes| (Command::Init(bytes), 2)),
        [ESC, b'p', _, _, _, ..] => of(5).map(|bytes| (Command::Pulse(bytes), 5)),
        [GS, b'V', b'A' | b'B', _, ..] => of(4).map(|bytes| (Command::Cut(bytes), 4)),
        [GS, b'V', 0 | 1 | b'0' | b'1', ..] => of(3).map(|bytes| (Command::Cut(bytes), 3)),
        [GS, b'v', b'0', _, wl, wh, hl, hh, ..] => draw(8 + number(wl, wh) * number(hl, hh)),
        [GS, b'(', _, low, high, ..] => draw(5 + number(low, high)),
        [FS, b'(', _, low, high, ..] => draw(5 + number(low, high)),
        [GS, b'8', b'L', a, b, c, 0, ..] => draw(7 + number(a, b) + 65_536 * usize::from(*c)),
        [GS, b'k', 65..=79, length, ..] => draw(4 + usize::from(*length)),
        [ESC, b'*', 0 | 1, low, high, ..] => draw(5 + number(low, high)),
        [ESC, b'*', 32 | 33, low, high, ..] => draw(5 + 3 * number(low, high)),
        [FS, b'S', _, _, ..] | [GS, b'P' | b'L' | b'W' | b'$', _, _, ..] | [ESC, b'$' | b'\\', _, _, ..] => {
            draw(4)
        }
        [FS, b'.' | b'&', ..] | [ESC, b'2', ..] => draw(2),
        [GS, b'!' | b'B' | b'b' | b'h' | b'w' | b'H' | b'f', _, ..] => draw(3),
        [ESC, b'a' | b'M' | b'd' | b'E' | b't' | b'3' | b'!' | b'-' | b'{' | b'R' | b'V' | b' ', _, ..] => {
            draw(3)
        }
        // Whatever it does not know in its first bytes: wait for the rest, then take one sign.
        [DLE | ESC | FS | GS, rest @ ..] if rest.len() < 7 && begins_a_long_one(bytes) => None,
        [NUL, ..] => Some((Command::Nothing, 1)),
        [_, ..] => draw(1),
    }
}

/// Whether these are the first bytes of a command that needs more of them.
fn begins_a_long_one(bytes: &[u8]) -> bool {
    match bytes {
        [_] => true,
        [GS, b'v' | b'(' | b'8' | b'k', ..] | [ESC, b'*', ..] | [FS, b'(', ..] => true,
        [GS, b'V', b'A' | b'B'] | [FS, b'S', ..] | [GS, b'P' | b'L' | b'W' | b'$', ..] => true,
        [ESC, b'$' | b'\\' | b'p', ..] => true,
        [_, _] => true,
        [_, ..] | [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::status::{ESCPOS_ASK, ESCPOS_CONFIRM, PrinterStatus, escpos_status};
    use crate::printer::{Align, Block, Document, Language, Size};

    fn job() -> Vec<u8> {
        let mut document = Document::default();
        document.text("Hello", Size::Huge, Align::Centre);
        document.block(Block::Qr { text: "LB:4K7-1-9F3A".into(), size_mm: 28 });
        let settings = firmware_config::Settings::default();
        Language::Escpos.render(&document, Language::Escpos.media(&settings)).unwrap()
    }

    fn run(machine: &mut EscposMachine, switches: &Switches) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (mut answers, mut jobs) = (Vec::new(), Vec::new());
        while let Some(step) = machine.step(switches) {
            match step {
                Step::Answer(bytes) => answers.extend(bytes),
                Step::Printed(page) => jobs.push(page),
                Step::Quiet | Step::Pulse => {}
            }
        }
        (answers, jobs)
    }

    #[test]
    fn a_job_comes_out_as_it_went_in_however_it_is_cut_up() {
        for piece in [1, 2, 7, 64, 10_000] {
            let mut machine = EscposMachine::default();
            let switches = Switches::default();
            let stream = [job(), ESCPOS_CONFIRM.to_vec()].concat();
            let mut got = (Vec::new(), Vec::new());
            for bytes in stream.chunks(piece) {
                assert!(machine.feed(bytes, &switches).is_empty());
                let (answers, jobs) = run(&mut machine, &switches);
                got.0.extend(answers);
                got.1.extend(jobs);
            }
            assert_eq!(got, (vec![0], vec![job()]), "pieces of {piece}");
        }
    }

    #[test]
    fn status_is_told_at_once_and_printing_waits() {
        let mut machine = EscposMachine::default();
        let out = Switches { paper_out: true, ..Switches::default() };
        let answers = machine.feed(&[job(), ESCPOS_CONFIRM.to_vec(), ESCPOS_ASK.to_vec()].concat(), &out);
        assert_eq!(escpos_status(answers.try_into().unwrap()), Ok(PrinterStatus::PaperOut));
        assert!(machine.step(&out).is_none());
        let open = Switches { cover_open: true, ..Switches::default() };
        let answers = machine.feed(&ESCPOS_ASK, &open);
        assert_eq!(escpos_status(answers.try_into().unwrap()), Ok(PrinterStatus::CoverOpen));
        assert_eq!(run(&mut machine, &Switches::default()), (vec![0], vec![job()]));
    }
}
