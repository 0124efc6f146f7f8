//! The command line of `firmware-config`: words, their help, and which part of the library answers each.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::{admit, machine, renew};
use clap::{Args, Parser, Subcommand};
use firmware_config::enrol::EnrolError;
use firmware_config::render::{Lan, Options, RenderError};
use firmware_config::report::Report;
use firmware_config::update::UpdateError;
use firmware_config::{LoadError, diff, examine, keys, load, profiles, render, schema, template};

/// One file, store.toml, says what a dark store is made of: place, zones, devices, people. This program reads it.
///
/// Begin with a copy of examples/store.toml, change it, and ask `firmware-config check store.toml` until it is content.
/// `explain KEY` tells what a key means. But for `enrol` and `update`, nothing here changes a running store.
#[derive(Debug, Parser)]
#[command(version, after_help = EXITS)]
pub struct Cli {
    #[command(subcommand)]
    what: What,
}

const EXITS: &str = "Exit codes:
  0  done, and nothing is wrong
  1  done, and something is wrong: each finding is printed with what to do about it
  2  not done: a file cannot be read or written, or the command line is wrong";

const DIFF_EXITS: &str = "Exit codes:
  0  nothing changes for the store
  1  something changes: each change is printed
  2  not done: a file cannot be read or has faults, or the command line is wrong";

#[derive(Debug, Subcommand)]
enum What {
    /// Names every bad line of a file at once, each with line, column and a hint.
    ///
    /// Faults stop the store from starting. Advice is about what works and is unwise; it changes the exit code only
    /// with --strict.
    #[command(after_help = EXITS)]
    Check(Check),
    /// Tells what a key means: unit, default, limits, and the requirement behind it. Without KEY it lists all keys.
    Explain {
        /// A key (zones.band.min_centi_c), a section (hub), or a name (baud).
        key: Option<String>,
    },
    /// Tells what changes for the store from one file to the next, and what has to be started again for it.
    #[command(after_help = DIFF_EXITS)]
    Diff {
        /// The file the store runs with.
        old: PathBuf,
        /// The file it is to run with.
        new: PathBuf,
        /// Prints one JSON object: {changes: [{what, mind, reaches}], reaches: [..]}.
        #[arg(long)]
        json: bool,
    },
    /// Writes what the machine needs to become this store: udev rules, systemd units, broker, packet filter, clock.
    ///
    /// The files lie below DIR as they belong below /. Nothing is started: the steps that remain are printed.
    #[command(after_help = EXITS)]
    Render(Render),
    /// Prints what others install beside us, to begin with: RAUC's files for whole images, ESPHome's for a microcontroller.
    #[command(after_help = EXITS)]
    Template {
        #[command(subcommand)]
        of: Template,
    },
    /// Lists the device models that are known, or tells all about one, with lines for store.toml.
    Profiles {
        /// A profile's id.
        id: Option<String>,
        /// Prints JSON: a list of profiles.
        #[arg(long)]
        json: bool,
    },
    /// Tells what is plugged in and which printers answer in the store's network, with lines for store.toml.
    ///
    /// Nothing is sent to a device: some printers print whatever they are sent. What a find is, a person decides; the
    /// lines carry the best guess, and the others as comments.
    #[command(after_help = EXITS)]
    Discover(machine::Discover),
    /// Looks at this machine for the store of a file: devices in place, ports that answer, disk, clock, database.
    ///
    /// Each finding is well, mind (the store works, something is missing) or BAD, with what to do. Nothing is changed,
    /// and no byte is sent to a device.
    #[command(after_help = EXITS)]
    Doctor(machine::Doctor),
    /// Lets devices in: the store's own certificate authority, short-lived codes, certificates, and their end at once.
    #[command(after_help = EXITS)]
    Enrol(admit::Enrol),
    /// Brings new versions onto this machine: signed, never an older one, and back by itself if the store is not healthy.
    #[command(after_help = EXITS)]
    Update(renew::Update),
    /// Prints the JSON Schema of store.toml, for editors that complete and check while one types.
    Schema,
}

#[derive(Debug, Args)]
struct Check {
    /// The store's file.
    #[arg(default_value = "store.toml", env = "LARDER_STORE_CONFIG")]
    file: PathBuf,
    /// Prints one JSON object: {file, sound, faults: [{line, column, text, what, hint}], advice: [..]}.
    #[arg(long)]
    json: bool,
    /// Counts advice as faults.
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Args)]
struct Render {
    /// The store's file.
    #[arg(default_value = "store.toml", env = "LARDER_STORE_CONFIG")]
    file: PathBuf,
    /// Folder the files go below; / is this machine itself.
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// Prints the files instead of writing them.
    #[arg(long)]
    dry_run: bool,
    /// Network that may reach console, API and handhelds' broker (repeat it). Without it, the /24 around the address
    /// the node listens at; a node at 127.0.0.1 is reached by nobody else.
    #[arg(long, value_name = "NETWORK")]
    lan: Vec<Lan>,
    /// Lets that network in by SSH as well.
    #[arg(long, requires = "lan")]
    ssh: bool,
    /// Folder of the programs store-node and device-agent. The default is what `update` keeps: the package's, or a bundle's.
    #[arg(long, value_name = "DIR", default_value = "/opt/larder/current/bin")]
    programs: PathBuf,
    /// Time server (repeat it).
    #[arg(long, value_name = "HOST", default_value = "pool.ntp.org")]
    time_server: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Template {
    /// RAUC's system.conf for two root partitions, a bundle's manifest, and the unit that says a root partition is good.
    Rauc {
        /// Folder the files go below, as they belong below /; without it they are printed.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// ESPHome's file for an ESP32 with a DS18B20 that answers as a device of store.toml with driver modbus-rtu.
    Esphome {
        /// The device's id.
        id: model::DeviceId,
        /// The store's file.
        #[arg(long, value_name = "FILE", default_value = "store.toml", env = "LARDER_STORE_CONFIG")]
        config: PathBuf,
    },
}

/// How it ended, as the exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done, and nothing is wrong.
    Well,
    /// Done, and something is wrong.
    Wrong,
    /// Not done.
    Unable,
}

impl Outcome {
    /// The exit code.
    pub fn code(self) -> ExitCode {
        match self {
            Outcome::Well => ExitCode::SUCCESS,
            Outcome::Wrong => ExitCode::from(1),
            Outcome::Unable => ExitCode::from(2),
        }
    }

    /// Wrong where `wrong`, else well.
    pub fn wrong_if(wrong: bool) -> Self {
        if wrong { Outcome::Wrong } else { Outcome::Well }
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that has to be sound is not.
    #[error(transparent)]
    Unsound(#[from] LoadError),
    /// Manifest and options leave something open.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no template for this.
    #[error(transparent)]
    Template(#[from] template::TemplateError),
    /// There is no such key.
    #[error("store.toml has no key {key:?}{}", meant(.key))]
    NoKey {
        /// What was asked for.
        key: String,
    },
    /// Too many addresses to ask.
    #[error("{0} has too many addresses to ask: name the printers' own network, /22 or smaller")]
    TooWide(Lan),
    /// There is no such profile.
    #[error("there is no profile {0:?}; `firmware-config profiles` lists them")]
    NoProfile(String),
    /// A device is not enrolled.
    #[error(transparent)]
    Enrol(#[from] EnrolError),
    /// A bundle is not taken.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// The key that bundles are held against cannot be used.
    #[error("cannot use the key {path}: {what}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Nothing to apply.
    #[error("{0} holds no bundle (NAME.larder)")]
    NoBundle(PathBuf),
    /// The answer cannot be printed.
    #[error("cannot print: {0}")]
    Output(#[from] io::Error),
    /// The answer cannot be written as JSON.
    #[error("cannot write JSON: {0}")]
    Json(#[from] serde_json::Error),
}

fn meant(key: &str) -> String {
    let nearest = keys::nearest(key);
    nearest.map_or_else(
        || "; `firmware-config explain` lists them".into(),
        |path| format!("; did you mean {path}?"),
    )
}

/// Does what was asked and prints the answer.
///
/// # Errors
/// [`Failure`] where it could not be done at all.
pub fn run(asked: Cli, out: &mut dyn Write) -> Result<Outcome, Failure> {
    match asked.what {
        What::Check(asked) => check(&asked, out),
        What::Explain { key } => explain(key.as_deref(), out),
        What::Diff { old, new, json: as_json } => {
            let changes = diff::changes(&load(&old)?, &load(&new)?);
            if as_json {
                json(&serde_json::json!({"changes": changes, "reaches": diff::reached(&changes)}), out)?;
            } else {
                out.write_all(diff::for_people(&changes).as_bytes())?;
            }
            Ok(Outcome::wrong_if(!changes.is_empty()))
        }
        What::Discover(asked) => machine::discover(&asked, out),
        What::Doctor(asked) => machine::doctor(&asked, out),
        What::Enrol(asked) => admit::run(asked, out),
        What::Update(asked) => renew::run(asked, out),
        What::Profiles { id, json: as_json } => list_profiles(id.as_deref(), as_json, out),
        What::Render(asked) => render_files(asked, out),
        What::Template { of: Template::Rauc { out: folder } } => rauc(folder.as_deref(), out),
        What::Template { of: Template::Esphome { id, config } } => {
            out.write_all(template::esphome(&load(&config)?, &id)?.as_bytes())?;
            Ok(Outcome::Well)
        }
        What::Schema => {
            json(&schema::document(), out)?;
            Ok(Outcome::Well)
        }
    }
}

fn check(asked: &Check, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let text = read(&asked.file)?;
    let seen = examine(&text);
    let name = asked.file.display().to_string();
    let report = Report::new(&name, &text, &seen);
    if asked.json {
        json(&report, out)?;
    } else {
        out.write_all(report.for_people().as_bytes())?;
    }
    Ok(Outcome::wrong_if(!report.sound || asked.strict && !report.advice.is_empty()))
}

fn explain(key: Option<&str>, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let Some(key) = key else {
        for key in keys::KEYS {
            writeln!(out, "{}", key.summary())?;
        }
        return Ok(Outcome::Well);
    };
    let found = keys::find(key);
    if found.is_empty() {
        return Err(Failure::NoKey { key: key.to_owned() });
    }
    let told: Vec<String> = found.iter().map(|key| key.explain()).collect();
    out.write_all(told.join("\n").as_bytes())?;
    Ok(Outcome::Well)
}

fn list_profiles(id: Option<&str>, as_json: bool, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let chosen: Vec<_> =
        profiles::all().iter().filter(|profile| id.is_none_or(|id| profile.id == id)).collect();
    match (id, chosen.as_slice()) {
        (Some(id), []) => return Err(Failure::NoProfile(id.to_owned())),
        _ if as_json => json(&chosen, out)?,
        (Some(_), [one, ..]) => out.write_all(one.explain().as_bytes())?,
        _ => {
            for profile in chosen {
                writeln!(out, "{}", profile.summary())?;
            }
        }
    }
    Ok(Outcome::Well)
}

fn render_files(asked: Render, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let manifest = load(&asked.file)?;
    let options = Options {
        lans: asked.lan,
        ssh: asked.ssh,
        programs: asked.programs,
        time_servers: asked.time_server,
    };
    let files = render::files(&manifest, &options)?;
    let target = asked.out.filter(|_| !asked.dry_run);
    for file in &files {
        lay_down(target.as_deref(), file.path, &file.text, out)?;
    }
    writeln!(out, "\nwhat remains, as root:")?;
    for step in render::steps(&manifest) {
        writeln!(out, "  {step}")?;
    }
    Ok(Outcome::Well)
}

fn rauc(folder: Option<&Path>, out: &mut dyn Write) -> Result<Outcome, Failure> {
    for (path, text) in template::rauc() {
        lay_down(folder, path, &text, out)?;
    }
    Ok(Outcome::Well)
}

/// Writes a file below a folder, or prints it where there is none.
fn lay_down(folder: Option<&Path>, path: &str, text: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let Some(root) = folder else {
        write!(out, "==== /{path}\n{text}\n")?;
        return Ok(());
    };
    let path = root.join(path);
    let told = if write_file(&path, text)? { "written" } else { "as it was" };
    writeln!(out, "{told}: {}", path.display())?;
    Ok(())
}

/// Writes beside and renames, so that no reader meets half a file. False where the file had this text already.
fn write_file(path: &Path, text: &str) -> Result<bool, Failure> {
    let fault = |source| Failure::Write { path: path.to_owned(), source };
    if std::fs::read_to_string(path).is_ok_and(|was| was == text) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, path)).map_err(fault)?;
    Ok(true)
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|source| Failure::Read { path: path.to_owned(), source })
}

/// Prints a value as JSON, indented.
pub fn json(value: &impl serde::Serialize, out: &mut dyn Write) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")?;
    Ok(())
}
