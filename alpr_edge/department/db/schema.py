"""Tables of the department's database.

``items`` holds every body: it is what receipts speak of. With a master key a body lies encrypted
(:mod:`alpr_edge.department.db.day_keys.item_bodies`). ``reads`` and ``hits`` are filled from validated
payloads beside it, for searching; a hit may be there before its read, so neither refers to the other by a key.
``read_times`` says when a read was whose unit did not know it yet: of the read's own row ``seen_at`` alone follows it.
``alerts``, ``late_tones`` and ``withdrawals`` say what an officer was told of a hit. ``plates`` has every text of a
read once: parts of plates are looked up there (:mod:`alpr_edge.department.search`).

What units sent is kept by its id and its unit: two units may use one id, and neither reaches the other's.

``unit_logs`` and the tables after it hold the trees of units' access logs, whose records lie in ``items``.

``list_requests`` says which lists units asked for, so that a list nobody has is noticed before it is published.

``certificates`` is the record of everything that was issued, and who may speak: rows are never deleted.
``enrolment_codes`` holds codes as digests that are worth nothing without the key beside the database.
"""

from sqlalchemy import Boolean, Column, DateTime, Float, Index, LargeBinary, MetaData, String, Table, text

from alpr_edge.department.db.column_types import WHOLE

VERSION = 33
"""``PRAGMA user_version`` of a database this release made. 2: certificates; a release that did not look whether one was
revoked must not serve this database. 3: items by unit; a release that looks an item up by its id alone must not either.
4: people; nor one that tells no unit of a roster, since a suspension would reach no car. 22: encrypted bodies.
"""

metadata = MetaData()

items = Table(
    "items",
    metadata,
    Column("item_id", String, primary_key=True),
    Column("unit_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("length", WHOLE, nullable=False),
    Column("body", LargeBinary),  # null for images, which are files named by their digest
    Column("received_at", DateTime, nullable=False, index=True),  # UTC, by this server's clock
    Column("key_id", String),  # of the key of a day that the body is under; null: it lies as it came
)
Index("ix_items_unit_id_kind", items.c.unit_id, items.c.kind)
IMAGE_ITEMS = "items.kind = 'image'"
"""What the index of images by their digest is over, in the very words that SQLite asks for to use it."""
_OF_IMAGES = text(IMAGE_ITEMS.replace("items.", ""))
Index("ix_items_sha256", items.c.sha256, sqlite_where=_OF_IMAGES, postgresql_where=_OF_IMAGES)
_IS_SEALED = text("key_id IS NOT NULL")
Index("ix_items_key_id", items.c.key_id, sqlite_where=_IS_SEALED, postgresql_where=_IS_SEALED)
HIT_ITEMS = "items.kind IN ('hit', 'withdrawal', 'disposition')"
"""What the index of hits as they come is over, in the very words that SQLite asks for to use it."""
_OF_HITS = text(HIT_ITEMS.replace("items.", ""))
Index("ix_items_of_hits", items.c.received_at, sqlite_where=_OF_HITS, postgresql_where=_OF_HITS)
LOG_ITEMS = "items.kind = 'access_record'"
"""What the index of records of access logs as they come is over, likewise."""
_OF_LOGS = text(LOG_ITEMS.replace("items.", ""))
Index("ix_items_of_logs", items.c.unit_id, items.c.received_at, sqlite_where=_OF_LOGS, postgresql_where=_OF_LOGS)

reads = Table(
    "reads",
    metadata,
    Column("read_id", String, primary_key=True),  # also the id of its item
    Column("unit_id", String, primary_key=True),
    Column("camera_id", String, nullable=False),
    Column("plate", String, nullable=False),  # canonical; as the unit sent it, it stands in the item
    Column("state", String),
    Column("confidence", Float, nullable=False),
    Column("vote_count", WHOLE, nullable=False),
    Column("first_seen", String),  # RFC 3339 as the unit believed; null when its clock was unset
    Column("last_seen", String),
    Column("utc_source", String, nullable=False),
    Column("lat_deg", Float),
    Column("lon_deg", Float),
    Column("supersedes", String),
    Column("corrected_by", String),  # the person who corrected the text; null: the vote of the frames
    Column("seen_at", DateTime),  # UTC, when it was first seen; null while no clock or clock pair makes that sure
    Column("cell", WHOLE),  # of the ground (alpr_edge.domain.ground.cells); null: it has no place
    Column("origin", String),  # the other system that it was imported from; null: a unit of this department read it
)
_SUPERSEDES = text("supersedes IS NOT NULL")
Index("ix_reads_supersedes", reads.c.supersedes, sqlite_where=_SUPERSEDES, postgresql_where=_SUPERSEDES)
# In the order of a search: of a plate that was read thousands of times a page looks at no more than it shows.
Index("ix_reads_plate_seen_at", reads.c.plate, reads.c.seen_at.desc().nulls_last())
Index("ix_reads_cell_seen_at", reads.c.cell, reads.c.seen_at)
Index("ix_reads_unit_id_seen_at", reads.c.unit_id, reads.c.seen_at)

plates = Table(
    "plates",  # what finds parts of them belongs to each engine: see the revision 0013
    metadata,
    Column("plate", String, primary_key=True),
    sqlite_with_rowid=False,
)

hits = Table(
    "hits",
    metadata,
    Column("hit_id", String, primary_key=True),  # also the id of its item
    Column("unit_id", String, primary_key=True),
    Column("read_id", String, nullable=False, index=True),
    Column("plate", String, nullable=False, index=True),
    Column("entry_plate", String, nullable=False),
    Column("entry_state", String),
    Column("source", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("record_id", String, nullable=False),
    Column("generation", WHOLE, nullable=False),
    Column("list_age_s", Float),
    Column("match_kind", String, nullable=False),
    Column("state_match", String, nullable=False),
    Column("matched", String, index=True),
    Column("lat_deg", Float),
    Column("lon_deg", Float),
    # Null where the unit was too old to say: then nothing may be taken for open to all.
    Column("covert", Boolean),
    Column("level", String),
    Column("vehicle", String),  # as the list had it, likewise remarks
    Column("remarks", String),
)

alerts = Table(
    "alerts",
    metadata,
    Column("hit_id", String, primary_key=True),
    Column("unit_id", String, primary_key=True),
    Column("read_id", String, nullable=False, index=True),
    Column("level", String, nullable=False),
    Column("tone", String, nullable=False),
    Column("phrase", String, nullable=False),
    Column("list_age", String, nullable=False),
    Column("is_sounded", Boolean, nullable=False),  # false: it stayed quiet
    Column("sounded", String),  # RFC 3339 as the unit believed; null when its clock was unset
)

late_tones = Table(
    "late_tones",
    metadata,
    Column("hit_id", String, primary_key=True),  # of an alert that stayed quiet at first
    Column("unit_id", String, primary_key=True),
    Column("read_id", String, nullable=False, index=True),
    Column("sounded", String),  # likewise
)

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("hit_id", String, primary_key=True),  # of the alert that no longer held
    Column("unit_id", String, primary_key=True),
    Column("read_id", String, nullable=False, index=True),
    Column("withdrawn", String),  # likewise
)

dispositions = Table(
    "dispositions",
    metadata,
    Column("disposition_id", String, primary_key=True),
    Column("unit_id", String, primary_key=True),
    Column("hit_id", String, nullable=False, index=True),
    Column("read_id", String, nullable=False, index=True),
    Column("part", String, nullable=False),
    Column("answer", String, nullable=False),  # empty: it undoes another
    Column("reason", String, nullable=False),
    Column("number", String, nullable=False),
    Column("name", String, nullable=False),
    Column("undoes", String, nullable=False),
    Column("person_id", String, nullable=False),
    Column("person", String, nullable=False),
    Column("made", String),  # RFC 3339 as the unit believed; null when its clock was unset
)

read_times = Table(
    "read_times",
    metadata,
    Column("read_id", String, primary_key=True),
    Column("unit_id", String, primary_key=True),
    Column("sure", Boolean, primary_key=True),  # false: whatever was said of the read's time before is withdrawn
    Column("first_seen", String, index=True),  # RFC 3339; null when not sure
    Column("last_seen", String),
    Column("uncertainty_ms", Float),
)

# The access logs of units: how many records are here without a gap, who signs, and what was cosigned.
unit_logs = Table(
    "unit_logs",
    metadata,
    Column("unit_id", String, primary_key=True),
    Column("log_id", String, primary_key=True),
    Column("begun_at", DateTime, nullable=False),  # UTC, by this server's clock
    Column("size", WHOLE, nullable=False),
    Column("log_key", String, nullable=False),  # the first that signed a checkpoint; no other may from then on
    Column("cosigned_size", WHOLE, nullable=False),
    Column("cosignature", String, nullable=False),
    Column("cosigned_at", DateTime),
)

unit_log_nodes = Table(
    "unit_log_nodes",
    metadata,
    Column("unit_id", String, primary_key=True),
    Column("log_id", String, primary_key=True),
    Column("level", WHOLE, primary_key=True),
    Column("place", WHOLE, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

unit_log_checkpoints = Table(
    "unit_log_checkpoints",
    metadata,
    Column("unit_id", String, primary_key=True),
    Column("log_id", String, primary_key=True),
    Column("item_id", String, primary_key=True),
    Column("size", WHOLE, nullable=False),
    Column("is_judged", Boolean, nullable=False, index=True),
)

unit_log_findings = Table(
    "unit_log_findings",
    metadata,
    Column("finding_id", WHOLE, primary_key=True),
    Column("unit_id", String, nullable=False, index=True),
    Column("log_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("text", String, nullable=False),
    Column("found_at", DateTime, nullable=False),
    Column("acknowledged_at", DateTime),
    Column("acknowledged_by", String),
    Column("reason", String),
)

list_requests = Table(
    "list_requests",
    metadata,
    Column("unit_id", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("serial", WHOLE, nullable=False),  # of the newest list that the unit had when it asked
    Column("requested_at", DateTime, nullable=False),  # UTC, by this server's clock
)

certificates = Table(
    "certificates",
    metadata,
    Column("fingerprint", String, primary_key=True),  # SHA-256 of the DER, lower-case hex
    Column("serial", String, nullable=False),  # hex, as openssl prints it
    Column("unit_id", String, nullable=False, index=True),
    Column("key_sha256", String, nullable=False, index=True),  # of the SubjectPublicKeyInfo
    Column("pem", LargeBinary, nullable=False),
    Column("origin", String, nullable=False),  # "enrolled", "renewed", "added"
    Column("predecessor", String),  # fingerprint of the certificate that it renews
    Column("address", String),  # who asked
    Column("issued_at", DateTime, nullable=False),  # times here are UTC, by this server's clock
    Column("not_after", DateTime, nullable=False),
    Column("revoked_at", DateTime),
    Column("revoked_reason", String),
    Column("ended_as", String),  # a UnitEnd; null: not revoked, or by an earlier release
)

enrolment_codes = Table(
    "enrolment_codes",
    metadata,
    Column("code_id", WHOLE, primary_key=True),
    Column("unit_id", String, nullable=False, index=True),
    Column("digest", LargeBinary, nullable=False),  # HMAC-SHA256 of unit id and code
    Column("made_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("wrong_tries", WHOLE, nullable=False),
    Column("withdrawn_at", DateTime),
    Column("used_at", DateTime),
    Column("used_for", String),  # fingerprint of the certificate
)
