-- Hours of orders that are over (SYNC.md): who said its last word, and the blob that took the document's place.

CREATE TABLE hour_mark (
    store     TEXT NOT NULL REFERENCES store (id),
    hour      INTEGER NOT NULL,
    mine_at   INTEGER,
    theirs_at INTEGER,
    closed_at INTEGER,
    PRIMARY KEY (store, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE doc_closed (
    n         INTEGER PRIMARY KEY,
    doc       TEXT NOT NULL UNIQUE,
    store     TEXT NOT NULL REFERENCES store (id),
    sha256    BLOB NOT NULL CHECK (length(sha256) = 32),
    orders    INTEGER NOT NULL,
    closed_at INTEGER NOT NULL,
    bytes     BLOB NOT NULL
) STRICT;
CREATE INDEX doc_closed_by_store ON doc_closed (store, n);
