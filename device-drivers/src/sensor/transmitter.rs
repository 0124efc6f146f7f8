//! Temperature transmitters on Modbus RTU: which registers hold what, and how they become degrees. The line is
//! [`crate::modbus`]'s.

use firmware_config::{RegisterForm, RegisterTable, Settings};

use super::probe::{Measured, Probe, ProbeFault};
use crate::modbus::{ModbusFault, Question, SharedLine};

/// Where a transmitter keeps its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisterMap {
    /// Address of the slave.
    pub slave: u8,
    /// Which table.
    pub table: RegisterTable,
    /// The first register of the temperature, counted from 0 as on the wire.
    pub register: u16,
    /// How a value stands in its registers.
    pub form: RegisterForm,
    /// Thousandths (of a degree, of a percent) that one count is worth.
    pub milli_per_count: i32,
    /// The first register of the humidity, in the same table and form.
    pub humidity_register: Option<u16>,
}

/// One count of the usual transmitter is a tenth of a degree.
const USUAL_SCALE: i32 = 100;
/// A floating-point value is in degrees already.
const FLOAT_SCALE: i32 = 1_000;

impl RegisterMap {
    /// The map that a device's settings make; `None` without slave and register, which the check refuses.
    #[must_use]
    pub fn from_settings(settings: &Settings) -> Option<Self> {
        let form = settings.register_form.unwrap_or_default();
        let scale = if form.is_float() { FLOAT_SCALE } else { USUAL_SCALE };
        Some(Self {
            slave: settings.slave?,
            table: settings.register_table.unwrap_or_default(),
            register: settings.register?,
            form,
            milli_per_count: settings.milli_per_count.unwrap_or(scale),
            humidity_register: settings.humidity_register,
        })
    }

    /// The one question that brings temperature and humidity of the same moment.
    #[must_use]
    pub fn question(&self) -> Question {
        let other = self.humidity_register.unwrap_or(self.register);
        let (first, last) = (self.register.min(other), self.register.max(other));
        let count = last.saturating_sub(first).saturating_add(self.form.words());
        Question { slave: self.slave, table: self.table, register: first, count }
    }

    /// What the registers of [`Self::question`] say.
    ///
    /// # Errors
    /// [`ProbeFault::Garbled`] for a floating-point value that is no number: the transmitter's way to say "broken".
    pub fn measured(&self, words: &[u16]) -> Result<Measured, ProbeFault> {
        let from = self.question().register;
        let value = |register: u16| {
            let at = usize::from(register.saturating_sub(from));
            let words = words.get(at..at + usize::from(self.form.words()));
            words.and_then(|words| milli(self.form, words, self.milli_per_count))
        };
        let none = || ProbeFault::Garbled("the register holds no number".into());
        let humidity = match self.humidity_register {
            Some(register) => Some(value(register).ok_or_else(none)?),
            None => None,
        };
        Ok(Measured {
            milli_c: value(self.register).ok_or_else(none)?,
            humidity_milli_pct: humidity.map(|value| u32::try_from(value.clamp(0, 100_000)).unwrap_or(0)),
            pressure_pa: None,
        })
    }
}

/// A value of one or two registers, in thousandths.
fn milli(form: RegisterForm, words: &[u16], scale: i32) -> Option<i32> {
    let two = || match *words {
        [high, low] => Some(u32::from(high) << 16 | u32::from(low)),
        _ => None,
    };
    let one = || words.first().copied();
    let count = match form {
        RegisterForm::I16 => i64::from(one()?.cast_signed()),
        RegisterForm::U16 => i64::from(one()?),
        RegisterForm::I32 => i64::from(two()?.cast_signed()),
        RegisterForm::I32Swapped => i64::from(two()?.rotate_left(16).cast_signed()),
        RegisterForm::F32 => return float(two()?, scale),
        RegisterForm::F32Swapped => return float(two()?.rotate_left(16), scale),
    };
    i32::try_from(count.saturating_mul(i64::from(scale))).ok()
}

fn float(bits: u32, scale: i32) -> Option<i32> {
    let value = (f64::from(f32::from_bits(bits)) * f64::from(scale)).round();
    #[expect(clippy::cast_possible_truncation, reason = "inside the range of i32 by the line before")]
    let whole = || value as i32;
    (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&value).then(whole)
}

impl From<ModbusFault> for ProbeFault {
    fn from(fault: ModbusFault) -> Self {
        match fault {
            ModbusFault::Refused { slave, why } => ProbeFault::Refused { slave, why },
            ModbusFault::Garbled(what) => ProbeFault::Garbled(format!("disturbed answer: {what}")),
            ModbusFault::Unsure => ProbeFault::Unsure,
            fault @ (ModbusFault::Port(_) | ModbusFault::Silent(_)) => ProbeFault::Silent(fault.to_string()),
        }
    }
}

/// One transmitter on a line.
#[derive(Debug)]
pub struct Transmitter {
    line: SharedLine,
    map: RegisterMap,
}

impl Transmitter {
    /// A transmitter on a line that others may share.
    #[must_use]
    pub const fn new(line: SharedLine, map: RegisterMap) -> Self {
        Self { line, map }
    }
}

impl Probe for Transmitter {
    async fn read(&mut self) -> Result<Measured, ProbeFault> {
        let words = self.line.lock().await.read(&self.map.question()).await?;
        self.map.measured(&words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: RegisterMap = RegisterMap {
        slave: 1,
        table: RegisterTable::Holding,
        register: 0,
        form: RegisterForm::I16,
        milli_per_count: 100,
        humidity_register: None,
    };

    #[test]
    fn one_question_covers_both_values() {
        let both = RegisterMap { register: 5, humidity_register: Some(3), ..MAP };
        assert_eq!((both.question().register, both.question().count), (3, 3));
        let measured = both.measured(&[455, 0, 0xffd8]).unwrap();
        assert_eq!((measured.milli_c, measured.humidity_milli_pct), (-4_000, Some(45_500)));
        assert!(both.measured(&[455]).is_err());
    }

    #[test]
    fn every_form_reads_the_same_temperature() {
        let (high, low) = ((-18.5_f32).to_bits() >> 16, (-18.5_f32).to_bits() & 0xffff);
        let [high, low] = [high, low].map(|half| u16::try_from(half).unwrap());
        let cases: [(RegisterForm, i32, &[u16]); 5] = [
            (RegisterForm::I16, 100, &[0xff47]),
            (RegisterForm::I32, 1, &[0xffff, 0xb7bc]),
            (RegisterForm::I32Swapped, 1, &[0xb7bc, 0xffff]),
            (RegisterForm::F32, 1_000, &[high, low]),
            (RegisterForm::F32Swapped, 1_000, &[low, high]),
        ];
        for (form, milli_per_count, words) in cases {
            let map = RegisterMap { form, milli_per_count, ..MAP };
            assert_eq!(map.measured(words).unwrap().milli_c, -18_500, "{form:?}");
        }
        let map = RegisterMap { form: RegisterForm::U16, ..MAP };
        assert_eq!(map.measured(&[40]).unwrap().milli_c, 4_000);
    }

    #[test]
    fn a_broken_transmitters_not_a_number_is_a_fault() {
        let map = RegisterMap { form: RegisterForm::F32, milli_per_count: 1_000, ..MAP };
        for words in [[0x7fc0, 0], [0x7f80, 0], [0xff80, 0], [0x7f7f, 0xffff]] {
            assert!(map.measured(&words).is_err(), "{words:x?}");
        }
    }
}
