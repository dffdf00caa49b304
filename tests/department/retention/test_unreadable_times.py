"""Times of reads that earlier releases stored and nobody can read: each is no time, and stops no deletion."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.department.engines import EngineUnderTest
from tests.department.retention.office import TODAY, Office, read_item

UNREADABLE = ["yesterday", "2026-05-04T12:30:00"]


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    office = Office(engine.use(tmp_path / "department"))
    office.deliver(read_item("old"), days_ago=400)
    office.deliver(read_item("of-today", seen=TODAY), read_item("odd", seen=TODAY), days_ago=0)
    yield office
    office.storage.close()


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_read_without_a_time_that_can_be_read_stops_no_deletion(office: Office, text: str) -> None:
    office.execute(f"UPDATE reads SET first_seen = '{text}', seen_at = NULL WHERE read_id IN ('old', 'odd')")
    assert "purge" in office.storage.open_purge(lambda: TODAY).overdue()[0]
    assert office.storage.open_purge(lambda: TODAY).run("timer").reads == 1
    assert office.reads() == ["odd", "of-today"]
    assert office.storage.open_purge(lambda: TODAY).overdue() == []


def test_its_days_count_from_its_receipt(office: Office) -> None:
    office.settings('[retention]\nstate = "WA"\n')
    office.execute("UPDATE reads SET first_seen = 'yesterday', seen_at = NULL WHERE read_id = 'odd'")
    assert office.purge(TODAY + timedelta(days=20)).reads == 1
    assert office.purge(TODAY + timedelta(days=21)).reads == 2
