-- What the hub says is sold (SYNC.md, catalogue), read-only here: which publication was taken over last, and which rows are its.

ALTER TABLE sku ADD COLUMN active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1));   -- sold
ALTER TABLE sku ADD COLUMN hub INTEGER NOT NULL DEFAULT 0 CHECK (hub IN (0, 1));         -- the hub's catalogue names it
ALTER TABLE gtin ADD COLUMN hub INTEGER NOT NULL DEFAULT 0 CHECK (hub IN (0, 1));        -- the hub's catalogue names it

CREATE TABLE listing (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    generation  INTEGER NOT NULL,
    edition     INTEGER NOT NULL,
    publication INTEGER NOT NULL,
    at          INTEGER NOT NULL,        -- by the hub's clock
    taken_at    INTEGER NOT NULL,        -- by this store's
    named       INTEGER NOT NULL         -- products that it names
) STRICT;
