-- Epochs and generations (SYNC.md rules 5 and 6): which node holds a store's epoch, which installation this hub is, and
-- whether every order it ever sold is here.
ALTER TABLE store ADD COLUMN node_key TEXT NOT NULL DEFAULT '';
ALTER TABLE store ADD COLUMN word_epoch INTEGER NOT NULL DEFAULT 1;   -- the newest epoch the hub has given its word on
ALTER TABLE hub ADD COLUMN hub_id TEXT NOT NULL DEFAULT '';
ALTER TABLE hub ADD COLUMN log_whole INTEGER NOT NULL DEFAULT 1;
-- What a store wants the return to reach: a register, it may fall.
ALTER TABLE hub_quota ADD COLUMN wanted INTEGER NOT NULL DEFAULT 0;
CREATE INDEX hub_quota_wanted ON hub_quota (store, epoch, generation, sku) WHERE wanted > returned;
-- Who has said that an older generation's orders are all here: two people close it.
CREATE TABLE closing (
    generation INTEGER NOT NULL,
    person     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (generation, person)
) STRICT, WITHOUT ROWID;
