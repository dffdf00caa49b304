"""Applies an answer of the department to an item of the outbox, inside the transaction of its batch."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, select, update

from alpr_edge.domain.protocol.items import Answer, Outcome
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import outbox

DETAIL_CHARACTERS_MAX = 500
IS_READY = outbox.c.state == "ready"
IS_OFFLOADED = outbox.c.state == "offloaded"


def apply_answer(connection: Connection, answer: Answer, digest_attempts_max: int, at: datetime | None) -> None:
    """Record a receipt, a failure to be tried again, or a refusal."""
    detail = answer.detail[:DETAIL_CHARACTERS_MAX]
    if answer.outcome is Outcome.RECEIPT:
        _receive(connection, answer, digest_attempts_max, at)
    elif answer.outcome is Outcome.RETRY:
        # The first may be a slip of the link; from the second on the item fails while the department answers.
        failures = outbox.c.failures_alone + case((outbox.c.attempts > 0, 1), else_=0)
        attempts = outbox.c.attempts + 1
        change(connection, answer.item_id, attempts=attempts, failures_alone=failures, detail=detail)
    elif answer.outcome is Outcome.REFUSED:
        quarantine(connection, answer.item_id, detail)


def _receive(connection: Connection, answer: Answer, digest_attempts_max: int, at: datetime | None) -> None:
    """Record a receipt if it names the digest that was sent; counts even for an item quarantined meanwhile."""
    same = (outbox.c.item_id == answer.item_id) & (outbox.c.sha256 == answer.sha256) & (outbox.c.state != "delivered")
    receipt = {"state": "delivered", "receipt_sha256": answer.sha256, "delivered_utc": at, "detail": ""}
    done = update(outbox).where(same).values(attempts=outbox.c.attempts + 1, **receipt)
    if connection.execute(done).rowcount:
        return
    failures = outbox.c.digest_failures + 1
    change(
        connection,
        answer.item_id,
        attempts=outbox.c.attempts + 1,
        digest_failures=failures,
        receipt_sha256=answer.sha256,
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
