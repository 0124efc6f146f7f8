//! The judge judged: Debian's Mosquitto with its defaults, whose marks are known from elsewhere. A judge that grows
//! kinder or harder shows here.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mqtt_cases::{Run, play_all, read_folder};

/// Marks of Mosquitto 2.0.11 with defaults, as the data's README states them.
const EXACT: usize = 735;
const BY_VERDICT: usize = 1_699;
const TOTAL: usize = 1_826;

struct Mosquitto {
    child: Child,
    at: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Mosquitto {
    fn start() -> Self {
        let program = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"]
            .into_iter()
            .find(|path| Path::new(path).exists())
            .unwrap_or_else(|| panic!("mosquitto is missing: apt-get install mosquitto"));
        let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mosquitto.conf");
        std::fs::write(&file, format!("listener {} 127.0.0.1\nallow_anonymous true\n", at.port())).unwrap();
        let child = Command::new(program)
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let broker = Self { child, at, _folder: folder };
        let up = (0..500).any(|_| {
            let there = TcpStream::connect(at).is_ok();
            if !there {
                std::thread::park_timeout(Duration::from_millis(10));
            }
            there
        });
        assert!(up, "mosquitto listens at {at}");
        broker
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn mosquitto_with_defaults_gets_its_known_marks() {
    let Ok(shared) = std::env::var("LARDER_SHARED") else { return };
    let cases = read_folder(&PathBuf::from(shared).join("data/mqtt/mosquitto-broker-data")).unwrap();
    assert_eq!(cases.len(), TOTAL);
    let broker = Mosquitto::start();
    let report = play_all(Run { broker: broker.at, patience: Duration::from_millis(400) }, &cases);
    let version = Command::new("mosquitto").arg("-h").output();
    let told = version.map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default();
    assert!(report.by_verdict() >= BY_VERDICT, "{} by verdict; {:#?}", report.by_verdict(), report.failed);
    if told.starts_with("mosquitto version 2.0.11") {
        assert_eq!((report.exact, report.by_verdict()), (EXACT, BY_VERDICT));
    }
}
