"""Images by their content: one object a picture, named by its digest, whoever sent it how often.

With a master key an image is encrypted under the key of the day on which it came. A row says under which key it is, and
is committed before the image is written: as long as an image may be under a key there is a row that says so.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, delete, select

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.day_keys.day_keys import DayKey, keys_of, note_loss
from alpr_edge.department.db.image_key_schema import image_keys, sealed_images
from alpr_edge.department.db.statements import insert_once
from alpr_edge.department.images.objects import ObjectStore
from alpr_edge.department.images.sealed_images import key_id_of, open_image, seal_image
from alpr_edge.department.integrity_record import note_faulty_image
from alpr_edge.domain.errors import LostError, StoreError

CALLS_S_MAX = 120.0
"""Longest time for the images of one batch."""

_SUFFIX = ".jpg"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredImage:
    """What lies under an image's name."""

    key_id: str | None
    """None: it lies as it came, or is damaged."""
    jpeg: bytes | None
    """None: its key is destroyed, or it was changed."""


class DepartmentImages:
    """The images of a department; threads may share it."""

    def __init__(self, database: DepartmentDatabase, objects: ObjectStore) -> None:
        self._database = database
        self._objects = objects
        self.keys = database.keys
        """The keys of a day."""

    @property
    def label(self) -> str:
        """Where images lie, as people name it."""
        return self._objects.label

    def put(self, unit_id: str, images: Mapping[str, bytes]) -> None:
        """Keep images; they are durable when this returns. Those that are here and whole are kept as they are."""
        if not images:
            return
        key = self._key_for(unit_id, list(images))
        contents = {name: _content(jpeg, name, key) for name, jpeg in images.items()}
        made = self._each(lambda name: self._objects.create(object_name(name), contents[name]), list(images))
        if there := [name for name, is_new in made.items() if not is_new]:
            with self._database.reading() as connection:
                present = self.digests(connection, there)
            damaged = [name for name in there if present[name] != name]
            self._each(lambda name: self._objects.replace(object_name(name), contents[name]), damaged)

    def digests(self, connection: Connection, names: Sequence[str]) -> dict[str, str | None]:
        """The digest of each image that is whole; None: it is missing, damaged, or does not open."""
        return _digests(self.read(connection, names))

    def settle(self, connection: Connection, names: Sequence[str]) -> dict[str, str | None]:
        """Look what images are now, and note under which key, in the transaction that makes rows of them.

        In one that writes as well a key is destroyed: an image under a destroyed key is not there.

        Returns:
            As :meth:`digests`.
        """
        stored = self.read(connection, names)
        digests = _digests(stored)
        whole = [name for name in names if digests[name] == name]
        is_one = sealed_images.c.sha256.in_(whole)
        noted = {(row.sha256, row.key_id) for row in connection.execute(select(sealed_images).where(is_one))}
        found = {(name, image.key_id) for name in whole if (image := stored[name]) and image.key_id is not None}
        if noted != found:
            connection.execute(delete(sealed_images).where(is_one))
            note_keys(connection, found)
        return digests

    def read(self, connection: Connection, names: Sequence[str]) -> dict[str, StoredImage | None]:
        """What lies under each name; None: nothing."""
        return open_images(connection, self._each(lambda name: read_or_nothing(self._objects, name), names))

    def require(self, connection: Connection, sha256: str) -> bytes:
        """Return a picture that is needed now, as JPEG; one that cannot be is put on record as damaged or missing."""
        stored = self.read(connection, [sha256])[sha256]
        if stored is None or stored.jpeg is None:
            note_faulty_image(self._database.directory, sha256, "a look at it", is_missing=stored is None)
            raise LostError("this picture cannot be shown: it is missing, was changed, or its key is destroyed")
        return stored.jpeg

    def replace(self, images: Mapping[str, bytes], key: DayKey | None) -> None:
        """Write images under a key, where rows that say so are committed; None: as they came."""
        contents = {name: _content(jpeg, name, key) for name, jpeg in images.items()}
        self._each(lambda name: self._objects.replace(object_name(name), contents[name]), list(images))

    def remove(self, connection: Connection, names: Sequence[str]) -> None:
        """Remove images and what is noted of them; one that is not there is no error.

        Args:
            connection: the connection of a transaction that may write.
        """
        self._each(lambda name: self._objects.remove(object_name(name)), names)
        is_one = sealed_images.c.sha256.in_(list(names))
        note_loss(connection, image_keys.c.key_id.in_(select(sealed_images.c.key_id).where(is_one)))
        connection.execute(delete(sealed_images).where(is_one))

    def check(self) -> None:
        """Ask whether the place answers."""
        self._objects.check()

    def _key_for(self, unit_id: str, names: list[str]) -> DayKey | None:
        """The key that images of now will be under, noted for each of them; None: images lie as they came."""
        with self._database.reading() as connection:
            if not self.keys.are_used(connection):
                return None
        with self._database.writing(unit_id) as connection:
            self.keys.are_used(connection)
            key = self.keys.key_of_day(connection, naive_utc_now().date())
            note_keys(connection, [(name, key.key_id) for name in names])
        return key

    def _each(self, call: Callable[[str], T], names: Iterable[str]) -> dict[str, T]:
        """The results of a call for each name, some calls at a time, all within a bounded time."""
        some = list(names)
        if self._objects.calls_at_once == 1 or len(some) < 2:
            return {name: call(name) for name in some}
        end_s = time.monotonic() + CALLS_S_MAX
        with ThreadPoolExecutor(min(self._objects.calls_at_once, len(some)), "images") as pool:
            try:
                return dict(zip(some, _results([pool.submit(call, name) for name in some], end_s), strict=True))
            except FutureTimeoutError:
                raise StoreError(f"{self.label}: did not take a batch within {CALLS_S_MAX:g} s") from None
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


def read_or_nothing(objects: ObjectStore, sha256: str) -> bytes | None:
    """What lies under the name of an image: nothing, no byte, if the disk does not give it back; None: no object."""
    try:
        return objects.read(object_name(sha256))
    except LostError:
        return b""


def open_images(connection: Connection, contents: Mapping[str, bytes | None]) -> dict[str, StoredImage | None]:
    """Decrypt the contents of objects by the keys of a connection's department; None: there is no object."""
    key_ids = {name: key_id_of(content) for name, content in contents.items() if content is not None}
    keys = keys_of(connection).load(connection, filter(None, key_ids.values()))
    return {
        name: None if content is None else StoredImage(key_ids[name], open_image(content, name, keys))
        for name, content in contents.items()
    }


def _digests(stored: Mapping[str, StoredImage | None]) -> dict[str, str | None]:
    return {name: name if image is not None and image.jpeg is not None else None for name, image in stored.items()}


def object_name(sha256: str) -> str:
    """The name of the object of an image."""
    return f"{sha256[:2]}/{sha256}{_SUFFIX}"


def digest_in(name: str) -> str:
    """The digest of the image whose object has this name."""
    return name.rpartition("/")[2].removesuffix(_SUFFIX)


def note_keys(connection: Connection, pairs: Iterable[tuple[str, str | None]]) -> None:
    """Note for images under which keys they are.

    Args:
        connection: the connection of a transaction that may write.
        pairs: a digest and a key's id; None: the image lies as it came, and nothing is noted.
    """
    rows = [{"sha256": name, "key_id": key_id} for name, key_id in pairs if key_id is not None]
    insert_once(connection, sealed_images, rows)


def _content(jpeg: bytes, name: str, key: DayKey | None) -> bytes:
    return jpeg if key is None else seal_image(jpeg, name, key.key_id, key.key)


def _results(futures: list[Future[T]], end_s: float) -> Iterator[T]:
    for future in futures:
        yield future.result(timeout=max(0.0, end_s - time.monotonic()))
