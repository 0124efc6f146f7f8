-- The temperature log is a chain of hashes (DEVICES.md, a log row). n is a row's place in it, before the hash of the row
-- before it; up_ms is the agent's monotonic time since its start, clock how its clock stood, calibrated since when the
-- calibration in force holds. Rows of before have n 0 and stand in no chain.

ALTER TABLE reading ADD COLUMN n INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reading ADD COLUMN up_ms INTEGER;
ALTER TABLE reading ADD COLUMN clock TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE reading ADD COLUMN calibrated INTEGER;
ALTER TABLE reading ADD COLUMN before BLOB;
CREATE UNIQUE INDEX reading_by_place ON reading (n) WHERE n > 0;

CREATE TRIGGER reading_never_changes BEFORE UPDATE ON reading WHEN old.n > 0
BEGIN
    SELECT RAISE(ABORT, 'the temperature log is append-only');
END;

-- Where a chain begins and ends: rows up to base are thinned out, base_hash is the hash of the last of them; head is the
-- newest row, so that a changed or lost last row shows too.
CREATE TABLE cold_chain (
    chain     TEXT PRIMARY KEY,
    base      INTEGER NOT NULL,
    base_hash BLOB NOT NULL,
    head      INTEGER NOT NULL,
    head_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened around the readings: alarms, who has seen them, doors, calibrations, actions, thinnings. A chain of its
-- own; reading is the newest reading's place, so that the two have one order.
CREATE TABLE cold_event (
    n       INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    heard   INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    device  TEXT NOT NULL,
    zone    TEXT,
    person  TEXT NOT NULL,
    detail  TEXT NOT NULL,
    reading INTEGER NOT NULL,
    before  BLOB NOT NULL
) STRICT;
CREATE INDEX cold_event_by_time ON cold_event (at, n);

CREATE TRIGGER cold_event_never_changes BEFORE UPDATE ON cold_event
BEGIN
    SELECT RAISE(ABORT, 'the temperature log is append-only');
END;

-- Quarter-hours of thinned readings, kept for a year (EU 37/2005). thinning is the event whose detail holds the hash of
-- all its quarter-hours; above and below are thousandths of a degree times minutes.
CREATE TABLE cold_quarter (
    thinning             INTEGER NOT NULL,
    sensor               TEXT NOT NULL REFERENCES device (device),
    at                   INTEGER NOT NULL,
    zone                 TEXT,
    samples              INTEGER NOT NULL,
    bad                  INTEGER NOT NULL,
    gaps                 INTEGER NOT NULL,
    min_milli_c          INTEGER,
    max_milli_c          INTEGER,
    mean_kinetic_milli_c INTEGER,
    low_milli_c          INTEGER,
    high_milli_c         INTEGER,
    above_milli_c_min    INTEGER NOT NULL,
    below_milli_c_min    INTEGER NOT NULL,
    outside_ms           INTEGER NOT NULL,
    calibrated           INTEGER,
    PRIMARY KEY (sensor, at, thinning)
) STRICT, WITHOUT ROWID;
CREATE INDEX cold_quarter_by_thinning ON cold_quarter (thinning, sensor, at);

-- Which orders got units of a lot: asked for every excursion.
CREATE INDEX pick_event_by_lot ON pick_event (lot, at);

-- Weighed goods are priced by their weight at the pick (REQ-32). scale is empty where the weight stood on a label;
-- a scale's weight prices one piece.
CREATE TABLE pick_price (
    pick       BLOB PRIMARY KEY REFERENCES pick_event (id),
    order_id   BLOB NOT NULL REFERENCES orders (order_id),
    line       INTEGER NOT NULL,
    grams      INTEGER,
    paise      INTEGER NOT NULL CHECK (paise >= 0),
    instead_of INTEGER NOT NULL CHECK (instead_of >= 0),
    scale      TEXT,
    weighed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX pick_price_by_weight ON pick_price (scale, weighed_at) WHERE scale IS NOT NULL;
