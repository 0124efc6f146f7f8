//! What `[broker.tls]` names, read for whoever makes a TLS connection of it: the authority, certificates, keys, and whether
//! one of the files has changed. Opens no connection, decides nothing about who may come in.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub struct PemError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

impl PemError {
    fn new(path: &Path, what: &dyn std::fmt::Display) -> Self {
        Self { path: path.to_owned(), what: what.to_string() }
    }
}

/// The certificates of a file, in its order.
///
/// # Errors
/// [`PemError`]: not readable, or no certificate in it.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| PemError::new(path, &error))?;
    let found: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| PemError::new(path, &error))?;
    if found.is_empty() { Err(PemError::new(path, &"holds no certificate")) } else { Ok(found) }
}

/// The private key of a file.
///
/// # Errors
/// [`PemError`]: not readable, or no key in it.
pub fn key(path: &Path) -> Result<PrivateKeyDer<'static>, PemError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| PemError::new(path, &error))
}

/// The authority of a file, and nobody else, as who is trusted.
///
/// # Errors
/// [`PemError`]: not readable, or no certificate of an authority in it.
pub fn authority(path: &Path) -> Result<RootCertStore, PemError> {
    let mut roots = RootCertStore::empty();
    for root in certificates(path)? {
        roots.add(root).map_err(|error| PemError::new(path, &error))?;
    }
    Ok(roots)
}

/// When files were written last: another stamp means that one of them has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp(Vec<Option<SystemTime>>);

impl Stamp {
    /// The stamp of these files, now.
    pub fn of<'p>(files: impl IntoIterator<Item = &'p Path>) -> Self {
        let written = |path: &Path| std::fs::metadata(path).and_then(|about| about.modified()).ok();
        Self(files.into_iter().map(written).collect())
    }
}
