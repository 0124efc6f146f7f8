-- The own log is one log a lane (sync::lane): each dense, each acknowledged by itself. What there was is the first lane.

CREATE TABLE sync_lane (
    lane     INTEGER PRIMARY KEY,
    sent     INTEGER NOT NULL,   -- last record of the own log
    acked    INTEGER NOT NULL,   -- last record of it that the hub has
    received INTEGER NOT NULL,   -- last record of the hub's log that is durable here
    skipped  INTEGER NOT NULL    -- own records up to here went to other lanes
) STRICT;

INSERT INTO sync_lane (lane, sent, acked, received, skipped)
SELECT 0,
       coalesce((SELECT value FROM mark WHERE name = 'out_last'), 0),
       coalesce((SELECT value FROM mark WHERE name = 'out_acked'), 0),
       coalesce((SELECT value FROM mark WHERE name = 'received'), 0),
       0;
INSERT INTO sync_lane (lane, sent, acked, received, skipped)
VALUES (1, 0, 0, 0, 0), (2, 0, 0, 0, 0), (3, 0, 0, 0, 0), (4, 0, 0, 0, 0);
DELETE FROM mark WHERE name IN ('out_last', 'out_acked', 'received');

ALTER TABLE sync_out RENAME TO sync_out_single;
CREATE TABLE sync_out (
    lane      INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    doc       TEXT NOT NULL,
    change    BLOB NOT NULL,
    facts     INTEGER NOT NULL,
    oldest_at INTEGER NOT NULL,
    PRIMARY KEY (lane, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO sync_out (lane, seq, doc, change, facts, oldest_at)
SELECT 0, seq, doc, change, facts, oldest_at FROM sync_out_single;
DROP TABLE sync_out_single;
