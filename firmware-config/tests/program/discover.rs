//! `discover`: a made-up machine with folders as the kernel lays them out, and printers on loopback.

use crate::common::{example, here, run};
use firmware_config::examine;
use serde_json::Value;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn link(root: &Path, path: &str, target: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(target, path).unwrap();
}

/// A USB device at a plug, with a serial line where `tty` names one.
fn usb(root: &Path, plug: &str, (vendor, product): (&str, &str), names: (&str, &str), tty: Option<&str>) {
    let folder = format!("sys/devices/pci0/usb1/{plug}");
    for (file, text) in
        [("idVendor", vendor), ("idProduct", product), ("manufacturer", names.0), ("product", names.1)]
    {
        write(root, &format!("{folder}/{file}"), &format!("{text}\n"));
    }
    link(root, &format!("sys/bus/usb/devices/{plug}"), &format!("../../../devices/pci0/usb1/{plug}"));
    if let Some(tty) = tty {
        write(root, &format!("{folder}/{plug}:1.0/uevent"), "");
        let target = format!("../../../devices/pci0/usb1/{plug}/{plug}:1.0");
        link(root, &format!("sys/class/tty/{tty}/device"), &target);
    }
}

fn machine() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    usb(root, "1-1", ("1eab", "0106"), ("Newland", "HR200\u{1b}[2J\nid = \"x\""), Some("ttyACM0"));
    link(root, "dev/serial/by-id/usb-Newland_HR200_X1-if00", "../../ttyACM0");
    link(root, "dev/serial/by-path/pci-0-usb-0:1:1.0", "../../ttyACM0");
    // A cheap adapter without a serial number: only its plug names it.
    usb(root, "1-2", ("1a86", "7523"), ("", "USB Serial"), Some("ttyUSB0"));
    link(root, "dev/serial/by-path/pci-0-usb-0:2:1.0-port0", "../../ttyUSB0");
    usb(root, "1-3", ("05e0", "1200"), ("Symbol", "Bar Code Scanner"), None);
    usb(root, "1-4", ("046d", "c31c"), ("Logitech", "Keyboard"), None);
    usb(root, "1-5", ("0a5f", "0062"), ("Zebra", "GK420d"), None);
    write(root, "dev/usb/lp0", "");
    write(root, "sys/devices/pci0/usb1/1-5/1-5:1.0/uevent", "");
    link(root, "sys/class/usbmisc/lp0/device", "../../../devices/pci0/usb1/1-5/1-5:1.0");
    write(root, "sys/bus/w1/devices/28-0316a2794bff/temperature", "4000");
    write(root, "sys/bus/w1/devices/28-0000000000aa/temperature", "4000");
    write(root, "sys/bus/w1/devices/w1_bus_master1/x", "");
    folder
}

fn discover(root: &Path, more: &[&str]) -> String {
    let arguments = ["discover", "--root", root.to_str().unwrap()];
    let (code, out, error) = run(&[&arguments[..], more].concat());
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    out
}

#[test]
fn what_is_plugged_in_becomes_lines_that_check_understands() {
    let machine = machine();
    let out = discover(machine.path(), &["--config", here("examples/store.toml").to_str().unwrap()]);
    assert!(out.contains("settings = { model = \"newland-hr200\" }"), "{out}");
    let plug = "file:/dev/larder/printer/by-plug/1-5";
    let printer = format!("port = \"{plug}\"\nsettings = {{ model = \"zebra-gk420d\" }}");
    assert!(out.contains(&printer), "{out}");
    assert!(out.contains("serial:/dev/serial/by-path/pci-0-usb-0:2:1.0-port0"), "{out}");
    assert!(!out.contains("by-path/pci-0-usb-0:1"), "told twice: {out}");
    assert!(!out.contains("28-0316a2794bff"), "the file has it: {out}");
    assert!(out.contains("Symbol Bar Code Scanner (05e0:1200) is a keyboard still"), "{out}");
    assert!(!out.contains("Logitech"), "{out}");
    let text = example().replace("[[people]]\nid = \"asha\"", &format!("{out}\n[[people]]\nid = \"asha\""));
    let seen = examine(&text);
    // The one thing left to a person: which zone the new probe watches.
    assert_eq!(seen.faults.len(), 1, "{:?}\n{out}", seen.faults);
    assert!(seen.faults[0].what.contains("zone CHOOSE"), "{:?}", seen.faults);
    let sound = examine(&text.replace("CHOOSE", "cold-1")).manifest.unwrap();
    assert_eq!(sound.devices.len(), 11);
}

/// A kernel's keyboard: the event file by its plug's name, and where it hangs.
fn keyboard(root: &Path, plug: &str, event: &str, by_id: &str) {
    write(root, &format!("sys/devices/pci0/usb1/{plug}/{plug}:1.0/input/uevent"), "");
    let target = format!("../../../devices/pci0/usb1/{plug}/{plug}:1.0/input");
    link(root, &format!("sys/class/input/{event}/device"), &target);
    link(root, &format!("dev/input/by-id/{by_id}"), &format!("../{event}"));
}

#[test]
fn scanners_that_type_and_gpio_chips_are_proposed_and_peoples_keyboards_are_not() {
    let machine = machine();
    let root = machine.path();
    keyboard(root, "1-3", "event3", "usb-Symbol_Bar_Code_Scanner-event-kbd");
    keyboard(root, "1-4", "event4", "usb-Logitech_Keyboard-event-kbd");
    link(root, "dev/input/by-id/usb-Symbol_Bar_Code_Scanner-event-mouse", "../event5");
    write(root, "dev/gpiochip0", "");
    write(root, "dev/gpiochip0-not", "");
    let out = discover(root, &[]);
    let wedge = "driver = \"hid-wedge\"\nport = \"file:/dev/input/by-id/usb-Symbol_Bar_Code_Scanner-event-kbd\"\n\
                 settings = { model = \"symbol-ls2208\" }";
    assert!(out.contains(wedge), "{out}");
    assert!(!out.contains("Logitech_Keyboard") && !out.contains("event-mouse"), "{out}");
    let door =
        "class = \"door\"\ndriver = \"gpio-door\"\nport = \"gpio:/dev/gpiochip0:LINE\"\nzone = \"CHOOSE\"";
    assert!(
        out.contains(door) && out.contains("# or: class = \"output\", driver = \"gpio-output\""),
        "{out}"
    );
    assert_eq!(out.matches("gpiochip0:LINE").count(), 1, "{out}");
    let chosen = out.replace("CHOOSE", "cold-1");
    let text =
        example().replace("[[people]]\nid = \"asha\"", &format!("{chosen}\n[[people]]\nid = \"asha\""));
    // What no machine can know is asked for by name, and nothing else is wrong.
    let seen = examine(&text);
    assert!(seen.faults.iter().any(|fault| fault.what.contains("LINE")), "{:?}", seen.faults);
    let sound = text.replace(":LINE", ":17").replace("28-0316a2794bff\"\nzone", "28-9\"\nzone");
    let faults = examine(&sound).faults;
    assert!(
        faults.iter().all(|fault| !fault.what.contains("gpio") && !fault.what.contains("input")),
        "{faults:?}"
    );
}

/// What hangs on a bus nobody is asked: its address is a person's to write. A graphics card's bus leads to a screen.
#[test]
fn buses_are_proposed_and_what_hangs_on_them_is_a_persons_to_say() {
    let machine = tempfile::tempdir().unwrap();
    let root = machine.path();
    for bus in ["i2c-1", "i2c-7", "i2c-x", "spidev0.0", "spidev0", "spidev-a.b"] {
        write(root, &format!("dev/{bus}"), "");
    }
    write(root, "sys/class/i2c-dev/i2c-1/name", "bcm2835 (i2c@7e804000)\n");
    write(root, "sys/class/i2c-dev/i2c-7/name", "i915 gmbus dpc\n");
    let out = discover(root, &[]);
    let probe =
        "class = \"sensor\"\ndriver = \"sht4x\"\nport = \"i2c:/dev/i2c-1:ADDRESS\"\nzone = \"CHOOSE\"";
    assert!(out.contains(probe) && out.contains("# an I2C bus (bcm2835 (i2c@7e804000))"), "{out}");
    assert!(out.contains("# or: class = \"sensor\", driver = \"bme280\""), "{out}");
    let converter = "driver = \"max31865\"\nport = \"spi:/dev/spidev0.0\"\nzone = \"CHOOSE\"";
    assert!(out.contains(converter) && out.matches("[[devices]]").count() == 2, "{out}");
    assert!(!out.contains("i2c-7") && !out.contains("i2c-x"), "{out}");

    let with = |lines: &str| {
        example().replace("[[people]]\nid = \"asha\"", &format!("{lines}\n[[people]]\nid = \"asha\""))
    };
    let chosen = out.replace("CHOOSE", "cold-1");
    let faults = examine(&with(&chosen)).faults;
    assert!(faults.iter().any(|fault| fault.what.contains("ADDRESS")), "{faults:?}");
    let sound = examine(&with(&chosen.replace("ADDRESS", "0x44")));
    assert!(sound.manifest.is_some(), "{:?}", sound.faults);
    // A bus that is in use is not proposed again.
    std::fs::write(root.join("store.toml"), with(&chosen.replace("ADDRESS", "0x44"))).unwrap();
    let again = discover(root, &["--config", root.join("store.toml").to_str().unwrap()]);
    assert!(again.contains("nothing is plugged in"), "{again}");
}

/// An adapter of no known maker may have a converter for RS-485 behind it.
#[test]
fn a_serial_line_may_be_a_modbus_line() {
    let out = discover(machine().path(), &[]);
    assert!(out.contains("# or: class = \"sensor\", driver = \"modbus-rtu\""), "{out}");
}

#[test]
fn a_devices_name_cannot_write_lines_of_its_own() {
    let machine = machine();
    let out = discover(machine.path(), &[]);
    assert!(
        out.lines().any(|line| line.starts_with("# Newland HR200") && line.contains("id = \"x\"")),
        "{out}"
    );
    assert!(!out.contains('\u{1b}') && !out.lines().any(|line| line == "id = \"x\""), "{out}");
}

#[test]
fn printers_in_the_network_are_found_and_sent_nothing() {
    let machine = tempfile::tempdir().unwrap();
    let printer = TcpListener::bind("127.0.0.2:0").unwrap();
    let port = printer.local_addr().unwrap().port().to_string();
    let out = discover(machine.path(), &["--lan", "127.0.0.0/29", "--printer-port", &port, "--json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    let found = told["found"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{out}");
    assert_eq!(found[0]["port"], format!("tcp:127.0.0.2:{port}"));
    let (mut stream, _) = printer.accept().unwrap();
    let mut sent = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut sent).unwrap();
    assert_eq!(sent, b"");
    let lines = discover(machine.path(), &["--lan", "127.0.0.0/29", "--printer-port", &port]);
    assert!(
        lines.contains("driver = \"escpos\"")
            && lines.contains("# or: class = \"printer\", driver = \"zpl\""),
        "{lines}"
    );
}

#[test]
fn a_network_too_wide_is_refused_and_an_empty_machine_says_so() {
    let machine = tempfile::tempdir().unwrap();
    let (code, _, error) =
        run(&["discover", "--root", machine.path().to_str().unwrap(), "--lan", "10.0.0.0/8"]);
    assert_eq!(code, 2);
    assert!(error.contains("/22 or smaller"), "{error}");
    assert_eq!(discover(machine.path(), &[]), "# nothing is plugged in\n");
}

/// Two printers of one kind keep their names whatever the kernel calls them; a number that both bear tells nothing.
#[test]
fn usb_printers_are_proposed_by_what_tells_them_apart() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (plug, lp, serial) in
        [("1-1", "lp0", "X7Y"), ("1-2", "lp1", "Z8"), ("1-3", "lp2", "00"), ("1-4", "lp3", "00")]
    {
        usb(root, plug, ("0a5f", "0062"), ("Zebra", "GK420d"), None);
        write(root, &format!("sys/devices/pci0/usb1/{plug}/serial"), serial);
        write(root, &format!("sys/devices/pci0/usb1/{plug}/{plug}:1.0/uevent"), "");
        write(root, &format!("dev/usb/{lp}"), "");
        let target = format!("../../../devices/pci0/usb1/{plug}/{plug}:1.0");
        link(root, &format!("sys/class/usbmisc/{lp}/device"), &target);
    }
    let out = discover(root, &[]);
    for name in ["by-serial/X7Y", "by-serial/Z8", "by-plug/1-3", "by-plug/1-4"] {
        assert!(out.contains(&format!("port = \"file:/dev/larder/printer/{name}\"")), "{name}: {out}");
    }
    let text = example().replace("[[people]]\nid = \"asha\"", &format!("{out}\n[[people]]\nid = \"asha\""));
    assert_eq!(examine(&text).faults, []);
    let numbered = text.replace("larder/printer/by-serial/X7Y", "usb/lp0");
    let faults = examine(&numbered).faults;
    assert!(faults.iter().any(|fault| fault.what.contains("cannot be told apart")), "{faults:?}");
}
