"""The queue of items for the department, with the answers that the department gave.

An item is delivered only when the department answers with the digest of the very bytes that were sent. The number of
attempts is stored on disk, the time of the next one is not: after a restart everything is due. Refused items are
quarantined, never deleted. An item on a portable medium is not delivered: it stays until the department's receipt comes
back on the medium, or over the link, where it is sent once nothing else waits.
"""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, RowMapping, case, func, select, update

from alpr_edge.domain.errors import LostError, StoreError, UnreadableItemError
from alpr_edge.domain.protocol.items import Answer, ItemKind, OutboxItem, Urgency, digest
from alpr_edge.domain.protocol.stored_kinds import kind_of
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.evidence.images import PREFIXES, ImageStore
from alpr_edge.store.outbox.answers import (
    DETAIL_CHARACTERS_MAX,
    IS_OFFLOADED,
    IS_READY,
    apply_answers,
    change,
    is_in_state,
    quarantine,
)
from alpr_edge.store.reads import queries
from alpr_edge.store.reads.queries import image_digests

# Quarantines items whose image file is gone; commits, deliveries and deletions may go on meanwhile.
#
# An image has its file before its row is committed, and loses it after its row was deleted. So what looks lost at first
# is looked at once more inside a transaction, which keeps others from writing: an item that is due then has its file,
# or it is lost.

BATCH = 200
"""Most images of one transaction: other writers wait for it."""
_DETAIL = "the image's file is missing; restore it, then: alpr-edge outbox requeue"


def quarantine_lost(database: Database, images: ImageStore, prefix: str) -> int:
    """Quarantine each image that is due and whose file is gone; returns how many.

    Args:
        prefix: only those whose digests begin so, with two digits at least.
    """
    # By the rows of images, which lie side by side: those of items are spread over the whole queue.
    missing = sorted(image_digests(database, prefix).difference(images.orphans((), prefix)))
    batches = (missing[begin : begin + BATCH] for begin in range(0, len(missing), BATCH))
    return sum(_quarantine_missing(database, images, batch) for batch in batches)


def _quarantine_missing(database: Database, images: ImageStore, digests: Sequence[str]) -> int:
    """Quarantine those of some images that are due and have no file."""
    is_due = (outbox.c.kind == ItemKind.IMAGE) & is_in_state("ready", "offloaded")
    due = select(outbox.c.item_id).where(outbox.c.item_id.in_(digests), is_due)
    with database.write() as connection:
        lost_ids = [item_id for item_id in connection.scalars(due).all() if images.facts(item_id) is None]
        for item_id in lost_ids:
            quarantine(connection, item_id, _DETAIL)
    for item_id in lost_ids:
        log.error("outbox.image_lost", item_id=item_id)
    return len(lost_ids)


LISTED_MAX = 1000

log = structlog.get_logger(__name__)

_ORDER = (outbox.c.failures_alone, outbox.c.urgency, outbox.c.attempts, outbox.c.seq)
_COLUMNS = (
    *(outbox.c.item_id, outbox.c.kind, outbox.c.length, outbox.c.sha256, outbox.c.body),
    *(outbox.c.attempts, outbox.c.failures_alone),
)


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """The number of items in each state."""

    ready: int
    delivered: int
    quarantined: int
    offloaded: int = 0
    """On a portable medium, and without a receipt."""


@dataclass(frozen=True, slots=True)
class MediumCounts:
    """The items on one portable medium that have no receipt yet."""

    medium_id: str
    items: int
    last: datetime | None
    """When something was written to it; None: the clock was not known."""


@dataclass(frozen=True, slots=True)
class QuarantinedItem:
    """An item that the department does not accept in this form."""

    item_id: str
    kind: ItemKind
    attempts: int
    detail: str


class Outbox:
    """The queue of items to the department."""

    def __init__(self, database: Database, images: ImageStore) -> None:
        self._database = database
        self._images = images

    def version(self) -> int:
        """A number that changes when any process commits something."""
        return self._database.data_version()

    def due(
        self, limit_items: int, limit_bytes: int, waiting: Collection[str] = (), *, on_media: bool = False
    ) -> list[OutboxItem]:
        """The next items to deliver: those that failed alone last, else the most urgent, least tried, oldest first.

        An item whose body is lost or changed is quarantined and left out. One that cannot be read at present is left
        out too, and waits behind the others.

        Args:
            limit_items: the most items to return.
            limit_bytes: the most bytes of all bodies; the first item is returned even when it is larger.

        Raises:
            UnreadableItemError: nothing else is due than an item that cannot be read; that is counted.
            StoreError: the store cannot be read at present.
        """
        items: list[OutboxItem] = []
        unreadable: list[tuple[str, StoreError]] = []
        for row in self._select_rows(limit_items, limit_bytes, waiting, IS_OFFLOADED if on_media else IS_READY):
            item = self._item(row)
            if isinstance(item, StoreError):
                unreadable.append((row["item_id"], item))
            elif item is not None:
                items.append(item)
        for item_id, error in unreadable:
            log.error("outbox.body_unreadable", item_id=item_id, error=str(error))
            self.failed_alone(item_id, str(error), None)
        if unreadable and not items:
            raise UnreadableItemError(str(unreadable[0][1]), unreadable[0][0])
        return items

    def last_due(self, waiting: Collection[str] = ()) -> list[OutboxItem]:
        """The last of the items that never failed alone, as a list of one; empty when there is none."""
        condition = IS_READY & (outbox.c.failures_alone == 0) & outbox.c.item_id.not_in(waiting)
        rows = self._rows(condition, 1, last_first=True)
        return [item for row in rows if isinstance(item := self._item(row), OutboxItem)]

    def find(self, item_id: str) -> OutboxItem | None:
        """An item that is still due, by its id; None when it is not, or cannot be read."""
        for row in self._rows((IS_READY | IS_OFFLOADED) & (outbox.c.item_id == item_id), 1):
            item = self._item(row)
            return item if isinstance(item, OutboxItem) else None
        return None

    def settle(self, answers: Sequence[Answer], digest_attempts_max: int, at: datetime | None = None) -> None:
        """Apply the department's answers in one transaction; the same answer twice changes nothing more.

        Args:
            at: the moment of delivery in UTC, None when unknown.
        """
        with self._database.write() as connection:
            apply_answers(connection, answers, digest_attempts_max, at)

    def offload(self, items: Sequence[OutboxItem], medium_id: str, at: datetime | None) -> int:
        """Record that items that were ready lie on a medium now; returns how many.

        Args:
            at: the present moment in UTC, None when unknown.
        """
        done = 0
        with self._database.write() as connection:
            for item in items:
                same = (outbox.c.item_id == item.item_id) & (outbox.c.sha256 == item.sha256) & IS_READY
                values = {"state": "offloaded", "medium_id": medium_id, "offloaded_utc": at, "detail": ""}
                done += connection.execute(update(outbox).where(same).values(values)).rowcount
        return done

    def media(self) -> list[MediumCounts]:
        """Portable media that hold items without a receipt."""
        last = func.max(outbox.c.offloaded_utc)
        query = select(outbox.c.medium_id, func.count(), last).where(IS_OFFLOADED).group_by(outbox.c.medium_id)
        with self._database.read() as connection:
            return [MediumCounts(*row) for row in connection.execute(query.limit(LISTED_MAX))]

    def failed_alone(self, item_id: str, detail: str, failures_max: int | None) -> None:
        """Count that an item failed while others were delivered; items that failed less often go first.

        Args:
            failures_max: the number of failures after which it is quarantined; None: never.
        """
        failures = outbox.c.failures_alone + 1
        state = outbox.c.state
        with self._database.write() as connection:
            change(
                connection,
                item_id,
                attempts=outbox.c.attempts + 1,
                failures_alone=failures,
                state=state if failures_max is None else case((failures >= failures_max, "quarantined"), else_=state),
                detail=detail[:DETAIL_CHARACTERS_MAX],
            )

    def quarantine(self, item_id: str, detail: str) -> None:
        """Quarantine an item; it is shown until it is queued again."""
        with self._database.write() as connection:
            quarantine(connection, item_id, detail)

    def requeue(self, item_ids: Collection[str] | None = None, *, on_media: bool = False) -> int:
        """Make quarantined items due again with their counts at zero, or those on media that are lost.

        Args:
            item_ids: the items to queue again; None: all.

        Returns:
            How many.
        """
        state = IS_OFFLOADED if on_media else outbox.c.state == "quarantined"
        if item_ids is not None:
            state &= outbox.c.item_id.in_(item_ids)
        counts = {"attempts": 0, "digest_failures": 0, "failures_alone": 0}
        fresh = update(outbox).where(state).values(state="ready", detail="", **counts)
        with self._database.write() as connection:
            return connection.execute(fresh).rowcount

    def quarantine_lost_images(self, prefix: str = "") -> int:
        """Quarantine each image that is due and whose file is gone, so that it is shown at once; returns how many.

        A file that comes back (``lost+found``, a copy) is due again by :meth:`requeue`.

        Args:
            prefix: only those whose digests begin so, with two digits at least; empty: all.

        Raises:
            StoreError: a folder of images cannot be looked into: nothing is known of what is in it.
        """
        folders = [prefix] if prefix else PREFIXES
        return sum(quarantine_lost(self._database, self._images, folder) for folder in folders)

    def quarantined_items(self, limit: int = LISTED_MAX) -> list[QuarantinedItem]:
        """The quarantined items, oldest first."""
        query = select(outbox).where(outbox.c.state == "quarantined").order_by(outbox.c.seq)
        with self._database.read() as connection:
            rows = connection.execute(query.limit(min(limit, LISTED_MAX))).mappings()
            return [QuarantinedItem(row["item_id"], _kind_of(row), row["attempts"], row["detail"]) for row in rows]

    def counts(self) -> OutboxCounts:
        """The number of items in each state, without reading them."""
        with self._database.read() as connection:
            numbers = queries.kept_counts(connection)
        states = ("ready", "delivered", "quarantined", "offloaded")
        return OutboxCounts(*(numbers.get(f"outbox.{state}", 0) for state in states))

    def shown_counts(self) -> OutboxCounts:
        """The counts as anybody may see them: without covert hits, except those that the department refused."""
        counts, is_covert = self.counts(), outbox.c.urgency == Urgency.COVERT_HIT.value
        with self._database.read() as connection:

            def without_covert(number: int, state: str) -> int:
                covert = select(func.count()).select_from(outbox).where(outbox.c.state == state, is_covert)
                return max(0, number - (connection.scalar(covert) or 0))

            return OutboxCounts(
                ready=without_covert(counts.ready, "ready"),
                delivered=without_covert(counts.delivered, "delivered"),
                quarantined=counts.quarantined,
                offloaded=without_covert(counts.offloaded, "offloaded"),
            )

    def _select_rows(
        self, limit_items: int, limit_bytes: int, waiting: Collection[str], state: ColumnElement[bool]
    ) -> list[RowMapping]:
        rows = self._rows(state & outbox.c.item_id.not_in(waiting), limit_items)
        totals = itertools.accumulate(row["length"] for row in rows)
        return [
            row
            for place, (row, total) in enumerate(zip(rows, totals, strict=True))
            if not place or total <= limit_bytes
        ]

    def _rows(
        self, condition: ColumnElement[bool], limit_items: int, *, last_first: bool = False
    ) -> Sequence[RowMapping]:
        """Rows in the order of delivery, or against it."""
        order = [column.desc() if last_first else column.asc() for column in _ORDER]
        query = select(*_COLUMNS).where(condition).order_by(*order).limit(limit_items)
        with self._database.read() as connection:
            return connection.execute(query).mappings().all()

    def _item(self, row: RowMapping) -> OutboxItem | StoreError | None:
        """The item with its body; None, and quarantined, when that is not what was queued; or why it cannot be read."""
        try:
            body = self._body(row)
        except LostError as error:
            log.error("outbox.body_lost", item_id=row["item_id"], kind=row["kind"], error=str(error))
            self.quarantine(row["item_id"], str(error))
            return None
        except StoreError as error:
            return error
        counts = row["attempts"], row["failures_alone"]
        return OutboxItem(row["item_id"], _kind_of(row), body, row["sha256"], *counts)

    def _body(self, row: RowMapping) -> bytes:
        if row["body"] is None:
            return self._images.get(row["sha256"])
        body = bytes(row["body"])
        if digest(body) != row["sha256"]:
            raise LostError("the body was changed since it was queued")
        return body


def _kind_of(row: RowMapping) -> ItemKind:
    return kind_of(row["item_id"], ItemKind(row["kind"]))
