"""Catching up: what a unit's uplink carries to the real department over TLS on loopback, against bare peers.

The peers carry the same bytes in the same batches: httpx as it comes posts them to the same server, without the unit's
client and its outbox, and a bare TLS connection brings them to nobody. Each department is new, or it would find
everything stored already.
"""

import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.protocol.items import (
    DIGEST_HEADER,
    ITEMS_PATH,
    PROTOCOL_HEADER,
    PROTOCOL_VERSION,
    UNIT_HEADER,
    ItemKind,
    OutboxItem,
    Outcome,
)
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import StoreSettings, UplinkSettings
from alpr_edge.store.unit_store import UnitStore
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.tls import context_of
from alpr_edge.uplink.uploader import Uploader
from scripts.benchmarks.disk.device import unit_store
from scripts.benchmarks.disk.reads import ReadGenerator, ReadPictures
from scripts.benchmarks.figures import figure
from scripts.faults.records import UNIT_ID
from scripts.faults.rig import Rig, standing

READS = 1_500
STOP_S_MAX = 20.0
CHUNK_BYTES = 1 << 20
Batches = list[list[OutboxItem]]


@dataclass(frozen=True, slots=True)
class Transfer:
    """How long the same items took each way."""

    items: int
    size: int
    """Bytes of their bodies."""
    uplink_s: float
    httpx_s: float
    tls_s: float

    @property
    def against(self) -> dict[str, float]:
        """The uplink's rate in parts of each peer's."""
        return {
            "ratio to httpx": round(self.httpx_s / self.uplink_s, 3),
            "ratio to bare TLS": round(self.tls_s / self.uplink_s, 3),
        }


def run(folder: Path, settings: StoreSettings, pictures: list[ReadPictures]) -> None:
    """Print items and megabytes a second of the uplink, and its ratio to the peers."""
    transfer = measure(folder, settings, pictures, READS)
    rate, against = transfer.size / transfer.uplink_s, transfer.against
    figure("disk.catchup.rate", rate / 1e6, "MB/s", against, reads=READS)
    figure("disk.catchup.items", transfer.items / transfer.uplink_s, "items/s", against)
    peers = "the same batches to the same server"
    figure("disk.catchup.httpx", transfer.size / transfer.httpx_s / 1e6, "MB/s", what=peers)
    figure(
        "disk.catchup.tls",
        transfer.size / transfer.tls_s / 1e6,
        "MB/s",
        what="the same bytes over a bare TLS connection",
    )
    figure("disk.catchup.fortnight", 8e9 / rate / 3600, "h", what="8 GB at that rate")


def measure(folder: Path, settings: StoreSettings, pictures: list[ReadPictures], reads: int) -> Transfer:
    """Carry what so many reads queue to the department, by the uplink and by each peer."""
    with standing(folder / "rig") as rig:
        pass  # it enrolled the unit; every contender gets a copy of its department
    with unit_store(folder, settings) as store:
        for batch in ReadGenerator(pictures, unit_id=UNIT_ID).batches(reads):
            store.reads.commit(batch)
        batches = list(_batches(store, rig.settings(folder).uplink))
        with serve(rig, "httpx") as uplink:
            httpx_s = post_seconds(uplink, batches)
        tls_s = _transfer_seconds(rig, batches)
        with serve(rig, "uplink") as uplink:
            items, uplink_s = _upload_all(uplink, store)
    size = sum(len(item.body) for batch in batches for item in batch)
    assert items == sum(len(batch) for batch in batches)
    return Transfer(items, size, uplink_s, httpx_s, tls_s)


def _batches(store: UnitStore, uplink: UplinkSettings) -> Iterator[list[OutboxItem]]:
    """Everything that waits, in the order of the uploader."""
    item_ids: set[str] = set()
    while due := store.outbox.due(uplink.batch_items, uplink.batch_bytes, item_ids):
        item_ids |= {item.item_id for item in due}
        yield due


@contextmanager
def serve(rig: Rig, name: str, niceness: int = 0) -> Iterator[UplinkSettings]:
    """A department in a process of its own; gives the unit's settings towards it."""
    directory = rig.folder / name
    shutil.copytree(rig.department, directory)
    program = ["nice", "-n", str(niceness), sys.executable, "-m", "alpr_edge"]
    command = [*program, "department", "serve", "--directory", str(directory), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own interpreter and module
        try:
            assert server.stderr is not None
            address = re.search(r"https://[^,\s]+", server.stderr.readline())
            if address is None:
                raise UplinkError("the department's server did not start")
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield rig.settings(rig.folder).uplink.model_copy(update={"url": address.group()})
        finally:
            server.terminate()
            server.wait(STOP_S_MAX)


def post_seconds(uplink: UplinkSettings, batches: Batches, unit_id: str = UNIT_ID) -> float:
    """Seconds in which httpx as it comes posts the batches over one connection, each once and whole.

    Raises:
        UplinkError: an item has no receipt.
    """
    headers = {UNIT_HEADER: unit_id, PROTOCOL_HEADER: str(PROTOCOL_VERSION)}
    began = time.perf_counter()
    with httpx.Client(
        verify=context_of(uplink), headers=headers, timeout=uplink.answer_timeout_s, trust_env=False
    ) as client:
        answers = [client.post(uplink.url + ITEMS_PATH, files=[_part(item) for item in batch]) for batch in batches]
    seconds = time.perf_counter() - began
    for answer in answers:
        if answer.status_code != 200 or {each["outcome"] for each in answer.json()["answers"]} != {Outcome.RECEIPT}:
            raise UplinkError(f"{uplink.url}: does not take what httpx posts (status {answer.status_code})")
    return seconds


def _part(item: OutboxItem) -> tuple[str, tuple[str, bytes, str, dict[str, str]]]:
    """An item as the form's part that the uplink makes of it."""
    content_type = "image/jpeg" if item.kind is ItemKind.IMAGE else "application/json"
    return item.item_id, (item.kind, item.body, content_type, {DIGEST_HEADER: item.sha256})


def _upload_all(uplink: UplinkSettings, store: UnitStore) -> tuple[int, float]:
    """Items and seconds until the outbox is empty, receipts written."""
    department = HttpsDepartment(uplink, UNIT_ID)
    uploader = Uploader(store.outbox, department, uplink, SystemClock())
    uploader.step()  # draws its first wait
    began = time.perf_counter()
    while uploader.state.waiting:
        uploader.step()
        if uploader.state.failures:
            raise UplinkError(uploader.state.last_error)
    department.close()
    return uploader.state.delivered, time.perf_counter() - began


def _transfer_seconds(rig: Rig, batches: Batches) -> float:
    """Seconds in which a bare TLS connection carries the bodies, until the other end has them all."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sink = threading.Thread(target=_sink, args=(listener, tls_context(TlsFiles(rig.department))), daemon=True)
        sink.start()
        context = context_of(rig.settings(rig.folder).uplink)
        raw = socket.create_connection(listener.getsockname())
        with context.wrap_socket(raw, server_hostname="127.0.0.1") as sender:
            began = time.perf_counter()
            for batch in batches:
                _send(sender, batch)
            sender.unwrap()
        sink.join()
        return time.perf_counter() - began


def _send(sender: ssl.SSLSocket, batch: Sequence[OutboxItem]) -> None:
    for item in batch:
        sender.sendall(item.body)


def _sink(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with context.wrap_socket(connection, server_side=True) as receiver:
        while receiver.recv(CHUNK_BYTES):
            pass
        receiver.unwrap()
