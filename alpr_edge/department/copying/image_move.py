"""Moves a department's images from its folder to its bucket, each read back before its file goes; restartable."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.images.choice import image_bucket, image_folder
from alpr_edge.department.images.folder import ObjectFolder
from alpr_edge.department.images.objects import ObjectStore
from alpr_edge.department.retention.leases import held_lease
from alpr_edge.department.retention.purge import LEASE
from alpr_edge.domain.errors import DepartmentError, StoreError

IMAGES_A_BATCH = 64
"""Images that are moved before the lease is prolonged: none is deleted meanwhile."""


@dataclass(frozen=True, slots=True)
class ImageMove:
    """A move that has ended."""

    place: str
    moved: int


def move_images(directory: Path, tick: Callable[[int], None]) -> ImageMove:
    """Move the images of the folder to the bucket that the settings name; the department may be served meanwhile.

    Args:
        directory: the department's folder.
        tick: receives the number of images moved so far.

    Raises:
        DepartmentError: the settings name no bucket, or a purge runs.
        StoreError: the bucket or the folder does not answer; the same command goes on.
    """
    bucket, folder, moved_count = image_bucket(directory), image_folder(directory), 0
    if bucket is None:
        raise DepartmentError("images.url: missing in department.toml; name the bucket first")
    bucket.check()
    database = DepartmentDatabase(directory, create=False)
    try:
        with held_lease(database, LEASE, str(uuid.uuid4())) as lease, ThreadPoolExecutor(bucket.calls_at_once) as pool:
            while names := list(islice(folder.names(), IMAGES_A_BATCH)):
                with database.writing() as connection:
                    lease.renew(connection)
                for future in [pool.submit(_move, name, folder, bucket) for name in names]:
                    future.result()
                moved_count += len(names)
                tick(moved_count)
    finally:
        database.close()
    return ImageMove(bucket.label, moved_count)


def _move(name: str, folder: ObjectFolder, bucket: ObjectStore) -> None:
    """Move an image, also a damaged one, which its unit may yet repair; one that the bucket has already stays there."""
    content = folder.read(name)
    if content is None:
        return
    if bucket.create(name, content) and bucket.read(name) != content:
        raise StoreError(f"{bucket.label}: gave back another image than it took; nothing more was moved")
    folder.remove(name)
