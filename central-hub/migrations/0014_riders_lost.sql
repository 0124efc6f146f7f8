-- When the hub heard of a rider, by its own clock: a phone's clock may be wrong. And orders that riders were sent for and do not
-- have any more, with why: shown on their screens, and looked up when bags were in hand before the word came.
ALTER TABLE rider ADD COLUMN heard_at INTEGER;
UPDATE rider SET heard_at = fix_at;
CREATE TABLE rider_lost (
    rider        BLOB NOT NULL,
    order_id     BLOB NOT NULL,
    at           INTEGER NOT NULL,
    why          TEXT NOT NULL,
    PRIMARY KEY (rider, order_id)
) STRICT, WITHOUT ROWID;
