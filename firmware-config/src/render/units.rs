//! systemd units and users for node, agent and broker: each sees only what it needs. `systemd-analyze security` gives
//! each 2.0 or less; a test holds that.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

use super::papers::Holder;
use super::{HEAD, Options, RenderError, has_own_broker};
use crate::devices::{Port, PortKind};
use crate::store::{BrokerMode, StoreManifest};

/// What every service of the store gives up.
pub(super) const WALLS: &str = "\
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=pid
PrivateUsers=yes
PrivateIPC=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
UMask=0077
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
";

/// Where the two versions of an update lie.
const UPDATES: &str = "/opt/larder";

/// Starts again whatever happens, and never gives up: a store has no one to type systemctl.
const AGAIN: &str = "Restart=always\nRestartSec=2\nOOMPolicy=stop\n";

pub(super) fn users(manifest: &StoreManifest) -> String {
    let mut text = format!(
        "{HEAD}u larder-node - \"Larder store node\" {}\nu larder-agent - \"Larder device agent\" /var/lib/larder-agent\n\
         m larder-agent dialout\nm larder-agent lp\n",
        manifest.node.data_dir.display()
    );
    for extra in extras(manifest) {
        // A mini PC has no group for GPIO chips; a Raspberry Pi has.
        let _ = writeln!(text, "g {group} -\nm larder-agent {group}", group = extra.group);
    }
    if has_own_broker(manifest) {
        text.push_str("u larder-mosquitto - \"Larder broker\" /var/lib/larder-mosquitto\n");
    }
    text
}

pub(super) fn node(manifest: &StoreManifest, options: &Options) -> Result<String, RenderError> {
    let program = plain(&options.programs.join("store-node"))?;
    let data = plain(&manifest.node.data_dir)?;
    let after = if has_own_broker(manifest) { " larder-mosquitto.service" } else { "" };
    let broker = match manifest.broker.mode {
        BrokerMode::Embedded => "# The node is the MQTT broker as well.\n",
        BrokerMode::MosquittoManaged => "# The node starts and watches Mosquitto itself.\n",
        BrokerMode::External => "",
    };
    // The folder is made by systemd where it is one of its own; elsewhere it has to be there.
    let state = manifest.node.data_dir.strip_prefix("/var/lib").ok().map(Path::to_path_buf);
    let state = match state {
        Some(below) if !below.as_os_str().is_empty() => {
            format!("StateDirectory={}\nStateDirectoryMode=0700\n", below.display())
        }
        Some(_) | None => format!("ReadWritePaths={data}\n"),
    };
    Ok(format!(
        "{HEAD}[Unit]\nDescription=Larder store node {store}\nWants=larder-settle.service\n\
         After=network.target time-sync.target larder-settle.service{after}\nStartLimitIntervalSec=0\n\n\
         [Service]\n# Ready when it says so: the agent, which comes after it, finds its password and a broker.\n\
         Type=notify\nNotifyAccess=main\nTimeoutStartSec=300\n{broker}ExecStart={program} serve --config %d/store.toml\n\
         # The file holds the hub's token: root alone reads it, the service gets its own copy.\n\
         LoadCredential=store.toml:/etc/larder/store.toml\nUser=larder-node\n{state}{AGAIN}\
         # Leaves time to answer what is in work and to close the database.\nTimeoutStopSec=20\nKillMode=mixed\n\
         MemoryMax=1G\nTasksMax=256\nPrivateDevices=yes\nDevicePolicy=closed\n{WALLS}\n\
         [Install]\nWantedBy=multi-user.target\n",
        store = manifest.store.id,
    ))
}

/// Ends an update that a power cut broke off, before the programs of `current` are started, and before each later start of
/// the node: who broke off may have been the person, not the power. While `update apply` runs, it holds the slots, and this
/// leaves them alone. It lies outside the slots, so that no half version judges itself; what starts the store afterwards is
/// its own unit, and what `update apply` keeps has been healthy.
pub(super) fn settle() -> String {
    let walls = WALLS
        .replace("RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\n", "RestrictAddressFamilies=AF_UNIX\n");
    format!(
        "{HEAD}[Unit]\nDescription=Larder update that was broken off\n\
         ConditionPathExists={UPDATES}\nAfter=local-fs.target\n\
         Before=larder-store-node.service larder-agent.service\n\n\
         [Service]\nType=oneshot\n\
         # The node comes next, from the version that this leaves in `current`; an agent that runs has the other one still.\n\
         ExecStart=/usr/bin/firmware-config update settle --root {UPDATES} \
         --start \"/bin/systemctl --no-block try-restart larder-agent.service\"\n\
         ReadWritePaths={UPDATES}\nPrivateNetwork=yes\nIPAddressDeny=any\nPrivateDevices=yes\nDevicePolicy=closed\n\
         MemoryMax=64M\nTasksMax=16\n{walls}\n[Install]\nWantedBy=multi-user.target\n"
    )
}

pub(super) fn agent(manifest: &StoreManifest, options: &Options) -> Result<String, RenderError> {
    let program = plain(&options.programs.join("device-agent"))?;
    let secret = match manifest.broker.mode {
        BrokerMode::Embedded | BrokerMode::MosquittoManaged => {
            plain(&manifest.node.data_dir.join("agent.secret"))?
        }
        BrokerMode::External if has_own_broker(manifest) => {
            plain(&manifest.node.data_dir.join("agent.secret"))?
        }
        BrokerMode::External => "/etc/larder/agent.secret".to_owned(),
    };
    let holder = manifest.broker.tls.as_ref().and_then(Holder::agent);
    let (wants, copies) = holder.as_ref().map(Holder::lines).transpose()?.unwrap_or_default();
    let papers = if holder.is_some() { " --papers \"%d\"" } else { "" };
    let after = match manifest.broker.mode {
        BrokerMode::Embedded | BrokerMode::MosquittoManaged => " larder-store-node.service",
        // The node makes the password all the same.
        BrokerMode::External if has_own_broker(manifest) => {
            " larder-store-node.service larder-mosquitto.service"
        }
        BrokerMode::External => "",
    };
    let mut allowed = String::new();
    for address in addresses(manifest) {
        let _ = writeln!(allowed, "IPAddressAllow={address}");
    }
    let deny = if names_a_host(manifest) { String::new() } else { format!("IPAddressDeny=any\n{allowed}") };
    let buses = buses(manifest);
    let walls = WALLS.replace("PrivateUsers=yes\n", "");
    let extras = extras(manifest);
    let groups: String = extras.iter().map(|extra| format!(" {}", extra.group)).collect();
    let nodes = extras.iter().flat_map(|extra| extra.nodes);
    let nodes: String = nodes.map(|node| format!("DeviceAllow={node} rw\n")).collect();
    Ok(format!(
        "{HEAD}[Unit]\nDescription=Larder device agent of {store}\nAfter=network.target{after}\n{wants}StartLimitIntervalSec=0\n\n\
         [Service]\nType=exec\nLoadCredential=store.toml:/etc/larder/store.toml\nLoadCredential=mqtt:{secret}\n{copies}\
         # The password stays off the command line; the shell is replaced by the agent.\n\
         ExecStart=/bin/sh -c 'LARDER_MQTT_USER=agent LARDER_MQTT_PASSWORD=\"$$(cat \"%d/mqtt\")\" \
         exec {program} --config \"%d/store.toml\"{papers} --data /var/lib/larder-agent'\n\
         User=larder-agent\nSupplementaryGroups=dialout lp{groups}\nStateDirectory=larder-agent\nStateDirectoryMode=0700\n{AGAIN}\
         # Leaves time to end a label and to say farewell.\nTimeoutStopSec=10\nMemoryMax=128M\nTasksMax=256\n\
         # Serial lines and USB printers, and nothing else of /dev.\nDevicePolicy=closed\n\
         DeviceAllow=char-ttyACM rw\nDeviceAllow=char-ttyUSB rw\nDeviceAllow=char-ttyS rw\nDeviceAllow=char-usb rw\nDeviceAllow=char-lp rw\n{nodes}\
         {buses}{deny}{walls}\n[Install]\nWantedBy=multi-user.target\n",
        store = manifest.store.id,
    ))
}

/// The buses of sensors, where the store has any on them.
fn buses(manifest: &StoreManifest) -> String {
    let mut text = String::new();
    for (kind, class) in [(PortKind::I2c, "char-i2c"), (PortKind::Spi, "char-spi")] {
        if manifest.devices.iter().any(|device| device.port.kind() == kind) {
            let _ = writeln!(text, "DeviceAllow={class} rw");
        }
    }
    text
}

pub(super) fn broker(manifest: &StoreManifest) -> Result<String, RenderError> {
    let holder = manifest.broker.tls.as_ref().map(Holder::broker);
    let (wants, copies) = holder.as_ref().map(Holder::lines).transpose()?.unwrap_or_default();
    Ok(format!(
        "{HEAD}[Unit]\nDescription=Larder broker (Mosquitto)\nAfter=network.target\n{wants}StartLimitIntervalSec=0\n\n\
         [Service]\nType=notify\nNotifyAccess=main\n{copies}ExecStart=/usr/sbin/mosquitto -c /etc/larder/mosquitto.conf\n\
         ExecReload=/bin/kill -HUP $MAINPID\nUser=larder-mosquitto\nStateDirectory=larder-mosquitto\nStateDirectoryMode=0700\n\
         {AGAIN}MemoryMax=256M\nTasksMax=32\nLimitNOFILE=4096\nPrivateDevices=yes\nDevicePolicy=closed\n{WALLS}\n\
         [Install]\nWantedBy=multi-user.target\n"
    ))
}

/// What only some stores plug in.
struct Extra {
    group: &'static str,
    nodes: &'static [&'static str],
}

/// Keyboards that are scanners, and GPIO lines, where the manifest has any.
fn extras(manifest: &StoreManifest) -> Vec<Extra> {
    let has = |wanted: fn(&Port) -> bool| manifest.devices.iter().any(|device| wanted(&device.port));
    let input = has(|port| matches!(port, Port::File(path) if path.starts_with("/dev/input")));
    let gpio = has(|port| matches!(port, Port::Gpio(..)));
    let input = input.then_some(Extra { group: "input", nodes: &["char-input"] });
    // The registers of a Raspberry Pi's lines, up to 4 and from 5 on: the feature `raspberry-pi` maps them. Elsewhere there
    // are no such nodes, and nothing is allowed.
    let nodes = &["char-gpiochip", "/dev/gpiomem", "/dev/gpiomem0"];
    let gpio = gpio.then_some(Extra { group: "gpio", nodes });
    input.into_iter().chain(gpio).collect()
}

/// Where the agent has to reach: this machine, the broker, devices with an address.
fn addresses(manifest: &StoreManifest) -> BTreeSet<String> {
    let mut found = BTreeSet::from(["localhost".to_owned()]);
    if !manifest.broker.host.is_loopback() {
        found.insert(manifest.broker.host.to_string());
    }
    let devices = manifest.devices.iter().filter_map(|device| host(&device.port));
    found.extend(
        devices
            .filter_map(|host| host.parse::<IpAddr>().ok())
            .filter(|ip| !ip.is_loopback())
            .map(|ip| ip.to_string()),
    );
    found
}

/// A device under a name: its address is not known here, so the agent may speak to any.
fn names_a_host(manifest: &StoreManifest) -> bool {
    let mut hosts = manifest.devices.iter().filter_map(|device| host(&device.port));
    hosts.any(|host| host != "localhost" && host.parse::<IpAddr>().is_err())
}

fn host(port: &Port) -> Option<&str> {
    match port {
        Port::Tcp(address) => {
            let (host, _) = address.rsplit_once(':')?;
            Some(host.trim_start_matches('[').trim_end_matches(']'))
        }
        Port::Serial(_) | Port::File(_) | Port::I2c(..) | Port::Spi(_) | Port::Gpio(..) => None,
    }
}

/// A path that means in a unit file what it says.
pub(super) fn plain(path: &Path) -> Result<String, RenderError> {
    let text = path.to_string_lossy();
    let fits = |sign: char| sign.is_ascii_alphanumeric() || "/-_.".contains(sign);
    if text.starts_with('/') && text.chars().all(fits) {
        Ok(text.into_owned())
    } else {
        Err(RenderError::Path(path.to_owned()))
    }
}
