//! `update` with real processes: the "store" is a shell script, which one version starts well and another does not.

use crate::common::{run, soon};
use minisign::KeyPair;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A machine with slots, a key, and a way to start what `current` names.
struct Machine {
    folder: TempDir,
    keys: KeyPair,
}

const START: &str = "#!/bin/sh\n[ -f ROOT/pid ] && kill \"$(cat ROOT/pid)\" 2>/dev/null\nrm -f ROOT/health ROOT/pid\n\
    ROOT/opt/current/bin/app ROOT >/dev/null 2>&1 </dev/null &\necho $! >ROOT/pid\n";

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyPair::generate_unencrypted_keypair().unwrap();
        let machine = Self { folder, keys };
        let key = machine.keys.pk.to_box().unwrap().into_string();
        std::fs::write(machine.path("update.pub"), key).unwrap();
        let root = machine.folder.path().display().to_string();
        std::fs::write(machine.path("start.sh"), START.replace("ROOT", &root)).unwrap();
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A bundle with one program in it, signed with this trusted comment.
    fn bundle(&self, name: &str, script: &str, comment: &str) -> PathBuf {
        let mut tree = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(script.len() as u64);
        tree.append_data(&mut header, "bin/app", script.as_bytes()).unwrap();
        self.sign(name, &tree.into_inner().unwrap(), comment, &self.keys)
    }

    fn sign(&self, name: &str, tree: &[u8], comment: &str, keys: &KeyPair) -> PathBuf {
        let file = self.path(name);
        let packed = zstd::encode_all(tree, 1).unwrap();
        let signature =
            minisign::sign(Some(&keys.pk), &keys.sk, packed.as_slice(), Some(comment), None).unwrap();
        std::fs::write(&file, packed).unwrap();
        std::fs::write(file.with_extension("larder.minisig"), signature.into_string()).unwrap();
        file
    }

    fn arguments(&self, what: &[&str], within: u32) -> Vec<String> {
        let at = |name: &str| self.path(name).display().to_string();
        let health = format!("grep -q well {} && kill -0 $(cat {})", at("health"), at("pid"));
        let start = format!("sh {}", at("start.sh"));
        let within = within.to_string();
        let (root, key) = (at("opt"), at("update.pub"));
        let places = [
            "--root",
            &root,
            "--key",
            &key,
            "--start",
            &start,
            "--health",
            &health,
            "--within",
            &within,
            "--every-ms",
            "50",
        ];
        ["update"].iter().chain(what).chain(&places).map(|word| (*word).to_owned()).collect()
    }

    fn update(&self, what: &[&str]) -> (i32, String, String) {
        let arguments = self.arguments(what, 2);
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(&words)
    }

    fn apply(&self, bundle: &Path) -> (i32, String, String) {
        self.update(&["apply", bundle.to_str().unwrap()])
    }

    /// What runs says which version it is.
    fn running(&self) -> String {
        std::fs::read_to_string(self.path("health")).unwrap_or_default().trim().to_owned()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Ok(pid) = std::fs::read_to_string(self.path("pid")) {
            let _ = Command::new("kill").arg(pid.trim()).stderr(Stdio::null()).status();
        }
    }
}

fn well(version: &str) -> String {
    format!("#!/bin/sh\necho well {version} >$1/health\nexec sleep 600\n")
}

/// Lives, and is never healthy.
const ILL: &str = "#!/bin/sh\necho ill >$1/health\nexec sleep 600\n";

fn comment(version: &str, counter: u64) -> String {
    format!("larder version={version} counter={counter}")
}

#[test]
fn a_healthy_version_stays_an_ill_one_goes_back_and_an_old_one_never_comes() {
    let machine = Machine::new();
    let one = machine.bundle("one.larder", &well("1.0"), &comment("1.0", 1));
    let (code, out, err) = machine.apply(&one);
    assert_eq!((code, machine.running().as_str()), (0, "well 1.0"), "{out}{err}");

    let two = machine.bundle("two.larder", ILL, &comment("2.0", 2));
    let (code, out, _) = machine.apply(&two);
    assert_eq!((code, machine.running().as_str()), (1, "well 1.0"), "{out}");
    assert!(out.contains("the former version runs and is healthy"), "{out}");

    let dead = machine.bundle("dead.larder", "#!/bin/sh\nexit 1\n", &comment("2.1", 3));
    assert_eq!((machine.apply(&dead).0, machine.running().as_str()), (1, "well 1.0"));

    let three = machine.bundle("three.larder", &well("3.0"), &comment("3.0", 4));
    assert_eq!((machine.apply(&three).0, machine.running().as_str()), (0, "well 3.0"));
    for old in [&one, &two, &three] {
        let (code, _, err) = machine.apply(old);
        assert!(code == 2 && err.contains("not newer"), "{err}");
    }
    let (code, out, _) = machine.update(&["status"]);
    assert_eq!(code, 0);
    assert!(out.contains("version 3.0 (counter 4)") && out.contains("in use"), "{out}");

    let (code, out, _) = machine.update(&["rollback"]);
    assert_eq!((code, machine.running().as_str()), (0, "well 1.0"), "{out}");
    assert_eq!(machine.apply(&three).0, 2, "going back by hand lets no old bundle in");
    let four = machine.bundle("four.larder", &well("4.0"), &comment("4.0", 5));
    // A whole stick: the newest of it that is signed by us.
    let (code, out, err) = machine.update(&["apply", machine.folder.path().to_str().unwrap()]);
    assert_eq!((code, machine.running().as_str()), (0, "well 4.0"), "{out}{err}");
    let (code, out, _) = machine.update(&["check", machine.folder.path().to_str().unwrap()]);
    assert_eq!((code, out.lines().count(), out.matches(": no: ").count()), (1, 5, 5), "{out}");
    drop(four);
}

#[test]
fn what_is_not_signed_by_us_is_never_unpacked() {
    let machine = Machine::new();
    let refused = |file: &Path, why: &str| {
        let (code, _, err) = machine.apply(file);
        assert!(code == 2 && err.contains(why), "{why}: {err}");
        assert!(!machine.path("opt/a").exists() && !machine.path("opt/b").exists(), "{why}");
    };
    let good = machine.bundle("good.larder", &well("1.0"), &comment("1.0", 1));
    let mut bytes = std::fs::read(&good).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&good, bytes).unwrap();
    refused(&good, "not signed by the key of this store");
    let strangers = KeyPair::generate_unencrypted_keypair().unwrap();
    refused(&machine.sign("stranger.larder", b"", &comment("1.0", 1), &strangers), "not signed by the key");
    let bare = machine.bundle("bare.larder", &well("1.0"), &comment("1.0", 1));
    std::fs::remove_file(machine.path("bare.larder.minisig")).unwrap();
    refused(&bare, "not signed by the key");
    refused(&machine.bundle("nameless.larder", &well("1.0"), "timestamp:1"), "names no version");
    // The comment is under the signature as well: a new number on an old bundle is no new bundle.
    let old = machine.bundle("old.larder", &well("1.0"), &comment("1.0", 1));
    let signature = machine.path("old.larder.minisig");
    let text = std::fs::read_to_string(&signature).unwrap().replace("counter=1", "counter=9");
    std::fs::write(signature, text).unwrap();
    refused(&old, "not signed by the key");

    let mut tree = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    tree.append_link(&mut header, "bin", "/etc").unwrap();
    let link = machine.sign("link.larder", &tree.into_inner().unwrap(), &comment("1.0", 1), &machine.keys);
    refused(&link, "which no bundle may");
}

/// The machine loses its power in the middle of a trial: the next start runs the former version.
#[test]
fn a_trial_that_was_cut_off_ends_with_the_former_version() {
    let machine = Machine::new();
    let one = machine.bundle("one.larder", &well("1.0"), &comment("1.0", 1));
    assert_eq!(machine.apply(&one).0, 0);
    let two = machine.bundle("two.larder", ILL, &comment("2.0", 2));
    let arguments = machine.arguments(&["apply", two.to_str().unwrap()], 600);
    let mut child = Command::new(env!("CARGO_BIN_EXE_firmware-config"))
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    assert!(soon(|| machine.running() == "ill"), "the trial never began");
    child.kill().unwrap();
    child.wait().unwrap();
    let (code, out, _) = machine.update(&["status"]);
    assert_eq!(code, 1, "{out}");
    let (code, out, _) = machine.update(&["settle"]);
    assert!(code == 0 && out.contains("broken off"), "{out}");
    assert!(soon(|| machine.running() == "well 1.0"), "the former version does not run");
    assert_eq!(machine.update(&["settle"]).1.trim(), "nothing to settle");
    assert_eq!(machine.update(&["rollback"]).0, 2, "what failed is no version to go back to");
}
