//! How agent and Mosquitto come by their certificates: the files are the store node's, so systemd hands each service copies
//! of its own. A copy does not change, so a path unit starts the service anew when an original does; for Mosquitto that is
//! also what cuts who is connected with a certificate that was taken back.

use std::fmt::Write as _;
use std::path::Path;

use super::units::{WALLS, plain};
use super::{HEAD, RenderError};
use crate::store::BrokerTls;

/// Where the broker finds its copies.
pub(super) const BROKERS: &str = "/run/credentials/larder-mosquitto.service";
/// Name of the list of revoked certificates among the broker's copies.
pub(super) const CRL: &str = "crl.pem";

/// A service with copies of certificates.
pub(super) struct Holder<'m> {
    service: &'static str,
    /// Name of the copy, and the file.
    files: Vec<(&'static str, &'m Path)>,
    /// Written last whenever any of them is.
    watched: Vec<&'m Path>,
}

impl<'m> Holder<'m> {
    /// The device agent; `None` where store.toml names no papers for it.
    pub(super) fn agent(tls: &'m BrokerTls) -> Option<Self> {
        let (cert, key) = (tls.agent_cert.as_deref()?, tls.agent_key.as_deref()?);
        Some(Self {
            service: "larder-agent",
            files: vec![(BrokerTls::CA, &tls.ca), (BrokerTls::CERT, cert), (BrokerTls::KEY, key)],
            watched: vec![cert],
        })
    }

    /// Mosquitto as a service of its own.
    pub(super) fn broker(tls: &'m BrokerTls) -> Self {
        let mut holder = Self {
            service: "larder-mosquitto",
            files: vec![(BrokerTls::CA, &tls.ca), (BrokerTls::CERT, &tls.cert), (BrokerTls::KEY, &tls.key)],
            watched: vec![&tls.cert],
        };
        if let Some(crl) = &tls.crl {
            holder.files.push((CRL, crl));
            holder.watched.push(crl);
        }
        holder
    }

    /// Lines of the service's own unit: before its [Service], and in it.
    pub(super) fn lines(&self) -> Result<(String, String), RenderError> {
        let mut copies =
            "# Certificates and keys are the store node's: the service gets its own copies.\n".to_owned();
        for (name, file) in &self.files {
            let _ = writeln!(copies, "LoadCredential={name}:{}", plain(file)?);
        }
        Ok((format!("Wants={}-papers.path\n", self.service), copies))
    }

    /// The unit that looks at the originals.
    pub(super) fn path(&self) -> Result<String, RenderError> {
        let mut text = format!(
            "{HEAD}[Unit]\nDescription=Certificates of {}\n\
             # At its first start systemd gives the node its folder: no change of a file.\n\
             After=larder-store-node.service\n\n[Path]\n",
            self.service
        );
        for file in &self.watched {
            let _ = writeln!(text, "PathChanged={}", plain(file)?);
        }
        let _ = write!(text, "\n[Install]\nWantedBy={}.service\n", self.service);
        Ok(text)
    }

    /// What starts the service anew: it cannot run beside it, and starts it when it is done.
    pub(super) fn again(&self) -> String {
        let service = self.service;
        let walls = WALLS.replace(
            "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\n",
            "RestrictAddressFamilies=AF_UNIX\n",
        );
        format!(
            "{HEAD}[Unit]\nDescription={service} starts anew with its new certificates\n\
             Conflicts={service}.service\nAfter={service}.service\nOnSuccess={service}.service\nOnFailure={service}.service\n\n\
             [Service]\nType=oneshot\nExecStart=/bin/true\nDynamicUser=yes\n\
             PrivateNetwork=yes\nIPAddressDeny=any\nPrivateDevices=yes\nDevicePolicy=closed\n\
             MemoryMax=16M\nTasksMax=4\n{walls}"
        )
    }
}
