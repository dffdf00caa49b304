"""Copies the pictures of a bucket into a backup, each once: what the backup before has of them is not fetched again.

They are copied and not left to the versions of the bucket: that goes with every server, also one without versions, a
drill reads every byte of them, and who loses the bucket or its account has them still. What is deleted leaves with the
last backup that has it; versions would keep it for as long as the bucket's own rules say.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select

from alpr_edge.department.backups.file_copies import HEAD_BYTES, CopiedPictures, link_or_copy, make_folder, write_file
from alpr_edge.department.backups.file_list import Tick, file_digest
from alpr_edge.department.backups.survey import OpenReading, picture_count, picture_digests
from alpr_edge.department.db.day_keys.day_keys import keys_of
from alpr_edge.department.db.image_key_schema import sealed_images
from alpr_edge.department.images.department_images import object_name
from alpr_edge.department.images.objects import ObjectStore
from alpr_edge.department.images.sealed_images import key_id_of, open_image
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import digest

PICTURES_AT_ONCE = 64
"""Pictures that are fetched before the next; so many are in memory."""


class BucketCopies:
    """Copies pictures of a bucket into a backup, and finds that each opens by the keys of that backup's database.

    A picture that the backup before has under the same key is linked, and read back with all others: one that was
    damaged there is fetched anew.

    Args:
        objects: the bucket; with the folder, as long as pictures are in it.
        to: the folder of pictures in the backup.
        before: that of the backup before; None: there is none.
    """

    def __init__(self, objects: ObjectStore, to: Path, before: Path | None) -> None:
        self._objects, self._to, self._before = objects, to, before
        self._keys: dict[str, bytes] = {}
        """The keys of the pictures, by their ids: one a day, and few more."""
        self.result = CopiedPictures()

    def copy_all(self, reading: OpenReading, tick: Tick) -> None:
        """Fetch or link the pictures that the database names.

        Raises:
            StoreError: the bucket does not answer, or the master key cannot be read.
            OSError: the disk is full or failed.
        """
        make_folder(self._to)
        total = picture_count(reading)
        with ThreadPoolExecutor(self._objects.calls_at_once, "pictures") as pool:
            for some in picture_digests(reading):
                for start in range(0, len(some), PICTURES_AT_ONCE):
                    self._copy_some(reading, some[start : start + PICTURES_AT_ONCE], pool)
                    tick("pictures", self.result.count, max(total, self.result.count))

    def read_back(self, sha256: str) -> tuple[str, int]:
        """Digest and length of a picture's file in the backup, fetched anew where the backup before had a damaged one.

        Raises:
            StoreError: the disk does not give back what was written, or the bucket does not answer.
            OSError: the disk failed.
        """
        path = self._to / object_name(sha256)
        found = file_digest(path)
        if sha256 in self.result.damaged or found[0] == sha256 or self._is_whole(path.read_bytes(), sha256):
            return found
        content = self._objects.read(object_name(sha256))
        if content is None:
            raise StoreError(f"{path}: damaged in the backup before, and not in {self._objects.label} any more")
        path.unlink()
        write_file(path, content)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        if not self._is_whole(content, sha256):
            self.result.damaged.add(sha256)
        found = file_digest(path)
        if found != (digest(content), len(content)):
            raise StoreError(f"{path}: the disk does not give back what was written; use another disk")
        return found

    def _copy_some(self, reading: OpenReading, some: Sequence[str], pool: ThreadPoolExecutor) -> None:
        noted = defaultdict[str, set[str]](set)
        with reading() as connection:
            query = select(sealed_images).where(sealed_images.c.sha256.in_(some))
            for row in connection.execute(query):
                noted[row.sha256].add(row.key_id)
        self._load_keys(reading, {key_id for key_ids in noted.values() for key_id in key_ids})
        wanted = [sha256 for sha256 in some if not self._take_from_before(sha256, noted[sha256])]
        contents = dict(zip(wanted, pool.map(self._objects.read, map(object_name, wanted)), strict=True))
        self._load_keys(reading, filter(None, (key_id_of(each) for each in contents.values() if each is not None)))
        for sha256, content in contents.items():
            if content is None:
                self.result.missing += 1
                continue
            path = self._to / object_name(sha256)
            make_folder(path.parent)
            write_file(path, content)
            if not self._is_whole(content, sha256):
                self.result.damaged.add(sha256)
        self.result.count += len(some)

    def _load_keys(self, reading: OpenReading, key_ids: Iterable[str]) -> None:
        if unknown := {*key_ids} - {*self._keys}:
            with reading() as connection:
                self._keys |= keys_of(connection).load(connection, unknown)

    def _take_from_before(self, sha256: str, key_ids: set[str]) -> bool:
        """Link a picture that the backup before has under the key that it is under now."""
        if self._before is None:
            return False
        before, path = self._before / object_name(sha256), self._to / object_name(sha256)
        with suppress(OSError):  # it has none
            with before.open("rb") as file:
                key_id = key_id_of(file.read(HEAD_BYTES))
            if {key_id} - {None} != key_ids:
                return False
            make_folder(path.parent)
            self.result.linked += link_or_copy(before, path)
            return True
        return False

    def _is_whole(self, content: bytes, sha256: str) -> bool:
        jpeg = open_image(content, sha256, self._keys)
        return jpeg is not None and digest(jpeg) == sha256
