//! The address for stores: TLS in which both sides show a certificate of the hub's own authority, and the certificate's
//! name is the store. Reads the files, shakes hands, hands on; who may do what is decided behind it.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use model::StoreId;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
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

/// `[sync]` of the hub's file: where stores connect, and the PEM files of `firmware-config enrol`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncTls {
    /// Address and port, for example `0.0.0.0:8643`.
    pub listen: SocketAddr,
    /// The authority that has signed every store's certificate.
    pub ca: PathBuf,
    /// The hub's own certificate.
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
    #[error("[sync] {path}: {what}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Files that do not go together.
    #[error("[sync] the certificate, its key and the authority do not go together: {0}")]
    Together(String),
    /// The port is taken, or not ours to take.
    #[error("[sync] cannot listen on {listen}: {source}")]
    Listen {
        /// Which.
        listen: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// What a store has proved by its handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    /// The name in its certificate.
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
    ready: mpsc::Receiver<(TlsStream<TcpStream>, Certified)>,
    listen: SocketAddr,
}

impl SyncListener {
    /// Reads the files and listens until `stop`.
    ///
    /// # Errors
    /// [`TlsError`].
    pub async fn bind(files: &SyncTls, stop: CancellationToken) -> Result<Self, TlsError> {
        let acceptor = acceptor(files)?;
        let fault = |source| TlsError::Listen { listen: files.listen, source };
        let listener = TcpListener::bind(files.listen).await.map_err(fault)?;
        let listen = listener.local_addr().map_err(fault)?;
        let (done, ready) = mpsc::channel(READY_MAX);
        tokio::spawn(accept(listener, acceptor, done, stop));
        Ok(Self { ready, listen })
    }
}

impl Listener for SyncListener {
    type Io = TlsStream<TcpStream>;
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
    acceptor: TlsAcceptor,
    done: mpsc::Sender<(TlsStream<TcpStream>, Certified)>,
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
        let (acceptor, done) = (acceptor.clone(), done.clone());
        tokio::spawn(async move {
            let shaken = tokio::time::timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await;
            drop(place);
            match shaken {
                Ok(Ok(stream)) => match certified(&stream) {
                    Some(store) => drop(done.send((stream, Certified { store })).await),
                    None => tracing::warn!(%from, "a certificate that names no store: connection closed"),
                },
                Ok(Err(error)) => tracing::warn!(%from, %error, "no handshake: connection closed"),
                Err(_) => tracing::warn!(%from, "no handshake in time: connection closed"),
            }
        });
    }
}

fn certified(stream: &TlsStream<TcpStream>) -> Option<StoreId> {
    let (_, session) = stream.get_ref();
    StoreId::new(name_of(session.peer_certificates()?.first()?)?).ok()
}

/// The one common name of a certificate whose signature has been checked.
fn name_of(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let mut names = certificate.tbs_certificate().subject().iter().filter(|part| part.oid == CN);
    let (name, None) = (names.next()?, names.next()) else { return None };
    let text = Utf8StringRef::try_from(&name.value).map(|text| text.as_str().to_owned());
    text.or_else(|_| PrintableStringRef::try_from(&name.value).map(|text| text.as_str().to_owned())).ok()
}

fn acceptor(files: &SyncTls) -> Result<TlsAcceptor, TlsError> {
    let together = |error: &dyn std::fmt::Display| TlsError::Together(error.to_string());
    let fault = |path: &Path, what: String| TlsError::File { path: path.to_owned(), what };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    for root in certificates(&files.ca)? {
        roots.add(root).map_err(|error| together(&error))?;
    }
    let mut stores = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    if let Some(path) = &files.crl {
        let list = CertificateRevocationListDer::from_pem_file(path)
            .map_err(|error| fault(path, error.to_string()))?;
        stores = stores.with_crls([list]);
    }
    let stores = stores.build().map_err(|error| together(&error))?;
    let own = certificates(&files.cert)?;
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(|error| fault(&files.key, error.to_string()))?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|all| all.with_client_cert_verifier(stores).with_single_cert(own, key))
        .map_err(|error| together(&error))?;
    Ok(Arc::new(config).into())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fault = |what: String| TlsError::File { path: path.to_owned(), what };
    let read = CertificateDer::pem_file_iter(path).map_err(|error| fault(error.to_string()))?;
    let found: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| fault(error.to_string()))?;
    if found.is_empty() { Err(fault("holds no certificate".to_owned())) } else { Ok(found) }
}
