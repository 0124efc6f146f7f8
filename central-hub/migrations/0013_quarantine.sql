-- Changes of a store that went from quarantine for newer ones: so many of each kind of reason, so that a count of all stays true.
CREATE TABLE quarantine_gone (
    store   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    records INTEGER NOT NULL CHECK (records > 0),
    PRIMARY KEY (store, kind)
) STRICT, WITHOUT ROWID;
-- Which to let go is asked store by store.
CREATE INDEX quarantine_by_store ON quarantine (store, doc, id);
