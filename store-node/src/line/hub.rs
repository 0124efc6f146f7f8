//! HTTP calls to the hub: one over a line of its own, or many over one that stays open. Every call may be repeated, so one
//! whose kept line broke is made again over a new one. Knows no route.

use super::{LineError, open};
use device_drivers::agent::{ClientTls, TlsError};
use firmware_config::StoreManifest;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use model::StoreId;
use model::api::machine::{PLEDGES_HEADER, STORE_HEADER};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long one call may take: a megabyte over 128 kbit/s.
const CALL_LIMIT: Duration = Duration::from_secs(70);
/// How long a line may take to open.
const OPEN_LIMIT: Duration = Duration::from_secs(10);
/// Bytes of an answer: a closed hour at most.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Where the hub is and how the store proves itself.
#[derive(Debug, Clone)]
pub struct HubLine {
    /// `http://` or `https://`, without a slash at the end.
    pub base: String,
    /// The store's token at the hub.
    pub token: String,
    /// Which store asks, where that is known: a hub that reads another name in the certificate refuses.
    pub store: Option<StoreId>,
    /// With `https://`: the hub's authority and what the store comes with.
    pub tls: Option<ClientTls>,
}

/// What is sent with a call.
#[derive(Debug, Clone)]
pub enum Payload {
    /// Bytes that only both ends understand.
    Raw(Bytes),
    /// JSON.
    Json(Bytes),
    /// JSON, and what the hub has pledged to the store.
    Shown(Bytes, HeaderValue),
}

impl Payload {
    fn parts(&self) -> (&'static str, Bytes) {
        match self {
            Self::Raw(bytes) => ("application/octet-stream", bytes.clone()),
            Self::Json(bytes) | Self::Shown(bytes, _) => ("application/json", bytes.clone()),
        }
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Raw(Bytes::from(bytes))
    }
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
    /// As `[hub]` and `[hub.tls]` say.
    ///
    /// # Errors
    /// [`TlsError`] names the file that cannot be used.
    pub fn of(manifest: &StoreManifest) -> Result<Self, TlsError> {
        let own = manifest.hub.tls.as_ref();
        let tls = own.map(|files| ClientTls::read(&files.ca, &files.cert, &files.key)).transpose()?;
        let store = Some(manifest.store.id.clone());
        Ok(Self { store, tls, ..Self::plain(&manifest.hub.url, &manifest.hub.token) })
    }

    /// An address and a token, as yet of no store.
    pub fn plain(url: &str, token: &str) -> Self {
        let base = url.trim_end_matches('/').to_owned();
        Self { base, token: token.to_owned(), store: None, tls: None }
    }

    /// One call over a line of its own.
    ///
    /// # Errors
    /// [`LineError`]: whether the hub has heard it is not known; every call may be repeated.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: impl Into<Payload>,
    ) -> Result<Reply, LineError> {
        KeptLine::new(self.clone()).call(method, path, body).await
    }

    fn request(&self, method: Method, path: &str, body: &Payload) -> Result<Request<Full<Bytes>>, LineError> {
        let uri = self.uri(path)?;
        let (kind, bytes) = body.parts();
        let mut request = Request::builder()
            .method(method)
            .uri(uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(HOST, uri.authority().map_or("", |authority| authority.as_str()))
            .header(CONTENT_TYPE, kind)
            .header(AUTHORIZATION, format!("Bearer {}", self.token));
        if let Payload::Shown(_, pledges) = body {
            request = request.header(PLEDGES_HEADER, pledges);
        }
        if let Some(store) = &self.store {
            request = request.header(STORE_HEADER, store.as_str());
        }
        Ok(request.body(Full::new(bytes))?)
    }

    fn uri(&self, path: &str) -> Result<Uri, LineError> {
        Ok(format!("{}{path}", self.base).parse().map_err(hyper::http::Error::from)?)
    }
}

/// A line that is opened by its first call and stays open for the next ones.
#[derive(Debug)]
pub struct KeptLine {
    line: HubLine,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<Result<(), hyper::Error>>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl KeptLine {
    /// Nothing is opened yet.
    pub const fn new(line: HubLine) -> Self {
        Self { line, open: None }
    }

    /// One call. Where the kept line broke since the last one, over a new one.
    ///
    /// # Errors
    /// [`LineError`], as for [`HubLine::call`].
    pub async fn call(
        &mut self,
        method: Method,
        path: &str,
        body: impl Into<Payload>,
    ) -> Result<Reply, LineError> {
        let body = body.into();
        let done = tokio::time::timeout(CALL_LIMIT, async {
            let was_open = self.open.is_some();
            match self.exchange(method.clone(), path, &body).await {
                Err(error) if was_open && !error.is_for_a_person() => {
                    tracing::debug!(%error, "a kept line is gone; opening another");
                    self.exchange(method, path, &body).await
                }
                done => done,
            }
        });
        done.await.map_err(|_| LineError::Slow(CALL_LIMIT))?
    }

    async fn exchange(&mut self, method: Method, path: &str, body: &Payload) -> Result<Reply, LineError> {
        let request = self.line.request(method, path, body)?;
        // Taken out meanwhile: a call that fails or is given up leaves no line in an unknown state.
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.dial(path).await?,
        };
        let answer = match open.sender.send_request(request).await {
            Ok(answer) => answer,
            Err(error) => return Err(open.why(error).await),
        };
        let reply = read(answer).await?;
        if open.sender.ready().await.is_ok() {
            self.open = Some(open);
        }
        Ok(reply)
    }

    async fn dial(&self, path: &str) -> Result<Open, LineError> {
        let uri = self.line.uri(path)?;
        let opening = open(&uri, self.line.tls.as_ref());
        let opened = tokio::time::timeout(OPEN_LIMIT, opening).await;
        let stream = opened.map_err(|_| LineError::Slow(OPEN_LIMIT))??;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        Ok(Open { sender, driver: tokio::spawn(connection) })
    }
}

impl Open {
    /// Where the connection itself knows better why it ended, that is the reason.
    async fn why(mut self, error: hyper::Error) -> LineError {
        let told = LineError::from(error);
        if told.is_for_a_person() {
            return told;
        }
        match (&mut self.driver).await {
            Ok(Err(error)) => LineError::from(error),
            Ok(Ok(())) | Err(_) => told,
        }
    }
}

async fn read(answer: Response<Incoming>) -> Result<Reply, LineError> {
    let status = answer.status();
    let read = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
    let body = read.map_err(|error| LineError::Answer(error.to_string()))?.to_bytes();
    Ok(Reply { status, body })
}
