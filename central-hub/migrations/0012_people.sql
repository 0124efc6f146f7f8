-- What this city has to tell the others is more than users: everything that people do about themselves, the newest about each
-- thing. And ways to pay that customers keep: the gateway's tokens, never a card.
CREATE TABLE global_out (
    n            INTEGER PRIMARY KEY AUTOINCREMENT,
    thing        TEXT NOT NULL UNIQUE,
    body         TEXT NOT NULL               -- JSON of model::api::global::PersonFact
) STRICT;
INSERT INTO global_out (thing, body)
    SELECT 'user ' || phone,
           json_object('phone', phone, 'at', 0, 'did', json_object('did', 'named', 'name', name))
    FROM global_user ORDER BY phone;
DROP TABLE global_user;
CREATE TABLE instrument (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    customer     BLOB NOT NULL REFERENCES customer (id),
    kind         TEXT NOT NULL CHECK (kind IN ('card', 'upi')),
    label        TEXT NOT NULL,
    token        TEXT NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX instrument_customer ON instrument (customer, created_at);
CREATE TABLE customer_leaving (              -- erased in another city while an order is open here: goes when that is over
    customer     BLOB PRIMARY KEY REFERENCES customer (id)
) STRICT, WITHOUT ROWID;
