//! Words of serial lines and Modbus registers in `store.toml`. What a driver does with them is device-drivers' business.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The parity bit of a serial line; all devices of one line agree on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Parity {
    /// None: 8N1, how most transmitters are delivered.
    #[default]
    None,
    /// Even: 8E1, as the Modbus standard asks.
    Even,
    /// Odd: 8O1.
    Odd,
}

/// The two tables of 16-bit registers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RegisterTable {
    /// Input registers (function 4): what is measured.
    #[default]
    Input,
    /// Holding registers (function 3), where many makers keep measured values too.
    Holding,
}

/// How a value stands in one or two registers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RegisterForm {
    /// One register, signed.
    #[default]
    I16,
    /// One register, never below zero.
    U16,
    /// Two registers, the higher half first, signed.
    I32,
    /// Two registers, the lower half first, signed.
    I32Swapped,
    /// Two registers, the higher half first, floating point.
    F32,
    /// Two registers, the lower half first, floating point.
    F32Swapped,
}

impl RegisterForm {
    /// How many registers a value takes.
    #[must_use]
    pub const fn words(self) -> u16 {
        match self {
            RegisterForm::I16 | RegisterForm::U16 => 1,
            RegisterForm::I32 | RegisterForm::I32Swapped | RegisterForm::F32 | RegisterForm::F32Swapped => 2,
        }
    }

    /// Whether the value is floating point.
    #[must_use]
    pub const fn is_float(self) -> bool {
        match self {
            RegisterForm::F32 | RegisterForm::F32Swapped => true,
            RegisterForm::I16 | RegisterForm::U16 | RegisterForm::I32 | RegisterForm::I32Swapped => false,
        }
    }
}
