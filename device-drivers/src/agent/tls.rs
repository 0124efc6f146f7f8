//! How a client of the store's broker encrypts and proves itself: the store's own authority and nobody else's, and a
//! certificate whose common name is the MQTT user. Looks at the files before each connection, so that a renewed certificate
//! needs no restart; opens no connection.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use firmware_config::pem::{self, PemError, Stamp};
use rumqttc::{TlsConfiguration, Transport};
use rustls::ClientConfig;

/// Certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that cannot be read, or holds nothing of its kind.
    #[error(transparent)]
    File(#[from] PemError),
    /// Files that do not go together.
    #[error("the certificate, its key and the authority do not go together: {0}")]
    Together(#[from] rustls::Error),
    /// The broker asks for a certificate, and store.toml names none for the agent.
    #[error(
        "[broker.tls] names no agent_cert and agent_key; the broker lets nobody in without a certificate"
    )]
    NoneNamed,
}

/// What a client needs for an encrypted connection. Clones share what was read last.
#[derive(Debug, Clone)]
pub struct ClientTls(Arc<Files>);

#[derive(Debug)]
struct Files {
    ca: PathBuf,
    cert: PathBuf,
    key: PathBuf,
    last: Mutex<(Stamp, Arc<ClientConfig>)>,
}

impl ClientTls {
    /// Reads the PEM files of the authority, the client's certificate and its key.
    ///
    /// # Errors
    /// [`TlsError`] names the file.
    pub fn read(ca: &Path, cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let stamp = Stamp::of([ca, cert, key]);
        let last = Mutex::new((stamp, Arc::new(config(ca, cert, key)?)));
        Ok(Self(Arc::new(Files { ca: ca.to_owned(), cert: cert.to_owned(), key: key.to_owned(), last })))
    }

    /// For whoever speaks something else than MQTT: the files as they are now, as for [`ClientTls::transport`].
    #[must_use]
    pub fn config(&self) -> Arc<ClientConfig> {
        self.now()
    }

    /// For the next connection: the files as they are now. Files that are just being renewed and do not go together yet
    /// leave the last ones in force.
    #[must_use]
    pub fn transport(&self) -> Transport {
        Transport::tls_with_config(TlsConfiguration::Rustls(self.now()))
    }

    fn now(&self) -> Arc<ClientConfig> {
        let Files { ca, cert, key, last } = &*self.0;
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of([ca.as_path(), cert, key]);
        if last.0 != stamp {
            match config(ca, cert, key) {
                Ok(renewed) => {
                    tracing::info!(certificate = %cert.display(), "certificate read anew");
                    *last = (stamp, Arc::new(renewed));
                }
                Err(error) => tracing::warn!(%error, "the certificate used last stays in force"),
            }
        }
        last.1.clone()
    }
}

fn config(ca: &Path, cert: &Path, key: &Path) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let trusting = versions.with_root_certificates(pem::authority(ca)?);
    Ok(trusting.with_client_auth_cert(pem::certificates(cert)?, pem::key(key)?)?)
}
