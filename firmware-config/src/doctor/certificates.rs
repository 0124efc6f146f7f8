//! The certificates of `[broker.tls]` and `[hub.tls]`: there, the node's to read, each with its own key, of the authority
//! beside it, not taken back, and good for longer than a month. Judged by the rules of those who will judge them on the line.

use std::fmt::Display;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::time::DAY_MS;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error};

use super::{Finding, Look, State, below, finding, reachable};
use crate::pem;
use crate::store::StoreManifest;

/// What ends within this time is told, days: enough to renew it at the next visit.
const SOON_DAYS: i64 = 30;

/// Whom a certificate is shown to.
#[derive(Clone, Copy)]
enum Shown {
    /// To clients that look for this address.
    ToClients(std::net::SocketAddr),
    /// To a server.
    ToServer,
}

/// One certificate with what belongs to it.
struct Paper<'m> {
    cert: &'m Path,
    key: &'m Path,
    ca: &'m Path,
    crl: Option<&'m Path>,
    shown: Shown,
    /// How it is made anew.
    renew: &'static str,
}

/// What is wrong; where nothing is and there are certificates, that.
pub(super) fn examine(manifest: &StoreManifest, look: &Look) -> Vec<Finding> {
    let papers = papers(manifest);
    if papers.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<Finding> = papers.iter().filter_map(|paper| judge(paper, manifest, look)).collect();
    if found.is_empty() {
        let told = format!("{} are there, each with its key, and good for {SOON_DAYS} days", papers.len());
        found.push(finding("certificates", State::Well, told, ""));
    }
    found
}

fn papers(manifest: &StoreManifest) -> Vec<Paper<'_>> {
    let mut papers = Vec::new();
    if let Some(tls) = &manifest.broker.tls {
        let host = std::net::SocketAddr::new(manifest.broker.host, manifest.broker.tcp_port);
        let renew = "`firmware-config enrol renew` makes those of broker, node and agent anew";
        let crl = tls.crl.as_deref();
        let paper = |cert, key, shown| Paper { cert, key, ca: &tls.ca, crl, shown, renew };
        papers.push(paper(&tls.cert, &tls.key, Shown::ToClients(host)));
        for (cert, key) in [(&tls.node_cert, &tls.node_key), (&tls.agent_cert, &tls.agent_key)] {
            if let (Some(cert), Some(key)) = (cert, key) {
                papers.push(paper(cert, key, Shown::ToServer));
            }
        }
    }
    if let Some(tls) = &manifest.hub.tls {
        let renew = "without it the hub is lost: at the hub `firmware-config enrol device STORE`, here `enrol fetch` or `redeem`";
        let (cert, key, ca) = (&tls.cert, &tls.key, &tls.ca);
        papers.push(Paper { cert, key, ca, crl: None, shown: Shown::ToServer, renew });
    }
    papers
}

fn judge(paper: &Paper<'_>, manifest: &StoreManifest, look: &Look) -> Option<Finding> {
    let named = [paper.cert, paper.key, paper.ca].into_iter().chain(paper.crl);
    if let Some(found) = named.into_iter().find_map(|path| missing(path, manifest, look)) {
        return Some(found);
    }
    let about = |state, path: &Path, what: &dyn Display, todo: &str| {
        Some(finding("certificates", state, format!("{} {what}", path.display()), todo))
    };
    let now = look.now.ms().div_euclid(1_000);
    let soon = now + SOON_DAYS * DAY_MS / 1_000;
    let read = match Read::of(paper, &look.root) {
        Ok(read) => read,
        Err(fault) => {
            return about(State::Bad, paper.cert, &format_args!("cannot be used: {fault}"), paper.renew);
        }
    };
    let (state, error) = match (read.judged(paper.shown, now), read.judged(paper.shown, soon)) {
        (Err(error), _) => (State::Bad, error),
        (Ok(()), Err(error)) => (State::Mind, error),
        (Ok(()), Ok(())) => return None,
    };
    let list = paper.crl.filter(|_| {
        matches!(
            error,
            Error::InvalidCertificate(
                CertificateError::ExpiredRevocationList
                    | CertificateError::ExpiredRevocationListContext { .. }
            )
        )
    });
    about(state, list.unwrap_or(paper.cert), &words(&error, now), paper.renew)
}

/// In words of people who install stores.
fn words(error: &Error, now: i64) -> String {
    let days = |at: &UnixTime| (i64::try_from(at.as_secs()).unwrap_or(i64::MAX) - now) / (DAY_MS / 1_000);
    let Error::InvalidCertificate(fault) = error else { return error.to_string() };
    // What rustls may tell grows; what is not told better here is told in its words.
    if let CertificateError::ExpiredContext { not_after, .. } = fault {
        return match days(not_after) {
            past if past < 0 => format!("ended {} days ago", -past),
            0 if i64::try_from(not_after.as_secs()).is_ok_and(|end| end < now) => "ended today".to_owned(),
            left => format!("ends in {left} days"),
        };
    }
    if let CertificateError::ExpiredRevocationListContext { next_update, .. } = fault {
        return format!("is a list that is too old in {} days", days(next_update));
    }
    if let CertificateError::NotValidForNameContext { expected, .. } = fault {
        return format!("is not for {}, where the broker is looked for", expected.to_str());
    }
    if matches!(fault, CertificateError::NotValidYetContext { .. }) {
        return "is not good yet: is this machine's clock behind?".to_owned();
    }
    if matches!(fault, CertificateError::UnknownIssuer | CertificateError::BadSignature) {
        return "is of another authority than the one beside it".to_owned();
    }
    if matches!(fault, CertificateError::Revoked) { "was taken back".to_owned() } else { fault.to_string() }
}

/// A file that is not there, or that the node cannot read.
fn missing(path: &Path, manifest: &StoreManifest, look: &Look) -> Option<Finding> {
    let data = &manifest.node.data_dir;
    let bad = |what: String, todo: &str| {
        Some(finding("certificates", State::Bad, format!("{} {what}", path.display()), todo))
    };
    let owner = std::fs::metadata(below(&look.root, data)).ok().map(|about| about.uid());
    match std::fs::metadata(below(&look.root, path)) {
        Err(fault) => {
            let todo = "`firmware-config enrol ca` makes the store's own; ask as root, or correct [broker.tls], [hub.tls]";
            bad(format!("cannot be seen: {fault}"), todo)
        }
        Ok(about) if path.starts_with(data) && owner != Some(about.uid()) => {
            let todo = format!("chown -R --reference={0} {0}", data.display());
            bad("is not the store node's, which has to read it".into(), &todo)
        }
        Ok(_) => None,
    }
}

/// What the files hold.
struct Read {
    provider: Arc<CryptoProvider>,
    roots: Arc<rustls::RootCertStore>,
    own: CertifiedKey,
    crl: Option<CertificateRevocationListDer<'static>>,
}

impl Read {
    fn of(paper: &Paper<'_>, root: &Path) -> Result<Self, String> {
        use rustls::pki_types::pem::PemObject as _;
        let at = |path: &Path| -> PathBuf { below(root, path) };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let roots = pem::authority(&at(paper.ca)).map_err(|fault| fault.to_string())?;
        let cert = pem::certificates(&at(paper.cert)).map_err(|fault| fault.to_string())?;
        let key = pem::key(&at(paper.key)).map_err(|fault| fault.to_string())?;
        let own = CertifiedKey::from_der(cert, key, &provider).map_err(|fault| {
            if matches!(fault, Error::InconsistentKeys(_)) {
                format!("{} is the key of another certificate", paper.key.display())
            } else {
                fault.to_string()
            }
        })?;
        let crl = paper.crl.map(|path| CertificateRevocationListDer::from_pem_file(at(path)));
        let crl = crl.transpose().map_err(|fault| fault.to_string())?;
        Ok(Self { provider, roots: Arc::new(roots), own, crl })
    }

    /// As a peer would judge it at this second.
    fn judged(&self, shown: Shown, second: i64) -> Result<(), Error> {
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(second.try_into().unwrap_or(0)));
        let (own, between): (&CertificateDer<'_>, _) =
            self.own.cert.split_first().ok_or(Error::NoCertificatesPresented)?;
        let failed = |fault: rustls::client::VerifierBuilderError| Error::General(fault.to_string());
        match shown {
            Shown::ToServer => {
                let server = WebPkiClientVerifier::builder_with_provider(
                    Arc::clone(&self.roots),
                    Arc::clone(&self.provider),
                );
                let server = server.with_crls(self.crl.clone()).enforce_revocation_expiration();
                server.build().map_err(failed)?.verify_client_cert(own, between, at).map(|_| ())
            }
            Shown::ToClients(address) => {
                let client = WebPkiServerVerifier::builder_with_provider(
                    Arc::clone(&self.roots),
                    Arc::clone(&self.provider),
                );
                let client = client.with_crls(self.crl.clone()).enforce_revocation_expiration();
                let name = ServerName::from(reachable(address).ip());
                let judged = client
                    .build()
                    .map_err(failed)?
                    .verify_server_cert(own, between, &name, &[], at)
                    .map(|_| ());
                match judged {
                    // Which of its addresses clients use, nobody can tell from here.
                    Err(Error::InvalidCertificate(
                        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
                    )) if address.ip().is_unspecified() => Ok(()),
                    judged => judged,
                }
            }
        }
    }
}
