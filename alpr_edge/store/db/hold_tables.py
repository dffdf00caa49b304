"""The tables of holds: what is held for which case, the reads that each covers, and what earlier releases look at.

``holds`` has a row for every read that is held. By its foreign key the database itself refuses to delete such a read,
and releases before schema 12, which know no other table, go on keeping it after a roll-back. A row of it that no hold
of ``case_holds`` accounts for was placed by such a release.
"""

from typing import NamedTuple

from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, Text, UniqueConstraint

from alpr_edge.store.db.column_types import Utc, instant_columns, sequence, word


class HoldTables(NamedTuple):
    """The tables of holds."""

    case_holds: Table
    held_reads: Table
    holds: Table
    hold_ends: Table


def hold_tables(metadata: MetaData) -> HoldTables:
    """Declare the tables of holds."""
    return HoldTables(*_case_tables(metadata), *_earlier_tables(metadata))


def _case_tables(metadata: MetaData) -> tuple[Table, Table]:
    """Triggers keep a row of ``case_holds`` from being deleted, or changed but for its one release."""
    case_holds = Table(
        "case_holds",
        metadata,
        sequence(),
        Column("hold_id", Text, nullable=False, unique=True),
        *(Column(name, Text, nullable=False) for name in ("origin", "kind", "subject_id", "case_number", "reason")),
        Column("until", Utc),
        *(Column(name, Text, nullable=False) for name in ("person_id", "person", "session")),
        *instant_columns("made"),
        *instant_columns("released", nullable=True),
        *map(word, ("released_by_id", "released_by", "released_session")),
    )
    Index("case_holds_case", case_holds.c.case_number)
    # Numbered rows, as in every table but ``holds``, so that a salvage tells it from others of two texts.
    held_reads = Table(
        "held_reads",
        metadata,
        sequence(),
        Column("hold_id", Text, ForeignKey("case_holds.hold_id"), nullable=False),
        Column("read_id", Text, ForeignKey("reads.read_id", ondelete="CASCADE"), nullable=False),
        UniqueConstraint("hold_id", "read_id"),
    )
    Index("held_reads_read", held_reads.c.read_id)
    return case_holds, held_reads


def _earlier_tables(metadata: MetaData) -> tuple[Table, Table]:
    """The tables that releases before schema 12 know."""
    holds = Table(
        "holds",
        metadata,
        Column("read_id", Text, ForeignKey("reads.read_id"), primary_key=True),
        Column("reason", Text, nullable=False),
        Column("held_by", Text, nullable=False),
        Column("held", Utc),
        sqlite_with_rowid=False,
    )
    # Only of holds that such a release placed.
    hold_ends = Table(
        "hold_ends",
        metadata,
        Column("read_id", Text, ForeignKey("holds.read_id", ondelete="CASCADE"), primary_key=True),
        Column("until", Utc, nullable=False),
    )
    return holds, hold_ends
