//! TLS of both listeners: TCP asks for a certificate of the store's own authority, WebSocket for none, since browsers
//! cannot be made to carry one. Takes what others have read from files, and reads certificates; decides no rights.

use crate::gate::{Door, Shown};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use x509_cert::crl::CertificateList;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::{PrintableStringRef, Utf8StringRef};
use x509_cert::der::oid::db::rfc4519::CN;

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
    /// Certificates that do not go together.
    #[error("the certificate, its key and the authority do not go together: {0}")]
    Together(String),
}

/// What is needed to take encrypted connections.
#[derive(Clone)]
pub struct Tls {
    tcp: TlsAcceptor,
    web: TlsAcceptor,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Of the authority that has signed every client's certificate, the broker's own with what stands between it and the
    /// authority, and its private key.
    ///
    /// # Errors
    /// [`TlsError::Together`].
    pub fn of(
        authority: RootCertStore,
        own: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let together = |error: &dyn std::fmt::Display| TlsError::Together(error.to_string());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(authority), provider.clone());
        let clients = clients.build().map_err(|error| together(&error))?;
        let versions =
            || ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let tcp = versions()
            .and_then(|all| {
                all.with_client_cert_verifier(clients).with_single_cert(own.clone(), key.clone_key())
            })
            .map_err(|error| together(&error))?;
        let web = versions()
            .and_then(|all| all.with_no_client_auth().with_single_cert(own, key))
            .map_err(|error| together(&error))?;
        Ok(Self { tcp: Arc::new(tcp).into(), web: Arc::new(web).into() })
    }

    pub(super) const fn at(&self, door: Door) -> &TlsAcceptor {
        match door {
            Door::Tcp => &self.tcp,
            Door::WebSocket => &self.web,
        }
    }
}

/// What a checked certificate says of its bearer.
pub(super) struct Certificate {
    name: String,
    serial: String,
}

impl Certificate {
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown { name: &self.name, serial: &self.serial }
    }
}

/// Reads a certificate whose signature has been checked; `None` = it has no common name, or several.
pub(super) fn read(certificate: &CertificateDer<'_>) -> Option<Certificate> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let about = certificate.tbs_certificate();
    let mut names = about.subject().iter().filter(|attribute| attribute.oid == CN);
    let (name, None) = (names.next()?, names.next()) else { return None };
    let text = Utf8StringRef::try_from(&name.value).map(|text| text.as_str().to_owned());
    let text =
        text.or_else(|_| PrintableStringRef::try_from(&name.value).map(|text| text.as_str().to_owned()));
    Some(Certificate { name: text.ok()?, serial: about.serial_number().to_string() })
}

/// Serial numbers of the certificates that a list takes back, `0A:1B`. The list is a file of the store's own folder; its
/// signature is not looked at again.
///
/// # Errors
/// [`TlsError`]: not readable, or no list.
pub fn revoked(list: &Path) -> Result<BTreeSet<String>, TlsError> {
    let fault = |what: String| TlsError::File { path: list.to_owned(), what };
    let bytes =
        CertificateRevocationListDer::from_pem_file(list).map_err(|error| fault(error.to_string()))?;
    let read: CertificateList =
        CertificateList::from_der(&bytes).map_err(|error| fault(error.to_string()))?;
    let entries = read.tbs_cert_list.revoked_certificates.unwrap_or_default();
    Ok(entries.into_iter().map(|entry| entry.serial_number.to_string()).collect())
}
