"""Databases find what is asked for by the index that is there for it, and sort no more than a page."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from alpr_edge.department.copying.image_encryption import image_days
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import items, reads
from alpr_edge.department.search import statements
from alpr_edge.department.search.criteria import DepartmentSearch, check_search
from alpr_edge.department.unit_logs.trees import LogIdentity, count_waiting_records
from alpr_edge.domain.protocol.access_log import record_item_id
from tests.department.engines import EngineUnderTest
from tests.department.query_plans import query_plans

PLATE = "7ABC123"
READS, CORRECTED, IMAGES = 4_000, 40, 40
BEGIN = datetime(2026, 5, 4)  # noqa: DTZ001 - as the database has it


@pytest.fixture
def database(tmp_path: Path, engine: EngineUnderTest) -> Iterator[DepartmentDatabase]:
    """A department that read one plate thousands of times, and corrected a few of those reads."""
    with closing(DepartmentDatabase(engine.use(tmp_path / "department"))) as opened:
        with opened.writing() as connection:
            connection.execute(insert(reads), [_read(number) for number in range(READS)])
            connection.execute(insert(items), [_item(number) for number in range(READS)])
            connection.exec_driver_sql("ANALYZE")
        yield opened


def _read(number: int) -> dict[str, object]:
    return {
        "read_id": f"read-{number:05}",
        "unit_id": "car-1",
        "camera_id": "front",
        "plate": PLATE,
        "confidence": 0.9,
        "vote_count": 3,
        "utc_source": "gnss",
        "seen_at": BEGIN + timedelta(seconds=number),
        "supersedes": f"read-{number - 1:05}" if number % (READS // CORRECTED) == 1 else None,
    }


def _item(number: int) -> dict[str, object]:
    is_image = number % (READS // IMAGES) == 0
    return {
        "item_id": f"item-{number:05}",
        "unit_id": "car-1",
        "kind": "image" if is_image else "read",
        "sha256": f"{number:064}",
        "length": 1,
        "received_at": BEGIN,
    }


def test_a_page_of_a_plate_read_thousands_of_times_sorts_none_of_them(database: DepartmentDatabase) -> None:
    criteria = check_search(DepartmentSearch((PLATE,)))
    with database.reading() as connection, query_plans(connection) as plans:
        found = statements.of_plates(connection, criteria, [PLATE], None, 51)
    assert [row["read_id"] for row in found] == [f"read-{number:05}" for number in range(READS - 1, READS - 52, -1)]
    (plan,) = plans
    assert "ix_reads_plate_seen_at" in plan
    # What is left to sort is what was read in one moment.
    assert "Incremental Sort" in plan or "LAST 2 TERMS" in plan or "LAST TERM" in plan, plan


def test_corrections_are_found_by_their_index(database: DepartmentDatabase) -> None:
    query = select(reads.c.read_id).where(reads.c.supersedes.in_(["read-00100", "read-00200"]))
    with database.reading() as connection, query_plans(connection) as plans:
        assert connection.scalars(query).all() == ["read-00101", "read-00201"]
    assert "ix_reads_supersedes" in plans[0]


def test_images_are_gone_through_by_their_index(database: DepartmentDatabase) -> None:
    with database.reading() as connection, query_plans(connection) as plans:
        found = image_days(connection, f"{READS // IMAGES:064}", 2)
    assert list(found) == [f"{number:064}" for number in (2 * READS // IMAGES, 3 * READS // IMAGES)]
    assert "ix_items_sha256" in plans[0]


def test_records_that_wait_are_counted_by_the_primary_key_and_not_among_all_of_the_unit(
    database: DepartmentDatabase,
) -> None:
    names = [*((log, n) for n in (0, 1, 3, 10, 20) for log in ("one", "one1")), ("two", 5)]
    with database.writing() as connection:
        for unit_id in ("car-1", "car-2"):
            rows = [_item(n) | {"item_id": record_item_id(log, n), "unit_id": unit_id} for log, n in names]
            connection.execute(insert(items), [row | {"kind": "access_record"} for row in rows])
    with database.reading() as connection, query_plans(connection) as plans:
        counts = [count_waiting_records(connection, LogIdentity("car-1", "one"), size) for size in (0, 2, 11, 100)]
        assert (counts, count_waiting_records(connection, LogIdentity("car-3", "one"), 0)) == ([5, 3, 1, 0], 0)
    if connection.dialect.name == "sqlite":
        assert all("USING COVERING INDEX sqlite_autoindex_items_1 (item_id>? AND item_id<?)" in each for each in plans)
