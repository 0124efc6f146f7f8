//! What is wrong with this machine for the store of a manifest, and what to do: devices in their places, ports that
//! answer, room on the disk, a clock that is right. Looks and connects; changes nothing and sends no byte.

mod certificates;

use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::devices::{Device, Port};
use crate::store::StoreManifest;

/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Less free room than this ends in a store that cannot write, bytes.
const ROOM_NEEDED: u64 = 512 << 20;
/// Less free room than this does not last for 30 days without the hub, bytes.
const ROOM_WISHED: u64 = 4 << 30;

/// The agent's program, as the kernel calls its process.
const AGENT: &str = "device-agent";

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it should be.
    Well,
    /// The store works, and something is missing.
    Mind,
    /// The store, or one of its devices, does not work.
    Bad,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            State::Well => "well",
            State::Mind => "mind",
            State::Bad => "BAD",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at: a device's id, `disk`, `clock`, `broker` ...
    pub about: String,
    /// How bad it is.
    pub state: State,
    /// What was found.
    pub what: String,
    /// What to do; empty where all is well.
    pub todo: String,
}

/// What the machine's clock says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clock {
    /// It follows a time server.
    Follows,
    /// It follows none; in the words of who was asked.
    Alone(String),
    /// Nobody could be asked.
    Unknown,
}

/// Where and when the look is taken.
#[derive(Debug, Clone)]
pub struct Look {
    /// The root of the file system: `/`, or a made-up machine in tests.
    pub root: PathBuf,
    /// Now, by this machine's clock.
    pub now: model::Timestamp,
    /// What the clock says.
    pub clock: Clock,
}

/// Looks at everything the manifest names, in the order of the file; the machine comes last.
#[must_use]
pub fn examine(manifest: &StoreManifest, look: &Look) -> Vec<Finding> {
    let mut found = vec![hub(manifest), node(manifest)];
    found.extend(broker(manifest));
    found.extend(agent(manifest, look));
    // Silent addresses cost their time once, not one after the other.
    let devices: Vec<Finding> = std::thread::scope(|scope| {
        let looks: Vec<_> =
            manifest.devices.iter().map(|device| scope.spawn(move || place(device, look))).collect();
        looks.into_iter().filter_map(|look| look.join().ok()).collect()
    });
    found.extend(devices);
    let today = look.now.utc_date();
    found.extend(manifest.devices.iter().filter_map(|device| calibration(device, today)));
    found.extend(certificates::examine(manifest, look));
    found.push(disk(manifest, look));
    found.push(database(manifest, look));
    found.push(clock(&look.clock));
    found
}

/// The findings for people.
#[must_use]
pub fn for_people(found: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { about, state, what, todo } in found {
        text.push_str(&format!("{:<5} {about:<18} {what}\n", state.word()));
        if !todo.is_empty() {
            text.push_str(&format!("{:<24} -> {todo}\n", ""));
        }
    }
    text
}

fn finding(about: &str, state: State, what: String, todo: &str) -> Finding {
    Finding { about: about.to_owned(), state, what, todo: todo.to_owned() }
}

fn answers(address: &str) -> Result<(), String> {
    let found = address.to_socket_addrs().map_err(|fault| fault.to_string())?;
    let mut last = "the name has no address".to_owned();
    for one in found {
        match TcpStream::connect_timeout(&one, PATIENCE) {
            Ok(_) => return Ok(()),
            Err(fault) => last = fault.to_string(),
        }
    }
    Err(last)
}

fn hub(manifest: &StoreManifest) -> Finding {
    let address = manifest.hub.address();
    match answers(&address) {
        Ok(()) => finding("hub", State::Well, format!("{address} answers"), ""),
        Err(why) => finding(
            "hub",
            State::Mind,
            format!("{address} does not answer: {why}"),
            "the store works without it for 30 days; look at the internet line, and at [hub] url",
        ),
    }
}

/// A listener of this machine is asked at loopback where it takes every address.
#[must_use]
pub fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => {
            SocketAddr::new(IpAddr::from([127, 0, 0, 1]), address.port())
        }
        IpAddr::V6(ip) if ip.is_unspecified() => {
            SocketAddr::new(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), address.port())
        }
        IpAddr::V4(_) | IpAddr::V6(_) => address,
    }
}

fn node(manifest: &StoreManifest) -> Finding {
    let address = reachable(manifest.node.http).to_string();
    match answers(&address) {
        Ok(()) => finding("node", State::Well, format!("{address} answers"), ""),
        Err(why) => finding(
            "node",
            State::Bad,
            format!("{address} does not answer: {why}"),
            "systemctl start larder-store-node; journalctl -u larder-store-node tells why it ended",
        ),
    }
}

fn broker(manifest: &StoreManifest) -> Vec<Finding> {
    let broker = &manifest.broker;
    let doors = [("broker", broker.tcp_port), ("broker-websocket", broker.websocket_port)];
    let told = doors.map(|(about, port)| {
        let address = reachable(SocketAddr::new(broker.host, port)).to_string();
        match answers(&address) {
            Ok(()) => finding(about, State::Well, format!("{address} answers"), ""),
            Err(why) => finding(
                about,
                State::Bad,
                format!("{address} does not answer: {why}"),
                "the node's own broker runs while the node runs; another one: systemctl start larder-mosquitto",
            ),
        }
    });
    told.to_vec()
}

fn place(device: &Device, look: &Look) -> Finding {
    let about = device.id.as_str();
    match &device.port {
        Port::Tcp(address) => match answers(address) {
            // A byte might be printed: of paper and cover only the agent knows.
            Ok(()) => {
                let what = format!(
                    "{address} takes connections; its paper and cover stand on the console's devices page"
                );
                finding(about, State::Well, what, "")
            }
            Err(why) => finding(
                about,
                State::Bad,
                format!("{address} does not answer: {why}"),
                "switch it on, look at its cable, print its own network page and compare the address",
            ),
        },
        Port::Serial(path)
        | Port::File(path)
        | Port::I2c(path, _)
        | Port::Spi(path)
        | Port::Gpio(path, _) => {
            let here = below(&look.root, path);
            if here.exists() {
                return finding(about, State::Well, format!("{} is there", path.display()), "");
            }
            let todo = match beside(&here) {
                names if names.is_empty() => {
                    "plug it in; `firmware-config discover` tells what is there".to_owned()
                }
                names => format!("plug it in, or is it one of these: {}", names.join(", ")),
            };
            finding(about, State::Bad, format!("{} is not there", path.display()), &todo)
        }
    }
}

/// A path of the machine, seen from `root`.
pub(crate) fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// What lies in the same folder, at most six names.
fn beside(path: &Path) -> Vec<String> {
    let folder = path.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    let entries = folder.into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names.truncate(6);
    names
}

fn calibration(device: &Device, today: model::Date) -> Option<Finding> {
    let due = device.settings.calibration_due.filter(|due| *due < today)?;
    let todo = "calibrate it, and write offset_milli_c and calibration_due from the new certificate";
    Some(finding(device.id.as_str(), State::Mind, format!("its calibration was due on {due}"), todo))
}

/// Whether the agent's process is there: without it every device is plugged in and nothing is heard of it.
fn agent(manifest: &StoreManifest, look: &Look) -> Option<Finding> {
    if manifest.devices.is_empty() {
        return None;
    }
    let processes = std::fs::read_dir(look.root.join("proc")).into_iter().flatten().filter_map(Result::ok);
    let names = processes.filter_map(|process| std::fs::read_to_string(process.path().join("comm")).ok());
    let running = names.filter(|name| name.trim() == AGENT).count();
    let todo = "systemctl start larder-agent; journalctl -u larder-agent tells why it ended";
    Some(match running {
        0 => finding("agent", State::Bad, format!("no {AGENT} runs: no device is heard"), todo),
        1 => finding("agent", State::Well, format!("{AGENT} runs"), ""),
        more => finding(
            "agent",
            State::Mind,
            format!("{more} of {AGENT} run: they take each other's lines"),
            "systemctl status larder-agent shows the one that should run; end the others",
        ),
    })
}

fn disk(manifest: &StoreManifest, look: &Look) -> Finding {
    let folder = below(&look.root, &manifest.node.data_dir);
    // Before the first start there is no folder yet: its disk is that of the nearest one above.
    let Some(there) = folder.ancestors().find(|folder| folder.exists()) else {
        return finding(
            "disk",
            State::Bad,
            "there is no folder to look at".into(),
            "look at [node] data_dir",
        );
    };
    let stat = match rustix::fs::statvfs(there) {
        Ok(stat) => stat,
        Err(fault) => {
            let what = format!("{} cannot be asked: {fault}", there.display());
            return finding("disk", State::Bad, what, "look at [node] data_dir and its rights");
        }
    };
    let read_only = stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY);
    room(stat.f_bavail.saturating_mul(stat.f_frsize), read_only, &manifest.node.data_dir)
}

/// What `free` bytes mean for the store.
fn room(free: u64, read_only: bool, folder: &Path) -> Finding {
    let what = format!("{} MiB free at {}", free >> 20, folder.display());
    if read_only {
        let todo = "the disk may be failing: look at dmesg, and replace it";
        finding("disk", State::Bad, format!("{what}, and it cannot be written"), todo)
    } else if free < ROOM_NEEDED {
        finding("disk", State::Bad, what, "make room: a full disk stops the store from selling")
    } else if free < ROOM_WISHED {
        finding("disk", State::Mind, what, "4096 MiB last for 30 days without the hub")
    } else {
        finding("disk", State::Well, what, "")
    }
}

fn database(manifest: &StoreManifest, look: &Look) -> Finding {
    let path = manifest.node.data_dir.join("store.db");
    match std::fs::metadata(below(&look.root, &path)) {
        Ok(file) if file.len() > 0 => {
            finding("database", State::Well, format!("{} has {} KiB", path.display(), file.len() >> 10), "")
        }
        Ok(_) => finding(
            "database",
            State::Bad,
            format!("{} is empty", path.display()),
            "keep the folder as it is and bring back a backup; never start the node on it",
        ),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => finding(
            "database",
            State::Mind,
            format!("{} is not there", path.display()),
            "a new store makes it at the first start; an old one has another [node] data_dir",
        ),
        Err(fault) => finding(
            "database",
            State::Bad,
            format!("{} cannot be seen: {fault}", path.display()),
            "ask as root, or as the user of the store node",
        ),
    }
}

fn clock(clock: &Clock) -> Finding {
    match clock {
        Clock::Follows => finding("clock", State::Well, "it follows a time server".into(), ""),
        Clock::Alone(words) => finding(
            "clock",
            State::Bad,
            format!("it follows no time server: {words}"),
            "expiry, invoices and temperature logs hang on it: systemctl restart chrony, then chronyc sources",
        ),
        Clock::Unknown => finding(
            "clock",
            State::Mind,
            "nobody here can tell whether it is right".into(),
            "apt-get install chrony, with the chrony.conf of `firmware-config render`",
        ),
    }
}

/// Asks this machine's time service. `tracking` is the answer of `chronyc -c tracking`, where there is one.
#[must_use]
pub fn clock_of(root: &Path, tracking: Option<&str>) -> Clock {
    if root.join("run/systemd/timesync/synchronized").exists() {
        return Clock::Follows;
    }
    // Fields: reference id, its name, stratum, time, offsets ..., leap status.
    match tracking.map(|line| line.trim().rsplit(',').next().unwrap_or_default()) {
        Some("Normal" | "Insert second" | "Delete second") => Clock::Follows,
        Some("") | None => Clock::Unknown,
        Some(other) => Clock::Alone(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_or_failing_disk_is_bad_and_a_small_one_is_told() {
        let folder = Path::new("/var/lib/larder");
        let state = |free: u64, read_only| room(free, read_only, folder).state;
        assert_eq!(state(ROOM_NEEDED - 1, false), State::Bad);
        assert_eq!(state(ROOM_NEEDED, false), State::Mind);
        assert_eq!(state(ROOM_WISHED, false), State::Well);
        assert_eq!(state(u64::MAX, true), State::Bad);
    }

    #[test]
    fn chronys_answer_is_read() {
        let root = Path::new("/nowhere");
        let good = "A29FC87B,162.159.200.123,4,1763704812.1,0.000012,-0.000003,0.00002,1.2,0.001,0.03,0.01,0.002,64.3,Normal\n";
        assert_eq!(clock_of(root, Some(good)), Clock::Follows);
        let alone = "7F7F0101,,0,0.0,0,0,0,0,0,0,1,1,0.0,Not synchronised\n";
        assert_eq!(clock_of(root, Some(alone)), Clock::Alone("Not synchronised".into()));
        assert_eq!(clock_of(root, Some("")), Clock::Unknown);
        assert_eq!(clock_of(root, None), Clock::Unknown);
    }
}
