"""Tables of the department's database.

``items`` holds every body as it came: it is what receipts speak of. ``reads`` and ``hits`` are filled from validated
payloads beside it, for searching; a hit may be there before its read, so neither refers to the other by a key.
``read_times`` says when a read was whose unit did not know it yet: the read's own row stays as it came.
"""

from sqlalchemy import Boolean, Column, DateTime, Float, Integer, LargeBinary, MetaData, String, Table

VERSION = 1
"""``PRAGMA user_version`` of a database this release made."""

metadata = MetaData()

items = Table(
    "items",
    metadata,
    Column("item_id", String, primary_key=True),
    Column("unit_id", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("sha256", String, nullable=False, index=True),
    Column("length", Integer, nullable=False),
    Column("body", LargeBinary),  # null for images, which are files named by their digest
    Column("received_at", DateTime, nullable=False),  # UTC, by this server's clock
)

reads = Table(
    "reads",
    metadata,
    Column("read_id", String, primary_key=True),  # also the id of its item
    Column("unit_id", String, nullable=False),
    Column("camera_id", String, nullable=False),
    Column("plate", String, nullable=False, index=True),
    Column("state", String),
    Column("confidence", Float, nullable=False),
    Column("vote_count", Integer, nullable=False),
    Column("first_seen", String, index=True),  # RFC 3339 as the unit believed; null when its clock was unset
    Column("last_seen", String),
    Column("utc_source", String, nullable=False),
    Column("lat_deg", Float),
    Column("lon_deg", Float),
    Column("supersedes", String, index=True),
)

hits = Table(
    "hits",
    metadata,
    Column("hit_id", String, primary_key=True),  # also the id of its item
    Column("read_id", String, nullable=False, index=True),
    Column("unit_id", String, nullable=False),
    Column("plate", String, nullable=False, index=True),
    Column("entry_plate", String, nullable=False),
    Column("entry_state", String),
    Column("source", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("record_id", String, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("list_age_s", Float),
    Column("match_kind", String, nullable=False),
    Column("state_match", String, nullable=False),
    Column("matched", String, index=True),
    Column("lat_deg", Float),
    Column("lon_deg", Float),
)

read_times = Table(
    "read_times",
    metadata,
    Column("read_id", String, primary_key=True),
    Column("sure", Boolean, primary_key=True),  # false: whatever was said of the read's time before is withdrawn
    Column("unit_id", String, nullable=False),
    Column("first_seen", String, index=True),  # RFC 3339; null when not sure
    Column("last_seen", String),
    Column("uncertainty_ms", Float),
)
