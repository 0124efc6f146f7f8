//! How a client of the store's broker encrypts and proves itself: the store's own authority and nobody else's, and a
//! certificate whose common name is the MQTT user. Reads the files; opens no connection.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rumqttc::{TlsConfiguration, Transport};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

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
    /// The broker asks for a certificate, and store.toml names none for the agent.
    #[error(
        "[broker.tls] names no agent_cert and agent_key; the broker lets nobody in without a certificate"
    )]
    NoneNamed,
}

/// What a client needs for an encrypted connection.
#[derive(Debug, Clone)]
pub struct ClientTls(Arc<ClientConfig>);

impl ClientTls {
    /// Reads the PEM files of the authority, the client's certificate and its key.
    ///
    /// # Errors
    /// [`TlsError`] names the file.
    pub fn read(ca: &Path, cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let together = |error: &dyn std::fmt::Display| TlsError::Together(error.to_string());
        let mut roots = RootCertStore::empty();
        for root in certificates(ca)? {
            roots.add(root).map_err(|error| together(&error))?;
        }
        let own = certificates(cert)?;
        let key = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| TlsError::File { path: key.to_owned(), what: error.to_string() })?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|all| all.with_root_certificates(roots).with_client_auth_cert(own, key));
        config.map(|config| Self(Arc::new(config))).map_err(|error| together(&error))
    }

    /// For the MQTT client.
    #[must_use]
    pub fn transport(&self) -> Transport {
        Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(&self.0)))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fault = |what: String| TlsError::File { path: path.to_owned(), what };
    let read = CertificateDer::pem_file_iter(path).map_err(|error| fault(error.to_string()))?;
    let found: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| fault(error.to_string()))?;
    if found.is_empty() { Err(fault("holds no certificate".to_owned())) } else { Ok(found) }
}
