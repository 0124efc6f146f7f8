//! Names of things. Two kinds: *codes*, short words that people print, read aloud and scan (`SkuId`, `BinId`), and
//! *machine ids*, UUIDv7 made offline from a time and random bits that the caller passes in (`OrderId`, `CommandId`).

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The longest code in characters; fits a Code 128 label 50 mm wide.
pub const CODE_CHARS_MAX: usize = 40;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty or longer than [`CODE_CHARS_MAX`].
    #[error("a code has 1 to {CODE_CHARS_MAX} characters, this one has {0}")]
    Length(usize),
    /// A sign that labels, topics and paths cannot all carry.
    #[error("a code is made of letters, digits, '-', '_' and '.'; found {0:?}")]
    Sign(char),
    /// Not a UUID.
    #[error("not an id: {0}")]
    Uuid(String),
}

macro_rules! code_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
        pub struct $name(String);

        impl $name {
            /// Checks the text: 1 to 40 letters, digits, `-`, `_`, `.`.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                check_code(&text)?;
                Ok(Self(text))
            }
            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

code_id! {
    /// One dark store, for example `s1`; stands in topics and document paths.
    StoreId;
    /// A stock-keeping unit, for example `MLK-0001`.
    SkuId;
    /// One received batch of one SKU at one store; printed on the lot label (REQ-93).
    LotId;
    /// A shelf place, for example `B-07-3`.
    BinId;
    /// A zone of the store: `A`, `B`, `C`, `cold-1`, `packing`.
    ZoneId;
    /// A member of staff; a pseudonym, never a name (the ledger keeps it for ever).
    PersonId;
    /// A scanner, printer, sensor, scale or handheld; also its MQTT client id.
    DeviceId;
    /// A bag's label code, for example `4K7-1-9F3A`.
    BagId;
}

macro_rules! machine_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
        #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
        pub struct $name(Uuid);

        impl $name {
            /// A UUIDv7 from the caller's time and random bits, so that a seed replays.
            pub fn new(now: Timestamp, random: u128) -> Self {
                let mut bits = [0u8; 10];
                bits.copy_from_slice(&random.to_be_bytes()[6..16]);
                let ms = u64::try_from(now.ms()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(ms, &bits).into_uuid())
            }
            /// The sixteen bytes, as SQLite and the wire keep them.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
            /// From the sixteen bytes of [`Self::as_bytes`].
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|e| IdError::Uuid(e.to_string()))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

machine_id! {
    /// The idempotency key of a command: a retry carries the same one and gets the first answer.
    CommandId;
    /// An order, online or at the counter.
    OrderId;
    /// A print job (ARCHITECTURE, decision 6).
    PrintJobId;
    /// A customer at the hub.
    CustomerId;
    /// A customer's address.
    AddressId;
    /// A way to pay that a customer keeps.
    InstrumentId;
    /// A rider.
    RiderId;
}

fn check_code(text: &str) -> Result<(), IdError> {
    let length = text.chars().count();
    if length == 0 || length > CODE_CHARS_MAX {
        return Err(IdError::Length(length));
    }
    match text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
        Some(sign) => Err(IdError::Sign(sign)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_refuse_what_a_topic_or_label_cannot_carry() {
        assert!(SkuId::new("MLK-0001").is_ok());
        assert_eq!(SkuId::new(""), Err(IdError::Length(0)));
        assert_eq!(SkuId::new("a/b"), Err(IdError::Sign('/')));
        assert_eq!(SkuId::new("a+"), Err(IdError::Sign('+')));
        assert!(serde_json::from_str::<SkuId>("\"a#\"").is_err());
    }

    #[test]
    fn machine_ids_sort_by_time_and_replay() {
        let early = OrderId::new(Timestamp::from_ms(1_000), 7);
        let late = OrderId::new(Timestamp::from_ms(2_000), 3);
        assert!(early < late);
        assert_eq!(early, OrderId::new(Timestamp::from_ms(1_000), 7));
        assert_eq!(early.to_string().parse::<OrderId>(), Ok(early));
    }
}
