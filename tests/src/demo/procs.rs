//! The demo's processes: this same binary started again as hub, store node or agent, so that each has its own memory,
//! can be killed, and is measured from outside.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// Unit of processor times in /proc: USER_HZ, 100 on every architecture that Larder runs on.
const TICKS_PER_SECOND: u64 = 100;

/// A child process of the demo.
#[derive(Debug)]
pub struct Proc {
    name: String,
    log: PathBuf,
    child: Child,
}

impl Proc {
    /// Starts `demo ROLE CONFIG`; what it logs goes to `log`.
    pub fn start(role: &str, config: &Path, log: &Path, environment: &[(&str, String)]) -> Result<Self> {
        Self::start_from(&std::env::current_exe()?, role, config, log, environment)
    }

    /// As [`Proc::start`], from another binary that knows the roles.
    pub fn start_from(
        program: &Path,
        role: &str,
        config: &Path,
        log: &Path,
        environment: &[(&str, String)],
    ) -> Result<Self> {
        let log_file = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let child = Command::new(program)
            .arg(role)
            .arg(config)
            .envs(environment.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(log_file.try_clone()?)
            .stderr(log_file)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {role}"))?;
        Ok(Self { name: format!("{role} {}", config.display()), log: log.to_owned(), child })
    }

    /// Waits until `url` answers 200; says how long it took since the call.
    pub async fn ready(&mut self, http: &reqwest::Client, url: &str, limit: Duration) -> Result<Duration> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended at once ({status}); its log is {}", self.name, self.log.display());
            }
            if http.get(url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(begun.elapsed());
            }
            if begun.elapsed() > limit {
                let log = self.log.display();
                bail!("{} was not ready within {limit:?} at {url}; its log is {log}", self.name);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Resident memory in MiB, from /proc.
    pub fn rss_mb(&self) -> f64 {
        self.memory_mb("VmRSS:")
    }

    /// The most memory that was ever resident, MiB, from /proc.
    pub fn peak_rss_mb(&self) -> f64 {
        self.memory_mb("VmHWM:")
    }

    fn memory_mb(&self, what: &str) -> f64 {
        let path = format!("/proc/{}/status", self.child.id().unwrap_or(0));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(what));
        let kib: f64 = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0.0);
        kib / 1024.0
    }

    /// Processor time it has taken so far (user and system), from /proc.
    pub fn cpu(&self) -> Duration {
        let path = format!("/proc/{}/stat", self.child.id().unwrap_or(0));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        // The name in brackets may hold blanks; user and system time are the 12th and 13th field after it.
        let after = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let ticks: u64 =
            after.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
    }

    /// Asks it to stop; kills it when it has not within `limit`. Says whether it stopped by itself.
    pub async fn stop(mut self, limit: Duration) -> bool {
        if let Some(pid) =
            self.child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?))
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        if tokio::time::timeout(limit, self.child.wait()).await.is_ok() {
            return true;
        }
        let _ = self.child.kill().await;
        false
    }

    /// It stands still until it is killed: reads nothing, says nothing, and its connections stay open.
    pub fn freeze(&self) {
        let pid = self.child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::STOP);
        }
    }

    /// kill -9.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("kill -9")
    }
}
