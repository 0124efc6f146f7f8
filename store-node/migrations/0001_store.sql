-- One store's whole memory. Times are UTC milliseconds, dates are days since 1970, money is paise, weights are grams,
-- temperatures are thousandths of a degree Celsius, machine ids are 16 bytes. Append only: a change is a new file.

CREATE TABLE mark (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Places and people: copied from store.toml at every start; the rows stay when the file forgets them.

CREATE TABLE zone (
    zone           TEXT PRIMARY KEY,
    kind           TEXT NOT NULL,
    temp           TEXT NOT NULL,
    low_milli_c    INTEGER,
    high_milli_c   INTEGER,
    alarm_delay_ms INTEGER NOT NULL,
    silent_ms      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE bin (
    bin  TEXT PRIMARY KEY,
    zone TEXT NOT NULL REFERENCES zone (zone),
    node INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX bin_by_zone ON bin (zone, bin);

CREATE TABLE person (
    person       TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    role         TEXT NOT NULL,
    pin_hash     TEXT,
    active       INTEGER NOT NULL,
    pin_fails    INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Goods.

CREATE TABLE sku (
    sku             TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    name_hi         TEXT NOT NULL,
    brand           TEXT NOT NULL,
    category        TEXT NOT NULL,
    search_terms    TEXT NOT NULL,
    temp            TEXT NOT NULL,
    velocity        TEXT NOT NULL,
    weight_g        INTEGER NOT NULL CHECK (weight_g >= 0),
    fragile         INTEGER NOT NULL CHECK (fragile IN (0, 1)),
    food            INTEGER NOT NULL CHECK (food IN (0, 1)),
    mrp             INTEGER NOT NULL CHECK (mrp >= 0),
    price           INTEGER NOT NULL CHECK (price >= 0),
    shelf_life_days INTEGER NOT NULL CHECK (shelf_life_days >= 0),
    hsn             TEXT NOT NULL,
    gst_bp          INTEGER NOT NULL CHECK (gst_bp >= 0),
    unit            TEXT NOT NULL,
    popularity      INTEGER NOT NULL CHECK (popularity >= 0),
    home_bin        TEXT REFERENCES bin (bin),
    min_qty         INTEGER NOT NULL CHECK (min_qty >= 0),
    max_qty         INTEGER NOT NULL CHECK (max_qty >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX sku_by_brand ON sku (brand, sku);
CREATE INDEX sku_by_category ON sku (category, sku);
CREATE INDEX sku_by_home ON sku (home_bin) WHERE home_bin IS NOT NULL;

CREATE TABLE gtin (
    gtin TEXT PRIMARY KEY,
    sku  TEXT NOT NULL REFERENCES sku (sku)
) STRICT, WITHOUT ROWID;
CREATE INDEX gtin_by_sku ON gtin (sku, gtin);

-- Barcodes that are known by name and carried by no product yet: a look-up for receiving.
CREATE TABLE gtin_name (
    gtin      TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    image_url TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lot (
    lot         TEXT PRIMARY KEY,
    sku         TEXT NOT NULL REFERENCES sku (sku),
    batch       TEXT NOT NULL,
    made_on     INTEGER,
    expiry      INTEGER,
    mrp         INTEGER NOT NULL CHECK (mrp >= 0),
    cost        INTEGER,
    supplier    TEXT NOT NULL,
    gstin       TEXT NOT NULL,
    fssai       TEXT NOT NULL,
    temp        TEXT NOT NULL,
    received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX lot_by_sku ON lot (sku, expiry, lot);
CREATE INDEX lot_by_expiry ON lot (expiry, lot) WHERE expiry IS NOT NULL;

CREATE TABLE stock (
    sku      TEXT NOT NULL REFERENCES sku (sku),
    lot      TEXT NOT NULL REFERENCES lot (lot),
    bin      TEXT NOT NULL REFERENCES bin (bin),
    on_hand  INTEGER NOT NULL CHECK (on_hand >= 0),
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    blocked  INTEGER NOT NULL CHECK (blocked >= 0),
    PRIMARY KEY (sku, lot, bin),
    CHECK (reserved + blocked <= on_hand)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_by_lot ON stock (lot, bin);
CREATE INDEX stock_by_bin ON stock (bin, sku, lot);

-- Why units are blocked; the sum over reasons is stock.blocked.
CREATE TABLE stock_block (
    sku    TEXT NOT NULL,
    lot    TEXT NOT NULL,
    bin    TEXT NOT NULL,
    reason TEXT NOT NULL,
    qty    INTEGER NOT NULL CHECK (qty > 0),
    since  INTEGER NOT NULL,
    PRIMARY KEY (sku, lot, bin, reason),
    FOREIGN KEY (sku, lot, bin) REFERENCES stock (sku, lot, bin)
) STRICT, WITHOUT ROWID;

-- The evidence: every change of a balance, in a chain of hashes. No foreign keys, so that it can outlive what it names.
CREATE TABLE ledger (
    seq             INTEGER PRIMARY KEY,
    at              INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    sku             TEXT NOT NULL,
    lot             TEXT NOT NULL,
    bin             TEXT NOT NULL,
    qty             INTEGER NOT NULL CHECK (qty >= 0),
    on_hand_before  INTEGER NOT NULL,
    on_hand_after   INTEGER NOT NULL,
    reserved_before INTEGER NOT NULL,
    reserved_after  INTEGER NOT NULL,
    blocked_before  INTEGER NOT NULL,
    blocked_after   INTEGER NOT NULL,
    person          TEXT NOT NULL,
    device          TEXT NOT NULL,
    why             TEXT NOT NULL,
    reference       TEXT NOT NULL,
    command         BLOB NOT NULL,
    hash            BLOB NOT NULL
) STRICT;
CREATE INDEX ledger_by_sku ON ledger (sku, seq);
CREATE INDEX ledger_by_reference ON ledger (reference, seq);

CREATE TRIGGER ledger_never_changes BEFORE UPDATE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER ledger_never_shrinks BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

-- Orders.

CREATE TABLE orders (
    order_id    BLOB PRIMARY KEY,
    number      TEXT NOT NULL,
    channel     TEXT NOT NULL,
    hour        INTEGER NOT NULL,
    promise_at  INTEGER NOT NULL,
    first_name  TEXT NOT NULL,
    cod         INTEGER NOT NULL,
    preset      TEXT NOT NULL,
    head_sha    BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    ended_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_open ON orders (promise_at, order_id) WHERE ended_at IS NULL;
CREATE INDEX orders_ended ON orders (ended_at, order_id) WHERE ended_at IS NOT NULL;

CREATE TABLE order_line (
    order_id   BLOB NOT NULL REFERENCES orders (order_id),
    line       INTEGER NOT NULL,
    sku        TEXT NOT NULL REFERENCES sku (sku),
    qty        INTEGER NOT NULL CHECK (qty > 0),
    unit_price INTEGER NOT NULL CHECK (unit_price >= 0),
    PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE order_moment (
    order_id BLOB NOT NULL REFERENCES orders (order_id),
    moment   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (order_id, moment)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_moment_by_time ON order_moment (moment, at, order_id);

-- What happened to an order, for people; the decisions stand in the tables beside it.
CREATE TABLE order_event (
    seq      INTEGER PRIMARY KEY,
    order_id BLOB NOT NULL REFERENCES orders (order_id),
    at       INTEGER NOT NULL,
    what     TEXT NOT NULL,
    detail   TEXT NOT NULL,
    person   TEXT NOT NULL,
    device   TEXT NOT NULL,
    command  BLOB NOT NULL
) STRICT;
CREATE INDEX order_event_by_order ON order_event (order_id, seq);

-- Units held for a line. qty - picked of a row is part of stock.reserved; picked units have left the shelf.
-- The sku differs from the line's where a substitute was taken.
CREATE TABLE allocation (
    order_id BLOB NOT NULL,
    line     INTEGER NOT NULL,
    sku      TEXT NOT NULL,
    lot      TEXT NOT NULL,
    bin      TEXT NOT NULL,
    qty      INTEGER NOT NULL CHECK (qty >= 0),
    picked   INTEGER NOT NULL CHECK (picked >= 0 AND picked <= qty),
    PRIMARY KEY (order_id, line, lot, bin),
    FOREIGN KEY (order_id, line) REFERENCES order_line (order_id, line),
    FOREIGN KEY (sku, lot, bin) REFERENCES stock (sku, lot, bin)
) STRICT, WITHOUT ROWID;
CREATE INDEX allocation_by_stock ON allocation (sku, lot, bin, order_id, line);

CREATE TABLE pick_event (
    id        BLOB PRIMARY KEY,
    order_id  BLOB NOT NULL,
    line      INTEGER NOT NULL,
    sku       TEXT NOT NULL,
    lot       TEXT NOT NULL,
    bin       TEXT NOT NULL,
    qty       INTEGER NOT NULL CHECK (qty > 0),
    proof     TEXT NOT NULL,
    at        INTEGER NOT NULL,
    person    TEXT NOT NULL,
    device    TEXT NOT NULL,
    undone_by BLOB,
    FOREIGN KEY (order_id, line) REFERENCES order_line (order_id, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX pick_event_by_order ON pick_event (order_id, at, id);

CREATE TABLE assignment (
    order_id    BLOB PRIMARY KEY REFERENCES orders (order_id),
    person      TEXT NOT NULL,
    device      TEXT NOT NULL,
    assigned_at INTEGER NOT NULL,
    ended_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX assignment_by_person ON assignment (person, order_id) WHERE ended_at IS NULL;

-- The walk, one row per stop: which line from which bin, in which bag.
CREATE TABLE pick_stop (
    order_id BLOB NOT NULL REFERENCES orders (order_id),
    line     INTEGER NOT NULL,
    place    INTEGER NOT NULL,
    bag      INTEGER NOT NULL,
    PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE substitute (
    order_id    BLOB NOT NULL,
    line        INTEGER NOT NULL,
    sku         TEXT NOT NULL REFERENCES sku (sku),
    qty         INTEGER NOT NULL CHECK (qty > 0),
    asked_at    INTEGER NOT NULL,
    until_at    INTEGER NOT NULL,
    answer      TEXT,
    answered_at INTEGER,
    PRIMARY KEY (order_id, line),
    FOREIGN KEY (order_id, line) REFERENCES order_line (order_id, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX substitute_open ON substitute (until_at, order_id, line) WHERE answer IS NULL;

-- Units of a line that the customer will not get (SYNC.md rule 7): counted, never hidden.
CREATE TABLE short (
    order_id BLOB NOT NULL,
    line     INTEGER NOT NULL,
    why      TEXT NOT NULL,
    qty      INTEGER NOT NULL CHECK (qty > 0),
    at       INTEGER NOT NULL,
    PRIMARY KEY (order_id, line, why),
    FOREIGN KEY (order_id, line) REFERENCES order_line (order_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE bag (
    bag            TEXT PRIMARY KEY,
    order_id       BLOB NOT NULL REFERENCES orders (order_id),
    n              INTEGER NOT NULL CHECK (n > 0),
    cold           INTEGER NOT NULL CHECK (cold IN (0, 1)),
    fragile        INTEGER NOT NULL CHECK (fragile IN (0, 1)),
    weight_g       INTEGER NOT NULL CHECK (weight_g >= 0),
    weighed_g      INTEGER,
    handed_over_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX bag_by_order ON bag (order_id, n);

CREATE TABLE bag_item (
    bag  TEXT NOT NULL REFERENCES bag (bag),
    line INTEGER NOT NULL,
    sku  TEXT NOT NULL,
    lot  TEXT NOT NULL,
    qty  INTEGER NOT NULL CHECK (qty > 0),
    PRIMARY KEY (bag, line, lot)
) STRICT, WITHOUT ROWID;

-- A print is a row before it is a byte (REQ-34).
CREATE TABLE print_job (
    job         BLOB PRIMARY KEY,
    order_id    BLOB REFERENCES orders (order_id),
    printer     TEXT NOT NULL,
    what        TEXT NOT NULL,
    label       TEXT NOT NULL,
    state       TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    again_of    BLOB,
    resolved_by TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX print_job_open ON print_job (printer, created_at, job) WHERE state <> 'done';
CREATE INDEX print_job_by_order ON print_job (order_id, created_at, job);

CREATE TABLE handover (
    order_id BLOB PRIMARY KEY REFERENCES orders (order_id),
    rider    TEXT NOT NULL,
    person   TEXT NOT NULL,
    device   TEXT NOT NULL,
    at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rider_card (
    order_id BLOB PRIMARY KEY REFERENCES orders (order_id),
    code     TEXT NOT NULL,
    name     TEXT NOT NULL,
    eta_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the other side may sell (SYNC.md): cumulative numbers of one epoch and generation, that never fall.
CREATE TABLE quota (
    epoch       INTEGER NOT NULL,
    generation  INTEGER NOT NULL,
    sku         TEXT NOT NULL REFERENCES sku (sku),
    granted     INTEGER NOT NULL CHECK (granted >= 0),
    returned    INTEGER NOT NULL CHECK (returned >= 0),
    orders_seen INTEGER NOT NULL CHECK (orders_seen >= 0),
    PRIMARY KEY (epoch, generation, sku)
) STRICT, WITHOUT ROWID;
CREATE INDEX quota_by_sku ON quota (sku, granted, returned, orders_seen);

-- The way out and in.

CREATE TABLE outbox (
    seq  INTEGER PRIMARY KEY,
    at   INTEGER NOT NULL,
    fact TEXT NOT NULL
) STRICT;

CREATE TABLE sync_out (
    seq       INTEGER PRIMARY KEY,
    doc       TEXT NOT NULL,
    change    BLOB NOT NULL,
    facts     INTEGER NOT NULL,
    oldest_at INTEGER NOT NULL
) STRICT;

CREATE TABLE doc_chunk (
    doc   TEXT NOT NULL,
    n     INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (doc, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    origin TEXT NOT NULL,
    doc    TEXT NOT NULL,
    bytes  BLOB NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- The first answer of every command, for its retries. Exactly one of answer and refusal.
CREATE TABLE command (
    id      BLOB PRIMARY KEY,
    kind    TEXT NOT NULL,
    sha     BLOB NOT NULL,
    at      INTEGER NOT NULL,
    person  TEXT NOT NULL,
    device  TEXT NOT NULL,
    answer  TEXT,
    refusal TEXT,
    CHECK ((answer IS NULL) <> (refusal IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX command_by_time ON command (at, id);

-- Devices.

CREATE TABLE device (
    device   TEXT PRIMARY KEY,
    class    TEXT NOT NULL,
    zone     TEXT REFERENCES zone (zone),
    driver   TEXT NOT NULL,
    model    TEXT NOT NULL,
    firmware TEXT NOT NULL,
    session  INTEGER NOT NULL,
    listed   INTEGER NOT NULL CHECK (listed IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE device_state (
    device      TEXT PRIMARY KEY REFERENCES device (device),
    session     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    heard       INTEGER NOT NULL,
    health      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    hint        TEXT NOT NULL,
    battery_pct INTEGER,
    queued      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE handheld (
    device      TEXT PRIMARY KEY REFERENCES device (device),
    token_hash  TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL,
    enrolled_by TEXT NOT NULL,
    revoked_at  INTEGER
) STRICT, WITHOUT ROWID;

-- token_sha is 32 bytes for console sessions, NULL for a PIN session at a handheld.
CREATE TABLE session (
    id         BLOB PRIMARY KEY,
    device     TEXT NOT NULL,
    person     TEXT NOT NULL REFERENCES person (person),
    token_sha  BLOB,
    started_at INTEGER NOT NULL,
    until_at   INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX session_by_token ON session (token_sha) WHERE token_sha IS NOT NULL;
CREATE INDEX session_open ON session (device, started_at) WHERE ended_at IS NULL;
CREATE INDEX session_by_person ON session (person, started_at) WHERE ended_at IS NULL;

CREATE TABLE notice (
    seq    INTEGER PRIMARY KEY,
    person TEXT NOT NULL,
    at     INTEGER NOT NULL,
    code   TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX notice_by_person ON notice (person, seq);

-- A fixed scanner belongs to whoever scanned a badge at it last.
CREATE TABLE badge (
    scanner TEXT PRIMARY KEY REFERENCES device (device),
    person  TEXT NOT NULL REFERENCES person (person),
    since   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Cold chain.

CREATE TABLE reading (
    sensor  TEXT NOT NULL REFERENCES device (device),
    at      INTEGER NOT NULL,
    milli_c INTEGER,
    quality TEXT NOT NULL,
    PRIMARY KEY (sensor, at)
) STRICT, WITHOUT ROWID;

-- How each sensor's watch stands; a zone is suspended while one of its sensors is outside the band.
CREATE TABLE zone_state (
    sensor     TEXT PRIMARY KEY REFERENCES device (device),
    zone       TEXT NOT NULL REFERENCES zone (zone),
    last_at    INTEGER,
    trusted_at INTEGER NOT NULL,
    phase      TEXT NOT NULL,
    since      INTEGER NOT NULL,
    worst      INTEGER NOT NULL,
    quiet      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX zone_state_by_zone ON zone_state (zone, sensor);

CREATE TABLE alarm (
    id              BLOB PRIMARY KEY,
    kind            TEXT NOT NULL,
    zone            TEXT REFERENCES zone (zone),
    device          TEXT NOT NULL,
    began           INTEGER NOT NULL,
    raised          INTEGER NOT NULL,
    cleared         INTEGER,
    acknowledged_by TEXT,
    acknowledged_at INTEGER,
    detail          TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alarm_open ON alarm (device, kind) WHERE cleared IS NULL;
CREATE INDEX alarm_by_time ON alarm (raised, id);

CREATE TABLE weight_reading (
    scale TEXT NOT NULL REFERENCES device (device),
    at    INTEGER NOT NULL,
    grams INTEGER NOT NULL CHECK (grams >= 0),
    PRIMARY KEY (scale, at)
) STRICT, WITHOUT ROWID;
