"""Reads whose corrections and hits arrived long after them are counted once, on however many pages they are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.department.holds.department_holds import HoldAuthor
from alpr_edge.department.retention.purge import READ_AT_ONCE
from alpr_edge.domain.holds.hold import HoldKind, HoldTerms
from tests.department.engines import EngineUnderTest
from tests.department.retention.office import TODAY, Office, hit_items, read_item
from tests.store.holds import CASE

BETWEEN = [f"between-{number:02}" for number in range(READ_AT_ONCE)]
"""As many as a page."""


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    office = Office(engine.use(tmp_path / "department"))
    office.deliver(read_item("held", pictures=[]), read_item("due", pictures=[]), days_ago=500)
    office.deliver(*(read_item(each, pictures=[]) for each in BETWEEN), days_ago=450)
    office.deliver(read_item("held-2", "held", []), read_item("due-2", "due", []), *hit_items("held"), days_ago=400)
    office.storage.holds.place(["held"], HoldTerms(HoldKind.READ, "", CASE, "a subpoena", None), HoldAuthor("c", TODAY))
    yield office
    office.storage.close()


def test_what_is_due_is_counted_once(office: Office) -> None:
    due = office.storage.open_purge(lambda: TODAY, is_clock_trusted=True).due()
    assert (due.reads, due.held) == (len(BETWEEN) + 2, 2)


def test_what_is_held_is_on_record_once(office: Office) -> None:
    run = office.purge()
    assert (run.reads, run.held) == (len(BETWEEN) + 2, 2)
    assert office.reads() == ["held", "held-2"]
