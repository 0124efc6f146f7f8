//! `template`: RAUC's files and ESPHome's, as golden files; judged by `rauc` and `esphome` where they are installed.

use crate::common::{example, golden, run};
use std::process::{Command, Stdio};

/// The example with a transmitter, whose settings are these.
fn store(folder: &std::path::Path, settings: &str) -> String {
    let lines = format!(
        "[[devices]]\nid = \"temp-cold_2\"\nclass = \"sensor\"\ndriver = \"modbus-rtu\"\n\
         port = \"serial:/dev/serial/by-id/usb-FTDI_RS485-if00\"\nzone = \"cold-1\"\nsettings = {{ {settings} }}\n\n\
         [[people]]\nid = \"asha\""
    );
    let file = folder.join("store.toml");
    std::fs::write(&file, example().replace("[[people]]\nid = \"asha\"", &lines)).unwrap();
    file.display().to_string()
}

fn esphome(settings: &str, id: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    run(&["template", "esphome", id, "--config", &store(folder.path(), settings)])
}

/// The microcontroller answers at the address, register, speed and scale that the store asks.
#[test]
fn a_microcontroller_answers_as_the_device_that_the_store_asks() {
    let settings = "slave = 7, register = 12, baud = 19200, parity = \"even\", milli_per_count = 10";
    let (code, out, error) = esphome(settings, "temp-cold_2");
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    golden("temp-cold_2.yaml", &out);
    for part in
        ["name: temp-cold-2", "address: 7", "address: 12", "baud_rate: 19200", "parity: EVEN", "/ 10.0f"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    let judge = std::env::var_os("LARDER_ESPHOME").unwrap_or_else(|| "esphome".into());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("temp-cold-2.yaml");
    std::fs::write(&file, &out).unwrap();
    match Command::new(judge).arg("config").arg(&file).stdin(Stdio::null()).output() {
        Ok(said) => assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout)),
        Err(_) => eprintln!(
            "NOT CHECKED: esphome is not installed here (pip install esphome; LARDER_ESPHOME names it)"
        ),
    }
}

#[test]
fn what_a_template_does_not_follow_is_refused() {
    for (settings, id, why) in [
        ("slave = 7, register = 12", "temp-cold-9", "no device temp-cold-9"),
        ("slave = 7, register = 12", "receipt-1", "driver escpos"),
        ("slave = 7, register = 12, register_form = \"f32\"", "temp-cold_2", "one signed register"),
        ("slave = 7, register = 12, humidity_register = 13", "temp-cold_2", "no humidity"),
        // At a thousandth a count the value for "no reading" would be -32.768 degrees.
        ("slave = 7, register = 12, milli_per_count = 1", "temp-cold_2", "10 to 1000"),
    ] {
        let (code, out, error) = esphome(settings, id);
        assert!((code, out.as_str()) == (2, "") && error.contains(why), "{why}: {error}");
    }
}

#[test]
fn rauc_gets_two_root_partitions_and_is_told_when_one_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, error) = run(&["template", "rauc", "--out", folder.path().to_str().unwrap()]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (system, good) = (text("etc/rauc/system.conf"), text("etc/systemd/system/larder-good.service"));
    golden("rauc/system.conf", &system);
    golden("rauc/larder-good.service", &good);
    let manifest = text("manifest.raucm").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    golden("rauc/manifest.raucm", &manifest);
    assert!(
        good.contains("mark-good") && good.contains("After=larder-store-node.service larder-agent.service")
    );
    let (code, printed, _) = run(&["template", "rauc"]);
    assert!(
        code == 0 && printed.contains("==== /etc/rauc/system.conf\n") && printed.contains(&system),
        "{printed}"
    );
    // It reads its configuration before it asks anything else of the machine: what it complains of is not that.
    let judge = std::env::var_os("LARDER_RAUC").unwrap_or_else(|| "rauc".into());
    let conf = folder.path().join("etc/rauc/system.conf");
    match Command::new(judge).arg(format!("--conf={}", conf.display())).args(["status"]).output() {
        Ok(said) => {
            let told = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).to_lowercase();
            assert!(!told.contains("system.conf") && !told.contains("failed to load"), "{told}");
        }
        Err(_) => eprintln!("NOT CHECKED: rauc is not installed here (apt-get install rauc)"),
    }
}
