//! The commands of `update`: they run what starts a version and ask whether the store is healthy; the library decides.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::{Args, Subcommand};
use firmware_config::update::{
    self, Adopted, Bundle, Ended, Machine, Patience, Place, Release, Settled, Slots,
};
use firmware_config::{doctor, load};
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
    /// Folder of what the package brought.
    #[arg(long, hide = true, value_name = "DIR", default_value = "/usr/lib/larder-store", global = true)]
    package: PathBuf,
    /// What starts the version that `current` names.
    #[arg(
        long,
        value_name = "COMMAND",
        default_value = "systemctl --no-block restart larder-store-node larder-agent",
        global = true
    )]
    start: String,
    /// Services that have to run, and from the version on trial; "" asks for none.
    #[arg(long, value_name = "UNITS", default_value = "larder-store-node larder-agent", global = true)]
    services: String,
    /// Whether the store is healthy: http://HOST:PORT/PATH that answers 200, or a command that ends with 0. Without it,
    /// /readyz of the node of store.toml.
    #[arg(long, value_name = "CHECK", global = true)]
    health: Option<String>,
    /// The store's file.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/larder/store.toml",
        env = "LARDER_STORE_CONFIG",
        global = true
    )]
    config: PathBuf,
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
    /// Goes back to the version that was in use before, or to the package's.
    Rollback,
    /// Ends an update that a power cut broke off: for the start of the machine.
    Settle,
    /// Packs a folder (bin/store-node, bin/device-agent) as a bundle, and says how it is signed.
    Pack {
        /// The folder.
        folder: PathBuf,
        /// Which version it is: {"version": "1.4.0", "counter": 17}.
        #[arg(long, value_name = "FILE")]
        release: PathBuf,
        /// The bundle (NAME.larder).
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Takes up what the package brought, unless a newer bundle is in use: for the installation of the package.
    Adopt {
        /// What the package says of itself.
        #[arg(long, value_name = "FILE", default_value = "/usr/share/larder-store/release.json")]
        release: PathBuf,
    },
}

/// Does what was asked.
pub fn run(asked: Update, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let slots = Slots::at(&asked.root, &asked.package);
    match &asked.what {
        What::Check { path } => check(&asked, &slots, path, out),
        What::Apply { path } => apply(&asked, &slots, path, out),
        What::Status => status(&slots, out),
        What::Rollback => {
            let (release, healthy) =
                update::rollback(&slots, &mut Here::of(&asked, &slots)?, patience(&asked))?;
            writeln!(
                out,
                "{} is in use again{}",
                told(&release),
                if healthy { "" } else { ", and NOT healthy" }
            )?;
            Ok(Outcome::wrong_if(!healthy))
        }
        What::Settle => {
            let words = match update::settle(&slots, &mut Starts(&asked.start))? {
                Settled::Nothing => "nothing to settle",
                Settled::UnderWay => "an update is under way; it ends by itself",
                Settled::BrokenOff => "an update was broken off; the former version runs",
                Settled::Mended => "`current` did not name what is in use; now it does",
            };
            writeln!(out, "{words}")?;
            Ok(Outcome::Well)
        }
        What::Pack { folder, release, out: file } => {
            let Release { version, counter } = update::release(release)?;
            update::pack(folder, file)?;
            let file = file.display();
            writeln!(out, "sign it: minisign -S -t 'larder version={version} counter={counter}' -m {file}")?;
            Ok(Outcome::Well)
        }
        What::Adopt { release } => adopt(&slots, release, out),
    }
}

fn check(asked: &Update, slots: &Slots, path: &Path, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (key, state) = (public_key(asked)?, slots.state()?);
    let mut wrong = false;
    for file in update::find(path)? {
        match Bundle::open(&file, &key).and_then(|b| state.admits(&b.release).map(|()| b)) {
            Ok(bundle) => writeln!(out, "{}: {} would be taken", file.display(), told(&bundle.release))?,
            Err(error) => {
                wrong = true;
                writeln!(out, "{}: no: {error}", file.display())?;
            }
        }
    }
    Ok(Outcome::wrong_if(wrong))
}

fn adopt(slots: &Slots, release: &Path, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let package = update::release(release)?;
    match update::adopt(slots, package.clone())? {
        Adopted::Package => writeln!(out, "{} of the package is used", told(&package))?,
        Adopted::Newer(bundle) => writeln!(
            out,
            "{} of a bundle stays in use: the package's is older, {}; `firmware-config update rollback` goes back",
            told(&bundle),
            told(&package)
        )?,
    }
    Ok(Outcome::Well)
}

fn apply(asked: &Update, slots: &Slots, path: &Path, out: &mut dyn Write) -> Result<Outcome, Failure> {
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
    let mut here = Here::of(asked, slots)?;
    writeln!(out, "{} comes", told(&bundle.release))?;
    match update::apply(slots, &bundle, &mut here, patience(asked))? {
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
    for place in Place::ALL {
        let what = state.release(place).map_or_else(|| "empty".to_owned(), told);
        let mark = if state.release(place).is_some() && state.active == place { "in use" } else { "" };
        writeln!(out, "{:<8} {what:<32} {mark}", place.name())?;
    }
    writeln!(out, "taken are bundles with counters above {}", state.floor)?;
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

/// What starts a version, where nobody waits for how it goes.
struct Starts<'a>(&'a str);

impl Machine for Starts<'_> {
    fn start(&mut self) {
        // Whether it worked is what the health check says.
        let _ = shell(self.0);
    }

    fn look(&mut self) -> bool {
        false
    }
}

/// This machine.
struct Here<'a> {
    asked: &'a Update,
    /// Where services have to run from.
    programs: PathBuf,
    health: String,
    /// The processes of the services at the last look.
    seen: Option<Vec<u32>>,
}

impl<'a> Here<'a> {
    fn of(asked: &'a Update, slots: &Slots) -> Result<Self, Failure> {
        let health = match &asked.health {
            Some(health) => health.clone(),
            None => format!("http://{}/readyz", doctor::reachable(load(&asked.config)?.node.http)),
        };
        Ok(Self { asked, programs: slots.programs(), health, seen: None })
    }

    /// The processes of the services, if each runs and its program is one of `current`: a store that answers by its former
    /// programs says nothing about the new ones.
    fn running(&self) -> Option<Vec<u32>> {
        let programs = std::fs::canonicalize(&self.programs).ok()?;
        self.asked.services.split_whitespace().map(|unit| running_from(&programs, unit)).collect()
    }
}

impl Machine for Here<'_> {
    fn start(&mut self) {
        Starts(&self.asked.start).start();
    }

    #[expect(clippy::disallowed_methods, reason = "the pace of looks at a store that says nothing unasked")]
    fn look(&mut self) -> bool {
        std::thread::sleep(Duration::from_millis(self.asked.every_ms.into()));
        let running = self.running();
        // What is started again and again has another process at each look.
        let stays = running.is_some() && running == self.seen;
        self.seen = running;
        stays
            && match self.health.strip_prefix("http://") {
                Some(rest) => answers(rest).unwrap_or(false),
                None => shell(&self.health),
            }
    }
}

/// The process of a service, if its program lies in this folder.
fn running_from(programs: &Path, unit: &str) -> Option<u32> {
    let mut ask = Command::new("systemctl");
    let told =
        ask.args(["show", "--property=MainPID", "--value", unit]).stdin(Stdio::null()).output().ok()?;
    let pid: u32 = String::from_utf8_lossy(&told.stdout).trim().parse().ok()?;
    let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    (program.parent() == Some(programs)).then_some(pid)
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
