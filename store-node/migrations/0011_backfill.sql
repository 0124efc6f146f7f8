-- What a replaced store still has to fetch of its history (REQ-52): one row, and the objects that come before the chain.

CREATE TABLE backfill (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    source        TEXT NOT NULL,
    link          BLOB,                      -- the next link of the chain; NULL when the whole chain is here
    links_left    INTEGER NOT NULL CHECK (links_left >= 0),
    ledger_first  INTEGER NOT NULL,          -- the first row of the ledger that is here
    ledger_before BLOB NOT NULL,             -- the hash before it
    whole_at      INTEGER
) STRICT;

CREATE TABLE backfill_later (
    n    INTEGER PRIMARY KEY,
    name BLOB NOT NULL
) STRICT;
CREATE INDEX backfill_later_by_name ON backfill_later (name);
