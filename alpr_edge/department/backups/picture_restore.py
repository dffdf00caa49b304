"""Puts pictures back that the department lost, each from the newest backup that has it whole; restartable.

A picture is known by its digest, so no backup has to be believed. It is encrypted under the key of the day on which it
first came, as its own key may be destroyed.
"""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from alpr_edge.department.backups.file_list import Tick
from alpr_edge.department.backups.target import DEPARTMENT, BackupTarget
from alpr_edge.department.copying.image_encryption import IMAGES_A_BATCH, image_days, note_day_keys
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.images.choice import IMAGES_NAME, image_objects
from alpr_edge.department.images.department_images import DepartmentImages, object_name, open_images
from alpr_edge.department.integrity_record import PartFaults, StoredPart, note_check
from alpr_edge.department.retention.leases import Lease, LeaseRenewal, held_lease
from alpr_edge.department.retention.purge import LEASE
from alpr_edge.domain.errors import StoreError


@dataclass(slots=True)
class PictureRestore:
    """Result of a run."""

    checked: int = 0
    restored: int = 0
    lost: int = 0
    """Pictures that no backup has whole."""


def restore_pictures(directory: Path, target: Path, tick: Tick) -> PictureRestore:
    """Check every picture, and put back those that are damaged or missing; the department may be served meanwhile.

    Raises:
        DepartmentError: there is no such folder, or a purge runs.
        StoreError: the pictures, the database or the backups cannot be read; the same command goes on.
    """
    backups = [backup / DEPARTMENT / IMAGES_NAME for backup in BackupTarget(target).backups()[::-1]]
    with closing(DepartmentDatabase(directory, create=False)) as database:
        with database.reading() as connection:
            database.keys.require_key(connection)
        run = _Run(database, DepartmentImages(database, image_objects(directory)), backups)
        with held_lease(database, LEASE, str(uuid.uuid4())) as lease:
            last, renew = "", LeaseRenewal(database, [lease])
            while names := run.restore_some(lease, last):
                last = names[-1]
                renew()
                tick("pictures", run.result.checked, None)
    note_check(directory, "images restore", {StoredPart.IMAGES: run.faults})
    return run.result


class _Run:
    """One run.

    Args:
        backups: the folders of pictures in the backups, the newest first.
    """

    def __init__(self, database: DepartmentDatabase, images: DepartmentImages, backups: Sequence[Path]) -> None:
        self._database, self._images, self._backups = database, images, backups
        self.result, self.faults = PictureRestore(), PartFaults()

    def restore_some(self, lease: Lease, last: str) -> list[str]:
        """Check the next pictures after a digest, and put back what is faulty; returns the digests of all of them."""
        with self._database.reading() as connection:
            days = image_days(connection, last, IMAGES_A_BATCH)
            stored = self._images.read(connection, list(days))
            faulty = {name: image for name, image in stored.items() if image is None or image.jpeg is None}
            found = {name: jpeg for name in faulty if (jpeg := self._in_backups(connection, name)) is not None}
        self.result.checked += len(days)
        if found:
            self._put(lease, found, {name: days[name] for name in found})
        self._count(found, faulty)
        return list(days)

    def _put(self, lease: Lease, found: Mapping[str, bytes], days: dict[str, date]) -> None:
        """Write pictures, each under the key of its day where the department has keys, and read them back."""
        with self._database.writing() as connection:
            lease.renew(connection)
            are_sealed = self._images.keys.are_used(connection)
            keys = note_day_keys(connection, self._images, days) if are_sealed else {}
        with self._database.writing() as connection:
            lease.renew(connection)
            for name, jpeg in found.items():
                self._images.replace({name: jpeg}, keys.get(name))
            digests = self._images.settle(connection, list(found))
        if wrong := [name for name in found if digests[name] != name]:
            raise StoreError(f"{self._images.label}: {len(wrong)} pictures were not kept as they were written")

    def _count(self, found: Mapping[str, bytes], faulty: Mapping[str, object]) -> None:
        self.result.restored += len(found)
        self.result.lost += len(faulty) - len(found)
        for name, image in faulty.items():
            if name not in found:
                self.faults.note_image(name, is_missing=image is None)

    def _in_backups(self, connection: Connection, sha256: str) -> bytes | None:
        """A picture as the newest backup has it that has it whole."""
        for folder in self._backups:
            with suppress(OSError):
                content = (folder / object_name(sha256)).read_bytes()
                (image,) = open_images(connection, {sha256: content}).values()
                if image is not None and image.jpeg is not None:
                    return image.jpeg
        return None
