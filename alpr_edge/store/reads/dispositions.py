"""Keeps dispositions of hits, and queues each for the department in the same transaction; none is ever changed."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, func, insert, select

from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart, DispositionText
from alpr_edge.domain.dispositions.hit_state import HitState
from alpr_edge.domain.errors import DispositionError
from alpr_edge.store.db.row_mapping import instant_of, instant_row
from alpr_edge.store.db.schema import dispositions, hits
from alpr_edge.store.outbox.enqueue import queue_disposition

PER_HIT_MAX = 200
"""Most dispositions of one hit."""
NEW_ANSWERS_MAX = 1000
"""Most hits with new answers that are looked up at once."""


def add_disposition(connection: Connection, disposition: Disposition, unit_id: str) -> None:
    """Store a disposition and queue it, within a transaction.

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


class NewAnswers(NamedTuple):
    """What officers answered to what was read of hits."""

    newest: int
    """Number of the newest answer of all."""
    of_reads: list[tuple[str, str, str | None]]
    """Read, hit, and the answer that counts now; None: it was undone."""


def answers_after(connection: Connection, number: int | None) -> NewAnswers:
    """Return the answers that came after a number; None: only the number of the newest is looked up."""
    newest = connection.scalar(select(func.max(dispositions.c.seq))) or 0
    if number is None or newest == number:
        return NewAnswers(newest, [])
    is_new = (dispositions.c.seq > number) & (dispositions.c.part == DispositionPart.READ.value)
    query = select(hits.c.read_id, hits.c.hit_id).join(dispositions, dispositions.c.hit_id == hits.c.hit_id)
    rows = connection.execute(query.where(is_new).distinct().limit(NEW_ANSWERS_MAX)).all()
    said = dispositions_of(connection, [hit_id for _, hit_id in rows])
    counting = {hit_id: HitState.of(said[hit_id]).read for _, hit_id in rows}
    answers = {hit_id: None if made is None else made.answer for hit_id, made in counting.items()}
    return NewAnswers(newest, [(read_id, hit_id, answers[hit_id]) for read_id, hit_id in rows])


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
