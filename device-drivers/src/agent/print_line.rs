//! The line to one printer: bytes out, status back, and the proof that a job is on paper. Knows no queue and no journal.

use std::time::Duration;

use firmware_config::Port;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

use crate::port::{PortError, open_raw, open_serial_paced, open_tcp, read_some};
use crate::printer::status::{
    Answer, ESCPOS_ASK, ESCPOS_CONFIRM, HostStatus, ZPL_ASK, escpos_answer, escpos_status, zpl_status,
};
use crate::printer::{Language, PrinterStatus, StatusError};

/// A printer answers its status within this time, or it does not answer.
const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);
/// A printer that says it is ready has printed a job within this time; else the job is in doubt.
const PRINT_WITHIN: Duration = Duration::from_secs(20);
/// Time between two questions while a job is on its way to paper.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Usual speed of printers on a serial line.
const BAUD: u32 = 9_600;
/// A USB printer that has nothing to say may hand over nothing; it is asked again after this.
const QUIET: Duration = Duration::from_millis(20);

/// Why the line is of no use now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineFault {
    /// Unreachable, unplugged, silent.
    #[error(transparent)]
    Port(#[from] PortError),
    /// It answers what cannot be an answer.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// It says that it is ready and does not print.
    #[error("the printer says it is ready, but does not confirm the print")]
    NotConfirmed,
}

/// What bytes go through.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// An open line to a printer.
pub(crate) struct PrintLine {
    language: Language,
    stream: Box<dyn Wire>,
    /// Reading nothing is silence, not the end (`/dev/usb/lp0`).
    nothing_is_silence: bool,
    port: String,
    received: Vec<u8>,
}

impl PrintLine {
    /// Connects: TCP, a serial line, or the file of a USB printer.
    pub(crate) async fn open(language: Language, port: &Port, baud: Option<u32>) -> Result<Self, PortError> {
        let stream: Box<dyn Wire> = match port {
            Port::Tcp(address) => Box::new(open_tcp(address).await?),
            Port::Serial(path) => Box::new(open_serial_paced(path, baud.unwrap_or(BAUD))?),
            Port::File(path) => Box::new(open_raw(path)?),
            Port::I2c(..) | Port::Spi(_) | Port::Gpio(..) => {
                let source = std::io::Error::other("a printer has no such port");
                return Err(PortError::Open { port: port.to_string(), source });
            }
        };
        let nothing_is_silence = matches!(port, Port::File(_));
        Ok(Self { language, stream, nothing_is_silence, port: port.to_string(), received: Vec::new() })
    }

    /// Asks the printer how it is.
    pub(crate) async fn status(&mut self) -> Result<PrinterStatus, LineFault> {
        self.received.clear();
        Ok(match self.language {
            Language::Escpos => self.ask_escpos().await?.0,
            Language::Zpl => self.ask_zpl().await?.status,
        })
    }

    /// Sends a job, with the question that is answered when it is on paper.
    pub(crate) async fn send(&mut self, job: &[u8]) -> Result<(), PortError> {
        self.received.clear();
        self.write(job).await?;
        match self.language {
            Language::Escpos => self.write(&ESCPOS_CONFIRM).await,
            Language::Zpl => Ok(()),
        }
    }

    /// Waits until the sent job is on paper; `told` hears the status meanwhile. Paper out is waited for.
    pub(crate) async fn settle(&mut self, mut told: impl FnMut(PrinterStatus)) -> Result<(), LineFault> {
        let mut ready_since: Option<Instant> = None;
        let mut empty_answers = 0;
        loop {
            let status = match self.language {
                Language::Escpos => match self.ask_escpos().await? {
                    (_, true) => return Ok(()),
                    (status, false) => status,
                },
                Language::Zpl => {
                    let HostStatus { status, unfinished } = self.ask_zpl().await?;
                    // Twice, so that a question that overtook the label is no proof.
                    empty_answers = if unfinished == 0 && status.prints() { empty_answers + 1 } else { 0 };
                    if empty_answers == 2 {
                        return Ok(());
                    }
                    status
                }
            };
            told(status);
            if status.prints() {
                let since = *ready_since.get_or_insert_with(Instant::now);
                if since.elapsed() > PRINT_WITHIN {
                    return Err(LineFault::NotConfirmed);
                }
            } else {
                ready_since = None;
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// Four answers make a status; the flag says whether the confirmation of a job came among them. What the printer says
    /// unasked stands between them, and the answers say the same.
    async fn ask_escpos(&mut self) -> Result<(PrinterStatus, bool), LineFault> {
        self.write(&ESCPOS_ASK).await?;
        let deadline = Instant::now() + ANSWER_WITHIN;
        let mut answers = Vec::new();
        let mut confirmed = false;
        while answers.len() < 4 {
            match escpos_answer(&self.received)? {
                None => self.read(deadline).await?,
                Some((answer, used)) => {
                    self.received.drain(..used);
                    match answer {
                        Answer::RealTime(byte) => answers.push(byte),
                        Answer::Confirmed => confirmed = true,
                        Answer::Changed(_) => {}
                    }
                }
            }
        }
        let four = <[u8; 4]>::try_from(answers).unwrap_or_default();
        Ok((escpos_status(four)?, confirmed))
    }

    async fn ask_zpl(&mut self) -> Result<HostStatus, LineFault> {
        self.write(ZPL_ASK).await?;
        let deadline = Instant::now() + ANSWER_WITHIN;
        loop {
            if let Some((status, used)) = zpl_status(&self.received)? {
                self.received.drain(..used);
                return Ok(status);
            }
            self.read(deadline).await?;
        }
    }

    async fn read(&mut self, deadline: Instant) -> Result<(), PortError> {
        let mut buffer = [0_u8; 512];
        loop {
            let read =
                tokio::time::timeout_at(deadline, read_some(&mut self.stream, &mut buffer, &self.port)).await;
            match read.map_err(|_| PortError::Silent { port: self.port.clone() })? {
                Err(PortError::Gone { .. }) if self.nothing_is_silence && Instant::now() < deadline => {
                    tokio::time::sleep(QUIET).await;
                }
                Err(PortError::Gone { port }) if self.nothing_is_silence => {
                    return Err(PortError::Silent { port });
                }
                Err(fault) => return Err(fault),
                Ok(count) => {
                    self.received.extend(buffer.get(..count).unwrap_or_default());
                    return Ok(());
                }
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        let sent = tokio::time::timeout(PRINT_WITHIN, self.stream.write_all(bytes)).await;
        let sent = sent.map_err(|_| PortError::Silent { port: self.port.clone() })?;
        sent.map_err(|source| PortError::Io { port: self.port.clone(), source })
    }
}
