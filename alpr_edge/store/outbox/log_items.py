"""Puts records and checkpoints of the access log into the outbox, and keeps what the department says of that log.

The log itself keeps every record, so an item goes from the outbox once the department has it. A cursor says which
record comes next; it lies beside the outbox, so that records are queued again when that database was replaced: the
department has each of them once.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.access_log.records import is_break_glass
from alpr_edge.domain.protocol.access_log import (
    CHECKPOINT_PREFIX,
    RECORD_PREFIX,
    CheckpointPayload,
    LogStatementPayload,
    checkpoint_item_id,
    record_item_id,
)
from alpr_edge.domain.protocol.items import ItemKind, Urgency, encode
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import log_cursors, log_statements, outbox
from alpr_edge.store.outbox.answers import is_in_state
from alpr_edge.store.outbox.delivered_items import begins_with
from alpr_edge.store.outbox.enqueue import body_row, queue_once


def next_sequence(database: Database, log_id: str) -> int:
    """The first record of a log that was not queued yet."""
    query = select(log_cursors.c.sequence).where(log_cursors.c.log_id == log_id)
    with database.read() as connection:
        return connection.scalar(query) or 0


def queue_records(
    database: Database, log_id: str, first: int, bodies: Sequence[bytes], created_at: datetime | None
) -> None:
    """Queue records and move the cursor behind them, in one transaction; one that is queued already stays as it is.

    Args:
        bodies: records in their order, without a gap.
        created_at: the present moment, None when unknown.
    """
    rows = [
        body_row(record_item_id(log_id, first + place), ItemKind.ACCESS_RECORD, _urgency_of(body), body, created_at)
        for place, body in enumerate(bodies)
    ]
    position = {"sequence": first + len(bodies)}
    with database.write() as connection:
        queue_once(connection, *rows)
        cursor = insert(log_cursors).values(log_id=log_id, **position)
        connection.execute(cursor.on_conflict_do_update(index_elements=["log_id"], set_=position))


def _urgency_of(body: bytes) -> Urgency:
    """Break-glass is told among the first, before any read."""
    return Urgency.HIT if is_break_glass(body) else Urgency.ACCESS


def queue_checkpoint(database: Database, payload: CheckpointPayload, root: bytes, created_at: datetime | None) -> None:
    """Queue a checkpoint in place of an older one of its log that still waits: the newer covers it."""
    item_id = checkpoint_item_id(payload.log_id, payload.size, root)
    of_log = f"{CHECKPOINT_PREFIX}{payload.log_id}:"
    row = body_row(item_id, ItemKind.CHECKPOINT, Urgency.ACCESS, encode(payload), created_at)
    with database.write() as connection:
        connection.execute(delete(outbox).where(begins_with(of_log), is_in_state("ready")))
        queue_once(connection, row)


def note_statement(database: Database, statement: LogStatementPayload) -> None:
    """Keep what the department says of a log, in place of what it said before."""
    values = statement.model_dump(exclude={"log_id"})
    row = insert(log_statements).values(log_id=statement.log_id, **values)
    with database.write() as connection:
        connection.execute(row.on_conflict_do_update(index_elements=["log_id"], set_=values))


def statement_of(database: Database, log_id: str) -> LogStatementPayload | None:
    """What the department said last of a log; None: nothing yet."""
    query = select(log_statements).where(log_statements.c.log_id == log_id)
    with database.read() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else LogStatementPayload(**row)


def count_unanswered(database: Database, is_counted: Callable[[bytes], bool]) -> Counter[str]:
    """Checkpoints, and some of the records, that have no receipt, by their state in the outbox.

    Args:
        is_counted: whether a record counts, by its bytes.
    """
    is_checkpoint = begins_with(CHECKPOINT_PREFIX)
    query = select(outbox.c.state, outbox.c.body, is_checkpoint.label("is_checkpoint")).where(
        is_checkpoint | begins_with(RECORD_PREFIX), outbox.c.state != "delivered"
    )
    with database.read() as connection:
        rows = connection.execute(query)
        return Counter(row.state for row in rows if row.is_checkpoint or (row.body and is_counted(row.body)))
