//! What the tests of the program share: running it, the example store, golden files. Asserts nothing about a store.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A file of this package.
pub fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The documented example's text.
pub fn example() -> String {
    std::fs::read_to_string(here("examples/store.toml")).unwrap()
}

/// Runs the program: exit code, what it printed, what it complained of.
pub fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_firmware-config")).args(arguments).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// Compares with the committed file; with LARDER_BLESS=1 it writes that file instead.
pub fn golden(name: &str, is: &str) {
    let path = here("tests/golden").join(name);
    if std::env::var_os("LARDER_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, is).unwrap();
    }
    let was = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(was == is, "{name} differs from tests/golden; look at it, then run with LARDER_BLESS=1:\n{is}");
}

/// Looks until it is so, for ten seconds.
#[expect(clippy::disallowed_methods, reason = "processes of others say nothing when they are ready")]
pub fn soon(mut so: impl FnMut() -> bool) -> bool {
    std::iter::repeat_with(|| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        so()
    })
    .take(500)
    .any(|is| is)
}
