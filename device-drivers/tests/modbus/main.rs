//! The Modbus driver against pymodbus over a disturbed line: it never reports a value that the slave did not hold, and it
//! recovers. Between the two stands a meddler that flips bits, drops bytes, splits frames and holds answers back.
#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use device_drivers::modbus::{LineSettings, Lines};
use device_drivers::sensor::transmitter::{RegisterMap, Transmitter};
use device_drivers::sensor::{Measured, Probe, ProbeFault};
use firmware_config::{Parity, RegisterForm, RegisterTable};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, ReadHalf, WriteHalf};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio_serial::{SerialPort, SerialStream};

/// What the meddler does to bytes on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mischief {
    None,
    Flips,
    Drops,
    Splits,
    Slow,
    Everything,
}

const ANSWER_WITHIN: Duration = Duration::from_millis(120);
/// Readings of each transmitter under each mischief.
const ROUNDS: usize = 8;

fn python() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/larder");
    let python = std::env::var_os("LARDER_CACHE").map_or_else(home, PathBuf::from).join("oracles/bin/python");
    assert!(python.exists(), "{} is missing: run .ci/setup test", python.display());
    python
}

/// Carries bytes from one end to the other, with mischief.
async fn meddle(
    mut from: ReadHalf<SerialStream>,
    mut to: WriteHalf<SerialStream>,
    mischief: watch::Receiver<Mischief>,
    seed: u64,
) {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut buffer = [0; 256];
    while let Ok(count) = from.read(&mut buffer).await {
        let kind = *mischief.borrow();
        let is = |one: Mischief| kind == one || kind == Mischief::Everything;
        let mut bytes = buffer[..count].to_vec();
        if is(Mischief::Drops) {
            bytes.retain(|_| !random.random_bool(0.03));
        }
        if is(Mischief::Flips) {
            for byte in &mut bytes {
                if random.random_bool(0.03) {
                    *byte ^= 1 << random.random_range(0..8);
                }
            }
        }
        if is(Mischief::Slow) && random.random_bool(0.4) {
            // Up to three times what an answer may take: it comes when another question is on the line.
            tokio::time::sleep(ANSWER_WITHIN.mul_f64(random.random_range(0.2..3.0))).await;
        }
        let piece = if is(Mischief::Splits) { 1 } else { bytes.len().max(1) };
        for part in bytes.chunks(piece) {
            if to.write_all(part).await.is_err() {
                return;
            }
            if piece == 1 {
                tokio::time::sleep(Duration::from_millis(random.random_range(0..4))).await;
            }
        }
    }
}

struct Site {
    port: PathBuf,
    mischief: watch::Sender<Mischief>,
    /// Held open so that neither side hears an end of the line.
    _slaves: [SerialStream; 2],
    _python: Child,
}

async fn site(python: PathBuf) -> Site {
    let (ours, driver) = SerialStream::pair().unwrap();
    let (theirs, slave) = SerialStream::pair().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/modbus/slaves.py");
    let mut child = Command::new(python)
        .args([script, slave.name().unwrap().as_str()])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = tokio::time::timeout(Duration::from_secs(30), said.next_line()).await;
    assert_eq!(ready.unwrap().unwrap().as_deref(), Some("ready"));
    let port = driver.name().unwrap().into();
    let (mischief, seen) = watch::channel(Mischief::None);
    let (our_read, our_write) = tokio::io::split(ours);
    let (their_read, their_write) = tokio::io::split(theirs);
    tokio::spawn(meddle(our_read, their_write, seen.clone(), 1));
    tokio::spawn(meddle(their_read, our_write, seen, 2));
    Site { port, mischief, _slaves: [driver, slave], _python: child }
}

/// Every transmitter on the line with what its slave holds.
fn transmitters() -> [(RegisterMap, Measured); 4] {
    let tenths = RegisterMap {
        slave: 1,
        table: RegisterTable::Holding,
        register: 0,
        form: RegisterForm::I16,
        milli_per_count: 100,
        humidity_register: None,
    };
    let float =
        RegisterMap { slave: 7, register: 10, form: RegisterForm::F32, milli_per_count: 1_000, ..tenths };
    let humid = RegisterMap { table: RegisterTable::Input, humidity_register: Some(2), ..tenths };
    [
        (tenths, Measured::temperature(4_500)),
        // The same shape of question to the same slave: its late answer looks like the one before's.
        (RegisterMap { register: 1, ..tenths }, Measured::temperature(-500)),
        (float, Measured::temperature(-18_500)),
        (humid, Measured { humidity_milli_pct: Some(23_000), ..Measured::temperature(4_500) }),
    ]
}

#[derive(Debug, Default)]
struct Count {
    right: usize,
    faults: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disturbed_line_never_gives_a_wrong_value_and_recovers() {
    let site = site(python()).await;
    let lines = Lines::default();
    let settings = LineSettings { baud: 115_200, parity: Parity::None, answer_within: ANSWER_WITHIN };
    let line = lines.at(&site.port, settings).await;
    let mut probes = transmitters().map(|(map, holds)| (Transmitter::new(line.clone(), map), holds));
    let missing = RegisterMap { register: 9, ..transmitters()[0].0 };
    let mut missing = Transmitter::new(line.clone(), missing);
    let kinds = [Mischief::Flips, Mischief::Drops, Mischief::Splits, Mischief::Slow, Mischief::Everything];
    for kind in kinds {
        site.mischief.send_replace(kind);
        let mut count = Count::default();
        for _ in 0..ROUNDS {
            for (probe, holds) in &mut probes {
                match probe.read().await {
                    Ok(measured) => {
                        assert_eq!(measured, *holds, "{kind:?}: a value that the slave does not hold");
                        count.right += 1;
                    }
                    Err(_) => count.faults += 1,
                }
            }
            assert!(missing.read().await.is_err(), "{kind:?}: a register that is not there has a value");
        }
        println!("{kind:?}: {count:?}");
        if kind != Mischief::Everything {
            assert!(count.right > 0, "{kind:?}: nothing came through at all");
        }
        site.mischief.send_replace(Mischief::None);
        recovers(&mut probes).await;
    }
    let refused = loop {
        match missing.read().await {
            Err(ProbeFault::Refused { slave, why }) => break (slave, why),
            Err(_) => {}
            Ok(value) => panic!("{value:?}"),
        }
    };
    assert_eq!(refused.0, 1);
    assert!(refused.1.to_lowercase().contains("address"), "{}", refused.1);
}

/// On a line that is quiet again every transmitter speaks within a few tries.
async fn recovers(probes: &mut [(Transmitter, Measured)]) {
    for (probe, holds) in probes {
        let mut tries = 0;
        loop {
            match probe.read().await {
                Ok(measured) => {
                    assert_eq!(measured, *holds);
                    break;
                }
                Err(fault) => assert!(tries < 20, "does not recover: {fault}"),
            }
            tries += 1;
        }
    }
}
