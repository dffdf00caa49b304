"""What waits for the department, and what the department said of it.

An item is delivered only when the department answers with the digest of the very bytes that left. Attempts are kept
on disk, next attempts are not: after a restart everything is due. What is refused is quarantined, never deleted.
"""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping, case, select, update

from alpr_edge.domain.errors import LostError, StoreError
from alpr_edge.domain.wire import Answer, ItemKind, OutboxItem, Outcome, digest
from alpr_edge.store import queries
from alpr_edge.store.database import Database
from alpr_edge.store.images import PREFIXES, ImageStore
from alpr_edge.store.schema import outbox

DETAIL_CHARACTERS_MAX = 500
LISTED_MAX = 1000
READ_ATTEMPTS_MAX = 20
"""Of an item whose body cannot be read."""

log = structlog.get_logger(__name__)

_IS_READY = outbox.c.state == "ready"


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """How many items stand where."""

    ready: int
    delivered: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An item that the department does not take in this form."""

    item_id: str
    kind: ItemKind
    attempts: int
    detail: str


class Outbox:
    """The queue to the department.

    Args:
        database: where items and their bodies are.
        images: where the bodies of images are.
    """

    def __init__(self, database: Database, images: ImageStore) -> None:
        self._database = database
        self._images = images

    def due(self, limit_items: int, limit_bytes: int, waiting: Collection[str] = ()) -> list[OutboxItem]:
        """The next items to deliver: the most urgent first, of these the least often tried, of these the oldest.

        An item whose body is lost or changed is quarantined and left out.

        Args:
            limit_items: how many at most.
            limit_bytes: of all bodies; the first item comes even when it is larger, or it would never.
            waiting: ids of items to pass over this time.

        Raises:
            StoreError: the store cannot be read at present.
        """
        chosen = self._chosen(limit_items, limit_bytes, waiting)
        return [item for row in chosen if (item := self._item(row)) is not None]

    def settle(self, answers: Sequence[Answer], digest_attempts_max: int, at: datetime | None = None) -> None:
        """Take the department's answers down, in one transaction; the same answer twice changes nothing more.

        Args:
            answers: one an item.
            digest_attempts_max: after so many receipts for other content the item is quarantined.
            at: the moment of delivery in UTC, None when unknown.
        """
        with self._database.write() as connection:
            for answer in answers:
                _settle(connection, answer, digest_attempts_max, at)

    def delivered(self, item_id: str, sha256: str, digest_attempts_max: int, at: datetime | None = None) -> None:
        """Take one receipt down, as :meth:`settle`."""
        self.settle([Answer(item_id, Outcome.RECEIPT, sha256)], digest_attempts_max, at)

    def failed(self, item_id: str, detail: str) -> None:
        """Count an attempt; the item stays due."""
        with self._database.write() as connection:
            _change(connection, item_id, attempts=outbox.c.attempts + 1, detail=detail[:DETAIL_CHARACTERS_MAX])

    def quarantine(self, item_id: str, detail: str) -> None:
        """Set an item aside; it is shown until it is queued again."""
        with self._database.write() as connection:
            _quarantine(connection, item_id, detail)

    def requeue(self, item_ids: Collection[str] | None = None) -> int:
        """Make quarantined items due again with their counts at zero; None: all. Returns how many."""
        aside = outbox.c.state == "quarantined"
        if item_ids is not None:
            aside &= outbox.c.item_id.in_(item_ids)
        fresh = update(outbox).where(aside).values(state="ready", attempts=0, digest_failures=0, detail="")
        with self._database.write() as connection:
            return connection.execute(fresh).rowcount

    def quarantine_lost_images(self, prefix: str = "") -> int:
        """Set aside each image that is due and whose file is gone, so that it shows at once; returns how many.

        A file that comes back (``lost+found``, a copy) is due again by :meth:`requeue`.

        Args:
            prefix: only those whose digests begin so, with two digits at least; empty: all.

        Raises:
            StoreError: a folder of images cannot be looked into: nothing is known of what is in it.
        """
        return sum(self._quarantine_lost(folder) for folder in ([prefix] if prefix else PREFIXES))

    def _quarantine_lost(self, prefix: str) -> int:
        here = set(self._images.orphans((), prefix))
        due = (outbox.c.kind == ItemKind.IMAGE) & _IS_READY & outbox.c.item_id.between(prefix, f"{prefix}g")
        with self._database.read() as connection:
            gone = [item for item in connection.scalars(select(outbox.c.item_id).where(due)) if item not in here]
        for item_id in gone:
            log.error("outbox.image_lost", item_id=item_id)
            self.quarantine(item_id, "the image's file is missing; restore it, then: alpr-edge outbox requeue")
        return len(gone)

    def quarantined(self, limit: int = LISTED_MAX) -> list[Quarantined]:
        """What was set aside, oldest first."""
        query = select(outbox).where(outbox.c.state == "quarantined").order_by(outbox.c.seq)
        with self._database.read() as connection:
            rows = connection.execute(query.limit(min(limit, LISTED_MAX))).mappings()
            return [Quarantined(row["item_id"], ItemKind(row["kind"]), row["attempts"], row["detail"]) for row in rows]

    def counts(self) -> OutboxCounts:
        """How many items stand where, without looking at them."""
        with self._database.read() as connection:
            found = queries.kept_counts(connection)
        return OutboxCounts(*(found.get(f"outbox.{state}", 0) for state in ("ready", "delivered", "quarantined")))

    def _chosen(self, limit_items: int, limit_bytes: int, waiting: Collection[str]) -> list[RowMapping]:
        columns = (outbox.c.item_id, outbox.c.kind, outbox.c.length, outbox.c.sha256, outbox.c.attempts, outbox.c.body)
        query = (
            select(*columns)
            .where(_IS_READY, outbox.c.item_id.not_in(waiting))
            .order_by(outbox.c.urgency, outbox.c.attempts, outbox.c.seq)
            .limit(limit_items)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        totals = itertools.accumulate(row["length"] for row in rows)
        return [
            row
            for place, (row, total) in enumerate(zip(rows, totals, strict=True))
            if not place or total <= limit_bytes
        ]

    def _item(self, row: RowMapping) -> OutboxItem | None:
        """The item with its body; None when that is lost (then it is quarantined) or cannot be read at present.

        What cannot be read counts as an attempt, and is quarantined after some: it must hold up nothing that can be.
        """
        try:
            body = self._body(row)
        except StoreError as error:
            log.error("outbox.body_lost", item_id=row["item_id"], kind=row["kind"], error=str(error))
            is_lost = isinstance(error, LostError) or row["attempts"] + 1 >= READ_ATTEMPTS_MAX
            (self.quarantine if is_lost else self.failed)(row["item_id"], str(error))
            return None
        return OutboxItem(row["item_id"], ItemKind(row["kind"]), body, row["sha256"], row["attempts"])

    def _body(self, row: RowMapping) -> bytes:
        if row["body"] is None:
            return self._images.get(row["sha256"])
        body = bytes(row["body"])
        if digest(body) != row["sha256"]:
            raise LostError("the body was changed since it was queued")
        return body


def _settle(connection: Connection, answer: Answer, digest_attempts_max: int, at: datetime | None) -> None:
    detail = answer.detail[:DETAIL_CHARACTERS_MAX]
    if answer.outcome is Outcome.RECEIPT:
        _receive(connection, answer, digest_attempts_max, at)
    elif answer.outcome is Outcome.RETRY:
        _change(connection, answer.item_id, attempts=outbox.c.attempts + 1, detail=detail)
    else:
        _quarantine(connection, answer.item_id, detail)


def _receive(connection: Connection, answer: Answer, digest_attempts_max: int, at: datetime | None) -> None:
    """A receipt counts when it names the digest that left, even for an item set aside meanwhile."""
    same = (outbox.c.item_id == answer.item_id) & (outbox.c.sha256 == answer.sha256) & (outbox.c.state != "delivered")
    receipt = {"state": "delivered", "receipt_sha256": answer.sha256, "delivered_utc": at, "detail": ""}
    done = update(outbox).where(same).values(attempts=outbox.c.attempts + 1, **receipt)
    if connection.execute(done).rowcount:
        return
    failures = outbox.c.digest_failures + 1
    _change(
        connection,
        answer.item_id,
        attempts=outbox.c.attempts + 1,
        digest_failures=failures,
        receipt_sha256=answer.sha256,
        state=case((failures >= digest_attempts_max, "quarantined"), else_=outbox.c.state),
        detail="the department stored other content",
    )


def _quarantine(connection: Connection, item_id: str, detail: str) -> None:
    detail = detail[:DETAIL_CHARACTERS_MAX]
    _change(connection, item_id, state="quarantined", attempts=outbox.c.attempts + 1, detail=detail)


def _change(connection: Connection, item_id: str, **values: Any) -> None:  # noqa: ANN401 - columns of any type
    """Change an item that is still due; one that is delivered or set aside keeps its state."""
    connection.execute(update(outbox).where((outbox.c.item_id == item_id) & _IS_READY).values(**values))
