//! How the hub proves itself where it dials: its server's own authority and nobody else's, and a certificate whose name is the
//! city. Opens no connection.

use super::TlsError;
use super::files::{certificates, fault};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// PEM files of `firmware-config enrol`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientFiles {
    /// The authority that has signed the server's certificate.
    pub ca: PathBuf,
    /// The own certificate.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl ClientFiles {
    /// The same with paths that count from `folder`.
    pub fn within(self, folder: &Path) -> Self {
        Self { ca: folder.join(self.ca), cert: folder.join(self.cert), key: folder.join(self.key) }
    }
}

/// For the next connection: the files as they are now, so that a renewed certificate needs no restart.
///
/// # Errors
/// [`TlsError`] names the file.
pub fn connector(files: &ClientFiles) -> Result<TlsConnector, TlsError> {
    let together = |error: rustls::Error| TlsError::Together(error.to_string());
    let mut roots = RootCertStore::empty();
    for root in certificates(&files.ca)? {
        roots.add(root).map_err(together)?;
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| fault(&files.key, &error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let trusting = versions.map_err(together)?.with_root_certificates(roots);
    let config = trusting.with_client_auth_cert(certificates(&files.cert)?, key).map_err(together)?;
    Ok(TlsConnector::from(Arc::new(config)))
}
