//! The files of `[broker.tls]`, looked at every second: whoever takes a certificate back or renews one writes a file and
//! knows no broker. What cannot be read, or does not go together yet, leaves the last in force.

use super::BrokerError;
use firmware_config::BrokerTls;
use firmware_config::pem::{self, Stamp};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use store_broker::Tls;

/// How long a change of a file may stay unseen.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What has changed.
#[derive(Debug)]
pub(super) enum Change {
    /// The list of certificates that were taken back.
    Revoked,
    /// The broker's own certificate, its key or the authority: they go together.
    Renewed(Tls),
}

/// The files of one store, or none.
#[derive(Debug)]
pub struct TlsFiles {
    named: Option<BrokerTls>,
    list_seen: Stamp,
    certificates_seen: Stamp,
    /// What was complained of already.
    complained: [Stamp; 2],
    revoked: BTreeSet<String>,
}

impl TlsFiles {
    /// The files as they stand now, and the certificates they make.
    ///
    /// # Errors
    /// [`BrokerError`] names a file that is there and cannot be used: nobody is let in on a list that nobody understands.
    pub(super) fn open(named: Option<BrokerTls>) -> Result<(Self, Option<Tls>), BrokerError> {
        let mut files = Self {
            list_seen: Stamp::default(),
            certificates_seen: Stamp::default(),
            complained: [Stamp::default(), Stamp::default()],
            revoked: BTreeSet::new(),
            named,
        };
        let Some(named) = &files.named else { return Ok((files, None)) };
        files.list_seen = Stamp::of(named.crl.as_deref());
        files.certificates_seen = certificates(named);
        files.revoked = named.crl.as_deref().map_or_else(|| Ok(BTreeSet::new()), list)?;
        let tls = read(named)?;
        Ok((files, Some(tls)))
    }

    /// Serial numbers of the certificates that were taken back.
    pub(super) fn revoked(&self) -> BTreeSet<String> {
        self.revoked.clone()
    }

    /// Waits until a file is another one.
    pub(super) async fn changed(&mut self) -> Change {
        let Some(named) = self.named.clone() else { return std::future::pending().await };
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Some(change) = self.look(&named) {
                return change;
            }
        }
    }

    fn look(&mut self, named: &BrokerTls) -> Option<Change> {
        let stamp = Stamp::of(named.crl.as_deref());
        if stamp != self.list_seen
            && let Some(path) = &named.crl
        {
            match list(path) {
                Ok(revoked) => {
                    (self.list_seen, self.revoked) = (stamp, revoked);
                    return Some(Change::Revoked);
                }
                Err(error) => self.complain(0, stamp, &error),
            }
        }
        let stamp = certificates(named);
        if stamp != self.certificates_seen {
            match read(named) {
                Ok(tls) => {
                    self.certificates_seen = stamp;
                    tracing::info!("the broker's certificates have changed");
                    return Some(Change::Renewed(tls));
                }
                Err(error) => self.complain(1, stamp, &error),
            }
        }
        None
    }

    /// Once for each state of the files: a renewal writes one after the other.
    fn complain(&mut self, about: usize, stamp: Stamp, error: &BrokerError) {
        let Some(last) = self.complained.get_mut(about).filter(|last| **last != stamp) else { return };
        tracing::warn!(%error, "files of [broker.tls] have changed; the last ones stay in force");
        *last = stamp;
    }
}

fn certificates(named: &BrokerTls) -> Stamp {
    Stamp::of([named.ca.as_path(), &named.cert, &named.key])
}

fn list(path: &Path) -> Result<BTreeSet<String>, BrokerError> {
    Ok(store_broker::revoked(path)?)
}

fn read(named: &BrokerTls) -> Result<Tls, BrokerError> {
    let (authority, own) = (pem::authority(&named.ca)?, pem::certificates(&named.cert)?);
    Ok(Tls::of(authority, own, pem::key(&named.key)?)?)
}
