//! The commands of `enrol`: they read the clock and the system's random numbers, the library does the rest.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use firmware_config::enrol::{
    Applicant, Authority, CODE_MINUTES, Code, EnrolError, Papers, Standing, broker_tls, qr,
};
use firmware_config::{StoreManifest, load};
use model::DeviceId;

use crate::cli::{Failure, Outcome, json};
use crate::machine::now;

/// How long a node may take to answer a device.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The longest answer that is read, bytes: two certificates are a tenth of it.
const ANSWER_MAX: u64 = 32_768;

/// What `enrol` is asked.
#[derive(Debug, Args)]
pub struct Enrol {
    /// The store's file.
    #[arg(long, default_value = "store.toml", env = "LARDER_STORE_CONFIG", global = true)]
    config: PathBuf,
    /// Folder of the authority; without it, `enrol` below the store's data folder.
    #[arg(long, value_name = "DIR", global = true)]
    folder: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes the store's own certificate authority and its broker's certificate, once.
    Ca {
        /// A name or address the broker is reached at (repeat it); without it, the one of store.toml.
        #[arg(long, value_name = "NAME")]
        broker: Vec<String>,
    },
    /// Makes certificates and keys of broker, node and agent anew. Nothing has to be restarted.
    Renew {
        /// A name or address the broker is reached at (repeat it); without it, the one of store.toml.
        #[arg(long, value_name = "NAME")]
        broker: Vec<String>,
        /// Takes the former ones back at once: somebody may have their keys. An agent on another machine is out until it
        /// has its new files.
        #[arg(long)]
        take_back: bool,
    },
    /// Lets a device come: prints a code and its QR, worth 10 minutes and one use.
    Device {
        /// Its id, as in store.toml and on MQTT.
        id: DeviceId,
        /// Prints the QR on paper as well: a printer's file (/dev/usb/lp0), or tcp:HOST:PORT. ESC/POS.
        #[arg(long, value_name = "PRINTER")]
        paper: Option<String>,
    },
    /// Uses a code up: writes the device's certificate, key and authority as PEM files.
    Redeem {
        /// The device's id.
        id: DeviceId,
        /// The code, as printed.
        code: String,
        /// Folder for ID.crt, ID.key and ca.crt; a USB stick, or the device's own.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// On the device itself: uses a code up at the store's node and writes the device's certificate, key and authority. The
    /// key is made here and stays here; the code is proved, not sent.
    Fetch {
        /// The device's id.
        id: DeviceId,
        /// The code, as printed.
        code: String,
        /// Where the store's node answers.
        #[arg(long, value_name = "HOST:PORT")]
        at: String,
        /// Folder for ID.crt, ID.key and ca.crt.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Lists every certificate that was given out.
    List {
        /// Prints JSON: a list of {device, serial, since, until, revoked}.
        #[arg(long)]
        json: bool,
    },
    /// Takes back whatever a device has, now.
    Revoke {
        /// Its id.
        id: DeviceId,
    },
}

/// Does what was asked.
pub fn run(asked: Enrol, out: &mut dyn Write) -> Result<Outcome, Failure> {
    // A device has no store.toml.
    if let What::Fetch { id, code, at, out: to } = asked.what {
        return fetch(id, &code, &at, &to, out);
    }
    let manifest = load(&asked.config)?;
    let folder = asked.folder.unwrap_or_else(|| manifest.node.data_dir.join("enrol"));
    match asked.what {
        What::Ca { broker } => make(&manifest, &folder, broker, out),
        What::Renew { broker, take_back } => {
            Authority::open(&folder)?.renew(&names(&manifest, broker), take_back, now())?;
            let told = if take_back { "the former ones are out" } else { "the former ones stay good" };
            writeln!(
                out,
                "renewed: broker, node, agent; {told}. A broker on another machine: bring it its files, and restart it"
            )?;
            Ok(Outcome::Well)
        }
        What::Device { id, paper } => invite(&manifest, &folder, &id, paper.as_deref(), out),
        What::Redeem { id, code, out: to } => {
            let papers = Authority::open(&folder)?.redeem(&id, &Code::typed(&code), now())?;
            lay_down(&id, &papers, &to, out)
        }
        What::Fetch { id, code, at, out: to } => fetch(id, &code, &at, &to, out),
        What::List { json: as_json } => list(&folder, as_json, out),
        What::Revoke { id } => {
            Authority::open(&folder)?.revoke(&id, now())?;
            writeln!(out, "{id} is out. A broker on another machine: bring it crl.pem, and restart it")?;
            Ok(Outcome::Well)
        }
    }
}

/// What the broker is called, where nobody says it: by its address in store.toml.
fn names(manifest: &StoreManifest, said: Vec<String>) -> Vec<String> {
    if said.is_empty() { vec![manifest.broker.host.to_string()] } else { said }
}

/// Writes what a device takes away.
fn lay_down(id: &DeviceId, papers: &Papers, to: &Path, out: &mut dyn Write) -> Result<Outcome, Failure> {
    for (name, text, secret) in [
        (format!("{id}.crt"), &papers.certificate, false),
        (format!("{id}.key"), &papers.key, true),
        ("ca.crt".to_owned(), &papers.authority, false),
    ] {
        let path = to.join(name);
        write(&path, text, secret)?;
        writeln!(out, "written: {}", path.display())?;
    }
    Ok(Outcome::Well)
}

fn fetch(id: DeviceId, code: &str, at: &str, to: &Path, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let applicant = Applicant::new(id.clone(), &Code::typed(code))?;
    let body = serde_json::to_string(&applicant.ask())?;
    let (status, answer) = post(at, &body).map_err(|source| Failure::Read { path: at.into(), source })?;
    if status != "200" {
        return Err(EnrolError::WrongCode.into());
    }
    let papers = applicant.take(serde_json::from_str(&answer)?)?;
    lay_down(&id, &papers, to, out)
}

/// Asks the node; gives the status and the body of its answer.
fn post(at: &str, body: &str) -> std::io::Result<(String, String)> {
    let mut line = std::net::TcpStream::connect(at)?;
    line.set_read_timeout(Some(ANSWER_WITHIN))?;
    line.set_write_timeout(Some(ANSWER_WITHIN))?;
    write!(
        line,
        "POST /api/v1/enrol HTTP/1.0\r\nHost: {at}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    line.take(ANSWER_MAX).read_to_string(&mut answer)?;
    let status = answer.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    Ok((status, body))
}

fn make(
    manifest: &StoreManifest,
    folder: &Path,
    broker: Vec<String>,
    out: &mut dyn Write,
) -> Result<Outcome, Failure> {
    let names = names(manifest, broker);
    let made = Authority::create(folder, manifest.store.id.as_str(), &names, now())?;
    writeln!(out, "authority of store {}: {}", manifest.store.id, made.fingerprint())?;
    write!(out, "for store.toml:\n\n{}", broker_tls(folder))?;
    Ok(Outcome::Well)
}

fn invite(
    manifest: &StoreManifest,
    folder: &Path,
    id: &DeviceId,
    paper: Option<&str>,
    out: &mut dyn Write,
) -> Result<Outcome, Failure> {
    let authority = Authority::open(folder)?;
    let random = Path::new("/dev/urandom");
    let mut source =
        File::open(random).map_err(|source| Failure::Read { path: random.to_owned(), source })?;
    let code = authority.invite(id, now(), &mut source)?;
    let fingerprint = authority.fingerprint();
    let store = &manifest.store.id;
    let text = format!(
        "larder-enrol:1?store={store}&device={id}&code={code}&ca={}",
        fingerprint.get(..32).unwrap_or("")
    );
    write!(out, "{}", qr::terminal(&text)?)?;
    writeln!(out, "device {id}, code {code}, for {CODE_MINUTES} minutes, once")?;
    if let Some(printer) = paper {
        let (who, what) = (format!("ENROL {id}"), format!("CODE {code}"));
        let job = qr::paper(&[&who, &what, &format!("{CODE_MINUTES} MINUTES, ONCE")], &text)?;
        print(printer, &job)?;
    }
    Ok(Outcome::Well)
}

fn print(printer: &str, job: &[u8]) -> Result<(), Failure> {
    let fault = |source| Failure::Write { path: printer.into(), source };
    match printer.strip_prefix("tcp:") {
        Some(address) => std::net::TcpStream::connect(address).and_then(|mut line| line.write_all(job)),
        None => std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(printer)
            .and_then(|mut file| file.write_all(job)),
    }
    .map_err(fault)
}

fn list(folder: &Path, as_json: bool, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let entries = Authority::open(folder)?.entries()?;
    if as_json {
        json(&entries, out)?;
        return Ok(Outcome::Well);
    }
    for entry in entries {
        let standing = match entry.standing(now()) {
            Standing::Good => format!("good until {}", entry.until.utc_date()),
            Standing::Revoked => "revoked".to_owned(),
            Standing::Ended => "ended".to_owned(),
        };
        writeln!(out, "{:<24} {:>6}  {standing}", entry.device, entry.serial)?;
    }
    Ok(Outcome::Well)
}

/// A key is readable by nobody else from its first byte on.
fn write(path: &Path, text: &str, secret: bool) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let fault = |source| Failure::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    let _ = std::fs::remove_file(path);
    let mode = if secret { 0o600 } else { 0o644 };
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(fault)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fault)
}
