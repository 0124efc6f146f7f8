-- Doors of cold rooms: each opening and shutting (REQ-95). The newest row of a door is how it stands.

CREATE TABLE door_event (
    door TEXT NOT NULL REFERENCES device (device),
    at   INTEGER NOT NULL,
    open INTEGER NOT NULL CHECK (open IN (0, 1)),
    PRIMARY KEY (door, at)
) STRICT, WITHOUT ROWID;
