//! The files of `[sync]` or `[tls]`, looked at every second: whoever takes a store's certificate back or renews the hub's own writes a
//! file and knows no hub. What cannot be read, or does not go together yet, leaves the last in force.

use super::{SyncTls, TlsError};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use x509_cert::crl::CertificateList;
use x509_cert::der::Decode as _;
use x509_cert::serial_number::SerialNumber;

/// How long a change of a file may stay unseen.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The serial number of a certificate, its bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Serial(Vec<u8>);

impl Serial {
    pub(super) fn of(number: &SerialNumber) -> Self {
        Self(number.as_bytes().to_vec())
    }
}

/// What the files say.
pub(super) struct Read {
    /// For the next handshake.
    pub acceptor: TlsAcceptor,
    /// Certificates that were taken back.
    pub revoked: BTreeSet<Serial>,
}

/// The files, and what they said last.
pub(super) struct Watched {
    files: SyncTls,
    /// What was looked at last, read or complained of.
    stamp: Vec<Option<SystemTime>>,
    read: Arc<Read>,
}

impl Watched {
    /// Reads them for the first time.
    ///
    /// # Errors
    /// [`TlsError`]: nobody is let in on a list that nobody understands.
    pub(super) fn open(files: &SyncTls) -> Result<Self, TlsError> {
        // The stamp first: what is written in between is seen at the next look.
        let stamp = stamp(files);
        Ok(Self { stamp, read: Arc::new(read(files)?), files: files.clone() })
    }

    pub(super) fn now(&self) -> Arc<Read> {
        Arc::clone(&self.read)
    }

    /// Hands on what has changed, until `stop`.
    pub(super) async fn run(mut self, now: watch::Sender<Arc<Read>>, stop: CancellationToken) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = look.tick() => {}
            }
            let stamp = stamp(&self.files);
            if stamp == self.stamp {
                continue;
            }
            self.stamp = stamp;
            match read(&self.files) {
                Ok(read) => {
                    tracing::info!(revoked = read.revoked.len(), "certificates read anew");
                    self.read = Arc::new(read);
                    now.send_replace(self.now());
                }
                Err(error) => {
                    tracing::warn!(%error, "files of certificates have changed; the last ones stay in force");
                }
            }
        }
    }
}

/// When each file was written last.
fn stamp(files: &SyncTls) -> Vec<Option<SystemTime>> {
    let written = |path: &Path| std::fs::metadata(path).and_then(|about| about.modified()).ok();
    let named = [&files.ca, &files.cert, &files.key].into_iter().chain(&files.crl);
    named.map(|path| written(path)).collect()
}

fn read(files: &SyncTls) -> Result<Read, TlsError> {
    let together = |error: &dyn std::fmt::Display| TlsError::Together(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    for root in certificates(&files.ca)? {
        roots.add(root).map_err(|error| together(&error))?;
    }
    let mut stores = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let mut revoked = BTreeSet::new();
    if let Some(path) = &files.crl {
        let list = CertificateRevocationListDer::from_pem_file(path).map_err(|error| fault(path, &error))?;
        revoked = serials(&list).map_err(|error| fault(path, &error))?;
        stores = stores.with_crls([list]);
    }
    let stores = stores.build().map_err(|error| together(&error))?;
    let own = certificates(&files.cert)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| fault(&files.key, &error))?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|all| all.with_client_cert_verifier(stores).with_single_cert(own, key))
        .map_err(|error| together(&error))?;
    Ok(Read { acceptor: Arc::new(config).into(), revoked })
}

fn serials(list: &[u8]) -> Result<BTreeSet<Serial>, x509_cert::der::Error> {
    let read: CertificateList = CertificateList::from_der(list)?;
    let entries = read.tbs_cert_list.revoked_certificates.unwrap_or_default();
    Ok(entries.iter().map(|entry| Serial::of(&entry.serial_number)).collect())
}

pub(super) fn fault(path: &Path, what: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { path: path.to_owned(), what: what.to_string() }
}

pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| fault(path, &error))?;
    let found: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| fault(path, &error))?;
    if found.is_empty() { Err(fault(path, &"holds no certificate")) } else { Ok(found) }
}
