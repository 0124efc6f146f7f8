//! Who may speak to the store's broker (REQ-46): the store's own certificate authority, short-lived codes that let a device
//! in, a certificate for each, and their end at once. Everything lies in one folder of the store; nothing here listens: the store node answers a device that comes over its HTTP.
//!
//! A certificate's common name is the device's id, which is its MQTT client id. The folder holds what `[broker.tls]` names:
//! `ca.crt`, and certificate and key of broker, node and agent; `crl.pem` and `revoked.txt` (one id a line) say who is out.

mod authority;
mod book;
mod code;
mod keep;
pub mod qr;
mod remote;

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use model::DeviceId;

pub use authority::Authority;
pub use book::{Entry, Standing};
pub use code::Code;
pub use remote::{Admission, Applicant, Ask};

/// `[broker.tls]` of `store.toml` for what an authority keeps in this folder.
pub fn broker_tls(folder: &Path) -> String {
    let files = [
        ("ca", "ca.crt"),
        ("cert", "broker.crt"),
        ("key", "broker.key"),
        ("crl", "crl.pem"),
        ("node_cert", "node.crt"),
        ("node_key", "node.key"),
        ("agent_cert", "agent.crt"),
        ("agent_key", "agent.key"),
    ];
    let lines = files.map(|(key, file)| format!("{key} = \"{}\"\n", folder.join(file).display()));
    format!("[broker.tls]\n{}", lines.concat())
}

/// Minutes that a code is worth something.
pub const CODE_MINUTES: i64 = 10;
/// Wrong tries before a code is void.
pub const TRIES: u8 = 5;
/// Days that a device's certificate is good for.
pub const DEVICE_DAYS: i64 = 397;

/// What a device takes away: three PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Papers {
    /// Its certificate.
    pub certificate: String,
    /// Its private key; nobody keeps a copy.
    pub key: String,
    /// The authority that its broker is judged by.
    pub authority: String,
}

/// Devices that are out, by the list in the authority's folder; none where there is no list. A line that names no device
/// names nobody.
///
/// # Errors
/// [`EnrolError::File`] for a list that cannot be read.
pub fn revoked(folder: &Path) -> Result<BTreeSet<DeviceId>, EnrolError> {
    let path = folder.join("revoked.txt");
    match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(source) => Err(EnrolError::File { path, source }),
        Ok(text) => Ok(text.lines().filter_map(|line| line.trim().parse().ok()).collect()),
    }
}

/// Why something about enrolment is not done.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// No authority in that folder.
    #[error("{0} holds no authority: run `firmware-config enrol ca` first")]
    NoAuthority(PathBuf),
    /// There is one already; a second would make every certificate of the first worthless.
    #[error("{0} holds an authority already; every device hangs on it")]
    AuthorityThere(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Somebody could read or change what only the store's user may.
    #[error("{path} can be read or written by others: chmod {want:o}")]
    Mode {
        /// Which.
        path: PathBuf,
        /// The mode it should have.
        want: u32,
    },
    /// The book of devices is damaged.
    #[error("{path} cannot be read: {source}")]
    Book {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The code is unknown, used, or too old. It is not said which.
    #[error("this code lets nobody in: ask for a new one (it lives {CODE_MINUTES} minutes and works once)")]
    WrongCode,
    /// An answer to a device that is not from its store.
    #[error("the answer is not from the store that gave this code: is the address right?")]
    Impostor,
    /// A device that would be taken for the store's own program.
    #[error("{0} is the name of one of the store's own programs")]
    Reserved(String),
    /// Nobody of that name.
    #[error("no device {0} was ever enrolled")]
    NoDevice(String),
    /// The cryptography failed.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// No random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(std::io::Error),
    /// A text too long for a QR code.
    #[error("too long for a QR code")]
    Qr,
}
