//! What a new device costs: a scale that no one makes, as the patch that adds it (issue 3, point 9). The patch fits the tree
//! and touches no more than four files, for no golden file lists the drivers; with LARDER_MADE_UP=1 the patched tree's own tests
//! pass, the patched store is built, boots from one store.toml, and the console shows the scale and its weight.

#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

use model::api::store::DeviceRow;
use model::mqtt::Health;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tests::scorecard::served::House;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_serial::{SerialPort, SerialStream};

/// The whole of it.
const PATCH: &str = include_str!("made_up/scale.patch");
/// Files that a new device may touch.
const FILES_MAX: usize = 4;
/// How long the console may take to see it.
const SEEN_LIMIT: Duration = Duration::from_secs(40);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn git_apply(folder: &Path, more: &[&str]) {
    let patch = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/made_up/scale.patch");
    let git = Command::new("git")
        .current_dir(folder)
        .args(["apply", "-p0"])
        .args(more)
        .arg(patch)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&git.stderr).into_owned();
    assert!(git.status.success(), "the tree has moved on: make the patch anew\n{said}");
}

#[test]
fn a_new_scale_is_a_patch_of_four_files() {
    let files: Vec<&str> = PATCH.lines().filter_map(|line| line.strip_prefix("+++ ")).collect();
    assert!(files.len() <= FILES_MAX, "{files:?}");
    git_apply(&root(), &["--check"]);
}

/// The golden files of firmware-config, in which no driver of the table may stand: else a new one changes them as well. (The
/// rendered files are those of stores that name their drivers nowhere.)
#[test]
fn no_golden_file_lists_the_drivers() {
    let golden = root().join("firmware-config/tests/golden");
    for file in walkdir::WalkDir::new(golden).into_iter().filter_map(Result::ok) {
        let Ok(text) = std::fs::read_to_string(file.path()) else { continue };
        let words = firmware_config::Driver::TABLE.iter().map(|line| line.word);
        let found: Vec<&str> = words
            .filter(|word| text.contains(&format!("{word}\"")) || text.contains(&format!("`{word}`")))
            .collect();
        // One or two are examples; a list is what would have to be renewed.
        assert!(found.len() <= 2, "{}: {found:?}", file.path().display());
    }
}

/// The tree as git knows it, with the web surfaces that were built, and the patch on it.
fn patched(to: &Path) {
    let listed = Command::new("git")
        .current_dir(root())
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .unwrap();
    let known = String::from_utf8(listed.stdout).unwrap();
    let built = ["store-node/web/dist", "central-hub/web/dist"].into_iter().flat_map(|dist| {
        let files = walkdir::WalkDir::new(root().join(dist)).into_iter().filter_map(Result::ok);
        files
            .filter(|file| file.file_type().is_file())
            .map(|file| file.path().strip_prefix(root()).unwrap().display().to_string())
    });
    for file in known.split('\0').filter(|file| !file.is_empty()).map(str::to_owned).chain(built) {
        let (from, to) = (root().join(&file), to.join(&file));
        if from.is_file() {
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(from, to).unwrap();
        }
    }
    git_apply(to, &[]);
}

/// The scale itself: 1,250 g, for whoever asks.
async fn answer(mut line: SerialStream) {
    let mut byte = [0];
    while line.read_exact(&mut byte).await.is_ok() {
        if byte == *b"?" && line.write_all(b"=1250g\n").await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_patched_store_boots_and_the_console_shows_the_scale() {
    if std::env::var_os("LARDER_MADE_UP").is_none() {
        eprintln!("NOT RUN: building a second tree takes minutes; LARDER_MADE_UP=1 does it");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    patched(&tree);
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    // The tree stays green: the tests that judge the table of drivers, and nothing else to renew.
    for work in [
        &["test", "-p", "firmware-config"][..],
        &["test", "-p", "device-drivers", "--lib"],
        &["build", "-p", "tests", "--bin", "demo"],
    ] {
        let done = Command::new(env!("CARGO"))
            .current_dir(&tree)
            .args(work)
            .env("CARGO_TARGET_DIR", &target)
            .env_remove("LARDER_BLESS")
            .status();
        assert!(done.unwrap().success(), "{work:?}");
    }
    let program = dir.path().join("made-up-demo");
    std::fs::copy(target.join("debug/demo"), &program).unwrap();

    let port = dir.path().join("scale");
    let (master, slave) = SerialStream::pair().unwrap();
    std::os::unix::fs::symlink(slave.name().unwrap(), &port).unwrap();
    let scale = tokio::spawn(answer(master));
    let line = format!(
        "[[devices]]\nid = \"new-scale\"\nclass = \"scale\"\ndriver = \"made-up\"\nport = \"serial:{}\"\n\n",
        port.display()
    );
    // This program does not know the driver: the store is filled without it, then the line is added.
    let house = House { program, ..House::build(&dir.path().join("store"), "").unwrap() };
    let text = std::fs::read_to_string(&house.config).unwrap();
    std::fs::write(&house.config, text + &line).unwrap();
    let (node, _) = house.start().await.unwrap();
    let agent = house.start_agent().unwrap();
    let console = house.manager().await.unwrap();
    let begun = Instant::now();
    loop {
        let rows: Vec<DeviceRow> = console.get("/api/v1/devices").await.unwrap();
        let row = rows.iter().find(|row| row.device.as_str() == "new-scale");
        if row.is_some_and(|row| row.health == Health::Ok && row.model.contains("made-up")) {
            break;
        }
        assert!(begun.elapsed() < SEEN_LIMIT, "{row:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let database = rusqlite::Connection::open(store_node::run::database(&house.dir)).unwrap();
    let weighed = || {
        database.query_row("SELECT max(grams) FROM weight_reading", [], |row| row.get::<_, Option<u32>>(0))
    };
    while weighed().unwrap() != Some(1_250) {
        assert!(begun.elapsed() < SEEN_LIMIT, "{:?}", weighed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    scale.abort();
    agent.stop(Duration::from_secs(10)).await;
    node.stop(Duration::from_secs(10)).await;
}
