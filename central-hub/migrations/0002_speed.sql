-- What a checkout costs to write.

-- Only orders that have a rider are looked up by rider.
DROP INDEX orders_rider;
CREATE INDEX orders_rider ON orders (rider, open) WHERE rider IS NOT NULL;

-- Whether a customer has a checkout that waits for its payment: almost never, so this index is almost empty.
CREATE INDEX orders_waiting ON orders (customer, placed_at) WHERE hold_until IS NOT NULL;

-- One row for all facts that a step tells a store: a JSON list. Carried rows are deleted, so whatever is there waits.
CREATE TABLE outbox_new (
    seq          INTEGER PRIMARY KEY,
    store        TEXT NOT NULL,
    facts        TEXT NOT NULL
) STRICT;
INSERT INTO outbox_new (seq, store, facts) SELECT seq, store, '[' || fact || ']' FROM outbox
    WHERE seq > (SELECT carried_seq FROM hub);
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
ALTER TABLE hub DROP COLUMN carried_seq;
