"""Portable media at the depot: what a unit's directory spool wrote, taken into the storage.

``<medium>/<unit>/<item id>.<kind>`` with ``<file>.sha256`` beside it; a file without one was never finished and is left
out, since the unit holds no receipt for it. The medium is only read: wiping it is a decision of its own.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

from alpr_edge.department.records import Part
from alpr_edge.department.storage import Storage
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.wire import BODY_BYTES_MAX, Outcome

BATCH = 50
TROUBLES_MAX = 100
DIGEST_SUFFIX = ".sha256"
LABEL_BYTES_MAX = 1024

_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(slots=True)
class TakenIn:
    """What came of a medium."""

    stored: int = 0
    """Items that are in the storage now, whether for the first time or not."""
    refused: int = 0
    """Items that are not."""
    troubles: tuple[str, ...] = ()
    """The first of them, one line each, without plate text."""

    def note(self, path: Path, trouble: str) -> None:
        """Count an item that is not stored."""
        self.refused += 1
        if len(self.troubles) < TROUBLES_MAX:
            self.troubles += (f"{path}: {trouble}",)


def take_in(storage: Storage, medium: Path, tick: Callable[[int], None]) -> TakenIn:
    """Store every finished item of a medium; running it again changes nothing.

    Args:
        storage: where to.
        medium: the folder units were given.
        tick: told how many items more were looked at.

    Raises:
        DepartmentError: the medium cannot be read.
        StoreError: the storage takes nothing at present; run it again later.
    """
    found = TakenIn()
    try:
        units = sorted(path for path in medium.iterdir() if path.is_dir() and _UNIT.fullmatch(path.name))
        for unit in units:
            labels = iter(sorted(unit.glob(f"*{DIGEST_SUFFIX}")))
            while batch := list(islice(labels, BATCH)):
                _store(storage, unit.name, batch, found)
                tick(len(batch))
    except OSError as error:
        raise DepartmentError(f"{medium}: cannot be read: {error.strerror}") from None
    return found


def _store(storage: Storage, unit_id: str, labels: list[Path], found: TakenIn) -> None:
    paths = [label.with_name(label.name.removesuffix(DIGEST_SUFFIX)) for label in labels]
    read = list(_parts(paths, labels, found))
    for (path, _), answer in zip(read, storage.store(unit_id, [part for _, part in read]), strict=True):
        if answer.outcome == Outcome.RECEIPT:
            found.stored += 1
        else:
            found.note(path, f"{answer.status} {answer.detail}")


def _parts(paths: list[Path], labels: list[Path], found: TakenIn) -> Iterator[tuple[Path, Part]]:
    for path, label in zip(paths, labels, strict=True):
        try:
            body = _content(path, BODY_BYTES_MAX + 1)
            sha256 = _content(label, LABEL_BYTES_MAX).decode("ascii", errors="replace").partition(" ")[0]
        except OSError as error:
            found.note(path, f"cannot be read: {error.strerror}")
            continue
        name, _, kind = path.name.rpartition(".")
        yield path, Part(unquote(name), kind, body, sha256)


def _content(path: Path, length: int) -> bytes:
    """At most ``length`` bytes of a file; a link is not followed, it could lead anywhere on this server."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - a descriptor
        return file.read(length)
