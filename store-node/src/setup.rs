//! What the engine must know of its store before it opens: place, floor, people, devices and policy, already checked by
//! whoever read them. Plain values; no file is read here.

use device_drivers::gs1::instore::Template;
use model::catalogue::TempClass;
use model::mqtt::DeviceClass;
use model::time::DAY_MS;
use model::{Date, DeviceId, PersonId, Role, StoreId, Timestamp, ZoneId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store_core::cold::Band;
use store_core::fefo::LifeFloor;
use store_core::layout::LayoutSpec;

/// One store, as its engine needs it.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The store's id.
    pub store: StoreId,
    /// Its name.
    pub name: String,
    /// Its calendar.
    pub calendar: Calendar,
    /// The floor.
    pub layout: LayoutSpec,
    /// Temperature and watch of every zone of the floor.
    pub zones: Vec<ZoneSetup>,
    /// Staff.
    pub people: Vec<PersonSetup>,
    /// Scanners, printers, sensors and scales.
    pub devices: Vec<DeviceSetup>,
    /// What the store's own codes and stamps mean.
    pub trade: Trade,
    /// Numbers an operator may change.
    pub policy: Policy,
}

/// What is agreed within the store: its own numbers on weighed goods, and until when its scales may price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trade {
    /// Templates of in-store numbers (REQ-41).
    pub in_store: Vec<Template>,
    /// The last day of each scale's verification stamp, where it is known (REQ-44).
    pub stamps: BTreeMap<DeviceId, Date>,
}

/// What a zone may keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneSetup {
    /// A zone of the floor.
    pub zone: ZoneId,
    /// What may be kept there.
    pub temp: TempClass,
    /// The band that is watched.
    pub band: Option<Band>,
}

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonSetup {
    /// The pseudonym.
    pub person: PersonId,
    /// Name to greet by.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// An argon2 hash; without it the person cannot log in.
    pub pin_hash: Option<String>,
}

/// A device that `store.toml` lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSetup {
    /// The device.
    pub device: DeviceId,
    /// Its class.
    pub class: DeviceClass,
    /// The zone a sensor watches.
    pub zone: Option<ZoneId>,
}

/// Numbers an operator may change; the defaults are the spec's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Life a lot must have left at delivery (REQ-10). Default 30 % of shelf life, at most 45 days.
    pub life_floor: LifeFloor,
    /// From order to customer, milliseconds (the promise). Default 10 minutes; of counter orders 10 minutes as well.
    pub promise_ms: i64,
    /// Share of the sellable units that stays with the counter, percent (SYNC.md: a floor for local sales). Default 20.
    pub local_share_pct: u32,
    /// At most so many units of one SKU are the hub's at a time: bounds what a silent hub can hold. Default 60.
    pub grant_most: u32,
    /// Time between two grants, milliseconds. Default 10 s.
    pub grant_every_ms: i64,
    /// How long a PIN session lasts, milliseconds. Default 12 hours.
    pub session_ms: i64,
    /// Wrong PINs in a row before a pause. Default 5.
    pub pin_tries: u32,
    /// The pause, milliseconds. Default 1 minute.
    pub pin_lock_ms: i64,
    /// How long answers are kept for retries, milliseconds (decision 5). Default 31 days.
    pub answers_kept_ms: i64,
    /// How long raw sensor values are kept, milliseconds. Default 30 days.
    pub readings_kept_ms: i64,
    /// How long quarter-hours of them and what happened around them are kept after that, milliseconds. Default 366 days:
    /// EU 37/2005 asks a year of dated records.
    pub records_kept_ms: i64,
    /// A substitute waits so long for the customer, milliseconds (REQ-33). Default 60 s.
    pub substitute_ms: i64,
    /// Bytes of the database beyond which there is an alarm; nothing is ever dropped for them. Default
    /// [`DATABASE_BYTES_MAX`].
    #[serde(default = "database_bytes_max")]
    pub database_bytes_max: u64,
}

/// Planned for: three years at a thousand orders a day (a month without a line takes about 250 MB of it).
pub const DATABASE_BYTES_MAX: u64 = 10 * 1024 * 1024 * 1024;

const fn database_bytes_max() -> u64 {
    DATABASE_BYTES_MAX
}

impl Default for Policy {
    fn default() -> Self {
        use model::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
        Self {
            life_floor: LifeFloor::default(),
            promise_ms: 10 * MINUTE_MS,
            local_share_pct: 20,
            grant_most: 60,
            grant_every_ms: 10 * SECOND_MS,
            session_ms: 12 * HOUR_MS,
            pin_tries: 5,
            pin_lock_ms: MINUTE_MS,
            answers_kept_ms: 31 * DAY_MS,
            readings_kept_ms: 30 * DAY_MS,
            records_kept_ms: 366 * DAY_MS,
            substitute_ms: MINUTE_MS,
            database_bytes_max: DATABASE_BYTES_MAX,
        }
    }
}

/// The store's own calendar: its business day is not UTC's (REQ-101).
#[derive(Debug, Clone)]
pub struct Calendar(jiff::tz::TimeZone);

/// A name that is no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no IANA time zone: {0}")]
pub struct UnknownZone(pub String);

impl Calendar {
    /// The calendar of an IANA time zone such as `Asia/Kolkata`.
    ///
    /// # Errors
    /// [`UnknownZone`].
    pub fn new(iana: &str) -> Result<Self, UnknownZone> {
        jiff::tz::TimeZone::get(iana).map(Calendar).map_err(|_| UnknownZone(iana.to_owned()))
    }

    /// The zone's IANA name.
    pub fn iana(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    fn local(&self, at: Timestamp) -> jiff::civil::DateTime {
        let at = jiff::Timestamp::from_millisecond(at.ms()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.0.to_datetime(at)
    }

    /// The calendar day at a moment; moments outside the years -9999 to 9999 read as 1970.
    pub fn date(&self, at: Timestamp) -> Date {
        let local = self.local(at);
        Date::new(local.year(), local.month(), local.day()).unwrap_or(at.utc_date())
    }

    /// When the business day of a moment began.
    pub fn day_start(&self, at: Timestamp) -> Timestamp {
        let midnight = self.local(at).date().to_zoned(self.0.clone());
        midnight.map_or(at, |zoned| Timestamp::from_ms(zoned.timestamp().as_millisecond()))
    }

    /// When a day of the calendar begins, and when the next one does.
    pub fn bounds(&self, day: Date) -> (Timestamp, Timestamp) {
        (self.begins(day), self.begins(day.plus_days(1)))
    }

    fn begins(&self, day: Date) -> Timestamp {
        let utc = Timestamp::from_ms(day.days().saturating_mul(DAY_MS));
        let civil = jiff::civil::Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(day.days()));
        let midnight = civil.and_then(|civil| civil.to_zoned(self.0.clone()));
        midnight.map_or(utc, |zoned| Timestamp::from_ms(zoned.timestamp().as_millisecond()))
    }

    /// `2026-11-21T10:00:00+05:30`, for reports.
    pub fn stamp(&self, at: Timestamp) -> String {
        let at = jiff::Timestamp::from_millisecond(at.ms()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        at.to_zoned(self.0.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// `19:42`, for labels.
    pub fn hour_minute(&self, at: Timestamp) -> String {
        let local = self.local(at);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_business_day_is_the_stores() {
        let calendar = Calendar::new("Asia/Kolkata").unwrap();
        // 2026-11-20 20:00 UTC is 01:30 on the 21st in Bengaluru.
        let at = Timestamp::from_ms(1_795_204_800_000);
        assert_eq!(at.to_string(), "2026-11-20T20:00:00Z");
        assert_eq!(calendar.date(at).to_string(), "2026-11-21");
        assert_eq!(calendar.hour_minute(at), "01:30");
        assert_eq!(calendar.day_start(at).to_string(), "2026-11-20T18:30:00Z");
        assert_eq!(calendar.stamp(at), "2026-11-21T01:30:00+05:30");
        let (from, to) = calendar.bounds(calendar.date(at));
        assert_eq!((from.to_string().as_str(), to.since_ms(from)), ("2026-11-20T18:30:00Z", DAY_MS));
        let autumn = Calendar::new("Europe/Berlin").unwrap();
        let (from, to) = autumn.bounds(Date::new(2026, 10, 25).unwrap());
        assert_eq!(to.since_ms(from), 25 * 3_600_000, "a day of 25 hours");
        assert!(Calendar::new("Asia/Atlantis").is_err());
    }
}
