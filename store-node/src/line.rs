//! Lines to the hub: a TCP stream, encrypted where the address says https, and HTTP calls over one. What is said over
//! them is others' business.

mod hub;

use device_drivers::agent::ClientTls;
pub use hub::{HubLine, KeptLine, Payload, Reply};
use hyper::Uri;
use rustls::AlertDescription;
use rustls::pki_types::ServerName;
use std::error::Error;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// A hub on this machine is reached in the clear, every other one encrypted.
pub type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// Why a line is not there.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The system or the other side.
    #[error("the line: {0}")]
    Line(#[from] std::io::Error),
    /// No host in the address.
    #[error("[hub] url names no host")]
    NoHost,
    /// Encrypted without papers.
    #[error("[hub] url is https, but [hub.tls] names no certificate of this store")]
    NoCertificate,
    /// The hub has seen our certificate and ended the handshake.
    #[error(
        "the hub does not accept the certificate in [hub.tls] ({0:?}): have this machine enrolled at the hub's authority, \
         and put the papers where [hub.tls] says"
    )]
    NotAccepted(AlertDescription),
    /// Whoever answers there is not the hub that we know.
    #[error(
        "what answers at [hub] url is not certified by the authority in [hub.tls] ({0}): nothing was told to it"
    )]
    NotTheHub(rustls::CertificateError),
    /// Nothing that makes a request.
    #[error("no request: {0}")]
    Request(#[from] hyper::http::Error),
    /// The exchange broke off.
    #[error("the exchange broke off: {0}")]
    Broken(hyper::Error),
    /// The answer broke off or is too large.
    #[error("the answer: {0}")]
    Answer(String),
    /// Too slow.
    #[error("no answer within {0:?}")]
    Slow(Duration),
}

impl LineError {
    /// Whether only a person can change it: papers, not the line.
    pub const fn is_for_a_person(&self) -> bool {
        matches!(self, Self::NoHost | Self::NoCertificate | Self::NotAccepted(_) | Self::NotTheHub(_))
    }
}

impl From<hyper::Error> for LineError {
    fn from(error: hyper::Error) -> Self {
        told_by_tls(&error).unwrap_or(Self::Broken(error))
    }
}

/// What TLS says in the depth of an error. A hub that does not accept a certificate says so only after our side of the
/// handshake is done, so it may come out of a handshake, of a write or of a read.
pub fn told_by_tls(error: &(dyn Error + 'static)) -> Option<LineError> {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
        let tls = inner
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
            .or_else(|| error.downcast_ref::<rustls::Error>());
        match tls {
            Some(rustls::Error::AlertReceived(alert)) => return Some(LineError::NotAccepted(*alert)),
            Some(rustls::Error::InvalidCertificate(why)) => return Some(LineError::NotTheHub(why.clone())),
            Some(_) | None => next = error.source(),
        }
    }
    None
}

/// Opens a stream to where an address points.
///
/// # Errors
/// [`LineError`].
pub async fn open(uri: &Uri, tls: Option<&ClientTls>) -> Result<Stream, LineError> {
    let secret = matches!(uri.scheme_str(), Some("wss" | "https"));
    let host = uri.host().ok_or(LineError::NoHost)?.trim_matches(['[', ']']);
    let port = uri.port_u16().unwrap_or(if secret { 443 } else { 80 });
    let tls = match (secret, tls) {
        (true, None) => return Err(LineError::NoCertificate),
        (true, tls) => tls,
        (false, _) => None,
    };
    let plain = TcpStream::connect((host, port)).await?;
    plain.set_nodelay(true)?;
    let Some(tls) = tls else { return Ok(Either::Left(plain)) };
    let name = ServerName::try_from(host.to_owned()).map_err(|_| LineError::NoHost)?;
    let shaken = TlsConnector::from(tls.config()).connect(name, plain).await;
    Ok(Either::Right(shaken.map_err(|error| told_by_tls(&error).unwrap_or(LineError::Line(error)))?))
}
