-- The global service: the newest fact about each thing, numbered by when it came; and what cities have told of their hours.
CREATE TABLE fact (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    thing TEXT NOT NULL UNIQUE,
    body  TEXT NOT NULL                      -- JSON of model::api::global::GlobalFact
) STRICT;
CREATE TABLE city_hour (
    city      TEXT NOT NULL,
    hour      INTEGER NOT NULL,
    placed    INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    PRIMARY KEY (city, hour)
) STRICT, WITHOUT ROWID;
