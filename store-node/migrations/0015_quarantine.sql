-- Records that went from quarantine for newer ones: so many of each kind of reason, so that a count of all stays true.
CREATE TABLE quarantine_gone (
    kind    TEXT PRIMARY KEY,
    records INTEGER NOT NULL CHECK (records > 0)
) STRICT, WITHOUT ROWID;
