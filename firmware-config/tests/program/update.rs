//! `update` with real processes: the "store" is a shell script, which one version starts well and another does not; then the
//! programs that the rendered units name, started by a stand-in for systemd.

use crate::common::{example, run, soon};
use minisign::KeyPair;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
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

    /// A machine on which a package brought a version that runs.
    fn installed() -> Self {
        let machine = Self::new();
        machine.package("app", well("0.9").as_bytes());
        let (code, out, err) = machine.adopt("0.9", 0);
        assert!(code == 0 && out.contains("version 0.9 (counter 0) of the package is used"), "{out}{err}");
        assert!(Command::new("sh").arg(machine.path("start.sh")).status().unwrap().success());
        assert!(soon(|| machine.running() == "well 0.9"));
        machine
    }

    /// A program of the package.
    fn package(&self, name: &str, program: &[u8]) {
        let file = self.path("package/bin").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let _ = std::fs::remove_file(&file);
        std::fs::write(&file, program).unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
    }

    /// What the installation of a package does.
    fn adopt(&self, version: &str, counter: u64) -> (i32, String, String) {
        let told = self.path("release.json");
        std::fs::write(&told, format!("{{\"version\": \"{version}\", \"counter\": {counter}}}")).unwrap();
        self.update(&["adopt", "--release", told.to_str().unwrap()])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A bundle with one program in it, signed with this trusted comment.
    fn bundle(&self, name: &str, script: &str, comment: &str) -> PathBuf {
        self.bundle_of(name, &[("bin/app", script.as_bytes())], comment)
    }

    fn bundle_of(&self, name: &str, files: &[(&str, &[u8])], comment: &str) -> PathBuf {
        let mut tree = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o755);
            header.set_size(content.len() as u64);
            tree.append_data(&mut header, path, *content).unwrap();
        }
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
        let (root, key, package) = (at("opt"), at("update.pub"), at("package"));
        let places = [
            "--root",
            &root,
            "--package",
            &package,
            "--services",
            "",
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
    let machine = Machine::installed();
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
    let machine = Machine::installed();
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
    let machine = Machine::installed();
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
    let (code, out, _) = machine.update(&["rollback"]);
    assert_eq!(
        (code, machine.running().as_str()),
        (0, "well 0.9"),
        "what failed is none to go back to: {out}"
    );
}

/// The first bundle is ill, and there is no other slot: what the package brought runs again. Where not even that is there,
/// no bundle is tried.
#[test]
fn an_ill_first_bundle_goes_back_to_what_the_package_brought() {
    let machine = Machine::installed();
    for (name, program) in [("ill", ILL), ("dead", "#!/bin/sh\nexit 1\n")] {
        let bundle = machine.bundle(&format!("{name}.larder"), program, &comment("1.0", 1));
        let (code, out, err) = machine.apply(&bundle);
        assert_eq!((code, machine.running().as_str()), (1, "well 0.9"), "{out}{err}");
        assert_eq!(std::fs::read_link(machine.path("opt/current")).unwrap(), machine.path("package"));
    }
    assert_eq!(machine.update(&["rollback"]).0, 2, "there is the package, and nothing else");
    let good = machine.bundle("good.larder", &well("1.1"), &comment("1.1", 1));
    assert_eq!((machine.apply(&good).0, machine.running().as_str()), (0, "well 1.1"));

    let bare = Machine::new();
    let good = bare.bundle("good.larder", &well("1.1"), &comment("1.1", 1));
    let (code, _, err) = bare.apply(&good);
    assert!(code == 2 && err.contains("nothing to go back to"), "{err}");
    assert_eq!((bare.running().as_str(), bare.path("opt/a").exists()), ("", false));
}

/// A package that is newer than the bundle in use is used; an older one undoes no update. Bundles below either are refused.
#[test]
fn no_slot_hides_a_newer_package_and_no_older_package_undoes_an_update() {
    let machine = Machine::installed();
    let five = machine.bundle("five.larder", &well("5.0"), &comment("5.0", 5));
    assert_eq!(machine.apply(&five).0, 0);
    let current = || std::fs::read_link(machine.path("opt/current")).unwrap();

    let (code, out, _) = machine.adopt("4.0", 4);
    assert!(code == 0 && out.contains("version 5.0 (counter 5) of a bundle stays in use"), "{out}");
    assert_eq!(current(), Path::new("a"));
    let (code, out, _) = machine.adopt("6.0", 6);
    assert!(code == 0 && out.contains("version 6.0 (counter 6) of the package is used"), "{out}");
    assert_eq!(current(), machine.path("package"));
    let old = machine.bundle("six.larder", &well("6.0"), &comment("6.0", 6));
    let (code, _, err) = machine.apply(&old);
    assert!(code == 2 && err.contains("not newer than what was in use (counter 6)"), "{err}");

    // The next bundle is not laid over what a person would go back to.
    let (code, out, _) = machine.update(&["rollback"]);
    assert_eq!((code, machine.running().as_str()), (0, "well 5.0"), "{out}");
    machine.adopt("6.0", 6);
    let seven = machine.bundle("seven.larder", &well("7.0"), &comment("7.0", 7));
    assert_eq!((machine.apply(&seven).0, current().as_path()), (0, Path::new("b")));

    // The package is removed with its slots and comes again.
    for gone in ["a", "b", "current"] {
        let path = machine.path("opt").join(gone);
        let _ = std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path));
    }
    assert_eq!(machine.adopt("6.0", 6).0, 0);
    assert_eq!(current(), machine.path("package"));
    let (_, out, _) = machine.update(&["status"]);
    assert!(out.contains("version 6.0 (counter 6)") && out.matches("empty").count() == 2, "{out}");
    assert!(out.contains("counters above 7"), "what was in use is not forgotten: {out}");
}

/// Somebody broke into the folder, or a disk lost it: what `current` names is gone at the next start of the machine.
#[test]
fn a_slot_that_is_gone_is_replaced_by_the_package_at_the_next_start() {
    let machine = Machine::installed();
    let one = machine.bundle("one.larder", &well("1.0"), &comment("1.0", 1));
    assert_eq!(machine.apply(&one).0, 0);
    std::fs::remove_dir_all(machine.path("opt/a")).unwrap();
    let (code, out, _) = machine.update(&["settle"]);
    assert!(code == 0 && out.contains("did not name what is in use"), "{out}");
    assert!(soon(|| machine.running() == "well 0.9"));
    std::fs::remove_file(machine.path("opt/current")).unwrap();
    assert_eq!(machine.update(&["settle"]).0, 0);
    assert_eq!(std::fs::read_link(machine.path("opt/current")).unwrap(), machine.path("package"));
}

/// While a version is on trial the node is started, and `settle` before it: it must not end the trial.
#[test]
fn a_start_of_the_node_does_not_end_a_trial_that_is_under_way() {
    let machine = Machine::installed();
    let settle = format!(
        "{} update settle --root {} --package {} --start false >{}",
        env!("CARGO_BIN_EXE_firmware-config"),
        machine.path("opt").display(),
        machine.path("package").display(),
        machine.path("settled").display()
    );
    let start = std::fs::read_to_string(machine.path("start.sh")).unwrap();
    std::fs::write(machine.path("start.sh"), start.replace("#!/bin/sh\n", &format!("#!/bin/sh\n{settle}\n")))
        .unwrap();
    let one = machine.bundle("one.larder", &well("1.0"), &comment("1.0", 1));
    assert_eq!((machine.apply(&one).0, machine.running().as_str()), (0, "well 1.0"));
    let told = std::fs::read_to_string(machine.path("settled")).unwrap();
    assert!(told.contains("under way"), "{told}");
}

/// Stands in for systemd: starts the program that a rendered unit names, below ROOT instead of /, and tells its process.
const SYSTEMCTL: &str = "#!/bin/sh\nif [ \"$1\" = show ]; then\n  for unit; do :; done\n  cat \"ROOT/$unit.pid\"; exit; fi\n\
    for unit in larder-store-node larder-agent; do\n\
    if [ -f ROOT/$unit.pid ]; then kill $(cat ROOT/$unit.pid) 2>/dev/null; fi\n\
    program=$(sed -n 's#^ *\\(ExecStart=\\|exec \\|.*exec \\)\\(/[^ ]*/\\(store-node\\|device-agent\\)\\) .*#\\2#p' \
    ROOT/etc/systemd/system/$unit.service)\n\
    ROOT$program 600 >/dev/null 2>&1 </dev/null &\necho $! >ROOT/$unit.pid\ndone\n";

/// Renders the example's units and starts what they name; the programs are real ones of this machine, because a script's
/// process is its shell's.
struct Units {
    machine: Machine,
}

impl Units {
    fn new(render: &[&str]) -> Self {
        let machine = Machine::new();
        let root = machine.folder.path().display().to_string();
        std::fs::write(machine.path("store.toml"), example()).unwrap();
        let file = machine.path("store.toml").display().to_string();
        let rendered = run(&[&["render", &file, "--out", &root], render].concat());
        assert_eq!(rendered.0, 0, "{}", rendered.2);
        std::fs::create_dir_all(machine.path("bin")).unwrap();
        std::fs::create_dir_all(machine.path("opt")).unwrap();
        // The slots lie where the units look for them: at /opt/larder below this root.
        std::os::unix::fs::symlink(".", machine.path("opt/larder")).unwrap();
        let systemctl = machine.path("bin/systemctl");
        std::fs::write(&systemctl, SYSTEMCTL.replace("ROOT", &root)).unwrap();
        std::fs::set_permissions(&systemctl, Permissions::from_mode(0o755)).unwrap();
        for program in ["store-node", "device-agent"] {
            machine.package(program, &std::fs::read("/bin/sleep").unwrap());
        }
        assert_eq!(machine.adopt("0.9", 1).0, 0);
        Self { machine }
    }

    /// Applies a bundle of these two programs; a machine whose health says nothing but "well".
    fn apply(&self, name: &str, counter: u64, [node, agent]: [&str; 2]) -> (i32, String) {
        let read = |program: &str| std::fs::read(program).unwrap();
        let (node, agent) = (read(node), read(agent));
        let files = [("bin/store-node", node.as_slice()), ("bin/device-agent", agent.as_slice())];
        let bundle = self.machine.bundle_of(name, &files, &comment("1.0", counter));
        let at = |name: &str| self.machine.path(name).display().to_string();
        let path = format!("{}:{}", at("bin"), std::env::var("PATH").unwrap());
        let output = Command::new(env!("CARGO_BIN_EXE_firmware-config"))
            .env("PATH", path)
            .args([
                "update",
                "apply",
                bundle.to_str().unwrap(),
                "--root",
                &at("opt"),
                "--package",
                &at("package"),
            ])
            .args(["--key", &at("update.pub"), "--health", "true", "--within", "1", "--every-ms", "50"])
            .output()
            .unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    /// Which program a service runs.
    fn runs(&self, unit: &str) -> PathBuf {
        let pid = std::fs::read_to_string(self.machine.path(&format!("{unit}.pid"))).unwrap();
        std::fs::read_link(format!("/proc/{}/exe", pid.trim())).unwrap_or_default()
    }
}

impl Drop for Units {
    fn drop(&mut self) {
        for unit in ["larder-store-node", "larder-agent"] {
            if let Ok(pid) = std::fs::read_to_string(self.machine.path(&format!("{unit}.pid"))) {
                let _ = Command::new("kill").arg(pid.trim()).stderr(Stdio::null()).status();
            }
        }
    }
}

#[test]
fn the_rendered_units_start_what_the_update_brought() {
    let units = Units::new(&[]);
    let root = std::fs::canonicalize(units.machine.folder.path()).unwrap();
    // An agent that ends at once: the node alone is not the store.
    let (code, out) = units.apply("ill.larder", 2, ["/bin/sleep", "/bin/false"]);
    assert!(code == 1 && out.contains("the former version runs and is healthy"), "{out}");
    assert_eq!(units.runs("larder-store-node"), root.join("package/bin/store-node"));
    assert_eq!(units.runs("larder-agent"), root.join("package/bin/device-agent"));

    let (code, out) = units.apply("good.larder", 2, ["/bin/sleep", "/bin/sleep"]);
    assert!(code == 0 && out.contains("is in use"), "{out}");
    assert_eq!(units.runs("larder-store-node"), root.join("opt/a/bin/store-node"));
    assert_eq!(units.runs("larder-agent"), root.join("opt/a/bin/device-agent"));
}

/// Units that start other programs than those of `current` are healthy after an update, and prove nothing.
#[test]
fn a_store_that_goes_on_with_its_former_programs_has_not_taken_the_update() {
    let units = Units::new(&["--programs", "/package/bin"]);
    let (code, out) = units.apply("good.larder", 2, ["/bin/sleep", "/bin/sleep"]);
    assert!(code == 1 && !out.contains("is in use"), "{out}");
    let (_, out, _) = units.machine.update(&["status"]);
    assert!(out.contains("counters above 1"), "{out}");
}
