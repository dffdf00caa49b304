"""Tables of the vehicle's database, as this release reads and writes them.

The migrations in ``migrations`` make them; a test compares the two. Every table is STRICT. ``seq`` is the order in
which rows arrived: the wall clock may be unknown or jump, a sequence cannot.
"""

from typing import NamedTuple

from sqlalchemy import (
    REAL,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from alpr_edge.store.db.column_types import Json, Utc, instant_columns, meta_table, number, sequence, word
from alpr_edge.store.db.hold_tables import hold_tables


def requests_table(metadata: MetaData) -> Table:
    """The table ``requests``: one about a read goes with it, and a trigger keeps answers from being changed."""
    table = Table(
        "requests",
        metadata,
        sequence(),
        Column("request_id", Text, nullable=False, unique=True),
        Column("kind", Text, nullable=False),
        Column("content", Json, nullable=False),
        Column("read_id", Text, ForeignKey("reads.read_id", ondelete="CASCADE")),
        *(Column(name, Text, nullable=False) for name in ("person_id", "person", "session")),
        *instant_columns("made"),
        *instant_columns("answered", nullable=True),
        Column("answer", Json),
    )
    Index("requests_read", table.c.read_id)
    Index("requests_waiting", table.c.seq, sqlite_where=text("answered_boot_id IS NULL"))
    return table


class DeletionTables(NamedTuple):
    """The tables of what was deleted."""

    deletions: Table
    deleted_reads: Table


def deletion_tables(metadata: MetaData) -> DeletionTables:
    """Declare the tables of what was deleted."""
    return DeletionTables(_deletions(metadata), _deleted_reads(metadata))


def _deletions(metadata: MetaData) -> Table:
    """Only added to (triggers): every read that was deleted without a receipt."""
    deletions = Table(
        "deletions",
        metadata,
        sequence(),
        Column("read_id", Text, nullable=False),
        Column("ground", Text, nullable=False),
        Column("camera_id", Text, nullable=False),
        Column("seen_utc", Utc),
        Column("images", Integer, nullable=False),
        Column("size_bytes", Integer, nullable=False),
        *instant_columns("deleted"),
    )
    Index("deletions_seen", deletions.c.seen_utc)
    return deletions


def _deleted_reads(metadata: MetaData) -> Table:
    """Every read that was deleted, by the hash of its id, until there are too many.

    ``record`` is the record of the access log that counts it, NULL while none does.
    """
    deleted_reads = Table(
        "deleted_reads",
        metadata,
        sequence(),
        Column("leaf", LargeBinary, nullable=False),
        Column("ground", Text, nullable=False),
        Column("record", Integer),
    )
    Index("deleted_reads_leaf", deleted_reads.c.leaf)
    Index("deleted_reads_record", deleted_reads.c.record)
    return deleted_reads


def canvass_table(metadata: MetaData) -> Table:
    """The table ``canvasses``: triggers keep a row from being deleted, and changed but for its one end.

    The reads of a canvass are those of the hold that has its id. ``looked_to`` is the newest read that was not looked
    through yet for the time before the start; 0: none is left.
    """
    table = Table(
        "canvasses",
        metadata,
        sequence(),
        Column("canvass_id", Text, nullable=False, unique=True),
        *(Column(name, Text, nullable=False) for name in ("incident", "offence")),
        Column("area", Text),
        Column("partials", Json, nullable=False),
        *(Column(name, REAL, nullable=False) for name in ("before_s", "lasts_s")),
        *(Column(name, Text, nullable=False) for name in ("person_id", "person", "session")),
        *instant_columns("started"),
        Column("ends", Utc),
        number("looked_to"),
        *instant_columns("ended", nullable=True),
        *map(word, ("ended_by_id", "ended_by", "ended_session", "ended_how")),
    )
    Index("canvasses_ended", table.c.ended_boottime_ns)
    return table


def bookings_table(metadata: MetaData) -> Table:
    """The table ``evidence_exports``: a booking is never changed but for when its package got its name (a trigger)."""
    table = Table(
        "evidence_exports",
        metadata,
        sequence(),
        Column("package_id", Text, nullable=False, unique=True),
        *(Column(name, Text, nullable=False) for name in ("case_number", "purpose", "offence", "medium", "recipient")),
        *(Column(name, Text, nullable=False) for name in ("person_id", "person", "session")),
        *(Column(name, Text, nullable=False) for name in ("file_name", "package_sha256", "manifest_sha256")),
        *(Column(name, Integer, nullable=False) for name in ("size_bytes", "reads", "hits", "pictures")),
        *(Column(name, Integer, nullable=False) for name in ("with_scenes", "redacted", "escrowed")),
        *instant_columns("booked"),
        *instant_columns("finished", nullable=True),
        Column("time_stamp", Text, nullable=False, server_default=""),
    )
    Index("evidence_exports_case", table.c.case_number)
    return table


metadata = MetaData()

meta = meta_table(metadata)
requests = requests_table(metadata)
evidence_exports = bookings_table(metadata)

reads = Table(
    "reads",
    metadata,
    sequence(),
    Column("read_id", Text, nullable=False, unique=True),
    *(Column(name, Text, nullable=False) for name in ("unit_id", "camera_id", "plate")),
    Column("confidence", REAL, nullable=False),
    Column("alternatives", Json, nullable=False),
    Column("slot_votes", Json, nullable=False),
    Column("vote_count", Integer, nullable=False),
    *instant_columns("first_seen"),
    *instant_columns("last_seen"),
    *(Column(name, Integer, nullable=False) for name in ("first_frame", "last_frame")),
    *(Column(name, REAL, nullable=False) for name in ("left_px", "top_px", "right_px", "bottom_px")),
    *(Column(name, REAL) for name in ("lat_deg", "lon_deg", "position_age_ms", "position_hdop")),
    Column("position_source", Text),
    Column("speed_mps", REAL),
    Column("course_deg", REAL),
    Column("model_ids", Json, nullable=False),
    Column("state", Text),
    Column("supersedes", Text),
    Column("closed", Integer, nullable=False),
    Column("corrected_by", Text),
    Column("earlier_texts", Json),
)
Index("reads_plate", reads.c.plate)
Index("reads_open", reads.c.seq, sqlite_where=text("closed = 0"))
Index("reads_corrections", reads.c.supersedes, sqlite_where=text("supersedes IS NOT NULL"))
Index("reads_correcting", reads.c.seq, sqlite_where=text("supersedes IS NOT NULL"))
Index("reads_boot", reads.c.first_seen_boot_id)
Index("reads_last_boot", reads.c.last_seen_boot_id, sqlite_where=text("last_seen_boot_id != first_seen_boot_id"))

# Their content lies encrypted in files named by the digest.
images = Table(
    "images",
    metadata,
    *(Column("sha256", Text, primary_key=True), Column("length", Integer, nullable=False), Column("created_utc", Utc)),
    sqlite_with_rowid=False,
)

evidence = Table(
    "evidence",
    metadata,
    Column("read_id", Text, ForeignKey("reads.read_id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("sha256", Text, ForeignKey("images.sha256"), nullable=False),
    sqlite_with_rowid=False,
)
Index("evidence_image", evidence.c.sha256)

hits = Table(
    "hits",
    metadata,
    sequence(),
    Column("hit_id", Text, nullable=False, unique=True),
    Column("read_id", Text, ForeignKey("reads.read_id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("plate", Text, nullable=False),
    Column("plate_raw", Text, nullable=False),
    Column("state", Text),
    *(Column(name, Text, nullable=False) for name in ("reason", "record_id", "vehicle", "remarks")),
    Column("effective", Utc),
    Column("expires", Utc),
    Column("covert", Integer, nullable=False, server_default=text("0")),
    Column("generation_source", Text, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("issued", Utc),
    Column("imported", Utc),
    Column("entries", Integer, nullable=False),
    Column("list_age_s", REAL),
    Column("match_kind", Text, nullable=False),
    Column("state_match", Text, nullable=False),
    *instant_columns("matched"),
    Column("level", Integer),
)
Index("hits_read", hits.c.read_id)

alerts = Table(
    "alerts",
    metadata,
    Column("hit_id", Text, ForeignKey("hits.hit_id"), primary_key=True),
    Column("read_id", Text, ForeignKey("reads.read_id"), nullable=False),
    Column("level", Integer, nullable=False),
    Column("tone", Text, nullable=False),
    Column("phrase", Text, nullable=False),
    Column("list_age", Text, nullable=False),
    *instant_columns("sounded", nullable=True),
    *instant_columns("withdrawn", nullable=True),
    *instant_columns("late_tone", nullable=True),
    Column("late_tone_level", Integer),
    Column("late_tone_kind", Text),
    Column("silence", Text),
)
Index("alerts_read", alerts.c.read_id)

# What officers say of hits; a trigger keeps rows from being changed.
dispositions = Table(
    "dispositions",
    metadata,
    sequence(),
    Column("disposition_id", Text, nullable=False, unique=True),
    Column("hit_id", Text, ForeignKey("hits.hit_id", ondelete="CASCADE"), nullable=False),
    *(Column(name, Text, nullable=False) for name in ("part", "answer", "reason", "number", "name", "undoes")),
    *(Column(name, Text, nullable=False) for name in ("person_id", "person", "session")),
    *instant_columns("made"),
)
Index("dispositions_hit", dispositions.c.hit_id)

# An item's id is that of its read or hit (with a prefix for what is said of one), or its image's digest.
outbox = Table(
    "outbox",
    metadata,
    sequence(),
    Column("item_id", Text, nullable=False, unique=True),
    Column("urgency", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary),
    Column("length", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("created_utc", Utc),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("digest_failures", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'ready'")),
    Column("detail", Text, nullable=False, server_default=text("''")),
    Column("receipt_sha256", Text),
    Column("delivered_utc", Utc),
    number("failures_alone"),
    Column("medium_id", Text),
    Column("offloaded_utc", Utc),
)
Index("outbox_due", outbox.c.state, outbox.c.urgency, outbox.c.attempts, outbox.c.seq)  # of releases before schema 6
Index("outbox_order", outbox.c.state, outbox.c.failures_alone, outbox.c.urgency, outbox.c.attempts, outbox.c.seq)

generations = Table(
    "generations",
    metadata,
    sequence(),
    Column("source", Text, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("issued", Utc),
    Column("imported", Utc),
    Column("entries", Integer, nullable=False),
    Column("live", Integer, nullable=False),
    UniqueConstraint("source", "serial"),
)
Index("generations_live", generations.c.source, unique=True, sqlite_where=text("live = 1"))

own_entries = Table(
    "own_entries",
    metadata,
    sequence(),
    Column("entry_id", Text, nullable=False, unique=True),
    Column("plate", Text, nullable=False),
    Column("plate_raw", Text, nullable=False),
    Column("state", Text),
    Column("reason", Text, nullable=False),
    Column("case_number", Text, nullable=False),
    Column("vehicle", Text, nullable=False),
    Column("remarks", Text, nullable=False),
    Column("effective", Utc),
    Column("expires", Utc, nullable=False),
    Column("area", Text),
    Column("hours", Text),
    Column("covert", Integer, nullable=False),
    Column("added", Utc),
    Column("added_by", Text, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("removed_utc", Utc),
    Column("removed_by", Text),
)
Index("own_entries_kept", own_entries.c.seq, sqlite_where=text("removed = 0"))

list_sync = Table(
    "list_sync",
    metadata,
    Column("source", Text, primary_key=True),
    word("etag"),
    word("modified"),
    number("serial"),
    number("newest"),
    Column("asked", Utc),
    word("fetch_failure"),
    Column("marks", Json, nullable=False, server_default=text("'{}'")),
    Column("taken", Utc),
    word("take_failure"),
    sqlite_with_rowid=False,
)

boots = Table(
    "boots",
    metadata,
    sequence(),
    Column("boot_id", Text, nullable=False),
    Column("boottime_ns", Integer, nullable=False),
    Column("utc", Utc, nullable=False),
    Column("utc_source", Text, nullable=False),
    Column("uncertainty_ms", REAL),
    UniqueConstraint("boot_id", "boottime_ns"),
)
Index("boots_utc", boots.c.utc)

case_holds, held_reads, holds, hold_ends = hold_tables(metadata)
canvasses = canvass_table(metadata)

# One row: the date that the department reported last, and when it was received.
department_dates = Table(
    "department_date",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("utc", Utc, nullable=False),
    Column("boot_id", Text, nullable=False),
    Column("boottime_ns", Integer, nullable=False),
)

# The first record of each access log that is not in the outbox yet.
log_cursors = Table(
    "log_cursors", metadata, Column("log_id", Text, primary_key=True), number("sequence"), sqlite_with_rowid=False
)

# What the department said last of an access log: what it has of it, its cosignature, and what is wrong with it.
log_statements = Table(
    "log_statements",
    metadata,
    Column("log_id", Text, primary_key=True),
    number("size"),
    *map(word, ("signature", "witness_key", "finding")),
    sqlite_with_rowid=False,
)

# Updated by triggers (see ``migrations``) as rows come and go: "outbox.<state>", "reads", "hits" (the covert ones
# apart), "images" and "image_bytes".
counts = Table(
    "counts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Reads whose pictures could not be written, and why.
missing_evidence = Table(
    "missing_evidence",
    metadata,
    Column("read_id", Text, ForeignKey("reads.read_id", ondelete="CASCADE"), primary_key=True),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)

deletions, deleted_reads = deletion_tables(metadata)
