"""What is stored is counted without reading it: by indexes alone, which hold no bodies."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from alpr_edge.department.db.schema import hits, items, reads
from alpr_edge.department.ingest.storage import Storage
from tests.department.engines import EngineUnderTest
from tests.department.query_plans import query_plans, walks_over

ROWS = 4_000
BEGIN = datetime(2026, 5, 4)  # noqa: DTZ001 - as the database has it
KINDS = ("read", "image", "access_record", "hit")


@pytest.fixture
def storage(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Storage]:
    """Four kinds of items of three cars; a quarter of the reads is encrypted."""
    with closing(Storage(engine.use(tmp_path / "department"))) as storage:
        with storage.database.writing() as connection:
            connection.execute(insert(items), [_item(number) for number in range(ROWS)])
            read = {"camera_id": "front", "plate": "1", "confidence": 0.9, "vote_count": 3, "utc_source": "gnss"}
            read |= {"unit_id": "car-0"}
            earlier = ["x" if number < 5 else None for number in range(ROWS // 4)]
            rows = [read | {"read_id": f"read-{n}", "supersedes": before} for n, before in enumerate(earlier)]
            connection.execute(insert(reads), rows)
            names = ("plate", "entry_plate", "source", "reason", "record_id", "match_kind", "state_match", "read_id")
            hit = dict.fromkeys(names, "x") | {"unit_id": "car-0", "generation": 1}
            connection.execute(insert(hits), [hit | {"hit_id": f"hit-{n}"} for n in range(ROWS // 4)])
        if connection.dialect.name == "postgresql":
            with storage.database._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as own:
                own.exec_driver_sql("VACUUM (ANALYZE)")  # as autovacuum does
        yield storage


def _item(number: int) -> dict[str, object]:
    kind = KINDS[number % len(KINDS)]
    return {
        "item_id": f"item-{number}",
        "unit_id": f"car-{number % 3}",
        "kind": kind,
        "sha256": f"{number:064}",
        "length": 1,
        "body": None if kind == "image" else b"x" * 1500,
        "received_at": BEGIN + timedelta(seconds=number),
        "key_id": "key-1" if number % 16 == 0 else None,
    }


def test_what_is_stored_is_counted_without_reading_it(storage: Storage) -> None:
    with query_plans(storage.database._engine) as plans:
        counts = storage.counts()
    assert counts.items == dict.fromkeys(KINDS, ROWS // 4)
    assert counts.units == {f"car-{number}": len(range(number, ROWS, 3)) for number in range(3)}
    assert (counts.reads, counts.corrections, counts.hits) == (ROWS // 4, 5, ROWS // 4)
    assert counts.last_received == BEGIN + timedelta(seconds=ROWS - 1)
    _require_indexes_alone(plans)


def test_bodies_that_are_not_encrypted_are_counted_without_reading_them(storage: Storage) -> None:
    with query_plans(storage.database._engine) as plans:
        assert storage.encryption().open_bodies == ROWS * 3 // 4 - ROWS // 16
    _require_indexes_alone(plans)


def _require_indexes_alone(plans: list[str]) -> None:
    of_items = [plan for plan in plans if "items" in plan]
    assert of_items
    assert all("COVERING INDEX" in plan or "Index Only Scan" in plan for plan in of_items), of_items
    assert walks_over(plans, ["items ON", "items  (", "items\n"]) == []
