//! The commands that look at this machine: they read its clock and ask its time service, the library does the rest.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use clap::Args;
use firmware_config::doctor::{self, Look, State};
use firmware_config::render::Lan;
use firmware_config::{discover, load};

use crate::cli::{Failure, Outcome, json};

/// What `doctor` is asked.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The store's file.
    #[arg(default_value = "store.toml", env = "LARDER_STORE_CONFIG")]
    file: PathBuf,
    /// Prints one JSON object: {file, well, findings: [{about, state, what, todo}]}.
    #[arg(long)]
    json: bool,
    /// Looks at a made-up machine below this folder.
    #[arg(long, hide = true, default_value = "/")]
    root: PathBuf,
}

/// What `discover` is asked.
#[derive(Debug, Args)]
pub struct Discover {
    /// The store's file: what it has already is left out, and new ids do not clash with its own.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Network to look for printers in (repeat it), /22 or smaller; without it no address is asked.
    #[arg(long, value_name = "NETWORK")]
    lan: Vec<Lan>,
    /// Prints one JSON object: {found: [{port, what, usb, may_be}], keyboards: [..]}.
    #[arg(long)]
    json: bool,
    /// Port that printers take jobs at.
    #[arg(long, default_value_t = 9100)]
    printer_port: u16,
    /// Looks at a made-up machine below this folder.
    #[arg(long, hide = true, default_value = "/")]
    root: PathBuf,
}

/// Looks, and prints what was found and the lines it would need.
pub fn discover(asked: &Discover, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let manifest = asked.config.as_deref().map(load).transpose()?;
    let mut found = discover::plugged(&asked.root);
    for lan in &asked.lan {
        let hosts = lan.hosts().ok_or(Failure::TooWide(*lan))?;
        found.extend(discover::listening(&hosts, asked.printer_port));
    }
    if let Some(manifest) = &manifest {
        found = discover::unknown_to(manifest, found);
    }
    let keyboards = discover::keyboards(&asked.root);
    if asked.json {
        json(&serde_json::json!({"found": found, "keyboards": keyboards}), out)?;
        return Ok(Outcome::Well);
    }
    if found.is_empty() {
        let new = if manifest.is_some() { " that the file has not" } else { "" };
        writeln!(out, "# nothing is plugged in{new}")?;
    }
    out.write_all(discover::lines(&found, manifest.as_ref()).as_bytes())?;
    for keyboard in keyboards {
        writeln!(
            out,
            "# {keyboard} is a keyboard still: driver hid-wedge takes it so; better, scan the code for USB CDC (virtual COM) of \
             its guide"
        )?;
    }
    Ok(Outcome::Well)
}

/// Looks, and prints what was found.
pub fn doctor(asked: &Doctor, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let manifest = load(&asked.file)?;
    // A made-up machine has no time service to ask.
    let tracking = (asked.root == Path::new("/")).then(tracking).flatten();
    let clock = doctor::clock_of(&asked.root, tracking.as_deref());
    let found = doctor::examine(&manifest, &Look { root: asked.root.clone(), now: now(), clock });
    let bad = found.iter().any(|finding| finding.state == State::Bad);
    if asked.json {
        json(&serde_json::json!({"file": asked.file, "well": !bad, "findings": found}), out)?;
    } else {
        out.write_all(doctor::for_people(&found).as_bytes())?;
    }
    Ok(Outcome::wrong_if(bad))
}

/// Now, by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "the one place of this program that reads the clock")]
pub fn now() -> model::Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    model::Timestamp::from_ms(since.map_or(0, |span| i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
}

/// What chrony says, where it is installed and runs.
fn tracking() -> Option<String> {
    let mut chrony = Command::new("chronyc");
    let output = chrony.args(["-c", "tracking"]).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
