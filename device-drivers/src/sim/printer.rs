//! A printer on TCP with its switches (paper, cover, power) and a tray of what it has printed.
//! The language is a machine beside: `escpos.rs`, `zpl.rs`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::printer::Language;
use crate::sim::escpos::EscposMachine;
use crate::sim::zpl::ZplMachine;

/// How often a printer that was switched on tries to listen again on its port.
const LISTEN_AGAIN: Duration = Duration::from_millis(20);

/// What a person can do to a printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// Plugged in and on.
    pub power: bool,
    /// The roll has ended.
    pub paper_out: bool,
    /// The cover is open.
    pub cover_open: bool,
    /// Takes bytes and prints, but answers no question.
    pub mute: bool,
    /// Power goes when this many more bytes have come.
    pub power_fails_after: Option<usize>,
    /// How long one job takes on paper.
    pub job_time: Duration,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            power: true,
            paper_out: false,
            cover_open: false,
            mute: false,
            power_fails_after: None,
            job_time: Duration::ZERO,
        }
    }
}

impl Switches {
    /// Whether it can put ink on paper.
    pub(crate) const fn prints(&self) -> bool {
        self.power && !self.paper_out && !self.cover_open
    }
}

/// The inside of a printer, without its socket.
pub(crate) trait Machine: Send {
    /// Bytes came: answers what is asked in real time.
    fn feed(&mut self, bytes: &[u8], switches: &Switches) -> Vec<u8>;
    /// Works off one step of what has come, if it can print. `None` = nothing to do now.
    fn step(&mut self, switches: &Switches) -> Option<Step>;
    /// Power went: everything in the buffer is lost. `true` when a page was begun.
    fn power_lost(&mut self) -> bool;
}

/// One step of a printer.
pub(crate) enum Step {
    /// It answers.
    Answer(Vec<u8>),
    /// A job is on paper.
    Printed(Vec<u8>),
    /// Something without a trace outside.
    Quiet,
}

/// What has come out.
#[derive(Debug, Clone, Default)]
struct Tray {
    jobs: Vec<Vec<u8>>,
    torn: usize,
}

/// A simulated printer on TCP. Dropping it switches it off for good.
#[derive(Debug)]
pub struct SimPrinter {
    address: SocketAddr,
    switches: watch::Sender<Switches>,
    tray: watch::Receiver<Tray>,
    task: JoinHandle<()>,
}

impl SimPrinter {
    /// Switches a printer on at `address`; port 0 takes a free one, see [`SimPrinter::address`].
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(language: Language, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (switches, seen) = watch::channel(Switches::default());
        let (laid, tray) = watch::channel(Tray::default());
        let machine: Box<dyn Machine> = match language {
            Language::Escpos => Box::new(EscposMachine::default()),
            Language::Zpl => Box::new(ZplMachine::default()),
        };
        let body = Body { address, switches: switches.clone(), seen, tray: laid, machine };
        Ok(Self { address, switches, tray, task: tokio::spawn(body.run(listener)) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets its switches.
    pub fn set(&self, change: impl FnOnce(&mut Switches)) {
        self.switches.send_modify(change);
    }

    /// Everything printed so far, each job as the bytes that made it.
    #[must_use]
    pub fn jobs(&self) -> Vec<Vec<u8>> {
        self.tray.borrow().jobs.clone()
    }

    /// Pages that lost their power half-way.
    #[must_use]
    pub fn torn_pages(&self) -> usize {
        self.tray.borrow().torn
    }

    /// Waits until `count` jobs are printed; `None` after `limit`.
    pub async fn wait_for_jobs(&self, count: usize, limit: Duration) -> Option<Vec<Vec<u8>>> {
        let mut tray = self.tray.clone();
        let waited = tokio::time::timeout(limit, tray.wait_for(|tray| tray.jobs.len() >= count)).await;
        waited.ok()?.ok().map(|tray| tray.jobs.clone())
    }
}

impl Drop for SimPrinter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Body {
    address: SocketAddr,
    switches: watch::Sender<Switches>,
    seen: watch::Receiver<Switches>,
    tray: watch::Sender<Tray>,
    machine: Box<dyn Machine>,
}

impl Body {
    async fn run(mut self, first: TcpListener) {
        let mut listener = Some(first);
        loop {
            if !self.now().power {
                listener = None;
                if self.machine.power_lost() {
                    self.tray.send_modify(|tray| tray.torn += 1);
                }
                if self.seen.wait_for(|switches| switches.power).await.is_err() {
                    return;
                }
            }
            let Some(open) = &listener else {
                match TcpListener::bind(self.address).await {
                    Ok(bound) => listener = Some(bound),
                    Err(_) => tokio::time::sleep(LISTEN_AGAIN).await,
                }
                continue;
            };
            let accepted = tokio::select! {
                accepted = open.accept() => Some(accepted),
                changed = self.seen.changed() => match changed {
                    Ok(()) => None,
                    Err(_) => return,
                },
            };
            if let Some(Ok((stream, _))) = accepted {
                self.serve(stream).await;
            }
        }
    }

    fn now(&self) -> Switches {
        *self.seen.borrow()
    }

    /// One connection, until it closes or the power goes.
    async fn serve(&mut self, mut stream: TcpStream) {
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let mut buffer = vec![0_u8; 4096];
        loop {
            if !self.now().power || self.work(&mut stream).await.is_err() {
                return;
            }
            tokio::select! {
                read = stream.read(&mut buffer) => match read {
                    Ok(count) if count > 0 => {
                        let Some(bytes) = buffer.get(..count) else { return };
                        if self.take(bytes, &mut stream).await.is_err() {
                            return;
                        }
                    }
                    Ok(_) | Err(_) => return,
                },
                changed = self.seen.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn take(&mut self, bytes: &[u8], stream: &mut TcpStream) -> io::Result<()> {
        let mut switches = self.now();
        let mut bytes = bytes;
        if let Some(left) = switches.power_fails_after {
            if bytes.len() >= left {
                bytes = bytes.get(..left).unwrap_or_default();
                switches.power = false;
            }
            let remaining = left - bytes.len();
            let on = switches.power;
            self.switches.send_modify(|switches| {
                switches.power_fails_after = on.then_some(remaining);
                switches.power = on;
            });
        }
        let answers = self.machine.feed(bytes, &switches);
        answer(&answers, &switches, stream).await
    }

    async fn work(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        loop {
            let switches = self.now();
            match self.machine.step(&switches) {
                None => return Ok(()),
                Some(Step::Quiet) => {}
                Some(Step::Answer(bytes)) => answer(&bytes, &switches, stream).await?,
                Some(Step::Printed(job)) => {
                    tokio::time::sleep(switches.job_time).await;
                    self.tray.send_modify(|tray| tray.jobs.push(job));
                }
            }
        }
    }
}

async fn answer(bytes: &[u8], switches: &Switches, stream: &mut TcpStream) -> io::Result<()> {
    if bytes.is_empty() || switches.mute || !switches.power {
        return Ok(());
    }
    stream.write_all(bytes).await
}
