//! PostgreSQL 15 and Redis 7 of Debian, started privately for a benchmark: an own data folder, a Unix socket and no TCP
//! port, ended with the value. Never the system's own servers.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Where Debian keeps PostgreSQL 15's programs.
const PG_BIN: &str = "/usr/lib/postgresql/15/bin";

/// How long a server may take to be ready.
const READY_LIMIT: Duration = Duration::from_secs(30);

/// A running server. Dropping it ends the process and removes its folder.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    stop: Signal,
    dir: TempDir,
}

impl Peer {
    /// The folder of its socket.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    fn start(mut command: Command, dir: TempDir, stop: Signal, ready: &str) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().with_context(|| format!("starting {name}: is it installed?"))?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (say, heard) = std::sync::mpsc::sync_channel(1);
        for pipe in [out.map(|p| Box::new(p) as Box<dyn Read + Send>), err.map(|p| Box::new(p) as _)] {
            let (say, ready) = (say.clone(), ready.to_owned());
            // Reads to the end, so that the server never waits for a full pipe.
            std::thread::spawn(move || {
                for line in BufReader::new(pipe?).lines().map_while(Result::ok) {
                    if line.contains(&ready) {
                        let _ = say.try_send(());
                    }
                }
                Some(())
            });
        }
        drop(say);
        let peer = Self { child, stop, dir };
        match heard.recv_timeout(READY_LIMIT) {
            Ok(()) => Ok(peer),
            Err(why) => bail!("{name} is not ready: {why}"),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, self.stop);
        }
        let _ = self.child.wait();
    }
}

/// PostgreSQL on a cluster of its own below `base`, `fsync` and `synchronous_commit` on, everything else as Debian ships
/// it but for 256 MiB of shared buffers. User and database: see [`postgres_url`].
///
/// # Errors
/// When it is not installed, or the folder cannot be given to the user `postgres` (initdb refuses root).
pub fn postgres(base: &Path) -> Result<Peer> {
    let dir = tempfile::Builder::new().prefix("larder-pg").tempdir_in(base)?;
    let owner = owner()?;
    if let Some((uid, gid)) = owner {
        std::os::unix::fs::chown(dir.path(), Some(uid), Some(gid))
            .context("giving the folder to postgres")?;
    }
    let program = |name: &str| {
        let mut command = Command::new(Path::new(PG_BIN).join(name));
        command.current_dir("/").env("LC_ALL", "C");
        if let Some((uid, gid)) = owner {
            command.uid(uid).gid(gid);
        }
        command
    };
    let data = dir.path().join("data");
    let made = program("initdb")
        .args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--username=larder", "-D"])
        .arg(&data)
        .output()
        .context("initdb: is postgresql-15 installed?")?;
    if !made.status.success() {
        bail!("initdb: {}", String::from_utf8_lossy(&made.stderr).trim());
    }
    let mut server = program("postgres");
    server.arg("-D").arg(&data).arg("-k").arg(dir.path());
    for setting in [
        "listen_addresses=",
        "fsync=on",
        "synchronous_commit=on",
        "shared_buffers=256MB",
        "max_connections=100",
    ] {
        server.args(["-c", setting]);
    }
    Peer::start(server, dir, Signal::INT, "database system is ready to accept connections")
}

/// How to reach it.
pub fn postgres_url(peer: &Peer) -> String {
    format!("host={} user=larder dbname=postgres", peer.dir().display())
}

/// Redis in memory only: no snapshot, no append-only file. Not durable.
///
/// # Errors
/// When it is not installed.
pub fn redis(base: &Path) -> Result<Peer> {
    let dir = tempfile::Builder::new().prefix("larder-redis").tempdir_in(base)?;
    let mut server = Command::new("redis-server");
    server
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(redis_socket(dir.path()));
    server.arg("--dir").arg(dir.path());
    Peer::start(server, dir, Signal::TERM, "ready to accept connections")
}

/// How to reach it.
pub fn redis_url(peer: &Peer) -> String {
    format!("unix://{}", redis_socket(peer.dir()).display())
}

fn redis_socket(dir: &Path) -> PathBuf {
    dir.join("redis.sock")
}

/// Whom the cluster must belong to when we are root: user and group of `postgres`.
fn owner() -> Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let fields: Vec<&str> =
        line.context("there is no user postgres: install postgresql-15")?.split(':').collect();
    let number = |at: usize| fields.get(at).context("/etc/passwd")?.parse::<u32>().context("/etc/passwd");
    Ok(Some((number(2)?, number(3)?)))
}
