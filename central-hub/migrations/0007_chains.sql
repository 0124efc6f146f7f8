-- The stores' chained tables (ledger, temperatures) in batches, as they came (SYNC.md). Only what continues a chain is in
-- it; what a store wrote in a life that a restore has ended stays, marked, beside it.

CREATE TABLE chain (
    store     TEXT NOT NULL REFERENCES store (id),
    stream    TEXT NOT NULL,
    upto      INTEGER NOT NULL CHECK (upto >= 0),
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    epoch     INTEGER NOT NULL,        -- the store's epoch in which its last row came
    heard_at  INTEGER NOT NULL,        -- when its last batch came, by the hub's clock
    broken_at INTEGER,                 -- since when what the store sends does not continue it
    why       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (store, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE chain_batch (
    n      INTEGER PRIMARY KEY,
    store  TEXT NOT NULL REFERENCES store (id),
    stream TEXT NOT NULL,
    first  INTEGER NOT NULL,
    last   INTEGER NOT NULL CHECK (last >= first),
    hash   BLOB NOT NULL CHECK (length(hash) = 32),   -- of its last row
    at     INTEGER NOT NULL,           -- of its last row, by the store's clock
    former INTEGER,                    -- the epoch whose life it was, if a restore has ended it
    bytes  BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX chain_batch_standing ON chain_batch (store, stream, last) WHERE former IS NULL;
CREATE INDEX chain_batch_at ON chain_batch (at);
