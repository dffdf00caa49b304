"""What ``reads`` says of times that are not sure: a real store with no trusted clock, one pair, and a dispute."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.domain.instants import UtcSource
from alpr_edge.settings import load
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.staff import Staff, stating
from tests.store.records import closed, decided, instant, plate_read
from tests.units import write_bare_unit


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = write_bare_unit(tmp_path)
    Staff(path).sign_in_here()
    return path


@pytest.fixture
def store(settings: Path) -> Iterator[UnitStore]:
    """One read stamped by an RTC, one by nothing."""
    with open_store(load(settings), migrate=True) as room:
        for read_id, source in (("by-rtc", UtcSource.RTC), ("by-nothing", UtcSource.UNKNOWN)):
            utc = instant().utc if source is UtcSource.RTC else None
            moment = replace(instant(), utc=utc, utc_source=source, uncertainty_ms=None)
            read = replace(plate_read(read_id), first_seen=moment, last_seen=moment)
            room.reads.commit([decided(read), closed(read)])
        yield room


def bases(settings: Path) -> list[tuple[str, bool]]:
    lines = CliRunner().invoke(app, stating("reads", "--json", "--settings", str(settings))).stdout.splitlines()
    placements = [json.loads(line)["placed"]["last_seen"] for line in lines]
    return [(place["basis"], place["sure"]) for place in placements]


def table(settings: Path) -> str:
    return CliRunner().invoke(app, stating("reads", "--settings", str(settings)), env={"COLUMNS": "300"}).stdout


def test_only_what_pairs_bear_out_is_shown_as_sure(settings: Path, store: UnitStore) -> None:
    assert bases(settings) == [("none", False), ("clock", False)]
    assert "unknown" in table(settings)
    assert ", not sure" in table(settings)
    clock_pairs.record(store.database, instant(10_000))
    assert bases(settings) == [("single", False)] * 2
    assert "unknown" not in table(settings)
    clock_pairs.record(store.database, instant(20_000))
    assert bases(settings) == [("placed", True)] * 2
    assert table(settings).count("clock set later") == 2
    clock_pairs.record(store.database, replace(instant(30_000), utc=instant(90_000).utc))
    assert bases(settings) == [("disputed", False)] * 2
    assert table(settings).count("its clocks contradict each other") == 2
    assert table(settings).count("2026-05-04") == 1
