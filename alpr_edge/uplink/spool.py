"""Portable media at the depot: the same items, digests and receipts without a network.

Under ``<directory>/<unit>/`` every item is one file, ``<item id>.<kind>``, with ``<file>.sha256`` beside it in the
format of ``sha256sum --check``. An item counts only with its digest file, which is written last. What is written
holds plates in clear: the medium itself must be encrypted (LUKS), as the depot's rules for removable media say.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.wire import Answer, OutboxItem, Outcome, digest
from alpr_edge.store.files import PRIVATE_DIRECTORY, sync_directory, write_temporary

DIGEST_SUFFIX = ".sha256"


class DirectorySpool:
    """Implements :class:`~alpr_edge.domain.ports.Department`.

    Args:
        directory: on the medium. It must exist: making it would fill the vehicle's own disk below an unmounted
            mount point.
        unit_id: this unit, a folder of its own.
    """

    def __init__(self, directory: Path, unit_id: str) -> None:
        self._directory = directory
        self._unit_directory = directory / unit_id

    def deliver(self, items: Sequence[OutboxItem]) -> list[Answer]:
        """Write a batch; a receipt carries the digest of what was read back from the medium.

        Raises:
            UplinkError: the medium is missing, full or broken.
        """
        if not self._directory.is_dir():
            raise UplinkError(f"{self._directory}: no such folder; is the medium mounted?")
        try:
            self._unit_directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
            sync_directory(self._directory)
            return [self._deliver_one(item) for item in items]
        except OSError as error:
            raise UplinkError(f"{self._directory}: the medium failed: {error.strerror}") from None

    def _deliver_one(self, item: OutboxItem) -> Answer:
        path = self._unit_directory / f"{quote(item.item_id, safe='')}.{item.kind.value}"
        label = Path(f"{path}{DIGEST_SUFFIX}")
        if label.exists():
            stored = _read_back(path) if path.exists() else None
            if stored is not None and stored != item.sha256 and _labelled(label) == stored:
                return Answer(item.item_id, Outcome.REFUSED, detail="409 there with other content")
            if stored == item.sha256:
                return Answer(item.item_id, Outcome.RECEIPT, stored)
        return self._write(item, path, label)

    def _write(self, item: OutboxItem, path: Path, label: Path) -> Answer:
        """Body first, digest last, each under its name at once and durable."""
        _replace(path, item.body)
        stored = _read_back(path)
        if stored != digest(item.body):
            return Answer(item.item_id, Outcome.RECEIPT, stored)
        _replace(label, f"{stored}  {path.name}\n".encode())
        return Answer(item.item_id, Outcome.RECEIPT, stored)


def _replace(path: Path, content: bytes) -> None:
    write_temporary(path.parent, content).replace(path)
    sync_directory(path.parent)


def _read_back(path: Path) -> str:
    """Digest of a file as the medium has it: what this machine remembers of it is dropped first."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return digest(file.read())


def _labelled(label: Path) -> str:
    return label.read_text(encoding="ascii", errors="replace").partition(" ")[0]
