//! A row of the temperature log and what of it its hash covers (REQ-18). Pure; reading and writing rows is `db/`.

use model::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Fold, Hash, Row, Stream};

/// One reading of a sensor. Words are texts here: the log outlives what it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Its place in the chain, from 1.
    pub n: i64,
    /// The sensor.
    pub sensor: String,
    /// When it was read, by the agent's clock.
    pub at: Timestamp,
    /// When the node heard of it, by its own clock.
    pub heard: Timestamp,
    /// The agent's monotonic time, milliseconds since its start.
    pub up_ms: Option<i64>,
    /// How the agent's clock stood to the node's.
    pub clock: String,
    /// The agent's run.
    pub session: i64,
    /// Its number in the run.
    pub seq: i64,
    /// Something is missing before it.
    pub gap: bool,
    /// Since when the calibration holds with which it was read.
    pub calibrated: Option<Timestamp>,
    /// What the chip said, thousandths of a degree.
    pub raw_milli_c: Option<i32>,
    /// The corrected value.
    pub milli_c: Option<i32>,
    /// Relative humidity, thousandths of a percent.
    pub humidity_milli_pct: Option<u32>,
    /// Air pressure, pascals.
    pub pressure_pa: Option<u32>,
    /// How far it can be trusted.
    pub quality: String,
}

/// The hash before the first row: binds the chain to its store.
pub(super) fn first(store: &str) -> Hash {
    let mut fold = Fold::new("larder cold chain 1");
    fold.text("readings");
    fold.text(store);
    fold.finish()
}

impl Row for Reading {
    const STREAM: Stream = Stream::Temperatures;

    fn place(&self) -> i64 {
        self.n
    }

    fn written(&self) -> Timestamp {
        self.heard
    }

    fn hash(&self, before: &Hash) -> Hash {
        let mut fold = Fold::new("reading 1");
        fold.bytes(before);
        fold.number(self.n);
        fold.text(&self.sensor);
        fold.number(self.at.ms());
        fold.number(self.heard.ms());
        fold.maybe(self.up_ms);
        fold.text(&self.clock);
        fold.number(self.session);
        fold.number(self.seq);
        fold.number(i64::from(self.gap));
        fold.maybe(self.calibrated.map(Timestamp::ms));
        fold.maybe(self.raw_milli_c.map(i64::from));
        fold.maybe(self.milli_c.map(i64::from));
        fold.maybe(self.humidity_milli_pct.map(i64::from));
        fold.maybe(self.pressure_pa.map(i64::from));
        fold.text(&self.quality);
        fold.finish()
    }
}
