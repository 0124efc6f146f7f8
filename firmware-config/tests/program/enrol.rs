//! `enrol` against other people's judges: openssl reads the certificates, zbar the paper, and a real Mosquitto lets in who is
//! enrolled and nobody who was taken back.

use crate::common::{example, run, soon};
use firmware_config::parse;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A store's file, and the folder of its authority.
struct Store {
    folder: TempDir,
}

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("store.toml"), example()).unwrap();
        let store = Self { folder };
        let (code, out, err) = store.enrol(&["ca", "--broker", "127.0.0.1"]);
        assert_eq!((code, err.as_str()), (0, ""));
        // The lines it prints make a sound store, and every file they name is there.
        let lines = &out[out.find("[broker.tls]").unwrap()..];
        let text = example().replace("[layout]", &format!("{lines}\n[layout]"));
        let tls = parse(&text).unwrap_or_else(|faults| panic!("{faults:?}\n{lines}")).broker.tls.unwrap();
        let own = [tls.crl, tls.node_cert, tls.node_key, tls.agent_cert, tls.agent_key].map(Option::unwrap);
        assert!([tls.ca, tls.cert, tls.key].iter().chain(&own).all(|file| file.exists()), "{own:?}");
        store
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn enrol(&self, arguments: &[&str]) -> (i32, String, String) {
        let (config, folder) = (self.path("store.toml"), self.path("enrol"));
        let places = ["--config", config.to_str().unwrap(), "--folder", folder.to_str().unwrap()];
        run(&[&["enrol"], arguments, &places].concat())
    }

    /// The code that a device is given.
    fn code(&self, id: &str) -> String {
        let (code, out, err) = self.enrol(&["device", id]);
        assert_eq!(code, 0, "{err}");
        assert!(out.contains('█') || out.contains('▀'), "a QR stands above");
        let words = out.lines().last().unwrap();
        words.split("code ").nth(1).unwrap().split(',').next().unwrap().to_owned()
    }

    fn redeem(&self, id: &str, code: &str) -> (i32, String, String) {
        let out = self.path("out");
        self.enrol(&["redeem", id, code, "--out", out.to_str().unwrap()])
    }

    fn admit(&self, id: &str) {
        let (code, _, err) = self.redeem(id, &self.code(id));
        assert_eq!(code, 0, "{err}");
    }
}

fn openssl(arguments: &[&str]) -> (bool, String) {
    let run = Command::new("openssl").args(arguments).stdin(Stdio::null()).output();
    let output = run.unwrap_or_else(|error| panic!("openssl: {error}"));
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A node for one device: takes the POST, hands the ask to the authority, answers as the store's node does.
fn node(listener: TcpListener, folder: PathBuf) -> std::thread::JoinHandle<String> {
    use std::io::Read;
    std::thread::spawn(move || {
        let (mut line, _) = listener.accept().unwrap();
        let mut heard = String::new();
        let body = loop {
            let mut piece = [0; 4096];
            let read = line.read(&mut piece).unwrap();
            heard.push_str(std::str::from_utf8(&piece[..read]).unwrap());
            let Some((head, body)) = heard.split_once("\r\n\r\n") else { continue };
            let length = head.split("Content-Length: ").nth(1).unwrap().lines().next().unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                break body.to_owned();
            }
        };
        let authority = firmware_config::enrol::Authority::open(&folder).unwrap();
        let ask = serde_json::from_str(&body).unwrap();
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
        let now = model::Timestamp::from_ms(i64::try_from(now).unwrap());
        let answer = match authority.admit(&ask, now) {
            Ok(admission) => format!("HTTP/1.0 200 OK\r\n\r\n{}", serde_json::to_string(&admission).unwrap()),
            Err(_) => "HTTP/1.0 403 Forbidden\r\n\r\n{}".to_owned(),
        };
        line.write_all(answer.as_bytes()).unwrap();
        heard
    })
}

#[test]
fn a_device_fetches_its_papers_over_http_and_sends_neither_code_nor_key() {
    let store = Store::new();
    let out = store.path("device");
    let fetch = |code: &str| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap().to_string();
        let node = node(listener, store.path("enrol"));
        let asked = run(&["enrol", "fetch", "hh-7", code, "--at", &at, "--out", out.to_str().unwrap()]);
        (asked, node.join().unwrap())
    };
    let code = store.code("hh-7");
    let ((exit, _, err), _) = fetch("00000-00000");
    assert!(exit == 2 && err.contains("lets nobody in"), "{exit} {err}");
    let ((exit, _, err), sent) = fetch(&code.to_lowercase());
    assert_eq!((exit, err.as_str()), (0, ""));
    assert!(!sent.to_uppercase().contains(&code.replace('-', "")) && !sent.contains("PRIVATE"), "{sent}");
    let (ca, certificate) = (out.join("ca.crt"), out.join("hh-7.crt"));
    let (fine, said) = openssl(&[
        "verify",
        "-CAfile",
        ca.to_str().unwrap(),
        "-purpose",
        "sslclient",
        certificate.to_str().unwrap(),
    ]);
    assert!(fine, "{said}");
    let (_, subject) =
        openssl(&["x509", "-in", certificate.to_str().unwrap(), "-noout", "-subject", "-pubkey"]);
    assert!(subject.contains("hh-7"), "{subject}");
    let (_, own) = openssl(&["pkey", "-in", out.join("hh-7.key").to_str().unwrap(), "-pubout"]);
    assert!(subject.contains(own.trim()), "the certificate is for the key that stayed here");
    assert_eq!(mode(&out.join("hh-7.key")), 0o600);
    let ((exit, ..), _) = fetch(&code);
    assert_eq!(exit, 2, "a code works once");
}

#[test]
fn a_device_gets_a_certificate_that_bears_its_name_and_openssl_takes_it() {
    let store = Store::new();
    let (ca, broker) = (store.path("enrol/ca.crt"), store.path("enrol/broker.crt"));
    let ca = ca.to_str().unwrap();
    let (fine, said) = openssl(&["verify", "-CAfile", ca, "-purpose", "sslserver", broker.to_str().unwrap()]);
    assert!(fine, "{said}");
    for (file, name) in [("node", "larder-node"), ("agent", "agent")] {
        let path = store.path("enrol").join(format!("{file}.crt")).display().to_string();
        assert!(openssl(&["verify", "-CAfile", ca, "-purpose", "sslclient", &path]).0, "{file}");
        let (_, subject) = openssl(&["x509", "-noout", "-subject", "-nameopt", "multiline", "-in", &path]);
        assert!(subject.trim().ends_with(&format!("= {name}")), "{subject}");
        assert_eq!(store.enrol(&["device", name]).0, 2, "nobody else is {name}");
    }
    store.admit("hh-1");
    let certificate = store.path("out/hh-1.crt");
    let certificate = certificate.to_str().unwrap();
    let (fine, said) = openssl(&["verify", "-CAfile", ca, "-purpose", "sslclient", certificate]);
    assert!(fine, "{said}");
    assert!(!openssl(&["verify", "-CAfile", ca, "-purpose", "sslserver", certificate]).0, "it serves nobody");
    let (_, subject) = openssl(&["x509", "-noout", "-subject", "-in", certificate]);
    assert!(subject.trim().ends_with("CN = hh-1") || subject.trim().ends_with("CN=hh-1"), "{subject}");
    for (name, want) in
        [("enrol", 0o700), ("enrol/ca.key", 0o600), ("enrol/devices.json", 0o600), ("out/hh-1.key", 0o600)]
    {
        assert_eq!(mode(&store.path(name)), want, "{name}");
    }
    assert_eq!(store.enrol(&["ca"]).0, 2, "a second authority would end the first");
    std::fs::set_permissions(store.path("enrol/ca.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let (code, _, err) = store.enrol(&["list"]);
    assert!(code == 2 && err.contains("chmod 600"), "{err}");
}

/// Root enrols, and the node has to read: everything belongs to whom the data around it belong to, whoever wrote it.
#[test]
fn what_root_enrols_belongs_to_whom_the_data_belong_to() {
    const NOBODY: u32 = 65_534;
    let data = tempfile::tempdir().unwrap();
    if std::os::unix::fs::chown(data.path(), Some(NOBODY), Some(NOBODY)).is_err() {
        eprintln!("NOT RUN: only root can give files away");
        return;
    }
    let config = data.path().join("store.toml");
    std::fs::write(&config, example()).unwrap();
    let folder = data.path().join("enrol");
    let places = ["--config", config.to_str().unwrap(), "--folder", folder.to_str().unwrap()];
    for what in [&["ca"][..], &["device", "hh-1"], &["renew", "--take-back"]] {
        let (code, _, err) = run(&[&["enrol"], what, &places].concat());
        assert_eq!(code, 0, "{err}");
    }
    let mut looked_at = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().uid(), NOBODY, "{:?}", entry.path());
        looked_at += 1;
    }
    assert!(looked_at > 10 && std::fs::metadata(&folder).unwrap().uid() == NOBODY);
}

#[test]
fn codes_work_once_and_wrong_ones_use_them_up() {
    let store = Store::new();
    let code = store.code("hh-1");
    assert_eq!(store.redeem("hh-2", &code).0, 2, "it is hh-1's");
    assert_eq!(store.redeem("hh-1", &code.to_lowercase().replace('-', " ")).0, 0);
    assert_eq!(store.redeem("hh-1", &code).0, 2, "once");
    let code = store.code("hh-1");
    for _ in 0..5 {
        assert_eq!(store.redeem("hh-1", "AAAAA-AAAAA").0, 2);
    }
    let (status, _, err) = store.redeem("hh-1", &code);
    assert!(status == 2 && err.contains("ask for a new one"), "{err}");
    let (_, list, _) = store.enrol(&["list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[test]
fn renewed_certificates_are_good_and_the_former_ones_are_out_when_they_are_taken_back() {
    let store = Store::new();
    let file = |name: &str| store.path("enrol").join(name).display().to_string();
    let good = |certificate: &str| {
        let (ca, list) = (file("ca.crt"), file("crl.pem"));
        openssl(&["verify", "-crl_check", "-CRLfile", &list, "-CAfile", &ca, certificate]).0
    };
    let keep = |round: &str| {
        ["broker", "node", "agent"].map(|name| {
            let kept = file(&format!("{name}.{round}"));
            std::fs::copy(file(&format!("{name}.crt")), &kept).unwrap();
            kept
        })
    };
    let first = keep("first");
    let (code, out, err) = store.enrol(&["renew", "--broker", "127.0.0.1"]);
    assert!(code == 0 && out.contains("stay good"), "{out}{err}");
    let second = keep("second");
    assert!(first.iter().chain(&second).all(|certificate| good(certificate)));
    let serial = |path: &String| openssl(&["x509", "-noout", "-serial", "-in", path]).1;
    assert!(first.iter().zip(&second).all(|(one, other)| serial(one) != serial(other)));
    for name in ["broker", "node", "agent"] {
        let (_, certified) = openssl(&["x509", "-noout", "-pubkey", "-in", &file(&format!("{name}.crt"))]);
        let (_, own) = openssl(&["pkey", "-pubout", "-in", &file(&format!("{name}.key"))]);
        assert_eq!(certified, own, "{name}");
        assert_eq!(mode(&store.path("enrol").join(format!("{name}.key"))), 0o600);
    }
    store.admit("hh-1");
    assert_eq!(store.enrol(&["renew", "--broker", "127.0.0.1", "--take-back"]).0, 0);
    assert!(first.iter().chain(&second).all(|certificate| !good(certificate)), "the former are out");
    assert!(keep("third").iter().all(|certificate| good(certificate)));
    assert!(good(&store.path("out/hh-1.crt").display().to_string()), "devices are not touched");
}

/// The rows of dots of an ESC/POS job, one after the other, as a portable bitmap.
fn bitmap(job: &[u8]) -> Vec<u8> {
    let (mut rows, mut wide, mut at) = (Vec::new(), 0, 0);
    while let Some(rest) = job.get(at..).filter(|rest| rest.len() > 8) {
        if rest.starts_with(b"\x1dv0\0") {
            wide = usize::from(rest[4]);
            let length = wide * usize::from(rest[6]);
            // A border of white, as the paper has.
            for row in rest[8..8 + length].chunks(wide) {
                rows.push([&[0; 4], row, &[0; 4]].concat());
            }
            at += 8 + length;
        } else {
            at += 1;
        }
    }
    let white = vec![vec![0; wide + 8]; 32];
    let rows: Vec<u8> = [white.clone(), rows, white].concat().concat();
    let height = rows.len() / (wide + 8);
    [format!("P4\n{} {height}\n", (wide + 8) * 8).into_bytes(), rows].concat()
}

#[test]
fn the_paper_scans_as_the_invitation() {
    let store = Store::new();
    let paper = store.path("paper.prn");
    let (code, out, err) = store.enrol(&["device", "hh-1", "--paper", paper.to_str().unwrap()]);
    assert_eq!(code, 0, "{err}");
    let job = std::fs::read(&paper).unwrap();
    assert!(String::from_utf8_lossy(&job).contains("ENROL hh-1\nCODE "));
    let picture = store.path("paper.pbm");
    std::fs::write(&picture, bitmap(&job)).unwrap();
    let read = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&picture).output();
    let read = String::from_utf8(read.unwrap_or_else(|error| panic!("zbar-tools: {error}")).stdout).unwrap();
    let code = out.lines().last().unwrap().split("code ").nth(1).unwrap().split(',').next().unwrap();
    assert!(read.starts_with(&format!("larder-enrol:1?store=s1&device=hh-1&code={code}&ca=")), "{read:?}");
}

struct Broker {
    port: u16,
    child: Child,
}

impl Broker {
    fn start(store: &Store) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = |name: &str| store.path("enrol").join(name).display().to_string();
        let text = format!(
            "user root\nlistener {port} 127.0.0.1\ncafile {}\ncertfile {}\nkeyfile {}\ncrlfile {}\n\
             require_certificate true\nuse_identity_as_username true\nallow_anonymous false\n",
            at("ca.crt"),
            at("broker.crt"),
            at("broker.key"),
            at("crl.pem")
        );
        let file = store.path("mosquitto.conf");
        std::fs::write(&file, text).unwrap();
        let program =
            ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"].into_iter().find(|p| Path::new(p).exists());
        let mut command = Command::new(program.unwrap_or_else(|| panic!("mosquitto is missing")));
        let child = command.arg("-c").arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let broker = Self { port, child };
        let up = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        assert!(soon(up), "mosquitto does not listen");
        broker
    }

    /// As `systemctl reload` does.
    fn reload(&self) {
        Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap();
    }

    /// Whether the broker answers a CONNECT of this device, over TLS with its certificate.
    fn lets_in(&self, store: &Store, id: &str) -> bool {
        let at = |name: String| store.path("out").join(name).display().to_string();
        let mut client = Command::new("openssl")
            .args([
                "s_client",
                "-quiet",
                "-verify_return_error",
                "-connect",
                &format!("127.0.0.1:{}", self.port),
            ])
            .args([
                "-CAfile",
                &at("ca.crt".into()),
                "-cert",
                &at(format!("{id}.crt")),
                "-key",
                &at(format!("{id}.key")),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let name = u8::try_from(id.len()).unwrap();
        let connect = [
            &[0x10, 12 + name, 0, 4][..],
            b"MQTT",
            &[4, 2, 0, 60, 0, name],
            id.as_bytes(),
            // And goodbye, so that the line ends.
            &[0xe0, 0],
        ]
        .concat();
        let mut mouth = client.stdin.take().unwrap();
        let _ = mouth.write_all(&connect);
        let mut ear = client.stdout.take().unwrap();
        let mut heard = [0_u8; 4];
        let answered = std::io::Read::read_exact(&mut ear, &mut heard).is_ok();
        drop(mouth);
        let _ = client.kill();
        client.wait().unwrap();
        answered && heard == [0x20, 2, 0, 0]
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_real_broker_lets_in_who_is_enrolled_until_it_is_taken_back() {
    let store = Store::new();
    store.admit("hh-1");
    store.admit("hh-2");
    let broker = Broker::start(&store);
    assert!(broker.lets_in(&store, "hh-1") && broker.lets_in(&store, "hh-2"));
    let (code, _, err) = store.enrol(&["revoke", "hh-1"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(std::fs::read_to_string(store.path("enrol/revoked.txt")).unwrap(), "hh-1\n");
    let [ca, list] = ["enrol/ca.crt", "enrol/crl.pem"].map(|name| store.path(name).display().to_string());
    let judged = |id: &str| {
        let file = store.path("out").join(format!("{id}.crt")).display().to_string();
        openssl(&["verify", "-CAfile", &ca, "-CRLfile", &list, "-crl_check", &file])
    };
    assert!(judged("hh-2").0, "{}", judged("hh-2").1);
    assert!(judged("hh-1").1.contains("certificate revoked"), "{}", judged("hh-1").1);
    broker.reload();
    assert!(soon(|| !broker.lets_in(&store, "hh-1")), "it still comes in");
    assert!(broker.lets_in(&store, "hh-2"));
    // Enrolled anew it comes in again, with its new certificate.
    store.admit("hh-1");
    assert!(broker.lets_in(&store, "hh-1"));
    assert_eq!(store.enrol(&["revoke", "nobody"]).0, 2);
}
