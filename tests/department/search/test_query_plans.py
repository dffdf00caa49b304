"""Databases find what is asked for by the index that is there for it, and sort no more than a page."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select

from alpr_edge.department.copying.image_encryption import image_days
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import items, reads
from alpr_edge.department.search import statements
from alpr_edge.department.search.criteria import DepartmentSearch, check_search
from tests.department.engines import EngineUnderTest

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


@contextmanager
def _plans(connection: Connection) -> Iterator[list[str]]:
    """The plans of the queries of the body, filled as they run."""
    plans, before = list[str](), "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "

    def explain(_: object, cursor: Any, statement: str, parameters: Any, *_more: object) -> None:  # noqa: ANN401
        if statement.startswith("SELECT"):
            cursor.execute(before + statement, parameters)
            plans.append("\n".join(str(row[-1]) for row in cursor.fetchall()))

    event.listen(connection, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(connection, "before_cursor_execute", explain)


def test_a_page_of_a_plate_read_thousands_of_times_sorts_none_of_them(database: DepartmentDatabase) -> None:
    criteria = check_search(DepartmentSearch((PLATE,)))
    with database.reading() as connection, _plans(connection) as plans:
        found = statements.of_plates(connection, criteria, [PLATE], None, 51)
    assert [row["read_id"] for row in found] == [f"read-{number:05}" for number in range(READS - 1, READS - 52, -1)]
    (plan,) = plans
    assert "ix_reads_plate_seen_at" in plan
    # What is left to sort is what was read in one moment.
    assert "Incremental Sort" in plan or "LAST 2 TERMS" in plan or "LAST TERM" in plan, plan


def test_corrections_are_found_by_their_index(database: DepartmentDatabase) -> None:
    query = select(reads.c.read_id).where(reads.c.supersedes.in_(["read-00100", "read-00200"]))
    with database.reading() as connection, _plans(connection) as plans:
        assert connection.scalars(query).all() == ["read-00101", "read-00201"]
    assert "ix_reads_supersedes" in plans[0]


def test_images_are_gone_through_by_their_index(database: DepartmentDatabase) -> None:
    with database.reading() as connection, _plans(connection) as plans:
        found = image_days(connection, f"{READS // IMAGES:064}", 2)
    assert list(found) == [f"{number:064}" for number in (2 * READS // IMAGES, 3 * READS // IMAGES)]
    assert "ix_items_sha256" in plans[0]
