//! The kernel's side of what hangs on its own calls: chips on I2C and SPI, a scanner that types. `kernel.py` plays it with
//! umockdev in front of the unchanged agent; this starts it and tells it what is plugged in.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

/// What may be plugged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// An SHT40 at `/dev/i2c-7`, address 0x44.
    I2c,
    /// A MAX31865 with its PT100 at `/dev/spidev7.0`.
    Spi,
    /// A scanner that types, `/dev/input/event7`.
    Keys,
}

impl Part {
    const fn word(self) -> &'static str {
        match self {
            Part::I2c => "i2c",
            Part::Spi => "spi",
            Part::Keys => "keys",
        }
    }
}

struct Player {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Player {
    fn told(&mut self, line: &str) -> String {
        writeln!(self.orders, "{line}").unwrap();
        self.answer()
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        let count = self.answers.read_line(&mut line).unwrap();
        assert!(count > 0, "kernel.py ended: apt-get install umockdev gir1.2-umockdev-1.0 python3-gi");
        line.trim_end().to_owned()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The kernel of one store.
#[derive(Clone)]
pub struct Kernel {
    player: Arc<Mutex<Player>>,
    root: String,
}

impl Kernel {
    /// Starts it with nothing plugged in.
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/whole_store/kernel.py");
        let child = Command::new("umockdev-wrapper")
            .arg("/usr/bin/python3")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.expect("umockdev-wrapper is missing: apt-get install umockdev");
        let (orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut player = Player { child, orders, answers: BufReader::new(answers) };
        let root = player.answer();
        Self { player: Arc::new(Mutex::new(player)), root }
    }

    /// What a program needs in its environment to see this kernel.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        [("UMOCKDEV_DIR", self.root.clone()), ("LD_PRELOAD", "libumockdev-preload.so.0".to_owned())]
    }

    /// Plugs a part in.
    pub fn plug_in(&self, part: Part) -> Plugged {
        self.order(&format!("plug {}", part.word()));
        Plugged { kernel: self.clone(), part }
    }

    /// How warm it is where the chips lie.
    pub fn set_celsius(&self, celsius: f64) {
        self.order(&format!("celsius {celsius}"));
    }

    /// The scanner reads a code of letters, digits and colons, and types it.
    pub fn scan(&self, code: &str) {
        self.order(&format!("type {code}"));
    }

    fn order(&self, line: &str) {
        assert_eq!(self.player.lock().unwrap().told(line), "done", "{line}");
    }
}

/// A part that is plugged in; dropping it pulls it.
pub struct Plugged {
    kernel: Kernel,
    part: Part,
}

impl Drop for Plugged {
    fn drop(&mut self) {
        // While a failed test unwinds, nobody needs it pulled.
        if !std::thread::panicking() {
            self.kernel.order(&format!("pull {}", self.part.word()));
        }
    }
}
