-- Facts that came late, for orders of closed hours that this hub has forgotten: their documents are read again when the order is
-- known, which comes with its hour. `told`: its past is closed, and a person has been told that no such order came.
CREATE TABLE late_wait (
    store    TEXT NOT NULL REFERENCES store (id),
    order_id BLOB NOT NULL,
    doc      TEXT NOT NULL,
    told     INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),
    PRIMARY KEY (store, order_id, doc)
) STRICT, WITHOUT ROWID;
