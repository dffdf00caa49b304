"""Copies a department's pictures into a backup, and checks that each opens by the keys of that backup's database.

Pictures of a folder are all read. Of a bucket those are fetched that are new, changed, or on record as faulty; the rest
is linked to the backup before, so that no picture is fetched twice. They are copied and not left to the versions of the
bucket: that works with every server, a drill reads every byte of them, and they outlive the bucket and its account.

A picture that the department has lost is taken from an earlier backup that has it whole, so that it does not expire
with that one. What is deleted is named by no database any more, and leaves with the last backup that has it.
"""

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import select

from alpr_edge.department.backups.file_copies import link_or_copy, make_folder, write_file
from alpr_edge.department.backups.file_list import Tick, file_digest
from alpr_edge.department.backups.survey import OpenReading, picture_count, picture_digests
from alpr_edge.department.backups.target import DEPARTMENT, begun_at
from alpr_edge.department.db.day_keys.day_keys import keys_of
from alpr_edge.department.db.image_key_schema import sealed_images
from alpr_edge.department.images.choice import IMAGES_NAME
from alpr_edge.department.images.department_images import object_name, read_or_nothing
from alpr_edge.department.images.objects import ObjectStore
from alpr_edge.department.images.sealed_images import key_id_of, open_image
from alpr_edge.department.integrity_record import PartFaults
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import digest

PICTURES_AT_ONCE = 64
"""Pictures that are fetched before the next; so many are in memory."""
HEAD_BYTES = 64
"""Bytes of a picture's file that say whether it is encrypted."""
CLOCKS_DIFFER_MAX = timedelta(days=1)
"""How far the clock of a bucket may be off: an object written in that time before a backup is fetched again."""


@dataclass(slots=True)
class CopiedPictures:
    """Result of copying the pictures that the database names."""

    count: int = 0
    linked: int = 0
    kept: int = 0
    """Pictures that the department lost, taken from an earlier backup."""
    faults: PartFaults = field(default_factory=PartFaults)
    """Pictures that are damaged or missing in the department."""


class PictureCopies:
    """Copies pictures into a backup.

    Args:
        earlier: the backups before, the newest first.
        fetched_again: digests of pictures of a bucket to fetch although they look unchanged; None: all are read.
    """

    def __init__(
        self, objects: ObjectStore, to: Path, earlier: Sequence[Path], fetched_again: Collection[str] | None
    ) -> None:
        self._objects, self._to = objects, to
        self._earlier = [backup / DEPARTMENT / IMAGES_NAME for backup in earlier]
        self._unchanged_before = begun_at(earlier[0].name) - CLOCKS_DIFFER_MAX if earlier else None
        self._fetched_again = fetched_again
        self._keys: dict[str, bytes] = {}
        """The keys of the pictures, by their ids: one a day, and few more."""
        self.result = CopiedPictures()

    def copy_all(self, reading: OpenReading, tick: Tick) -> None:
        """Copy or link the pictures that the database names."""
        make_folder(self._to)
        total = picture_count(reading)
        with ThreadPoolExecutor(self._objects.calls_at_once, "pictures") as pool:
            for some in picture_digests(reading):
                for start in range(0, len(some), PICTURES_AT_ONCE):
                    self._copy_some(reading, some[start : start + PICTURES_AT_ONCE], pool)
                    tick("pictures", self.result.count, max(total, self.result.count))

    def read_back(self, sha256: str) -> tuple[str, int]:
        """Digest and length of a picture's file in the backup, mended if the backup before had a damaged one."""
        path = self._to / object_name(sha256)
        found = file_digest(path)
        if found[0] == sha256 or self._is_whole(path.read_bytes(), sha256):
            return found
        content = read_or_nothing(self._objects, sha256)
        if content is not None and found == (digest(content), len(content)):
            return found  # damaged in the department, and copied as it is
        if not self._is_whole(content, sha256):
            whole = self._whole_in_earlier(sha256)
            self._note_fault(sha256, is_missing=content is None, is_kept=whole is not None)
            content = content if whole is None else whole.read_bytes()
        if content is None:
            raise StoreError(f"{path}: damaged in the backup before, and not in {self._objects.label} any more")
        path.unlink()
        write_file(path, content)
        with path.open("rb") as file:
            os.fsync(file.fileno())
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
        before = {sha256: path for sha256 in some if (path := self._in_backup_before(sha256, noted[sha256]))}
        unread = self._find_unchanged(before, pool)
        wanted = [sha256 for sha256 in some if sha256 not in unread]
        contents = dict(zip(wanted, pool.map(partial(read_or_nothing, self._objects), wanted), strict=True))
        self._load_keys(reading, filter(None, (key_id_of(each) for each in contents.values() if each is not None)))
        for sha256 in some:
            if sha256 in unread or self._is_whole(contents[sha256], sha256):
                self._take(sha256, before.get(sha256), contents.get(sha256))
            else:
                self._take_faulty(sha256, contents[sha256])
        self.result.count += len(some)

    def _load_keys(self, reading: OpenReading, key_ids: Iterable[str]) -> None:
        if unknown := {*key_ids} - {*self._keys}:
            with reading() as connection:
                self._keys |= keys_of(connection).load(connection, unknown)

    def _in_backup_before(self, sha256: str, key_ids: set[str]) -> Path | None:
        """The file of a picture in the backup before, if it is under the key that the picture is under now."""
        for folder in self._earlier[:1]:
            path = folder / object_name(sha256)
            with suppress(OSError), path.open("rb") as file:
                if {key_id_of(file.read(HEAD_BYTES))} - {None} == key_ids:
                    return path
        return None

    def _find_unchanged(self, before: Mapping[str, Path], pool: ThreadPoolExecutor) -> set[str]:
        """Pictures of a bucket that are as they were in the backup before, by their sizes and dates."""
        if self._fetched_again is None:
            return set()
        asked = [sha256 for sha256 in before if sha256 not in self._fetched_again]
        states = zip(asked, pool.map(self._objects.stat, map(object_name, asked)), strict=True)
        return {
            sha256
            for sha256, state in states
            if state is not None
            and state.bytes == before[sha256].stat().st_size
            and self._unchanged_before is not None
            and state.changed < self._unchanged_before
        }

    def _take(self, sha256: str, before: Path | None, content: bytes | None) -> None:
        """Link a picture that is whole to the backup before; copy it if that has none."""
        path = self._to / object_name(sha256)
        make_folder(path.parent)
        if before is not None:
            self.result.linked += link_or_copy(before, path)
        elif content is not None:
            write_file(path, content)

    def _take_faulty(self, sha256: str, content: bytes | None) -> None:
        """Take a picture that the department lost from an earlier backup; else copy what is left of it."""
        whole, path = self._whole_in_earlier(sha256), self._to / object_name(sha256)
        self._note_fault(sha256, is_missing=content is None, is_kept=whole is not None)
        make_folder(path.parent)
        if whole is not None:
            link_or_copy(whole, path)
        elif content is not None:
            write_file(path, content)

    def _note_fault(self, sha256: str, *, is_missing: bool, is_kept: bool) -> None:
        if sha256 not in self.result.faults.known:
            self.result.kept += is_kept
        self.result.faults.note_image(sha256, is_missing=is_missing)

    def _whole_in_earlier(self, sha256: str) -> Path | None:
        """The file of a picture in the newest backup that has it whole."""
        for folder in self._earlier:
            path = folder / object_name(sha256)
            with suppress(OSError):
                if self._is_whole(path.read_bytes(), sha256):
                    return path
        return None

    def _is_whole(self, content: bytes | None, sha256: str) -> bool:
        return content is not None and open_image(content, sha256, self._keys) is not None
