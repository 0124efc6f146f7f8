//! A Mosquitto that the node runs itself: writes its configuration, users and access rules, keeps it running, tells it to
//! reload. Never speaks MQTT (mqtt.rs does).

use super::files::Change;
use super::{AccessRules, BrokerError, BrokerSetup, INFLIGHT_MAX, TlsFiles};
use firmware_config::BrokerTls;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// How long a freshly started broker may take until it accepts a connection.
pub(super) const START_LIMIT: Duration = Duration::from_secs(5);
/// Pause before a broker that ended is started again.
const RESTART_PAUSE: Duration = Duration::from_millis(500);

/// A running Mosquitto that this node owns. Ends with it.
#[derive(Debug)]
pub struct ManagedBroker {
    setup: BrokerSetup,
    child: Child,
}

impl ManagedBroker {
    /// Writes the files, ends a broker that an earlier crash of this node left behind, starts a new one and waits until
    /// it accepts connections.
    pub async fn start(setup: BrokerSetup, rules: &AccessRules) -> Result<Self, BrokerError> {
        make_dir(&setup.dir)?;
        end_leftover(&setup.dir);
        for port in [setup.tcp_port, setup.ws_port] {
            wait_until_free(SocketAddr::new(setup.bind, port)).await?;
        }
        write_files(&setup, rules)?;
        let child = spawn(&setup)?;
        let mut broker = Self { setup, child };
        broker.wait_until_up().await?;
        Ok(broker)
    }

    /// New users or rules: writes the files and lets the broker read them without dropping a connection.
    pub fn reload(&self, rules: &AccessRules) -> Result<(), BrokerError> {
        write_access(&self.setup.dir, rules)?;
        self.hang_up();
        Ok(())
    }

    /// Lets it read its files again: users, rules, certificates.
    fn hang_up(&self) {
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            signal(pid, rustix::process::Signal::HUP);
        }
    }

    /// Watches the broker until `stop`: one that ends by itself is started again. Ends it at `stop`.
    pub async fn supervise(
        mut self,
        mut files: TlsFiles,
        mut reloads: tokio::sync::watch::Receiver<AccessRules>,
        stop: CancellationToken,
    ) {
        let mut out = files.revoked();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                change = files.changed() => match change {
                    Change::Revoked => {
                        let now = files.revoked();
                        if now.is_subset(&out) { self.hang_up() } else { self.start_over().await }
                        out = now;
                    }
                    Change::Renewed(_) => self.hang_up(),
                },
                changed = reloads.changed() => {
                    if changed.is_err() { stop.cancelled().await; break; }
                    let rules = reloads.borrow_and_update().clone();
                    if let Err(error) = self.reload(&rules) {
                        tracing::error!(%error, "broker rules not reloaded");
                    }
                }
                ended = self.child.wait() => {
                    tracing::error!(status = ?ended.ok(), "broker ended by itself; starting it again");
                    tokio::time::sleep(RESTART_PAUSE).await;
                    self.spawn_again();
                }
            }
        }
        self.end().await;
    }

    /// Somebody's certificate was taken back: Mosquitto asks for it at the next handshake only, and has no word that ends a
    /// connection. So all of them end; who may come is back within a second, with its session, and says what it had to say.
    async fn start_over(&mut self) {
        tracing::warn!(
            "a certificate was taken back: the broker starts again, so that nobody stays connected with it"
        );
        self.end().await;
        self.spawn_again();
    }

    /// Where it cannot be started, the loop around this finds it ended and tries again.
    fn spawn_again(&mut self) {
        match spawn(&self.setup) {
            Ok(child) => self.child = child,
            Err(error) => tracing::error!(%error, "broker not started"),
        }
    }

    async fn end(&mut self) {
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            signal(pid, rustix::process::Signal::TERM);
        }
        if tokio::time::timeout(Duration::from_secs(2), self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
        let _ = std::fs::remove_file(self.setup.dir.join("mosquitto.pid"));
    }

    async fn wait_until_up(&mut self) -> Result<(), BrokerError> {
        let up = async {
            for port in [self.setup.tcp_port, self.setup.ws_port] {
                while tokio::net::TcpStream::connect((self.setup.bind, port)).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        };
        tokio::time::timeout(START_LIMIT, up)
            .await
            .map_err(|_| BrokerError::NotUp { log: self.setup.dir.join("mosquitto.log") })
    }
}

pub(super) fn make_dir(dir: &Path) -> Result<(), BrokerError> {
    std::fs::create_dir_all(dir).map_err(|source| BrokerError::File { path: dir.to_owned(), source })
}

fn write_files(setup: &BrokerSetup, rules: &AccessRules) -> Result<(), BrokerError> {
    write(&setup.dir.join("mosquitto.conf"), &configuration(setup))?;
    write_access(&setup.dir, rules)
}

pub(super) fn write_access(dir: &Path, rules: &AccessRules) -> Result<(), BrokerError> {
    write(&dir.join("users"), &rules.users_file())?;
    write(&dir.join("acl"), &rules.acl_file())
}

/// Writes beside and renames, so that a reload never reads half a file.
fn write(path: &Path, text: &str) -> Result<(), BrokerError> {
    use std::os::unix::fs::OpenOptionsExt;
    let fault = |source| BrokerError::File { path: path.to_owned(), source };
    let part = path.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&part).map_err(fault)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(fault)?;
    std::fs::rename(&part, path).map_err(fault)
}

/// mosquitto.conf: both listeners, nobody anonymous, TCP_NODELAY (else a round trip takes 43 ms), durable retained state.
fn configuration(setup: &BrokerSetup) -> String {
    let BrokerSetup { bind, tcp_port, ws_port, dir, tls } = setup;
    let dir = dir.display();
    let (devices, handhelds) = tls.as_ref().map(encryption).unwrap_or_default();
    let payload = model::mqtt::PAYLOAD_BYTES_MAX;
    format!(
        "per_listener_settings false\nallow_anonymous false\nuser root\npassword_file {dir}/users\nacl_file {dir}/acl\n\
         pid_file {dir}/mosquitto.pid\nlog_dest file {dir}/mosquitto.log\nlog_type error\nlog_type warning\n\
         persistence true\npersistence_location {dir}/\nautosave_interval 1\nautosave_on_changes true\n\
         set_tcp_nodelay true\nmax_inflight_messages {INFLIGHT_MAX}\nmax_queued_messages 10000\n\
         message_size_limit {payload}\npersistent_client_expiration 30d\n\
         listener {tcp_port} {bind}\n{devices}listener {ws_port} {bind}\nprotocol websockets\n{handhelds}"
    )
}

/// What each listener needs: devices show a certificate, whose common name is the user; handhelds have tokens.
fn encryption(tls: &BrokerTls) -> (String, String) {
    let BrokerTls { ca, cert, key, crl, .. } = tls;
    let crl = crl.as_ref().map(|crl| format!("crlfile {}\n", crl.display())).unwrap_or_default();
    let files = format!("cafile {}\ncertfile {}\nkeyfile {}\n", ca.display(), cert.display(), key.display());
    (format!("{files}{crl}require_certificate true\nuse_identity_as_username true\n"), files)
}

fn spawn(setup: &BrokerSetup) -> Result<Child, BrokerError> {
    let program = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .ok_or(BrokerError::Missing)?;
    Command::new(program)
        .arg("-c")
        .arg(setup.dir.join("mosquitto.conf"))
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .process_group(0) // Ctrl-C reaches the node alone; the node ends its broker after its last answer
        .kill_on_drop(true)
        .spawn()
        .map_err(BrokerError::Spawn)
}

/// A node that was killed leaves its broker running; the pid file names it. Only a mosquitto with our own file is ended.
fn end_leftover(dir: &Path) {
    let Ok(text) = std::fs::read_to_string(dir.join("mosquitto.pid")) else { return };
    let Ok(pid) = text.trim().parse::<i32>() else { return };
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let ours = dir.join("mosquitto.conf").display().to_string();
    if String::from_utf8_lossy(&line).contains(&ours) {
        signal(pid, rustix::process::Signal::TERM);
    }
}

async fn wait_until_free(at: SocketAddr) -> Result<(), BrokerError> {
    let free = async {
        while std::net::TcpListener::bind(at).is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let limit = Duration::from_secs(2);
    tokio::time::timeout(limit, free).await.map_err(|_| BrokerError::PortBusy { port: at.port() })
}

fn signal(pid: i32, signal: rustix::process::Signal) {
    if let Some(pid) = rustix::process::Pid::from_raw(pid) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}
