//! Bosch's numbers, and the chip's registers on a mock bus.

use super::*;
use crate::sensor::mock::{MockI2c, NoDelay};

/// The datasheet's own example values.
fn example() -> Trimming {
    Trimming {
        t1: 27_504,
        t: [26_435, -1_000],
        p1: 36_477,
        p: [-10_685, 3_024, 2_855, 140, -7, 15_500, -14_600, 6_000],
        h1: 75,
        h2: 362,
        h3: 0,
        h4: 333,
        h5: 0,
        h6: 30,
    }
}

#[test]
fn the_datasheets_example() {
    let counts = Counts { temperature: 519_888, pressure: 415_148, humidity: 25_000 };
    let climate = compensate(&example(), &counts);
    assert!((climate.celsius - 25.08).abs() < 0.01, "{climate:?}");
    assert!((climate.pascals - 100_653.27).abs() < 0.1, "{climate:?}");
}

/// 501 vectors made with the maker's reference code.
#[test]
fn every_vector_of_the_maker() {
    let Some(shared) = std::env::var_os("LARDER_SHARED") else {
        println!("skipped: LARDER_SHARED is not set");
        return;
    };
    let path = std::path::Path::new(&shared).join("data/sensors/bme280-vectors.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let mut passed = 0;
    for line in text.lines().filter(|line| !line.is_empty()) {
        let v: serde_json::Value = serde_json::from_str(line).unwrap();
        let c = |name: &str| v["calib"][name].as_i64().unwrap();
        let short = |name: &str| i16::try_from(c(name)).unwrap();
        let trim = Trimming {
            t1: u16::try_from(c("T1")).unwrap(),
            t: ["T2", "T3"].map(short),
            p1: u16::try_from(c("P1")).unwrap(),
            p: ["P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9"].map(short),
            h1: u8::try_from(c("H1")).unwrap(),
            h2: short("H2"),
            h3: u8::try_from(c("H3")).unwrap(),
            h4: short("H4"),
            h5: short("H5"),
            h6: i8::try_from(c("H6")).unwrap(),
        };
        let adc = |name: &str| u32::try_from(v[name].as_i64().unwrap()).unwrap();
        let (fine, _) = temperature(&trim, adc("adc_T"));
        assert_eq!(i64::from(fine), v["t_fine"].as_i64().unwrap(), "{line}");
        let counts = Counts {
            temperature: adc("adc_T"),
            pressure: adc("adc_P"),
            humidity: u16::try_from(adc("adc_H")).unwrap(),
        };
        let got = compensate(&trim, &counts);
        let near = |got: f64, name: &str, within: f64| (got - v[name].as_f64().unwrap()).abs() <= within;
        assert!(near(got.celsius, "temperature_c", 1e-6), "{got:?} {line}");
        assert!(near(got.pascals, "pressure_pa", 1e-4), "{got:?} {line}");
        assert!(near(got.humidity_pct, "humidity_rh", 1e-5), "{got:?} {line}");
        passed += 1;
    }
    assert_eq!(passed, 501);
}

#[test]
fn trimming_registers_are_read_where_they_stand() {
    let mut low = [0_u8; 26];
    let words: [u16; 12] =
        [27_504, 26_435, 64_536, 36_477, 54_851, 3_024, 2_855, 140, 65_529, 15_500, 50_936, 6_000];
    for (place, word) in low.chunks_exact_mut(2).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    low[25] = 75;
    // 333 = 0x14D: the upper eight bits in E4, the lower four in E5; -5 = 0xFFB shares E5 with its lower four.
    let high = [0x6a, 0x01, 0x00, 0x14, 0xbd, 0xff, 30];
    assert_eq!(Trimming::read(&low, &high), Trimming { h5: -5, ..example() });
}

fn plugged() -> MockI2c {
    let bus = MockI2c::new(USUAL_ADDRESS);
    bus.answers_to(&[REG_ID], &[CHIP_ID]);
    let mut low = [0; 26];
    low[..4].copy_from_slice(&[0x70, 0x6b, 0x43, 0x67]);
    low[6..8].copy_from_slice(&[0x7d, 0x8e]);
    bus.answers_to(&[REG_CALIBRATION_LOW], &low);
    bus.answers_to(&[REG_CALIBRATION_HIGH], &[0; 7]);
    bus.answers_to(&[REG_STATUS], &[0]);
    bus.answers_to(&[REG_DATA], &[0x65, 0x5a, 0xc0, 0x7e, 0xed, 0x00, 0x61, 0xa8]);
    bus
}

#[test]
fn a_forced_conversion_gives_a_climate() {
    let bus = plugged();
    let mut chip = Bme280::new(bus.clone(), USUAL_ADDRESS, NoDelay);
    let measured = chip.measure().unwrap();
    assert!((25_000..25_200).contains(&measured.milli_c), "{measured:?}");
    let written = bus.written();
    assert!(
        written.contains(&vec![REG_CTRL_HUM, HUM_ONCE]) && written.contains(&vec![REG_CTRL_MEAS, FORCED])
    );
}

#[test]
fn a_stranger_a_busy_chip_and_the_power_on_value_are_named() {
    let bus = plugged();
    bus.answers_to(&[REG_ID], &[0x58]);
    assert_eq!(Bme280::new(bus, USUAL_ADDRESS, NoDelay).measure(), Err(ProbeFault::WrongChip(0x58)));
    let bus = plugged();
    bus.answers_to(&[REG_STATUS], &[MEASURING]);
    assert!(matches!(Bme280::new(bus, USUAL_ADDRESS, NoDelay).measure(), Err(ProbeFault::Garbled(_))));
    let bus = plugged();
    bus.answers_to(&[REG_DATA], &[0x80, 0, 0, 0x80, 0, 0, 0x80, 0]);
    assert_eq!(Bme280::new(bus, USUAL_ADDRESS, NoDelay).measure(), Err(ProbeFault::PowerOn("0x80000")));
}
