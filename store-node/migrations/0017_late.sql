-- Facts that came late, for orders of closed hours that this store has forgotten: their documents are read again when the order
-- is known, which comes with its hour.
CREATE TABLE late_wait (
    order_id BLOB NOT NULL,
    hour     INTEGER NOT NULL,
    PRIMARY KEY (order_id, hour)
) STRICT, WITHOUT ROWID;
