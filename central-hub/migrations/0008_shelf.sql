-- What a store says of its shelf, as of when it was heard (SYNC.md, stock document). Read-only here.

CREATE TABLE shelf (
    store  TEXT PRIMARY KEY REFERENCES store (id),
    epoch  INTEGER NOT NULL,
    hour   INTEGER NOT NULL,
    tick   INTEGER NOT NULL,
    at     INTEGER NOT NULL,        -- by the store's clock
    as_of  INTEGER NOT NULL         -- by the hub's: when it was heard
) STRICT, WITHOUT ROWID;
CREATE TABLE shelf_sku (
    store  TEXT NOT NULL REFERENCES shelf (store) ON DELETE CASCADE,
    sku    TEXT NOT NULL,
    units  INTEGER NOT NULL CHECK (units >= 0),
    PRIMARY KEY (store, sku)
) STRICT, WITHOUT ROWID;
