"""Measures the department: reads a second with durable receipts, on SQLite and PostgreSQL, and the time of a receipt.

Server, database and fleet share this machine's cores. After each run everything is counted in the database: what has a
receipt is there, once.
"""

import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import numpy as np
from sqlalchemy import text

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.setup import set_up_postgresql
from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.errors import DepartmentError, UplinkError
from scripts.benchmarks.department.fleet import FleetLoad, FleetResult, enrol_fleet, run_fleet
from scripts.benchmarks.department.postgresql import PostgresqlServer, postgresql_programs
from scripts.benchmarks.figures import figure

PARTS = ("sqlite", "postgresql")
UNITS = 100
READS = 1_000
"""Of each unit: those of a shift."""
BATCH = 50
"""As units send them unless they are set otherwise."""
STOP_S_MAX = 20.0


def run(parts: tuple[str, ...], reads: int = READS, batch: int = BATCH) -> None:
    """Print the figures of some engines.

    Args:
        parts: names of :data:`PARTS`.
        reads: how many each unit has.
        batch: how many it sends at once.

    Raises:
        DepartmentError: PostgreSQL is asked for and not installed.
        UplinkError: something was lost or doubled.
    """
    for engine in parts:
        with tempfile.TemporaryDirectory(prefix="bench-department-") as folder, ExitStack() as stack:
            directory = initialise(Path(folder) / "department", ["127.0.0.1"]).directory
            if engine == "postgresql":
                set_up_postgresql(directory, _database(stack))
            _measure(engine, directory, reads, batch)


def _measure(engine: str, directory: Path, reads: int, batch: int) -> None:
    units, certificates = tuple(f"car-{number}" for number in range(UNITS)), directory.parent / "units"
    enrol_fleet(directory, units, certificates)
    with _serve(directory) as url:
        load = FleetLoad(url, units, certificates, reads, batch)
        result = run_fleet(load)
        _require_all(directory, result, UNITS * reads)
        rate = result.receipts / result.seconds
        count, again = result.receipts, result.failures
        figure(f"department.{engine}.reads_per_s", rate, "reads/s", units=UNITS, of=count, batch=batch, again=again)
        half = max(batch, reads // 4 // batch * batch)
        paced = run_fleet(FleetLoad(url, units, certificates, half, batch, reads, 2 * UNITS * batch / rate))
        _require_all(directory, paced, UNITS * (reads + half), before=UNITS * reads)
        median, p95, p99 = (float(each) * 1e3 for each in np.percentile(paced.receipt_s, (50, 95, 99)))
        figure(f"department.{engine}.receipt_p99_ms", p99, "ms", load=0.5, p50=round(median, 1), p95=round(p95, 1))


def _require_all(directory: Path, result: FleetResult, total: int, before: int = 0) -> None:
    """Raise unless every read has a receipt and is stored once."""
    with closing(DepartmentDatabase(directory, create=False)) as database, database.reading() as connection:
        counts = [
            connection.scalar(text(statement))
            for statement in ("SELECT count(*) FROM items", "SELECT count(*) FROM reads", _DISTINCT)
        ]
    if counts != [total] * 3 or result.receipts != total - before:
        raise UplinkError(f"of {total} reads {result.receipts + before} have receipts, stored are {counts}")


_DISTINCT = "SELECT count(*) FROM (SELECT DISTINCT read_id, unit_id FROM reads) AS found"


def _database(stack: ExitStack) -> str:
    programs = postgresql_programs()
    if programs is None:
        raise DepartmentError("PostgreSQL is not installed; scripts/debian-packages.txt lists its package")
    server = stack.enter_context(PostgresqlServer(programs, is_durable=True))
    return server.url(server.new_database())


@contextmanager
def _serve(directory: Path) -> Iterator[str]:
    """The department in a process of its own; gives its address."""
    command = [sys.executable, "-m", "alpr_edge", "department", "serve", "--directory", str(directory), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            address = next(filter(None, (re.search(r"https://[^,\s]+", line) for line in server.stderr)), None)
            if address is None:
                raise UplinkError("the department's server did not start")
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield address.group()
        finally:
            server.terminate()
            server.wait(STOP_S_MAX)
