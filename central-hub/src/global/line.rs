//! The line to the global service: one connection for a round of calls, encrypted where the address says https. Knows no fact.

use crate::config::GlobalLink;
use crate::tls::{TlsError, connector};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::either::Either;

/// How long one call may take, and how long a connection to open.
const LIMIT: Duration = Duration::from_secs(15);
/// Bytes of an answer: a page of products takes a tenth of it.
const ANSWER_MAX: usize = 1024 * 1024;

/// Why a call gave nothing. Every call may be repeated.
#[derive(Debug, thiserror::Error)]
pub enum LineFault {
    /// The address.
    #[error("[global] url is no address")]
    Address,
    /// The certificates.
    #[error("[global.tls] {0}")]
    Tls(#[from] TlsError),
    /// The connection, or the handshake on it.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The exchange broke off.
    #[error("{0}")]
    Http(#[from] hyper::Error),
    /// Too slow.
    #[error("no answer within {LIMIT:?}")]
    Slow,
    /// It says no.
    #[error("it says {0}")]
    Says(hyper::StatusCode),
    /// The answer is too large or no JSON of that shape.
    #[error("its answer: {0}")]
    Answer(String),
}

/// An open connection.
#[derive(Debug)]
pub struct Open {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<Result<(), hyper::Error>>,
    host: String,
    token: String,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Open {
    /// Dials.
    ///
    /// # Errors
    /// [`LineFault`].
    pub async fn dial(link: &GlobalLink) -> Result<Self, LineFault> {
        tokio::time::timeout(LIMIT, Self::connect(link)).await.map_err(|_| LineFault::Slow)?
    }

    async fn connect(link: &GlobalLink) -> Result<Self, LineFault> {
        let uri: Uri = link.url.parse().map_err(|_| LineFault::Address)?;
        let name = uri.host().ok_or(LineFault::Address)?.trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(if link.tls.is_some() { 443 } else { 80 });
        let plain = TcpStream::connect((name.as_str(), port)).await?;
        plain.set_nodelay(true)?;
        let stream = match &link.tls {
            None => Either::Left(plain),
            Some(files) => {
                let server = ServerName::try_from(name).map_err(|_| LineFault::Address)?;
                Either::Right(connector(files)?.connect(server, plain).await?)
            }
        };
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let host = uri.authority().map_or_else(String::new, ToString::to_string);
        Ok(Self { sender, driver: tokio::spawn(connection), host, token: link.token.clone() })
    }

    /// Asks for something.
    ///
    /// # Errors
    /// [`LineFault`].
    pub async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, LineFault> {
        self.call(Method::GET, path, Bytes::new()).await
    }

    /// Tells something.
    ///
    /// # Errors
    /// [`LineFault`]: whether it was heard is not known.
    pub async fn tell(&mut self, method: Method, path: &str, said: &impl Serialize) -> Result<(), LineFault> {
        let body = serde_json::to_vec(said).map_err(|error| LineFault::Answer(error.to_string()))?;
        self.call(method, path, body.into()).await
    }

    async fn call<T: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<T, LineFault> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Full::new(body))
            .map_err(|_| LineFault::Address)?;
        tokio::time::timeout(LIMIT, self.exchange(request)).await.map_err(|_| LineFault::Slow)?
    }

    async fn exchange<T: DeserializeOwned>(&mut self, request: Request<Full<Bytes>>) -> Result<T, LineFault> {
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let said = |error: &dyn std::fmt::Display| LineFault::Answer(error.to_string());
        let read = Limited::new(answer.into_body(), ANSWER_MAX).collect().await;
        let bytes = read.map_err(|error| said(&error))?.to_bytes();
        if !status.is_success() {
            return Err(LineFault::Says(status));
        }
        serde_json::from_slice(if bytes.is_empty() { b"null" } else { &bytes }).map_err(|error| said(&error))
    }
}
