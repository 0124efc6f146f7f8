//! The address for stores, and of the global service for hubs: TLS in which both sides show a certificate of the server's own
//! authority, and the certificate's name is the store or the city. Shakes hands, hands on; a link whose certificate is taken back ends. Who may do what is decided
//! behind it.

mod client;
mod files;
mod link;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
pub use client::{ClientFiles, connector};
use files::{Read, Serial, Watched};
pub use link::Link;
use model::StoreId;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::{PrintableStringRef, Utf8StringRef};
use x509_cert::der::oid::db::rfc4519::CN;

/// Handshakes under way at once; more wait in the kernel's queue.
const HANDSHAKES: usize = 64;
/// How long one may take.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// Finished handshakes that wait to be served.
const READY_MAX: usize = 64;

/// `[sync]` of the hub's file and `[tls]` of the global service's: where stores or hubs connect, and the PEM files of
/// `firmware-config enrol`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncTls {
    /// Address and port, for example `0.0.0.0:8643`.
    pub listen: SocketAddr,
    /// The authority that has signed every client's certificate.
    pub ca: PathBuf,
    /// The server's own certificate.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The list of certificates that were taken back.
    #[serde(default)]
    pub crl: Option<PathBuf>,
}

impl SyncTls {
    /// The same with paths that count from `folder`.
    pub fn within(self, folder: &Path) -> Self {
        let join = |path: PathBuf| folder.join(path);
        Self {
            ca: join(self.ca),
            cert: join(self.cert),
            key: join(self.key),
            crl: self.crl.map(join),
            ..self
        }
    }
}

/// Certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that cannot be read, or holds nothing of its kind.
    #[error("{path}: {what}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Files that do not go together.
    #[error("the certificate, its key and the authority do not go together: {0}")]
    Together(String),
    /// The port is taken, or not ours to take.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// Which.
        listen: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// What a client has proved by its handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    /// The name in its certificate: a store, or a city's hub.
    pub store: StoreId,
}

impl Connected<IncomingStream<'_, SyncListener>> for Certified {
    fn connect_info(stream: IncomingStream<'_, SyncListener>) -> Self {
        stream.remote_addr().clone()
    }
}

/// Gives connections whose handshake is done. Slow and hostile ones shake hands beside each other, not before each other.
#[derive(Debug)]
pub struct SyncListener {
    ready: mpsc::Receiver<(Link, Certified)>,
    listen: SocketAddr,
}

impl SyncListener {
    /// Reads the files and listens until `stop`. A change of the files holds for the next handshake; links with a
    /// certificate that a new list names are cut, the others go on.
    ///
    /// # Errors
    /// [`TlsError`].
    pub async fn bind(files: &SyncTls, stop: CancellationToken) -> Result<Self, TlsError> {
        let watched = Watched::open(files)?;
        let fault = |source| TlsError::Listen { listen: files.listen, source };
        let listener = TcpListener::bind(files.listen).await.map_err(fault)?;
        let listen = listener.local_addr().map_err(fault)?;
        let (done, ready) = mpsc::channel(READY_MAX);
        let (now, seen) = watch::channel(watched.now());
        tokio::spawn(watched.run(now, stop.clone()));
        tokio::spawn(accept(listener, seen, done, stop));
        Ok(Self { ready, listen })
    }
}

impl Listener for SyncListener {
    type Io = Link;
    type Addr = Certified;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(done) => done,
            // Nobody listens any more; the server around this is told to stop by the same token.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        // Only for the log of the server; there is no store at our own end.
        let store = StoreId::new(format!("port-{}", self.listen.port())).map_err(std::io::Error::other)?;
        Ok(Certified { store })
    }
}

async fn accept(
    listener: TcpListener,
    files: watch::Receiver<Arc<Read>>,
    done: mpsc::Sender<(Link, Certified)>,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, from)) = accepted else {
            // Out of file handles, most likely: what is open must close first.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (files, done) = (files.clone(), done.clone());
        tokio::spawn(async move {
            let acceptor = files.borrow().acceptor.clone();
            let shaken = tokio::time::timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await;
            drop(place);
            match shaken {
                Ok(Ok(stream)) => match certified(&stream) {
                    Some((store, serial)) => {
                        let link = Link::new(stream, out(files, serial, store.clone()));
                        drop(done.send((link, Certified { store })).await);
                    }
                    None => tracing::warn!(%from, "a certificate that names no store: connection closed"),
                },
                Ok(Err(error)) => tracing::warn!(%from, %error, "no handshake: connection closed"),
                Err(_) => tracing::warn!(%from, "no handshake in time: connection closed"),
            }
        });
    }
}

/// Ends when this certificate is on the list, which it may be since the handshake began.
async fn out(mut files: watch::Receiver<Arc<Read>>, serial: Serial, store: StoreId) {
    if files.wait_for(|read| read.revoked.contains(&serial)).await.is_ok() {
        tracing::warn!(%store, "its certificate was taken back: the link is cut");
    } else {
        // Nobody looks at the files any more: the hub stops, and its server ends the links.
        std::future::pending().await
    }
}

fn certified(stream: &TlsStream<TcpStream>) -> Option<(StoreId, Serial)> {
    let (_, session) = stream.get_ref();
    let certificate = x509_cert::Certificate::from_der(session.peer_certificates()?.first()?).ok()?;
    let serial = Serial::of(certificate.tbs_certificate().serial_number());
    Some((StoreId::new(name_of(&certificate)?).ok()?, serial))
}

/// The one common name of a certificate whose signature has been checked.
fn name_of(certificate: &x509_cert::Certificate) -> Option<String> {
    let mut names = certificate.tbs_certificate().subject().iter().filter(|part| part.oid == CN);
    let (name, None) = (names.next()?, names.next()) else { return None };
    let text = Utf8StringRef::try_from(&name.value).map(|text| text.as_str().to_owned());
    text.or_else(|_| PrintableStringRef::try_from(&name.value).map(|text| text.as_str().to_owned())).ok()
}
