"""The audit log of the lists: who changed a list or had covert entries shown, when and what for; never a plate.

One JSON object a line in ``audit.jsonl`` beside the sealed lists, readable by its owner alone. A line is on the disk
before the action is done; where it cannot be written, nothing is done.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.runtime.durable_files import PRIVATE_FILE, give_to_owner_of, private_directory, sync_directory
from alpr_edge.runtime.io_errors import io_errors

FILE_BYTES_MAX = 1 << 20
"""Size from which a new file is begun; the one before is kept, the one before that is not."""
_NEW, _OLD = "audit.jsonl", "audit.1.jsonl"


@dataclass(frozen=True, slots=True)
class ListAuditLog:
    """The audit log in the folder of the lists."""

    directory: Path
    file_bytes_max: int = FILE_BYTES_MAX

    def append(
        self,
        actor: str,
        purpose: str,
        action: str,
        now: datetime | None,
        **details: Any,  # noqa: ANN401 - values of JSON
    ) -> None:
        """Write a line that is on the disk when this returns.

        Args:
            actor: the name of whoever acts.
            purpose: what for, by its code.
            action: the action, such as ``import_list``.
            now: the moment, UTC; None when it is not known.
            details: what the action is about, such as the source of a list; no plates.

        Raises:
            StoreError: it cannot be written.
        """
        line = {
            "at": rfc3339(now) if now else None,
            "actor": actor,
            "purpose": purpose,
            "action": action,
            **details,
        }
        private_directory(self.directory)
        path = self.directory / _NEW
        with io_errors(f"{path}: the audit log cannot be written", StoreError, "nothing was done"):
            if path.exists() and path.stat().st_size >= self.file_bytes_max:
                path.replace(self.directory / _OLD)
            self._write(path, json.dumps(line).encode() + b"\n")
            sync_directory(self.directory)

    def lines(self) -> Iterator[dict[str, Any]]:
        """The lines of the log, oldest first; one that a power cut left unfinished is left out.

        Raises:
            StoreError: the log cannot be read.
        """
        for name in (_OLD, _NEW):
            path = self.directory / name
            if path.exists():
                with io_errors(f"{path}: the audit log cannot be read", StoreError):
                    text = path.read_text(encoding="utf-8", errors="replace")
                yield from _objects(text)

    def _write(self, path: Path, data: bytes) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
        with open(descriptor, "ab", buffering=0) as file:  # noqa: PTH123 - a descriptor, which Path cannot open
            give_to_owner_of(self.directory, descriptor)
            size = os.fstat(descriptor).st_size
            # A line that a power cut left unfinished must not swallow this one.
            begin = b"" if size == 0 or os.pread(descriptor, 1, size - 1) == b"\n" else b"\n"
            file.write(begin + data)
            os.fsync(descriptor)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value
