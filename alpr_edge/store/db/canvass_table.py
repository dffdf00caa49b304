"""The table of canvasses."""

from sqlalchemy import REAL, Column, Index, MetaData, Table, Text

from alpr_edge.store.db.column_types import Json, Utc, instant_columns, number, sequence, word


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
