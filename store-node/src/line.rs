//! Lines to the hub: a TCP stream, encrypted where the address says https, and single HTTP calls over one. What is said over
//! them is others' business.

use device_drivers::agent::ClientTls;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HOST};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// A hub on this machine is reached in the clear, every other one encrypted.
pub type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// How long one call may take: a batch over 16 kbit/s.
const CALL_LIMIT: Duration = Duration::from_secs(70);
/// Bytes of an answer: a closed hour at most.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

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
    /// Nothing that makes a request.
    #[error("no request: {0}")]
    Request(#[from] hyper::http::Error),
    /// The exchange broke off.
    #[error("the exchange broke off: {0}")]
    Broken(#[from] hyper::Error),
    /// The answer broke off or is too large.
    #[error("the answer: {0}")]
    Answer(String),
    /// Too slow.
    #[error("no answer within {CALL_LIMIT:?}")]
    Slow,
}

/// Opens a stream to where an address points.
///
/// # Errors
/// [`LineError`].
pub async fn open(uri: &Uri, tls: Option<&ClientTls>) -> Result<Stream, LineError> {
    let secret = matches!(uri.scheme_str(), Some("wss" | "https"));
    let host = uri.host().ok_or(LineError::NoHost)?.trim_matches(['[', ']']);
    let port = uri.port_u16().unwrap_or(if secret { 443 } else { 80 });
    let plain = TcpStream::connect((host, port)).await?;
    plain.set_nodelay(true)?;
    match (secret, tls) {
        (false, _) => Ok(Either::Left(plain)),
        (true, None) => Err(LineError::NoCertificate),
        (true, Some(tls)) => {
            let name = ServerName::try_from(host.to_owned()).map_err(|_| LineError::NoHost)?;
            Ok(Either::Right(TlsConnector::from(tls.config()).connect(name, plain).await?))
        }
    }
}

/// Where the hub is, for single calls.
#[derive(Debug, Clone)]
pub struct HubLine {
    /// `http://` or `https://`, without a slash at the end.
    pub base: String,
    /// The store's token at the hub.
    pub token: String,
    /// With `https://`: the hub's authority and what the store comes with.
    pub tls: Option<ClientTls>,
}

/// What the hub says to a call.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub body: Bytes,
}

impl HubLine {
    /// One call over a line of its own.
    ///
    /// # Errors
    /// [`LineError`]: whether the hub has heard it is not known; every call may be repeated.
    pub async fn call(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Reply, LineError> {
        tokio::time::timeout(CALL_LIMIT, self.exchange(method, path, body))
            .await
            .map_err(|_| LineError::Slow)?
    }

    async fn exchange(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Reply, LineError> {
        let uri: Uri = format!("{}{path}", self.base).parse().map_err(hyper::http::Error::from)?;
        let stream = open(&uri, self.tls.as_ref()).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let target = uri.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, uri.authority().map_or("", |authority| authority.as_str()))
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Full::new(Bytes::from(body)))?;
        let exchange = async {
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            let read = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
            let body = read.map_err(|error| LineError::Answer(error.to_string()))?.to_bytes();
            Ok(Reply { status, body })
        };
        let done = exchange.await;
        driver.abort();
        done
    }
}
