"""Measures what months of their own would do to the table of reads in PostgreSQL: searches, ids looked up, deletion.

The same reads lie in a table as it is and in tables of as many partitions as a department keeps months, each with the
month in its key, as PostgreSQL asks for. What is looked up names no month: a plate has none, nor has a digest.
"""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from scripts.benchmarks.department.departments import required_programs
from scripts.benchmarks.department.postgresql import PostgresqlServer
from scripts.benchmarks.department.traffic import READ_COLUMNS, FleetTraffic, TrafficBlock, plate_text, read_lines
from scripts.benchmarks.figures import figure

READS = 500_000
MONTHS = (1, 12, 60)
"""Partitions: a table as it is, those of a year and of five."""
LOOKED_UP = 50
"""Ids that a batch asks for at once."""
LOOKS = 300
WARM_UP = 30
"""Looks before those that count."""
DELETED_AT_ONCE = 1_000
OPTIONS = {"shared_buffers": "1GB", "max_locks_per_transaction": "256"}
_COLUMNS = (
    "read_id text, unit_id text, camera_id text, plate text, state text, confidence float, vote_count bigint, "
    "first_seen text, last_seen text, utc_source text, lat_deg float, lon_deg float, seen_at timestamp, cell bigint, "
    "month int"
)
_INDEXES = ("plate, seen_at", "cell, seen_at", "unit_id, seen_at")
_Connection = psycopg.Connection[tuple[object, ...]]


def run(count: int = READS) -> None:
    """Print the figures.

    Args:
        count: how many reads lie in each table.

    Raises:
        DepartmentError: PostgreSQL is not installed.
    """
    with PostgresqlServer(required_programs(), is_durable=True, options=OPTIONS) as server:
        measure(server, count)


def measure(server: PostgresqlServer, count: int) -> None:
    """Print the figures of each number of months, in an empty database for each."""
    for months in MONTHS:
        with server.connect(server.new_database()) as connection:
            _make_table(connection, months)
            _fill(connection, months, count)
            about: dict[str, Any] = {"reads": count, "months": months}
            for name, times_of in (("plate", _plate_times), ("ids", _id_times)):
                times = list(times_of(connection))[WARM_UP:]
                p50, p99 = (round(float(each), 3) for each in np.percentile(times, (50, 99)))
                figure(f"department.partitions.{name}_p50_ms", p50, "ms", p99=p99, **about)
            deleted, seconds = _delete_oldest(connection, months)
            figure("department.partitions.deleted_per_s", deleted / seconds, "reads/s", of=deleted, **about)


def _make_table(connection: _Connection, months: int) -> None:
    """A table of reads, with a partition for each of several months."""
    key = "read_id, unit_id" if months == 1 else "read_id, unit_id, month"
    spread = "" if months == 1 else " PARTITION BY RANGE (month)"
    connection.execute(f"CREATE TABLE months ({_COLUMNS}, PRIMARY KEY ({key})){spread}".encode())
    for month in range(months if months > 1 else 0):
        bounds = f"FROM ({month}) TO ({month + 1})"
        connection.execute(f"CREATE TABLE month_{month} PARTITION OF months FOR VALUES {bounds}".encode())
    for columns in _INDEXES:
        connection.execute(f"CREATE INDEX ON months ({columns})".encode())


def _fill(connection: _Connection, months: int, count: int) -> None:
    statement = sql.SQL("COPY months ({}, month) FROM STDIN").format(
        sql.SQL(", ").join(map(sql.Identifier, READ_COLUMNS))
    )
    for block in FleetTraffic().blocks(0, count):
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write("".join(_lines(block, months, count)))
    connection.execute("VACUUM (ANALYZE) months")


def _lines(block: TrafficBlock, months: int, count: int) -> Iterator[str]:
    """The rows of reads, with the month that each is of: as many in one as in another."""
    for place, line in enumerate(read_lines(block)):
        yield f"{line[:-1]}\t{(block.first + place) * months // count}\n"


def _plate_times(connection: _Connection) -> Iterator[float]:
    """Milliseconds of searches for a plate, each for another one."""
    statement = "SELECT read_id, seen_at FROM months WHERE plate = %s ORDER BY seen_at DESC LIMIT 51"
    for number in FleetTraffic().plate_numbers(np.random.default_rng(462), LOOKS):
        yield _milliseconds(connection, statement, plate_text(number))


def _id_times(connection: _Connection) -> Iterator[float]:
    """Milliseconds of looks at the reads of some ids, each of others."""
    some = "SELECT read_id FROM months ORDER BY md5(read_id) LIMIT %s"
    ids = [str(read_id) for (read_id,) in connection.execute(some, [LOOKS * LOOKED_UP]).fetchall()]
    statement = "SELECT read_id, unit_id FROM months WHERE read_id = ANY(%s)"
    for first in range(0, len(ids), LOOKED_UP):
        yield _milliseconds(connection, statement, ids[first : first + LOOKED_UP])


def _milliseconds(connection: _Connection, statement: str, value: object) -> float:
    began_s = time.perf_counter()
    connection.execute(statement.encode(), [value]).fetchall()
    return (time.perf_counter() - began_s) * 1e3


def _delete_oldest(connection: _Connection, months: int) -> tuple[int, float]:
    """Delete the oldest month, or a twelfth of a table as it is, row by row and vacuumed; how many, and how long."""
    if months > 1:
        row = connection.execute("SELECT count(*) FROM month_0").fetchone()
        began_s = time.perf_counter()
        connection.execute("DROP TABLE month_0")
        return int(str(row[0] if row else 0)), time.perf_counter() - began_s
    rows = connection.execute("SELECT read_id FROM months ORDER BY seen_at LIMIT (SELECT count(*) / 12 FROM months)")
    ids, began_s = [str(read_id) for (read_id,) in rows.fetchall()], time.perf_counter()
    for first in range(0, len(ids), DELETED_AT_ONCE):
        connection.execute("DELETE FROM months WHERE read_id = ANY(%s)", [ids[first : first + DELETED_AT_ONCE]])
    connection.execute("VACUUM months")
    return len(ids), time.perf_counter() - began_s
