//! Every fuzz target runs on its seeds, and on what a few changes make of them, without a fuzzer or its compiler: a seed that
//! fails, or no longer fits its target, is seen by every `make test`. The long search is `make fuzz`.

#![expect(
    unused_attributes,
    clippy::unwrap_used,
    clippy::panic,
    reason = "targets are programs of their own; a test's helpers stop at what must not happen"
)]

extern crate self as libfuzzer_sys;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// A target: its package, its name, and what it does with bytes.
type Target = (&'static str, &'static str, fn(&[u8]));

macro_rules! targets {
    ($($package:literal $name:ident $file:literal;)*) => {
        $(#[path = $file] mod $name;)*
        const TARGETS: &[Target] = &[$(($package, stringify!($name), $name::run)),*];
    };
}

targets! {
    "device-drivers" bracketed "../../device-drivers/fuzz/fuzz_targets/bracketed.rs";
    "device-drivers" carrier "../../device-drivers/fuzz/fuzz_targets/carrier.rs";
    "device-drivers" chips "../../device-drivers/fuzz/fuzz_targets/chips.rs";
    "device-drivers" gs1 "../../device-drivers/fuzz/fuzz_targets/gs1.rs";
    "device-drivers" in_store "../../device-drivers/fuzz/fuzz_targets/in_store.rs";
    "device-drivers" mqtt "../../device-drivers/fuzz/fuzz_targets/mqtt.rs";
    "device-drivers" nci "../../device-drivers/fuzz/fuzz_targets/nci.rs";
    "device-drivers" payloads "../../device-drivers/fuzz/fuzz_targets/payloads.rs";
    "device-drivers" printer_status "../../device-drivers/fuzz/fuzz_targets/printer_status.rs";
    "device-drivers" ruuvi "../../device-drivers/fuzz/fuzz_targets/ruuvi.rs";
    "device-drivers" serial_lines "../../device-drivers/fuzz/fuzz_targets/serial_lines.rs";
    "device-drivers" ssi "../../device-drivers/fuzz/fuzz_targets/ssi.rs";
    "device-drivers" store_toml "../../device-drivers/fuzz/fuzz_targets/store_toml.rs";
    "device-drivers" toledo "../../device-drivers/fuzz/fuzz_targets/toledo.rs";
    "device-drivers" w1_slave "../../device-drivers/fuzz/fuzz_targets/w1_slave.rs";
    "device-drivers" wedge "../../device-drivers/fuzz/fuzz_targets/wedge.rs";
    "firmware-config" ask "../../firmware-config/fuzz/fuzz_targets/ask.rs";
    "firmware-config" bundle "../../firmware-config/fuzz/fuzz_targets/bundle.rs";
    "sync" documents "../../sync/fuzz/fuzz_targets/documents.rs";
    "sync" frames "../../sync/fuzz/fuzz_targets/frames.rs";
}

/// What the fuzzer's macro of this name makes a program of: here a function. It stands behind the
/// targets, which name it by its path.
#[macro_export]
macro_rules! fuzz_target {
    (|$data:ident: &[u8]| $body:block) => {
        pub fn run($data: &[u8]) $body
    };
    (|$text:ident: &str| $body:block) => {
        pub fn run(data: &[u8]) {
            if let Ok($text) = std::str::from_utf8(data) $body
        }
    };
}

/// Changed copies of each seed; `LARDER_FUZZ_ROUNDS` for more.
const ROUNDS: usize = 24;
/// As `make fuzz` has it, bytes.
const LONGEST: usize = 4_096;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names of what lies in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn seeds((package, name, _): &Target) -> Vec<(String, Vec<u8>)> {
    let folder = root().join(package).join("fuzz/seeds").join(name);
    names(&folder).into_iter().map(|seed| (seed.clone(), std::fs::read(folder.join(seed)).unwrap())).collect()
}

/// A copy with a few bytes changed, left out, doubled or taken from another seed.
fn changed(seed: &[u8], other: &[u8], rng: &mut SmallRng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.random_range(1..4) {
        let at = rng.random_range(0..=bytes.len());
        let until = (at + rng.random_range(0..8)).min(bytes.len());
        match rng.random_range(0..5) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..until)),
            2 => bytes.insert(at, rng.random()),
            3 => {
                let from = rng.random_range(0..=other.len());
                bytes.splice(at..until, other[from..].iter().copied());
            }
            _ => bytes[at..until].iter_mut().for_each(|byte| *byte ^= 1 << rng.random_range(0..8)),
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

/// Runs a target; what it fails on is named in a way that can be read.
fn holds(target: &Target, what: &str, bytes: &[u8]) {
    let (package, name, run) = target;
    if catch_unwind(AssertUnwindSafe(|| run(bytes))).is_err() {
        panic!("{package}, {name}, {what}: {}", bytes.escape_ascii());
    }
}

#[test]
fn every_target_holds_on_its_seeds_and_near_them() {
    let rounds = std::env::var("LARDER_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    for target in TARGETS {
        let seeds = seeds(target);
        assert!(seeds.len() > 1, "{target:?} has no seeds to start from");
        let mut rng = SmallRng::seed_from_u64(61);
        for (name, bytes) in &seeds {
            holds(target, name, bytes);
            for _ in 0..rounds {
                let (_, other) = &seeds[rng.random_range(0..seeds.len())];
                holds(target, &format!("near {name}"), &changed(bytes, other, &mut rng));
            }
        }
    }
}

/// A target that is written and not listed here would never run without a fuzzer.
#[test]
fn every_target_is_here_and_is_a_program_of_its_package() {
    for package in ["device-drivers", "firmware-config", "sync"] {
        let fuzz = root().join(package).join("fuzz");
        let here: Vec<String> = TARGETS
            .iter()
            .filter(|(of, ..)| *of == package)
            .map(|(_, name, _)| format!("{name}.rs"))
            .collect();
        assert_eq!(names(&fuzz.join("fuzz_targets")), here, "{package}");
        let manifest: toml::Table =
            std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap().parse().unwrap();
        let mut programs: Vec<String> = manifest["bin"]
            .as_array()
            .unwrap()
            .iter()
            .map(|program| format!("{}.rs", program["name"].as_str().unwrap()))
            .collect();
        programs.sort();
        assert_eq!(programs, here, "{package}");
    }
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    assert!(makefile.contains("\nFUZZED := device-drivers firmware-config sync\n"));
}
