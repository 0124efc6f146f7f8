//! nftables: nothing comes in or goes out but what this store needs. Knows ports and addresses, no services.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::IpAddr;

use super::{HEAD, Lan, Options, RenderError, has_own_broker};
use crate::devices::Port;
use crate::store::{BrokerMode, StoreManifest};

pub(super) fn rules(manifest: &StoreManifest, options: &Options) -> Result<String, RenderError> {
    let lans = lans(manifest, options)?;
    let mut text = format!(
        "#!/usr/sbin/nft -f\n{HEAD}# Only this table is replaced: other tables of the machine stay.\n\
         table inet larder\ndelete table inet larder\n\ntable inet larder {{\n"
    );
    text.push_str(
        "    chain input {\n        type filter hook input priority filter; policy drop;\n\
         \x20       ct state established,related accept\n        ct state invalid drop\n        iif lo accept\n\
         \x20       icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } limit rate 20/second accept\n\
         \x20       icmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem, \
         nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } limit rate 50/second accept\n\
         \x20       udp sport 67 udp dport 68 accept\n",
    );
    let ports = open_ports(manifest, options);
    for lan in &lans {
        if !ports.is_empty() {
            let list: Vec<String> = ports.iter().map(u16::to_string).collect();
            let _ = writeln!(
                text,
                "        {} saddr {lan} tcp dport {{ {} }} accept",
                lan.family(),
                list.join(", ")
            );
        }
    }
    text.push_str(
        "    }\n\n    chain forward {\n        type filter hook forward priority filter; policy drop;\n    }\n\n\
         \x20   chain output {\n        type filter hook output priority filter; policy drop;\n\
         \x20       ct state established,related accept\n        oif lo accept\n\
         \x20       meta l4proto { icmp, icmpv6 } accept\n        udp dport { 53, 67, 123, 547 } accept\n        tcp dport 53 accept\n",
    );
    outgoing(&mut text, manifest);
    text.push_str("    }\n}\n");
    Ok(text)
}

/// The networks that may come in; none where everything listens at loopback and SSH is not asked for.
fn lans(manifest: &StoreManifest, options: &Options) -> Result<BTreeSet<Lan>, RenderError> {
    if !options.lans.is_empty() {
        return Ok(options.lans.iter().copied().collect());
    }
    let mut found = BTreeSet::new();
    for (who, address) in listeners(manifest) {
        if address.is_unspecified() {
            return Err(RenderError::WhichLan { who });
        }
        if !address.is_loopback() {
            found.insert(Lan::around(address));
        }
    }
    Ok(found)
}

/// Who listens at which address of this machine.
fn listeners(manifest: &StoreManifest) -> Vec<(&'static str, IpAddr)> {
    let mut found = vec![("[node] http", manifest.node.http.ip())];
    if broker_is_here(manifest) {
        found.push(("[broker] host", manifest.broker.host));
    }
    found
}

fn broker_is_here(manifest: &StoreManifest) -> bool {
    match manifest.broker.mode {
        BrokerMode::Embedded | BrokerMode::MosquittoManaged => true,
        BrokerMode::External => has_own_broker(manifest),
    }
}

fn open_ports(manifest: &StoreManifest, options: &Options) -> BTreeSet<u16> {
    let mut ports = BTreeSet::new();
    if !manifest.node.http.ip().is_loopback() {
        ports.insert(manifest.node.http.port());
    }
    if broker_is_here(manifest) && !manifest.broker.host.is_loopback() {
        ports.extend([manifest.broker.tcp_port, manifest.broker.websocket_port]);
    }
    if options.ssh {
        ports.insert(22);
    }
    ports
}

/// The hub, a broker elsewhere, and the printers and whatever else has an address.
fn outgoing(text: &mut String, manifest: &StoreManifest) {
    let mut wanted: BTreeMap<String, u16> = BTreeMap::new();
    if !manifest.hub.is_loopback() {
        let address = manifest.hub.address();
        let port = address.rsplit_once(':').map_or("443", |(_, port)| port);
        let _ = writeln!(text, "        tcp dport {port} accept comment \"hub\"");
    }
    if !broker_is_here(manifest) {
        let _ = writeln!(
            text,
            "        {} daddr {} tcp dport {} accept comment \"broker\"",
            Lan::around(manifest.broker.host).family(),
            manifest.broker.host,
            manifest.broker.tcp_port
        );
    }
    for device in &manifest.devices {
        if let Port::Tcp(address) = &device.port
            && let Some((host, port)) = address.rsplit_once(':')
            && let Ok(port) = port.parse::<u16>()
        {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let whom = match host.parse::<IpAddr>() {
                Ok(ip) if ip.is_loopback() => continue,
                Ok(ip) => format!("{} daddr {ip} ", Lan::around(ip).family()),
                // A name may change its address: only the port can be said.
                Err(_) => String::new(),
            };
            wanted.insert(format!("        {whom}tcp dport {port} accept comment \"{}\"", device.id), port);
        }
    }
    for line in wanted.keys() {
        let _ = writeln!(text, "{line}");
    }
}
