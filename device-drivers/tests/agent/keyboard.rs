//! The unchanged program, a kernel's keyboard, no kernel: umockdev shows the agent an input device, with the ioctls of a
//! real one, and plays recorded keys into it. The agent takes it for itself alone and reads the codes.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use device_drivers::scanner::wedge::typed;
use model::mqtt::Health;

use super::common::{Broker, Store};
use super::{health, scanned};

const NODE: &str = "/dev/input/event7";

/// The device as sysfs and udev show it.
const DEVICE: &str = "\
P: /devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/0003:05E0:1200.0001/input/input7/event7
N: input/event7
E: DEVNAME=/dev/input/event7
E: MAJOR=13
E: MINOR=71
E: SUBSYSTEM=input
A: dev=13:71

";

/// What the kernel answers when it is asked about the device: its number, and that it has keys.
fn ioctls() -> String {
    let keys = format!("FE{}", "FF".repeat(95));
    format!(
        "@DEV {NODE}\nEVIOCGVERSION 0 01000100\nEVIOCGID 0 0300E00500121001\nEVIOCGPROP 4 00000000\n\
         EVIOCGBIT(0) 4 03000000\nEVIOCGBIT(1) 96 {keys}\n"
    )
}

/// Keys as `evemu-record` writes them down, each with the kernel's end of group behind it.
fn recording(codes: &[&str]) -> String {
    let mut text = "# EVEMU 1.2\n".to_owned();
    for (n, code) in codes.iter().enumerate() {
        let start = Duration::from_secs(1 + u64::try_from(n).unwrap());
        for key in typed(code, start, Duration::from_millis(3)) {
            let at = format!("{}.{:06}", key.at.as_secs(), key.at.subsec_micros());
            let _ = writeln!(text, "E: {at} {:04x} {:04x} {:04}", key.kind, key.code, key.value);
            let _ = writeln!(text, "E: {at} 0000 0000 0000");
        }
    }
    text
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The example store with this one scanner, and our broker.
fn manifest(port: u16) -> String {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware-config/examples/store.toml");
    let text = std::fs::read_to_string(example).unwrap();
    let (head, _) = text.split_once("[[devices]]").unwrap();
    let head = head.replace("tcp_port = 1883", &format!("tcp_port = {port}"));
    format!(
        "{head}\n[[devices]]\nid = \"sc-1\"\nclass = \"scanner\"\ndriver = \"hid-wedge\"\nport = \"file:{NODE}\"\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_unchanged_agent_reads_a_kernels_keyboard() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let mut store = Store::listen(broker.port, true).await;
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let codes = ["9521321109995", "010952132110999510L-7\u{1d}17261200", "LP:asha"];
    let device = file("device", DEVICE);
    let asked = format!("{NODE}={}", file("ioctls", &ioctls()));
    let keys = format!("{NODE}={}", file("keys", &recording(&codes)));
    let config = file("store.toml", &manifest(broker.port));
    let data = folder.path().display().to_string();
    let agent = Command::new("umockdev-run")
        .args(["-d", &device, "-i", &asked, "-e", &keys, "--", env!("CARGO_BIN_EXE_device-agent")])
        .args(["--config", &config, "--data", &data])
        .spawn();
    let _agent = Killed(agent.expect("umockdev-run is missing: apt-get install umockdev"));
    store.until(health("sc-1", Health::Ok)).await;
    for code in codes {
        assert_eq!(store.until(scanned).await, code);
    }
}
