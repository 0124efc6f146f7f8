-- Handover by scanning: the rider who stands at a fixed scanner, and the bags scanned for that rider so far.

CREATE TABLE bay (
    scanner TEXT PRIMARY KEY REFERENCES device (device),
    rider   TEXT NOT NULL,
    since   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE bay_bag (
    scanner TEXT NOT NULL REFERENCES device (device),
    bag     TEXT NOT NULL REFERENCES bag (bag),
    at      INTEGER NOT NULL,
    PRIMARY KEY (scanner, bag)
) STRICT, WITHOUT ROWID;
