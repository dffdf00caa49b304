"""Applies answers of the department to items of the outbox, inside the transaction of their batch."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, select, update

from alpr_edge.domain.protocol.items import Answer, Outcome
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import outbox

DETAIL_CHARACTERS_MAX = 500
IS_READY = outbox.c.state == "ready"
IS_OFFLOADED = outbox.c.state == "offloaded"


def is_in_state(*states: str) -> ColumnElement[bool]:
    """Whether an item is in one of some states, for a query that finds items by their ids.

    By ``state = ...`` SQLite would take the index of states in place of that of ids, and walk over every item in them:
    of hundreds of thousands that wait, or that the department has, for the few that are asked for.
    """
    return outbox.c.state.concat("").in_(states)


_RECEIVED = (
    update(outbox)
    .where(
        outbox.c.item_id == bindparam("of_item"),
        outbox.c.sha256 == bindparam("of_sha256"),
        outbox.c.state != "delivered",
    )
    .values(
        state="delivered",
        receipt_sha256=bindparam("of_sha256"),
        delivered_utc=bindparam("at"),
        detail="",
        attempts=outbox.c.attempts + 1,
    )
)
"""Marks an item as delivered whose receipt names the digest that was sent, even if it was quarantined meanwhile."""


def apply_answers(
    connection: Connection, answers: Sequence[Answer], digest_attempts_max: int, at: datetime | None
) -> None:
    """Record answers in their order: receipts, failures to be tried again, and refusals.

    Receipts that follow each other, which is nearly all of a batch, are one statement that the database runs for each
    of them: building it anew for each took most of the time.
    """
    for is_receipt, group in groupby(answers, lambda answer: answer.outcome is Outcome.RECEIPT):
        if is_receipt:
            _receive(connection, list(group), digest_attempts_max, at)
            continue
        for answer in group:
            _apply_failure(connection, answer)


def _apply_failure(connection: Connection, answer: Answer) -> None:
    """Record a failure to be tried again, or a refusal."""
    detail = answer.detail[:DETAIL_CHARACTERS_MAX]
    if answer.outcome is Outcome.RETRY:
        # The first may be a slip of the link; from the second on the item fails while the department answers.
        failures = outbox.c.failures_alone + case((outbox.c.attempts > 0, 1), else_=0)
        attempts = outbox.c.attempts + 1
        change(connection, answer.item_id, attempts=attempts, failures_alone=failures, detail=detail)
    elif answer.outcome is Outcome.REFUSED:
        quarantine(connection, answer.item_id, detail)


def _receive(connection: Connection, receipts: Sequence[Answer], digest_attempts_max: int, at: datetime | None) -> None:
    """Record receipts: each that names the digest that was sent, and each that names another."""
    rows = [{"of_item": receipt.item_id, "of_sha256": receipt.sha256, "at": at} for receipt in receipts]
    if connection.execute(_RECEIVED, rows).rowcount == len(receipts):
        return
    # Of some the digest is another, or they were delivered before; those that are delivered by now stay as they are.
    failures = outbox.c.digest_failures + 1
    for receipt in receipts:
        change(
            connection,
            receipt.item_id,
            attempts=outbox.c.attempts + 1,
            digest_failures=failures,
            receipt_sha256=receipt.sha256,
            state=case((failures >= digest_attempts_max, "quarantined"), else_=outbox.c.state),
            detail="the department stored other content",
        )


def quarantine(connection: Connection, item_id: str, detail: str) -> None:
    """Quarantine an item, so that somebody looks at it."""
    detail = detail[:DETAIL_CHARACTERS_MAX]
    change(connection, item_id, state="quarantined", attempts=outbox.c.attempts + 1, detail=detail)


def change(connection: Connection, item_id: str, **values: Any) -> None:  # noqa: ANN401 - columns of any type
    """Change an item that waits for a receipt; one that is delivered or quarantined keeps its state."""
    waits = (outbox.c.item_id == item_id) & (IS_READY | IS_OFFLOADED)
    connection.execute(update(outbox).where(waits).values(**values))


def quarantined_in(database: Database) -> int:
    """How many items of a database are quarantined."""
    with database.read() as connection:
        return int(connection.scalar(select(func.count()).where(outbox.c.state == "quarantined")) or 0)
