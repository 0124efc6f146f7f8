-- What the hub has pledged of itself (sync::pledge): the newest of its terms (slot 0), of each lane of its log,
-- and of each lane of the store's log that it has. Shown to it whenever the store dials, so that a hub that was set back cannot take its former life for a store's lie.
CREATE TABLE hub_pledge (
    slot       INTEGER PRIMARY KEY CHECK (slot >= 0),
    epoch      INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    upto       INTEGER NOT NULL,              -- a place in the log as one number; 0 for the terms alone
    seal       BLOB NOT NULL
) STRICT;
