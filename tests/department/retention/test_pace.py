"""A purge gives way to units that deliver: short transactions, and a pause after each."""

import threading
import time
from pathlib import Path

import pytest

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.retention.purge import COUNT_FIRST, COUNT_MAX, HELD_S, PAUSE_S_MAX, PAUSE_S_MIN, PurgePace
from tests.department.engines import EngineUnderTest


def test_slow_transactions_get_smaller_at_once_and_quick_ones_larger_by_and_by() -> None:
    pace = PurgePace()
    for _ in range(COUNT_MAX):
        pace.note(HELD_S / 4)
    assert pace.count == COUNT_MAX
    pace.note(HELD_S * 0.75)
    assert pace.count == COUNT_MAX
    pace.note(HELD_S * 2)
    assert pace.count == COUNT_MAX // 2
    for _ in range(10):
        pace.note(HELD_S * 2)
    assert pace.count == 1


@pytest.mark.parametrize(("held_s", "pause_s"), [(0.0, PAUSE_S_MIN), (0.02, 0.02), (1.5, 1.5), (3600.0, PAUSE_S_MAX)])
def test_the_pause_is_as_long_as_the_transaction_was_within_bounds(held_s: float, pause_s: float) -> None:
    assert PurgePace().note(held_s) == pause_s


def test_whoever_waits_comes_in_between_two_transactions(engine: EngineUnderTest, tmp_path: Path) -> None:
    """Without pauses SQLite lets a waiting writer in by chance alone."""
    database = DepartmentDatabase(engine.use(tmp_path / "department"))
    stop, counts = threading.Event(), {"purge": 0, "ingest": 0}

    def purge() -> None:
        pace = PurgePace()
        while not stop.is_set():
            with pace.writing(database):
                time.sleep(HELD_S)
            counts["purge"] += 1

    thread = threading.Thread(target=purge)
    thread.start()
    try:
        for _ in range(10):
            with database.writing("unit-1"):
                counts["ingest"] += 1
    finally:
        stop.set()
        thread.join(60)
        database.close()
    assert counts["ingest"] == 10
    assert counts["purge"] <= 10 * 20, "a batch waited for twenty transactions on average"
    assert PurgePace().count == COUNT_FIRST
