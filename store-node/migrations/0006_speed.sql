-- What an order costs to write: only those indexes stay that somebody asks, and none whose place depends on the product,
-- because such an index has a page for every product of a group to write again.

-- Who holds units of a place is asked of the open orders.
DROP INDEX allocation_by_stock;

-- Nobody looks a movement up by what it belongs to.
DROP INDEX ledger_by_reference;

-- A product's movements, by blocks of 4,096 rows: new rows meet in the few pages of the last block.
DROP INDEX ledger_by_sku;
CREATE INDEX ledger_by_block ON ledger (seq >> 12, sku);

-- Of all moments only the dispatched ones are counted by their time.
DROP INDEX order_moment_by_time;
CREATE INDEX order_moment_dispatched ON order_moment (at) WHERE moment = 'ds';

-- One row for all facts of a command: a JSON list, and how many they are.
CREATE TABLE outbox_new (
    seq   INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    facts TEXT NOT NULL
) STRICT;
INSERT INTO outbox_new (seq, at, count, facts) SELECT seq, at, 1, '[' || fact || ']' FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
