//! `render`: golden files of two stores, and what systemd, Mosquitto, nftables and chrony say of them.
//! A validator that is not installed is said; where the data of the build machine is set (CI=1 or LARDER_SHARED), its
//! absence is a failure.

use crate::common::{example, golden, here, run};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The example as it stands: everything on one machine, the node its own broker.
fn small() -> String {
    example()
}

/// The store without devices whose units the package brings.
fn package() -> String {
    std::fs::read_to_string(here("../store-node/packaging/units.toml")).unwrap()
}

/// A live store: hub elsewhere, listeners in the store's network, broker as a service, serial lines of every kind.
fn live() -> String {
    example()
        .replace("http = \"127.0.0.1:8081\"", "http = \"192.168.8.2:8081\"")
        .replace("http://127.0.0.1:8080", "https://hub.example:8443")
        .replace("embedded\"                      # or \"mosquitto-managed\", \"external\"", "external\"")
        .replace("host = \"127.0.0.1\"", "host = \"192.168.8.2\"")
        .replace("tcp:127.0.0.1:9100", "tcp:192.168.8.31:9100")
        .replace("tcp:127.0.0.1:9101", "tcp:labels.store.lan:9100")
        .replace("by-id/usb-Honeywell_1950g-if00", "by-path/pci-0000:00:14.0-usb-0:3:1.0")
        .replace("settings = { baud = 115200 }", "settings = { baud = 115200, model = \"newland-fm430\" }")
        .replace("by-id/usb-FTDI_scale-if00", "by-id/usb-FTDI_FT232R_USB_UART_A10KZP-if00-port0")
}

/// The live store with certificates, as `enrol ca` names them.
fn certified() -> String {
    let files = [
        ("ca", "ca.crt"),
        ("cert", "broker.crt"),
        ("key", "broker.key"),
        ("crl", "crl.pem"),
        ("node_cert", "node.crt"),
        ("node_key", "node.key"),
        ("agent_cert", "agent.crt"),
        ("agent_key", "agent.key"),
    ];
    let lines = files.map(|(key, file)| format!("{key} = \"/var/lib/larder/s1/enrol/{file}\"\n"));
    live() + "\n[broker.tls]\n" + &lines.concat()
}

struct Rendered {
    folder: tempfile::TempDir,
    files: Vec<String>,
}

impl Rendered {
    fn of(text: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.toml");
        std::fs::write(&file, text).unwrap();
        let root = folder.path().join("root");
        let mut arguments = vec!["render", file.to_str().unwrap(), "--out", root.to_str().unwrap()];
        arguments.extend(more);
        let (code, out, error) = run(&arguments);
        assert_eq!(code, 0, "{error}");
        let start = format!("written: {}/", root.display());
        let files = out.lines().filter_map(|line| line.strip_prefix(&start)).map(str::to_owned).collect();
        Self { folder, files }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("root").join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn compare(&self, store: &str) {
        for name in &self.files {
            golden(&format!("{store}/{name}"), &self.text(name));
        }
        let mut kept = Vec::new();
        walk(&here("tests/golden").join(store), &mut kept);
        assert_eq!(kept.len(), self.files.len(), "golden files nobody renders: {kept:?}");
    }

    fn units(&self) -> Vec<&String> {
        self.files.iter().filter(|name| name.ends_with(".service")).collect()
    }

    /// Those, and what watches for them.
    fn with_paths(&self) -> Vec<&String> {
        self.files.iter().filter(|name| name.ends_with(".service") || name.ends_with(".path")).collect()
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

/// The program, where it is installed; `None` is said on standard error and fails on a build machine.
fn validator(name: &str) -> Option<PathBuf> {
    let found = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]
        .iter()
        .map(|dir| Path::new(dir).join(name))
        .find(|p| p.exists());
    if found.is_none() {
        let strict =
            std::env::var_os("LARDER_SHARED").is_some() || std::env::var("CI").is_ok_and(|on| !on.is_empty());
        assert!(!strict, "{name} is not installed: run .ci/setup test");
        eprintln!("NOT CHECKED: {name} is not installed here; .ci/setup test brings it");
    }
    found
}

fn says(command: &mut Command) -> (bool, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.success(), text)
}

#[test]
fn the_example_renders_to_the_committed_files() {
    Rendered::of(&small(), &[]).compare("small");
}

#[test]
fn a_live_store_renders_to_the_committed_files() {
    Rendered::of(&live(), &["--lan", "192.168.8.0/24", "--ssh", "--time-server", "time.store.example"])
        .compare("live");
}

#[test]
fn a_store_with_certificates_renders_to_the_committed_files() {
    Rendered::of(&certified(), &["--lan", "192.168.8.0/24"]).compare("certified");
}

/// Private keys are the node's: agent and Mosquitto are other users, so systemd gives each its own copies, by the names that
/// the program is told; and both are started anew when an original changes.
#[test]
fn each_service_is_handed_its_own_papers() {
    let store = Rendered::of(&certified(), &["--lan", "192.168.8.0/24"]);
    let unit = |name: &str| store.text(&format!("etc/systemd/system/{name}"));
    let agent = unit("larder-agent.service");
    for (copy, file) in [("ca.crt", "ca.crt"), ("own.crt", "agent.crt"), ("own.key", "agent.key")] {
        assert!(
            agent.contains(&format!("LoadCredential={copy}:/var/lib/larder/s1/enrol/{file}\n")),
            "{agent}"
        );
    }
    assert!(agent.contains("--papers \"%d\""), "{agent}");
    let broker = unit("larder-mosquitto.service");
    let conf = store.text("etc/larder/mosquitto.conf");
    for (key, copy, file) in [
        ("cafile", "ca.crt", "ca.crt"),
        ("certfile", "own.crt", "broker.crt"),
        ("keyfile", "own.key", "broker.key"),
        ("crlfile", "crl.pem", "crl.pem"),
    ] {
        assert!(
            broker.contains(&format!("LoadCredential={copy}:/var/lib/larder/s1/enrol/{file}\n")),
            "{broker}"
        );
        assert!(
            conf.contains(&format!("{key} /run/credentials/larder-mosquitto.service/{copy}\n")),
            "{conf}"
        );
    }
    assert!(!conf.contains("/enrol/"), "{conf}");
    let watched = unit("larder-agent-papers.path") + &unit("larder-mosquitto-papers.path");
    for file in ["agent.crt", "broker.crt", "crl.pem"] {
        assert!(watched.contains(&format!("PathChanged=/var/lib/larder/s1/enrol/{file}\n")), "{watched}");
    }
    // Without certificates none of it is there.
    let bare = Rendered::of(&live(), &["--lan", "192.168.8.0/24"]);
    assert!(bare.with_paths().iter().all(|name| !name.contains("papers")));
    assert!(!bare.text("etc/systemd/system/larder-agent.service").contains("--papers"));
}

#[test]
fn a_dry_run_prints_and_writes_nothing_and_a_second_run_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let example = here("examples/store.toml");
    let root = folder.path().join("root");
    let arguments = ["render", example.to_str().unwrap(), "--out", root.to_str().unwrap()];
    let (code, out, _) = run(&[&arguments[..], &["--dry-run"]].concat());
    assert!(code == 0 && out.contains("==== /etc/nftables.conf") && !root.exists(), "{out}");
    assert_eq!(run(&arguments).0, 0);
    let again = run(&arguments).1;
    assert!(!again.contains("written:") && again.contains("as it was:"), "{again}");
}

#[test]
fn what_is_left_open_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.toml");
    std::fs::write(&file, example().replace("http = \"127.0.0.1:8081\"", "http = \"0.0.0.0:8081\"")).unwrap();
    let (code, out, error) = run(&["render", file.to_str().unwrap(), "--dry-run"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("--lan 192.168.8.0/24"), "{error}");
    std::fs::write(&file, example().replace("/var/lib/larder/s1", "/srv/a b;rm")).unwrap();
    assert_eq!(run(&["render", file.to_str().unwrap(), "--dry-run"]).0, 2);
}

#[test]
fn systemd_verifies_every_unit() {
    let Some(analyze) = validator("systemd-analyze") else { return };
    for text in [small(), live(), package(), certified()] {
        let programs = tempfile::tempdir().unwrap();
        for name in ["store-node", "device-agent"] {
            std::os::unix::fs::symlink("/bin/true", programs.path().join(name)).unwrap();
        }
        for name in ["larder-store-node", "larder-agent"] {
            let unit = Rendered::of(&text, &[]).text(&format!("etc/systemd/system/{name}.service"));
            assert!(unit.contains(" /opt/larder/current/bin/") || unit.contains("=/opt/larder/current/bin/"));
        }
        let store = Rendered::of(&text, &["--programs", programs.path().to_str().unwrap()]);
        // What settles an update lies outside the slots, wherever the other programs are; here it is not installed.
        let settle = store.path("etc/systemd/system/larder-settle.service");
        let unit = std::fs::read_to_string(&settle).unwrap();
        assert!(unit.contains("ExecStart=/usr/bin/firmware-config update settle"), "{unit}");
        std::fs::write(&settle, unit.replace("/usr/bin/firmware-config", "/bin/true")).unwrap();
        let paths: Vec<PathBuf> = store.with_paths().iter().map(|name| store.path(name)).collect();
        let (well, told) = says(Command::new(&analyze).args(["verify", "--man=no"]).args(&paths));
        // The machine that tests has no units of ours installed: only complaints about ours count.
        let ours: Vec<&str> = told.lines().filter(|line| line.contains("larder")).collect();
        assert!(well && ours.is_empty(), "{told}");
    }
}

#[test]
fn no_unit_is_exposed_beyond_two() {
    let Some(analyze) = validator("systemd-analyze") else { return };
    for text in [small(), live(), package(), certified()] {
        let store = Rendered::of(&text, &[]);
        for name in store.units() {
            let unit = store.path(name);
            let (well, told) = says(
                Command::new(&analyze)
                    .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
                    .arg(&unit),
            );
            let level = told.lines().last().unwrap_or_default().to_owned();
            eprintln!("{level}");
            assert!(well, "{told}");
        }
        // The gate can fail: a unit without walls does.
        let open = store.path("open.service");
        std::fs::write(&open, "[Service]\nExecStart=/bin/true\n").unwrap();
        assert!(
            !says(Command::new(&analyze).args(["security", "--offline=true", "--threshold=20"]).arg(&open)).0
        );
    }
}

/// What the package brings: the three programs, and the units and users of a store without devices, each from where the
/// build lays it.
#[test]
fn the_package_holds_programs_units_and_users() {
    let text = std::fs::read_to_string(here("../store-node/Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap();
    let deb = &manifest["package"]["metadata"]["deb"];
    let asset = |asset: &toml::Value| -> [String; 3] {
        [0, 1, 2].map(|part| asset[part].as_str().unwrap().to_owned())
    };
    let assets: Vec<[String; 3]> = deb["assets"].as_array().unwrap().iter().map(asset).collect();
    // What an update replaces lies beside the slots; the names that people type lead to what is in use.
    let wanted = ["store-node", "device-agent"].map(|program| {
        let link = ["packaging/current".to_owned(), format!("usr/bin/{program}"), "755".to_owned()];
        [[format!("packaging/out/{program}"), "usr/lib/larder-store/bin/".to_owned(), "755".to_owned()], link]
    });
    let own = ["packaging/out/firmware-config", "usr/bin/", "755"].map(str::to_owned);
    for wanted in wanted.iter().flatten().chain([&own]) {
        assert!(assets.contains(wanted), "{wanted:?}");
    }
    let release = std::fs::read_to_string(here("../store-node/packaging/release.json")).unwrap();
    let release: serde_json::Value = serde_json::from_str(&release).unwrap();
    assert_eq!(release["version"], env!("CARGO_PKG_VERSION"), "a new version has a new counter as well");
    let store = Rendered::of(&package(), &[]);
    for file in store.units().into_iter().map(String::as_str).chain(["etc/sysusers.d/larder.conf"]) {
        let rendered = format!("packaging/out/rendered/{file}");
        let brings = |pattern: &str| match pattern.split_once('*') {
            Some((head, tail)) => rendered.starts_with(head) && rendered.ends_with(tail),
            None => pattern == rendered,
        };
        assert!(assets.iter().any(|[from, _, _]| brings(from)), "{file}");
    }
    for script in ["postinst", "prerm", "postrm"] {
        assert!(
            here("../store-node").join(deb["maintainer-scripts"].as_str().unwrap()).join(script).exists()
        );
    }
}

/// Lines of a chip belong to the agent by the kernel's device, and by a Raspberry Pi's registers, which the feature
/// `raspberry-pi` maps; a store without such a device is given neither.
#[test]
fn gpio_lines_are_the_agents_by_either_way() {
    let door = "[[devices]]\nid = \"door-9\"\nclass = \"door\"\ndriver = \"gpio-door\"\nport = \"gpio:/dev/gpiochip0:17\"\n\
                zone = \"cold-1\"\n\n[[people]]\nid = \"asha\"";
    let store = Rendered::of(&example().replace("[[people]]\nid = \"asha\"", door), &[]);
    let (unit, rules) = ("etc/systemd/system/larder-agent.service", "etc/udev/rules.d/70-larder.rules");
    for node in ["char-gpiochip", "/dev/gpiomem", "/dev/gpiomem0"] {
        assert!(store.text(unit).contains(&format!("DeviceAllow={node} rw\n")), "{node}");
    }
    assert!(store.text(rules).contains("KERNEL==\"gpiomem*\", GROUP=\"gpio\""), "{}", store.text(rules));
    let without = Rendered::of(&small(), &[]);
    assert!(!without.text(unit).contains("gpio") && !without.text(rules).contains("gpio"));
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

#[test]
fn nftables_takes_the_rules() {
    let Some(nft) = validator("nft") else { return };
    for text in [small(), live()] {
        let store = Rendered::of(&text, &[]);
        let file = store.path("etc/nftables.conf");
        // In a network namespace of its own, so that the machine's own filter is neither needed nor touched. Root needs no
        // user namespace for it, and in a chroot could have none.
        let apart: &[&str] = if is_root() { &["-n"] } else { &["-r", "-n"] };
        let (well, told) = says(Command::new("unshare").args(apart).arg(&nft).args(["-c", "-f"]).arg(&file));
        assert!(well, "{told}");
        let load = format!("{0} -f {1} && {0} -f {1} && {0} list ruleset", nft.display(), file.display());
        let (well, told) = says(Command::new("unshare").args(apart).args(["sh", "-c", &load]));
        assert!(well, "twice: {told}");
        assert_eq!(told.matches("policy drop").count(), 3, "{told}");
    }
}

#[test]
fn only_the_stores_network_comes_in_and_only_to_what_listens_there() {
    let small = Rendered::of(&small(), &[]).text("etc/nftables.conf");
    assert!(!small.contains("tcp dport {"), "everything listens at loopback: {small}");
    let live = Rendered::of(&live(), &[]).text("etc/nftables.conf");
    assert!(live.contains("ip saddr 192.168.8.0/24 tcp dport { 1883, 8081, 9001 } accept"), "{live}");
    assert!(live.contains("tcp dport 8443 accept comment \"hub\""), "{live}");
    assert!(live.contains("ip daddr 192.168.8.31 tcp dport 9100 accept comment \"receipt-1\""), "{live}");
}

#[test]
fn chrony_takes_the_configuration() {
    let Some(chronyd) = validator("chronyd") else { return };
    let store = Rendered::of(&small(), &[]);
    let (well, told) =
        says(Command::new(&chronyd).arg("-p").arg("-f").arg(store.path("etc/chrony/chrony.conf")));
    assert!(well && told.contains("pool pool.ntp.org iburst"), "{told}");
}

/// udev 254 and newer judge a rules file; older ones are only compared with the golden file.
#[test]
fn udev_takes_the_rules() {
    let Some(udevadm) = validator("udevadm") else { return };
    let (_, version) = says(Command::new(&udevadm).arg("--version"));
    if version.trim().parse::<u32>().unwrap() < 254 {
        eprintln!("NOT CHECKED: udevadm {} has no verify (254 has)", version.trim());
        return;
    }
    let store = Rendered::of(&live(), &[]);
    let (well, told) =
        says(Command::new(&udevadm).arg("verify").arg(store.path("etc/udev/rules.d/70-larder.rules")));
    assert!(well, "{told}");
}

/// Mosquitto runs with the rendered file (folders and ports replaced), lets the agent in by password, and to its devices'
/// topics alone; who is known and stands in no list can neither say nor hear anything.
#[test]
fn mosquitto_runs_with_the_configuration() {
    let (Some(mosquitto), Some(passwd)) = (validator("mosquitto"), validator("mosquitto_passwd")) else {
        return;
    };
    let store = Rendered::of(&live(), &[]);
    let folder = store.folder.path().join("broker");
    std::fs::create_dir(&folder).unwrap();
    let (tcp, websocket) = (free_port(), free_port());
    let text = store
        .text("etc/larder/mosquitto.conf")
        .replace("/var/lib/larder-mosquitto/", &format!("{}/", folder.display()))
        .replace("/etc/larder/mosquitto.users", &folder.join("users").display().to_string())
        .replace("/etc/larder/mosquitto.acl", &store.path("etc/larder/mosquitto.acl").display().to_string())
        .replace("listener 1883 192.168.8.2", &format!("listener {tcp} 127.0.0.1"))
        .replace("listener 9001 192.168.8.2", &format!("listener {websocket} 127.0.0.1"));
    assert_eq!(text.matches("127.0.0.1").count(), 2, "{text}");
    let file = folder.join("mosquitto.conf");
    // Started by root it would change to a user that cannot enter the test's folder.
    std::fs::write(&file, format!("{text}user root\n")).unwrap();
    std::fs::write(folder.join("users"), "").unwrap();
    for user in ["h1", "agent", "larder-node"] {
        assert!(says(Command::new(&passwd).arg("-b").arg(folder.join("users")).args([user, "secret"])).0);
    }
    let child = Command::new(&mosquitto)
        .arg("-c")
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let heard = three(tcp).map(|[mut node, mut agent, mut h1]| {
        for stream in [&mut node, &mut agent, &mut h1] {
            subscribe(stream, "ds/v1/#");
        }
        // What is not for the agent is said first: had it a right to it, it would hear that first.
        for topic in ["handheld/h1/cmd", "printer/other-9/cmd", "printer/receipt-1/cmd"] {
            publish(&mut node, &format!("ds/v1/s1/{topic}"));
        }
        let told = published(&mut agent);
        // The node hears its own three, then of what others say only what they may.
        let own: Vec<String> = (0..3).map(|_| published(&mut node)).collect();
        assert_eq!(own.len(), 3);
        publish(&mut h1, "ds/v1/s1/handheld/h1/event");
        let silent = hears_nothing(&mut h1);
        for topic in ["handheld/h1/event", "scanner/scan-pack-1/cmd", "scanner/scan-pack-1/reply"] {
            publish(&mut agent, &format!("ds/v1/s1/{topic}"));
        }
        (told, published(&mut node), silent)
    });
    let stranger = connect(tcp, "agent", "wrong").map(|(_, code)| code);
    let mut child = child;
    child.kill().unwrap();
    let told = String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr).into_owned();
    let wanted = ("ds/v1/s1/printer/receipt-1/cmd".into(), "ds/v1/s1/scanner/scan-pack-1/reply".into(), true);
    assert_eq!(heard, Some(wanted), "{told}");
    assert_eq!(stranger, Some(5), "{told}");
}

/// Node, agent, and somebody whom the users' file knows and the list of rights does not.
fn three(port: u16) -> Option<[TcpStream; 3]> {
    let [node, agent, h1] = ["larder-node", "agent", "h1"].map(|user| connect(port, user, "secret"));
    Some([node?.0, agent?.0, h1?.0])
}

/// Nothing was sent to this client: the answer to a ping is the next that comes.
fn hears_nothing(stream: &mut TcpStream) -> bool {
    send(stream, 0xC0, &[]);
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).is_ok() && answer == [0xD0, 0]
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Connects with MQTT 3.1.1; the broker's answer: 0 is welcome, 5 is not authorised.
fn connect(port: u16, user: &str, password: &str) -> Option<(TcpStream, u8)> {
    let mut stream = (0..500).find_map(|_| {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok();
        if stream.is_none() {
            std::thread::park_timeout(Duration::from_millis(10));
        }
        stream
    })?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut body = [field("MQTT"), vec![4, 0b1100_0010, 0, 60]].concat();
    body.extend([field(user), field(user), field(password)].concat());
    send(&mut stream, 0x10, &body);
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).ok()?;
    (answer[0] == 0x20).then_some((stream, answer[3]))
}

fn subscribe(stream: &mut TcpStream, topic: &str) {
    send(stream, 0x82, &[vec![0, 1], field(topic), vec![0]].concat());
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, [0x90, 3, 0, 1, 0]);
}

fn publish(stream: &mut TcpStream, topic: &str) {
    send(stream, 0x30, &[field(topic), b"x".to_vec()].concat());
}

/// The topic of the next message that is delivered.
fn published(stream: &mut TcpStream) -> String {
    let mut head = [0; 4];
    stream.read_exact(&mut head).unwrap();
    assert!(head[0] == 0x30 && head[1] < 128, "{head:?}");
    let mut rest = vec![0; usize::from(head[1]) - 2];
    stream.read_exact(&mut rest).unwrap();
    String::from_utf8(rest[..usize::from(u16::from_be_bytes([head[2], head[3]]))].to_vec()).unwrap()
}

fn field(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

/// One packet; its length has one byte, or two above 127.
fn send(stream: &mut TcpStream, kind: u8, body: &[u8]) {
    let length = match body.len() {
        short @ 0..128 => vec![u8::try_from(short).unwrap()],
        long => vec![u8::try_from(long % 128).unwrap() | 0x80, u8::try_from(long / 128).unwrap()],
    };
    stream.write_all(&[vec![kind], length, body.to_vec()].concat()).unwrap();
}
