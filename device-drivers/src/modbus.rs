//! One Modbus RTU line and its master: several slaves on two wires, asked one after the other. A late, torn or foreign
//! answer never passes for the one that was asked for. What the registers mean is the devices' business.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waiting, Poll, ready};
use std::time::Duration;

use firmware_config::{Parity, RegisterTable, Settings};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_modbus::client::{Client, Context};
use tokio_modbus::slave::{Slave, SlaveContext};
use tokio_modbus::{Request, Response};
use tokio_serial::{ClearBuffer, SerialPort, SerialStream};

use crate::port::{PortError, open_serial_with};

/// How a line is set; all its slaves are set the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineSettings {
    /// Bits per second.
    pub baud: u32,
    /// The parity bit.
    pub parity: Parity,
    /// How long a slave may take for its answer. Slower ones are silent.
    pub answer_within: Duration,
}

/// Usual speed of transmitters.
pub const USUAL_BAUD: u32 = 9_600;
/// Slaves answer within tens of milliseconds; a gateway may take longer.
pub const USUAL_ANSWER: Duration = Duration::from_secs(1);

impl Default for LineSettings {
    fn default() -> Self {
        Self { baud: USUAL_BAUD, parity: Parity::None, answer_within: USUAL_ANSWER }
    }
}

impl LineSettings {
    /// As a device's settings have it.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let usual = Self::default();
        Self {
            baud: settings.baud.unwrap_or(usual.baud),
            parity: settings.parity.unwrap_or(usual.parity),
            ..usual
        }
    }
}

/// Why there is no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ModbusFault {
    /// The line itself.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The slave refuses, by name of its exception.
    #[error("slave {slave} refuses: {why}")]
    Refused {
        /// The slave.
        slave: u8,
        /// The exception, as Modbus names it.
        why: String,
    },
    /// Bytes came that are no answer to this question.
    #[error("disturbed answer: {0}")]
    Garbled(String),
    /// No answer in time.
    #[error("slave {0} did not answer in time")]
    Silent(u8),
    /// After a disturbance two answers in a row must agree; these do not.
    #[error("two readings after a disturbance disagree")]
    Unsure,
}

/// Registers to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// Address of the slave, 1 to 247.
    pub slave: u8,
    /// Which table.
    pub table: RegisterTable,
    /// The first register, counted from 0 as on the wire.
    pub register: u16,
    /// How many.
    pub count: u16,
}

/// Which table of single bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BitTable {
    /// What a module senses: function 2, read only.
    Input,
    /// What a module drives: functions 1 and 5.
    Coil,
}

/// One input or coil of a slave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bit {
    /// Address of the slave, 1 to 247.
    pub slave: u8,
    /// Which table.
    pub table: BitTable,
    /// Its number, counted from 0 as on the wire.
    pub number: u16,
}

/// The quiet that must lie between two frames on the wires; 3.5 characters at 9,600 bits a second are 4 ms.
const FRAME_GAP: Duration = Duration::from_millis(5);

/// The master of one line.
pub struct Line {
    path: PathBuf,
    settings: LineSettings,
    context: Option<Context>,
    /// Something went wrong since the last pair of answers that agreed: a late answer may still be on its way.
    doubtful: bool,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("path", &self.path)
            .field("doubtful", &self.doubtful)
            .finish_non_exhaustive()
    }
}

impl Line {
    /// A line that is opened with the first question.
    #[must_use]
    pub const fn new(path: PathBuf, settings: LineSettings) -> Self {
        Self { path, settings, context: None, doubtful: false }
    }

    /// Reads registers.
    ///
    /// # Errors
    /// [`ModbusFault`]; the next question begins anew.
    pub async fn read(&mut self, question: &Question) -> Result<Vec<u16>, ModbusFault> {
        let (register, count) = (question.register, question.count);
        let request = match question.table {
            RegisterTable::Input => Request::ReadInputRegisters(register, count),
            RegisterTable::Holding => Request::ReadHoldingRegisters(register, count),
        };
        self.sure(question.slave, &request, |response| {
            if let Response::ReadInputRegisters(words) | Response::ReadHoldingRegisters(words) = response
                && words.len() == usize::from(count)
            {
                return Ok(words);
            }
            Err(format!("not {count} registers"))
        })
        .await
    }

    /// Reads an input or a coil.
    ///
    /// # Errors
    /// [`ModbusFault`]; the next question begins anew.
    pub async fn read_bit(&mut self, bit: Bit) -> Result<bool, ModbusFault> {
        let request = match bit.table {
            BitTable::Input => Request::ReadDiscreteInputs(bit.number, 1),
            BitTable::Coil => Request::ReadCoils(bit.number, 1),
        };
        // A byte carries eight bits: those beyond the one that was asked for are filling.
        self.sure(bit.slave, &request, |response| {
            if let Response::ReadDiscreteInputs(bits) | Response::ReadCoils(bits) = response
                && let Some(bit) = bits.first()
            {
                return Ok(*bit);
            }
            Err("no bit".into())
        })
        .await
    }

    /// Drives a coil. What a repeated command does twice is the same, so doubt is met by saying it again.
    ///
    /// # Errors
    /// [`ModbusFault`]; whether the coil moved is not known then.
    pub async fn write_coil(&mut self, slave: u8, number: u16, on: bool) -> Result<(), ModbusFault> {
        let request = Request::WriteSingleCoil(number, on);
        self.sure(slave, &request, |response| {
            if let Response::WriteSingleCoil(at, said) = response
                && (at, said) == (number, on)
            {
                return Ok(());
            }
            Err("another coil's echo".into())
        })
        .await
    }

    /// Asks until it is sure. Modbus RTU numbers nothing, so an answer that comes too late looks like the answer to the next
    /// question: after any fault the line is left in peace until it is quiet, and then a value counts only when two
    /// answers in a row agree.
    async fn sure<T: PartialEq>(
        &mut self,
        slave: u8,
        request: &Request<'static>,
        read: impl Fn(Response) -> Result<T, String> + Sync,
    ) -> Result<T, ModbusFault> {
        let before = self.doubtful;
        let first = self.ask(slave, request.clone(), &read).await?;
        if !before {
            return Ok(first);
        }
        let again = self.ask(slave, request.clone(), &read).await?;
        self.doubtful = again != first;
        if self.doubtful {
            self.context = None;
            return Err(ModbusFault::Unsure);
        }
        Ok(first)
    }

    /// Asks once. The line counts as doubtful until a whole answer has come, also when this future is dropped half way.
    async fn ask<T>(
        &mut self,
        slave: u8,
        request: Request<'static>,
        read: &(impl Fn(Response) -> Result<T, String> + Sync),
    ) -> Result<T, ModbusFault> {
        let before = std::mem::replace(&mut self.doubtful, true);
        let mut context = match self.context.take() {
            Some(context) => context,
            None => self.open(before).await?,
        };
        tokio::time::sleep(FRAME_GAP).await;
        context.set_slave(Slave(slave));
        match timeout(self.settings.answer_within, context.call(request)).await {
            Ok(Ok(Ok(response))) => {
                let value = read(response).map_err(ModbusFault::Garbled)?;
                self.context = Some(context);
                self.doubtful = before;
                Ok(value)
            }
            Ok(Ok(Err(exception))) => {
                self.context = Some(context);
                self.doubtful = before;
                Err(ModbusFault::Refused { slave, why: exception.to_string() })
            }
            Ok(Err(fault)) => Err(self.broken(fault)),
            Err(_) => Err(ModbusFault::Silent(slave)),
        }
    }

    fn broken(&self, fault: tokio_modbus::Error) -> ModbusFault {
        match fault {
            tokio_modbus::Error::Transport(source) if source.kind() == io::ErrorKind::InvalidData => {
                ModbusFault::Garbled(source.to_string())
            }
            tokio_modbus::Error::Transport(source) => {
                PortError::Io { port: format!("serial:{}", self.path.display()), source }.into()
            }
            tokio_modbus::Error::Protocol(error) => ModbusFault::Garbled(error.to_string()),
        }
    }

    async fn open(&mut self, after_fault: bool) -> Result<Context, ModbusFault> {
        let mut stream = open_serial_with(&self.path, self.settings.baud, self.settings.parity)?;
        if after_fault {
            self.quiet(&mut stream).await?;
        }
        Ok(tokio_modbus::client::rtu::attach(Fresh { stream, speak: true }))
    }

    /// Listens until nothing has come for as long as an answer may take; what comes until then answers nobody any more.
    async fn quiet(&mut self, stream: &mut SerialStream) -> Result<(), ModbusFault> {
        let mut stray = [0; 256];
        let port = format!("serial:{}", self.path.display());
        let within = self.settings.answer_within;
        for _ in 0..MOST_STRAYS {
            match timeout(within, stream.read(&mut stray)).await {
                Err(_) => return Ok(()),
                Ok(Ok(0)) => return Err(PortError::Gone { port: port.clone() }.into()),
                Ok(Ok(_)) => {}
                Ok(Err(source)) => return Err(PortError::Io { port: port.clone(), source }.into()),
            }
        }
        Err(ModbusFault::Garbled("the line is never quiet".into()))
    }
}

/// So many pieces of stray bytes are listened to before the line is given up for this time.
const MOST_STRAYS: u32 = 64;

/// A serial line that throws away whatever came in before it speaks: it answers no question of ours.
#[derive(Debug)]
struct Fresh {
    stream: SerialStream,
    speak: bool,
}

impl AsyncRead for Fresh {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Waiting<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
        self.speak = true;
        if into.filled().len() == before {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Fresh {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Waiting<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if std::mem::take(&mut self.speak) {
            self.stream.clear(ClearBuffer::Input)?;
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Waiting<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Waiting<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A line that several devices share.
pub type SharedLine = Arc<Mutex<Line>>;

/// The Modbus lines of an agent, one per port.
#[derive(Debug, Clone, Default)]
pub struct Lines(Arc<Mutex<BTreeMap<PathBuf, SharedLine>>>);

impl Lines {
    /// The line at a port; who comes first sets it, and `firmware-config check` has made sure that all agree.
    pub async fn at(&self, path: &Path, settings: LineSettings) -> SharedLine {
        let mut lines = self.0.lock().await;
        let line = lines.entry(path.to_owned());
        Arc::clone(line.or_insert_with(|| Arc::new(Mutex::new(Line::new(path.to_owned(), settings)))))
    }
}
