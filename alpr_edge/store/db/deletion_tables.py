"""The tables of what was deleted: reads without a receipt, one by one, and all reads by the hash of their ids."""

from typing import NamedTuple

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

from alpr_edge.store.db.column_types import Utc, instant_columns, sequence


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
