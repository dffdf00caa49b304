"""A department that fails over one item for ever, whatever it comes with, and takes all others."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from fastapi import HTTPException

from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.http.uvicorn_server import uvicorn_server
from alpr_edge.department.ingest.part_checks import PartError
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import ItemAnswerPayload, ItemKind

STOP_S_MAX = 60.0


class RefusalKind(StrEnum):
    """How it fails."""

    ERROR = "500 to every batch that holds it"
    BUSY = "503 to every batch that holds it"
    BATCH = "422 to every batch that holds it"
    ITEM = "422 to the item alone"


class RefusingStorage(Storage):
    """A real storage that does not take one item: the first of its kind that comes.

    Args:
        directory: the department's folder.
        refusal: how it fails.
        kind: of the item.
    """

    def __init__(self, directory: Path, refusal: RefusalKind, kind: ItemKind) -> None:
        super().__init__(directory)
        self._refusal = refusal
        self._kind = kind
        self._lock = threading.Lock()
        self.item_id = ""
        """Of the item; empty until it came."""
        self.failures = 0
        """How often it was refused."""

    def store(self, unit_id: str, parts: Sequence[Part]) -> list[ItemAnswerPayload]:
        """As every storage's, but for one item."""
        with self._lock:
            if not self.item_id:
                self.item_id = next((part.item_id for part in parts if part.kind == self._kind), "")
            if not any(part.item_id == self.item_id for part in parts):
                return super().store(unit_id, parts)
            self.failures += 1
        if self._refusal is RefusalKind.ERROR:
            raise HTTPException(500, "a fault of the program")
        if self._refusal is RefusalKind.BUSY:
            raise StoreError("a fault of the department's disk")
        if self._refusal is RefusalKind.BATCH:
            raise HTTPException(422, "a field is not as expected")
        others = super().store(unit_id, [part for part in parts if part.item_id != self.item_id])
        return [*others, PartError(422, "a field is not as expected").answer(self.item_id)]


@contextmanager
def refusing_department(directory: Path, refusal: RefusalKind, kind: ItemKind) -> Iterator[tuple[str, RefusingStorage]]:
    """Serve beside the other department, over the same folder; gives the address and the storage."""
    storage = RefusingStorage(directory, refusal, kind)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn_server(create_app(storage), tls_context(TlsFiles(directory)))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listening.getsockname()[1]}", storage
        finally:
            server.should_exit = True
            thread.join(STOP_S_MAX)
            storage.close()
