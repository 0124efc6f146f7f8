//! Bytes to meaning and back: scanners, printers, sensors, scales, and the agent that runs them.
//! Knows devices and labels; never stock, orders or who may do what.
//!
//! # How to add a device
//! A model that an existing driver speaks to is a profile of `firmware-config`, no code. A new driver is four files: its
//! variant and line in [`firmware_config::Driver::TABLE`]; a file with its bytes beside its kin ([`scanner`], [`printer`],
//! [`sensor`], [`scale`], [`gpio`]), pure: bytes and times go in, meaning comes out; its line where its kin is listed (a scale:
//! [`scale::Protocol::of`]); its arm in `agent.rs`. `tests/tests/made_up/scale.patch` is such a driver, whole, and
//! `tests/tests/made_up.rs` holds that it still fits; `LARDER_MADE_UP=1 cargo nextest run -p tests --test made_up` builds the
//! patched store beside this tree, boots it, and looks for the device in the console. The schema of `store.toml` is made anew
//! (`LARDER_BLESS=1 cargo nextest run -p firmware-config`). Before it ships: a simulator in [`sim`] that speaks the real bytes,
//! a target in `fuzz/` with seeds (`make fuzz`).
//!
//! | driver | device | bytes | simulator |
//! |---|---|---|---|
//! | `serial-lines` | scanner that sends lines | [`scanner::framing`] | [`sim::SimScanner`] |
//! | `zebra-ssi` | scanner that is answered | [`scanner::ssi`] | [`sim::SimSsi`] |
//! | `hid-wedge` | scanner that types, by evdev, grabbed | [`scanner::wedge`] | [`sim::SimWedge`]; umockdev in `whole_store` |
//! | `escpos` | receipt printers | [`printer::escpos`], answers in [`printer::status`] | [`sim::SimPrinter`] |
//! | `zpl` | label printers | [`printer::zpl`], answers in [`printer::status`] | [`sim::SimPrinter`] |
//! | `ds18b20` | 1-wire probes, by the kernel's sysfs | [`sensor::ds18b20`] | [`sim::SimDs18b20`] |
//! | `sht3x`, `sht4x` | humidity and temperature on I2C | [`sensor::sht`] | a scripted bus in its tests; umockdev in `whole_store` |
//! | `bme280` | the same with air pressure, on I2C | [`sensor::bme280`] | a scripted bus in its tests |
//! | `max31865` | platinum elements on SPI | [`sensor::max31865`] | a scripted bus in its tests; umockdev in `whole_store` |
//! | `toledo-w`, `nci` | scales | [`scale`], [`scale::nci`] | [`sim::SimScale`] |
//! | `gpio-door`, `gpio-output` | contacts; relays, buzzers, lamps at a chip's pins | [`gpio`] | [`sim::SimGpio`] |
//! | `modbus-door`, `modbus-output` | the same at a module's inputs and coils | [`modbus`] | [`sim::SimModbus`] |
//! | `modbus-rtu` | temperature transmitters | [`sensor::transmitter`] | [`sim::SimModbus`] |
//!
//! What a scanner sends passes a [`scanner::Sieve`]: what no scanner sends is a disturbance and never an event.

pub mod agent;
pub mod db;
pub mod gpio;
pub mod gs1;
pub mod modbus;
pub mod port;
pub mod printer;
pub mod scale;
pub mod scanner;
pub mod sensor;
pub mod sim;

#[cfg(test)]
mod tests {
    use firmware_config::Driver;

    /// The table above names every driver, and no other.
    #[test]
    fn the_table_of_drivers_is_whole() {
        let rows = include_str!("lib.rs").lines().filter_map(|line| line.strip_prefix("//! | `"));
        let mut named: Vec<&str> = rows
            .flat_map(|row| row.split('|').next().unwrap().split(','))
            .map(|word| word.trim_matches([' ', '`']))
            .collect();
        let mut words: Vec<&str> = Driver::TABLE.iter().map(|line| line.word).collect();
        named.sort_unstable();
        words.sort_unstable();
        assert_eq!(named, words);
    }
}
