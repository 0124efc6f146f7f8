//! A Zebra scanner in SSI: sends codes as packets, repeats what is not acknowledged, takes commands, and can be made to
//! send a disturbed packet or to miss an acknowledgement. One packet of its own is on the line at a time: what the host says
//! before it was answered is done afterwards, so that no answer is taken for that to another packet.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::scanner::ssi::opcode;
use crate::scanner::ssi::packet::{DATA_MOST, Deframer, Packet, Source};
use crate::sim::pty::Pty;

/// A scanner repeats what was not acknowledged within this time.
const REPEAT_AFTER: Duration = Duration::from_millis(400);
/// What is left in the battery of one that comes out of its cradle, percent.
const BATTERY_PCT: u8 = 80;
/// It gives up, with its error beep, after so many tries.
const TRIES: u8 = 4;

/// What goes wrong with the next packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// One of its bytes arrives as another.
    Garbled,
    /// Its acknowledgement is not heard.
    AckLost,
    /// It was sent before, to an agent that is gone: what comes now is its repetition.
    SentBefore,
}

struct Job {
    packets: Vec<Packet>,
    trouble: Trouble,
    done: oneshot::Sender<bool>,
}

/// A scanner on a pseudo-terminal. Dropping it unplugs it.
#[derive(Debug)]
pub struct SimSsi {
    jobs: mpsc::Sender<Job>,
    commands: Arc<Mutex<Vec<Packet>>>,
    battery: Arc<AtomicU8>,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("packets", &self.packets).finish_non_exhaustive()
    }
}

impl SimSsi {
    /// Plugs a scanner in; the agent finds it at `path` (its folder must exist). Needs a running tokio.
    ///
    /// # Errors
    /// When no pseudo-terminal or link can be made.
    pub fn plug_in(path: &Path) -> io::Result<Self> {
        let pty = Pty::plug_in(path)?;
        let (jobs, inbox) = mpsc::channel(16);
        let commands = Arc::new(Mutex::new(Vec::new()));
        let battery = Arc::new(AtomicU8::new(BATTERY_PCT));
        let scanner = Scanner {
            pty,
            deframer: Deframer::default(),
            commands: Arc::clone(&commands),
            battery: Arc::clone(&battery),
            deferred: Vec::new(),
            replied: 0,
        };
        Ok(Self { jobs, commands, battery, task: tokio::spawn(scanner.run(inbox)) })
    }

    /// Reads a code of a kind (0x0B = EAN-13); `true` = the host acknowledged it, `false` = the scanner gave up.
    ///
    /// # Errors
    /// `NotConnected` when its task has ended.
    pub async fn scan(&self, kind: u8, text: &str, trouble: Trouble) -> io::Result<bool> {
        let whole = [&[kind], text.as_bytes()].concat();
        let parts: Vec<&[u8]> = whole.chunks(DATA_MOST).collect();
        let last = parts.len().saturating_sub(1);
        let packet = |(index, part): (usize, &&[u8])| Packet {
            more: index < last,
            again: trouble == Trouble::SentBefore,
            ..Packet::new(Source::Decoder, opcode::DECODE_DATA, part)
        };
        let packets = parts.iter().enumerate().map(packet).collect();
        let (done, is_done) = oneshot::channel();
        let gone = || io::Error::from(io::ErrorKind::NotConnected);
        self.jobs.send(Job { packets, trouble, done }).await.map_err(|_| gone())?;
        is_done.await.map_err(|_| gone())
    }

    /// Uses its battery up or charges it, percent; the host is told when it asks.
    pub fn set_battery(&self, percent: u8) {
        self.battery.store(percent, Ordering::Relaxed);
    }

    /// What the host has commanded so far, without its acknowledgements.
    #[must_use]
    pub fn commands(&self) -> Vec<(u8, Vec<u8>)> {
        let heard = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        heard.iter().map(|packet| (packet.opcode, packet.data.clone())).collect()
    }
}

impl Drop for SimSsi {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Scanner {
    pty: Pty,
    deframer: Deframer,
    commands: Arc<Mutex<Vec<Packet>>>,
    battery: Arc<AtomicU8>,
    /// Commands that came while a code waited for its answer.
    deferred: Vec<Packet>,
    /// Replies of ours that the host has not answered.
    replied: usize,
}

impl Scanner {
    async fn run(mut self, mut inbox: mpsc::Receiver<Job>) {
        let mut buffer = [0_u8; 512];
        loop {
            let job = tokio::select! {
                job = inbox.recv() => job,
                read = self.pty.master.read(&mut buffer) => {
                    let Ok(count) = read else { return };
                    self.heard(buffer.get(..count).unwrap_or_default());
                    if self.obey().await.is_err() {
                        return;
                    }
                    continue;
                }
            };
            let Some(job) = job else { return };
            let mut acknowledged = true;
            let mut trouble = job.trouble;
            for packet in job.packets {
                let Ok(heard) = self.send(packet, trouble).await else { return };
                acknowledged &= heard;
                trouble = Trouble::None;
            }
            if self.obey().await.is_err() {
                return;
            }
            // Nobody may be waiting any more.
            let _ = job.done.send(acknowledged);
        }
    }

    /// Sends until it is acknowledged.
    async fn send(&mut self, mut packet: Packet, mut trouble: Trouble) -> io::Result<bool> {
        for _ in 0..TRIES {
            let mut bytes = packet.bytes();
            if let (Trouble::Garbled, Some(byte)) = (trouble, bytes.get_mut(6)) {
                *byte ^= 0x10;
            }
            self.pty.master.write_all(&bytes).await?;
            let answer = tokio::time::timeout(REPEAT_AFTER, self.answer(trouble)).await;
            trouble = Trouble::None;
            packet.again = true;
            match answer {
                Ok(Ok(opcode::ACK)) => return Ok(true),
                Ok(Ok(_)) => {}
                // Whoever owed an answer to a reply is gone, too.
                Err(_) => self.replied = 0,
                Ok(Err(error)) => return Err(error),
            }
        }
        Ok(false)
    }

    /// The host's next ACK or NAK; an ACK that is lost is not heard.
    async fn answer(&mut self, trouble: Trouble) -> io::Result<u8> {
        let mut buffer = [0_u8; 512];
        let mut deaf = trouble == Trouble::AckLost;
        loop {
            let count = self.pty.master.read(&mut buffer).await?;
            for answer in self.heard(buffer.get(..count).unwrap_or_default()) {
                if std::mem::take(&mut deaf) {
                    continue;
                }
                return Ok(answer);
            }
        }
    }

    /// Takes commands, which [`Scanner::obey`] does; gives the answers to codes among them.
    fn heard(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut answers = Vec::new();
        for packet in self.deframer.push(bytes) {
            match packet.opcode {
                opcode::ACK | opcode::NAK if self.replied > 0 => self.replied -= 1,
                opcode::ACK | opcode::NAK => answers.push(packet.opcode),
                _ => self.deferred.push(packet),
            }
        }
        answers
    }

    /// Does what was commanded, and answers.
    async fn obey(&mut self) -> io::Result<()> {
        for packet in std::mem::take(&mut self.deferred) {
            let reply = |opcode, data: &[u8]| Packet::new(Source::Decoder, opcode, data).bytes();
            let (bytes, answered) = match packet.opcode {
                opcode::CAPABILITIES_REQUEST => {
                    let able =
                        [0, 0, 0, 1, opcode::BEEP, opcode::LED_ON, opcode::LED_OFF, opcode::MANAGEMENT];
                    (reply(opcode::CAPABILITIES_REPLY, &able), 1)
                }
                opcode::REQUEST_REVISION => (reply(opcode::REPLY_REVISION, b"PAACNS00-001 SIM 0"), 1),
                opcode::MANAGEMENT => {
                    let percent = self.battery.load(Ordering::Relaxed);
                    (reply(opcode::MANAGEMENT, &[0, 9, 2, 0, 0x75, 0x3c, b'B', 0, percent]), 1)
                }
                _ => (reply(opcode::ACK, &[]), 0),
            };
            self.commands.lock().unwrap_or_else(PoisonError::into_inner).push(packet);
            self.replied += answered;
            self.pty.master.write_all(&bytes).await?;
        }
        Ok(())
    }
}
