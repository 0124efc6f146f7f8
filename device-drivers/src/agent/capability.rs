//! What a device of store.toml can do, as its retained document says it: what the table of drivers says, less what its
//! settings leave out. Speaks to no device.

use firmware_config::profiles::{self, Profile};
use firmware_config::{Device, PaperLanguage};
use model::mqtt::{Capability, CommandBody, CommandKind, EntityKind, Measure, Paper, Quantity};

use crate::agent::sensor::calibration;
use crate::printer::{Head, Language};

/// Version of the document.
const SCHEMA: u16 = 1;

/// Maker and model of a device, where store.toml names one that is known; else nothing.
pub(crate) fn model_of(device: &Device) -> String {
    profile(device).map_or_else(String::new, |known| format!("{} {}", known.maker, known.model))
}

fn profile(device: &Device) -> Option<&'static Profile> {
    device.settings.model.as_deref().and_then(profiles::find)
}

/// The document of one device.
pub(crate) fn capability(device: &Device) -> Capability {
    let line = device.driver.line();
    Capability {
        schema: SCHEMA,
        class: device.class,
        driver: line.word.into(),
        model: model_of(device),
        commands: commands(device).collect(),
        events: line.traffic.events.to_vec(),
        measures: measures(device),
        paper: paper(device),
        calibration: calibration(&device.settings),
    }
}

/// Whether the device does what it is told.
pub(crate) fn takes(device: &Device, command: &CommandBody) -> bool {
    let kind = match command {
        CommandBody::Print { .. } => CommandKind::Print,
        CommandBody::Signal { .. } => CommandKind::Signal,
        CommandBody::Output { .. } => CommandKind::Output,
    };
    commands(device).any(|taken| taken == kind)
}

/// The commands that it takes. A scanner that beeps by a text of store.toml cannot be told where there is none.
fn commands(device: &Device) -> impl Iterator<Item = CommandKind> {
    let (line, settings) = (device.driver.line(), &device.settings);
    let by_text = line.settings.contains(&"feedback_ok");
    let mute = by_text && settings.feedback_ok.is_none() && settings.feedback_bad.is_none();
    line.traffic.commands.iter().copied().filter(move |kind| !(mute && *kind == CommandKind::Signal))
}

fn measures(device: &Device) -> Vec<Measure> {
    let (line, settings) = (device.driver.line(), &device.settings);
    let dry = line.settings.contains(&"humidity_register") && settings.humidity_register.is_none();
    let all = line.traffic.measures.iter();
    all.filter(|(quantity, ..)| !(dry && *quantity == Quantity::Humidity))
        .map(|(quantity, min, max)| {
            let (min, max) = own_range(device, *quantity).unwrap_or((*min, *max));
            measure(*quantity, (min, max))
        })
        .collect()
}

/// What Home Assistant shows of a device: a door, or each quantity that it measures by its settings.
pub(crate) fn entities(device: &Device) -> impl Iterator<Item = EntityKind> {
    let measured: Vec<Quantity> = measures(device).iter().map(|measure| measure.quantity).collect();
    EntityKind::of_class(device.class).iter().copied().filter(move |kind| {
        *kind == EntityKind::Door
            || measured.iter().any(|quantity| EntityKind::of_quantity(*quantity) == Some(*kind))
    })
}

/// The range of the model where it is known, or of store.toml; thousandths of a degree, grams.
fn own_range(device: &Device, quantity: Quantity) -> Option<(i32, i32)> {
    match quantity {
        Quantity::Temperature => {
            let facts = profile(device)?.sensor.as_ref()?;
            Some((i32::from(facts.least_c) * 1_000, i32::from(facts.most_c) * 1_000))
        }
        Quantity::Weight => Some((0, i32::try_from(device.settings.max_g?).ok()?)),
        Quantity::Humidity | Quantity::Pressure => None,
    }
}

fn measure(quantity: Quantity, (min, max): (i32, i32)) -> Measure {
    let (field, unit) = match quantity {
        Quantity::Temperature => ("milli_c", "mCel"),
        Quantity::Humidity => ("humidity_milli_pct", "m%"),
        Quantity::Pressure => ("pressure_pa", "Pa"),
        Quantity::Weight => ("grams", "g"),
    };
    Measure { quantity, field: field.into(), unit: unit.into(), min, max }
}

/// What a printer prints on; `None` for every other device.
fn paper(device: &Device) -> Option<Paper> {
    let media = Language::of(device.driver)?.media(&device.settings);
    Some(Paper {
        width_mm: media.width_mm,
        height_mm: media.height_mm,
        dpi: match media.head {
            Head::Dpi203 => 203,
            Head::Dpi300 => 300,
        },
        language: match device.settings.language.unwrap_or_default() {
            PaperLanguage::En => "en".into(),
            PaperLanguage::Hi => "hi".into(),
        },
        reports_status: device.settings.reports_status.unwrap_or(true),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use firmware_config::{Driver, Port, Settings};
    use model::DeviceId;
    use model::mqtt::EventKind;

    fn device(driver: Driver, settings: Settings) -> Device {
        let (id, port) = (DeviceId::new("d-1").unwrap(), Port::File("/dev/null".into()));
        Device { id, class: driver.line().class, driver, port, zone: None, settings }
    }

    #[test]
    fn every_driver_gives_an_event_or_takes_a_command_and_is_called_by_its_word() {
        for line in Driver::TABLE {
            let told = capability(&device(line.driver, Settings::default()));
            assert_eq!((told.class, told.driver.as_str()), (line.class, line.word));
            assert!(!told.events.is_empty() || !told.commands.is_empty(), "{}", line.word);
            let measured = told.events.iter().any(|e| matches!(e, EventKind::Reading | EventKind::Weight));
            assert_eq!(!told.measures.is_empty(), measured, "{}", line.word);
            assert!(told.measures.iter().all(|measure| measure.min < measure.max), "{told:?}");
            assert_eq!(told.paper.is_some(), told.events.contains(&EventKind::Print), "{}", line.word);
        }
    }

    #[test]
    fn a_known_model_brings_its_name_and_its_own_range() {
        let settings = Settings {
            model: Some("sensirion-sht40".into()),
            offset_milli_c: Some(-120),
            certificate: Some("C-1".into()),
            ..Settings::default()
        };
        let told = capability(&device(Driver::Sht4x, settings));
        assert_eq!(told.model, "Sensirion SHT40");
        let temperature = &told.measures[0];
        assert_eq!((temperature.field.as_str(), temperature.unit.as_str()), ("milli_c", "mCel"));
        assert_eq!((temperature.min, temperature.max), (-40_000, 125_000));
        assert_eq!(told.calibration.unwrap().offset_milli_c, -120);
        let scale = Settings { max_g: Some(15_000), ..Settings::default() };
        assert_eq!(capability(&device(Driver::Nci, scale)).measures[0].max, 15_000);
        let quantities = |settings| {
            let told = capability(&device(Driver::ModbusRtu, settings));
            told.measures.iter().map(|measure| measure.quantity).collect::<Vec<_>>()
        };
        assert_eq!(quantities(Settings::default()), [Quantity::Temperature]);
        let both = Settings { humidity_register: Some(1), ..Settings::default() };
        assert_eq!(quantities(both), [Quantity::Temperature, Quantity::Humidity]);
    }

    #[test]
    fn a_device_takes_what_its_document_says() {
        let settings = Settings { language: Some(PaperLanguage::Hi), ..Settings::default() };
        let printer = device(Driver::Zpl, settings);
        let beep = CommandBody::Signal { signal: model::mqtt::Signal::Right };
        assert!(!takes(&printer, &beep) && takes(&device(Driver::ZebraSsi, Settings::default()), &beep));
        let mute = device(Driver::SerialLines, Settings::default());
        assert!(!takes(&mute, &beep), "nothing makes it beep");
        let paper = capability(&printer).paper.unwrap();
        assert_eq!((paper.dpi, paper.width_mm, paper.height_mm), (203, 50, Some(50)));
        assert_eq!(paper.language, "hi");
    }

    /// Each device announces what its events carry, and nothing that stays unknown for ever.
    #[test]
    fn what_home_assistant_shows_is_what_the_device_tells() {
        let all = |driver, settings| entities(&device(driver, settings)).collect::<Vec<_>>();
        let plain = Settings::default;
        let (t, h, p) = (EntityKind::Temperature, EntityKind::Humidity, EntityKind::Pressure);
        assert_eq!(all(Driver::Ds18b20, plain()), [t]);
        assert_eq!(all(Driver::Sht4x, plain()), [t, h]);
        assert_eq!(all(Driver::Bme280, plain()), [t, h, p]);
        assert_eq!(all(Driver::ModbusRtu, plain()), [t]);
        assert_eq!(all(Driver::ModbusRtu, Settings { humidity_register: Some(1), ..plain() }), [t, h]);
        assert_eq!(all(Driver::GpioDoor, plain()), [EntityKind::Door]);
        assert_eq!(all(Driver::ToledoW, plain()), []);
        assert_eq!(all(Driver::SerialLines, plain()), []);
    }
}
