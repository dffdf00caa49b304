"""Keeps dispositions of hits, and queues each for the department in the same transaction; none is ever changed."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart, DispositionText
from alpr_edge.domain.errors import DispositionError
from alpr_edge.store.db.row_mapping import instant_of, instant_row
from alpr_edge.store.db.schema import dispositions, hits
from alpr_edge.store.outbox.enqueue import queue_disposition

PER_HIT_MAX = 200
"""Most dispositions of one hit."""


def add_disposition(connection: Connection, disposition: Disposition, unit_id: str) -> None:
    """Store a disposition and queue it, within a transaction.

    Args:
        connection: the connection of the transaction.
        disposition: the disposition, whose answer was checked.
        unit_id: this unit.

    Raises:
        DispositionError: there is no such hit here, it has too many, or what is undone is not there to undo.
    """
    hit_id = disposition.hit_id
    is_shown = (hits.c.hit_id == hit_id) & (hits.c.covert == 0)
    read_id = connection.scalar(select(hits.c.read_id).where(is_shown))
    if read_id is None:
        raise DispositionError("there is no such hit here any more; it may have been deleted for its age")
    count = select(func.count()).where(dispositions.c.hit_id == hit_id)
    if (connection.scalar(count) or 0) >= PER_HIT_MAX:
        raise DispositionError(f"this hit has {PER_HIT_MAX} answers already")
    if disposition.undoes:
        _require_undoable(connection, disposition)
    connection.execute(insert(dispositions), _row(disposition))
    queue_disposition(connection, disposition, read_id, unit_id)


def dispositions_of(connection: Connection, hit_ids: Sequence[str]) -> dict[str, list[Disposition]]:
    """The dispositions of hits by hit, in the order in which they were made."""
    found: defaultdict[str, list[Disposition]] = defaultdict(list)
    query = select(dispositions).where(dispositions.c.hit_id.in_(hit_ids)).order_by(dispositions.c.seq)
    for row in connection.execute(query).mappings():
        found[row["hit_id"]].append(_disposition_of(row))
    return found


def _require_undoable(connection: Connection, undoing: Disposition) -> None:
    """Refuse to undo what is not there, of another hit or part, an undoing itself, or undone before."""
    table = dispositions.c
    is_it = (table.disposition_id == undoing.undoes) & (table.undoes == "")
    is_there = is_it & (table.hit_id == undoing.hit_id) & (table.part == undoing.part.value)
    if connection.scalar(select(table.seq).where(is_there)) is None:
        raise DispositionError("this answer is not there to undo")
    if connection.scalar(select(table.seq).where(table.undoes == undoing.undoes)) is not None:
        raise DispositionError("this answer was undone already")


def _row(disposition: Disposition) -> dict[str, Any]:
    text = disposition.text
    return {
        "disposition_id": disposition.disposition_id,
        "hit_id": disposition.hit_id,
        "part": disposition.part.value,
        "answer": disposition.answer,
        "reason": text.reason,
        "number": text.number,
        "name": text.name,
        "undoes": disposition.undoes,
        "person_id": disposition.person_id,
        "person": disposition.person,
        "session": disposition.session,
        **instant_row("made", disposition.made),
    }


def _disposition_of(row: RowMapping) -> Disposition:
    return Disposition(
        disposition_id=row["disposition_id"],
        hit_id=row["hit_id"],
        part=DispositionPart(row["part"]),
        answer=row["answer"],
        text=DispositionText(row["reason"], row["number"], row["name"]),
        undoes=row["undoes"],
        person_id=row["person_id"],
        person=row["person"],
        session=row["session"],
        made=instant_of(row, "made"),
    )
