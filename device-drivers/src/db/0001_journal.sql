-- The agent's memory, schema 1. Append only: a change is a new file.

CREATE TABLE session (
    device  TEXT PRIMARY KEY,
    session INTEGER NOT NULL
) STRICT;

-- Events that the store has not confirmed, in the order they happened.
CREATE TABLE outbox (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    id     BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    device TEXT NOT NULL,
    body   TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_device ON outbox (device, seq);

-- A job id is written before its first byte is sent; the label goes when the outcome is known.
CREATE TABLE print_job (
    job         BLOB NOT NULL UNIQUE CHECK (length(job) = 16),
    device      TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN
                ('accepted', 'started', 'done', 'sent_unconfirmed', 'in_doubt', 'rejected')),
    label       TEXT,
    event       TEXT,
    accepted_ms INTEGER NOT NULL,
    changed_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX print_job_device ON print_job (device, state);
