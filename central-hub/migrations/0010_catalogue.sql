-- The city's catalogue on its way to the stores (SYNC.md): what waits to be published, the edition that is told, and how far each
-- store has been told it.

ALTER TABLE product ADD COLUMN active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1));   -- sold

CREATE TABLE catalogue_due (                 -- changed since the last publication
    sku          TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO catalogue_due (sku) SELECT sku FROM product;

CREATE TABLE catalogue_edition (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    generation   INTEGER NOT NULL,
    edition      INTEGER NOT NULL,
    publication  INTEGER NOT NULL,           -- the one under way, or the last one
    parts        INTEGER NOT NULL,           -- parts of it that were told
    whole        INTEGER NOT NULL,           -- it is told to its end
    told         INTEGER NOT NULL,           -- products told since the edition began, again and again
    at           INTEGER NOT NULL            -- when the last part was told
) STRICT;

CREATE TABLE catalogue_told (
    store        TEXT PRIMARY KEY REFERENCES store (id),
    reads        INTEGER NOT NULL,           -- the newest frame version that both sides know
    doc          TEXT NOT NULL,              -- the edition's document
    chunk        INTEGER NOT NULL            -- the last of its chunks that stands in the store's log
) STRICT, WITHOUT ROWID;

-- A record may be a chunk that is kept anyway: a thousand stores' logs hold one edition once.
ALTER TABLE sync_out ADD COLUMN chunk INTEGER;
CREATE INDEX sync_out_chunk ON sync_out (doc) WHERE chunk IS NOT NULL;
