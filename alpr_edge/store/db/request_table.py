"""The table of what the page asks of the capture daemon."""

from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, Text, text

from alpr_edge.store.db.column_types import Json, instant_columns, sequence


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
