//! One case against one broker: says the bytes, hears the answers, judges. A broker refuses by closing; whether it gives a
//! reason before is a word, not the verdict. The same for the limits that it tells a client. Another reason than the wanted
//! one tells the client something else, and is told apart.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::case::{Case, Entry, Step};
use crate::packet::cut;
use crate::token::variable;
use crate::{Deviation, Report};

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every byte as wanted.
    Exact,
    /// Accepted or refused as wanted, in other words.
    SameVerdict(String),
    /// Refused as wanted, for another reason.
    OtherReason(String),
    /// Otherwise.
    Failed(Failure),
}

/// What was wanted, and what came instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In which way it differs.
    pub kind: Kind,
    /// In words.
    pub why: String,
}

/// In which way a case went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It had to be refused or ended, and the broker went on.
    WentOn,
    /// It had to go on, and the broker refused or ended it.
    Refused,
    /// It goes on as it should, with other bytes, or with none; or there was no broker.
    Otherwise,
}

/// Which broker, and how patient we are.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// The broker's TCP listener; it has to let anybody in.
    pub broker: SocketAddr,
    /// An answer that has not come by then does not come.
    pub patience: Duration,
}

/// What the broker did.
enum Heard {
    Packet(Vec<u8>),
    Closed,
    Nothing,
}

const CONNACK: u8 = 0x20;
const DISCONNECT: u8 = 0xE0;
const PINGREQ: [u8; 2] = [0xC0, 0];
const PINGRESP: [u8; 2] = [0xD0, 0];

/// Plays all cases one after the other, as they stand, against a broker that is known for these deviations.
#[must_use]
pub fn play_all(run: Run, entries: &[Entry], deviations: &[Deviation]) -> Report {
    let mut report = Report::default();
    for entry in entries {
        match entry {
            Ok(case) => report.add(case, play(run, case), deviations),
            Err(unreadable) => report.add_unreadable(unreadable),
        }
    }
    report
}

/// Plays one case.
#[must_use]
pub fn play(run: Run, case: &Case) -> Outcome {
    match Dialogue::open(run).and_then(|mut dialogue| dialogue.play(case)) {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Failed(otherwise(format!("no connection to the broker: {error}"))),
    }
}

struct Dialogue {
    run: Run,
    stream: TcpStream,
    /// Where the words differed so far.
    otherwise: Option<String>,
    /// Which other reason was given.
    reason: Option<String>,
}

impl Dialogue {
    fn open(run: Run) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&run.broker, Duration::from_secs(5))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(run.patience))?;
        Ok(Self { run, stream, otherwise: None, reason: None })
    }

    fn play(&mut self, case: &Case) -> std::io::Result<Outcome> {
        if case.connect {
            self.say(&connect(case.version, "test-client"));
            let heard = self.hear()?;
            let let_in = matches!(&heard, Heard::Packet(packet) if is_welcome(packet));
            if !let_in {
                return Ok(Outcome::Failed(otherwise(format!("the first CONNECT got {}", heard.word()))));
            }
        }
        for (at, step) in case.steps.iter().enumerate() {
            match step {
                Step::Send(bytes) => self.say(bytes),
                Step::Publish { topic, qos, payload } => self.publish(topic, *qos, payload)?,
                Step::Hear(wanted) => {
                    let last = case.closes && at + 1 == case.steps.len();
                    match self.hears(wanted, last)? {
                        None => {}
                        Some(End::Closed) => return Ok(self.verdict()),
                        Some(End::Wrong(failure)) => return Ok(Outcome::Failed(failure)),
                    }
                }
            }
        }
        self.end(case.closes)
    }

    /// Hears what one step wants, a packet or several. `Some` ends the case.
    fn hears(&mut self, wanted: &[u8], last: bool) -> std::io::Result<Option<End>> {
        let packets = cut(wanted).unwrap_or_else(|| vec![wanted]);
        for (at, packet) in packets.iter().enumerate() {
            if let Some(end) = self.compare(packet, last && at + 1 == packets.len())? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// Hears one packet and compares. `Some` ends the case.
    fn compare(&mut self, wanted: &[u8], last: bool) -> std::io::Result<Option<End>> {
        let heard = self.hear()?;
        let refusal = last && is_refusal(wanted);
        let wrong = |heard: &Heard| {
            let why = format!("wanted {}, got {}", hex(wanted), heard.word());
            End::Wrong(Failure { kind: heard.kind(refusal), why })
        };
        Ok(match &heard {
            Heard::Packet(packet) if packet == wanted => None,
            Heard::Packet(packet) if refusal && is_refusal(packet) && packet[0] == wanted[0] => {
                let how = format!("refused with {} instead of {}", hex(packet), hex(wanted));
                if reason(packet) == reason(wanted) {
                    self.differs(how);
                } else {
                    self.reason.get_or_insert(how);
                }
                None
            }
            Heard::Packet(packet) if is_welcome(packet) && is_welcome(wanted) => {
                self.differs(format!("welcomed with {} instead of {}", hex(packet), hex(wanted)));
                None
            }
            Heard::Closed if refusal => {
                self.differs(format!("closed without {}", hex(wanted)));
                Some(End::Closed)
            }
            Heard::Packet(_) | Heard::Closed | Heard::Nothing => Some(wrong(&heard)),
        })
    }

    fn end(&mut self, closes: bool) -> std::io::Result<Outcome> {
        if !closes {
            self.say(&PINGREQ);
        }
        let heard = self.hear()?;
        let failed = |heard: &Heard, closes: bool, should: &str| {
            Outcome::Failed(Failure {
                kind: heard.kind(closes),
                why: format!("{should}; got {}", heard.word()),
            })
        };
        Ok(match (&heard, closes) {
            (Heard::Closed, true) => self.verdict(),
            (Heard::Packet(packet), false) if *packet == PINGRESP => self.verdict(),
            (_, true) => failed(&heard, closes, "should have closed"),
            (_, false) => failed(&heard, closes, "should have answered a ping"),
        })
    }

    fn differs(&mut self, how: String) {
        self.otherwise.get_or_insert(how);
    }

    fn verdict(&mut self) -> Outcome {
        let same = self.otherwise.take().map_or(Outcome::Exact, Outcome::SameVerdict);
        self.reason.take().map_or(same, Outcome::OtherReason)
    }

    /// A broker that has closed already is found out by the next hearing.
    fn say(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    fn hear(&mut self) -> std::io::Result<Heard> {
        const SILENT: [ErrorKind; 2] = [ErrorKind::WouldBlock, ErrorKind::TimedOut];
        const CLOSED: [ErrorKind; 4] = [
            ErrorKind::UnexpectedEof,
            ErrorKind::ConnectionReset,
            ErrorKind::ConnectionAborted,
            ErrorKind::BrokenPipe,
        ];
        match self.packet() {
            Ok(packet) => Ok(Heard::Packet(packet)),
            Err(error) if SILENT.contains(&error.kind()) => Ok(Heard::Nothing),
            Err(error) if CLOSED.contains(&error.kind()) => Ok(Heard::Closed),
            Err(error) => Err(error),
        }
    }

    fn packet(&mut self) -> std::io::Result<Vec<u8>> {
        let mut packet = vec![self.byte()?];
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            let byte = self.byte()?;
            packet.push(byte);
            length |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 || shift > 21 {
                break;
            }
        }
        let head = packet.len();
        packet.resize(head + length, 0);
        self.stream.read_exact(&mut packet[head..])?;
        Ok(packet)
    }

    fn byte(&mut self) -> std::io::Result<u8> {
        let mut byte = [0];
        self.stream.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    /// A second client publishes and waits until the broker has the message.
    fn publish(&self, topic: &str, qos: u8, payload: &str) -> std::io::Result<()> {
        let mut other = Self::open(Run { patience: Duration::from_secs(2), ..self.run })?;
        other.say(&connect(4, "helper"));
        other.hear()?;
        let mut body = text(topic);
        if qos > 0 {
            body.extend([0, 1]);
        }
        body.extend_from_slice(payload.as_bytes());
        other.say(&packet_of(0x30 | qos << 1, &body));
        if qos > 0 {
            other.hear()?;
        }
        if qos == 2 {
            other.say(&[0x62, 2, 0, 1]);
            other.hear()?;
        }
        other.say(&[DISCONNECT, 0]);
        Ok(())
    }
}

enum End {
    Closed,
    Wrong(Failure),
}

const fn otherwise(why: String) -> Failure {
    Failure { kind: Kind::Otherwise, why }
}

impl Heard {
    /// What it means that this was heard where something else was wanted: an end, or not.
    fn kind(&self, end: bool) -> Kind {
        let no = match self {
            Self::Packet(packet) => is_refusal(packet) || is_negative(packet),
            Self::Closed => true,
            Self::Nothing => false,
        };
        match (end, no) {
            (true, false) => Kind::WentOn,
            (false, true) => Kind::Refused,
            (true, true) | (false, false) => Kind::Otherwise,
        }
    }

    fn word(&self) -> String {
        match self {
            Self::Packet(packet) => hex(packet),
            Self::Closed => "a closed connection".to_owned(),
            Self::Nothing => "nothing".to_owned(),
        }
    }
}

/// A packet that says no before the close.
fn is_refusal(packet: &[u8]) -> bool {
    match packet.first() {
        Some(&DISCONNECT) => true,
        Some(&CONNACK) => packet.get(3).is_some_and(|code| *code != 0),
        _ => false,
    }
}

/// The reason in a refusal; a DISCONNECT without one is a normal one.
fn reason(packet: &[u8]) -> u8 {
    let at = if packet.first() == Some(&CONNACK) { 3 } else { 2 };
    packet.get(at).copied().unwrap_or(0)
}

/// An acknowledgement that takes no message: PUBACK to PUBCOMP with a reason that is a failure.
fn is_negative(packet: &[u8]) -> bool {
    matches!(packet, [0x40..=0x7F, _, _, _, 0x80..=0xFF, ..])
}

/// A CONNACK that lets the client in.
fn is_welcome(packet: &[u8]) -> bool {
    packet.first() == Some(&CONNACK) && packet.get(3) == Some(&0)
}

/// A CONNECT with a clean session and ten seconds of keep-alive.
fn connect(version: u8, client: &str) -> Vec<u8> {
    let mut body = text(if version == 3 { "MQIsdp" } else { "MQTT" });
    body.extend([version, 2, 0, 10]);
    if version == 5 {
        body.push(0);
    }
    body.extend(text(client));
    packet_of(0x10, &body)
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

fn packet_of(head: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![head];
    variable(body.len() as u64, &mut packet);
    packet.extend_from_slice(body);
    packet
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
