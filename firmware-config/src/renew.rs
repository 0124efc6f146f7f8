//! The commands of `update`: they run what starts a version and ask whether the store is healthy; the library decides.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::{Args, Subcommand};
use firmware_config::update::{self, Bundle, Ended, Machine, Patience, Release, Slot, Slots};
use minisign_verify::PublicKey;

use crate::cli::{Failure, Outcome};

/// Longest answer of a health check that is read, bytes.
const ANSWER_MAX: u64 = 4_096;
/// How long a store may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// What `update` is asked.
#[derive(Debug, Args)]
pub struct Update {
    /// Folder of the two slots; services start from its `current`.
    #[arg(long, value_name = "DIR", default_value = "/opt/larder", global = true)]
    root: PathBuf,
    /// Public key that bundles must be signed with (minisign).
    #[arg(long, value_name = "FILE", default_value = "/etc/larder/update.pub", global = true)]
    key: PathBuf,
    /// What starts the version that `current` names.
    #[arg(
        long,
        value_name = "COMMAND",
        default_value = "systemctl restart larder-store-node larder-agent",
        global = true
    )]
    start: String,
    /// Whether the store is healthy: http://HOST:PORT/PATH that answers 200, or a command that ends with 0.
    #[arg(long, value_name = "CHECK", default_value = "http://127.0.0.1:8081/readyz", global = true)]
    health: String,
    /// Seconds a new version gets to be healthy.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, global = true)]
    within: u32,
    /// Milliseconds between two looks.
    #[arg(long, hide = true, default_value_t = 1_000, global = true)]
    every_ms: u32,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Says of a bundle, or of each on a stick, whether it would be taken.
    Check {
        /// A bundle, or a folder with bundles.
        path: PathBuf,
    },
    /// Lays a bundle into the free slot, starts it, and goes back if the store is not healthy in time.
    Apply {
        /// A bundle, or a folder: then the newest one that would be taken.
        path: PathBuf,
    },
    /// Says which versions lie here and which is in use.
    Status,
    /// Goes back to the version that was in use before.
    Rollback,
    /// Ends an update that a power cut broke off: for the start of the machine.
    Settle,
}

/// Does what was asked.
pub fn run(asked: Update, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let slots = Slots::at(&asked.root);
    match &asked.what {
        What::Check { path } => {
            let (key, state) = (public_key(&asked)?, slots.state()?);
            let mut wrong = false;
            for file in update::find(path)? {
                match Bundle::open(&file, &key).and_then(|b| state.admits(&b.release).map(|()| b)) {
                    Ok(bundle) => {
                        writeln!(out, "{}: {} would be taken", file.display(), told(&bundle.release))?
                    }
                    Err(error) => {
                        wrong = true;
                        writeln!(out, "{}: no: {error}", file.display())?;
                    }
                }
            }
            Ok(Outcome::wrong_if(wrong))
        }
        What::Apply { path } => apply(&asked, &slots, path, out),
        What::Status => status(&slots, out),
        What::Rollback => {
            let (release, healthy) = update::rollback(&slots, &mut Here(&asked), patience(&asked))?;
            writeln!(
                out,
                "{} is in use again{}",
                told(&release),
                if healthy { "" } else { ", and NOT healthy" }
            )?;
            Ok(Outcome::wrong_if(!healthy))
        }
        What::Settle => {
            let broken_off = update::settle(&slots, &mut Here(&asked))?;
            let words = if broken_off {
                "an update was broken off; the former version runs"
            } else {
                "nothing to settle"
            };
            writeln!(out, "{words}")?;
            Ok(Outcome::Well)
        }
    }
}

fn apply(
    asked: &Update,
    slots: &Slots,
    path: &std::path::Path,
    out: &mut dyn Write,
) -> Result<Outcome, Failure> {
    let key = public_key(asked)?;
    let mut best: Option<Bundle> = None;
    let mut fault = None;
    for file in update::find(path)? {
        match Bundle::open(&file, &key) {
            Ok(bundle) if best.as_ref().is_none_or(|best| bundle.release.counter > best.release.counter) => {
                best = Some(bundle);
            }
            Ok(_) => {}
            Err(error) => fault = Some(error),
        }
    }
    let bundle = match (best, fault) {
        (Some(bundle), _) => bundle,
        (None, Some(fault)) => return Err(fault.into()),
        (None, None) => return Err(Failure::NoBundle(path.to_owned())),
    };
    writeln!(out, "{} comes", told(&bundle.release))?;
    match update::apply(slots, &bundle, &mut Here(asked), patience(asked))? {
        Ended::Kept => {
            writeln!(out, "{} is in use", told(&bundle.release))?;
            Ok(Outcome::Well)
        }
        Ended::Former { healthy } => {
            let now = if healthy {
                "the former version runs and is healthy"
            } else {
                "the former version runs and is NOT healthy: `firmware-config doctor`"
            };
            writeln!(out, "{} was not healthy within {} s: {now}", told(&bundle.release), asked.within)?;
            Ok(Outcome::Wrong)
        }
    }
}

fn status(slots: &Slots, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let state = slots.state()?;
    for slot in [Slot::A, Slot::B] {
        let what = state.release(slot).map_or_else(|| "empty".to_owned(), told);
        let mark = if state.release(slot).is_some() && state.active == slot { "in use" } else { "" };
        writeln!(out, "{}  {what:<32} {mark}", slot.name())?;
    }
    writeln!(out, "taken are counters above {}", state.floor)?;
    Ok(Outcome::wrong_if(state.trial.is_some()))
}

fn patience(asked: &Update) -> Patience {
    let looks = (asked.within.saturating_mul(1_000) / asked.every_ms.max(1)).max(1);
    Patience { looks, steady: looks.min(3) }
}

fn told(release: &Release) -> String {
    format!("version {} (counter {})", release.version, release.counter)
}

fn public_key(asked: &Update) -> Result<PublicKey, Failure> {
    PublicKey::from_file(&asked.key)
        .map_err(|error| Failure::Key { path: asked.key.clone(), what: error.to_string() })
}

/// This machine.
struct Here<'a>(&'a Update);

impl Machine for Here<'_> {
    fn start(&mut self) {
        // Whether it worked is what the health check says.
        let _ = shell(&self.0.start);
    }

    #[expect(clippy::disallowed_methods, reason = "the pace of looks at a store that says nothing unasked")]
    fn look(&mut self) -> bool {
        std::thread::sleep(Duration::from_millis(self.0.every_ms.into()));
        match self.0.health.strip_prefix("http://") {
            Some(rest) => answers(rest).unwrap_or(false),
            None => shell(&self.0.health),
        }
    }
}

fn shell(command: &str) -> bool {
    let run = Command::new("/bin/sh").args(["-c", command]).stdin(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

/// Whether `HOST:PORT/PATH` answers 200.
fn answers(rest: &str) -> std::io::Result<bool> {
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut line = TcpStream::connect(host)?;
    line.set_read_timeout(Some(ANSWER_WITHIN))?;
    line.set_write_timeout(Some(ANSWER_WITHIN))?;
    write!(line, "GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n")?;
    let mut answer = String::new();
    let read = line.take(ANSWER_MAX).read_to_string(&mut answer);
    Ok(read.is_ok() && answer.split_whitespace().nth(1) == Some("200"))
}
