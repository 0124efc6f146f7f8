-- A store that was restored or replaced (SYNC.md rule 5): one row says how it stands, counted SKUs are open again.
CREATE TABLE fence (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    state   TEXT NOT NULL,                       -- open, fenced, emergency
    since   INTEGER NOT NULL,
    why     TEXT NOT NULL,
    word_at INTEGER,                             -- when the hub's word on this epoch came
    person  TEXT NOT NULL                        -- who opened it in an emergency, or called for the fence
) STRICT;
INSERT INTO fence (one, state, since, why, word_at, person) VALUES (1, 'open', 0, '', NULL, '');

CREATE TABLE counted (
    sku    TEXT PRIMARY KEY REFERENCES sku (sku),
    at     INTEGER NOT NULL,
    person TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Orders whose end is not known: nobody picks them before a person has decided.
CREATE TABLE unknown_order (
    order_id BLOB PRIMARY KEY REFERENCES orders (order_id),
    since    INTEGER NOT NULL,
    due_at   INTEGER NOT NULL,
    owner    TEXT NOT NULL,
    ended_at INTEGER,
    ended    TEXT,
    person   TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX unknown_order_open ON unknown_order (due_at, order_id) WHERE ended_at IS NULL;

-- What sells where, units per hour; brought up to date when the granting looks at a SKU.
CREATE TABLE sale_rate (
    sku          TEXT PRIMARY KEY REFERENCES sku (sku),
    at           INTEGER NOT NULL,
    hub_units    INTEGER NOT NULL,               -- sold by the hub until then
    seen         INTEGER NOT NULL,               -- units seen in all
    hub_rate     REAL NOT NULL,
    counter_rate REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- The total that the hub's return is to reach: a register, it falls when the store has units again.
ALTER TABLE quota ADD COLUMN wanted INTEGER NOT NULL DEFAULT 0;

-- Lines that wait for units: what is missing may be found when the orders whose end is not known are decided.
CREATE TABLE waits (
    order_id BLOB NOT NULL,
    line     INTEGER NOT NULL,
    PRIMARY KEY (order_id, line),
    FOREIGN KEY (order_id, line) REFERENCES order_line (order_id, line)
) STRICT, WITHOUT ROWID;
