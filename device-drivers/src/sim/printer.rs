//! A printer on TCP or at the end of a cable, with its switches (paper, cover, power) and a tray of what it has printed.
//! The language is a machine beside: `escpos.rs`, `zpl.rs`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::printer::Language;
use crate::sim::escpos::EscposMachine;
use crate::sim::pty::Pty;
use crate::sim::zpl::ZplMachine;

/// How often a printer that was switched on tries to listen again on its port.
const LISTEN_AGAIN: Duration = Duration::from_millis(20);

/// What can go wrong with a printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrinterTrouble {
    /// Power goes: whatever it holds is lost.
    Power,
    /// The roll ends.
    Paper,
    /// The cover springs open.
    Cover,
    /// The knife sticks.
    Cutter,
}

/// When something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// When so many more bytes of jobs have come; questions are not counted. 1 = with the first byte.
    Bytes(usize),
    /// A page has just come out, and nobody has been told of it.
    Printed,
}

/// What a person can do to a printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// Plugged in and on.
    pub power: bool,
    /// The roll has ended.
    pub paper_out: bool,
    /// The cover is open.
    pub cover_open: bool,
    /// The knife is stuck.
    pub cutter_stuck: bool,
    /// The cash drawer that hangs on it stands open; a person pushes it shut.
    pub drawer_open: bool,
    /// Set at the factory to say every change unasked (ESC/POS), whatever a job resets.
    pub speaks_unasked: bool,
    /// Takes bytes and prints, but answers no question.
    pub mute: bool,
    /// What goes wrong, and when.
    pub breaks: Option<(Moment, PrinterTrouble)>,
    /// How long one job takes on paper.
    pub job_time: Duration,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            power: true,
            paper_out: false,
            cover_open: false,
            cutter_stuck: false,
            drawer_open: false,
            speaks_unasked: false,
            mute: false,
            breaks: None,
            job_time: Duration::ZERO,
        }
    }
}

impl Switches {
    /// Whether it can put ink on paper.
    pub(crate) const fn prints(&self) -> bool {
        self.power && !self.paper_out && !self.cover_open && !self.cutter_stuck
    }

    fn suffer(&mut self, trouble: PrinterTrouble) {
        match trouble {
            PrinterTrouble::Power => self.power = false,
            PrinterTrouble::Paper => self.paper_out = true,
            PrinterTrouble::Cover => self.cover_open = true,
            PrinterTrouble::Cutter => self.cutter_stuck = true,
        }
    }
}

/// The inside of a printer, without its socket.
pub(crate) trait Machine: Send {
    /// Bytes came: answers what is asked in real time.
    fn feed(&mut self, bytes: &[u8], switches: &Switches) -> Vec<u8>;
    /// Works off one step of what has come, if it can print. `None` = nothing to do now.
    fn step(&mut self, switches: &Switches) -> Option<Step>;
    /// A switch was moved: what it says unasked, where it was told to.
    fn noticed(&mut self, switches: &Switches) -> Vec<u8>;
    /// Whether these bytes are only a question.
    fn is_question(&self, bytes: &[u8]) -> bool;
    /// Power went: everything in the buffer is lost. `true` when a page was begun.
    fn power_lost(&mut self) -> bool;
}

/// One step of a printer.
pub(crate) enum Step {
    /// It answers.
    Answer(Vec<u8>),
    /// A job is on paper.
    Printed(Vec<u8>),
    /// The drawer springs open.
    Pulse,
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
        let (body, switches, tray) = Body::new(language);
        Ok(Self { address, switches, tray, task: tokio::spawn(body.run(listener, address)) })
    }

    /// Plugs a printer in at `path`, as a USB or serial one is; the agent finds it there.
    ///
    /// # Errors
    /// When no pseudo-terminal or link can be made.
    pub fn plug_in(language: Language, path: &Path) -> io::Result<Self> {
        let pty = Pty::plug_in(path)?;
        let (body, switches, tray) = Body::new(language);
        let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        Ok(Self { address, switches, tray, task: tokio::spawn(body.run_at(pty, path.to_owned())) })
    }

    /// Where it listens; of one that is plugged in, nowhere.
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
    switches: watch::Sender<Switches>,
    seen: watch::Receiver<Switches>,
    tray: watch::Sender<Tray>,
    machine: Box<dyn Machine>,
}

impl Body {
    fn new(language: Language) -> (Self, watch::Sender<Switches>, watch::Receiver<Tray>) {
        let (switches, seen) = watch::channel(Switches::default());
        let (laid, tray) = watch::channel(Tray::default());
        let machine: Box<dyn Machine> = match language {
            Language::Escpos => Box::new(EscposMachine::default()),
            Language::Zpl => Box::new(ZplMachine::default()),
        };
        (Self { switches: switches.clone(), seen, tray: laid, machine }, switches, tray)
    }

    /// Without power its port is gone, and comes back with it.
    async fn run_at(mut self, first: Pty, path: PathBuf) {
        let mut plugged = Some(first);
        loop {
            if !self.now().power {
                plugged = None;
                if self.machine.power_lost() {
                    self.tray.send_modify(|tray| tray.torn += 1);
                }
                if self.seen.wait_for(|switches| switches.power).await.is_err() {
                    return;
                }
            }
            match &mut plugged {
                Some(pty) => self.serve(&mut pty.master).await,
                None => plugged = Pty::plug_in(&path).ok(),
            }
        }
    }

    async fn run(mut self, first: TcpListener, address: SocketAddr) {
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
                match TcpListener::bind(address).await {
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
            if let Some(Ok((mut stream, _))) = accepted
                && stream.set_nodelay(true).is_ok()
            {
                self.serve(&mut stream).await;
            }
        }
    }

    fn now(&self) -> Switches {
        *self.seen.borrow()
    }

    /// One connection, until it closes or the power goes.
    async fn serve(&mut self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
        let mut buffer = vec![0_u8; 4096];
        loop {
            if !self.now().power || self.work(stream).await.is_err() {
                return;
            }
            tokio::select! {
                read = stream.read(&mut buffer) => match read {
                    Ok(count) if count > 0 => {
                        let Some(bytes) = buffer.get(..count) else { return };
                        if self.take(bytes, stream).await.is_err() {
                            return;
                        }
                    }
                    Ok(_) | Err(_) => return,
                },
                changed = self.seen.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn take(&mut self, bytes: &[u8], stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let mut bytes = bytes;
        if let Some((Moment::Bytes(left), trouble)) = self.now().breaks
            && !self.machine.is_question(bytes)
        {
            let broke = bytes.len() >= left;
            if broke && trouble == PrinterTrouble::Power {
                bytes = bytes.get(..left).unwrap_or_default();
            }
            let left = left.saturating_sub(bytes.len());
            self.switches.send_modify(|switches| {
                switches.breaks = (!broke).then_some((Moment::Bytes(left), trouble));
                if broke {
                    switches.suffer(trouble);
                }
            });
        }
        let switches = self.now();
        let answers = self.machine.feed(bytes, &switches);
        answer(&answers, &switches, stream).await
    }

    async fn work(&mut self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        loop {
            let switches = self.now();
            let said = self.machine.noticed(&switches);
            answer(&said, &switches, stream).await?;
            match self.machine.step(&switches) {
                None => return Ok(()),
                Some(Step::Quiet) => {}
                Some(Step::Pulse) => self.switches.send_modify(|switches| switches.drawer_open = true),
                Some(Step::Answer(bytes)) => answer(&bytes, &switches, stream).await?,
                Some(Step::Printed(job)) => {
                    tokio::time::sleep(switches.job_time).await;
                    if let Some((Moment::Printed, trouble)) = switches.breaks {
                        self.switches.send_modify(|switches| {
                            switches.breaks = None;
                            switches.suffer(trouble);
                        });
                    }
                    self.tray.send_modify(|tray| tray.jobs.push(job));
                    if !self.now().power {
                        return Ok(());
                    }
                }
            }
        }
    }
}

async fn answer(bytes: &[u8], switches: &Switches, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    if bytes.is_empty() || switches.mute || !switches.power {
        return Ok(());
    }
    stream.write_all(bytes).await
}
