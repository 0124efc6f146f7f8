//! Brokers for the packet cases of program `mqtt-cases`: ours as the node opens it, and Mosquitto by the file that
//! `firmware-config render` writes for it. Of both only the door is changed: the cases know no user and no certificate.

use crate::scorecard::stage::{free_ports, store_toml};
use anyhow::{Context, Result, anyhow, bail};
use firmware_config::{StoreManifest, render};
use mqtt_cases::{Deviation, known};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store_broker::{Broker, OpenGate};
use store_node::broker::{BrokerSetup, settings};

/// A broker has to accept a connection within this time.
const UP_LIMIT: Duration = Duration::from_secs(10);
/// Where Debian and others keep Mosquitto.
const PROGRAMS: [&str; 3] = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"];

/// A broker that plays the cases.
#[derive(Debug)]
pub struct Stand {
    /// Where it listens.
    pub at: SocketAddr,
    /// What it is known to read otherwise.
    pub deviations: &'static [Deviation],
    _ours: Option<(Box<Broker>, tempfile::TempDir)>,
    _mosquitto: Option<(Ended, tempfile::TempDir)>,
}

/// A process that ends with us.
#[derive(Debug)]
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Stand {
    /// The embedded broker with the node's own settings: its limits, and retained messages on disk.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn embedded() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("larder-cases").tempdir()?;
        let setup = BrokerSetup {
            bind: Ipv4Addr::LOCALHOST.into(),
            tcp_port: 0,
            ws_port: 0,
            dir: folder.path().to_owned(),
            tls: None,
        };
        let broker = Broker::start(settings(&setup, None), Arc::new(OpenGate)).await?;
        let (at, ours) = (broker.tcp(), Some((Box::new(broker), folder)));
        Ok(Self { at, deviations: known::EMBEDDED, _ours: ours, _mosquitto: None })
    }

    /// Mosquitto by the rendered file of a store whose broker is a service of its machine.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub fn mosquitto() -> Result<Self> {
        let program = PROGRAMS.into_iter().find(|path| Path::new(path).exists());
        let program = program.context("mosquitto is missing: apt-get install mosquitto")?;
        let folder = tempfile::Builder::new().prefix("larder-cases").tempdir()?;
        let ports = free_ports()?;
        let file = folder.path().join("mosquitto.conf");
        std::fs::write(&file, mosquitto_conf(folder.path(), ports)?)?;
        let quiet = || Stdio::null();
        let child = Command::new(program)
            .arg("-c")
            .arg(&file)
            .stdin(quiet())
            .stdout(quiet())
            .stderr(quiet())
            .spawn()?;
        let (child, at) = (Ended(child), SocketAddr::from((Ipv4Addr::LOCALHOST, ports[1])));
        let began = Instant::now();
        while std::net::TcpStream::connect(at).is_err() {
            if began.elapsed() > UP_LIMIT {
                bail!("mosquitto does not listen at {at} after {UP_LIMIT:?}");
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        Ok(Self { at, deviations: known::MOSQUITTO, _ours: None, _mosquitto: Some((child, folder)) })
    }

    /// A broker that runs already and lets anybody in. Nothing is known of it.
    pub const fn running(at: SocketAddr) -> Self {
        Self { at, deviations: &[], _ours: None, _mosquitto: None }
    }
}

/// The rendered mosquitto.conf with an open door: anybody may come in to everything, and the folder is ours, not the
/// service's. Limits, persistence and listeners stand as they do in a store.
fn mosquitto_conf(folder: &Path, ports: [u16; 3]) -> Result<String> {
    let toml = store_toml(folder, ports, "").replace("\"embedded\"", "\"external\"");
    let manifest: StoreManifest = firmware_config::parse(&toml).map_err(|faults| anyhow!("{faults:?}"))?;
    let options = render::Options {
        lans: vec!["127.0.0.0/8".parse()?],
        ssh: false,
        programs: "/opt/larder/current/bin".into(),
        time_servers: vec![],
    };
    let files = render::files(&manifest, &options)?;
    let conf = files.iter().find(|file| file.path.ends_with("/mosquitto.conf"));
    let text = &conf.context("no mosquitto.conf is rendered")?.text;
    let lines = text.lines().filter_map(|line| match line.split_once(' ') {
        Some(("allow_anonymous", _)) => Some("allow_anonymous true".to_owned()),
        Some(("password_file" | "acl_file", _)) => None,
        Some(("persistence_location", _)) => Some(format!("persistence_location {}/", folder.display())),
        Some(_) | None => Some(line.to_owned()),
    });
    // Started by root it would change to a user that cannot enter the folder.
    Ok(lines.chain(["user root".to_owned()]).map(|line| line + "\n").collect())
}
