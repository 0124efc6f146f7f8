-- The log for each store is one log a lane (sync::lane): each dense, each acknowledged by itself. What there was is the first
-- lane.

CREATE TABLE store_lane (
    store        TEXT NOT NULL REFERENCES store (id),
    lane         INTEGER NOT NULL,
    received     INTEGER NOT NULL,           -- last record of the store's log that is durable here
    sent         INTEGER NOT NULL,           -- last record of the own log for this store
    acked        INTEGER NOT NULL,           -- last record of it that the store has
    PRIMARY KEY (store, lane)
) STRICT, WITHOUT ROWID;
INSERT INTO store_lane (store, lane, received, sent, acked)
SELECT id, 0, received_seq, sent_seq, acked_seq FROM store;
ALTER TABLE store DROP COLUMN received_seq;
ALTER TABLE store DROP COLUMN sent_seq;
ALTER TABLE store DROP COLUMN acked_seq;

ALTER TABLE sync_out RENAME TO sync_out_single;
CREATE TABLE sync_out (
    store        TEXT NOT NULL,
    lane         INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    doc          TEXT NOT NULL,
    change       BLOB NOT NULL,
    PRIMARY KEY (store, lane, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO sync_out (store, lane, seq, doc, change) SELECT store, 0, seq, doc, change FROM sync_out_single;
DROP TABLE sync_out_single;
