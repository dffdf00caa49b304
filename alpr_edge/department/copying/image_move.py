"""Moves a department's images from its folder to its bucket, each read back before its file goes; restartable."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.images.choice import image_bucket, image_folder
from alpr_edge.department.images.department_images import DepartmentImages, digest_in, note_keys
from alpr_edge.department.images.objects import ObjectStore
from alpr_edge.department.images.sealed_images import key_id_of
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

    Raises:
        DepartmentError: the settings name no bucket, or a purge runs.
        StoreError: the bucket or the folder does not answer; the same command goes on.
    """
    bucket, folder, moved_count = image_bucket(directory), image_folder(directory), 0
    if bucket is None:
        raise DepartmentError("images.url: missing in department.toml; name the bucket first")
    bucket.check()
    with closing(DepartmentDatabase(directory, create=False)) as database:
        images = DepartmentImages(database, bucket)
        with held_lease(database, LEASE, str(uuid.uuid4())) as lease:
            while names := list(islice(folder.names(), IMAGES_A_BATCH)):
                contents = {name: content for name in names if (content := folder.read(name)) is not None}
                with database.writing() as connection:
                    lease.renew(connection)
                    note_keys(connection, {(digest_in(name), key_id_of(content)) for name, content in contents.items()})
                _move(contents, bucket, images, database)
                for name in names:
                    folder.remove(name)
                moved_count += len(names)
                tick(moved_count)
    return ImageMove(bucket.label, moved_count)


def _move(
    contents: dict[str, bytes], bucket: ObjectStore, images: DepartmentImages, database: DepartmentDatabase
) -> None:
    """Have the bucket hold what files hold, damaged ones as well; a whole image that it has already stays."""
    with ThreadPoolExecutor(bucket.calls_at_once) as pool:
        made = dict(zip(contents, pool.map(bucket.create, contents, contents.values()), strict=True))
        there = {digest_in(name): name for name, is_new in made.items() if not is_new}
        with database.reading() as connection:
            present = images.digests(connection, list(there))
        for sha256, name in there.items():
            if present[sha256] != sha256:
                bucket.replace(name, contents[name])
        written = [name for name in contents if made[name] or present[digest_in(name)] != digest_in(name)]
        for name, content in zip(written, pool.map(bucket.read, written), strict=True):
            if content != contents[name]:
                raise StoreError(f"{bucket.label}: gave back another image than it took; nothing more was moved")
