"""Deletes what the department has kept for as long as the policy says, a few reads a transaction (policy 462.5).

What is held stays, with its corrections and pictures; nothing else deletes reads. A run that breaks off is sealed by
the next with what it deleted. Rows go before images: a crash between the two leaves images that the next run removes.
Then go the keys of days of which nothing is left (:mod:`~alpr_edge.department.retention.purge`), and the searches
that people saved and that have ended.
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, Select, delete, exists, select, tuple_

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.day_keys import DayKeyRecord, destroy_key, is_used, key_records, keys_of
from alpr_edge.department.db.day_keys.item_bodies import BodySealer, open_bodies, replace_bodies, select_bodies
from alpr_edge.department.db.image_key_schema import sealed_images
from alpr_edge.department.db.retention_schema import picture_removals, read_pictures
from alpr_edge.department.db.schema import items
from alpr_edge.department.holds.unknown_holds import hold_warnings, require_known_holds
from alpr_edge.department.images.department_images import DepartmentImages, note_keys
from alpr_edge.department.retention import deletion_log
from alpr_edge.department.retention.clock_check import check_clock
from alpr_edge.department.retention.deletion_mark import mark_end, require_end
from alpr_edge.department.retention.due_reads import START, DuePage, Place, due_page, ids_of
from alpr_edge.department.retention.leases import Lease, held_lease
from alpr_edge.department.retention.read_versions import Key, rows_of
from alpr_edge.department.retention.related_rows import related_rows
from alpr_edge.department.retention.row_deletion import PICTURE, DeletedRows, delete_items, delete_reads
from alpr_edge.department.search.saved_rows import delete_ended_searches
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.collection.deletion_runs import NO_IDS, DeletionRun, chain_ids
from alpr_edge.domain.collection.department_periods import DepartmentPeriods
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.items import digest

# How much a purge does in one transaction: units that deliver wait for it, so it is kept short and then gives way.
#
# A fixed number would hold the database for long where its disk, its network or its bucket is slow. SQLite lets no
# writer queue: whoever waits tries again now and then, and would never come in between transactions that follow at
# once.

HELD_S = 0.025
"""How long a transaction should last; a quarter of what a batch may wait for a purge."""
COUNT_FIRST, COUNT_MAX = 4, 1000
PAUSE_S_MIN, PAUSE_S_MAX = 0.005, 5.0


class PurgePace:
    """Fits the number of items of the next transaction to how long the last ones of its kind took; for one thread."""

    def __init__(self) -> None:
        self.count = COUNT_FIRST
        """Items that the next transaction should look at."""

    @contextmanager
    def writing(self, database: DepartmentDatabase) -> Iterator[Connection]:
        """Open a transaction that may write anything, and pause after it for as long as it lasted."""
        with database.writing() as connection:
            began_s = time.monotonic()
            yield connection
        time.sleep(self.note(time.monotonic() - began_s))

    def note(self, held_s: float) -> float:
        """Note how long a transaction lasted, its commit included; how long to pause."""
        if held_s > HELD_S:
            self.count = max(1, self.count // 2)
        elif held_s < HELD_S:
            self.count = min(COUNT_MAX, self.count + max(1, self.count // 4))
        return min(max(held_s, PAUSE_S_MIN), PAUSE_S_MAX)


# Destroys the keys of days of which images or bodies were deleted, so that every copy of these is closed as well.
#
# What is left of such a day, as it is held or was on a list, is encrypted anew before, under the next generation of the
# day's key. That key is made a night before it is used: a backup of the database that was made in between, as the timer
# makes one each night, opens what is kept. Nothing here asks whether there is one.

DAMAGED_MAX = 100
"""Damaged bodies after which a run ends: their key stays whatever is done with the rest."""


class BodyRenewal:
    """Encrypts the bodies under one key anew. A body and the key that it is under change in one transaction."""

    def __init__(self, database: DepartmentDatabase, record: DayKeyRecord) -> None:
        self._database, self._record = database, record
        self._damaged: list[tuple[str, str]] = []
        """Item and unit of those that do not open, and stay as they are."""

    def run(self, lease: Lease, pace: PurgePace) -> int:
        """Encrypt all that open; returns how many stay."""
        while len(self._damaged) < DAMAGED_MAX:
            with pace.writing(self._database) as connection:
                lease.renew(connection)
                if not self._seal_some(connection, pace.count):
                    break
        return len(self._damaged)

    def _seal_some(self, connection: Connection, count: int) -> bool:
        """Encrypt the next bodies; False: there are none."""
        is_left = items.c.key_id == self._record.key_id
        if self._damaged:
            is_left &= tuple_(items.c.item_id, items.c.unit_id).not_in(self._damaged)
        rows = connection.execute(select_bodies().add_columns(items.c.sha256).where(is_left).limit(count)).all()
        if not rows:
            return False
        bodies, keys = open_bodies(connection, rows), keys_of(connection)
        keys.are_used(connection)
        sealer = BodySealer(keys.key_of_day(connection, date.fromisoformat(self._record.day)))
        whole = [
            (row.unit_id, row.item_id, body, sealer)
            for row, body in zip(rows, bodies, strict=True)
            if body is not None and digest(body) == row.sha256
        ]
        replace_bodies(connection, whole)
        sealed = {(item_id, unit_id) for unit_id, item_id, _, _ in whole}
        self._damaged += [(row.item_id, row.unit_id) for row in rows if (row.item_id, row.unit_id) not in sealed]
        return True


IN_BACKUP_AFTER = timedelta(hours=20)
"""How long a key has to be there before an image is encrypted anew under it: a backup of each night has it then."""

log = structlog.get_logger(__name__)


class KeyRenewal:
    """Destroys keys that are due.

    Args:
        shortest: the shortest time for which reads are kept: a day is over when all of it is that old.
    """

    def __init__(
        self,
        database: DepartmentDatabase,
        images: DepartmentImages,
        shortest: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._images = images
        self._shortest = shortest
        self._clock = clock

    def run(self, lease: Lease) -> None:
        """Destroy what is due, encrypt anew what stays, and make the keys that the next run needs."""
        with self._database.reading() as connection:
            records = key_records(connection)
        for record in records:
            if record.destroyed_at is None and record.lost_at is not None and self._is_over(record):
                self._renew(lease, record, records)

    def _is_over(self, record: DayKeyRecord) -> bool:
        end = date.fromisoformat(record.day) + timedelta(days=1)
        return datetime(end.year, end.month, end.day, tzinfo=UTC) + self._shortest <= self._clock()

    def _renew(self, lease: Lease, record: DayKeyRecord, records: Sequence[DayKeyRecord]) -> None:
        with self._database.reading() as connection:
            stays = is_used(connection, record.key_id)
        if stays:
            next_ones = [each for each in records if each.day == record.day and each.generation > record.generation]
            live = [each for each in next_ones if each.destroyed_at is None]
            if not live:
                with self._database.writing() as connection:
                    lease.renew(connection)
                    self._images.keys.are_used(connection)
                    self._images.keys.make_next(
                        connection, record.day, self._clock().astimezone(UTC).replace(tzinfo=None)
                    )
                return
            if live[-1].made_at.replace(tzinfo=UTC) > self._clock() - IN_BACKUP_AFTER:
                return
            if self._encrypt_anew(lease, record):
                return
        with self._database.writing() as connection:
            lease.renew(connection)
            if not is_used(connection, record.key_id):
                destroy_key(connection, record.key_id)
                log.info("department.image_key_destroyed", key=record.key_id)

    def _encrypt_anew(self, lease: Lease, record: DayKeyRecord) -> int:
        """Encrypt images and bodies under a key under the next; returns how many stay, as they do not open."""
        pace, last, damaged_count = PurgePace(), "", 0
        while True:
            with pace.writing(self._database) as connection:
                lease.renew(connection)
                names = self._note_next(connection, record, last, pace.count)
            if not names:
                break
            with pace.writing(self._database) as connection:
                lease.renew(connection)
                damaged_count += self._encrypt_some(connection, record, names)
            last = names[-1]
        damaged_count += BodyRenewal(self._database, record).run(lease, PurgePace())
        if damaged_count:
            log.warning("department.image_key_stays", key=record.key_id, damaged=damaged_count)
        return damaged_count

    def _note_next(self, connection: Connection, record: DayKeyRecord, last: str, count: int) -> list[str]:
        """The next images under a key; it is noted that they will be under the next key as well."""
        query = select(sealed_images.c.sha256).where(_is_under(record.key_id), sealed_images.c.sha256 > last)
        names = list(connection.scalars(query.order_by(sealed_images.c.sha256).limit(count)))
        if names:
            self._images.keys.are_used(connection)
            key = self._images.keys.key_of_day(connection, date.fromisoformat(record.day))
            note_keys(connection, [(name, key.key_id) for name in names])
        return names

    def _encrypt_some(self, connection: Connection, record: DayKeyRecord, names: list[str]) -> int:
        """Encrypt images anew; in a transaction that writes, so that none is looked at or removed meanwhile.

        One that no row names goes: its batch broke off before the row, and nobody has a receipt of it.
        """
        of_names = items.c.item_id.in_(names) & (items.c.kind == PICTURE)
        named = sorted(set(connection.scalars(select(items.c.item_id).where(of_names))))
        self._images.remove(connection, sorted({*names} - {*named}))
        stored = self._images.read(connection, named)
        key = self._images.keys.key_of_day(connection, date.fromisoformat(record.day))
        opened = {name: image.jpeg for name, image in stored.items() if image and image.jpeg is not None}
        self._images.replace(opened, key)
        digests = self._images.settle(connection, list(opened))
        return sum(digests.get(name) != name for name in named)


def _is_under(key_id: str) -> ColumnElement[bool]:
    return sealed_images.c.key_id == key_id


LEASE = "the deletion of what is due"
OVERDUE = timedelta(days=7)
"""How long what is due may wait."""
READ_AT_ONCE = 40
"""Items that a count of what is due looks at in one query."""

Show = Callable[[int], None]
"""Is told the number of reads deleted so far."""


@dataclass(frozen=True, slots=True)
class DueCounts:
    """What a run would do now."""

    reads: int
    held: int
    """Old enough, and staying."""
    refused: str = ""
    """Reason why a run would be refused now; empty if it would not."""


class DepartmentPurge:
    """Deletes what is due."""

    def __init__(
        self,
        database: DepartmentDatabase,
        pictures: DepartmentImages,
        witness: Witness,
        periods: DepartmentPeriods,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        is_clock_trusted: bool = False,
    ) -> None:
        self._database = database
        self._pictures = pictures
        self._witness = witness
        self._periods = periods
        self._clock = clock
        self._is_clock_trusted = is_clock_trusted

    def due(self) -> DueCounts:
        """Count what a run would delete now, and delete nothing."""
        due_count = held_count = 0
        with self._database.reading() as connection:
            now = self._clock()
            refused = self._refusal(connection, now)
            for page in self._pages(connection, now):
                due_count += sum(each.own_items for each in page.reads if not each.is_held)
                held_count += sum(each.own_items for each in page.reads if each.is_held)
        return DueCounts(due_count, held_count, refused)

    def _refusal(self, connection: Connection, now: datetime) -> str:
        try:
            require_known_holds(connection)
            self._check_clock(connection, now)
        except DepartmentError as error:
            return str(error)
        return ""

    def overdue(self) -> list[str]:
        """A warning, if holds are missing, what was due a week ago is still here, or the clock cannot be right.

        Where a run of that week did all there was to do, nothing can have waited for longer (policy 462.5): what it
        kept was held. So a department whose runs are in order looks at no read, however many it holds.
        """
        now = self._clock()
        with self._database.reading() as connection:
            if missing := hold_warnings(connection):
                return missing
            if deletion_log.was_whole_since(connection, self._periods, now - OVERDUE, now):
                return []
            pages = self._pages(connection, now - OVERDUE, with_held=False)
            if not any(not due.is_held for page in pages for due in page.reads):
                return []
            try:
                self._check_clock(connection, now)
            except DepartmentError as error:
                return [str(error)]
            else:
                return [f"reads are due since {OVERDUE.days} days and more; run: alpr-edge department purge"]

    def run(self, by: str, show: Show = lambda _: None) -> DeletionRun:
        """Delete what is due, and put on record what was deleted.

        The moment at which the run begins bounds all of it: a clock that jumps ahead meanwhile deletes no more.
        """
        with self._database.reading() as connection:
            require_known_holds(connection)
        with held_lease(self._database, LEASE, str(uuid.uuid4())) as lease:
            begun = self._clock()
            with self._database.writing() as connection:
                self._check_clock(connection, begun)
                require_end(connection, self._witness)
                deletion_log.seal_runs(connection, self._witness, begun)
                number = deletion_log.begin_run(
                    connection, self._periods, by, begun, is_clock_confirmed=self._is_clock_trusted
                )
            self._delete_reads(lease, number, begun, show)
            self._delete_left_pictures(lease, number, begun)
            self._remove_images(lease, PurgePace())
            KeyRenewal(self._database, self._pictures, self._periods.shortest, lambda: self._at_most(begun)).run(lease)
            with self._database.writing() as connection:
                delete_ended_searches(connection, self._at_most(begun))
                deletion_log.seal_runs(connection, self._witness, self._clock(), whole=number)
                newest = deletion_log.logged_runs(connection)[-1]
                done = deletion_log.sealed_run(connection, number)
            mark_end(newest, self._witness)
            return done

    def _check_clock(self, connection: Connection, now: datetime) -> None:
        if not self._is_clock_trusted:
            check_clock(connection, now)

    def _at_most(self, begun: datetime) -> datetime:
        """Return the present moment, and never one after the moment that was checked."""
        return min(begun, self._clock())

    def _pages(self, connection: Connection, now: datetime, *, with_held: bool = True) -> Iterator[DuePage]:
        place: Place | None = START
        while place is not None:
            page = due_page(connection, self._periods, now, place, READ_AT_ONCE, with_held=with_held)
            yield page
            place = page.next_place

    def _delete_reads(self, lease: Lease, number: int, begun: datetime, show: Show) -> None:
        place: Place | None = START
        pace = PurgePace()
        deleted_count, ids_digest = 0, NO_IDS
        while place is not None:
            counts = DeletedRows()
            page, related = self._look(place, pace.count, begun)
            with pace.writing(self._database) as connection:
                lease.renew(connection)
                if related_rows(connection, page.keys) != related:  # more came: look again, while nothing can
                    page = due_page(connection, self._periods, self._at_most(begun), place, pace.count)
                    related = related_rows(connection, page.keys)
                free = [due for due in page.reads if not due.is_held]
                held_count = sum(due.own_items for due in page.reads if due.is_held)
                delete_reads(connection, free, related, counts)
                ids_digest = chain_ids(ids_digest, ids_of(free))
                deletion_log.note_batch(connection, number, counts, held_count, ids_digest)
            place = page.next_place
            deleted_count += counts.reads
            show(deleted_count)

    def _look(self, place: Place, count: int, begun: datetime) -> tuple[DuePage, Counter[str]]:
        """The reads that are due next, found while others write, and how many rows say something of them."""
        with self._database.reading() as connection:
            page = due_page(connection, self._periods, self._at_most(begun), place, count)
            return page, related_rows(connection, page.keys)

    def _delete_left_pictures(self, lease: Lease, number: int, begun: datetime) -> None:
        """Delete old pictures whose reads never arrived: no read says how long they are of use."""
        pace = PurgePace()
        cut = (self._at_most(begun) - self._periods.longest).astimezone(UTC).replace(tzinfo=None)
        has_read = exists().where(read_pictures.c.sha256 == items.c.item_id, read_pictures.c.unit_id == items.c.unit_id)
        is_left = (items.c.kind == PICTURE) & (items.c.received_at <= cut) & ~has_read
        left_over = select(items.c.unit_id, items.c.item_id).where(is_left)
        while keys := self._keys_of(left_over.limit(pace.count)):
            with pace.writing(self._database) as connection:
                lease.renew(connection)
                rows = rows_of(connection, left_over, items.c.unit_id, items.c.item_id, keys)  # a read may have come
                counts = DeletedRows()
                delete_items(connection, [(row.unit_id, row.item_id) for row in rows], counts)
                deletion_log.note_batch(connection, number, counts)

    def _keys_of(self, query: Select[Any]) -> list[Key]:
        """The items that a query finds while others write: it may look through all that is old."""
        with self._database.reading() as connection:
            return [(row.unit_id, row.item_id) for row in connection.execute(query)]

    def _remove_images(self, lease: Lease, pace: PurgePace) -> None:
        """Remove images that no row names; one whose picture came again meanwhile stays.

        In a transaction that writes: in one as well a unit's picture becomes a row, and is looked for in its place.
        """
        while True:
            with pace.writing(self._database) as connection:
                lease.renew(connection)
                names = list(connection.scalars(select(picture_removals.c.sha256).limit(pace.count)))
                named = select(items.c.item_id).where(items.c.item_id.in_(names), items.c.kind == PICTURE)
                used = set(connection.scalars(named))
                self._pictures.remove(connection, [name for name in names if name not in used])
                connection.execute(delete(picture_removals).where(picture_removals.c.sha256.in_(names)))
            if not names:
                return
