-- The hub's tables. Times: UTC milliseconds. Money: paise. Machine ids: 16 bytes. Append only: a later change is a new file.

CREATE TABLE hub (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    boot         INTEGER NOT NULL,           -- grows at every start of the process: automerge actors are never reused
    generation   INTEGER NOT NULL,           -- G of SYNC.md
    order_seq    INTEGER NOT NULL,           -- orders numbered so far
    carried_seq  INTEGER NOT NULL            -- last outbox row that stands in a document
) STRICT;
INSERT INTO hub (one, boot, generation, order_seq, carried_seq) VALUES (1, 0, 1, 0, 0);

CREATE TABLE command (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    content      BLOB NOT NULL,              -- sha256 of who and what: the same id with another content is refused
    answer       TEXT NOT NULL,              -- JSON of the first answer or refusal
    at           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX command_at ON command (at);

-- ---- people ----
CREATE TABLE customer (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    phone        TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE TABLE address (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    customer     BLOB NOT NULL REFERENCES customer (id),
    text         TEXT NOT NULL,
    lat          REAL NOT NULL,
    lon          REAL NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX address_customer ON address (customer, created_at);
CREATE TABLE staff (
    phone        TEXT PRIMARY KEY,
    role         TEXT NOT NULL CHECK (role IN ('city_ops', 'admin')),
    name         TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE otp (
    phone        TEXT NOT NULL,
    sent_at      INTEGER NOT NULL,
    seq          INTEGER PRIMARY KEY,
    code_hash    TEXT NOT NULL,
    wrong        INTEGER NOT NULL,
    used         INTEGER NOT NULL
) STRICT;
CREATE INDEX otp_phone ON otp (phone, seq);
CREATE TABLE session (
    access_hash  TEXT PRIMARY KEY,
    refresh_hash TEXT NOT NULL UNIQUE,
    role         TEXT NOT NULL,
    subject      TEXT NOT NULL,
    access_until INTEGER NOT NULL,
    refresh_until INTEGER NOT NULL,
    refreshed    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE message (                       -- what was sent to a phone; the demo's inbox shows it
    seq          INTEGER PRIMARY KEY,
    phone        TEXT NOT NULL,
    at           INTEGER NOT NULL,
    text         TEXT NOT NULL
) STRICT;
CREATE INDEX message_phone ON message (phone, seq);

-- ---- catalogue ----
CREATE TABLE product (
    row          INTEGER PRIMARY KEY,
    sku          TEXT NOT NULL UNIQUE,
    top_category TEXT NOT NULL,
    popularity   INTEGER NOT NULL,
    body         TEXT NOT NULL,              -- JSON of model::catalogue::Product
    search       TEXT NOT NULL               -- lower-case words that find it, for the index
) STRICT;
CREATE INDEX product_category ON product (top_category, popularity);
-- Marks count as letters, else a Hindi vowel sign would split its word.
CREATE VIRTUAL TABLE product_fts USING fts5 (
    search, content = 'product', content_rowid = 'row', prefix = '2 3',
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'"
);
CREATE VIRTUAL TABLE product_word USING fts5vocab (product_fts, 'row');
CREATE TRIGGER product_in AFTER INSERT ON product BEGIN
    INSERT INTO product_fts (rowid, search) VALUES (new.row, new.search);
END;
CREATE TRIGGER product_up AFTER UPDATE ON product BEGIN
    INSERT INTO product_fts (product_fts, rowid, search) VALUES ('delete', old.row, old.search);
    INSERT INTO product_fts (rowid, search) VALUES (new.row, new.search);
END;
CREATE TABLE search_log (
    seq          INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    query        TEXT NOT NULL,
    store        TEXT,
    hits         INTEGER NOT NULL
) STRICT;

-- ---- stores and quotas ----
CREATE TABLE store (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    lat          REAL NOT NULL,
    lon          REAL NOT NULL,
    radius_m     INTEGER NOT NULL,
    capacity     INTEGER NOT NULL,           -- open orders it can work on at once: the headroom's ceiling
    closed       INTEGER NOT NULL,
    epoch        INTEGER NOT NULL,           -- E of SYNC.md, minted here
    heard_at     INTEGER,
    online       INTEGER NOT NULL,
    received_seq INTEGER NOT NULL,           -- last record of the store's log that is durable here
    sent_seq     INTEGER NOT NULL,           -- last record of the own log for this store
    acked_seq    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_quota (
    store        TEXT NOT NULL REFERENCES store (id),
    epoch        INTEGER NOT NULL,
    generation   INTEGER NOT NULL,
    sku          TEXT NOT NULL,
    granted_seen INTEGER NOT NULL,
    returned     INTEGER NOT NULL,
    held         INTEGER NOT NULL CHECK (held >= 0),
    sold         INTEGER NOT NULL,
    PRIMARY KEY (store, epoch, generation, sku),
    CHECK (returned >= 0 AND sold >= 0 AND held + sold + returned <= granted_seen)
) STRICT, WITHOUT ROWID;

-- ---- carts and orders ----
CREATE TABLE cart_line (
    customer     BLOB NOT NULL REFERENCES customer (id),
    sku          TEXT NOT NULL,
    qty          INTEGER NOT NULL CHECK (qty > 0),
    added_at     INTEGER NOT NULL,
    PRIMARY KEY (customer, sku)
) STRICT, WITHOUT ROWID;
CREATE TABLE orders (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    number       TEXT NOT NULL,
    customer     BLOB NOT NULL REFERENCES customer (id),
    store        TEXT NOT NULL REFERENCES store (id),
    epoch        INTEGER NOT NULL,
    generation   INTEGER NOT NULL,
    store_why    TEXT NOT NULL,
    address      TEXT NOT NULL,              -- JSON of the address as it was
    first_name   TEXT NOT NULL,
    preset       TEXT NOT NULL,
    subtotal     INTEGER NOT NULL,
    delivery_fee INTEGER NOT NULL,
    total        INTEGER NOT NULL,
    placed_at    INTEGER NOT NULL,
    hold_until   INTEGER,                    -- set while units are held for it
    promise_at   INTEGER NOT NULL,
    state        TEXT NOT NULL,              -- derived from order_moment, kept for the lists
    open         INTEGER NOT NULL,
    rider        BLOB,
    bags         INTEGER NOT NULL,
    code_tries   INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_customer ON orders (customer, placed_at);
CREATE INDEX orders_open ON orders (open, store, placed_at) WHERE open = 1;
CREATE INDEX orders_hold ON orders (hold_until) WHERE hold_until IS NOT NULL;
CREATE INDEX orders_rider ON orders (rider, open);
CREATE TABLE order_line (
    order_id     BLOB NOT NULL REFERENCES orders (id),
    line         INTEGER NOT NULL,
    sku          TEXT NOT NULL,
    name         TEXT NOT NULL,
    name_hi      TEXT NOT NULL,
    qty          INTEGER NOT NULL CHECK (qty > 0),
    unit_price   INTEGER NOT NULL,
    picked       INTEGER,
    short        INTEGER NOT NULL CHECK (short >= 0 AND short <= qty),
    substitute   TEXT,
    refunded     INTEGER NOT NULL,
    PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;
CREATE TABLE order_moment (
    order_id     BLOB NOT NULL REFERENCES orders (id),
    moment       TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (order_id, moment)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_moment_at ON order_moment (moment, at);
CREATE TABLE order_history (
    order_id     BLOB NOT NULL,
    seq          INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    what         TEXT NOT NULL,
    detail       TEXT NOT NULL,
    person       TEXT NOT NULL,
    device       TEXT NOT NULL
) STRICT;
CREATE INDEX order_history_order ON order_history (order_id, seq);
CREATE TABLE substitute (
    order_id     BLOB NOT NULL REFERENCES orders (id),
    line         INTEGER NOT NULL,
    sku          TEXT NOT NULL,
    qty          INTEGER NOT NULL,
    until        INTEGER NOT NULL,
    accepted     INTEGER,                    -- NULL until answered
    PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;
CREATE TABLE counter_order (                 -- taken at a store's counter; recorded for reports
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    store        TEXT NOT NULL,
    number       TEXT NOT NULL,
    head         TEXT NOT NULL,
    moments      TEXT NOT NULL,
    state        TEXT NOT NULL,
    seen_at      INTEGER NOT NULL
) STRICT;

-- ---- payments ----
CREATE TABLE payment (
    order_id     BLOB PRIMARY KEY REFERENCES orders (id),
    method       TEXT NOT NULL,
    token        TEXT NOT NULL,
    state        TEXT NOT NULL,
    amount       INTEGER NOT NULL,
    captured     INTEGER NOT NULL,
    refunded     INTEGER NOT NULL,
    CHECK (captured >= 0 AND captured <= amount AND refunded >= 0 AND refunded <= captured)
) STRICT;
CREATE TABLE payment_step (
    seq          INTEGER PRIMARY KEY,
    key          TEXT NOT NULL UNIQUE,       -- the gateway's idempotency key
    order_id     BLOB NOT NULL REFERENCES orders (id),
    kind         TEXT NOT NULL CHECK (kind IN ('authorise', 'debit', 'capture', 'void', 'refund')),
    amount       INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('due', 'done', 'refused')),
    tries        INTEGER NOT NULL,
    due_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX payment_step_due ON payment_step (due_at, seq) WHERE state = 'due';
CREATE INDEX payment_step_order ON payment_step (order_id, seq);

-- ---- riders ----
CREATE TABLE rider (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    phone        TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    code         TEXT NOT NULL UNIQUE,
    rating       REAL NOT NULL,
    on_shift     INTEGER NOT NULL,
    shift_until  INTEGER,
    lat          REAL,
    lon          REAL,
    fix_at       INTEGER,
    cash         INTEGER NOT NULL
) STRICT;
CREATE TABLE rider_fix (
    rider        BLOB NOT NULL,
    at           INTEGER NOT NULL,
    lat          REAL NOT NULL,
    lon          REAL NOT NULL,
    PRIMARY KEY (rider, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE delivery (
    order_id     BLOB PRIMARY KEY REFERENCES orders (id),
    rider        BLOB NOT NULL,
    at           INTEGER NOT NULL,
    lat          REAL NOT NULL,
    lon          REAL NOT NULL,
    cash         INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_rider ON delivery (rider, at);
CREATE TABLE rider_score (
    order_id     BLOB NOT NULL,
    rider        BLOB NOT NULL,
    at           INTEGER NOT NULL,
    score        REAL NOT NULL,
    parts        TEXT NOT NULL,
    PRIMARY KEY (order_id, rider)
) STRICT, WITHOUT ROWID;

-- ---- sync ----
CREATE TABLE outbox (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    store        TEXT NOT NULL,
    fact         TEXT NOT NULL
) STRICT;
CREATE TABLE doc_chunk (
    doc          TEXT NOT NULL,
    seq          INTEGER PRIMARY KEY,
    bytes        BLOB NOT NULL
) STRICT;
CREATE INDEX doc_chunk_doc ON doc_chunk (doc, seq);
CREATE TABLE sync_out (
    store        TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    doc          TEXT NOT NULL,
    change       BLOB NOT NULL,
    PRIMARY KEY (store, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE quarantine (
    id           INTEGER PRIMARY KEY,
    store        TEXT NOT NULL,
    doc          TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    change       BLOB NOT NULL,
    why          TEXT NOT NULL,
    at           INTEGER NOT NULL
) STRICT;
