//! Everything a machine needs to become the store of a manifest, as files: names of devices, services, broker, packet
//! filter, clock. One file per kind beside this one. Makes text; writes nothing.

mod broker;
mod clock;
mod firewall;
mod net;
mod papers;
mod udev;
mod units;

use std::net::IpAddr;
use std::path::PathBuf;

pub use net::{Lan, LanError};

use crate::store::{BrokerMode, StoreManifest};

/// Said at the head of every file.
const HEAD: &str = "# Made by `firmware-config render` from store.toml: change that and render again.\n";

/// What the manifest does not say about the machine.
#[derive(Debug, Clone)]
pub struct Options {
    /// Networks whose machines may reach console, API and handhelds' broker. Empty: the /24 (IPv6: /64) of the address
    /// the node listens at.
    pub lans: Vec<Lan>,
    /// Whether those networks may come in by SSH.
    pub ssh: bool,
    /// Folder of the programs `store-node` and `device-agent`.
    pub programs: PathBuf,
    /// Time servers, by name or address.
    pub time_servers: Vec<String>,
}

/// One file of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it belongs, from the root, without the first `/`.
    pub path: &'static str,
    /// Its text.
    pub text: String,
}

/// Why nothing can be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A listener takes every address, so nothing says which network is the store's.
    #[error(
        "{who} listens at every address: say with --lan which network may reach it, as in --lan 192.168.8.0/24"
    )]
    WhichLan {
        /// The listener's key.
        who: &'static str,
    },
    /// A path that a unit file cannot carry.
    #[error("{0:?} holds a sign that systemd gives a meaning: use letters, digits, - _ . and /")]
    Path(PathBuf),
}

/// Every file, by path. The order is fixed, and the same manifest always gives the same bytes.
///
/// # Errors
/// [`RenderError`] where the manifest and the options leave something open.
pub fn files(manifest: &StoreManifest, options: &Options) -> Result<Vec<File>, RenderError> {
    let mut files = vec![
        File { path: "etc/chrony/chrony.conf", text: clock::configuration(&options.time_servers) },
        File { path: "etc/nftables.conf", text: firewall::rules(manifest, options)? },
        File { path: "etc/sysusers.d/larder.conf", text: units::users(manifest) },
        File { path: "etc/systemd/system/larder-agent.service", text: units::agent(manifest, options)? },
        File { path: "etc/systemd/system/larder-settle.service", text: units::settle() },
        File { path: "etc/systemd/system/larder-store-node.service", text: units::node(manifest, options)? },
        File { path: "etc/udev/rules.d/70-larder.rules", text: udev::rules(manifest) },
    ];
    let tls = manifest.broker.tls.as_ref();
    if let Some(agent) = tls.and_then(papers::Holder::agent) {
        files.push(File { path: "etc/systemd/system/larder-agent-papers.path", text: agent.path()? });
        files.push(File { path: "etc/systemd/system/larder-agent-papers.service", text: agent.again() });
    }
    if has_own_broker(manifest) {
        files.push(File { path: "etc/larder/mosquitto.acl", text: broker::access(manifest) });
        files.push(File { path: "etc/larder/mosquitto.conf", text: broker::configuration(manifest) });
        files.push(File {
            path: "etc/systemd/system/larder-mosquitto.service",
            text: units::broker(manifest)?,
        });
        if let Some(broker) = tls.map(papers::Holder::broker) {
            files
                .push(File { path: "etc/systemd/system/larder-mosquitto-papers.path", text: broker.path()? });
            files.push(File {
                path: "etc/systemd/system/larder-mosquitto-papers.service",
                text: broker.again(),
            });
        }
    }
    files.sort_by_key(|file| file.path);
    Ok(files)
}

/// What a person has to do that no file does, in order.
#[must_use]
pub fn steps(manifest: &StoreManifest) -> Vec<String> {
    let mut steps = vec![
        "install -m 0600 store.toml /etc/larder/store.toml".to_owned(),
        "systemd-sysusers && udevadm control --reload && udevadm trigger".to_owned(),
    ];
    if has_own_broker(manifest) {
        let own = manifest.node.data_dir.join("broker");
        steps.push(
            "systemctl daemon-reload && systemctl enable --now larder-store-node  # makes the passwords"
                .to_owned(),
        );
        for (file, to) in [("users", "mosquitto.users"), ("acl", "mosquitto.acl")] {
            steps.push(format!(
                "install -o larder-mosquitto -m 0600 {} /etc/larder/{to}  # again after an enrolment, then: systemctl reload larder-mosquitto",
                own.join(file).display()
            ));
        }
        steps.push("systemctl enable --now larder-mosquitto larder-agent".to_owned());
    } else {
        steps.push(
            "systemctl daemon-reload && systemctl enable --now larder-store-node larder-agent && systemctl enable larder-settle"
                .to_owned(),
        );
    }
    steps.push(
        "systemctl enable --now nftables chrony && systemctl reload nftables && systemctl restart chrony"
            .to_owned(),
    );
    steps
}

/// Whether this machine runs a broker of its own service: `external`, at an address of this machine. An embedded one is
/// the node, a managed one its child, whose files the node writes itself.
fn has_own_broker(manifest: &StoreManifest) -> bool {
    let here = |address: IpAddr| {
        address.is_loopback() || address.is_unspecified() || address == manifest.node.http.ip()
    };
    manifest.broker.mode == BrokerMode::External && here(manifest.broker.host)
}
