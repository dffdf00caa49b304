"""Measures how long a batch waits for a purge that deletes many reads beside it, on each engine.

The purge runs in a process of its own, as the timer's does; here batches are stored one after the other, and before
each of them it is measured how long its transaction takes to begin. Server, purge and batches share the machine.
"""

import itertools
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.item_bodies import BodySealer
from alpr_edge.department.db.retention_schema import read_pictures
from alpr_edge.department.db.schema import items, reads
from alpr_edge.department.db.statements import insert_many
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.search.upkeep import note_plates
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import OutboxItem
from scripts.benchmarks.department.traffic import START, UNITS, FleetTraffic, TrafficBlock, deliveries
from scripts.benchmarks.figures import figure

READS = 100_000
BATCH = 10
PAUSE_S = 0.02
MADE_AT_ONCE = 1_000
ALONE_BATCHES = 200
"""Records before the purge begins, to know what a batch waits without one."""
FLOOR_MS = 100
PURGE_S_MAX = 120.0
"""How long a purge is watched; the next run would go on where it broke off."""
AGE = timedelta(days=400)
"""Of what is loaded: all of it is due, and nothing that is stored now."""
BODY_BYTES = 900
PICTURED = 10
"""Each so many-th read has a picture."""


@dataclass(slots=True)
class StoredBatches:
    """Stores batches, and how long each waited."""

    storage: Storage
    database: DepartmentDatabase
    batches: Iterator[tuple[str, list[OutboxItem]]]

    def store(self) -> float:
        """Store the next batch; the seconds that its transaction took to begin."""
        unit_id, batch = next(self.batches)
        began_s = time.perf_counter()
        with self.database.writing(unit_id):
            waited_s = time.perf_counter() - began_s
        answers = self.storage.store(unit_id, [Part(it.item_id, it.kind, it.body, it.sha256) for it in batch])
        if any(answer.status != 200 for answer in answers):
            raise StoreError("a batch beside the purge was not stored")
        time.sleep(PAUSE_S)
        return waited_s


def run(engine: str, directory: Path, count: int = READS) -> None:
    """Print the figure of an engine.

    Args:
        engine: its name.
        directory: the department's folder, empty but for settings and keys.
        count: the reads that are due.
    """
    traffic = FleetTraffic()
    with closing(Storage(directory)) as storage, closing(DepartmentDatabase(directory)) as database:
        for block in traffic.blocks(0, count):
            _load(database, block)
        batches = StoredBatches(storage, database, _deliveries(traffic, count))
        alone = [batches.store() for _ in range(ALONE_BATCHES)]
        beside, seconds = _beside_purge(directory, batches)
        left = storage.counts().reads
    purged = count + BATCH * (len(alone) + len(beside)) - left
    if not 0 < purged <= count:
        raise StoreError(f"{purged} reads of {count} were purged")
    p50, p99 = (round(float(each) * 1e3, 1) for each in np.percentile(beside, (50, 99)))
    alone_ms = round(max(alone) * 1e3, 1)
    about = {"p50": p50, "p99": p99, "batches": len(beside), "longest_without_ms": alone_ms}
    rate = round(purged / seconds)
    name = f"department.{engine}.purge_wait_ms"
    figure(name, max(beside) * 1e3, "ms", {"floor": FLOOR_MS}, **about, of=count, purged=purged, purged_per_s=rate)


def _deliveries(traffic: FleetTraffic, first: int) -> Iterator[tuple[str, list[OutboxItem]]]:
    """Batches without end, of the reads after those that were loaded."""
    for start in itertools.count(first, MADE_AT_ONCE):
        yield from deliveries(traffic, start, MADE_AT_ONCE, BATCH)


def _beside_purge(directory: Path, batches: StoredBatches) -> tuple[list[float], float]:
    """How long batches wait while a purge runs, and how long it ran: to its end, or as long as it is watched."""
    process = multiprocessing.get_context("spawn").Process(target=_purge, args=(directory,))
    began_s, waits = time.monotonic(), list[float]()
    process.start()
    while process.is_alive() and time.monotonic() < began_s + PURGE_S_MAX:
        waits.append(batches.store())
    seconds = time.monotonic() - began_s
    if seconds < PURGE_S_MAX:
        process.join()
        if process.exitcode:
            raise StoreError("the purge failed")
    process.kill()
    process.join()
    return waits, seconds


def _purge(directory: Path) -> None:
    with closing(Storage(directory, create=False)) as storage:
        storage.open_purge(is_clock_trusted=True).run("benchmark")


def _load(database: DepartmentDatabase, block: TrafficBlock) -> None:
    """Put reads, their items with bodies under the key of their day, and some pictures into the tables."""
    older = datetime.now(UTC) - AGE - START
    with database.writing() as connection:
        database.keys.are_used(connection)
        sealer = BodySealer(database.keys.key_of_day(connection, (block.moment(0) + older).date()))
        read_rows, item_rows, picture_rows = [], [], []
        for place, plate in enumerate(block.plates):
            read_id, unit_id = block.read_id(place), UNITS[block.units[place]]
            moment = (block.moment(place) + older).replace(tzinfo=None)
            text = f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
            read = {"read_id": read_id, "unit_id": unit_id, "camera_id": "front", "plate": plate, "confidence": 0.9}
            read |= {"vote_count": 8, "first_seen": text, "last_seen": text, "utc_source": "gnss", "seen_at": moment}
            read_rows.append(read)
            sha256 = f"{block.seeds[place]:016x}{block.first + place:016x}" * 2
            item = {"item_id": read_id, "unit_id": unit_id, "kind": "read", "sha256": sha256, "length": BODY_BYTES}
            item |= {"received_at": moment, "key_id": sealer.key_id}
            item_rows.append(item | {"body": sealer.seal(bytes(BODY_BYTES), unit_id, read_id)})
            if place % PICTURED == 0:
                item_rows.append(item | {"item_id": sha256, "kind": "image", "body": None, "key_id": None})
                picture_rows.append({"read_id": read_id, "unit_id": unit_id, "sha256": sha256})
        insert_many(connection, reads, read_rows)
        insert_many(connection, items, item_rows)
        insert_many(connection, read_pictures, picture_rows)
        note_plates(connection, block.plates)
