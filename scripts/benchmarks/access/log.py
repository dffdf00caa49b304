"""The access log: how long a record takes to be durable beside a unit that writes, and a million records to verify.

The log lies on the disk of the folder that is given. The writer beside it is a process that commits batches of reads
without a pause, which is more than a car does.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random

from sqlalchemy import insert

from alpr_edge.domain.access_log.records import (
    AccessEntry,
    AccessOutcome,
    AccessRecord,
    encode_record,
    record_moment,
)
from alpr_edge.domain.log_proofs.merkle import TreeNode, hash_leaf, nodes_of_append
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings, parse
from alpr_edge.store.access_log import audits
from alpr_edge.store.access_log.checkpoints import CheckpointSigner, load_signing_key
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.access_log.schema import nodes, records
from alpr_edge.store.keys import create_keys
from alpr_edge.store.unit_store import open_store
from scripts.benchmarks.figures import figure, milliseconds
from scripts.faults import records as made_reads

APPENDS = 1000
RECORDS = 1_000_000
FILL_BATCH = 20_000
RECORD_MS_MAX, VERIFY_S_MAX = 5.0, 10.0
"""The limits that were set."""
START_S_MAX, STOP_S_MAX = 60.0, 60.0
_PLACE = b',"sequence":0,'


def run(folder: Path | None = None, record_count: int = RECORDS) -> None:
    """Print both figures.

    Args:
        folder: where the log lies meanwhile; None: the system's temporary folder.
        record_count: records of the log that is verified.
    """
    with tempfile.TemporaryDirectory(prefix="access-log-", dir=folder) as name:
        settings = _settings(Path(name))
        with open_access_log(settings, migrate=True) as log:
            times = _append_beside_a_writer(settings, log)
            milliseconds("access.record_ms", times, against={"limit": RECORD_MS_MAX})
            _fill(log, record_count)
            key = CheckpointSigner(log, load_signing_key(settings.store.keys_directory))
            key.sign()
            began = time.perf_counter()
            result = audits.verify(log, key.key, None, lambda _done, _total: None)
            verify_s = time.perf_counter() - began
    assert not result.findings, result.findings
    per_million_s = verify_s * RECORDS / result.records
    figure("access.verify_million_s", per_million_s, "s", {"limit": VERIFY_S_MAX}, of=result.records)


def _settings(folder: Path) -> Settings:
    create_keys(folder / "keys")
    raw = {"unit": {"data_directory": str(folder / "data")}, "store": {"keys_directory": str(folder / "keys")}}
    return parse(raw, folder)


def _append_beside_a_writer(settings: Settings, log: AccessLog) -> list[float]:
    """Milliseconds of each append, while another process commits reads on the same disk."""
    processes = multiprocessing.get_context("spawn")
    is_writing, stop = processes.Event(), processes.Event()
    writer = processes.Process(target=_write_reads, args=(settings, is_writing, stop), daemon=True)
    writer.start()
    try:
        assert is_writing.wait(START_S_MAX), "the writer did not start"
        return list(_append(log))
    finally:
        stop.set()
        writer.join(STOP_S_MAX)
        writer.kill()


def _append(log: AccessLog) -> Iterator[float]:
    clock = SystemClock()
    for number in range(APPENDS):
        entry = _entry(number)
        began = time.perf_counter()
        log.append(entry, clock.now())
        yield (time.perf_counter() - began) * 1000


def _write_reads(settings: Settings, is_writing: Event, stop: Event) -> None:
    """Commit batches of reads until told to stop."""
    random, number = Random(0), 0  # noqa: S311 - what the reads are does not matter
    with open_store(settings, migrate=True) as store:
        while not stop.is_set():
            store.reads.commit(made_reads.batch(random, 1, number))
            number += 1
            is_writing.set()


def _entry(number: int) -> AccessEntry:
    return AccessEntry(
        person_id="p-17",
        person="Nunez, A.",
        organisation="Example Police Department",
        session="2f1c9a",
        component="console",
        action="see_read",
        objects=(f"unit-1:0190aaaa-0000-7000-8000-{number:012d}",),
        purpose="stolen_vehicle",
        offence="10851 VC",
        case="26-000123",
        outcome=AccessOutcome.ALLOWED,
        shown=1,
        shown_bytes=48_211,
        happened=record_moment(SystemClock().now()),
    )


def _fill(log: AccessLog, record_count: int) -> None:
    """Make the log as long as it is to be, many records a transaction, with the bytes and nodes that appends make."""
    first = log.size()
    template = encode_record(
        AccessRecord(
            **dict(_entry(0)),
            unit_id="unit-1",
            log_id=log.log_id,
            sequence=0,
            received=record_moment(SystemClock().now()),
        )
    )
    known = _nodes(log)
    for begin in range(first, record_count, FILL_BATCH):
        rows, new_nodes = [], list[TreeNode]()
        for sequence in range(begin, min(begin + FILL_BATCH, record_count)):
            body = template.replace(_PLACE, b',"sequence":%d,' % sequence)
            rows.append({"sequence": sequence, "body": body})
            for node in nodes_of_append(lambda level, place: known[level, place], sequence, hash_leaf(body)):
                known[node.level, node.place] = node.value
                new_nodes.append(node)
        with log.writing() as connection:
            connection.execute(insert(records), rows)
            values = [{"level": node.level, "place": node.place, "value": node.value} for node in new_nodes]
            connection.execute(insert(nodes), values)


def _nodes(log: AccessLog) -> dict[tuple[int, int], bytes]:
    """The tree as it is stored."""
    with log.reading() as connection:
        rows = connection.execute(nodes.select()).all()
    return {(row.level, row.place): row.value for row in rows}
