//! The inside of a label printer: formats from `^XA` to `^XZ`, `~HS` answered at once.

use std::collections::VecDeque;

use crate::sim::printer::{Machine, Step, Switches};

#[derive(Debug, Default)]
pub(crate) struct ZplMachine {
    received: Vec<u8>,
    waiting: VecDeque<Vec<u8>>,
}

impl Machine for ZplMachine {
    fn feed(&mut self, bytes: &[u8], switches: &Switches) -> Vec<u8> {
        self.received.extend(bytes);
        let mut answers = Vec::new();
        loop {
            let ask = find(&self.received, b"~HS");
            let end = find(&self.received, b"^XZ");
            match (ask, end) {
                (Some(at), end) if end.is_none_or(|end| at < end) => {
                    self.received.drain(at..at + 3);
                    answers.extend(host_status(self.waiting.len(), !self.received.is_empty(), switches));
                }
                (_, Some(at)) => {
                    let all: Vec<u8> = self.received.drain(..at + 3).collect();
                    // What stands before ^XA is no label.
                    if let Some(start) = find(&all, b"^XA") {
                        self.waiting.push_back(all.get(start..).unwrap_or_default().to_vec());
                    }
                }
                (_, None) => break,
            }
        }
        if find(&self.received, b"^XA").is_none() && self.received.iter().all(u8::is_ascii_whitespace) {
            self.received.clear();
        }
        answers
    }

    fn step(&mut self, switches: &Switches) -> Option<Step> {
        if !switches.prints() {
            return None;
        }
        self.waiting.pop_front().map(Step::Printed)
    }

    fn noticed(&mut self, _switches: &Switches) -> Vec<u8> {
        Vec::new()
    }

    fn is_question(&self, bytes: &[u8]) -> bool {
        bytes == b"~HS"
    }

    fn power_lost(&mut self) -> bool {
        let begun = !self.waiting.is_empty() || !self.received.is_empty();
        *self = Self::default();
        begun
    }
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

/// Three lines between STX and ETX.
fn host_status(waiting: usize, partial: bool, switches: &Switches) -> Vec<u8> {
    let flag = u8::from;
    let (paper, head, partial) = (flag(switches.paper_out), flag(switches.cover_open), flag(partial));
    let ribbon = flag(switches.cutter_stuck);
    let first = format!("030,{paper},0,0400,{waiting:03},0,0,{partial},000,0,0,0");
    let second = format!("000,0,{head},{ribbon},0,2,4,0,00000000,1,000");
    format!("\x02{first}\x03\r\n\x02{second}\x03\r\n\x021234,0\x03\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::status::{HostStatus, PrinterStatus, ZPL_ASK, zpl_status};

    fn asked(machine: &mut ZplMachine, switches: &Switches) -> HostStatus {
        zpl_status(&machine.feed(ZPL_ASK, switches)).unwrap().unwrap().0
    }

    #[test]
    fn labels_wait_while_the_paper_is_out_and_are_counted() {
        let mut machine = ZplMachine::default();
        let out = Switches { paper_out: true, ..Switches::default() };
        machine.feed(b"noise\n^XA^FDa^FS^X", &out);
        machine.feed(b"Z\n^XA^FDb^FS^XZ\n", &out);
        assert_eq!(asked(&mut machine, &out), HostStatus { status: PrinterStatus::PaperOut, unfinished: 2 });
        assert!(machine.step(&out).is_none());
        let fine = Switches::default();
        let Some(Step::Printed(page)) = machine.step(&fine) else { panic!("nothing printed") };
        assert_eq!(page, b"^XA^FDa^FS^XZ");
        assert!(machine.step(&fine).is_some() && machine.step(&fine).is_none());
        assert_eq!(asked(&mut machine, &fine), HostStatus { status: PrinterStatus::Ready, unfinished: 0 });
    }
}
