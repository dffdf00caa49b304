"""Measures the department: reads a second with durable receipts on each engine, the time of a receipt, searches.

Server, database and fleet share this machine's cores. After each run everything is counted in the database: what has a
receipt is there, once.
"""

import os
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sqlalchemy import text

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.domain.errors import UplinkError
from scripts.benchmarks.department import partitions, purge_wait, searches, stored_size
from scripts.benchmarks.department.departments import new_department
from scripts.benchmarks.department.fleet import FleetLoad, FleetResult, enrol_fleet, run_fleet
from scripts.benchmarks.department.searches import SearchSize
from scripts.benchmarks.department.servers import running
from scripts.benchmarks.figures import figure

PARTS = ("sqlite", "postgresql", "search", "purge", "size", "partitions")
ENGINES = PARTS[:2]
READS = 1_000
"""Of each unit: those of a shift."""


@dataclass(frozen=True, slots=True)
class FleetSize:
    """How many units deliver how much."""

    units: int = 100
    reads: int = READS
    """Of each unit."""
    batch: int = 50
    """As units send them unless they are set otherwise."""

    @property
    def total(self) -> int:
        """The reads of all units."""
        return self.units * self.reads


def run(
    parts: tuple[str, ...],
    size: FleetSize | None = None,
    search_size: SearchSize | None = None,
    rows: int | None = None,
) -> None:
    """Print the figures of some engines, of searches, of a purge beside ingest, of the room of a read, of partitions.

    Args:
        parts: names of :data:`PARTS`.
        size: the fleet; None: 100 units with a shift's reads each.
        search_size: how large the tables are that are searched; None: ten million reads.
        rows: the reads that a purge deletes, of which the room is measured, or that lie in partitions; None: as many as
            each of these asks for.

    Raises:
        DepartmentError: PostgreSQL is asked for and not installed.
        UplinkError: something was lost or doubled.
    """
    for engine in parts:
        if engine == "search":
            searches.run(search_size)
        elif engine == "size":
            stored_size.run(rows or stored_size.READS)
        elif engine == "partitions":
            partitions.run(rows or partitions.READS)
        elif engine == "purge":
            for each in ENGINES:
                with new_department(each) as directory:
                    purge_wait.run(each, directory, rows or purge_wait.READS)
        else:
            with new_department(engine) as directory:
                measure(engine, directory, size or FleetSize())


def measure(engine: str, directory: Path, size: FleetSize) -> None:
    """Print the figures of a department on an engine.

    Args:
        engine: its name, for the figures.
        directory: the department's folder, without units.
        size: the fleet.
    """
    units, certificates = tuple(f"car-{number}" for number in range(size.units)), directory.parent / "units"
    enrol_fleet(directory, units, certificates)
    with running("serve", directory) as server:
        load = FleetLoad(server.url, units, certificates, size.reads, size.batch)
        before_s = cpu_seconds(server.process_id)
        result = run_fleet(load)
        server_us = (cpu_seconds(server.process_id) - before_s) / size.total * 1e6
        require_all(directory, result, size.total)
        rate = result.receipts / result.seconds
        about = {"server_cpu_us": round(server_us), "fleet_cpu_us": round(result.cpu_s / size.total * 1e6)}
        figure(f"department.{engine}.reads_per_s", rate, "reads/s", about, units=size.units, of=size.total)
        half = max(size.batch, size.reads // 4 // size.batch * size.batch)
        every_s = 2 * size.units * size.batch / rate
        paced = run_fleet(replace(load, reads=half, first=size.reads, every_s=every_s))
        require_all(directory, paced, size.total + size.units * half, before=size.total)
        median, p95, p99 = (round(float(each) * 1e3, 1) for each in np.percentile(paced.receipt_s, (50, 95, 99)))
        figure("department.receipt_p99_ms", p99, "ms", engine=engine, load=0.5, p50=median, p95=p95)


def require_all(directory: Path, result: FleetResult, total: int, before: int = 0) -> None:
    """Require that every read has a receipt and is stored once.

    Args:
        directory: the department's folder.
        result: what a fleet was answered.
        total: the reads that have to be there.
        before: those of them that were there before.

    Raises:
        UplinkError: one is missing, or there twice.
    """
    with closing(DepartmentDatabase(directory, create=False)) as database, database.reading() as connection:
        counts = [
            connection.scalar(text(statement))
            for statement in ("SELECT count(*) FROM items", "SELECT count(*) FROM reads", _DISTINCT)
        ]
    if counts != [total] * 3 or result.receipts != total - before:
        raise UplinkError(f"of {total} reads {result.receipts + before} have receipts, stored are {counts}")


def cpu_seconds(process_id: int) -> float:
    """The processor's time that a process has taken, its database's apart."""
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


_DISTINCT = "SELECT count(*) FROM (SELECT DISTINCT read_id, unit_id FROM reads) AS found"
