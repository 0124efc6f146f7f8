//! The hash chain of the temperature log: what of a row its hash covers. Each row carries the hash of the one before, so
//! that a changed bit shows between two rows. Pure; reading and writing rows is `db`'s.

use crate::chain::Hash;
use crate::db::cold_events::EventRow;
use crate::db::cold_log::LogRow;
use crate::db::cold_quarters::Quarter;
use model::Timestamp;
use sync::batch::{Fold, Reading, Row as _};

/// One of the two chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// Readings.
    Readings,
    /// Alarms, doors, calibrations, actions.
    Events,
}

impl Chain {
    /// Its word in the tables.
    pub const fn word(self) -> &'static str {
        match self {
            Chain::Readings => "readings",
            Chain::Events => "events",
        }
    }

    /// The hash before its first row: binds it to its store.
    pub fn first(self, store: &str) -> Hash {
        let mut fold = Fold::new("larder cold chain 1");
        fold.text(self.word());
        fold.text(store);
        fold.finish()
    }
}

/// The hash of a reading, with the one before it inside; the hub makes the same one.
pub fn reading(row: &LogRow) -> Hash {
    shipped(row).hash(&row.before)
}

/// A reading as it is shipped to the hub.
pub fn shipped(row: &LogRow) -> Reading {
    Reading {
        n: row.n,
        sensor: row.sensor.to_string(),
        at: row.at,
        heard: row.heard,
        up_ms: row.up_ms,
        clock: row.clock.word().to_owned(),
        session: row.session,
        seq: row.seq,
        gap: row.gap,
        calibrated: row.calibrated,
        raw_milli_c: row.raw_milli_c,
        milli_c: row.milli_c,
        humidity_milli_pct: row.humidity_milli_pct,
        pressure_pa: row.pressure_pa,
        quality: row.quality.word().to_owned(),
    }
}

/// The hash of an event, with the one before it inside.
pub fn event(row: &EventRow) -> Hash {
    let mut fold = Fold::new("event 1");
    fold.bytes(&row.before);
    fold.number(row.n);
    fold.number(row.at.ms());
    fold.number(row.heard.ms());
    fold.text(&row.kind);
    fold.text(&row.device);
    fold.text(row.zone.as_deref().unwrap_or_default());
    fold.text(&row.person);
    fold.text(&row.detail);
    fold.number(row.reading);
    fold.finish()
}

/// The hash of one thinning's quarter-hours, in the order of sensor and time.
pub fn quarters(rows: &[Quarter]) -> Hash {
    let mut fold = Fold::new("quarters 1");
    for row in rows {
        fold.text(row.sensor.as_str());
        fold.number(row.at.ms());
        fold.text(row.zone.as_deref().unwrap_or_default());
        let (figures, band) = (row.figures.as_ref(), row.band.as_ref());
        fold.number(i64::from(row.samples));
        fold.number(i64::from(row.bad));
        fold.number(i64::from(row.gaps));
        fold.maybe(figures.map(|found| i64::from(found.min_milli_c)));
        fold.maybe(figures.map(|found| i64::from(found.max_milli_c)));
        fold.maybe(figures.map(|found| i64::from(found.mean_kinetic_milli_c)));
        fold.maybe(band.map(|band| i64::from(band.low_milli_c)));
        fold.maybe(band.map(|band| i64::from(band.high_milli_c)));
        fold.number(row.above_milli_c_min);
        fold.number(row.below_milli_c_min);
        fold.number(row.outside_ms);
        fold.maybe(row.calibrated.map(Timestamp::ms));
    }
    fold.finish()
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
