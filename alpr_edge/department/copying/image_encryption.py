"""Encrypts the images that lie as they came, each under the key of the day on which it was received; restartable."""

import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.day_keys import DayKey
from alpr_edge.department.db.schema import IMAGE_ITEMS, items
from alpr_edge.department.images.choice import image_objects
from alpr_edge.department.images.department_images import DepartmentImages, StoredImage, note_keys
from alpr_edge.department.retention.leases import Lease, held_lease
from alpr_edge.department.retention.purge import LEASE
from alpr_edge.domain.errors import DepartmentError

IMAGES_A_BATCH = 40
"""Images that one transaction encrypts: units that deliver wait for it."""


@dataclass(slots=True)
class ImageEncryption:
    """The result of a run."""

    encrypted: int = 0
    before: int = 0
    """Images that were encrypted already."""
    damaged: int = 0
    """Images that are missing or damaged, and stay as they are."""


def encrypt_images(directory: Path, tick: Callable[[int, int], None]) -> ImageEncryption:
    """Encrypt what lies as it came; the department may be served meanwhile.

    Raises:
        DepartmentError: the settings name no master key, or a purge runs.
        StoreError: the images or the database do not answer; the same command goes on.
    """
    with closing(DepartmentDatabase(directory, create=False)) as database:
        with database.reading() as connection:
            database.keys.require_key(connection)
            if not database.keys.are_used(connection):
                raise DepartmentError(
                    "images.key: missing in department.toml; make a key: alpr-edge department keys make"
                )
            total = connection.scalar(select(func.count(items.c.sha256.distinct())).where(_IS_IMAGE)) or 0
        images, result, last, done = DepartmentImages(database, image_objects(directory)), ImageEncryption(), "", 0
        with held_lease(database, LEASE, str(uuid.uuid4())) as lease:
            while names := _encrypt_batch(database, images, lease, last, result):
                last, done = names[-1], done + len(names)
                tick(done, max(total, done))
    return result


_IS_IMAGE = text(IMAGE_ITEMS)


def image_days(connection: Connection, last: str, count: int) -> dict[str, date]:
    """The next images after a digest, in the order of digests, each with the day on which it first came.

    Args:
        last: the digest; empty: from the first on.
        count: how many at most.
    """
    query = select(items.c.sha256, func.min(items.c.received_at)).where(_IS_IMAGE, items.c.sha256 > last)
    rows = connection.execute(query.group_by(items.c.sha256).order_by(items.c.sha256).limit(count))
    return {name: received_at.date() for name, received_at in rows}


def _encrypt_batch(
    database: DepartmentDatabase, images: DepartmentImages, lease: Lease, last: str, result: ImageEncryption
) -> list[str]:
    """Encrypt the next images after a digest; returns the digests of those looked at."""
    with database.reading() as connection:
        received = image_days(connection, last, IMAGES_A_BATCH)
        stored = images.read(connection, list(received))
    days = {name: day for name, day in received.items() if _lies_open(stored[name])}
    result.before += sum(map(_is_encrypted, stored.values()))
    result.damaged += sum(not _is_encrypted(image) and name not in days for name, image in stored.items())
    if days:
        with database.writing() as connection:
            lease.renew(connection)
            keys = note_day_keys(connection, images, days)
        with database.writing() as connection:
            lease.renew(connection)
            result.encrypted += _encrypt(connection, images, keys)
    return list(received)


def note_day_keys(connection: Connection, images: DepartmentImages, days: dict[str, date]) -> dict[str, DayKey]:
    """Note for images that they will be under the keys of their days; returns the keys.

    Args:
        connection: the connection of a transaction that may write, to be committed before the images are written.
    """
    images.keys.are_used(connection)
    of_days = {day: images.keys.key_of_day(connection, day) for day in set(days.values())}
    note_keys(connection, [(name, of_days[day].key_id) for name, day in days.items()])
    return {name: of_days[day] for name, day in days.items()}


def _encrypt(connection: Connection, images: DepartmentImages, keys: dict[str, DayKey]) -> int:
    """Encrypt images; in a transaction that writes, so that none is looked at or removed meanwhile."""
    stored = images.read(connection, list(keys))
    opened = {
        name: image.jpeg
        for name, image in stored.items()
        if image is not None and image.jpeg is not None and _lies_open(image)
    }
    for key in set(keys.values()):
        images.replace({name: jpeg for name, jpeg in opened.items() if keys[name] == key}, key)
    digests = images.settle(connection, list(opened))
    return sum(digests[name] == name for name in opened)


def _lies_open(image: StoredImage | None) -> bool:
    return image is not None and image.key_id is None and image.jpeg is not None


def _is_encrypted(image: StoredImage | None) -> bool:
    return image is not None and image.key_id is not None and image.jpeg is not None
