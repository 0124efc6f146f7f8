-- The cold chain's log in full: raw values, who measured with which calibration, gaps, warnings and excursions.

-- heard is the node's own clock when the reading came; at is the sensor's agent's. session and seq number the readings of
-- one agent run; gap says that something is missing before this one. Rows of before have 0 in all of them.
ALTER TABLE reading ADD COLUMN raw_milli_c INTEGER;
ALTER TABLE reading ADD COLUMN humidity_milli_pct INTEGER;
ALTER TABLE reading ADD COLUMN pressure_pa INTEGER;
ALTER TABLE reading ADD COLUMN session INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reading ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reading ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reading ADD COLUMN gap INTEGER NOT NULL DEFAULT 0 CHECK (gap IN (0, 1));

-- One row per change, so that every reading finds the calibration it was taken with.
CREATE TABLE calibration (
    sensor         TEXT NOT NULL REFERENCES device (device),
    since          INTEGER NOT NULL,
    offset_milli_c INTEGER NOT NULL,
    gain_ppm       INTEGER NOT NULL CHECK (gain_ppm > 0),
    certificate    TEXT NOT NULL,
    due            INTEGER,
    PRIMARY KEY (sensor, since)
) STRICT, WITHOUT ROWID;

ALTER TABLE zone ADD COLUMN warn_low_milli_c INTEGER;
ALTER TABLE zone ADD COLUMN warn_high_milli_c INTEGER;
ALTER TABLE zone ADD COLUMN door_ms INTEGER NOT NULL DEFAULT 0;

ALTER TABLE zone_state ADD COLUMN near_phase TEXT NOT NULL DEFAULT 'normal';
ALTER TABLE zone_state ADD COLUMN near_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE zone_state ADD COLUMN near_worst INTEGER NOT NULL DEFAULT 0;

-- An interval outside the band at one sensor. The figures are those of the whole interval and stand when it has ended;
-- above and below are thousandths of a degree times minutes.
CREATE TABLE excursion (
    id                    BLOB PRIMARY KEY,
    sensor                TEXT NOT NULL REFERENCES device (device),
    zone                  TEXT NOT NULL REFERENCES zone (zone),
    side                  TEXT NOT NULL,
    low_milli_c           INTEGER NOT NULL,
    high_milli_c          INTEGER NOT NULL,
    began                 INTEGER NOT NULL,
    ended                 INTEGER,
    alarmed               INTEGER NOT NULL CHECK (alarmed IN (0, 1)),
    min_milli_c           INTEGER,
    max_milli_c           INTEGER,
    mean_kinetic_milli_c  INTEGER,
    above_milli_c_min     INTEGER,
    below_milli_c_min     INTEGER,
    outside_ms            INTEGER,
    samples               INTEGER,
    gaps                  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX excursion_by_time ON excursion (began, id);
CREATE INDEX excursion_open ON excursion (sensor) WHERE ended IS NULL;

-- The lots that lay in the zone during it, with the most units that were seen.
CREATE TABLE excursion_lot (
    excursion BLOB NOT NULL REFERENCES excursion (id),
    lot       TEXT NOT NULL REFERENCES lot (lot),
    sku       TEXT NOT NULL REFERENCES sku (sku),
    units     INTEGER NOT NULL CHECK (units >= 0),
    PRIMARY KEY (excursion, lot)
) STRICT, WITHOUT ROWID;
CREATE INDEX excursion_lot_by_lot ON excursion_lot (lot, excursion);
