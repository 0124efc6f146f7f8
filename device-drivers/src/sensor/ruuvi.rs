//! Ruuvi tags: the manufacturer's data of a Bluetooth advertisement in formats 3 and 5, without the company's two bytes.
//! A decoder only: who listens on the radio is somebody else.

/// What a tag tells. A value that the tag marks as not available is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ruuvi {
    /// Thousandths of a degree Celsius.
    pub milli_c: Option<i32>,
    /// Relative humidity, thousandths of a percent.
    pub humidity_milli_pct: Option<u32>,
    /// Pascals.
    pub pressure_pa: Option<u32>,
    /// Thousandths of standard gravity along x, y and z.
    pub acceleration_mg: [Option<i16>; 3],
    /// The battery, millivolts.
    pub battery_mv: Option<u16>,
    /// Transmitting power, dBm (format 5).
    pub tx_dbm: Option<i8>,
    /// Counts movements, 0 to 254 and over again (format 5).
    pub movement: Option<u8>,
    /// Counts measurements (format 5): the same number twice is the same measurement.
    pub sequence: Option<u16>,
    /// The tag's address (format 5).
    pub mac: Option<[u8; 6]>,
}

/// Why bytes are no advertisement of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuuviError {
    /// Another format than 3 or 5.
    #[error("data format {0} is not 3 or 5")]
    Format(u8),
    /// More or fewer bytes than the format has.
    #[error("{0} bytes are not the format's length")]
    Length(usize),
    /// A digit that its format does not have: the hundredths of format 3 go to 99.
    #[error("a fraction of {0} hundredths")]
    Fraction(u8),
}

/// Decodes one advertisement.
///
/// # Errors
/// [`RuuviError`] for bytes that are none.
pub fn decode(bytes: &[u8]) -> Result<Ruuvi, RuuviError> {
    match bytes {
        [3, rest @ ..] => rest.try_into().map_err(|_| RuuviError::Length(bytes.len())).and_then(format_3),
        [5, rest @ ..] => rest.try_into().map(format_5).map_err(|_| RuuviError::Length(bytes.len())),
        [format, ..] => Err(RuuviError::Format(*format)),
        [] => Err(RuuviError::Length(0)),
    }
}

fn format_3(bytes: [u8; 13]) -> Result<Ruuvi, RuuviError> {
    let [humidity, whole, hundredths, p1, p2, x1, x2, y1, y2, z1, z2, b1, b2] = bytes;
    if hundredths > 99 {
        return Err(RuuviError::Fraction(hundredths));
    }
    // Sign and magnitude, not two's complement.
    let magnitude = i32::from(whole & 0x7f) * 1_000 + i32::from(hundredths) * 10;
    let signed = |a, b| Some(i16::from_be_bytes([a, b]));
    Ok(Ruuvi {
        milli_c: Some(if whole & 0x80 == 0 { magnitude } else { -magnitude }),
        humidity_milli_pct: Some(u32::from(humidity) * 500),
        pressure_pa: Some(u32::from(u16::from_be_bytes([p1, p2])) + 50_000),
        acceleration_mg: [signed(x1, x2), signed(y1, y2), signed(z1, z2)],
        battery_mv: Some(u16::from_be_bytes([b1, b2])),
        ..Ruuvi::default()
    })
}

fn format_5(bytes: [u8; 23]) -> Ruuvi {
    let [t1, t2, h1, h2, p1, p2, x1, x2, y1, y2, z1, z2, w1, w2, moves, s1, s2, mac @ ..] = bytes;
    let word = |a, b| Some(u16::from_be_bytes([a, b])).filter(|value| *value != u16::MAX);
    let signed = |a, b| Some(i16::from_be_bytes([a, b])).filter(|value| *value != i16::MIN);
    let power = u16::from_be_bytes([w1, w2]);
    let (battery, tx) = (power >> 5, u8::try_from(power & 0x1f).unwrap_or(31));
    Ruuvi {
        milli_c: signed(t1, t2).map(|steps| i32::from(steps) * 5),
        humidity_milli_pct: word(h1, h2).map(|steps| u32::from(steps) * 5 / 2),
        pressure_pa: word(p1, p2).map(|steps| u32::from(steps) + 50_000),
        acceleration_mg: [signed(x1, x2), signed(y1, y2), signed(z1, z2)],
        battery_mv: (battery != 2_047).then_some(battery + 1_600),
        tx_dbm: (tx != 31).then(|| i8::try_from(tx).unwrap_or(0) * 2 - 40),
        movement: (moves != u8::MAX).then_some(moves),
        sequence: word(s1, s2),
        mac: (mac != [0xff; 6]).then_some(mac),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensor::mock::hex;
    use proptest::prelude::*;

    fn known(name: &str) -> Vec<serde_json::Value> {
        let Some(shared) = std::env::var_os("LARDER_SHARED") else {
            println!("skipped: LARDER_SHARED is not set");
            return Vec::new();
        };
        let path = std::path::Path::new(&shared).join("data/sensors/known-answers.json");
        let all: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        all[name].as_array().unwrap().clone()
    }

    #[expect(clippy::cast_possible_truncation, reason = "a test's own numbers")]
    fn milli(value: &serde_json::Value) -> i64 {
        (value.as_f64().unwrap() * 1_000.0).round() as i64
    }

    fn check(tag: &Ruuvi, want: &serde_json::Value) {
        assert_eq!(tag.milli_c.map(i64::from), Some(milli(&want["temperature_c"])));
        assert_eq!(tag.pressure_pa.map(i64::from), want["pressure_pa"].as_i64());
        // Format 5 counts in 0.0025 %; half a thousandth is cut off.
        assert!((i64::from(tag.humidity_milli_pct.unwrap()) - milli(&want["humidity_rh"])).abs() <= 1);
        let acceleration: Vec<i64> = want["acc_g"].as_array().unwrap().iter().map(milli).collect();
        assert_eq!(tag.acceleration_mg.map(|g| i64::from(g.unwrap())).to_vec(), acceleration);
        assert_eq!(tag.battery_mv.map(i64::from), Some(milli(&want["battery_v"])));
    }

    #[test]
    fn known_answers() {
        for want in known("ruuvi_df3") {
            check(&decode(&hex(want["hex"].as_str().unwrap())).unwrap(), &want);
        }
        for want in known("ruuvi_df5") {
            let tag = decode(&hex(want["hex"].as_str().unwrap())).unwrap();
            if want["name"] != "valid" {
                continue;
            }
            check(&tag, &want);
            assert_eq!(tag.tx_dbm.map(i64::from), want["tx_dbm"].as_i64());
            assert_eq!(tag.movement.map(i64::from), want["movement"].as_i64());
            assert_eq!(tag.sequence.map(i64::from), want["seq"].as_i64());
            assert_eq!(tag.mac.unwrap().to_vec(), hex(want["mac"].as_str().unwrap()));
        }
    }

    #[test]
    fn the_ends_of_format_5() {
        let most = decode(&hex("057FFFFFFEFFFE7FFF7FFF7FFFFFDEFEFFFECBB8334C884F")).unwrap();
        assert_eq!((most.milli_c, most.pressure_pa), (Some(163_835), Some(115_534)));
        assert_eq!((most.battery_mv, most.tx_dbm, most.sequence), (Some(3_646), Some(20), Some(65_534)));
        let nothing = decode(&hex("058000FFFFFFFF800080008000FFFFFFFFFFFFFFFFFFFFFF")).unwrap();
        assert_eq!(nothing, Ruuvi::default());
    }

    #[test]
    fn below_zero_in_format_3_is_a_sign_bit() {
        let tag = decode(&hex("0300FF6300008001800180010000")).unwrap();
        assert_eq!(tag.milli_c, Some(-127_990));
        assert_eq!(decode(&hex("0300016400008001800180010000")), Err(RuuviError::Fraction(100)));
    }

    proptest! {
        #[test]
        fn anything_may_come_over_the_air(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(tag) = decode(&bytes) {
                prop_assert!(matches!((bytes[0], bytes.len()), (3, 14) | (5, 24)));
                prop_assert!(tag.milli_c.is_none_or(|value| (-163_840..=163_835).contains(&value)));
            }
        }
    }
}
