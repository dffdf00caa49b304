"""Destroys the keys of days of which images or bodies were deleted, so that every copy of these is closed as well.

What is left of such a day, as it is held or was on a list, is encrypted anew before, under the next generation of the
day's key. That key is made a night before it is used: a backup of the database that was made in between, as the timer
makes one each night, opens what is kept. Nothing here asks whether there is one.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Connection, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.day_keys import DayKeyRecord, destroy_key, is_used, key_records
from alpr_edge.department.db.image_key_schema import sealed_images
from alpr_edge.department.db.schema import items
from alpr_edge.department.images.department_images import DepartmentImages, note_keys
from alpr_edge.department.retention.body_renewal import BodyRenewal
from alpr_edge.department.retention.leases import Lease
from alpr_edge.department.retention.pace import PurgePace
from alpr_edge.department.retention.row_deletion import PICTURE

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
