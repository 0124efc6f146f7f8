//! The inside of a receipt printer: splits the stream into commands, answers DLE EOT at once and GS r in its turn,
//! stops at paper out or an open cover and goes on afterwards, as the real ones do.

use std::collections::VecDeque;

use crate::printer::escpos::INIT;
use crate::sim::printer::{Machine, Step, Switches};

const DLE: u8 = 0x10;
const ESC: u8 = 0x1b;
const GS: u8 = 0x1d;

/// One command of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Command {
    /// DLE EOT n.
    RealTime(u8),
    /// GS r n: answered when everything before it is on paper.
    Ask,
    /// The reset that begins a job.
    Init(Vec<u8>),
    /// The cut that ends a job.
    Cut(Vec<u8>),
    /// Text, fonts, raster.
    Draw(Vec<u8>),
}

#[derive(Debug, Default)]
pub(crate) struct EscposMachine {
    received: Vec<u8>,
    waiting: VecDeque<Command>,
    page: Option<Vec<u8>>,
}

impl Machine for EscposMachine {
    fn feed(&mut self, bytes: &[u8], switches: &Switches) -> Vec<u8> {
        self.received.extend(bytes);
        let mut answers = Vec::new();
        while let Some((command, used)) = next_command(&self.received) {
            self.received.drain(..used);
            match command {
                Command::RealTime(which) => answers.push(status(which, switches)),
                Command::Ask | Command::Init(_) | Command::Cut(_) | Command::Draw(_) => {
                    self.waiting.push_back(command);
                }
            }
        }
        answers
    }

    fn step(&mut self, switches: &Switches) -> Option<Step> {
        if !switches.prints() {
            return None;
        }
        Some(match self.waiting.pop_front()? {
            Command::RealTime(_) => Step::Quiet,
            Command::Ask => Step::Answer(vec![0]),
            Command::Init(bytes) => {
                self.page = Some(bytes);
                Step::Quiet
            }
            Command::Draw(bytes) => {
                self.page.get_or_insert_default().extend(bytes);
                Step::Quiet
            }
            Command::Cut(bytes) => {
                let mut page = self.page.take().unwrap_or_default();
                page.extend(bytes);
                Step::Printed(page)
            }
        })
    }

    fn power_lost(&mut self) -> bool {
        let begun = self.page.is_some() || !self.received.is_empty();
        *self = Self::default();
        begun
    }
}

/// The answer to DLE EOT n.
fn status(which: u8, switches: &Switches) -> u8 {
    let offline = if switches.prints() { 0 } else { 0x08 };
    let cover = if switches.cover_open { 0x04 } else { 0 };
    let (stopped, ended) = if switches.paper_out { (0x20, 0x60) } else { (0, 0) };
    0x12 | match which {
        1 => offline,
        2 => cover | stopped,
        4 => ended,
        _ => 0,
    }
}

/// The first whole command and its length; `None` while it is incomplete.
fn next_command(bytes: &[u8]) -> Option<(Command, usize)> {
    let of = |length: usize| bytes.get(..length).map(<[u8]>::to_vec);
    let draw = |length: usize| of(length).map(|bytes| (Command::Draw(bytes), length));
    match bytes {
        [DLE, 4, n, ..] => Some((Command::RealTime(*n), 3)),
        [GS, b'r', _, ..] => Some((Command::Ask, 3)),
        [ESC, b'@', ESC, b't', _, ..] => of(INIT.len()).map(|bytes| (Command::Init(bytes), INIT.len())),
        [GS, b'V', b'B', _, ..] => of(4).map(|bytes| (Command::Cut(bytes), 4)),
        [GS, b'v', b'0', _, wl, wh, hl, hh, ..] => {
            let number = |low: &u8, high: &u8| usize::from(u16::from_le_bytes([*low, *high]));
            draw(8 + number(wl, wh) * number(hl, hh))
        }
        [GS, b'!', _, ..] | [ESC, b'a' | b'M' | b'd' | b'E', _, ..] => draw(3),
        // Incomplete: wait for the rest.
        [DLE | ESC | GS] | [DLE | ESC | GS, _] => None,
        [ESC, b'@', ..] if bytes.len() < INIT.len() => None,
        [GS, b'V' | b'v', ..] if bytes.len() < 8 => None,
        [] => None,
        // Text, line feeds, and whatever it does not know: one sign.
        [_, ..] => draw(1),
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
                Step::Quiet => {}
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
