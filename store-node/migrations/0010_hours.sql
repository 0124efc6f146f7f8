-- Hours of orders that are over (SYNC.md): who said its last word, and the blob that took the document's place.

CREATE TABLE hour_mark (
    hour      INTEGER PRIMARY KEY,
    mine_at   INTEGER,
    theirs_at INTEGER,
    closed_at INTEGER
) STRICT;

CREATE TABLE doc_closed (
    n         INTEGER PRIMARY KEY,
    doc       TEXT NOT NULL UNIQUE,
    sha256    BLOB NOT NULL CHECK (length(sha256) = 32),
    orders    INTEGER NOT NULL,
    closed_at INTEGER NOT NULL,
    bytes     BLOB NOT NULL
) STRICT;
