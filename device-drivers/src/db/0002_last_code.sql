-- The code of each answered scanner that is kept and perhaps not acknowledged: what it repeats to the next agent is that one.
CREATE TABLE last_code (
    device TEXT PRIMARY KEY,
    code   BLOB NOT NULL,
    at_ms  INTEGER NOT NULL
) STRICT;
