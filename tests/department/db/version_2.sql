-- What a department's database of version 2 held of what units sent.
CREATE TABLE items (
    item_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    length INTEGER NOT NULL,
    body BLOB,
    received_at DATETIME NOT NULL,
    PRIMARY KEY (item_id)
);
CREATE INDEX ix_items_sha256 ON items (sha256);
CREATE INDEX ix_items_unit_id ON items (unit_id);
CREATE TABLE reads (
    read_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    plate VARCHAR NOT NULL,
    state VARCHAR,
    confidence FLOAT NOT NULL,
    vote_count INTEGER NOT NULL,
    first_seen VARCHAR,
    last_seen VARCHAR,
    utc_source VARCHAR NOT NULL,
    lat_deg FLOAT,
    lon_deg FLOAT,
    supersedes VARCHAR,
    PRIMARY KEY (read_id)
);
CREATE INDEX ix_reads_first_seen ON reads (first_seen);
CREATE INDEX ix_reads_supersedes ON reads (supersedes);
CREATE INDEX ix_reads_plate ON reads (plate);
CREATE TABLE hits (
    hit_id VARCHAR NOT NULL,
    read_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    plate VARCHAR NOT NULL,
    entry_plate VARCHAR NOT NULL,
    entry_state VARCHAR,
    source VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    record_id VARCHAR NOT NULL,
    generation INTEGER NOT NULL,
    list_age_s FLOAT,
    match_kind VARCHAR NOT NULL,
    state_match VARCHAR NOT NULL,
    matched VARCHAR,
    lat_deg FLOAT,
    lon_deg FLOAT,
    PRIMARY KEY (hit_id)
);
CREATE INDEX ix_hits_read_id ON hits (read_id);
CREATE INDEX ix_hits_matched ON hits (matched);
CREATE INDEX ix_hits_plate ON hits (plate);
CREATE TABLE read_times (
    read_id VARCHAR NOT NULL,
    sure BOOLEAN NOT NULL,
    unit_id VARCHAR NOT NULL,
    first_seen VARCHAR,
    last_seen VARCHAR,
    uncertainty_ms FLOAT,
    PRIMARY KEY (read_id, sure)
);
CREATE INDEX ix_read_times_first_seen ON read_times (first_seen);
PRAGMA user_version = 2;
