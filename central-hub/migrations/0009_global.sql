-- What is the same in every city: how far this hub has read the global feed, and users that it has to tell. Orders never wait
-- for either.
CREATE TABLE global_feed (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    upto       INTEGER NOT NULL,
    gateway    INTEGER NOT NULL              -- cards and UPI may be offered
) STRICT;
INSERT INTO global_feed (one, upto, gateway) VALUES (1, 0, 1);
CREATE TABLE global_user (
    phone      TEXT PRIMARY KEY,
    name       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
