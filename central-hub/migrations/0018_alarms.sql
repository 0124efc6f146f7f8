-- The alarms that stand at a store, as of when they were heard. Read-only here: a person at the store sees to them.

CREATE TABLE store_alarms (
    store     TEXT PRIMARY KEY REFERENCES store (id),
    epoch     INTEGER NOT NULL,
    hour      INTEGER NOT NULL,
    as_of     INTEGER NOT NULL,     -- by the hub's clock: when it was heard
    standing  INTEGER NOT NULL CHECK (standing >= 0),
    told      TEXT NOT NULL         -- JSON, as the store said it
) STRICT, WITHOUT ROWID;
