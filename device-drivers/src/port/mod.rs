//! Ports: serial lines, TCP, sysfs files. Opens and names what went wrong; never what the bytes mean.

pub mod bus;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use firmware_config::Parity;
use rustix::fs::{Mode, OFlags};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::net::unix::pipe;
use tokio_serial::{SerialPortBuilderExt, SerialStream};

/// How long a TCP device may take to accept.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// How long a sysfs file may take: a 1-wire conversion needs 0.75 s, a dead bus holds the reader.
const READ_WITHIN: Duration = Duration::from_secs(5);
/// The longest sysfs file that is read, bytes.
const FILE_MAX: u64 = 64 * 1024;

/// What is wrong with a port. Unplug, replug and silence are normal events: every one leads to another try.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Nothing is there, or it may not be opened.
    #[error("cannot open {port}: {source}")]
    Open {
        /// The port as in store.toml.
        port: String,
        /// What the system says.
        source: io::Error,
    },
    /// It was there and is gone: end of file on a serial line means unplugged.
    #[error("{port} was unplugged or closed the line")]
    Gone {
        /// The port as in store.toml.
        port: String,
    },
    /// Reading or writing failed.
    #[error("{port} failed: {source}")]
    Io {
        /// The port as in store.toml.
        port: String,
        /// What the system says.
        source: io::Error,
    },
    /// No answer in time.
    #[error("{port} did not answer in time")]
    Silent {
        /// The port as in store.toml.
        port: String,
    },
}

/// Opens a serial line, 8N1.
///
/// # Errors
/// [`PortError::Open`] when it is not there.
pub fn open_serial(path: &Path, baud: u32) -> Result<SerialStream, PortError> {
    open_serial_with(path, baud, Parity::None)
}

/// Opens a serial line with eight bits, a parity bit or none, and one stop bit.
///
/// # Errors
/// [`PortError::Open`] when it is not there.
pub fn open_serial_with(path: &Path, baud: u32, parity: Parity) -> Result<SerialStream, PortError> {
    let parity = match parity {
        Parity::None => tokio_serial::Parity::None,
        Parity::Even => tokio_serial::Parity::Even,
        Parity::Odd => tokio_serial::Parity::Odd,
    };
    // Not exclusive: that lock would outlive a killed agent while somebody else still holds the line open.
    tokio_serial::new(path.to_string_lossy(), baud)
        .parity(parity)
        .exclusive(false)
        .open_native_async()
        .map_err(|error| PortError::Open { port: format!("serial:{}", path.display()), source: error.into() })
}

/// Opens a serial line, 8N1, that the other end may hold up (XON/XOFF): a printer whose buffer is full. No status byte of
/// ESC/POS or ZPL looks like one of the two signs.
///
/// # Errors
/// [`PortError::Open`] when it is not there.
pub fn open_serial_paced(path: &Path, baud: u32) -> Result<SerialStream, PortError> {
    tokio_serial::new(path.to_string_lossy(), baud)
        .exclusive(false)
        .flow_control(tokio_serial::FlowControl::Software)
        .open_native_async()
        .map_err(|error| PortError::Open { port: format!("serial:{}", path.display()), source: error.into() })
}

/// A character device, read and written as it is.
pub type RawFile = tokio::io::Join<pipe::Receiver, pipe::Sender>;

/// Opens a character device such as `/dev/usb/lp0`, once for both directions: the kernel lets one program in.
///
/// # Errors
/// [`PortError::Open`] when it is not there, taken, or no device that can be waited for.
pub fn open_raw(path: &Path) -> Result<RawFile, PortError> {
    let open = |source| PortError::Open { port: format!("file:{}", path.display()), source };
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| open(error.into()))?;
    let twin = file.try_clone().map_err(open)?;
    let reader = pipe::Receiver::from_owned_fd_unchecked(file).map_err(open)?;
    let writer = pipe::Sender::from_owned_fd_unchecked(twin).map_err(open)?;
    Ok(tokio::io::join(reader, writer))
}

/// Connects to a TCP device, without delay for small packets.
///
/// # Errors
/// [`PortError::Open`] when nobody accepts, [`PortError::Silent`] after 3 s.
pub async fn open_tcp(address: &str) -> Result<TcpStream, PortError> {
    let port = || format!("tcp:{address}");
    let open = |source| PortError::Open { port: port(), source };
    let connect = tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect(address));
    let stream = connect.await.map_err(|_| PortError::Silent { port: port() })?.map_err(open)?;
    stream.set_nodelay(true).map_err(open)?;
    Ok(stream)
}

/// Reads at least one byte. Zero bytes mean that the device is gone: never read again, reopen.
///
/// # Errors
/// [`PortError::Gone`] at the end of the line, [`PortError::Io`] otherwise.
pub async fn read_some(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut [u8],
    port: &str,
) -> Result<usize, PortError> {
    match stream.read(buffer).await {
        Ok(0) => Err(PortError::Gone { port: port.to_owned() }),
        Ok(count) => Ok(count),
        Err(source) => Err(PortError::Io { port: port.to_owned(), source }),
    }
}

/// Reads a small text file; a folder stands for its file `name`. The kernel may hold the reader, so a thread waits.
///
/// # Errors
/// [`PortError::Open`] when it is not there, [`PortError::Silent`] after 5 s.
pub async fn read_file(path: &Path, name: &'static str) -> Result<String, PortError> {
    let port = format!("file:{}", path.display());
    let path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || read_small(path, name));
    let done = tokio::time::timeout(READ_WITHIN, reading).await;
    let done = done.map_err(|_| PortError::Silent { port: port.clone() })?;
    match done {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(source)) => Err(PortError::Open { port, source }),
        Err(_) => Err(PortError::Gone { port }),
    }
}

fn read_small(path: PathBuf, name: &str) -> io::Result<String> {
    use std::io::Read as _;
    let file = if path.is_dir() { path.join(name) } else { path };
    let mut text = String::new();
    std::fs::File::open(file)?.take(FILE_MAX).read_to_string(&mut text)?;
    Ok(text)
}
