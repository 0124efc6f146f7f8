//! Alarms that stand at a store, as it tells the hub: all of them in one word, so that what is not named is over. Read-only
//! there: a person at the store sees to them.

use crate::id::{CommandId, DeviceId, ZoneId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Alarms that are named of those that stand: a store with more has one trouble, and its count says so.
pub const NAMED_MAX: usize = 50;
/// Signs of an alarm's particulars.
pub const DETAIL_MAX: usize = 400;
/// Signs of an alarm's kind.
pub const KIND_MAX: usize = 40;

/// What stands at a store at one look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmsTold {
    /// Its number; grows by one with every look that is told.
    pub look: u64,
    /// When the store looked, by its clock.
    pub at: Timestamp,
    /// How many stand.
    pub standing: u32,
    /// Those that nobody has seen first, then the newest; at most [`NAMED_MAX`].
    pub alarms: Vec<AlarmTold>,
}

/// One alarm that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AlarmTold {
    /// Its id at the store.
    pub id: CommandId,
    /// A stable word: `too_warm`, `sensor_silent`, `device_down` ...
    pub kind: String,
    /// The zone, where it is of one.
    pub zone: Option<ZoneId>,
    /// The device that it is about.
    pub device: DeviceId,
    /// When the trouble began.
    pub began: Timestamp,
    /// A person at the store has said that it was seen.
    pub seen: bool,
    /// Its particulars by name, `worst_milli_c=9100 units=12`.
    pub detail: String,
}

impl AlarmsTold {
    /// Whether this can be what a store's own code says.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn check(&self) -> Result<(), String> {
        let named = self.alarms.len();
        if named > NAMED_MAX || u32::try_from(named).is_ok_and(|named| named > self.standing) {
            return Err(format!(
                "{named} alarms are named where {} stand, the most is {NAMED_MAX}",
                self.standing
            ));
        }
        let mut ids = BTreeSet::new();
        for alarm in &self.alarms {
            if !ids.insert(alarm.id) {
                return Err(format!("alarm {} is named twice", alarm.id));
            }
            let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if alarm.kind.is_empty() || alarm.kind.len() > KIND_MAX || !alarm.kind.chars().all(word) {
                return Err(format!(
                    "the kind of an alarm is {:?}",
                    alarm.kind.chars().take(KIND_MAX).collect::<String>()
                ));
            }
            if alarm.detail.chars().count() > DETAIL_MAX {
                return Err(format!("the particulars of an alarm are over {DETAIL_MAX} signs"));
            }
        }
        Ok(())
    }
}
